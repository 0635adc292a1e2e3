//! Tokens: journaled, the same for the same request, revoked by name.

use changxiao_proto::account::v1::*;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_gets_the_same_token_and_a_revoked_one_opens_nothing() {
    let mut world = world("").await;
    hire(&world, COUNTY, "clerk-1").await;
    let administrator = world.administrator(COUNTY);
    let parent = format!("regions/{COUNTY}");
    let request = IssueTokenRequest {
        name: format!("{parent}/accounts/clerk-1"),
        days: 30,
        request_id: "5a1f2c3d-0000-4000-8000-000000000003".to_owned(),
        validate_only: false,
    };
    let looked =
        administrator.issue_token(IssueTokenRequest { validate_only: true, request_id: String::new(), ..request.clone() }).await;
    assert_eq!(looked.unwrap().token, "");
    let first = administrator.issue_token(request.clone()).await.unwrap();
    let again = administrator.issue_token(request.clone()).await.unwrap();
    assert_eq!((&first.token, first.expires_at_ms, &first.name), (&again.token, again.expires_at_ms, &again.name));
    assert!(again.receipt.unwrap().repeated);
    assert_eq!(why(administrator.issue_token(IssueTokenRequest { days: 31, ..request.clone() }).await), "REQUEST_ID_REUSED");
    let of_clerk = ListTokensRequest { parent: parent.clone(), account: request.name.clone(), page: None };
    let listed = administrator.list_tokens(of_clerk.clone()).await.unwrap().tokens;
    assert_eq!(listed.iter().filter(|token| token.name == first.name).count(), 1);
    assert_eq!(listed.len(), 2, "the one that hiring made, and this one");

    let clerk = world.door(COUNTY).caller(&first.token);
    look(&clerk, COUNTY).await.unwrap();
    let revoke = RevokeTokenRequest { name: first.name.clone(), ..Default::default() };
    administrator.revoke_token(revoke.clone()).await.unwrap();
    assert_eq!(why(look(&clerk, COUNTY).await), "UNAUTHENTICATED");
    assert_eq!(why(administrator.revoke_token(revoke).await), "TOKEN_REVOKED");
    let unknown = RevokeTokenRequest { name: format!("{parent}/tokens/{}", "0f".repeat(16)), ..Default::default() };
    assert_eq!(why(administrator.revoke_token(unknown).await), "TOKEN_NOT_FOUND");
    // Also after a restart, and a repeat of the old request brings nothing back to life.
    world.stop(COUNTY).await.unwrap();
    world.restart(COUNTY).await.unwrap();
    assert_eq!(world.administrator(COUNTY).issue_token(request).await.unwrap().token, first.token);
    assert_eq!(why(look(&clerk, COUNTY).await), "UNAUTHENTICATED");
    let listed = administrator.list_tokens(of_clerk).await.unwrap().tokens;
    assert!(listed.iter().find(|token| token.name == first.name).unwrap().revoked);

    let told = entries(&world, &format!("tokens/{}", first.name.rsplit('/').next().unwrap())).await;
    assert_eq!(told.iter().map(|entry| entry.kind.as_str()).collect::<Vec<_>>(), ["token_issued", "token_revoked"]);
    let secret = first.token.rsplit('.').next().unwrap();
    assert!(told.iter().all(|entry| !entry.body_json.contains(secret)));
    assert!(world.verify(COUNTY).await.unwrap().contains("sound"));
}
