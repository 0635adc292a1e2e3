//! Heads are signed over what is stored, and only while the journal can vouch for itself.

use std::sync::Arc;

use changxiao_tier::fault::Fault;
use changxiao_tier::journal::checkpoint::verify;
use changxiao_tier::journal::entry::leaf;
use changxiao_tier::journal::guard::Guard;
use changxiao_tier::journal::merkle::Frontier;
use changxiao_tier::journal::store::rows;
use changxiao_tier::signer::Signer;

use crate::toy::{COUNTY, Host, key};

fn reason<T: std::fmt::Debug>(outcome: Result<T, Fault>) -> (&'static str, String) {
    let fault = outcome.unwrap_err();
    (fault.reason(), fault.to_string())
}

/// A signer as it is after a restart, over the same database.
fn restarted(host: &Host) -> Signer {
    let guard = Guard::open(host.path("guard")).unwrap();
    Signer::new(host.place.clone(), Arc::new(key(COUNTY)), guard, host.db.read.clone())
}

#[tokio::test]
async fn a_head_is_signed_and_remembered_before_it_leaves() {
    let host = Host::new(COUNTY).await;
    host.accounts(0..3).await;
    let note = host.signer.checkpoint(7).await.unwrap();
    let head = verify(&note, COUNTY, &key(COUNTY).public()).unwrap();
    assert_eq!((head.epoch, head.size), (1, 7));
    let last = Guard::open(host.path("guard")).unwrap().last().unwrap();
    assert_eq!((last.size, last.root), (7, head.root));
    assert_eq!(host.signer.checkpoint(7).await.unwrap(), note, "the same head, the same bytes");
}

#[tokio::test]
async fn earlier_heads_are_signed_again_without_moving_the_guard() {
    let host = Host::new(COUNTY).await;
    host.accounts(0..6).await;
    host.signer.checkpoint(13).await.unwrap();
    let mut tree = Frontier::new();
    let mut roots = vec![tree.root()];
    for row in rows(&host.db.read, 0, 13).await.unwrap() {
        tree.push(leaf(&row.header));
        roots.push(tree.root());
    }
    for (size, root) in (0..).zip(roots) {
        let note = host.signer.checkpoint(size).await.unwrap();
        let head = verify(&note, COUNTY, &key(COUNTY).public()).unwrap();
        assert_eq!((head.size, head.root), (size, root));
    }
    assert_eq!(Guard::open(host.path("guard")).unwrap().last().unwrap().size, 13);
    assert!(host.place.soundness.fault().is_none());
}

#[tokio::test]
async fn a_restarted_signer_goes_on_where_the_guard_stands() {
    let host = Host::new(COUNTY).await;
    host.accounts(0..2).await;
    host.signer.checkpoint(5).await.unwrap();
    host.accounts(2..4).await;
    let again = restarted(&host);
    again.start_check().await.unwrap();
    assert_eq!(again.checkpoint(9).await.unwrap(), host.signer.checkpoint(9).await.unwrap());
}

#[tokio::test]
async fn what_was_changed_since_the_last_head_is_not_signed() {
    for (what, statement) in [
        ("body", "UPDATE entries SET body = body || x'00' WHERE position = 5"),
        ("header", "UPDATE entries SET header = header || x'00' WHERE position = 5"),
        ("leaf", "UPDATE entries SET leaf = zeroblob(32) WHERE position = 5"),
        ("part", "UPDATE parts SET bytes = x'00' WHERE position = 5"),
        ("node", "UPDATE nodes SET hash = zeroblob(32) WHERE level = 1 AND number = 2"),
        ("gap", "DELETE FROM entries WHERE position = 5"),
    ] {
        let host = Host::new(COUNTY).await;
        host.accounts(0..1).await;
        host.signer.checkpoint(3).await.unwrap();
        host.accounts(1..4).await;
        host.sql(statement).await;
        let (reason, text) = reason(host.signer.checkpoint(9).await);
        assert_eq!(reason, "JOURNAL_DAMAGED", "{what}");
        assert!(text.contains("position 5"), "{what}: {text}");
        assert_eq!(Guard::open(host.path("guard")).unwrap().last().unwrap().size, 3, "{what}: nothing was promised");
        let refused = host.account("late").await.unwrap_err();
        assert_eq!(refused.reason(), "JOURNAL_DAMAGED", "{what}: the writer stops as well");
    }
}

#[tokio::test]
async fn an_older_database_is_found_at_start_and_refused() {
    let host = Host::new(COUNTY).await;
    host.accounts(0..4).await;
    host.signer.checkpoint(9).await.unwrap();
    host.sql("DELETE FROM entries WHERE position >= 7").await;
    let signer = restarted(&host);
    signer.start_check().await.unwrap();
    assert_eq!(host.place.soundness.fault().unwrap().reason, "JOURNAL_ROLLED_BACK");
    let (reason, text) = reason(signer.checkpoint(7).await);
    assert_eq!(reason, "JOURNAL_ROLLED_BACK");
    assert!(text.contains("holds 7 entries, 9 were signed"), "{text}");
}

#[tokio::test]
async fn a_tree_that_is_not_the_signed_one_is_found_at_start() {
    let host = Host::new(COUNTY).await;
    host.accounts(0..4).await;
    host.signer.checkpoint(9).await.unwrap();
    host.sql("UPDATE nodes SET hash = zeroblob(32) WHERE level = 3 AND number = 0").await;
    restarted(&host).start_check().await.unwrap();
    let unsound = host.place.soundness.fault().unwrap();
    assert_eq!(unsound.reason, "JOURNAL_DAMAGED");
    assert!(unsound.detail.contains("position 7: interior hash 3/0"), "{}", unsound.detail);
}

#[tokio::test]
async fn scrubbing_finds_what_lies_behind_the_signed_head() {
    let host = Host::new(COUNTY).await;
    host.accounts(0..4).await;
    host.signer.checkpoint(9).await.unwrap();
    assert_eq!(host.signer.scrub().await.unwrap(), None);
    assert!(host.place.soundness.fault().is_none());
    host.sql("UPDATE entries SET body = body || x'00' WHERE position = 3").await;
    let found = host.signer.scrub().await.unwrap().unwrap();
    assert_eq!(found.position, Some(3));
    assert_eq!(reason(host.signer.checkpoint(9).await).0, "JOURNAL_DAMAGED");
}
