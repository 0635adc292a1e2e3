//! Imports and exports, outside the journal: what was asked, how far it got. What an import did is in the journal.

use sea_orm::{ConnectionTrait, QueryOrder, QuerySelect, entity::prelude::*};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// `import` or `export`.
    pub kind: String,
    pub account: String,
    /// `running` or `ended`.
    pub state: String,
    /// Of the file read, hexadecimal; empty for exports.
    pub digest: String,
    /// Of the file made, hexadecimal; empty while there is none.
    pub result: String,
    /// The request as sent.
    pub request: Vec<u8>,
    /// What its owner sees.
    pub view: Vec<u8>,
    pub begun_ms: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Imports.
pub const IMPORT: &str = "import";
/// Exports.
pub const EXPORT: &str = "export";
/// Still at work, or to be resumed.
pub const RUNNING: &str = "running";
/// Over, however it ended.
pub const ENDED: &str = "ended";
/// Jobs listed at a time.
const LISTED: u64 = 100;

/// Jobs of an account in order.
///
/// # Errors
/// The database fails.
pub async fn of_account(db: &impl ConnectionTrait, account: &str, kind: &str) -> Result<Vec<Model>, DbErr> {
    let query = Entity::find().filter(Column::Account.eq(account)).filter(Column::Kind.eq(kind));
    Ok(query.order_by_desc(Column::BegunMs).limit(LISTED).all(db).await?.into_iter().rev().collect())
}

/// Jobs that a stop interrupted.
///
/// # Errors
/// The database fails.
pub async fn running(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::State.eq(RUNNING)).order_by_asc(Column::BegunMs).all(db).await
}
