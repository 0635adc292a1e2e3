//! How far time has spoken, by what it speaks of: windows are opened once, however often somebody looks.

use changxiao_domain::clock::Instant;
use sea_orm::{ConnectionTrait, entity::prelude::*};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "clocks")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub clock: String,
    pub at_ms: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{Found, Table};

const TABLE: &str = "clocks";

/// Clock of the windows of self-inspections.
pub const INSPECTIONS: &str = "inspections";

/// The table, for the values of a group.
#[derive(Debug)]
pub struct Records;

impl Table for Records {
    const NAME: &'static str = TABLE;
    type Key = &'static str;
    type Value = Instant;
    type Entity = Entity;

    async fn fetch<C: ConnectionTrait>(db: &C, keys: Vec<Self::Key>) -> Found<Self> {
        let rows = Entity::find().filter(Column::Clock.is_in(keys.iter().copied())).all(db).await?;
        let held = |row: Model| keys.iter().find(|key| **key == row.clock).map(|key| (*key, Instant::from_ms(row.at_ms)));
        Ok(rows.into_iter().filter_map(held).collect())
    }

    fn row(clock: &Self::Key, at: &Self::Value) -> Model {
        Model { clock: (*clock).to_owned(), at_ms: at.ms() }
    }
}
