//! Who does not get in. The reason is in the server's hands; the client is told nothing and served nothing.

use std::sync::Arc;

use changxiao_domain::clock::DAY_MS;
use changxiao_tier::channel::{Admit, FederationTls, Limits, Refused, federation_channel};
use changxiao_tier::identity::Credentials;
use rcgen::ExtendedKeyUsagePurpose;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::raw::{RawClient, shown as raw_shown};
use crate::world::{BOTH_USES, Forgery, NOW, Server, World, aggregator, check, node};

const CITY: &str = "spiffe://test.example/region/bs/aggregator";
const SERVER: &str = "bs-tengchong.test.example";

async fn refused(world: &World, server: &mut Server, show: Option<&Credentials>) -> Refused {
    let bundle = world.credentials(&aggregator("bs")).bundle;
    let client = RawClient {
        bundle: &bundle,
        show: show.map(raw_shown),
        versions: &[&TLS13],
        alpn: &[b"h2"],
        server_name: SERVER,
        time: world.time.clone(),
    };
    client.connect(server.addr).await.unwrap_err();
    server.refused().await
}

#[tokio::test]
async fn a_certificate_must_be_exactly_right() {
    let world = World::new();
    let mut server = world.serve(&node("bs-tengchong")).await;
    let usable = (-1, 6);
    let other = "spiffe://other.example/region/bs/aggregator";
    let client_only = &[ExtendedKeyUsagePurpose::ClientAuth][..];
    let server_only = &[ExtendedKeyUsagePurpose::ServerAuth][..];
    type Row<'a> = (&'a str, &'a [&'a str], &'a [&'a str], &'a [ExtendedKeyUsagePurpose], (i64, i64), Option<&'a str>);
    let table: &[Row<'_>] = &[
        ("as issued", &[CITY], &["bs.test.example"], BOTH_USES, usable, None),
        ("client use alone", &[CITY], &[], client_only, usable, None),
        ("expired", &[CITY], &[], BOTH_USES, (-8, -1), Some("CERTIFICATE_EXPIRED")),
        ("not yet valid", &[CITY], &[], BOTH_USES, (1, 8), Some("CERTIFICATE_NOT_YET_VALID")),
        ("other trust domain", &[other], &[], BOTH_USES, usable, Some("CERTIFICATE_TRUST_DOMAIN")),
        (
            "two URI names",
            &[CITY, "spiffe://test.example/region/km/aggregator"],
            &[],
            BOTH_USES,
            usable,
            Some("CERTIFICATE_NOT_ONE_URI_NAME"),
        ),
        ("the same twice", &[CITY, CITY], &[], BOTH_USES, usable, Some("CERTIFICATE_NOT_ONE_URI_NAME")),
        ("DNS name only", &[], &["bs.test.example"], BOTH_USES, usable, Some("CERTIFICATE_NOT_ONE_URI_NAME")),
        ("no names", &[], &[], BOTH_USES, usable, Some("CERTIFICATE_NOT_ONE_URI_NAME")),
        ("a web address", &["https://test.example/region/bs/aggregator"], &[], BOTH_USES, usable, Some("IDENTITY_INVALID")),
        (
            "an authority's name",
            &["spiffe://test.example/region/bs/authority"],
            &[],
            BOTH_USES,
            usable,
            Some("IDENTITY_ROLE_INVALID"),
        ),
        ("server use only", &[CITY], &[], server_only, usable, Some("CERTIFICATE_USAGE")),
        ("no stated use", &[CITY], &[], &[], usable, Some("CERTIFICATE_USAGE")),
    ];
    for &(what, uris, dns, usages, days, reason) in table {
        let shown = world.forged(&Forgery { uris, dns, usages, days });
        let Some(reason) = reason else {
            let dialler = FederationTls::new(shown, world.trust()).unwrap();
            let channel = federation_channel(&server.addr.to_string(), node("bs-tengchong"), &dialler).unwrap();
            check(&channel).await.unwrap_or_else(|why| panic!("{what}: {why}"));
            server.seen.lock().unwrap().clear();
            continue;
        };
        let refused = refused(&world, &mut server, Some(&shown)).await;
        assert_eq!(refused.refusal.reason(), reason, "{what}");
        assert_eq!(refused.serial.as_deref(), Some("5eed"), "{what}");
        assert_eq!(refused.subject.as_deref(), Some("CN=forged"), "{what}");
        assert_eq!(server.callers(), [], "{what}");
    }
}

#[tokio::test]
async fn dates_are_told_in_words() {
    let world = World::new();
    let mut server = world.serve(&node("bs-tengchong")).await;
    let expired = world.forged(&Forgery { uris: &[CITY], dns: &[], usages: BOTH_USES, days: (-8, -1) });
    let words = refused(&world, &mut server, Some(&expired)).await.refusal.to_string();
    assert_eq!(
        words,
        "the certificate expired on 2026-11-23 05:00 (UTC+8), and this machine says it is 2026-11-24 05:00 (UTC+8), 1 day 0 hours later; have it renewed, or correct the clock that is wrong"
    );
}

#[tokio::test]
async fn a_certificate_ends_when_its_days_are_over() {
    let world = World::new();
    let (county, city) = (node("bs-tengchong"), aggregator("bs"));
    let mut server = world.serve(&county).await;
    // The server's own certificate and the client's check of it end too, so the client here is the raw one with time standing still.
    let shown = world.credentials(&city);
    check(&world.channel(&server, &city, &county)).await.unwrap();
    let standing = World { dir: tempfile::tempdir().unwrap(), time: crate::world::Time::at(NOW) };
    world.time.set(NOW.plus_ms(7 * DAY_MS + 1_000));
    let client = RawClient {
        bundle: &shown.bundle,
        show: Some(raw_shown(&shown)),
        versions: &[&TLS13],
        alpn: &[b"h2"],
        server_name: SERVER,
        time: standing.time.clone(),
    };
    client.connect(server.addr).await.unwrap_err();
    assert_eq!(server.refused().await.refusal.reason(), "CERTIFICATE_EXPIRED");
}

#[tokio::test]
async fn no_certificate_and_strangers_are_refused() {
    let (world, elsewhere) = (World::new(), World::new());
    let mut server = world.serve(&node("bs-tengchong")).await;
    let none = refused(&world, &mut server, None).await;
    assert_eq!((none.refusal.reason(), none.serial), ("TLS_NO_CLIENT_CERTIFICATE", None));
    let stranger = elsewhere.credentials(&aggregator("bs"));
    let refused = refused(&world, &mut server, Some(&stranger)).await;
    assert_eq!(refused.refusal.reason(), "CERTIFICATE_UNKNOWN_ISSUER");
    assert_eq!(refused.serial, Some(stranger.leaf.serial));
    assert_eq!(server.callers(), []);
}

#[tokio::test]
async fn an_authority_of_the_same_name_is_still_a_stranger() {
    let world = World::new();
    let mut server = world.serve(&node("bs-tengchong")).await;
    // Same subject as the trusted root, another key.
    let trusted = changxiao_tier::identity::files::Paths::in_dir(&world.path("ca"));
    let subject = Credentials::load(&trusted, NOW).unwrap().leaf.subject;
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, subject.trim_start_matches("CN="));
    let twin = rcgen::Issuer::new(params, rcgen::KeyPair::generate().unwrap());
    let key = rcgen::KeyPair::generate().unwrap();
    let mut leaf = rcgen::CertificateParams::default();
    leaf.subject_alt_names = vec![rcgen::SanType::URI(CITY.try_into().unwrap())];
    leaf.extended_key_usages = BOTH_USES.to_vec();
    let mut shown = world.credentials(&aggregator("bs"));
    shown.chain = vec![leaf.signed_by(&key, &twin).unwrap().der().clone()];
    shown.key =
        changxiao_tier::identity::key::KeyMaterial::new(rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap());
    assert_eq!(refused(&world, &mut server, Some(&shown)).await.refusal.reason(), "CERTIFICATE_UNKNOWN_ISSUER");
}

#[tokio::test]
async fn a_sibling_is_not_admitted() {
    let world = World::new();
    let county = node("bs-tengchong");
    let parent: Admit = Arc::new(|peer| match &peer.spiffe {
        Some(id) if id.to_string() == CITY => Ok(()),
        Some(id) => Err(format!("{id} is no parent of a region hosted here")),
        None => Err("no identity".to_owned()),
    });
    let mut server = world.serve_with(&county, parent, Limits::default()).await;
    let sibling = node("bs-longyang");
    check(&world.channel(&server, &sibling, &county)).await.unwrap_err();
    let refused = server.refused().await;
    assert_eq!(refused.refusal.reason(), "PEER_NOT_ADMITTED");
    assert_eq!(
        refused.refusal.to_string(),
        "not admitted: spiffe://test.example/region/bs-longyang/node is no parent of a region hosted here"
    );
    assert!(refused.serial.is_some());
    assert_eq!(server.callers(), []);
    check(&world.channel(&server, &aggregator("bs"), &county)).await.unwrap();
}

#[tokio::test]
async fn a_county_that_speaks_for_another_region_is_refused_by_the_caller() {
    let world = World::new();
    let mut server = world.serve(&node("bs-longyang")).await;
    for expected in [node("bs-tengchong"), aggregator("bs-longyang")] {
        let why = check(&world.channel(&server, &aggregator("bs"), &expected)).await.unwrap_err();
        let words = format!("expected {expected}, but the other side is spiffe://test.example/region/bs-longyang/node");
        assert!(why.contains(&words), "{why}");
        assert_eq!(server.refused().await.refusal.reason(), "TLS_REFUSED_BY_PEER");
    }
    assert_eq!(server.callers(), []);
}

#[tokio::test]
async fn older_tls_and_other_protocols_are_refused() {
    let world = World::new();
    let mut server = world.serve(&node("bs-tengchong")).await;
    let shown = world.credentials(&aggregator("bs"));
    type Row<'a> = (&'a [&'static rustls::SupportedProtocolVersion], &'a [&'a [u8]], &'a str);
    let table: &[Row<'_>] = &[(&[&TLS12], &[b"h2"], "TLS_PROTOCOL_VERSION"), (&[&TLS13], &[b"http/1.1"], "TLS_NO_H2")];
    for &(versions, alpn, reason) in table {
        let client = RawClient {
            bundle: &shown.bundle,
            show: Some(raw_shown(&shown)),
            versions,
            alpn,
            server_name: SERVER,
            time: world.time.clone(),
        };
        client.connect(server.addr).await.unwrap_err();
        assert_eq!(server.refused().await.refusal.reason(), reason);
    }
}

#[tokio::test]
async fn noise_is_refused() {
    let world = World::new();
    let mut server = world.serve(&node("bs-tengchong")).await;
    for noise in
        [&b"GET / HTTP/1.1\r\n\r\n"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", &[0_u8; 64], &[0xff_u8; 64], b"SSH-2.0-x\r\n"]
    {
        let mut tcp = TcpStream::connect(server.addr).await.unwrap();
        tcp.write_all(noise).await.unwrap();
        let refused = server.refused().await;
        assert_eq!(refused.refusal.reason(), "TLS_NOT_TLS", "{noise:?}: {}", refused.refusal);
        assert_eq!(refused.addr, tcp.local_addr().unwrap());
        // The connection is over, with at most an alert before its end.
        let mut rest = Vec::new();
        let _ = tcp.read_to_end(&mut rest).await;
        assert!(rest.len() <= 7, "{rest:?}");
    }
}

#[tokio::test]
async fn a_caller_that_leaves_is_named_too() {
    let world = World::new();
    let mut server = world.serve(&node("bs-tengchong")).await;
    drop(TcpStream::connect(server.addr).await.unwrap());
    assert_eq!(server.refused().await.refusal.reason(), "TLS_HUNG_UP");
}
