//! Uploads, outside the journal: what an account announced, and what it turned out to be.

use sea_orm::{ConnectionTrait, QueryOrder, QuerySelect, entity::prelude::*};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "uploads")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub account: String,
    pub purpose: String,
    pub file_name: String,
    pub size: i64,
    /// Hexadecimal.
    pub digest: String,
    /// Found by content; empty while bytes are missing.
    pub media: String,
    pub claims: String,
    pub begun_ms: i64,
    /// When something was last done with it.
    pub used_ms: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Whether the file is checked and kept.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        !self.media.is_empty()
    }
}

/// Uploads listed at a time.
const LISTED: u64 = 200;

/// Uploads of an account in order.
///
/// # Errors
/// The database fails.
pub async fn of_account(db: &impl ConnectionTrait, account: &str) -> Result<Vec<Model>, DbErr> {
    let all = Entity::find().filter(Column::Account.eq(account)).order_by_desc(Column::BegunMs).limit(LISTED).all(db).await?;
    Ok(all.into_iter().rev().collect())
}
