//! Unique values: who holds an identifier.

use changxiao_domain::serial::Serial;
use changxiao_tier::journal::store::signed;
use sea_orm::{ConnectionTrait, entity::prelude::*};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "claims")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
    pub holder: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{Found, Table, serial};

const TABLE: &str = "claims";

/// The table, for the values of a group.
#[derive(Debug)]
pub struct Records;

impl Table for Records {
    const NAME: &'static str = TABLE;
    /// Kind and value.
    type Key = (String, String);
    type Value = Serial;
    type Entity = Entity;

    async fn fetch<C: ConnectionTrait>(db: &C, keys: Vec<Self::Key>) -> Found<Self> {
        let mut found = Vec::new();
        for key in keys {
            if let Some(row) = Entity::find_by_id(key.clone()).one(db).await? {
                found.push((key, serial(TABLE, "holder", row.holder)?));
            }
        }
        Ok(found)
    }

    fn row((kind, value): &Self::Key, holder: &Serial) -> Model {
        Model { kind: kind.clone(), value: value.clone(), holder: signed(holder.raw()) }
    }
}
