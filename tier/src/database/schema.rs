//! One region's schema of a PostgreSQL database, and the sessions that enter it.
//!
//! Three walls keep regions apart and the journal as it was written. The schema: a session sees the names of its own region
//! only. The role: every serving session acts as the region's own role, which owns nothing and is granted nothing elsewhere.
//! The grants: that role may add entries and interior hashes, and neither change nor remove them. Row-level security would add
//! nothing here, since no table holds rows of two regions (ADR 0010).

use std::{sync::Arc, time::Duration};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, Statement, TransactionTrait,
    sqlx::{Executor as _, postgres::PgConnectOptions},
};

use super::{DatabaseFault, LEAST_POSTGRESQL, Reading, Server, postgresql::NAME_BYTES_MAX, text_of};
use crate::telemetry::traces;

/// Connections that read one region.
const READERS: u32 = 4;
/// Tables whose rows stay as they were written.
const APPEND_ONLY: &[&str] = &["entries", "nodes"];

/// What a server must say of itself before anything rests on it.
const SETTINGS: &[(&str, &str, &str)] = &[
    ("fsync", "on", "switch it on and restart the server, or a power cut loses what was acknowledged"),
    ("full_page_writes", "on", "switch it on, or a power cut can tear pages"),
    ("synchronous_commit", "on", "let the role set it"),
    ("server_encoding", "UTF8", "create the database with ENCODING 'UTF8'"),
    ("transaction_read_only", "off", "name the primary: this server takes no writes"),
];

/// A region's schema.
#[derive(Clone, Debug)]
pub struct Schema {
    server: Arc<Server>,
    name: String,
    role: String,
}

impl std::fmt::Display for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "schema {} of {}", self.name, self.server)
    }
}

/// What a session is there for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To make or change the schema, as its owner.
    Own,
    /// To write, as the region's role.
    Write,
    /// To read snapshots, as the region's role.
    Read,
}

impl Schema {
    /// The schema `name` at a server; a region's is called by the region's id.
    ///
    /// # Errors
    /// The name of its role, `<database>/<schema>`, would be too long or need quoting.
    pub fn new(server: Arc<Server>, name: &str) -> Result<Self, String> {
        let role = format!("{}/{name}", server.database());
        if role.len() > NAME_BYTES_MAX {
            return Err(format!(
                "the role `{role}` would be longer than {NAME_BYTES_MAX} bytes; use a database of a shorter name"
            ));
        }
        if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
            return Err(format!("`{name}` is no schema of a region"));
        }
        Ok(Self { server, name: name.to_owned(), role })
    }

    pub(super) fn fault(&self, why: DbErr) -> DatabaseFault {
        DatabaseFault::Server { server: self.server.to_string(), why }
    }

    async fn ask(&self, db: &DatabaseConnection, sql: &str) -> Result<String, DatabaseFault> {
        text_of(db, sql).await.map_err(|why| self.fault(why))
    }

    /// Whether the schema is there.
    pub(super) async fn exists(&self) -> Result<bool, DatabaseFault> {
        let db = self.owner().await?;
        Ok(self.ask(&db, &format!("SELECT count(*) FROM pg_namespace WHERE nspname = '{}'", self.name)).await? != "0")
    }

    /// Makes schema and role in one transaction. A role that is there already, from an earlier database of the same name, is
    /// taken over: it owns nothing.
    pub(super) async fn make(&self) -> Result<(), DatabaseFault> {
        let db = self.owner().await?;
        let Self { name, role, .. } = self;
        let known = self.ask(&db, &format!("SELECT count(*) FROM pg_roles WHERE rolname = '{role}'")).await? != "0";
        let mut statements = Vec::new();
        if !known {
            statements.push(format!("CREATE ROLE \"{role}\" NOLOGIN"));
            statements.push(format!("GRANT \"{role}\" TO CURRENT_USER"));
        }
        statements.push(format!("CREATE SCHEMA \"{name}\""));
        let made = async {
            let tx = db.begin().await?;
            for statement in &statements {
                tx.execute_unprepared(statement).await?;
            }
            tx.commit().await
        };
        made.await.map_err(|why| self.fault(why))
    }

    /// Grants what serving needs, table by table as they stand now.
    pub(super) async fn confine(&self, owner: &DatabaseConnection) -> Result<(), DbErr> {
        let Self { name, role, .. } = self;
        let tx = owner.begin().await?;
        tx.execute_unprepared(&format!("GRANT USAGE ON SCHEMA \"{name}\" TO \"{role}\"")).await?;
        tx.execute_unprepared(&format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA \"{name}\" TO \"{role}\""))
            .await?;
        for table in APPEND_ONLY {
            tx.execute_unprepared(&format!("REVOKE UPDATE, DELETE ON \"{name}\".\"{table}\" FROM \"{role}\"")).await?;
        }
        let migrations = format!("REVOKE INSERT, UPDATE, DELETE ON \"{name}\".\"seaql_migrations\" FROM \"{role}\"");
        tx.execute_unprepared(&migrations).await?;
        tx.commit().await
    }

    /// A session of the owner.
    pub(super) async fn owner(&self) -> Result<DatabaseConnection, DatabaseFault> {
        self.connect(Purpose::Own).await
    }

    /// Sessions that read, of a server that was checked.
    pub(super) async fn look(&self) -> Result<Reading, DatabaseFault> {
        let db = self.connect(Purpose::Read).await?;
        let version = self.ask(&db, "SELECT current_setting('server_version')").await?;
        let number = self.ask(&db, "SELECT current_setting('server_version_num')").await?;
        if number.parse::<u32>().unwrap_or(0) < LEAST_POSTGRESQL {
            let remedy = "upgrade the server";
            return Err(DatabaseFault::Version { found: format!("PostgreSQL {version}"), least: "14", remedy });
        }
        // A reading session is read-only by our own wish; a standby is so by itself.
        let standby = self.ask(&db, "SELECT pg_is_in_recovery()").await? == "true";
        for (setting, wanted, remedy) in SETTINGS {
            let found = match *setting {
                "transaction_read_only" => if standby { "on" } else { "off" }.to_owned(),
                setting => self.ask(&db, &format!("SELECT current_setting('{setting}')")).await?,
            };
            if found != *wanted {
                return Err(DatabaseFault::Setting { path: self.server.to_string(), setting, found, wanted, remedy });
            }
        }
        Ok(Reading { db, version: format!("PostgreSQL {version}") })
    }

    /// The one session that writes. It never ends by itself: the advisory lock ends with it.
    pub(super) async fn writer(&self) -> Result<DatabaseConnection, DatabaseFault> {
        self.connect(Purpose::Write).await
    }

    async fn connect(&self, purpose: Purpose) -> Result<DatabaseConnection, DatabaseFault> {
        let address = self.server.options()?;
        let settings = self.settings(purpose);
        // The driver wants an address; every part of it is set below.
        let mut options = ConnectOptions::new("postgres://localhost");
        options
            .max_connections(if purpose == Purpose::Read { READERS } else { 1 })
            .min_connections(1)
            .sqlx_logging(false)
            .test_before_acquire(false)
            .acquire_timeout(Duration::from_secs(5))
            .map_sqlx_postgres_opts(move |options: PgConnectOptions| {
                address(options).statement_cache_capacity(256).options(settings.iter().map(|(key, value)| (key, value)))
            });
        if purpose == Purpose::Read {
            // Whoever gave up while a transaction began has left it open; nobody may read in its old snapshot. What does not
            // answer is replaced by a new session.
            options.map_sqlx_postgres_before_acquire(|session, _| {
                Box::pin(async move { session.execute("ROLLBACK").await.map(|_| true) })
            });
        } else {
            options.idle_timeout(None::<Duration>).max_lifetime(None::<Duration>);
        }
        let mut connection = Database::connect(options).await.map_err(|why| self.fault(why))?;
        traces::watch_statements(&mut connection);
        Ok(connection)
    }

    fn settings(&self, purpose: Purpose) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            ("search_path", format!("\"{}\"", self.name)),
            ("synchronous_commit", "on".to_owned()),
            ("client_min_messages", "error".to_owned()),
            // A caller that vanished without a word is noticed, and its locks are free again.
            ("tcp_keepalives_idle", "15".to_owned()),
            ("tcp_keepalives_interval", "5".to_owned()),
            ("tcp_keepalives_count", "3".to_owned()),
        ];
        let mut more =
            |pairs: &[(&'static str, &str)]| settings.extend(pairs.iter().map(|(key, value)| (*key, (*value).to_owned())));
        match purpose {
            Purpose::Own => return settings,
            // A process that stands still inside a group loses it, and with it the lock that keeps the next writer waiting.
            Purpose::Write => more(&[("idle_in_transaction_session_timeout", "10s"), ("lock_timeout", "15s")]),
            Purpose::Read => more(&[
                ("default_transaction_isolation", "repeatable read"),
                ("default_transaction_read_only", "on"),
                ("idle_in_transaction_session_timeout", "300s"),
            ]),
        }
        settings.push(("role", self.role.clone()));
        settings
    }
}

/// Begins a statement for PostgreSQL.
pub(super) fn statement(sql: &str) -> Statement {
    Statement::from_string(sea_orm::DatabaseBackend::Postgres, sql)
}
