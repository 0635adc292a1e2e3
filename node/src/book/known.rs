//! Values of a group: what was asked for, loaded with one query for each table, changed by `apply`, written back in bulk.

use std::collections::BTreeSet;

use changxiao_domain::{
    cell::Bookings,
    document::{self, Document, Subject},
    dossier::Dossier,
    hazard::Hazard,
    inspection::{Inspection, plan::Plan},
    period::Month,
    rule_table::{TableKind, Versions},
    self_inspection::SelfInspection,
    serial::Serial,
};
use changxiao_tier::common;
use sea_orm::{ConnectionTrait, DbErr};

use super::lookup::{self, Lookups};
use crate::store::{
    Shelf, Table, checked, checklists, claims, clocks, counters, county_months, deputies, documents, dossiers, enterprise_months,
    enterprises, evidence, hazards, inspected, inspection_plans, inspections, name_lists, officers, rule_tables,
    self_inspections,
};

/// What a table's values bring with them when they are loaded for a group.
pub(super) trait Shelved: Table {
    /// Completes the keys asked for by what else the group asks for. Called before the table is read.
    fn complete(_: &mut Needs) {}

    /// What goes with a value that was asked for. Only tables further down may be named.
    fn goes_with(_: &Self::Value, _: &mut Needs) {}
}

/// The tables of a county in the order in which they are read: what one brings with it lies further down.
macro_rules! shelves {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// Keys asked for by the commands or events of a group.
        #[derive(Debug, Default)]
        pub struct Needs {
            /// Accounts and directives.
            pub common: common::Needs,
            /// Months for which the row of every enterprise in the group is needed.
            pub months: BTreeSet<Month>,
            /// What cannot be named by key.
            pub lookups: Lookups,
            /// Years for which the inspected months of every enterprise in the group are needed.
            pub years: BTreeSet<i16>,
            /// Enterprises whose open hazards and dossiers are needed.
            pub holdings: BTreeSet<Serial>,
            $($(#[$doc])* pub $name: BTreeSet<<$name::Records as Table>::Key>,)*
        }

        /// Values of a group.
        #[derive(Debug, Default)]
        pub struct Known {
            /// Accounts and directives.
            pub common: common::Known,
            /// Changes to cells.
            pub bookings: Bookings,
            /// Enterprises whose request for admission changed.
            pub admissions: BTreeSet<Serial>,
            /// Enterprises whose request for removal changed.
            pub removals: BTreeSet<Serial>,
            $($(#[$doc])* pub $name: Shelf<$name::Records>,)*
        }

        impl Known {
            /// Loads what is needed and not known yet.
            pub(super) async fn load(&mut self, db: &impl ConnectionTrait, mut needs: Needs) -> Result<(), DbErr> {
                self.common.load(db, std::mem::take(&mut needs.common)).await?;
                for enterprise in std::mem::take(&mut needs.holdings) {
                    needs.enterprises.insert(enterprise);
                    needs.hazards.extend(hazards::open_of(db, enterprise).await?);
                    needs.dossiers.extend(dossiers::open_of(db, enterprise).await?);
                }
                lookup::find(db, &mut needs).await?;
                $(
                    $name::Records::complete(&mut needs);
                    let keys = needs.$name.clone();
                    self.$name.load(db, keys.iter().cloned()).await?;
                    for value in keys.iter().filter_map(|key| self.$name.get(key)) {
                        $name::Records::goes_with(value, &mut needs);
                    }
                )*
                Ok(())
            }

            /// Writes changed rows. Nothing is written if a table was changed unseen.
            pub(super) async fn write(&mut self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
                $(self.$name.must_be_loaded()?;)*
                $(self.$name.write(db).await?;)*
                Ok(())
            }
        }

        /// Names of the tables above.
        pub(super) const SHELVES: &[&str] = &[$($name::Records::NAME),*];
    };
}

shelves! {
    /// Plans of inspections; their officers come with them.
    inspection_plans,
    /// Enforcement documents; what they belong to comes with them.
    documents,
    /// Inspections; their enterprises and officers come with them.
    inspections,
    /// Officers and experts.
    officers,
    /// General hazards; their enterprises come with them.
    hazards,
    /// Dossiers; their enterprises come with them.
    dossiers,
    /// Self-inspections; their enterprises come with them, and what counts them once they are signed.
    self_inspections,
    /// Evidence.
    evidence,
    /// Enterprises.
    enterprises,
    /// Rows of one enterprise and month.
    enterprise_months,
    /// Inspected months by enterprise and year.
    inspected,
    /// Months in which an enterprise was inspected from outside, by enterprise and year.
    checked,
    /// The serial of documents used last, by body, prefix and year.
    counters,
    /// Months of the county.
    county_months,
    /// Who holds which unique value, by kind and value.
    claims,
    /// Checklists by owner and name.
    checklists,
    /// Reference tables in the versions that the county adopted.
    rule_tables,
    /// How far time has spoken.
    clocks,
    /// Who may sign in place of a legal representative.
    deputies,
    /// Name lists.
    name_lists,
}

impl Shelved for hazards::Records {
    fn goes_with(hazard: &Hazard, needs: &mut Needs) {
        needs.enterprises.insert(hazard.enterprise);
        // As a dossier it counts in the month in which it was found.
        needs.months.insert(Month::of(hazard.found_on));
    }
}

impl Shelved for dossiers::Records {
    fn goes_with(dossier: &Dossier, needs: &mut Needs) {
        needs.enterprises.insert(dossier.enterprise);
        // As a general hazard it counts in the month in which it was found.
        needs.months.insert(Month::of(dossier.found_on));
    }
}

impl Shelved for enterprise_months::Records {
    fn complete(needs: &mut Needs) {
        for enterprise in &needs.enterprises {
            needs.enterprise_months.extend(needs.months.iter().map(|month| (*enterprise, *month)));
        }
    }
}

impl Shelved for inspected::Records {
    fn complete(needs: &mut Needs) {
        for enterprise in &needs.enterprises {
            needs.inspected.extend(needs.years.iter().map(|year| (*enterprise, *year)));
        }
    }
}

impl Shelved for documents::Records {
    fn goes_with(document: &Document, needs: &mut Needs) {
        match document.subject {
            Subject::Inspection(serial) => needs.inspections.insert(serial),
            Subject::Dossier(serial) => needs.dossiers.insert(serial),
        };
        needs.enterprises.insert(document.enterprise);
    }
}

impl Shelved for inspections::Records {
    fn goes_with(inspection: &Inspection, needs: &mut Needs) {
        needs.enterprises.insert(inspection.enterprise);
        needs.officers.extend(inspection.officers.iter().copied());
        needs.lookups.bodies.insert(inspection.body.clone());
        // What it found counts in the month of the visit.
        needs.months.extend(inspection.visited_on().map(Month::of));
    }
}

impl Shelved for checked::Records {
    fn complete(needs: &mut Needs) {
        if needs.inspections.is_empty() {
            return;
        }
        let years: BTreeSet<i16> = needs.months.iter().map(|month| month.year()).collect();
        for enterprise in &needs.enterprises {
            needs.checked.extend(years.iter().map(|year| (*enterprise, *year)));
        }
    }
}

impl Shelved for self_inspections::Records {
    fn goes_with(inspection: &SelfInspection, needs: &mut Needs) {
        needs.enterprises.insert(inspection.enterprise);
        if let Some(on) = inspection.on {
            needs.enterprise_months.insert((inspection.enterprise, Month::of(on)));
            needs.inspected.insert((inspection.enterprise, on.year()));
        }
    }
}

impl Shelved for counters::Records {
    fn complete(needs: &mut Needs) {
        let years: BTreeSet<i16> = needs.months.iter().map(|month| month.year()).collect();
        for body in &needs.lookups.bodies {
            for kind in document::kinds::all() {
                needs.counters.extend(years.iter().map(|year| (body.clone(), kind.prefix().to_owned(), *year)));
            }
        }
    }
}

impl Shelved for inspection_plans::Records {
    fn goes_with(plan: &Plan, needs: &mut Needs) {
        needs.officers.extend(plan.team.iter().copied());
    }
}

impl Shelved for officers::Records {}
impl Shelved for checklists::Records {}
impl Shelved for rule_tables::Records {}
impl Shelved for clocks::Records {}
impl Shelved for deputies::Records {}
impl Shelved for evidence::Records {}
impl Shelved for enterprises::Records {}
impl Shelved for county_months::Records {}
impl Shelved for claims::Records {}
impl Shelved for name_lists::Records {}

/// No version beside the shipped one.
static SHIPPED: Versions = Versions(Vec::new());

impl Known {
    /// The versions of a reference table that the county adopted; asked for like anything else.
    pub fn table(&self, kind: TableKind) -> &Versions {
        self.rule_tables.get(&kind).unwrap_or(&SHIPPED)
    }
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
