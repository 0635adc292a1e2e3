//! Who gets in, and what the server knows of them.

use std::sync::Arc;

use changxiao_domain::clock::DAY_MS;
use changxiao_tier::channel::accept::admit_all;
use changxiao_tier::channel::tls::federation_server;
use changxiao_tier::channel::{FederationTls, Limits, ServerTls, federation_channel};
use changxiao_tier::identity::ca::Authority;

use crate::world::{ByPrefix, NOW, Server, World, aggregator, check, node};

#[tokio::test]
async fn a_parent_is_known_by_its_identity() {
    let world = World::new();
    let (county, city) = (node("bs-tengchong"), aggregator("bs"));
    let server = world.serve(&county).await;
    let dialler = FederationTls::new(world.credentials(&city), world.trust()).unwrap();
    let channel = federation_channel(&server.addr.to_string(), county, &dialler).unwrap();
    check(&channel).await.unwrap();
    let caller = server.callers().remove(0);
    assert_eq!(caller.spiffe, Some(city));
    assert!(caller.addr.ip().is_loopback());
    assert_eq!(caller.serial.unwrap().len(), 32);
    assert_eq!(caller.not_after_ms, Some(NOW.ms() + 7 * DAY_MS));
    assert_eq!(server.refusals.recent(), []);
}

#[tokio::test]
async fn one_process_shows_the_certificate_of_the_region_asked_for() {
    let world = World::new();
    let (one, two, city) = (node("bs-tengchong"), node("bs-longyang"), aggregator("bs"));
    let both = [world.credentials(&one), world.credentials(&two)];
    let tls = ServerTls::federation(&both, &world.trust()).unwrap();
    let mut server = Server::start(tls, admit_all(), Limits::default()).await;
    check(&world.channel(&server, &city, &one)).await.unwrap();
    check(&world.channel(&server, &city, &two)).await.unwrap();
    check(&world.channel(&server, &city, &node("bs-changning"))).await.unwrap_err();
    assert_eq!(server.refused().await.refusal.reason(), "TLS_NO_SUCH_REGION");
}

#[tokio::test]
async fn a_city_authority_names_only_regions_the_register_puts_below_it() {
    let world = World::new();
    let city_ca = world.root().issue_authority(&"bs".parse().unwrap(), NOW, 730).unwrap();
    city_ca.write(&world.path("bs-ca")).unwrap();
    let city_ca = Authority::open(&world.path("bs-ca"), NOW).unwrap();
    let county = node("bs-tengchong");
    let register = world.trust().with_scope(Arc::new(ByPrefix));
    let tls = ServerTls::federation(&[world.credentials(&county)], &register).unwrap();
    let mut server = Server::start(tls, admit_all(), Limits::default()).await;
    let dial = |id| {
        let shown = world.credentials_from(&city_ca, id);
        let dialler = FederationTls::new(shown, world.trust()).unwrap();
        federation_channel(&server.addr.to_string(), county.clone(), &dialler).unwrap()
    };
    let (own, stranger) = (dial(&aggregator("bs")), dial(&aggregator("km")));
    check(&own).await.unwrap();
    check(&stranger).await.unwrap_err();
    let refused = server.refused().await;
    assert_eq!(refused.refusal.reason(), "CERTIFICATE_ISSUER_SCOPE");
    assert_eq!(refused.refusal.to_string(), "the authority of bs may not issue for km");
}

#[tokio::test]
async fn without_a_register_a_city_authority_names_only_the_city() {
    let world = World::new();
    let city_ca = world.root().issue_authority(&"bs".parse().unwrap(), NOW, 730).unwrap();
    city_ca.write(&world.path("bs-ca")).unwrap();
    let city_ca = Authority::open(&world.path("bs-ca"), NOW).unwrap();
    let mut server = world.serve(&node("bs-tengchong")).await;
    for (id, reason) in [(aggregator("bs"), None), (node("bs-longyang"), Some("CERTIFICATE_ISSUER_SCOPE"))] {
        let shown = world.credentials_from(&city_ca, &id);
        let dialler = FederationTls::new(shown, world.trust()).unwrap();
        let channel = federation_channel(&server.addr.to_string(), node("bs-tengchong"), &dialler).unwrap();
        let served = check(&channel).await;
        assert_eq!(served.is_err(), reason.is_some(), "{id}");
        if let Some(reason) = reason {
            assert_eq!(server.refused().await.refusal.reason(), reason);
        }
    }
}

#[tokio::test]
async fn certificates_are_replaced_under_open_connections() {
    let (old, new) = (World::new(), World::new());
    let (county, city) = (node("bs-tengchong"), aggregator("bs"));
    let mut server = old.serve(&county).await;
    let open = old.channel(&server, &city, &county);
    check(&open).await.unwrap();

    server.tls.replace(federation_server(&[new.credentials(&county)], &new.trust()).unwrap());

    check(&open).await.unwrap();
    let callers = server.callers();
    assert_eq!(callers[0], callers[1], "the second call used the connection of the first");
    check(&new.channel(&server, &city, &county)).await.unwrap();

    // A newcomer with the old trust refuses the new server, and one that trusts it but shows the old certificate is refused.
    let why = check(&old.channel(&server, &city, &county)).await.unwrap_err();
    assert!(why.contains("issued by no authority trusted here"), "{why}");
    assert_eq!(server.refused().await.refusal.reason(), "TLS_REFUSED_BY_PEER");
    let mut mixed = old.credentials(&city);
    mixed.bundle = new.credentials(&city).bundle;
    let dialler = FederationTls::new(mixed, new.trust()).unwrap();
    check(&federation_channel(&server.addr.to_string(), county.clone(), &dialler).unwrap()).await.unwrap_err();
    assert_eq!(server.refused().await.refusal.reason(), "CERTIFICATE_UNKNOWN_ISSUER");

    // The dialling side renews as well: the same source of identities, a new connection.
    dialler.replace(new.credentials(&city)).unwrap();
    check(&federation_channel(&server.addr.to_string(), county, &dialler).unwrap()).await.unwrap();
}
