//! The second factor.

use changxiao_domain::clock::Instant;
use changxiao_proto::account::v1::*;
use changxiao_tests::client::now_ms;
use changxiao_tier::accounts::totp::{SECRET_BYTES, Secret, step_at};

use super::*;

fn parent() -> String {
    format!("regions/{COUNTY}")
}

/// What an authenticator makes of the text that it was shown.
fn typed_in(base32: &str) -> Secret {
    let mut bits = Vec::new();
    for letter in base32.chars() {
        let five = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(letter).unwrap();
        bits.extend((0..5).rev().map(|bit| (five >> bit & 1) as u8));
    }
    let bytes: Vec<u8> = bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |number, bit| number << 1 | bit)).collect();
    Secret(<[u8; SECRET_BYTES]>::try_from(bytes).unwrap())
}

fn step() -> i64 {
    step_at(Instant::from_ms(now_ms()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_opens_once_recovery_codes_open_once_and_an_administrator_helps_who_lost_both() {
    let world = world("lock_after_failures = 10").await;
    let session = settled(&world, COUNTY, "clerk-1").await;
    let wrong = EnrolTotpRequest { parent: parent(), password: "wrong wrong wrong".to_owned() };
    assert_eq!(why(session.enrol_totp(wrong).await), "SIGN_IN_REFUSED", "a stolen session binds no second factor");
    let shown = session.enrol_totp(EnrolTotpRequest { parent: parent(), password: CHOSEN.to_owned() }).await.unwrap();
    assert!(shown.otpauth_uri.contains(&shown.secret) && shown.otpauth_uri.contains("clerk-1@bs-tengchong"));
    let secret = typed_in(&shown.secret);
    sign_in(&world, COUNTY, "clerk-1", CHOSEN).await;
    let confirm = |code: &str| ConfirmTotpRequest { parent: parent(), totp: code.to_owned(), ..Default::default() };
    assert_eq!(why(session.confirm_totp(confirm("000000")).await), "TOTP_CODE_WRONG");
    let confirmed_at = step();
    let request = ConfirmTotpRequest {
        request_id: "5a1f2c3d-0000-4000-8000-000000000002".to_owned(),
        ..confirm(&secret.code(confirmed_at))
    };
    let confirmed = session.confirm_totp(request.clone()).await.unwrap();
    assert_eq!(
        session.confirm_totp(request).await.unwrap().recovery_codes,
        confirmed.recovery_codes,
        "the same request, the same codes"
    );
    assert_eq!(confirmed.recovery_codes.len(), 10);

    // Now a password alone is wrong, and nothing says why.
    let refused = |code: String| {
        let world = &world;
        async move { why(try_sign_in(world, COUNTY, "clerk-1", CHOSEN, &code).await) }
    };
    assert_eq!(refused(String::new()).await, "SIGN_IN_REFUSED");
    assert_eq!(refused(secret.code(confirmed_at)).await, "SIGN_IN_REFUSED", "the step that confirmed it is used");
    let next = step().max(confirmed_at) + 1;
    try_sign_in(&world, COUNTY, "clerk-1", CHOSEN, &secret.code(next)).await.unwrap();
    assert_eq!(refused(secret.code(next)).await, "SIGN_IN_REFUSED", "seen over a shoulder");
    assert_eq!(refused(secret.code(next + 5)).await, "SIGN_IN_REFUSED", "minutes ahead");
    let recovery = confirmed.recovery_codes[3].to_lowercase();
    try_sign_in(&world, COUNTY, "clerk-1", CHOSEN, &recovery).await.unwrap();
    assert_eq!(refused(recovery).await, "SIGN_IN_REFUSED", "a recovery code opens once");

    // Lost: the administrator takes it away. Then it can be given up or bound again.
    let name = format!("{}/accounts/clerk-1", parent());
    world.administrator(COUNTY).reset_totp(ResetTotpRequest { name: name.clone(), ..Default::default() }).await.unwrap();
    sign_in(&world, COUNTY, "clerk-1", CHOSEN).await;
    assert_eq!(
        why(world.administrator(COUNTY).reset_totp(ResetTotpRequest { name, ..Default::default() }).await),
        "TOTP_NOT_ENROLLED"
    );
    let left = confirmed.recovery_codes[0].clone();
    let remove = RemoveTotpRequest { parent: parent(), password: CHOSEN.to_owned(), totp: left, ..Default::default() };
    assert_eq!(why(session.remove_totp(remove).await), "TOTP_NOT_ENROLLED");
    let kinds: Vec<_> = entries(&world, "accounts/clerk-1").await.into_iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds[3..], ["totp_enrolled", "totp_removed"]);
    assert!(world.verify(COUNTY).await.unwrap().contains("sound"));
}
