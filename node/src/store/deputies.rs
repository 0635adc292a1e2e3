//! Who may sign in place of a legal representative, and for how long.

use changxiao_domain::{actor::AccountId, deputy::Deputy, serial::Serial};
use changxiao_tier::journal::store::{signed, unsigned};
use sea_orm::{ConnectionTrait, entity::prelude::*};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deputies")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub enterprise: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub account: String,
    pub first: String,
    pub last: String,
    pub revoked: bool,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{Found, RowFault, Table, date, parse, serial};

const TABLE: &str = "deputies";

/// The table, for the values of a group.
#[derive(Debug)]
pub struct Records;

impl Table for Records {
    const NAME: &'static str = TABLE;
    type Key = (Serial, AccountId);
    type Value = Deputy;
    type Entity = Entity;

    async fn fetch<C: ConnectionTrait>(db: &C, keys: Vec<Self::Key>) -> Found<Self> {
        // An account belongs to one enterprise; who asks for it asks for few.
        let rows = Entity::find().filter(Column::Account.is_in(keys.iter().map(|(_, account)| account.as_str())));
        let mut found = Vec::new();
        for row in rows.all(db).await? {
            let value = from_row(row)?;
            let key = (value.enterprise, value.account.clone());
            if keys.contains(&key) {
                found.push((key, value));
            }
        }
        Ok(found)
    }

    fn row(_: &Self::Key, value: &Self::Value) -> Model {
        Model {
            enterprise: signed(value.enterprise.raw()),
            account: value.account.to_string(),
            first: value.first.to_string(),
            last: value.last.to_string(),
            revoked: value.revoked,
            version: signed(value.version),
        }
    }
}

/// A row as a domain value.
///
/// # Errors
/// A column holds what no deputy can have.
pub fn from_row(row: Model) -> Result<Deputy, RowFault> {
    Ok(Deputy {
        enterprise: serial(TABLE, "enterprise", row.enterprise)?,
        account: parse(TABLE, "account", &row.account)?,
        first: date(TABLE, "first", &row.first)?,
        last: date(TABLE, "last", &row.last)?,
        revoked: row.revoked,
        version: unsigned(row.version),
    })
}
