//! How connections and servers end.

use std::time::Duration;

use changxiao_tier::channel::accept::admit_all;
use changxiao_tier::channel::{Limits, ServerTls, Stopped, is_transport};
use tokio::net::TcpStream;
use tonic::Streaming;
use tonic::transport::Channel;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use crate::world::{BOTH_USES, Forgery, Server, World, aggregator, check, node, soon};

/// A stream that the server never ends by itself.
async fn watch(channel: &Channel) -> Streaming<HealthCheckResponse> {
    let mut stream = HealthClient::new(channel.clone()).watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    stream
}

#[tokio::test]
async fn an_idle_server_stops_in_order() {
    let world = World::new();
    let county = node("bs-tengchong");
    let server = world.serve(&county).await;
    let channel = world.channel(&server, &aggregator("bs"), &county);
    check(&channel).await.unwrap();
    server.stop.send_replace(true);
    assert_eq!(soon(server.done).await.unwrap(), Stopped::InOrder);
    TcpStream::connect(server.addr).await.unwrap_err();
    check(&channel).await.unwrap_err();
}

#[tokio::test]
async fn a_stuck_stream_does_not_delay_the_stop() {
    let world = World::new();
    let county = node("bs-tengchong");
    let server = world.serve(&county).await;
    let channel = world.channel(&server, &aggregator("bs"), &county);
    let mut stuck = watch(&channel).await;
    server.stop.send_replace(true);
    assert_eq!(soon(server.done).await.unwrap(), Stopped::Cut);
    // The stream ended although the server's runtime lives on: the connection itself was cut.
    assert!(is_transport(&soon(stuck.message()).await.unwrap_err()));
}

#[tokio::test]
async fn a_stop_does_not_wait_for_handshakes() {
    let world = World::new();
    let limits = Limits { handshake_timeout: Duration::from_secs(3_600), ..Limits::default() };
    let server = world.serve_with(&node("bs-tengchong"), admit_all(), limits).await;
    let _silent = TcpStream::connect(server.addr).await.unwrap();
    server.stop.send_replace(true);
    assert_eq!(soon(server.done).await.unwrap(), Stopped::InOrder);
}

#[tokio::test]
async fn a_connection_ends_at_its_greatest_age() {
    let world = World::new();
    let county = node("bs-tengchong");
    let limits = Limits { age: Duration::from_millis(100), age_grace: Duration::from_millis(200), ..Limits::default() };
    let server = world.serve_with(&county, admit_all(), limits).await;
    let channel = world.channel(&server, &aggregator("bs"), &county);
    let mut stream = watch(&channel).await;
    assert!(is_transport(&soon(stream.message()).await.unwrap_err()));
    // The same channel connects again by itself.
    check(&channel).await.unwrap();
}

#[tokio::test]
async fn a_connection_does_not_outlive_its_certificate() {
    let world = World::new();
    let county = node("bs-tengchong");
    let tls = ServerTls::federation(&[world.credentials(&county)], &world.trust()).unwrap();
    let server = Server::start(tls, admit_all(), Limits::default()).await;
    let shown = world.forged(&Forgery {
        uris: &["spiffe://test.example/region/bs/aggregator"],
        dns: &[],
        usages: BOTH_USES,
        days: (-7, 1),
    });
    let dialler = changxiao_tier::channel::FederationTls::new(shown, world.trust()).unwrap();
    // One second before its end.
    world.time.set(crate::world::NOW.plus_days(1).plus_ms(-1_000));
    let channel = changxiao_tier::channel::federation_channel(&server.addr.to_string(), county, &dialler).unwrap();
    let mut stream = watch(&channel).await;
    assert!(is_transport(&soon(stream.message()).await.unwrap_err()));
}
