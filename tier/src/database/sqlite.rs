//! SQLite: WAL with `synchronous=FULL` and a version that is free of the WAL-reset corruption (3.51.3 or later). One
//! connection writes; a small pool reads.

use std::{path::Path, time::Duration};

use sea_orm::{
    ConnectOptions, Database, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};

use super::{DatabaseFault, Reading, text_of};
use crate::telemetry::traces;

/// Least SQLite version: older ones can corrupt a database while the write-ahead log is reset.
pub const LEAST_SQLITE: (u32, u32, u32) = (3, 51, 3);

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
    if parse_version(found) >= LEAST_SQLITE {
        return Ok(());
    }
    let remedy = "its write-ahead log can corrupt data; use the bundled library";
    Err(DatabaseFault::Version { found: format!("SQLite {found}"), least: "3.51.3", remedy })
}

/// Opens (or with `create` makes) the database at `path`, checks what durability rests on, and gives the version.
pub(super) async fn open(path: &Path, create: bool) -> Result<(DatabaseConnection, String), DatabaseFault> {
    let shown = path.display().to_string();
    let fail = |why| DatabaseFault::Open { path: shown.clone(), why };
    let write = connect(path, if create { "rwc" } else { "rw" }, 1).await.map_err(fail)?;
    let version = text_of(&write, "SELECT sqlite_version()").await.map_err(fail)?;
    check_version(&version)?;
    for (setting, wanted) in [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1")] {
        let found = text_of(&write, &format!("SELECT * FROM pragma_{setting}")).await.map_err(fail)?;
        if found != wanted {
            let remedy = "move it to a local disk that supports it";
            return Err(DatabaseFault::Setting { path: shown, setting, found, wanted, remedy });
        }
    }
    Ok((write, format!("SQLite {version}")))
}

/// Opens it for reading. The writing connection comes first: it checks the file, and makes what WAL needs beside it.
pub(super) async fn look(path: &Path) -> Result<Reading, DatabaseFault> {
    let (_write, version) = open(path, false).await?;
    let read = connect(path, "ro", 4).await;
    let db = read.map_err(|why| DatabaseFault::Open { path: path.display().to_string(), why })?;
    Ok(Reading { db, version })
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

#[cfg(test)]
mod tests {
    use super::{super::Location, *};

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
        let location = Location::File(dir.path().join("journal.db"));
        location.make().await.unwrap();
        let db = location.open().await.unwrap();
        println!("{}", db.version);
        let write = db.write.connection();
        assert_eq!(text_of(&write, "SELECT * FROM pragma_journal_mode").await.unwrap(), "wal");
        assert_eq!(text_of(&write, "SELECT * FROM pragma_synchronous").await.unwrap(), "2");
    }

    #[tokio::test]
    async fn a_missing_database_is_not_made_by_accident() {
        let dir = tempfile::tempdir().unwrap();
        let refused = Location::File(dir.path().join("nowhere.db")).open().await.unwrap_err();
        assert!(matches!(refused, DatabaseFault::Open { .. }), "{refused}");
    }
}
