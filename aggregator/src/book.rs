//! What an aggregator keeps besides its journal: links, origins, registers, and the tables of every tier.

use std::collections::BTreeSet;

use changxiao_domain::{clock::Instant, event::Event, region::RegionId, stamp::Stamp};
use changxiao_tier::{common, facts::Change, protocol::delivery::Through, writer};
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};

use crate::store::{
    decisions::{Applicant, Decisions},
    enrolments::Enrolments,
    links::Links,
    origins::Origins,
    quarantines::Quarantines,
    registers::Registers,
    shown::{Facts, Shown},
    through,
};

/// The book of a city or a province.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ledger;

/// Keys that commands ask for.
#[derive(Debug, Default)]
pub struct Needs {
    /// Accounts and directives.
    pub common: common::Needs,
    /// Direct children.
    pub links: BTreeSet<RegionId>,
    /// Origins below.
    pub origins: BTreeSet<RegionId>,
    /// Origins that are not believed.
    pub quarantines: bool,
    /// The newest register adopted.
    pub registers: bool,
    /// Facts of regions below.
    pub facts: BTreeSet<Shown>,
    /// Decisions on enterprises below.
    pub decisions: BTreeSet<Applicant>,
    /// Regions below whose enrolments are asked for.
    pub enrolments: BTreeSet<RegionId>,
}

/// Values of a group.
#[derive(Debug, Default)]
pub struct Known {
    /// Accounts and directives.
    pub common: common::Known,
    /// Direct children.
    pub links: Links,
    /// Origins below.
    pub origins: Origins,
    /// Origins that are not believed.
    pub quarantines: Quarantines,
    /// The newest register adopted.
    pub registers: Registers,
    /// Facts of regions below.
    pub facts: Facts,
    /// Decisions on enterprises below.
    pub decisions: Decisions,
    /// Enrolments of regions below.
    pub enrolments: Enrolments,
    /// Freshness to be written, outside the journal, each with the child through which it came.
    pub through: Vec<(RegionId, Through)>,
}

impl AsMut<common::Needs> for Needs {
    fn as_mut(&mut self) -> &mut common::Needs {
        &mut self.common
    }
}

impl AsMut<common::Known> for Known {
    fn as_mut(&mut self) -> &mut common::Known {
        &mut self.common
    }
}

impl AsRef<common::Known> for Known {
    fn as_ref(&self) -> &common::Known {
        &self.common
    }
}

impl writer::Book for Ledger {
    type Needs = Needs;
    type Known = Known;

    fn needs_of(&self, event: &Event, _: &Stamp, needs: &mut Needs) {
        common::needs_of(event, &mut needs.common);
        match event {
            Event::LinkChanged(event) => {
                needs.links.insert(event.child.clone());
            }
            Event::ChildQuarantined(event) => {
                needs.links.insert(event.child.clone());
            }
            Event::ChildReleased(event) => {
                needs.links.insert(event.child.clone());
                needs.quarantines = true;
            }
            Event::RegisterAdopted(_) => needs.registers = true,
            Event::EnrolmentCodeIssued(event) => {
                needs.enrolments.insert(event.region.clone());
            }
            Event::EnrolmentRequested(event) => {
                needs.enrolments.insert(event.region.clone());
            }
            Event::EnrolmentDecided(event) => {
                needs.enrolments.insert(event.region.clone());
            }
            Event::CertificateIssued(event) => {
                needs.enrolments.insert(event.region.clone());
            }
            _ => {}
        }
    }

    async fn load(&self, db: &DatabaseTransaction, needs: Needs, known: &mut Known) -> Result<(), DbErr> {
        known.common.load(db, needs.common).await?;
        known.links.load(db, needs.links).await?;
        known.origins.load(db, needs.origins).await?;
        known.facts.load(db, needs.facts).await?;
        known.decisions.load(db, needs.decisions).await?;
        if needs.quarantines {
            known.quarantines.load(db).await?;
        }
        known.enrolments.load(db, needs.enrolments).await?;
        if needs.registers {
            known.registers.load(db).await?;
            // A register that takes effect may hold what was proposed.
            known.enrolments.load_proposed(db).await?;
        }
        Ok(())
    }

    fn apply(&self, known: &mut Known, event: &Event, stamp: &Stamp) {
        known.common.apply(event, stamp);
        match event {
            Event::DeliveryReceived(event) => known.origins.apply_received(event, stamp),
            Event::ChildQuarantined(event) if event.child == event.origin => known.links.apply_quarantined(event, stamp),
            Event::ChildQuarantined(event) => known.quarantines.apply_quarantined(event, stamp),
            Event::ChildReleased(event) => {
                known.links.apply_released(event, stamp);
                known.quarantines.apply_released(event);
            }
            Event::LinkChanged(event) => known.links.apply_changed(event),
            Event::RegisterAdopted(event) => {
                known.registers.apply_adopted(event, stamp);
                known.enrolments.apply_register(event);
            }
            Event::EnrolmentCodeIssued(event) => known.enrolments.apply_code(event),
            Event::EnrolmentRequested(event) => known.enrolments.apply_requested(event),
            Event::EnrolmentDecided(event) => known.enrolments.apply_decided(event),
            Event::CertificateIssued(event) => known.enrolments.apply_issued(event),
            _ => {}
        }
    }

    async fn flush(&self, db: &DatabaseTransaction, known: &mut Known) -> Result<Vec<Change>, DbErr> {
        let mut facts = known.common.flush(db).await?;
        facts.extend(known.links.flush(db).await?);
        facts.extend(known.enrolments.flush(db).await?);
        known.origins.flush(db).await?;
        known.quarantines.flush(db).await?;
        known.registers.flush(db).await?;
        known.decisions.flush(db).await?;
        through::write(db, std::mem::take(&mut known.through)).await?;
        Ok(facts)
    }

    fn due_of(&self, _: &Known) -> Option<Instant> {
        None
    }

    async fn due(&self, _: &DatabaseConnection, _: Option<Instant>) -> Result<Option<Instant>, DbErr> {
        Ok(None)
    }

    async fn passed(&self, _: &DatabaseTransaction, _: Instant, _: &mut Known) -> Result<Vec<(Event, String)>, DbErr> {
        Ok(Vec::new())
    }

    fn tables(&self) -> &'static [&'static str] {
        &[
            "accounts",
            "certificates",
            "directives",
            "enrolment_codes",
            "enrolments",
            "links",
            "quarantines",
            "received",
            "registers",
            "revocation_lists",
            "tokens",
        ]
    }
}
