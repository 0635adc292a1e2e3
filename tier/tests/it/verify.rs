//! The offline check names the first bad position, or the table row, whatever was changed.

use std::sync::Arc;

use changxiao_tier::database::Location;
use changxiao_tier::verify::Report;

use crate::toy::{COUNTY, Host, check};

/// Nine entries: 0 opens, then account and published entry in turn. Signed at 9.
async fn nine() -> Host {
    let host = Host::new(COUNTY).await;
    host.accounts(0..4).await;
    host.signer.checkpoint(9).await.unwrap();
    host
}

fn found(report: Report) -> (Option<u64>, String) {
    let fault = report.fault.expect("a change must be found");
    (fault.position, fault.what)
}

#[tokio::test]
async fn a_sound_journal_is_sound() {
    let host = nine().await;
    let report = host.verify().await;
    assert_eq!(report.fault, None);
    assert_eq!(report.entries, 9);
    assert_eq!(report.checked.len(), 5, "{:#?}", report.checked);
}

#[tokio::test]
async fn a_changed_entry_is_named_by_its_position() {
    let swapped = "CREATE TEMP TABLE s AS SELECT position, header, body FROM entries WHERE position IN (3, 5);
        UPDATE entries SET header = (SELECT header FROM s WHERE s.position = 8 - entries.position),
            body = (SELECT body FROM s WHERE s.position = 8 - entries.position) WHERE position IN (3, 5)";
    for (what, position, statement, words) in [
        ("body", 3, "UPDATE entries SET body = body || x'00' WHERE position = 3", "the body"),
        ("header", 4, "UPDATE entries SET header = header || x'00' WHERE position = 4", "the header"),
        (
            "one bit of a header",
            3,
            "UPDATE entries SET header = CAST(replace(header, 'account', 'bccount') AS BLOB) WHERE position = 3",
            "column kind",
        ),
        ("leaf", 6, "UPDATE entries SET leaf = zeroblob(32) WHERE position = 6", "the stored leaf"),
        ("column", 6, "UPDATE entries SET received_ms = 0 WHERE position = 6", "column received_ms"),
        ("part", 5, "UPDATE parts SET bytes = x'00' WHERE position = 5", "personal part 1"),
        ("salt", 5, "UPDATE parts SET salt = x'00' WHERE position = 5", "personal part 1"),
        ("part removed", 5, "DELETE FROM parts WHERE position = 5", "personal part 1 is missing"),
        ("part added", 4, "INSERT INTO parts VALUES (4, 1, zeroblob(32), x'00')", "1 personal parts are stored"),
        ("node", 5, "UPDATE nodes SET hash = zeroblob(32) WHERE level = 1 AND number = 2", "interior hash 1/2"),
        ("node removed", 7, "DELETE FROM nodes WHERE level = 2 AND number = 1", "interior hash 2/1 is missing"),
        ("row removed", 4, "DELETE FROM entries WHERE position = 4", "the entry is missing"),
        ("first row removed", 0, "DELETE FROM entries WHERE position = 0", "the entry is missing"),
        ("tail cut", 6, "DELETE FROM entries WHERE position >= 6", "from here on are missing: 6 are stored, 9 were signed"),
        ("two rows exchanged", 3, swapped, "was written at position 5"),
        ("two faults", 2, "UPDATE entries SET body = x'00' WHERE position IN (2, 7)", "the body"),
    ] {
        let host = nine().await;
        host.sql(statement).await;
        let (at, said) = found(host.verify().await);
        assert_eq!(at, Some(position), "{what}: {said}");
        assert!(said.contains(words), "{what}: {said}");
    }
}

#[tokio::test]
async fn what_belongs_to_no_entry_is_named_by_its_table() {
    for (statement, words) in [
        ("INSERT INTO nodes VALUES (1, 4, zeroblob(32))", "such as 1/4"),
        ("INSERT INTO nodes VALUES (9, 0, zeroblob(32))", "such as 9/0"),
        ("INSERT INTO parts VALUES (99, 1, zeroblob(32), x'00')", "table parts"),
        (
            "INSERT INTO entries SELECT -1, epoch, received_ms, effective_ms, subject, kind, header, body, leaf FROM entries WHERE position = 3",
            "table entries",
        ),
        ("UPDATE accounts SET roles = '' WHERE account = 'a2'", "table accounts holds"),
        ("DELETE FROM accounts WHERE account = 'a2'", "table accounts"),
        ("UPDATE facts SET body = x'00' WHERE key = 'a2'", "table facts holds"),
        ("UPDATE facts SET local = 2 WHERE key = 'a2'", "table facts holds"),
        ("DELETE FROM facts WHERE key = 'a3'", "table facts"),
        ("UPDATE fact_buckets SET facts = 1", "table fact_buckets holds"),
    ] {
        let host = nine().await;
        host.sql(statement).await;
        let (at, said) = found(host.verify().await);
        assert_eq!(at, None, "{statement}: {said}");
        assert!(said.contains(words), "{statement}: {said}");
    }
}

#[tokio::test]
async fn an_older_copy_put_back_is_found_by_the_guard() {
    let host = Host::in_file(COUNTY).await;
    host.accounts(0..2).await;
    host.signer.checkpoint(5).await.unwrap();
    host.sql(&format!("VACUUM INTO '{}'", host.path("copy.db").display())).await;
    host.accounts(2..4).await;
    host.signer.checkpoint(9).await.unwrap();
    let copy = Location::File(host.path("copy.db")).look().await.unwrap();
    let (at, said) = found(check(&copy.db, COUNTY, &host.path("guard")).await);
    assert_eq!(at, Some(5), "{said}");
    assert!(said.contains("5 are stored, 9 were signed"), "{said}");
}

#[tokio::test]
async fn another_history_of_the_same_length_is_found_by_the_guard() {
    let (host, other) = (nine().await, Host::new(COUNTY).await);
    other.accounts(10..14).await;
    assert_eq!(check(&other.db.read, COUNTY, &other.path("guard")).await.fault, None, "sound in itself, and never signed");
    let (at, said) = found(check(&other.db.read, COUNTY, &host.path("guard")).await);
    assert_eq!(at, Some(0), "{said}");
    assert!(said.contains("is not the one that was signed"), "{said}");
}

#[tokio::test]
async fn a_torn_guard_is_said() {
    let host = nine().await;
    std::fs::write(host.path("guard"), "changxiao-guard/1 epoch=1").unwrap();
    let (at, said) = found(host.verify().await);
    assert_eq!(at, None);
    assert!(said.contains("is damaged"), "{said}");
}

#[tokio::test]
async fn a_journal_of_another_region_or_key_is_not_taken_for_this_one() {
    let host = nine().await;
    let report = check(&host.db.read, "bs", &host.path("nowhere")).await;
    let (at, said) = found(report);
    assert_eq!(at, Some(0), "{said}");
    assert!(said.contains("belongs to the journal of `bs-tengchong`"), "{said}");
}

#[tokio::test]
async fn a_journal_is_sound_after_a_restart_too() {
    let dir = nine().await.close().await;
    let host = Host::open(COUNTY, Arc::clone(&dir)).await;
    host.accounts(4..6).await;
    host.signer.checkpoint(13).await.unwrap();
    assert_eq!(host.verify().await.fault, None);
}
