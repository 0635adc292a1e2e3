//! General hazards.

use changxiao_domain::{
    clock::Instant,
    hazard::{Hazard, State},
    personal::Personal,
};
use changxiao_tier::journal::store::{signed, unsigned};
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "hazards")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub serial: i64,
    pub enterprise: i64,
    pub industry: String,
    pub state: String,
    pub found_on: String,
    pub category: String,
    pub place: String,
    pub description: String,
    pub source: i64,
    pub finder: Option<String>,
    pub responsible: Option<String>,
    pub assigned: bool,
    pub measure: String,
    pub deadline: Option<String>,
    pub due_ms: Option<i64>,
    pub overdue: bool,
    pub returned: i64,
    pub rectified_by: Option<String>,
    pub struck_off_on: Option<String>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{RowFault, date, optional_date, parse, serial, text_of, value_of};

const TABLE: &str = "hazards";

/// States as stored.
pub const STATES: &[(State, &str)] = &[
    (State::Registered, "registered"),
    (State::Rectifying, "rectifying"),
    (State::Rectified, "rectified"),
    (State::Reinspected, "reinspected"),
    (State::Accepted, "accepted"),
    (State::StruckOff, "struck_off"),
];

fn shown(person: &Personal) -> Option<String> {
    match person {
        Personal::Known(name) => Some(name.clone()),
        Personal::Erased => None,
    }
}

/// A row as a domain value.
///
/// # Errors
/// A column holds what no hazard can have.
pub fn from_row(row: Model) -> Result<Hazard, RowFault> {
    Ok(Hazard {
        serial: serial(TABLE, "serial", row.serial)?,
        enterprise: serial(TABLE, "enterprise", row.enterprise)?,
        industry: parse(TABLE, "industry", &row.industry)?,
        state: value_of(STATES, TABLE, "state", &row.state)?,
        found_on: date(TABLE, "found_on", &row.found_on)?,
        category: parse(TABLE, "category", &row.category)?,
        place: row.place,
        description: row.description,
        source: u8::try_from(row.source).unwrap_or_default(),
        finder: row.finder.map_or(Personal::Erased, Personal::Known),
        responsible: row.assigned.then(|| row.responsible.map_or(Personal::Erased, Personal::Known)),
        measure: row.measure,
        deadline: optional_date(TABLE, "deadline", row.deadline.as_deref())?,
        overdue: row.overdue,
        returned: u32::try_from(row.returned).unwrap_or_default(),
        rectified_by: row.rectified_by,
        struck_off_on: optional_date(TABLE, "struck_off_on", row.struck_off_on.as_deref())?,
        version: unsigned(row.version),
    })
}

/// A domain value as a row. `due_ms` is derived, so that the next deadline is one index look-up.
#[must_use]
pub fn to_row(hazard: &Hazard) -> Model {
    Model {
        serial: signed(hazard.serial.raw()),
        enterprise: signed(hazard.enterprise.raw()),
        industry: hazard.industry.to_string(),
        state: text_of(STATES, hazard.state).to_owned(),
        found_on: hazard.found_on.to_string(),
        category: hazard.category.to_string(),
        place: hazard.place.clone(),
        description: hazard.description.clone(),
        source: i64::from(hazard.source),
        finder: shown(&hazard.finder),
        responsible: hazard.responsible.as_ref().and_then(shown),
        assigned: hazard.responsible.is_some(),
        measure: hazard.measure.clone(),
        deadline: hazard.deadline.map(|date| date.to_string()),
        due_ms: hazard.due().map(Instant::ms),
        overdue: hazard.overdue,
        returned: i64::from(hazard.returned),
        rectified_by: hazard.rectified_by.clone(),
        struck_off_on: hazard.struck_off_on.map(|date| date.to_string()),
        version: signed(hazard.version),
    }
}
