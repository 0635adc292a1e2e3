//! What a county keeps beside its journal, and how events change it.
//!
//! `known` holds the values of a group. Each noun has a chapter: what its events need and how they take effect, what time says
//! about it, which facts it shows above. A new noun is a table in `known`, a file here and a line in [`chapters!`].
//!
//! | fact | key | audience |
//! |---|---|---|
//! | cell | month/category | above |
//! | month | month | above |
//! | dossier | serial | parent; above once escalated |
//! | admission | enterprise serial | parent, withdrawn when decided |
//! | removal | enterprise serial | parent, withdrawn when decided |
//! | answer | directive | above |
//! | document | serial | parent; number, kind, day and hash |

mod cells;
mod chapter;
mod count;
mod declarations;
pub(crate) mod documents;
mod dossiers;
mod enterprises;
mod evidence;
mod hazards;
mod inspections;
mod known;
mod lookup;
mod months;
mod officers;
mod rules;
mod self_inspections;

use changxiao_domain::{clock::Instant, event::Event, period::Month, region::RegionId, stamp::Stamp};
use changxiao_tier::{common, facts::Change, writer::Book};
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};

pub use known::{Known, Needs};
pub(crate) use officers::CERTIFICATE;

use self::chapter::{Chapter, Said};

/// Does something in every chapter. Where time speaks at one instant, this is the order, so that replay finds the same.
macro_rules! chapters {
    ($Chapter:ident => $do:expr) => {
        chapters!($Chapter => $do;
            months::Months
            declarations::Declarations
            enterprises::Enterprises
            rules::Rules
            self_inspections::SelfInspections
            officers::Officers
            inspections::Inspections
            documents::Documents
            hazards::Hazards
            dossiers::Dossiers
            evidence::EvidenceFiles
        )
    };
    ($Chapter:ident => $do:expr; $($chapter:path)*) => {
        $({
            type $Chapter = $chapter;
            $do;
        })*
    };
}

/// The book of one county.
#[derive(Clone, Debug)]
pub struct CountyBook {
    /// Permanent region id.
    pub region: RegionId,
    /// When the region was opened: its month is the first one that is ever frozen.
    pub since: Instant,
}

impl CountyBook {
    /// A book of a region opened at an instant.
    #[must_use]
    pub fn new(region: RegionId, since: Instant) -> Self {
        Self { region, since }
    }
}

impl Book for CountyBook {
    type Needs = Needs;
    type Known = Known;

    fn always(&self, received: Instant, needs: &mut Needs) {
        needs.months.insert(Month::of(received.date()));
    }

    fn needs_of(&self, event: &Event, stamp: &Stamp, needs: &mut Needs) {
        common::needs_of(event, &mut needs.common);
        needs.months.insert(Month::of(stamp.at.date()));
        chapters!(C => C::needs_of(event, needs));
    }

    async fn load(&self, db: &DatabaseTransaction, needs: Needs, known: &mut Known) -> Result<(), DbErr> {
        known.load(db, needs).await
    }

    fn apply(&self, known: &mut Known, event: &Event, stamp: &Stamp) {
        known.common.apply(event, stamp);
        chapters!(C => C::apply(known, event, stamp));
    }

    async fn flush(&self, db: &DatabaseTransaction, known: &mut Known) -> Result<Vec<Change>, DbErr> {
        let mut changes = known.common.flush(db).await?;
        chapters!(C => C::facts(&self.region, known, &mut changes));
        let months = known.county_months.changed().map(|(month, _)| *month).collect();
        known.write(db).await?;
        changes.extend(cells::flush(db, known, months).await?);
        Ok(changes)
    }

    fn subject_of(&self, event: &Event) -> Option<String> {
        let mut subject = None;
        chapters!(C => subject = subject.or_else(|| C::subject_of(event)));
        subject
    }

    fn due_of(&self, known: &Known) -> Option<Instant> {
        let mut due: Option<Instant> = None;
        chapters!(C => due = due.into_iter().chain(C::due_of(known)).min());
        due
    }

    fn moves_time(&self, known: &Known) -> bool {
        known.rule_tables.changed().next().is_some()
    }

    async fn due(&self, db: &DatabaseConnection, after: Option<Instant>) -> Result<Option<Instant>, DbErr> {
        let mut due: Option<Instant> = None;
        chapters!(C => due = due.into_iter().chain(C::due(self, db, after).await?).min());
        Ok(due)
    }

    async fn passed(&self, db: &DatabaseTransaction, at: Instant, known: &mut Known) -> Result<Vec<Said>, DbErr> {
        let mut said = Vec::new();
        chapters!(C => said.extend(C::passed(self, db, at, known).await?));
        Ok(said)
    }

    fn tables(&self) -> &'static [&'static str] {
        TABLES
    }
}

/// What replay must rebuild.
const TABLES: &[&str] = &tables();

const fn tables() -> [&'static str; common::TABLES.len() + known::SHELVES.len() + 1] {
    let mut all = ["cells"; common::TABLES.len() + known::SHELVES.len() + 1];
    let mut at = 0;
    while at < common::TABLES.len() {
        all[at] = common::TABLES[at];
        at += 1;
    }
    while at < common::TABLES.len() + known::SHELVES.len() {
        all[at] = known::SHELVES[at - common::TABLES.len()];
        at += 1;
    }
    all
}
