//! Directives as the desk and the couriers see them.

use changxiao_tier::{
    directives::{Held, directive_row, handover_row, held_of},
    journal::store::signed,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Directives issued or carried by the region `here`, by the position of their entry, from after the given one on.
///
/// # Errors
/// The database fails or holds malformed rows.
pub async fn list(db: &impl ConnectionTrait, here: &str, after: Option<u64>, limit: u64) -> Result<Vec<Held>, DbErr> {
    let mut wanted = directive_row::Entity::find().filter(directive_row::Column::Addressee.ne(here));
    if let Some(after) = after {
        wanted = wanted.filter(directive_row::Column::Position.gt(signed(after)));
    }
    let rows = wanted.order_by_asc(directive_row::Column::Position).limit(limit).all(db).await?;
    rows.into_iter().map(held_of).collect()
}

/// Directives whose receipt is not witnessed and that are meant for another region than `here`.
///
/// # Errors
/// The database fails or holds malformed rows.
pub async fn under_way(db: &impl ConnectionTrait, here: &str) -> Result<Vec<Held>, DbErr> {
    let rows = directive_row::Entity::find()
        .filter(directive_row::Column::Delivered.is_null())
        .filter(directive_row::Column::Addressee.ne(here))
        .order_by_asc(directive_row::Column::Position)
        .all(db)
        .await?;
    rows.into_iter().map(held_of).collect()
}

/// Handovers of these directives.
///
/// # Errors
/// The database fails.
pub async fn handovers(db: &impl ConnectionTrait, directives: Vec<String>) -> Result<Vec<handover_row::Model>, DbErr> {
    if directives.is_empty() {
        return Ok(Vec::new());
    }
    handover_row::Entity::find().filter(handover_row::Column::Directive.is_in(directives)).all(db).await
}
