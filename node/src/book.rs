//! What a county keeps beside its journal, and how events change it.
//!
//! `known` holds the values of a group, `apply` lets events take effect on them, `facts` says what is shown above,
//! `time` what deadlines have to say.

mod apply;
mod facts;
mod known;
mod time;

use changxiao_domain::{
    calendar::StatutoryCalendar, clock::Instant, event::Event, period::Month, region::RegionId, stamp::Stamp,
};
use changxiao_tier::{facts::Change, writer::Book};
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};

pub use known::{Known, Needs};

/// The book of one county.
#[derive(Clone, Debug)]
pub struct CountyBook {
    /// Permanent region id.
    pub region: RegionId,
    /// Month in which the region was opened: the first one that is ever frozen.
    pub first: Month,
    /// Statutory calendar.
    pub calendar: StatutoryCalendar,
}

impl CountyBook {
    /// A book of a region opened at an instant.
    #[must_use]
    pub fn new(region: RegionId, since: Instant) -> Self {
        Self { region, first: Month::of(since.date()), calendar: StatutoryCalendar::default() }
    }
}

impl Book for CountyBook {
    type Needs = Needs;
    type Known = Known;

    fn always(&self, received: Instant, needs: &mut Needs) {
        needs.months.insert(Month::of(received.date()));
    }

    fn needs_of(&self, event: &Event, stamp: &Stamp, needs: &mut Needs) {
        apply::needs_of(event, stamp, needs);
    }

    async fn load(&self, db: &DatabaseTransaction, needs: Needs, known: &mut Known) -> Result<(), DbErr> {
        known.load(db, needs).await
    }

    fn apply(&self, known: &mut Known, event: &Event, stamp: &Stamp) {
        apply::apply(known, event, stamp);
    }

    async fn flush(&self, db: &DatabaseTransaction, known: &mut Known) -> Result<Vec<Change>, DbErr> {
        facts::flush(&self.region, db, known).await
    }

    fn subject_of(&self, event: &Event) -> Option<String> {
        apply::subject_of(event)
    }

    fn due_of(&self, known: &Known) -> Option<Instant> {
        time::due_of(known)
    }

    async fn due(&self, db: &DatabaseConnection, after: Option<Instant>) -> Result<Option<Instant>, DbErr> {
        time::due(self, db, after).await
    }

    async fn passed(&self, db: &DatabaseTransaction, at: Instant, known: &mut Known) -> Result<Vec<(Event, String)>, DbErr> {
        time::passed(self, db, at, known).await
    }

    fn tables(&self) -> &'static [&'static str] {
        &[
            "accounts",
            "directives",
            "revocation_lists",
            "tokens",
            "enterprises",
            "claims",
            "enterprise_months",
            "county_months",
            "self_inspections",
            "inspected",
            "cells",
            "hazards",
            "dossiers",
        ]
    }
}
