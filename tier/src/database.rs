//! The database of one region, on one of two engines: opened with the settings that durability rests on, and checked to
//! have them.
//!
//! [`Location`] says where it is: a SQLite file, or a schema of a PostgreSQL database. The entities, the migrations and every
//! query are the same on both; what differs lies below this folder. One [`Pen`] writes; a small pool reads.

mod pen;
mod postgresql;
mod rows;
mod schema;
mod sqlite;

use std::path::PathBuf;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};

pub use pen::{Pen, WRITER_ELSEWHERE, is_elsewhere};
pub use postgresql::{LEAST_POSTGRESQL, Server};
pub use rows::{insert, upsert};
pub use schema::Schema;
pub use sqlite::{LEAST_SQLITE, begin, check_version, parse_version, scratch};

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseFault {
    /// A file cannot be opened or asked.
    #[error("database {path} cannot be used: {why}; check that the directory exists and belongs to the service's user")]
    Open {
        /// File.
        path: String,
        /// Cause.
        why: DbErr,
    },
    /// A server does not let us in or does not answer.
    #[error(
        "database {server} cannot be used: {why}; check that the server runs, and role and password, docs/operations/postgresql.md"
    )]
    Server {
        /// Server, without any secret.
        server: String,
        /// Cause.
        why: DbErr,
    },
    /// The password file cannot be used.
    #[error("{0}")]
    Password(String),
    /// The engine is too old.
    #[error("{found} is older than {least}; {remedy}")]
    Version {
        /// Engine and version found.
        found: String,
        /// Least version.
        least: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A setting that durability rests on did not take.
    #[error("database {path} runs with {setting} = {found} instead of {wanted}; {remedy}")]
    Setting {
        /// File or server.
        path: String,
        /// Setting.
        setting: &'static str,
        /// Value found.
        found: String,
        /// Value needed.
        wanted: &'static str,
        /// What to do.
        remedy: &'static str,
    },
}

/// Where a region's database is.
#[derive(Clone, Debug)]
pub enum Location {
    /// A SQLite file.
    File(PathBuf),
    /// A schema of a PostgreSQL database.
    Schema(Schema),
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Schema(schema) => schema.fmt(f),
        }
    }
}

/// A region's database as it is read: a pool and the version of the engine.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Reads; each transaction sees one snapshot.
    pub db: DatabaseConnection,
    /// Engine and version, such as `SQLite 3.51.3`.
    pub version: String,
}

/// A region's database: what writes and what reads.
#[derive(Clone, Debug)]
pub struct Databases {
    /// The only one that writes.
    pub write: Pen,
    /// Reads; each transaction sees one snapshot.
    pub read: DatabaseConnection,
    /// Engine and version, such as `SQLite 3.51.3`.
    pub version: String,
}

impl Databases {
    /// Closes every connection.
    ///
    /// # Errors
    /// None that matters: what was committed is durable.
    pub async fn close(self) -> Result<(), DbErr> {
        self.read.close().await?;
        self.write.close().await
    }
}

impl Location {
    /// Whether there is anything of this region.
    ///
    /// # Errors
    /// A server does not answer.
    pub async fn exists(&self) -> Result<bool, DatabaseFault> {
        match self {
            Self::File(path) => Ok(path.exists()),
            Self::Schema(schema) => schema.exists().await,
        }
    }

    /// Makes an empty database: the file, or the schema with its role.
    ///
    /// # Errors
    /// See [`DatabaseFault`].
    pub async fn make(&self) -> Result<(), DatabaseFault> {
        match self {
            Self::File(path) => sqlite::open(path, true).await.map(|_| ()),
            Self::Schema(schema) => schema.make().await,
        }
    }

    /// A connection that may change the schema. On PostgreSQL it is the owner's; [`Location::confine`] belongs after it.
    ///
    /// # Errors
    /// See [`DatabaseFault`].
    pub async fn owner(&self) -> Result<DatabaseConnection, DatabaseFault> {
        match self {
            Self::File(path) => sqlite::open(path, false).await.map(|(write, _)| write),
            Self::Schema(schema) => schema.owner().await,
        }
    }

    /// Grants the region's role what it needs of the tables there are now, and nothing more. A file has no roles.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn confine(&self, owner: &DatabaseConnection) -> Result<(), DbErr> {
        match self {
            Self::File(_) => Ok(()),
            Self::Schema(schema) => schema.confine(owner).await,
        }
    }

    /// Opens it for reading only; a process that writes it is not disturbed.
    ///
    /// # Errors
    /// See [`DatabaseFault`].
    pub async fn look(&self) -> Result<Reading, DatabaseFault> {
        match self {
            Self::File(path) => sqlite::look(path).await,
            Self::Schema(schema) => schema.look().await,
        }
    }

    /// Opens it for writing. On PostgreSQL this waits until no other process writes the region, and begins a new term.
    ///
    /// # Errors
    /// See [`DatabaseFault`].
    pub async fn write(&self) -> Result<Pen, DatabaseFault> {
        match self {
            Self::File(path) => sqlite::open(path, false).await.map(|(write, _)| Pen::of_file(write)),
            Self::Schema(schema) => Pen::of_schema(schema.clone()).await,
        }
    }

    /// Opens it for writing and reading.
    ///
    /// # Errors
    /// See [`DatabaseFault`].
    pub async fn open(&self) -> Result<Databases, DatabaseFault> {
        let write = self.write().await?;
        let Reading { db, version } = self.look().await?;
        Ok(Databases { write, read: db, version })
    }
}

/// First column of the first row of a statement, as text.
///
/// # Errors
/// The statement fails or has no row.
pub async fn text_of(db: &impl ConnectionTrait, sql: &str) -> Result<String, DbErr> {
    let row = db
        .query_one_raw(Statement::from_string(db.get_database_backend(), format!("SELECT CAST(({sql}) AS TEXT)")))
        .await?
        .ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))?;
    row.try_get_by_index::<String>(0)
}
