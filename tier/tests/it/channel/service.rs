//! The service listener: ordinary server TLS.

use changxiao_tier::channel::accept::admit_all;
use changxiao_tier::channel::{Limits, ServerTls, service_channel};
use changxiao_tier::identity::files::{Credentials, TrustBundle};
use rustls::version::TLS12;

use super::raw::RawClient;
use crate::world::{NOW, Server, World, check};

async fn serve(world: &World) -> (Server, TrustBundle) {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let issued = world.root().issue_service(&names, NOW, 7).unwrap();
    let identity = Credentials::load(&issued.write(&world.path("service")).unwrap(), NOW).unwrap();
    let tls = ServerTls::service(&identity, None, world.time.clone()).unwrap();
    (Server::start(tls, admit_all(), Limits::default()).await, identity.bundle)
}

#[tokio::test]
async fn callers_need_no_certificate_but_check_the_name() {
    let (world, elsewhere) = (World::new(), World::new());
    let (mut server, bundle) = serve(&world).await;
    let addr = server.addr.to_string();
    for name in ["localhost", "127.0.0.1", "::1"] {
        check(&service_channel(&addr, name, &bundle, None, world.time.clone()).unwrap()).await.unwrap();
    }
    assert!(server.callers().iter().all(|c| c.spiffe.is_none() && c.serial.is_none()));
    let why = check(&service_channel(&addr, "county.example", &bundle, None, world.time.clone()).unwrap()).await.unwrap_err();
    assert!(why.contains("county.example"), "{why}");
    assert_eq!(server.refused().await.refusal.reason(), "TLS_REFUSED_BY_PEER");
    let stranger = TrustBundle::load(&elsewhere.path("ca/bundle.pem"), NOW).unwrap();
    let why = check(&service_channel(&addr, "localhost", &stranger, None, world.time.clone()).unwrap()).await.unwrap_err();
    assert!(why.contains("UnknownIssuer"), "{why}");
}

#[tokio::test]
async fn older_tls_is_refused_here_too() {
    let world = World::new();
    let (mut server, bundle) = serve(&world).await;
    let client = RawClient {
        bundle: &bundle,
        show: None,
        versions: &[&TLS12],
        alpn: &[b"h2"],
        server_name: "localhost",
        time: world.time.clone(),
    };
    client.connect(server.addr).await.unwrap_err();
    assert_eq!(server.refused().await.refusal.reason(), "TLS_PROTOCOL_VERSION");
}

#[test]
fn a_dialled_address_is_host_and_port() {
    let world = World::new();
    let bundle = TrustBundle::load(&world.path("ca/bundle.pem"), NOW).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _inside = runtime.enter();
    for (addr, good) in [
        ("localhost:7443", true),
        ("127.0.0.1:7443", true),
        ("[::1]:7443", true),
        ("", false),
        ("localhost", false),
        ("localhost:", false),
        ("localhost:99999", false),
        ("https://localhost:7443", false),
        ("localhost:7443/x", false),
        ("user@localhost:7443", false),
        ("local host:7443", false),
    ] {
        let dialled = service_channel(addr, "localhost", &bundle, None, world.time.clone());
        assert_eq!(dialled.is_ok(), good, "{addr}");
        if let Err(error) = dialled {
            assert_eq!(error.reason(), "DIAL_ADDRESS_INVALID", "{addr}");
        }
    }
}
