//! Connections that keep us waiting, calls that take too long, and what is passed on to the next tier.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use changxiao_tier::channel::{Limits, Outgoing, Routes, accept::admit_all};
use tonic::Code;
use tonic::{Request, Response, Status};
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::world::{World, aggregator, check, node, soon};

/// Remembers the deadline that came with a call, and calls on or hangs as it is told.
#[derive(Clone, Default)]
struct Tier {
    seen: Arc<Mutex<Vec<Option<Duration>>>>,
    below: Option<Outgoing>,
    hangs: bool,
}

#[tonic::async_trait]
impl Health for Tier {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        let granted = changxiao_tier::channel::deadline::granted(&request.metadata().clone().into_headers());
        self.seen.lock().unwrap().push(granted);
        if self.hangs {
            std::future::pending::<()>().await;
        }
        match &self.below {
            Some(below) => HealthClient::new(below.clone()).check(request.into_inner()).await,
            None => Ok(Response::new(HealthCheckResponse::default())),
        }
    }

    type WatchStream = tokio_stream::Pending<Result<HealthCheckResponse, Status>>;

    async fn watch(&self, _: Request<HealthCheckRequest>) -> Result<Response<Self::WatchStream>, Status> {
        Ok(Response::new(tokio_stream::pending()))
    }
}

#[tokio::test]
async fn a_deadline_is_passed_on_shortened() {
    let world = World::new();
    let (city, county) = (aggregator("bs"), node("bs-tengchong"));
    let below = Tier::default();
    let lower = world.serve_routes(&county, Routes::default().with(HealthServer::new(below.clone()))).await;
    let line = Outgoing::new(world.channel(&lower, &city, &county), Duration::from_secs(60));
    let above = Tier { below: Some(line), ..Tier::default() };
    let upper = world.serve_routes(&city, Routes::default().with(HealthServer::new(above.clone()))).await;

    let mut client = HealthClient::new(world.channel(&upper, &aggregator("yn"), &city));
    for asked in [Some(Duration::from_secs(4)), None] {
        let mut request = Request::new(HealthCheckRequest::default());
        if let Some(asked) = asked {
            request.set_timeout(asked);
        }
        client.check(request).await.unwrap();
    }
    // What is left of four seconds; then what is left of this tier's own ten, for nobody asked for less.
    let seen: Vec<u128> = below.seen.lock().unwrap().iter().map(|granted| granted.unwrap().as_millis()).collect();
    assert!(matches!(seen[..], [first, second] if first <= 3_950 && (3_951..=9_950).contains(&second)), "{seen:?}");
}

#[tokio::test]
async fn a_call_ends_at_its_deadline() {
    let world = World::new();
    let county = node("bs-tengchong");
    let hanging = Tier { hangs: true, ..Tier::default() };
    let server = world.serve_routes(&county, Routes::default().with(HealthServer::new(hanging))).await;
    let mut client = HealthClient::new(world.channel(&server, &aggregator("bs"), &county));
    // The header alone: the client itself does not watch the time.
    let mut request = Request::new(HealthCheckRequest::default());
    request.metadata_mut().insert("grpc-timeout", "100m".parse().unwrap());
    let status = soon(client.check(request)).await.unwrap_err();
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status:?}");
}

#[tokio::test]
async fn a_stream_ends_at_its_deadline_and_with_the_server() {
    let world = World::new();
    let county = node("bs-tengchong");
    let limits = Limits { quiet: Duration::from_millis(50), grace: Duration::from_secs(3_600), ..Limits::default() };
    let server = world.serve_patient(&county, limits).await;
    let mut client = HealthClient::new(world.channel(&server, &aggregator("bs"), &county));
    let mut stream = client.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    server.stop.send_replace(true);
    let status = soon(stream.message()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
    // In order, although the grace is an hour.
    soon(server.done).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_brings_no_call_is_ended() {
    let world = World::new();
    let county = node("bs-tengchong");
    let limits = Limits { first_call: Duration::from_millis(10), ..Limits::default() };
    let mut server = world.serve_with(&county, admit_all(), limits).await;
    let bundle = world.credentials(&county).bundle;
    let shown = world.credentials(&aggregator("bs"));
    let client = super::raw::RawClient {
        bundle: &bundle,
        show: Some(super::raw::shown(&shown)),
        versions: &[&rustls::version::TLS13],
        alpn: &[b"h2"],
        server_name: &county.dns_name(),
        time: world.time.clone(),
    };
    let open = client.connect_and_stay(server.addr).await.unwrap();
    assert_eq!(server.refused().await.refusal.reason(), "PEER_TOO_SLOW");
    drop(open);
    // Whoever has something to say is served.
    check(&world.channel(&server, &aggregator("bs"), &county)).await.unwrap();
}
