//! Passwords and sessions.

use changxiao_proto::account::v1::*;
use changxiao_tests::{calendar::Day, client::now_ms};

use super::*;

/// Both programs, from the first password to the last session.
#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_at_every_tier_and_the_journal_knows_everything_but_the_secrets() {
    let world = world("").await;
    for region in [COUNTY, "bs"] {
        let parent = format!("regions/{region}");
        hire(&world, region, "clerk-1").await;
        assert_eq!(why(try_sign_in(&world, region, "clerk-1", "", "").await), "REQUEST_INVALID");
        let without_password = try_sign_in(&world, region, "clerk-1", CHOSEN, "").await.unwrap_err();

        // A repeated request gives the same one-time password; it opens one door only.
        let request = ResetPasswordRequest {
            name: format!("{parent}/accounts/clerk-1"),
            request_id: "5a1f2c3d-0000-4000-8000-000000000001".to_owned(),
            validate_only: false,
        };
        let administrator = world.administrator(region);
        let first = administrator.reset_password(request.clone()).await.unwrap();
        let again = administrator.reset_password(request).await.unwrap();
        assert_eq!(first.password, again.password);
        assert!(again.receipt.unwrap().repeated && !first.receipt.unwrap().repeated);
        let answer = try_sign_in(&world, region, "clerk-1", &first.password, "").await.unwrap();
        assert!(answer.must_change_password);
        let session = world.door(region).caller(&answer.session);
        assert_eq!(why(look(&session, region).await), "PASSWORD_CHANGE_REQUIRED");

        // All that is wrong with a new password is said at once; then it is changed, and the session serves.
        let violations = change(&session, region, &first.password, "clerk-1").await.unwrap_err();
        assert_eq!(reason(&violations).unwrap(), "REQUEST_INVALID");
        assert!(violations.message().contains("10 characters") && violations.message().contains("name of the account"));
        assert_eq!(why(change(&session, region, "wrong wrong wrong", CHOSEN).await), "SIGN_IN_REFUSED");
        change(&session, region, &first.password, CHOSEN).await.unwrap();
        look(&session, region).await.unwrap();
        assert_eq!(why(change(&session, region, CHOSEN, CHOSEN).await), "PASSWORD_UNCHANGED");

        // Wrong password, unknown account, no password, closed account: one answer, byte for byte.
        let wrong = try_sign_in(&world, region, "clerk-1", &first.password, "").await.unwrap_err();
        let unknown = try_sign_in(&world, region, "nobody-1", CHOSEN, "").await.unwrap_err();
        hire(&world, region, "leaver-1").await;
        let gone = with_password(&world, region, "leaver-1").await;
        let close = CloseAccountRequest { name: format!("{parent}/accounts/leaver-1"), ..Default::default() };
        administrator.close_account(close).await.unwrap();
        let closed = try_sign_in(&world, region, "leaver-1", CHOSEN, "").await.unwrap_err();
        for other in [&unknown, &without_password, &closed] {
            assert_eq!((wrong.code(), wrong.message(), wrong.details()), (other.code(), other.message(), other.details()));
        }
        assert_eq!(why(look(&gone, region).await), "UNAUTHENTICATED", "a closed account's session stops at once");

        // The business clock moves by a month; sessions do not notice.
        world.advance(Day::new(2015, 9, 2).at(9, 0) + if region == "bs" { 60_000 } else { 0 }).await.unwrap();
        look(&session, region).await.unwrap();
        let other = sign_in(&world, region, "clerk-1", CHOSEN).await;
        let held = other.list_sessions(ListSessionsRequest { parent: parent.clone() }).await.unwrap().sessions;
        assert_eq!(held.len(), 2);
        assert_eq!(held.iter().map(|held| held.current).collect::<Vec<_>>(), [true, false], "the newest first");
        assert!(held.iter().all(|held| (now_ms() - held.begun_at_ms).abs() < 120_000), "real time, not 2015");
        assert!(held.iter().all(|held| held.source == "127.0.0.1"));

        // Signing out ends this one; ending all ends the other; a new password ends those of other places.
        other.sign_out(SignOutRequest { parent: parent.clone() }).await.unwrap();
        assert_eq!(why(look(&other, region).await), "UNAUTHENTICATED");
        look(&session, region).await.unwrap();
        let third = sign_in(&world, region, "clerk-1", CHOSEN).await;
        change(&third, region, CHOSEN, "another horse battery").await.unwrap();
        assert_eq!(why(look(&session, region).await), "UNAUTHENTICATED");
        look(&third, region).await.unwrap();
        assert_eq!(third.end_sessions(EndSessionsRequest { parent: parent.clone() }).await.unwrap().ended, 1);
        assert_eq!(why(look(&third, region).await), "UNAUTHENTICATED");

        // An account with a token has no session to end, and one without a password nothing to change.
        assert_eq!(why(administrator.sign_out(SignOutRequest { parent }).await), "SESSION_MISSING");
        assert_eq!(why(change(&administrator, region, CHOSEN, "another horse").await), "PASSWORD_MISSING");
    }
    let told = entries(&world, "accounts/clerk-1").await;
    let acts: Vec<_> = told.iter().map(|entry| (entry.actor.as_str(), entry.kind.as_str())).collect();
    assert_eq!(
        acts,
        [
            ("administrator", "account_created"),
            ("administrator", "password_set"),
            ("clerk-1", "password_set"),
            ("clerk-1", "password_set")
        ]
    );
    assert!(told.iter().all(|entry| !entry.body_json.contains("horse")));
    for region in [COUNTY, "bs"] {
        assert!(world.verify(region).await.unwrap().contains("sound"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_it_is_idle_and_when_it_is_old_also_across_a_restart() {
    let mut world = world("session_idle_seconds = 3\nsession_absolute_seconds = 8").await;
    settled(&world, COUNTY, "clerk-1").await;
    let (begun, used) = (now_ms(), sign_in(&world, COUNTY, "clerk-1", CHOSEN).await);
    let idle = sign_in(&world, COUNTY, "clerk-1", CHOSEN).await;
    look(&idle, COUNTY).await.unwrap();
    let left = now_ms();
    // Used all the time: it outlives the idle time, also over a restart of the process, and ends by its age.
    let mut restarted = false;
    let ended = loop {
        match look(&used, COUNTY).await {
            Ok(()) => {}
            Err(status) => break (reason(&status).unwrap_or_default(), now_ms() - begun),
        }
        if !restarted && now_ms() - begun > 4_000 {
            world.stop(COUNTY).await.unwrap();
            world.restart(COUNTY).await.unwrap();
            restarted = true;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    };
    assert_eq!(ended.0, "UNAUTHENTICATED");
    assert!(restarted && (8_000..14_000).contains(&ended.1), "ended after {} ms", ended.1);
    assert!(now_ms() - left > 3_000);
    assert_eq!(why(look(&idle, COUNTY).await), "UNAUTHENTICATED");
    let renewed = sign_in(&world, COUNTY, "clerk-1", CHOSEN).await;
    let held = renewed.list_sessions(ListSessionsRequest { parent: format!("regions/{COUNTY}") }).await.unwrap();
    assert_eq!(held.sessions.len(), 1, "what is over is gone");
}
