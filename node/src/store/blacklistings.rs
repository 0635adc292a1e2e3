//! How enterprises stand to the blacklist.

use changxiao_domain::{measure::Blacklisting, serial::Serial};
use changxiao_tier::journal::store::signed;
use sea_orm::{ConnectionTrait, entity::prelude::*};

use super::{CHUNK, Found, RowFault, Table, column::Column as Kept};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "blacklistings")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub enterprise: i64,
    pub current: Option<i64>,
    pub times: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const TABLE: &str = "blacklistings";

/// The table, for the values of a group.
#[derive(Debug)]
pub struct Records;

impl Table for Records {
    const NAME: &'static str = TABLE;
    /// The enterprise.
    type Key = Serial;
    type Value = Blacklisting;
    type Entity = Entity;

    async fn fetch<C: ConnectionTrait>(db: &C, keys: Vec<Serial>) -> Found<Self> {
        let raw: Vec<i64> = keys.iter().map(|key| signed(key.raw())).collect();
        let mut found = Vec::new();
        for raw in raw.chunks(CHUNK) {
            for row in Entity::find().filter(Column::Enterprise.is_in(raw.iter().copied())).all(db).await? {
                let fault = |column| move |why| RowFault { table: TABLE, column, why };
                let value = Blacklisting {
                    enterprise: Kept::take(row.enterprise).map_err(fault("enterprise"))?,
                    current: Kept::take(row.current).map_err(fault("current"))?,
                    times: Kept::take(row.times).map_err(fault("times"))?,
                };
                found.push((value.enterprise, value));
            }
        }
        Ok(found)
    }

    fn row(_: &Serial, value: &Blacklisting) -> Model {
        Model { enterprise: value.enterprise.put(), current: value.current.put(), times: value.times.put() }
    }
}
