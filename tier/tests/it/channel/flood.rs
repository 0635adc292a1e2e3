//! Half-open handshakes: limited per source, dropped beyond the limit, never in anybody else's way.

use std::net::SocketAddr;
use std::time::Duration;

use changxiao_tier::channel::Limits;
use changxiao_tier::channel::accept::admit_all;
use tokio::net::{TcpSocket, TcpStream};

use crate::world::{Server, World, aggregator, check, node};

/// Far longer than the test, so every silent handshake is still under way when the good client comes.
const PATIENT: Duration = Duration::from_secs(3_600);

async fn silent(from: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from.parse().unwrap(), 0)).unwrap();
    socket.connect(to).await.unwrap()
}

/// Fills one source's share and returns once the server has dropped a connection of it.
async fn fill(from: &str, server: &mut Server, limits: &Limits) -> Vec<TcpStream> {
    let mut open = Vec::new();
    for _ in 0..limits.per_source + 8 {
        open.push(silent(from, server.addr).await);
    }
    assert_eq!(server.refused().await.refusal.reason(), "TLS_SOURCE_BUSY");
    open
}

#[tokio::test]
async fn a_silent_source_does_not_lock_out_another() {
    let world = World::new();
    let county = node("bs-tengchong");
    let limits = Limits { handshake_timeout: PATIENT, ..Limits::default() };
    let mut server = world.serve_with(&county, admit_all(), limits.clone()).await;
    let open = fill("127.0.0.2", &mut server, &limits).await;
    check(&world.channel(&server, &aggregator("bs"), &county)).await.unwrap();
    drop(open);
}

/// Shows that the test above can fail: from the silent source's own address nobody gets in until it lets go.
#[tokio::test]
async fn a_silent_source_locks_out_itself() {
    let world = World::new();
    let county = node("bs-tengchong");
    let limits = Limits { handshake_timeout: PATIENT, per_source: 3, ..Limits::default() };
    let mut server = world.serve_with(&county, admit_all(), limits.clone()).await;
    let open = fill("127.0.0.1", &mut server, &limits).await;
    check(&world.channel(&server, &aggregator("bs"), &county)).await.unwrap_err();
    drop(open);
    for _ in 0..limits.per_source {
        assert_eq!(server.refused().await.refusal.reason(), "TLS_HUNG_UP");
    }
    check(&world.channel(&server, &aggregator("bs"), &county)).await.unwrap();
}

#[tokio::test]
async fn all_sources_together_are_limited() {
    let world = World::new();
    let limits = Limits { handshake_timeout: PATIENT, in_all: 2, ..Limits::default() };
    let mut server = world.serve_with(&node("bs-tengchong"), admit_all(), limits).await;
    let mut open = Vec::new();
    for from in ["127.0.0.2", "127.0.0.3", "127.0.0.4"] {
        open.push(silent(from, server.addr).await);
    }
    assert_eq!(server.refused().await.refusal.reason(), "TLS_ALL_BUSY");
}

#[tokio::test]
async fn one_program_holds_no_more_connections_than_it_may() {
    let world = World::new();
    let county = node("bs-tengchong");
    let limits = Limits { per_identity: 1, ..Limits::default() };
    let mut server = world.serve_with(&county, admit_all(), limits).await;
    let (city, province) = (aggregator("bs"), aggregator("yn"));
    let first = world.channel(&server, &city, &county);
    check(&first).await.unwrap();
    check(&world.channel(&server, &city, &county)).await.unwrap_err();
    let refusal = server.refused().await.refusal;
    assert_eq!(refusal.reason(), "PEER_BUSY");
    check(&world.channel(&server, &province, &county)).await.unwrap();
    drop(first);
    // The server frees the seat when it notices the end of the first connection; until then newcomers are refused.
    while check(&world.channel(&server, &city, &county)).await.is_err() {
        assert_eq!(server.refused().await.refusal.reason(), "PEER_BUSY");
    }
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_ended() {
    let world = World::new();
    let limits = Limits { handshake_timeout: Duration::from_millis(30), ..Limits::default() };
    let mut server = world.serve_with(&node("bs-tengchong"), admit_all(), limits).await;
    let _open = silent("127.0.0.1", server.addr).await;
    let refusal = server.refused().await.refusal;
    assert_eq!(refusal.reason(), "TLS_HANDSHAKE_TIMEOUT");
    assert_eq!(refusal.to_string(), "the handshake was not finished in 30 ms");
}
