//! The database of one region: opened with the settings that durability rests on, and checked to have them.
//!
//! SQLite: WAL with `synchronous=FULL` and a version that is free of the WAL-reset corruption (3.51.3 or later). One
//! connection writes; a small pool reads.

use std::{path::Path, time::Duration};

use sea_orm::{
    ActiveModelTrait, ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr,
    EntityTrait, Iden, IntoActiveModel, Iterable, ModelTrait, PrimaryKeyToColumn, QueryTrait, Statement, TransactionTrait,
    sea_query::OnConflict,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};

use crate::telemetry::traces;

/// Least SQLite version: older ones can corrupt a database while the write-ahead log is reset.
pub const LEAST_SQLITE: (u32, u32, u32) = (3, 51, 3);

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseFault {
    /// It cannot be opened or asked.
    #[error("database {path} cannot be used: {why}; check that the directory exists and belongs to the service's user")]
    Open {
        /// File.
        path: String,
        /// Cause.
        why: DbErr,
    },
    /// The library is too old.
    #[error("SQLite {found} is older than 3.51.3, whose write-ahead log can corrupt data; use the bundled library")]
    Version {
        /// Version found.
        found: String,
    },
    /// A setting that durability rests on did not take.
    #[error("database {path} runs with {setting} = {found} instead of {wanted}; move it to a local disk that supports it")]
    Setting {
        /// File.
        path: String,
        /// Setting.
        setting: &'static str,
        /// Value found.
        found: String,
        /// Value needed.
        wanted: &'static str,
    },
}

/// A region's database: one writing connection and a pool of readers over the same file.
#[derive(Clone, Debug)]
pub struct Databases {
    /// The only connection that writes.
    pub write: DatabaseConnection,
    /// Reads; each sees a consistent snapshot.
    pub read: DatabaseConnection,
    /// Version of the library, such as `3.51.3`.
    pub version: String,
}

/// Parses `3.51.3`; what is missing or strange counts as 0 and therefore as too old.
#[must_use]
pub fn parse_version(text: &str) -> (u32, u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}

/// Checks a library version.
///
/// # Errors
/// [`DatabaseFault::Version`].
pub fn check_version(found: &str) -> Result<(), DatabaseFault> {
    if parse_version(found) < LEAST_SQLITE { Err(DatabaseFault::Version { found: found.to_owned() }) } else { Ok(()) }
}

/// Opens (or with `create` makes) the database at `path` and checks what durability rests on.
///
/// # Errors
/// See [`DatabaseFault`].
pub async fn open(path: &Path, create: bool) -> Result<Databases, DatabaseFault> {
    let shown = path.display().to_string();
    let fail = |why| DatabaseFault::Open { path: shown.clone(), why };
    let write = connect(path, if create { "rwc" } else { "rw" }, 1).await.map_err(fail)?;
    let version = text_of(&write, "SELECT sqlite_version()").await.map_err(fail)?;
    check_version(&version)?;
    for (setting, wanted) in [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1")] {
        let found = text_of(&write, &format!("PRAGMA {setting}")).await.map_err(fail)?;
        if found != wanted {
            return Err(DatabaseFault::Setting { path: shown, setting, found, wanted });
        }
    }
    let read = connect(path, "ro", 4).await.map_err(fail)?;
    Ok(Databases { write, read, version })
}

async fn connect(path: &Path, mode: &str, connections: u32) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode={mode}", path.display()));
    let writes = mode != "ro";
    options
        .max_connections(connections)
        .min_connections(1)
        .sqlx_logging(false)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(10))
        .map_sqlx_sqlite_opts(move |options| {
            let options = options
                .busy_timeout(Duration::from_secs(5))
                .foreign_keys(true)
                .statement_cache_capacity(128)
                .pragma("trusted_schema", "OFF")
                .pragma("mmap_size", "0");
            if writes {
                options
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .pragma("secure_delete", "ON")
                    .pragma("cell_size_check", "ON")
            } else {
                options
            }
        });
    let mut connection = Database::connect(options).await?;
    traces::watch_statements(&mut connection);
    Ok(connection)
}

/// A database in memory for replays: same schema, no file.
///
/// # Errors
/// The library cannot make one.
pub async fn scratch() -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).min_connections(1).sqlx_logging(false).idle_timeout(Duration::from_secs(86_400));
    Database::connect(options).await
}

/// First column of the first row of a statement, as text.
///
/// # Errors
/// The statement fails or has no row.
pub async fn text_of(db: &impl ConnectionTrait, sql: &str) -> Result<String, DbErr> {
    let row = db
        .query_one_raw(Statement::from_string(db.get_database_backend(), format!("SELECT CAST(({}) AS TEXT)", unpragma(sql))))
        .await?
        .ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))?;
    row.try_get_by_index::<String>(0)
}

fn unpragma(sql: &str) -> String {
    match sql.strip_prefix("PRAGMA ") {
        Some(name) => format!("SELECT * FROM pragma_{name}"),
        None => sql.to_owned(),
    }
}

/// Begins the one transaction of a group. SQLite takes its write lock at once, so that nothing read can be overtaken.
///
/// # Errors
/// The database is locked or gone.
pub async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    match db.get_database_backend() {
        DatabaseBackend::Sqlite => {
            db.begin_with_options(sea_orm::TransactionOptions {
                sqlite_transaction_mode: Some(sea_orm::SqliteTransactionMode::Immediate),
                ..Default::default()
            })
            .await
        }
        _ => db.begin().await,
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
    let binds = if backend == DatabaseBackend::Sqlite { 32_766 } else { 65_535 };
    let keys: Vec<E::Column> = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
    let names: Vec<String> = keys.iter().map(|key| key.unquoted().to_owned()).collect();
    let values: Vec<E::Column> = E::Column::iter().filter(|column| !names.iter().any(|name| name == column.unquoted())).collect();
    let mut rows = rows.into_iter().map(|row| row.into_active_model().reset_all()).peekable();
    while rows.peek().is_some() {
        let chunk: Vec<E::ActiveModel> = rows.by_ref().take(binds / columns).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_libraries_are_refused() {
        for (version, good) in
            [("3.51.3", true), ("3.51.2", false), ("3.40.1", false), ("3.52.0", true), ("4.0.0", true), ("", false), ("x", false)]
        {
            assert_eq!(check_version(version).is_ok(), good, "{version}");
        }
    }

    #[tokio::test]
    async fn a_fresh_database_has_what_durability_rests_on() {
        let dir = tempfile::tempdir().unwrap();
        let db = open(&dir.path().join("journal.db"), true).await.unwrap();
        println!("SQLite {}", db.version);
        assert_eq!(text_of(&db.write, "PRAGMA journal_mode").await.unwrap(), "wal");
        assert_eq!(text_of(&db.write, "PRAGMA synchronous").await.unwrap(), "2");
    }

    #[tokio::test]
    async fn a_missing_database_is_not_made_by_accident() {
        let dir = tempfile::tempdir().unwrap();
        let refused = open(&dir.path().join("nowhere.db"), false).await.unwrap_err();
        assert!(matches!(refused, DatabaseFault::Open { .. }), "{refused}");
    }
}
