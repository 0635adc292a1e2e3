//! Signed self-inspections.

use changxiao_domain::{personal::Personal, self_inspection::SelfInspection};
use changxiao_tier::journal::store::signed;
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "self_inspections")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub serial: i64,
    pub enterprise: i64,
    pub held_on: String,
    pub inspector: Option<String>,
    pub scope: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{RowFault, date, keyed_by_serial, serial};

const TABLE: &str = "self_inspections";

keyed_by_serial!("self_inspections", SelfInspection);

/// A row as a domain value.
///
/// # Errors
/// A column holds what no self-inspection can have.
pub fn from_row(row: Model) -> Result<SelfInspection, RowFault> {
    Ok(SelfInspection {
        serial: serial(TABLE, "serial", row.serial)?,
        enterprise: serial(TABLE, "enterprise", row.enterprise)?,
        on: date(TABLE, "held_on", &row.held_on)?,
        inspector: row.inspector.map_or(Personal::Erased, Personal::Known),
        scope: row.scope,
    })
}

/// A domain value as a row.
#[must_use]
pub fn to_row(value: &SelfInspection) -> Model {
    Model {
        serial: signed(value.serial.raw()),
        enterprise: signed(value.enterprise.raw()),
        held_on: value.on.to_string(),
        inspector: match &value.inspector {
            Personal::Known(name) => Some(name.clone()),
            Personal::Erased => None,
        },
        scope: value.scope.clone(),
    }
}
