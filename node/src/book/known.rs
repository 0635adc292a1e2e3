//! Values of a group: what was asked for, loaded with one query for each table, changed by `apply`, written back in bulk.

use std::collections::{BTreeMap, BTreeSet};

use changxiao_domain::{
    cell::{Bookings, Cell, CellKey},
    county_month::CountyMonth,
    declaration::EnterpriseMonth,
    dossier::Dossier,
    enterprise::Enterprise,
    hazard::Hazard,
    period::Month,
    self_inspection::{InspectedMonths, SelfInspection},
    serial::Serial,
};
use changxiao_tier::{
    common,
    database::{insert, upsert},
    journal::store::signed,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use crate::store::{
    Shelf, cells, claims, county_months, dossiers, enterprise_months, enterprises, hazards, inspected, self_inspections,
};

/// Keys asked for by the commands or events of a group.
#[derive(Debug, Default)]
pub struct Needs {
    /// Accounts and directives.
    pub common: common::Needs,
    /// Enterprises.
    pub enterprises: BTreeSet<Serial>,
    /// Months for which the row of every enterprise in the group is needed.
    pub months: BTreeSet<Month>,
    /// Rows of one enterprise and month.
    pub enterprise_months: BTreeSet<(Serial, Month)>,
    /// Years for which the inspected months of every enterprise in the group are needed.
    pub years: BTreeSet<i16>,
    /// Months of the county.
    pub county_months: BTreeSet<Month>,
    /// General hazards; their enterprises come with them.
    pub hazards: BTreeSet<Serial>,
    /// Dossiers; their enterprises come with them.
    pub dossiers: BTreeSet<Serial>,
    /// Unique values.
    pub claims: BTreeSet<(String, String)>,
}

impl AsMut<common::Needs> for Needs {
    fn as_mut(&mut self) -> &mut common::Needs {
        &mut self.common
    }
}

/// Values of a group.
#[derive(Debug, Default)]
pub struct Known {
    /// Accounts and directives.
    pub common: common::Known,
    /// Enterprises.
    pub enterprises: Shelf<Serial, Enterprise>,
    /// Enterprises by month.
    pub enterprise_months: Shelf<(Serial, Month), EnterpriseMonth>,
    /// Months of the county.
    pub county_months: Shelf<Month, CountyMonth>,
    /// Inspected months by enterprise and year.
    pub inspected: Shelf<(Serial, i16), InspectedMonths>,
    /// General hazards.
    pub hazards: Shelf<Serial, Hazard>,
    /// Dossiers.
    pub dossiers: Shelf<Serial, Dossier>,
    /// Who holds which unique value.
    pub claims: Shelf<(String, String), Serial>,
    /// Self-inspections made in this group.
    pub self_inspections: Vec<SelfInspection>,
    /// Changes to cells.
    pub bookings: Bookings,
    /// Enterprises whose request for admission changed.
    pub admissions: BTreeSet<Serial>,
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

/// Keys in one statement; far below what a statement may bind.
const CHUNK: usize = 10_000;

impl Known {
    /// Loads what is needed and not known yet.
    pub(super) async fn load(&mut self, db: &impl ConnectionTrait, mut needs: Needs) -> Result<(), DbErr> {
        self.common.load(db, needs.common).await?;
        self.load_hazards(db, needs.hazards, &mut needs.enterprises, &mut needs.months).await?;
        self.load_dossiers(db, needs.dossiers, &mut needs.enterprises, &mut needs.months).await?;
        self.load_enterprises(db, &needs.enterprises).await?;
        let mut pairs = needs.enterprise_months;
        let mut years = BTreeSet::new();
        for enterprise in &needs.enterprises {
            pairs.extend(needs.months.iter().map(|month| (*enterprise, *month)));
            years.extend(needs.years.iter().map(|year| (*enterprise, *year)));
        }
        self.load_enterprise_months(db, pairs).await?;
        self.load_inspected(db, years).await?;
        for month in self.county_months.ask(needs.county_months) {
            if let Some(row) = county_months::Entity::find_by_id(month.to_string()).one(db).await? {
                self.county_months.loaded(month, county_months::from_row(&row)?);
            }
        }
        for (kind, value) in self.claims.ask(needs.claims) {
            if let Some(row) = claims::Entity::find_by_id((kind.clone(), value.clone())).one(db).await? {
                self.claims.loaded((kind, value), crate::store::serial("claims", "holder", row.holder)?);
            }
        }
        Ok(())
    }

    async fn load_hazards(
        &mut self,
        db: &impl ConnectionTrait,
        wanted: BTreeSet<Serial>,
        enterprises: &mut BTreeSet<Serial>,
        months: &mut BTreeSet<Month>,
    ) -> Result<(), DbErr> {
        let raw: Vec<i64> = self.hazards.ask(wanted.iter().copied()).iter().map(|serial| signed(serial.raw())).collect();
        for raw in raw.chunks(CHUNK) {
            for row in hazards::Entity::find().filter(hazards::Column::Serial.is_in(raw.iter().copied())).all(db).await? {
                let hazard = hazards::from_row(row)?;
                self.hazards.loaded(hazard.serial, hazard);
            }
        }
        for hazard in wanted.iter().filter_map(|serial| self.hazards.get(serial)) {
            enterprises.insert(hazard.enterprise);
            // As a dossier it counts in the month in which it was found.
            months.insert(Month::of(hazard.found_on));
        }
        Ok(())
    }

    async fn load_dossiers(
        &mut self,
        db: &impl ConnectionTrait,
        wanted: BTreeSet<Serial>,
        enterprises: &mut BTreeSet<Serial>,
        months: &mut BTreeSet<Month>,
    ) -> Result<(), DbErr> {
        let raw: Vec<i64> = self.dossiers.ask(wanted.iter().copied()).iter().map(|serial| signed(serial.raw())).collect();
        for raw in raw.chunks(CHUNK) {
            for row in dossiers::Entity::find().filter(dossiers::Column::Serial.is_in(raw.iter().copied())).all(db).await? {
                let dossier = dossiers::from_row(row)?;
                self.dossiers.loaded(dossier.serial, dossier);
            }
        }
        for dossier in wanted.iter().filter_map(|serial| self.dossiers.get(serial)) {
            enterprises.insert(dossier.enterprise);
            // As a general hazard it counts in the month in which it was found.
            months.insert(Month::of(dossier.found_on));
        }
        Ok(())
    }

    async fn load_enterprises(&mut self, db: &impl ConnectionTrait, wanted: &BTreeSet<Serial>) -> Result<(), DbErr> {
        let raw: Vec<i64> = self.enterprises.ask(wanted.iter().copied()).iter().map(|serial| signed(serial.raw())).collect();
        for raw in raw.chunks(CHUNK) {
            for row in enterprises::Entity::find().filter(enterprises::Column::Serial.is_in(raw.iter().copied())).all(db).await? {
                let enterprise = enterprises::from_row(row)?;
                self.enterprises.loaded(enterprise.serial, enterprise);
            }
        }
        Ok(())
    }

    async fn load_enterprise_months(&mut self, db: &impl ConnectionTrait, pairs: BTreeSet<(Serial, Month)>) -> Result<(), DbErr> {
        let mut by_month: BTreeMap<Month, Vec<i64>> = BTreeMap::new();
        for (enterprise, month) in self.enterprise_months.ask(pairs) {
            by_month.entry(month).or_default().push(signed(enterprise.raw()));
        }
        for (month, raw) in by_month {
            for raw in raw.chunks(CHUNK) {
                let rows = enterprise_months::Entity::find()
                    .filter(enterprise_months::Column::Month.eq(month.to_string()))
                    .filter(enterprise_months::Column::Enterprise.is_in(raw.iter().copied()));
                for row in rows.all(db).await? {
                    let value = enterprise_months::from_row(&row)?;
                    self.enterprise_months.loaded((value.enterprise, value.month), value);
                }
            }
        }
        Ok(())
    }

    async fn load_inspected(&mut self, db: &impl ConnectionTrait, pairs: BTreeSet<(Serial, i16)>) -> Result<(), DbErr> {
        let mut by_year: BTreeMap<i16, Vec<i64>> = BTreeMap::new();
        for (enterprise, year) in self.inspected.ask(pairs) {
            by_year.entry(year).or_default().push(signed(enterprise.raw()));
        }
        for (year, raw) in by_year {
            for raw in raw.chunks(CHUNK) {
                let rows = inspected::Entity::find()
                    .filter(inspected::Column::Year.eq(i64::from(year)))
                    .filter(inspected::Column::Enterprise.is_in(raw.iter().copied()));
                for row in rows.all(db).await? {
                    let enterprise = crate::store::serial("inspected", "enterprise", row.enterprise)?;
                    self.inspected.loaded((enterprise, year), inspected::from_row(&row));
                }
            }
        }
        Ok(())
    }

    /// Writes changed rows; the changed cells with their new totals are the answer.
    pub(super) async fn write(&mut self, db: &impl ConnectionTrait) -> Result<BTreeMap<CellKey, Cell>, DbErr> {
        self.enterprises.must_be_loaded("enterprises")?;
        self.enterprise_months.must_be_loaded("enterprise_months")?;
        self.county_months.must_be_loaded("county_months")?;
        self.inspected.must_be_loaded("inspected")?;
        self.hazards.must_be_loaded("hazards")?;
        self.dossiers.must_be_loaded("dossiers")?;
        let rows = self.enterprises.changes().into_iter().map(enterprises::to_row).collect();
        upsert::<enterprises::Entity>(db, rows).await?;
        let rows = self.enterprise_months.changes().into_iter().map(enterprise_months::to_row).collect();
        upsert::<enterprise_months::Entity>(db, rows).await?;
        let rows = self.hazards.changes().into_iter().map(hazards::to_row).collect();
        upsert::<hazards::Entity>(db, rows).await?;
        let rows = std::mem::take(&mut self.self_inspections).iter().map(self_inspections::to_row).collect();
        insert::<self_inspections::Entity>(db, rows).await?;
        let claimed: BTreeSet<_> = self.claims.changed_keys();
        let rows = claimed
            .iter()
            .filter_map(|key| self.claims.get(key).map(|holder| (key, holder)))
            .map(|((kind, value), holder)| claims::Model {
                kind: kind.clone(),
                value: value.clone(),
                holder: signed(holder.raw()),
            })
            .collect();
        insert::<claims::Entity>(db, rows).await?;
        let years: BTreeSet<_> = self.inspected.changed_keys();
        let rows = years
            .iter()
            .filter_map(|key| self.inspected.get(key).map(|months| inspected::to_row(key.0, key.1, *months)))
            .collect();
        upsert::<inspected::Entity>(db, rows).await?;
        self.write_cells(db).await
    }

    async fn write_cells(&mut self, db: &impl ConnectionTrait) -> Result<BTreeMap<CellKey, Cell>, DbErr> {
        let bookings = std::mem::take(&mut self.bookings).0;
        let mut totals = BTreeMap::new();
        let months: BTreeSet<String> = bookings.keys().map(|(month, _)| month.to_string()).collect();
        if months.is_empty() {
            return Ok(totals);
        }
        let rows = cells::Entity::find().filter(cells::Column::Month.is_in(months)).all(db).await?;
        let held = rows.iter().map(cells::from_row).collect::<Result<BTreeMap<_, _>, _>>()?;
        for (key, change) in bookings.into_iter().filter(|(_, change)| !change.is_zero()) {
            let mut total = held.get(&key).cloned().unwrap_or_default();
            total.merge(&change);
            totals.insert(key, total);
        }
        let rows = totals.iter().map(|(key, cell)| cells::to_row(key, cell)).collect();
        upsert::<cells::Entity>(db, rows).await?;
        Ok(totals)
    }
}
