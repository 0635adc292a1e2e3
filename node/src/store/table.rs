//! What the values of a group have to know of a table: its key, how values are fetched, how a value becomes a row.

use std::fmt::Debug;

use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

/// Keys in one statement; far below what a statement may bind.
pub const CHUNK: usize = 10_000;

/// Values that were found, by key.
pub type Found<T> = Result<Vec<(<T as Table>::Key, <T as Table>::Value)>, DbErr>;

/// A table whose rows stand for domain values under a key.
pub trait Table {
    /// Name in the database.
    const NAME: &'static str;
    /// What a value is found by.
    type Key: Ord + Clone + Debug + Send + Sync;
    /// What a row stands for.
    type Value: Debug + Send + Sync;
    /// Its rows.
    type Entity: EntityTrait;

    /// The values that exist under these keys, with as few statements as can be.
    fn fetch<C: ConnectionTrait>(db: &C, keys: Vec<Self::Key>) -> impl Future<Output = Found<Self>> + Send;

    /// A value as a row.
    fn row(key: &Self::Key, value: &Self::Value) -> <Self::Entity as EntityTrait>::Model;
}

/// A table of records that are found by the serial under which they were entered. Expects `from_row` and `to_row` beside it.
macro_rules! keyed_by_serial {
    ($name:literal, $value:ty) => {
        /// The table, for the values of a group.
        #[derive(Debug)]
        pub struct Records;

        impl $crate::store::Table for Records {
            const NAME: &'static str = $name;
            type Key = changxiao_domain::serial::Serial;
            type Value = $value;
            type Entity = Entity;

            async fn fetch<C: sea_orm::ConnectionTrait>(db: &C, keys: Vec<Self::Key>) -> $crate::store::Found<Self> {
                let raw: Vec<i64> = keys.iter().map(|key| changxiao_tier::journal::store::signed(key.raw())).collect();
                let mut found = Vec::new();
                for raw in raw.chunks($crate::store::CHUNK) {
                    for row in Entity::find().filter(Column::Serial.is_in(raw.iter().copied())).all(db).await? {
                        let value = from_row(row)?;
                        found.push((value.serial, value));
                    }
                }
                Ok(found)
            }

            fn row(_: &Self::Key, value: &Self::Value) -> Model {
                to_row(value)
            }
        }
    };
}
pub(crate) use keyed_by_serial;
