//! What writes a region's database, alone.
//!
//! A SQLite file is locked by its one writing connection. On PostgreSQL an advisory lock keeps a second process waiting, but
//! such a lock lives in the memory of one server and does not stop a writer that was paused while another took over. So
//! every take-over counts a *term* up, and every transaction first reads the term under a lock that lasts until it ends: with
//! an older term nothing is written, and no newer term can begin while a transaction of this one is open.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use sea_orm::{
    ConnectionTrait, DatabaseBackend, DatabaseConnection, DatabaseTransaction, DbErr, ExecResult, QueryResult, RuntimeErr,
    Statement, TransactionTrait,
};

use super::{
    DatabaseFault,
    schema::{Schema, statement},
    sqlite,
};

/// Reason of a refusal: another process writes this region.
pub const WRITER_ELSEWHERE: &str = "WRITER_ELSEWHERE";
/// How often a process that stands by looks whether the other one is gone.
const STANDBY: Duration = Duration::from_millis(250);
/// Longest time for one step of a group on a server: then the line is taken for dead.
const STEP: Duration = Duration::from_secs(60);
/// How long closing may take; a line that is dead closes by being dropped.
const CLOSE: Duration = Duration::from_secs(1);

/// Holds the lock until the session ends; of no use to anybody but this region.
const LOCK: &str = "SELECT pg_try_advisory_lock(hashtextextended('changxiao/' || current_schema(), 0))";
const NEXT_TERM: &str = "INSERT INTO writers (number, term) VALUES (0, 1) \
     ON CONFLICT (number) DO UPDATE SET term = writers.term + 1 RETURNING term, pg_backend_pid()";
const CHECK_TERM: &str = "SELECT term, pg_backend_pid() FROM writers WHERE number = 0 FOR SHARE";

fn elsewhere(what: &str) -> DbErr {
    DbErr::Custom(format!("{WRITER_ELSEWHERE}: {what}"))
}

/// Whether an error says that another process writes this region.
#[must_use]
pub fn is_elsewhere(error: &DbErr) -> bool {
    error.to_string().contains(WRITER_ELSEWHERE)
}

/// The writing hand of a region. As a connection, every statement is a transaction of its own, which no caller can abandon
/// half-way.
#[derive(Clone, Debug)]
pub struct Pen(Arc<Hand>);

#[derive(Debug)]
enum Hand {
    File(DatabaseConnection),
    Schema { schema: Schema, session: RwLock<Session> },
}

/// One session of a server, from taking over to being lost.
#[derive(Clone, Debug)]
struct Session {
    db: DatabaseConnection,
    term: i64,
    /// Process of the server behind the session; another one does not hold our lock.
    backend: i32,
}

impl Pen {
    pub(super) fn of_file(db: DatabaseConnection) -> Self {
        Self(Arc::new(Hand::File(db)))
    }

    /// Waits until no other process holds the region, and begins a term.
    pub(super) async fn of_schema(schema: Schema) -> Result<Self, DatabaseFault> {
        let mut told = false;
        loop {
            match take_over(&schema).await? {
                Some(session) => return Ok(Self(Arc::new(Hand::Schema { schema, session: RwLock::new(session) }))),
                None if told => {}
                None => {
                    told = true;
                    tracing::warn!(database = %schema, "another process writes this region; standing by until it is gone");
                }
            }
            tokio::time::sleep(STANDBY).await;
        }
    }

    /// Whether the database is a server that may go away and come back, rather than a file of this process.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        matches!(*self.0, Hand::Schema { .. })
    }

    fn session(&self) -> Option<Session> {
        match &*self.0 {
            Hand::File(_) => None,
            Hand::Schema { session, .. } => Some(session.read().unwrap_or_else(PoisonError::into_inner).clone()),
        }
    }

    /// The term in which this process writes; 0 for a file, which has none.
    #[must_use]
    pub fn term(&self) -> i64 {
        self.session().map_or(0, |session| session.term)
    }

    /// The connection underneath, for reading what was just written. Nothing is written through it.
    #[must_use]
    pub fn connection(&self) -> DatabaseConnection {
        match &*self.0 {
            Hand::File(db) => db.clone(),
            Hand::Schema { session, .. } => session.read().unwrap_or_else(PoisonError::into_inner).db.clone(),
        }
    }

    /// Begins a transaction, of this process's own term.
    ///
    /// # Errors
    /// The database is locked or gone, or another process took over ([`is_elsewhere`]).
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let Some(session) = self.session() else { return sqlite::begin(&self.connection()).await };
        let tx = session.db.begin().await?;
        let row = tx.query_one_raw(statement(CHECK_TERM)).await?;
        let row = row.ok_or_else(|| elsewhere("the term of the writer is gone"))?;
        let (term, backend): (i64, i32) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        if term != session.term {
            return Err(elsewhere(&format!("this process wrote in term {}, now is term {term}", session.term)));
        }
        if backend != session.backend {
            return Err(DbErr::Conn(RuntimeErr::Internal("the session that held the lock was lost".to_owned())));
        }
        Ok(tx)
    }

    /// One step of a group, with an end: a server that vanished without a word is taken for gone.
    ///
    /// # Errors
    /// Those of the step, or that it took too long.
    pub async fn bounded<T>(&self, step: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        if !self.is_remote() {
            return step.await;
        }
        let late = |_| DbErr::Conn(RuntimeErr::Internal(format!("the server did not answer within {} s", STEP.as_secs())));
        tokio::time::timeout(STEP, step).await.map_err(late)?
    }

    /// Drops the session and begins a new term over a new one. A file has nothing to take over.
    ///
    /// # Errors
    /// The server is still gone, or another process holds the region ([`is_elsewhere`]).
    pub async fn take_over(&self) -> Result<(), DbErr> {
        let Hand::Schema { schema, session } = &*self.0 else { return Ok(()) };
        let _ = tokio::time::timeout(CLOSE, self.connection().close()).await;
        let taken = take_over(schema).await.map_err(|fault| match fault {
            DatabaseFault::Server { why, .. } => why,
            other => DbErr::Conn(RuntimeErr::Internal(other.to_string())),
        })?;
        let taken = taken.ok_or_else(|| elsewhere("another process holds it"))?;
        *session.write().unwrap_or_else(PoisonError::into_inner) = taken;
        Ok(())
    }

    /// Closes the writing connection, and lets go of the region.
    ///
    /// # Errors
    /// None that matters: what was committed is durable.
    pub async fn close(&self) -> Result<(), DbErr> {
        self.connection().close().await
    }
}

/// A new session, if the lock is free.
async fn take_over(schema: &Schema) -> Result<Option<Session>, DatabaseFault> {
    let db = schema.writer().await?;
    let begun = begin_term(&db).await;
    if !matches!(begun, Ok(Some(_))) {
        let _ = tokio::time::timeout(CLOSE, db.clone().close()).await;
    }
    match begun {
        Ok(begun) => Ok(begun.map(|(term, backend)| {
            tracing::info!(database = %schema, term, "this process writes the region");
            Session { db, term, backend }
        })),
        Err(why) => Err(schema.fault(why)),
    }
}

async fn begin_term(db: &DatabaseConnection) -> Result<Option<(i64, i32)>, DbErr> {
    let gone = || DbErr::RecordNotFound("writers".to_owned());
    let locked: bool = db.query_one_raw(statement(LOCK)).await?.ok_or_else(gone)?.try_get_by_index(0)?;
    if !locked {
        return Ok(None);
    }
    let row = db.query_one_raw(statement(NEXT_TERM)).await?.ok_or_else(gone)?;
    Ok(Some((row.try_get_by_index(0)?, row.try_get_by_index(1)?)))
}

impl Pen {
    /// Runs one statement in a transaction of its own. It goes on when its caller is gone: a transaction that nobody ends
    /// would hold up the writer.
    async fn alone(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let pen = self.clone();
        let task = tokio::spawn(async move {
            let work = async {
                let tx = pen.begin().await?;
                let done = tx.execute_raw(statement).await?;
                tx.commit().await?;
                Ok(done)
            };
            pen.bounded(work).await
        });
        task.await.unwrap_or_else(|error| Err(DbErr::Custom(format!("a write ended early: {error}"))))
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Pen {
    fn get_database_backend(&self) -> DatabaseBackend {
        if self.is_remote() { DatabaseBackend::Postgres } else { DatabaseBackend::Sqlite }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match &*self.0 {
            Hand::File(db) => db.execute_raw(statement).await,
            Hand::Schema { .. } => self.alone(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.execute_raw(Statement::from_string(self.get_database_backend(), sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.connection().query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.connection().query_all_raw(statement).await
    }
}
