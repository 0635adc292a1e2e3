//! Enterprises that other counties offer.

use changxiao_domain::enterprise::incoming::{Incoming, Standing};
use changxiao_tier::journal::store::{signed, unsigned};
use sea_orm::{ConnectionTrait, entity::prelude::*};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "transfers")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub offer: String,
    pub county: String,
    pub there: i64,
    pub title: String,
    pub industry: String,
    pub claims: String,
    pub reason: String,
    pub answer_by: String,
    pub standing: String,
    pub answer_reason: String,
    pub enterprise: Option<i64>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{
    CHUNK, Found, RowFault, Table, date,
    packed::{column, line, lines},
    parse, serial, text_of, value_of,
};

const TABLE: &str = "transfers";

/// The table, for the values of a group.
#[derive(Debug)]
pub struct Records;

impl Table for Records {
    const NAME: &'static str = TABLE;
    /// Id of the directive that carried the offer.
    type Key = String;
    type Value = Incoming;
    type Entity = Entity;

    async fn fetch<C: ConnectionTrait>(db: &C, keys: Vec<Self::Key>) -> Found<Self> {
        let mut found = Vec::new();
        for keys in keys.chunks(CHUNK) {
            for row in Entity::find().filter(Column::Offer.is_in(keys.iter().cloned())).all(db).await? {
                let value = from_row(row)?;
                found.push((value.offer.clone(), value));
            }
        }
        Ok(found)
    }

    fn row(_: &Self::Key, value: &Incoming) -> Model {
        to_row(value)
    }
}

/// A row as a domain value.
///
/// # Errors
/// A column holds what no offer can have.
pub fn from_row(row: Model) -> Result<Incoming, RowFault> {
    let mut claims = Vec::new();
    for fields in lines(&row.claims) {
        let [kind, value] = fields.as_slice() else {
            return Err(RowFault { table: TABLE, column: "claims", why: format!("cannot be {fields:?}") });
        };
        claims.push(((*kind).to_owned(), (*value).to_owned()));
    }
    Ok(Incoming {
        from: parse(TABLE, "county", &row.county)?,
        there: serial(TABLE, "there", row.there)?,
        industry: parse(TABLE, "industry", &row.industry)?,
        claims,
        answer_by: date(TABLE, "answer_by", &row.answer_by)?,
        standing: value_of(Standing::ALL, TABLE, "standing", &row.standing)?,
        enterprise: row.enterprise.map(|raw| serial(TABLE, "enterprise", raw)).transpose()?,
        version: unsigned(row.version),
        offer: row.offer,
        title: row.title,
        reason: row.reason,
        answer_reason: row.answer_reason,
    })
}

/// A domain value as a row.
#[must_use]
pub fn to_row(value: &Incoming) -> Model {
    Model {
        offer: value.offer.clone(),
        county: value.from.to_string(),
        there: signed(value.there.raw()),
        title: value.title.clone(),
        industry: value.industry.to_string(),
        claims: column(value.claims.iter().map(|(kind, number)| line([kind, number]))),
        reason: value.reason.clone(),
        answer_by: value.answer_by.to_string(),
        standing: text_of(Standing::ALL, value.standing).to_owned(),
        answer_reason: value.answer_reason.clone(),
        enterprise: value.enterprise.map(|serial| signed(serial.raw())),
        version: signed(value.version),
    }
}
