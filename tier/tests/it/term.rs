//! Two writers of one region in PostgreSQL: the older one writes nothing. A file has no second writer, so there is nothing to
//! see on SQLite.

use std::{sync::Arc, time::Duration};

use changxiao_tier::{database::WRITER_ELSEWHERE, journal::store::size};
use sea_orm::{ConnectionTrait as _, DatabaseBackend, Statement, TransactionTrait as _};

use crate::toy::{COUNTY, Host};

#[tokio::test]
async fn a_paused_writer_that_resumes_after_a_take_over_commits_nothing() {
    let old = Host::new(COUNTY).await;
    if !old.db.write.is_remote() {
        return;
    }
    old.accounts(0..2).await;
    // A fail-over: the lock is gone with the memory of the server that held it, the session seems alive.
    old.db.write.connection().execute_unprepared("SELECT pg_advisory_unlock_all()").await.unwrap();
    let new = Host::open(COUNTY, Arc::clone(&old.dir)).await;
    assert_eq!(new.db.write.term(), old.db.write.term() + 1);

    // The control: without reading the term, the old session still writes.
    let unchecked = old.db.write.connection().begin().await.unwrap();
    let row = "INSERT INTO requests VALUES ('control', 'control', '', '', 0)";
    assert_eq!(unchecked.execute_unprepared(row).await.unwrap().rows_affected(), 1);
    unchecked.commit().await.unwrap();
    // What goes outside the journal is fenced like everything else.
    let outside = old.db.write.execute_unprepared("DELETE FROM requests").await.unwrap_err();
    assert!(outside.to_string().contains(WRITER_ELSEWHERE), "{outside}");

    let before = size(&new.db.read).await.unwrap();
    let refused = old.account_of(2).await.unwrap_err();
    assert_eq!(refused.reason(), WRITER_ELSEWHERE);
    assert_eq!(size(&new.db.read).await.unwrap(), before);
    new.accounts(2..4).await;
    assert_eq!(old.account_of(9).await.unwrap_err().reason(), WRITER_ELSEWHERE);
    assert_eq!(new.verify().await.fault, None);

    // Once the new one has gone, the old one comes back by itself, after what the new one wrote.
    new.close().await;
    let come_back = async { while old.account_of(4).await.is_err() {} };
    tokio::time::timeout(Duration::from_secs(60), come_back).await.expect("the old writer did not come back");
    assert_eq!(size(&old.db.read).await.unwrap(), before + 6);
    assert_eq!(old.verify().await.fault, None);
    old.close().await;
}

#[tokio::test]
async fn nobody_takes_over_while_a_transaction_is_open() {
    let old = Host::new(COUNTY).await;
    if !old.db.write.is_remote() {
        return;
    }
    let group = old.db.write.begin().await.unwrap();
    old.db.read.execute_unprepared("SELECT 1").await.unwrap();
    let term = old.db.write.term();
    let owner = old.location().owner().await.unwrap();
    owner.execute_unprepared("SET lock_timeout = '200ms'").await.unwrap();
    let waited = owner.execute_unprepared("UPDATE writers SET term = term + 1").await.unwrap_err();
    assert!(waited.to_string().contains("lock timeout"), "{waited}");
    group.commit().await.unwrap();
    owner.execute_unprepared("UPDATE writers SET term = term + 1").await.unwrap();
    assert!(old.db.write.begin().await.is_err(), "a transaction of term {term} began after the next term");
}

#[tokio::test]
async fn the_regions_role_neither_rewrites_the_journal_nor_looks_elsewhere() {
    let (host, other) = (Host::new(COUNTY).await, Host::new("bs").await);
    if !host.db.write.is_remote() {
        return;
    }
    let session = host.db.write.connection();
    for statement in [
        "UPDATE entries SET kind = 'x'",
        "DELETE FROM nodes",
        "TRUNCATE entries",
        "DROP TABLE entries",
        "DELETE FROM seaql_migrations",
    ] {
        let refused = session.execute_unprepared(statement).await.unwrap_err().to_string();
        assert!(refused.contains("permission denied") || refused.contains("must be owner"), "{statement}: {refused}");
    }
    let foreign = other.location().to_string();
    let schema = foreign.split_whitespace().nth(1).unwrap();
    let refused = session.execute_unprepared(&format!("SELECT * FROM \"{schema}\".entries")).await.unwrap_err();
    assert!(refused.to_string().contains("permission denied for schema"), "{refused}");
}

#[tokio::test]
async fn nothing_is_written_onto_a_server_that_came_back_with_less() {
    let host = Host::new(COUNTY).await;
    if !host.db.write.is_remote() {
        return;
    }
    host.accounts(0..3).await;
    let kept = size(&host.db.read).await.unwrap() - 2;
    // A server put back from a copy: the newest entries are gone, and so is every session.
    host.sql(&format!("DELETE FROM entries WHERE position >= {kept}")).await;
    host.sql(&format!("DELETE FROM parts WHERE position >= {kept}")).await;
    host.sql(&format!("DELETE FROM nodes WHERE (number + 1) << level::int > {kept}")).await;
    host.sql("DELETE FROM accounts WHERE account = 'a2'").await;
    let pid = "SELECT pg_backend_pid()".to_owned();
    let pid = host.db.write.connection().query_one_raw(Statement::from_string(DatabaseBackend::Postgres, pid)).await.unwrap();
    let pid: i32 = pid.unwrap().try_get_by_index(0).unwrap();
    host.sql(&format!("SELECT pg_terminate_backend({pid})")).await;
    assert!(host.account_of(7).await.is_err(), "the first group after the loss was written onto another history");
    assert_eq!(host.account_of(8).await.unwrap_err().reason(), "JOURNAL_ROLLED_BACK");
    assert_eq!(size(&host.db.read).await.unwrap(), kept);
}
