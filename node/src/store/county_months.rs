//! Months of the county.

use changxiao_domain::{
    county_month::{CountyMonth, State},
    period::Month,
};
use changxiao_tier::journal::store::{signed, unsigned};
use sea_orm::{ConnectionTrait, entity::prelude::*};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "county_months")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: String,
    pub state: String,
    pub owing: i64,
    pub reminded: i64,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{CHUNK, Found, RowFault, Table, month, text_of, value_of};

const TABLE: &str = "county_months";

/// The table, for the values of a group.
#[derive(Debug)]
pub struct Records;

impl Table for Records {
    const NAME: &'static str = TABLE;
    type Key = Month;
    type Value = CountyMonth;
    type Entity = Entity;

    async fn fetch<C: ConnectionTrait>(db: &C, keys: Vec<Month>) -> Found<Self> {
        let mut found = Vec::new();
        for keys in keys.chunks(CHUNK) {
            for row in Entity::find().filter(Column::Month.is_in(keys.iter().map(ToString::to_string))).all(db).await? {
                let value = from_row(&row)?;
                found.push((value.month, value));
            }
        }
        Ok(found)
    }

    fn row(_: &Month, value: &CountyMonth) -> Model {
        to_row(value)
    }
}

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
        reminded: u32::try_from(row.reminded).unwrap_or_default(),
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
        reminded: i64::from(value.reminded),
        version: signed(value.version),
    }
}
