//! Which months of a year an enterprise inspected itself in.

use changxiao_domain::{self_inspection::InspectedMonths, serial::Serial};
use changxiao_tier::journal::store::signed;
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inspected")]
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
