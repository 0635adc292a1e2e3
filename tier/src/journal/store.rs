//! The journal in the database: entries, personal parts, interior hashes, and the receipts kept by request id.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    entry::{Entry, Part},
    merkle::{Frontier, Hash, Node},
};

/// One entry as stored.
pub mod entry_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "entries")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i64,
        pub epoch: i64,
        pub received_ms: i64,
        pub effective_ms: i64,
        pub subject: String,
        pub kind: String,
        pub header: Vec<u8>,
        pub body: Vec<u8>,
        pub leaf: Vec<u8>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// One personal part. Erasing deletes the row.
pub mod part_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "parts")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub salt: Vec<u8>,
        pub bytes: Vec<u8>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Root of one complete subtree above the leaves; never changes.
pub mod node_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "nodes")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub level: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i64,
        pub hash: Vec<u8>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The receipt of one request id, written with its effect.
pub mod request_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "requests")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub actor: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub request: String,
        pub hash: Vec<u8>,
        pub receipt: Vec<u8>,
        pub created_ms: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Stored bytes that are not what the table promises.
fn strange(table: &str, what: &str) -> DbErr {
    DbErr::Custom(format!("table {table}: {what}"))
}

/// A hash column.
///
/// # Errors
/// It is not 32 bytes.
pub fn hash_of(table: &str, bytes: &[u8]) -> Result<Hash, DbErr> {
    Hash::from_slice(bytes).ok_or_else(|| strange(table, "a hash is not 32 bytes"))
}

/// An unsigned number stored as signed.
#[must_use]
pub fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// A number as the database takes it. Positions stay far below the limit.
#[must_use]
pub fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Number of entries. Positions have no gaps, so it is one more than the last position.
///
/// # Errors
/// The database fails.
pub async fn size(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let last: Option<i64> = entry_row::Entity::find()
        .select_only()
        .column_as(entry_row::Column::Position.max(), "last")
        .into_tuple::<Option<i64>>()
        .one(db)
        .await?
        .flatten();
    Ok(last.map_or(0, |last| unsigned(last) + 1))
}

/// Hashes of complete subtrees. Those that are not stored are missing from the answer.
///
/// # Errors
/// The database fails or holds a malformed hash.
pub async fn nodes(db: &impl ConnectionTrait, wanted: &[Node]) -> Result<HashMap<Node, Hash>, DbErr> {
    let mut found = HashMap::new();
    for node in wanted {
        let hash = if node.level == 0 {
            entry_row::Entity::find_by_id(signed(node.index)).one(db).await?.map(|row| row.leaf)
        } else {
            node_row::Entity::find_by_id((i64::from(node.level), signed(node.index))).one(db).await?.map(|row| row.hash)
        };
        if let Some(hash) = hash {
            found.insert(*node, hash_of("nodes", &hash)?);
        }
    }
    Ok(found)
}

/// The frontier of the tree of `size` entries.
///
/// # Errors
/// The database fails or lacks a node.
pub async fn frontier(db: &impl ConnectionTrait, size: u64) -> Result<Frontier, DbErr> {
    let wanted = Frontier::nodes(size);
    let found = nodes(db, &wanted).await?;
    let peaks = wanted
        .iter()
        .map(|node| found.get(node).copied().ok_or_else(|| strange("nodes", "an interior hash is missing")))
        .collect::<Result<Vec<_>, _>>()?;
    Frontier::from_peaks(size, peaks).map_err(|fault| strange("nodes", &fault.to_string()))
}

/// Entries from `first` on, at most `limit`, in order.
///
/// # Errors
/// The database fails.
pub async fn rows(db: &impl ConnectionTrait, first: u64, limit: u64) -> Result<Vec<entry_row::Model>, DbErr> {
    entry_row::Entity::find()
        .filter(entry_row::Column::Position.gte(signed(first)))
        .order_by_asc(entry_row::Column::Position)
        .limit(limit)
        .all(db)
        .await
}

/// Stored parts of the positions `first..end`.
///
/// # Errors
/// The database fails.
pub async fn parts(db: &impl ConnectionTrait, first: u64, end: u64) -> Result<HashMap<(u64, u64), Part>, DbErr> {
    let rows = part_row::Entity::find()
        .filter(part_row::Column::Position.gte(signed(first)))
        .filter(part_row::Column::Position.lt(signed(end)))
        .all(db)
        .await?;
    rows.into_iter()
        .map(|row| {
            let salt = <[u8; 32]>::try_from(row.salt.as_slice()).map_err(|_| strange("parts", "a salt is not 32 bytes"))?;
            Ok(((unsigned(row.position), unsigned(row.number)), Part { salt, bytes: row.bytes }))
        })
        .collect()
}

/// A stored row with its parts as an entry that can be checked. `count` parts are expected, missing ones are erased.
#[must_use]
pub fn entry(row: &entry_row::Model, count: usize, parts: &HashMap<(u64, u64), Part>) -> Entry {
    let position = unsigned(row.position);
    Entry {
        header_bytes: row.header.clone(),
        body: row.body.clone(),
        parts: (1..=count as u64).map(|number| parts.get(&(position, number)).cloned()).collect(),
    }
}

/// Receipts already given for these request ids of any actor.
///
/// # Errors
/// The database fails.
pub async fn requests(
    db: &impl ConnectionTrait,
    ids: Vec<String>,
) -> Result<HashMap<(String, String), request_row::Model>, DbErr> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = request_row::Entity::find().filter(request_row::Column::Request.is_in(ids)).all(db).await?;
    Ok(rows.into_iter().map(|row| ((row.actor.clone(), row.request.clone()), row)).collect())
}
