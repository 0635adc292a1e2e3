//! The same over TLS, and every way in which no connection comes about.

use std::{path::PathBuf, sync::Arc, time::Duration};

use changxiao_domain::clock::{DAY_MS, Instant};
use changxiao_proto::county::v1::hazards_server::HazardsServer;
use changxiao_tier::{
    channel::{Limits, Refusals, Routes, ServerTls, accept, accept::admit_all, serve},
    identity::{ca::Authority, files::Credentials},
};
use rustls::{pki_types::UnixTime, time_provider::TimeProvider};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    county::County,
    shell::{Said, Way, run},
};

/// 2026-11-24 05:00 (UTC+8).
const NOW: Instant = Instant::from_ms(1_795_467_600_000);

/// TLS time that stands still.
#[derive(Debug)]
struct Still(Instant);

impl TimeProvider for Still {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_millis(u64::try_from(self.0.ms()).unwrap())))
    }
}

/// A county behind TLS on loopback, with the bundle that vouches for it.
struct Secure {
    directory: tempfile::TempDir,
    port: u16,
    _stop: watch::Sender<bool>,
}

impl Secure {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let authority = directory.path().join("ca");
        Authority::init(&"test.example".parse().unwrap(), NOW, 30).unwrap().write(&authority).unwrap();
        let root = Authority::open(&authority, NOW).unwrap();
        let issued = root.issue_service(&["localhost".to_owned(), "county.test.example".to_owned()], NOW, 7).unwrap();
        let identity = Credentials::load(&issued.write(&directory.path().join("service")).unwrap(), NOW).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let tls = ServerTls::service(&identity, None, Arc::new(Still(NOW))).unwrap();
        let (stop, stopping) = watch::channel(false);
        let incoming = accept(listener, tls, admit_all(), Refusals::default(), Limits::default(), stopping.clone());
        let routes = Routes::default().with(HazardsServer::new(County::default()));
        tokio::spawn(serve(routes, incoming, stopping));
        Self { directory, port, _stop: stop }
    }

    fn bundle(&self) -> PathBuf {
        self.directory.path().join("service").join("bundle.pem")
    }

    async fn list(&self, server: &str, bundle: &str, more: &[&str], now: Instant) -> Said {
        let words = [&["hazards", "list", "--server", server, "--trust-bundle", bundle], more].concat();
        run(Way::Dialled(Arc::new(Still(now))), &words, &[], "").await
    }
}

#[tokio::test]
async fn a_server_with_the_right_name_is_called() {
    let county = Secure::start().await;
    let bundle = county.bundle();
    let bundle = bundle.to_str().unwrap();
    let by_name = format!("localhost:{}", county.port);
    let by_address = format!("127.0.0.1:{}", county.port);
    for (server, more) in [(by_name, &[][..]), (by_address, &["--server-name", "county.test.example"][..])] {
        let said = county.list(&server, bundle, more, NOW).await;
        assert_eq!((said.code, said.errors.as_str()), (0, ""), "{server}");
        assert!(said.output.contains("一号车间"), "{}", said.output);
    }
}

#[tokio::test]
async fn no_connection_is_exit_code_3_with_the_reason() {
    let county = Secure::start().await;
    let bundle = county.bundle();
    let bundle = bundle.to_str().unwrap();
    let other = county.directory.path().join("other");
    Authority::init(&"other.example".parse().unwrap(), NOW, 30).unwrap().write(&other).unwrap();
    let other = other.join("bundle.pem");
    let server = format!("localhost:{}", county.port);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let late = NOW.plus_ms(10 * DAY_MS);
    for (server, bundle, more, now, reason) in [
        (closed.as_str(), bundle, &[][..], NOW, "Connection refused"),
        (&server, other.to_str().unwrap(), &[][..], NOW, "certificate"),
        (&server, bundle, &["--server-name", "city.test.example"][..], NOW, "city.test.example"),
        (&server, bundle, &[][..], late, "expired"),
    ] {
        let said = county.list(server, bundle, more, now).await;
        assert_eq!((said.code, said.output.as_str()), (3, ""), "{}", said.errors);
        assert!(said.errors.starts_with(&format!("cannot connect: {server}: ")), "{}", said.errors);
        assert!(said.errors.contains(reason), "{reason}: {}", said.errors);
    }
}

#[tokio::test]
async fn settings_that_cannot_work_are_exit_code_2() {
    let county = Secure::start().await;
    let bundle = county.bundle();
    let bundle = bundle.to_str().unwrap();
    for (server, bundle, said) in [
        ("localhost", bundle, "usage: --server: `localhost` is not HOST:PORT, such as node.example:7443\n"),
        ("localhost:1", "/no/such/bundle", "usage: cannot use /no/such/bundle: "),
    ] {
        let answer = county.list(server, bundle, &[], NOW).await;
        assert_eq!(answer.code, 2);
        assert!(answer.errors.starts_with(said), "{}", answer.errors);
    }
    let answer = run(Way::Dialled(Arc::new(Still(NOW))), &["hazards", "list"], &[], "").await;
    assert_eq!((answer.code, answer.errors.as_str()), (2, "usage: --server is missing; give it or set CHANGXIAO_CALL_SERVER\n"));
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_the_outcome_open() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // Takes what is sent and hangs up without an answer.
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut sent = [0_u8; 24];
        let _ = tokio::io::AsyncReadExt::read_exact(&mut stream, &mut sent).await;
    });
    let channel = tonic::transport::Channel::from_shared(format!("http://{address}")).unwrap().connect_lazy();
    let words = ["hazards", "register", "--request-id", "r-1"];
    let said = run(Way::Held(&channel), &words, &[], "").await;
    assert_eq!(said.code, 3, "{}", said.errors);
    assert!(said.errors.starts_with("connection lost, outcome unknown: "), "{}", said.errors);
    assert!(said.errors.ends_with("  request id: r-1 (repeat safely with --request-id)\n"), "{}", said.errors);
}
