//! Whole rows in bulk: a handful of statements whatever the number of rows.

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseBackend, DbErr, EntityTrait, Iden, IntoActiveModel, Iterable, ModelTrait,
    PrimaryKeyToColumn, QueryTrait, sea_query::OnConflict,
};

/// Most values that one statement takes.
const fn binds(backend: DatabaseBackend) -> usize {
    match backend {
        DatabaseBackend::Sqlite => 32_766,
        _ => 65_535,
    }
}

/// Writes whole rows, replacing those that have the same primary key: a handful of statements whatever the number of rows.
/// A key may occur only once in `rows`.
///
/// # Errors
/// The database refuses a row.
pub async fn upsert<E>(db: &impl ConnectionTrait, rows: Vec<E::Model>) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: ActiveModelTrait<Entity = E>,
{
    write::<E>(db, rows, true).await
}

/// Writes new rows; a row whose primary key is there already is an error.
///
/// # Errors
/// The database refuses a row.
pub async fn insert<E>(db: &impl ConnectionTrait, rows: Vec<E::Model>) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: ActiveModelTrait<Entity = E>,
{
    write::<E>(db, rows, false).await
}

async fn write<E>(db: &impl ConnectionTrait, rows: Vec<E::Model>, replace: bool) -> Result<(), DbErr>
where
    E: EntityTrait,
    E::Model: ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: ActiveModelTrait<Entity = E>,
{
    let backend = db.get_database_backend();
    let columns = E::Column::iter().count().max(1);
    let keys: Vec<E::Column> = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
    let names: Vec<String> = keys.iter().map(|key| key.unquoted().to_owned()).collect();
    let values: Vec<E::Column> = E::Column::iter().filter(|column| !names.iter().any(|name| name == column.unquoted())).collect();
    let mut rows = rows.into_iter().map(|row| row.into_active_model().reset_all()).peekable();
    while rows.peek().is_some() {
        let chunk: Vec<E::ActiveModel> = rows.by_ref().take(binds(backend) / columns).collect();
        let mut insert = E::insert_many(chunk);
        if replace {
            let mut conflict = OnConflict::columns(keys.clone());
            if values.is_empty() {
                conflict.do_nothing();
            } else {
                conflict.update_columns(values.clone());
            }
            insert = insert.on_conflict(conflict);
        }
        db.execute_raw(insert.build(backend)).await?;
    }
    Ok(())
}
