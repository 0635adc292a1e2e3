//! Client certificates on the service listener: who has one of the region's own authority needs no token.

use std::{fs, path::Path, time::Duration};

use changxiao_proto::account::v1::CloseAccountRequest;
use changxiao_tests::world::config::{self, TRUST_DOMAIN};

use super::*;

/// Runs `identity …`; the last word is a directory.
async fn identity(world: &World, words: &[&str], directory: &Path) {
    world.programs().identity(words, directory).await.unwrap();
}

/// The account behind a certificate, without any token.
fn shown(world: &World, directory: &Path) -> Caller {
    world.door_showing(COUNTY, directory).unwrap().with_patience(Duration::ZERO).anonymous()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_the_regions_own_authority_is_its_account_and_no_other_is() {
    let mut world = world("").await;
    hire(&world, COUNTY, "clerk-1").await;
    hire(&world, "bs", "clerk-1").await;
    let folder = world.directory().to_owned();
    let at = |name: &str| folder.join("clients").join(name);
    let issue = |authority: &str, account: &'static str| {
        let dir = at(authority).display().to_string();
        ["issue-client", "--dir", &dir, "--account", account, "--out"].map(str::to_owned)
    };
    for (region, authority) in [(COUNTY, "own"), (COUNTY, "other"), ("bs", "city")] {
        identity(&world, &["init-clients", "--trust-domain", TRUST_DOMAIN, "--region", region, "--dir"], &at(authority)).await;
    }
    for (authority, account, out) in [
        ("own", "clerk-1", "good"),
        ("own", "nobody-1", "unknown"),
        ("other", "clerk-1", "foreign"),
        ("city", "clerk-1", "elsewhere"),
    ] {
        let words = issue(authority, account);
        identity(&world, &words.each_ref().map(String::as_str), &at(out)).await;
    }
    // The listener believes the one authority, and takes it into use without a restart of the others.
    let file = config::file(&folder, COUNTY);
    let text = fs::read_to_string(&file).unwrap();
    let line = format!("[service]\nclient_authority_file = \"{}\"", at("own").join("bundle.pem").display());
    fs::write(&file, text.replace("[service]", &line)).unwrap();
    world.stop(COUNTY).await.unwrap();
    world.restart(COUNTY).await.unwrap();

    look(&shown(&world, &at("good")), COUNTY).await.unwrap();
    // Without a certificate everything is as before; a token counts before a certificate.
    look(&world.administrator(COUNTY), COUNTY).await.unwrap();
    assert_eq!(why(look(&world.door(COUNTY).anonymous(), COUNTY).await), "UNAUTHENTICATED");
    assert_eq!(why(look(&shown(&world, &at("unknown")), COUNTY).await), "UNAUTHENTICATED");
    for strange in ["foreign", "elsewhere"] {
        assert!(look(&shown(&world, &at(strange)), COUNTY).await.is_err(), "{strange}");
    }
    let log = fs::read_to_string(world.log(COUNTY)).unwrap();
    assert!(log.contains("CERTIFICATE_UNKNOWN_ISSUER"), "the log says why");
    assert!(log.contains("a client certificate names an account that is closed or unknown"));

    // Closing the account ends the certificate at once, also on a connection that is open.
    let held = shown(&world, &at("good"));
    look(&held, COUNTY).await.unwrap();
    let name = format!("regions/{COUNTY}/accounts/clerk-1");
    world.administrator(COUNTY).close_account(CloseAccountRequest { name, ..Default::default() }).await.unwrap();
    assert_eq!(why(look(&held, COUNTY).await), "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_of_another_region_is_a_mistake_of_the_configuration() {
    let world = world("").await;
    let folder = world.directory().to_owned();
    let directory = folder.join("clients");
    identity(&world, &["init-clients", "--trust-domain", TRUST_DOMAIN, "--region", "bs-longyang", "--dir"], &directory).await;
    for (bundle, words) in [
        (directory.join("bundle.pem"), "issues for a region that is not hosted here"),
        (folder.join("authority").join("bundle.pem"), "is no authority of clients of this trust domain"),
    ] {
        let file = config::file(&folder, COUNTY);
        let text = fs::read_to_string(&file).unwrap();
        let line = format!("[service]\nclient_authority_file = \"{}\"", bundle.display());
        let wrong = folder.join("wrong.toml");
        fs::write(&wrong, text.replace("[service]", &line)).unwrap();
        let program = changxiao_tests::world::programs::Program::Node;
        let arguments = ["check-config".as_ref(), "--config".as_ref(), wrong.as_os_str()];
        let told = world.programs().run(program, &arguments).await.unwrap_err().to_string();
        assert!(told.contains(words) && told.contains("service.client_authority_file"), "{told}");
    }
}
