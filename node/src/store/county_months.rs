//! Months of the county.

use changxiao_domain::county_month::{CountyMonth, State};
use changxiao_tier::journal::store::{signed, unsigned};
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "county_months")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: String,
    pub state: String,
    pub owing: i64,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{RowFault, month, text_of, value_of};

const TABLE: &str = "county_months";

/// States as stored.
pub const STATES: &[(State, &str)] =
    &[(State::Frozen, "frozen"), (State::Overdue, "overdue"), (State::Closed, "closed"), (State::Lapsed, "lapsed")];

/// A row as a domain value.
///
/// # Errors
/// A column holds what no month can have.
pub fn from_row(row: &Model) -> Result<CountyMonth, RowFault> {
    Ok(CountyMonth {
        month: month(TABLE, "month", &row.month)?,
        state: value_of(STATES, TABLE, "state", &row.state)?,
        owing: u32::try_from(row.owing).unwrap_or_default(),
        version: unsigned(row.version),
    })
}

/// A domain value as a row.
#[must_use]
pub fn to_row(value: &CountyMonth) -> Model {
    Model {
        month: value.month.to_string(),
        state: text_of(STATES, value.state).to_owned(),
        owing: i64::from(value.owing),
        version: signed(value.version),
    }
}
