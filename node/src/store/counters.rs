//! The serial used last, for each body, prefix and year: numbers of documents have no gaps.

use std::collections::BTreeSet;

use changxiao_domain::document::CounterKey;
use sea_orm::{ConnectionTrait, entity::prelude::*};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "counters")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub body: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub prefix: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub year: i64,
    pub last: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{Found, Table};

/// The table, for the values of a group.
#[derive(Debug)]
pub struct Records;

impl Table for Records {
    const NAME: &'static str = "counters";
    type Key = CounterKey;
    type Value = u32;
    type Entity = Entity;

    async fn fetch<C: ConnectionTrait>(db: &C, keys: Vec<Self::Key>) -> Found<Self> {
        let wanted: BTreeSet<&Self::Key> = keys.iter().collect();
        let bodies: BTreeSet<&str> = keys.iter().map(|key| key.0.as_str()).collect();
        let mut found = Vec::new();
        // A body has one row for each prefix and year: few enough to read them all.
        for row in Entity::find().filter(Column::Body.is_in(bodies)).all(db).await? {
            let key = (row.body, row.prefix, i16::try_from(row.year).unwrap_or_default());
            if wanted.contains(&key) {
                found.push((key, u32::try_from(row.last).unwrap_or_default()));
            }
        }
        Ok(found)
    }

    fn row(key: &Self::Key, value: &Self::Value) -> Model {
        Model { body: key.0.clone(), prefix: key.1.clone(), year: i64::from(key.2), last: i64::from(*value) }
    }
}
