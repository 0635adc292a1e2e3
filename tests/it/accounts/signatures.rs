//! The fresh proof before a declaration is signed.

use changxiao_proto::{account::v1::*, county::v1::*};
use changxiao_tests::{
    calendar::Day,
    story::{declaring, inspecting},
};

use super::*;
use crate::support::small;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_proves_themselves_over_the_content_shown_and_a_program_signs_by_its_token() {
    let stage = small::frozen(12, 2).await;
    let world = &stage.world;
    let (mut legal, mut names) = (Vec::new(), Vec::new());
    for player in [0, 1] {
        let staff = stage.players[&player].lock().await.staff().clone();
        let name = format!("{}/declarations/2015-08", staff.enterprise);
        // A zero report rests on a self-inspection.
        let inspected = inspecting::on_paper(&staff.enterprise, Day::new(2015, 8, 28));
        staff.reporter.record_self_inspection(inspected).await.unwrap();
        declaring::confirm(&staff, &name).await.unwrap();
        names.push(name);
        legal.push(staff.legal);
    }
    let shown = |caller: &Caller, name: &str| {
        let (caller, name) = (caller.clone(), name.to_owned());
        async move { caller.get_declaration(GetDeclarationRequest { name }).await.unwrap().content_hash }
    };
    // A program: no password, no proof.
    let content_hash = shown(&legal[1], &names[1]).await;
    let signing = SignDeclarationRequest { name: names[1].clone(), content_hash, ..Default::default() };
    legal[1].sign_declaration(signing).await.unwrap();

    // A person. The token of the account that has a password now is not enough either.
    let session = with_password(world, COUNTY, "legal-0").await;
    let content_hash = shown(&session, &names[0]).await;
    let signing = SignDeclarationRequest { name: names[0].clone(), content_hash: content_hash.clone(), ..Default::default() };
    let with = |proof: &str| SignDeclarationRequest { proof: proof.to_owned(), ..signing.clone() };
    let prove = |content_hash: bytes::Bytes, password: &str| ReauthenticateRequest {
        parent: format!("regions/{COUNTY}"),
        content_hash,
        password: password.to_owned(),
        totp: String::new(),
    };
    for caller in [&session, &legal[0]] {
        assert_eq!(why(caller.sign_declaration(signing.clone()).await), "PROOF_REQUIRED");
    }
    assert_eq!(why(session.reauthenticate(prove(content_hash.clone(), "wrong wrong wrong")).await), "SIGN_IN_REFUSED");
    assert_eq!(why(session.sign_declaration(with(&format!("cxp1.{}", "0f".repeat(32)))).await), "PROOF_UNKNOWN");
    let other = session.reauthenticate(prove(vec![7; 32].into(), CHOSEN)).await.unwrap().proof;
    assert_eq!(why(session.sign_declaration(with(&other)).await), "PROOF_OTHER_CONTENT");
    let proof = session.reauthenticate(prove(content_hash, CHOSEN)).await.unwrap().proof;
    assert_eq!(
        why(legal[1].sign_declaration(SignDeclarationRequest { name: names[0].clone(), ..with(&proof) }).await),
        "ENTERPRISE_NOT_FOUND"
    );
    // A refusal of another rule, and a look, use nothing up.
    let stale = SignDeclarationRequest { content_hash: vec![7; 32].into(), ..with(&proof) };
    assert_eq!(why(session.sign_declaration(stale).await), "DECLARATION_CONTENT_CHANGED");
    session.sign_declaration(SignDeclarationRequest { validate_only: true, ..with(&proof) }).await.unwrap();
    let request_id = "5a1f2c3d-0000-4000-8000-000000000004".to_owned();
    let receipt =
        session.sign_declaration(SignDeclarationRequest { request_id: request_id.clone(), ..with(&proof) }).await.unwrap();
    // The same request again is the same signature; another one, over the very same content, needs another proof.
    let again = session.sign_declaration(SignDeclarationRequest { request_id, ..with(&proof) }).await.unwrap();
    assert!(again.repeated && again.position == receipt.position);
    let staff = stage.players[&0].lock().await.staff().clone();
    assert_eq!(declaring::confirm(&staff, &names[0]).await.unwrap().content_hash, signing.content_hash);
    assert_eq!(why(session.sign_declaration(with(&proof)).await), "PROOF_USED");

    for (name, kind) in [(&names[0], "\"proof\":3"), (&names[1], "\"proof\":1")] {
        let subject = name.split_once("regions/bs-tengchong/").unwrap().1;
        let told = entries(world, subject).await;
        let signature = told.iter().find(|entry| entry.kind == "declaration_signed").unwrap();
        assert!(signature.body_json.contains(kind), "{}", signature.body_json);
    }
    assert!(world.verify(COUNTY).await.unwrap().contains("sound"));
}
