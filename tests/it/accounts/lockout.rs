//! Guessing passwords.

use changxiao_proto::account::v1::*;

use super::*;

async fn guess(world: &World, account: &str, times: usize) -> Vec<String> {
    let mut told = Vec::new();
    for _ in 0..times {
        told.push(why(try_sign_in(world, COUNTY, account, "wrong wrong wrong", "").await));
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_passwords_lock_known_and_unknown_accounts_alike_and_nobody_else() {
    let world = world("").await;
    settled(&world, COUNTY, "clerk-1").await;
    settled(&world, COUNTY, "clerk-2").await;
    for account in ["clerk-1", "nobody-1"] {
        let told = guess(&world, account, 6).await;
        assert_eq!(told[..5], vec!["SIGN_IN_REFUSED"; 5], "{account}");
        assert_eq!(told[5], "ACCOUNT_LOCKED", "{account}");
        assert_eq!(
            why(try_sign_in(&world, COUNTY, account, CHOSEN, "").await),
            "ACCOUNT_LOCKED",
            "{account}: not even the right one"
        );
    }
    sign_in(&world, COUNTY, "clerk-2", CHOSEN).await;
    // The journal tells it by the door, once; nothing is said of names that do not exist.
    until("the lock in the journal", || async {
        entries(&world, "accounts/clerk-1").await.iter().any(|entry| entry.kind == "account_locked")
    })
    .await;
    let told = entries(&world, "accounts/clerk-1").await;
    let lock = told.iter().find(|entry| entry.kind == "account_locked").unwrap();
    assert_eq!((lock.actor.as_str(), told.iter().filter(|entry| entry.kind == "account_locked").count()), ("system:door", 1));
    assert!(lock.body_json.contains("\"failures\":5"), "{}", lock.body_json);
    assert!(entries(&world, "accounts/nobody-1").await.is_empty());
    let name = format!("regions/{COUNTY}/accounts/clerk-1");
    world.administrator(COUNTY).unlock_account(UnlockAccountRequest { name, ..Default::default() }).await.unwrap();
    sign_in(&world, COUNTY, "clerk-1", CHOSEN).await;
    assert_eq!(entries(&world, "accounts/clerk-1").await.last().unwrap().kind, "account_unlocked");
    assert!(world.verify(COUNTY).await.unwrap().contains("sound"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_ends_by_itself_and_attempts_at_once_are_no_way_around_it() {
    let world = world("lock_seconds = 4").await;
    settled(&world, COUNTY, "clerk-1").await;
    let world = std::sync::Arc::new(world);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let world = world.clone();
        tasks.spawn(async move { why(try_sign_in(&world, COUNTY, "clerk-1", "wrong wrong wrong", "").await) });
    }
    let told = tasks.join_all().await;
    assert_eq!(told.iter().filter(|reason| *reason == "SIGN_IN_REFUSED").count(), 5, "{told:?}");
    assert_eq!(told.iter().filter(|reason| *reason == "ACCOUNT_LOCKED").count(), 15, "{told:?}");
    until("the end of the lock", || async { try_sign_in(&world, COUNTY, "clerk-1", CHOSEN, "").await.is_ok() }).await;
}
