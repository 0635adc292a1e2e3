//! Which months of a year an enterprise was inspected in from outside.

use std::collections::BTreeMap;

use changxiao_domain::{self_inspection::InspectedMonths, serial::Serial};
use changxiao_tier::journal::store::signed;
use sea_orm::{ConnectionTrait, entity::prelude::*};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "checked")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub enterprise: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub year: i64,
    pub months: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{CHUNK, Found, Table, serial};

const TABLE: &str = "checked";

/// The table, for the values of a group.
#[derive(Debug)]
pub struct Records;

impl Table for Records {
    const NAME: &'static str = TABLE;
    type Key = (Serial, i16);
    type Value = InspectedMonths;
    type Entity = Entity;

    async fn fetch<C: ConnectionTrait>(db: &C, keys: Vec<Self::Key>) -> Found<Self> {
        let mut by_year: BTreeMap<i16, Vec<i64>> = BTreeMap::new();
        for (enterprise, year) in keys {
            by_year.entry(year).or_default().push(signed(enterprise.raw()));
        }
        let mut found = Vec::new();
        for (year, raw) in by_year {
            for raw in raw.chunks(CHUNK) {
                let rows =
                    Entity::find().filter(Column::Year.eq(i64::from(year))).filter(Column::Enterprise.is_in(raw.iter().copied()));
                for row in rows.all(db).await? {
                    found.push(((serial(TABLE, "enterprise", row.enterprise)?, year), from_row(&row)));
                }
            }
        }
        Ok(found)
    }

    fn row(key: &Self::Key, value: &Self::Value) -> Model {
        to_row(key.0, key.1, *value)
    }
}

/// Stored bits as a value.
#[must_use]
pub fn from_row(row: &Model) -> InspectedMonths {
    InspectedMonths::from_bits(u16::try_from(row.months).unwrap_or_default())
}

/// A value as a row.
#[must_use]
pub fn to_row(enterprise: Serial, year: i16, months: InspectedMonths) -> Model {
    Model { enterprise: signed(enterprise.raw()), year: i64::from(year), months: i64::from(months.bits()) }
}
