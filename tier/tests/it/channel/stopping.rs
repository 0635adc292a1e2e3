//! What a call is told that meets the stop: every one is answered, also one that was on its way as GOAWAY was said.

use std::collections::BTreeMap;
use std::time::Duration;

use changxiao_tier::channel::{Limits, Outgoing, Stopped, is_transport, why};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::raw::{RawClient, shown};
use crate::world::{Server, World, aggregator, node, soon};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// One frame as it came.
#[derive(Debug)]
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

/// A connection whose frames are written by hand.
struct Line(TlsStream<TcpStream>);

impl Line {
    async fn open(world: &World, server: &Server) -> Self {
        let county = node("bs-tengchong");
        let (bundle, own) = (world.credentials(&county).bundle, world.credentials(&aggregator("bs")));
        let client = RawClient {
            bundle: &bundle,
            show: Some(shown(&own)),
            versions: &[&rustls::version::TLS13],
            alpn: &[b"h2"],
            server_name: &county.dns_name(),
            time: world.time.clone(),
        };
        let mut line = Self(client.connect_and_stay(server.addr).await.unwrap());
        // The first byte of the server's settings is read already.
        let mut rest = [0; 8];
        line.0.read_exact(&mut rest).await.unwrap();
        let length = usize::from(rest[0]) << 8 | usize::from(rest[1]);
        line.0.read_exact(&mut vec![0; length]).await.unwrap();
        line
    }

    async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        self.0.write_all(&[&head, payload].concat()).await.unwrap();
        self.0.flush().await.unwrap();
    }

    /// A health check, whole.
    async fn call(&mut self, stream: u32) {
        let mut block = vec![0x83, 0x87];
        for (name, value) in [
            (":path", "/grpc.health.v1.Health/Check"),
            (":authority", "localhost"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
        ] {
            block.push(0);
            for text in [name, value] {
                block.push(u8::try_from(text.len()).unwrap());
                block.extend(text.as_bytes());
            }
        }
        self.send(HEADERS, END_HEADERS, stream, &block).await;
        self.send(DATA, END_STREAM, stream, &[0; 5]).await;
    }

    /// The next frame; `None` at an orderly end.
    async fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        match soon(self.0.read_exact(&mut head)).await {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return None,
            Err(error) => panic!("the connection broke: {error}"),
        }
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c)];
        self.0.read_exact(&mut payload).await.unwrap();
        if kind == SETTINGS && flags & ACK == 0 {
            self.send(SETTINGS, ACK, 0, &[]).await;
        }
        Some(Frame { kind, flags, stream: u32::from_be_bytes(stream), payload })
    }
}

fn limits() -> Limits {
    Limits { quiet: Duration::from_millis(200), ..Limits::default() }
}

/// What the HTTP/2 library of our own clients does: it answers a ping before it sends calls that wait, so a call that was begun before
/// GOAWAY arrived follows behind the answer that makes a server believe that nothing more can come.
#[tokio::test]
async fn a_call_behind_the_answered_ping_is_answered_too() {
    let world = World::new();
    let server = world.serve_patient(&node("bs-tengchong"), limits()).await;
    let mut line = Line::open(&world, &server).await;
    line.call(1).await;
    let (mut told, mut answers) = (Vec::new(), Vec::new());
    while let Some(frame) = line.next().await {
        match frame.kind {
            GOAWAY => {
                told.push(u32::from_be_bytes(frame.payload[..4].try_into().unwrap()));
                if told.len() == 1 {
                    // A ping that came along is answered first.
                    if let Ok(Some(ping)) = timeout(Duration::from_millis(50), line.next()).await {
                        assert_eq!((ping.kind, ping.flags), (PING, 0));
                        line.send(PING, ACK, 0, &ping.payload).await;
                    }
                    line.call(3).await;
                }
            }
            PING if frame.flags & ACK == 0 => line.send(PING, ACK, 0, &frame.payload).await,
            HEADERS => {
                answers.push((frame.stream, frame.flags & END_STREAM != 0));
                server.stop.send_replace(true);
            }
            _ => {}
        }
    }
    // Headers and trailers of the first call; the second is not served, and told so in one frame.
    assert_eq!(answers, [(1, false), (1, true), (3, true)], "GOAWAY {told:?}");
    let most = 0x7fff_ffff;
    assert_eq!(told, [most, most, 3], "begin nothing; begin nothing; the last one heard was 3");
    assert_eq!(soon(server.done).await.unwrap(), Stopped::InOrder);
}

/// Whoever has called on in spite of GOAWAY, and closes late, reads every answer: nothing is reset.
#[tokio::test]
async fn answers_are_not_lost_by_bytes_that_nobody_reads_any_more() {
    let world = World::new();
    let limits = Limits { quiet: Duration::from_millis(50), ..Limits::default() };
    let server = world.serve_patient(&node("bs-tengchong"), limits).await;
    let mut line = Line::open(&world, &server).await;
    line.call(1).await;
    assert_eq!(line.next().await.unwrap().kind, SETTINGS);
    server.stop.send_replace(true);
    let mut goaways = 0;
    let mut ended = false;
    while let Some(frame) = line.next().await {
        ended |= frame.stream == 1 && frame.flags & END_STREAM != 0;
        goaways += usize::from(frame.kind == GOAWAY);
        if frame.kind == PING && frame.flags & ACK == 0 {
            line.send(PING, ACK, 0, &frame.payload).await;
            // Above the last stream: not answered, and not a reason to take back what was.
            for stream in [3, 5, 7, 9] {
                line.call(stream).await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    assert!(ended && goaways == 3, "{ended} {goaways}");
    drop(line);
    assert_eq!(soon(server.done).await.unwrap(), Stopped::InOrder);
}

/// Many calls over one connection as the server stops, in a runtime of several threads, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_without_pause_are_answered_or_were_never_heard() {
    let world = World::new();
    let county = node("bs-tengchong");
    let mut broken: BTreeMap<String, u32> = BTreeMap::new();
    for _ in 0..20 {
        let server = world.serve_patient(&county, limits()).await;
        let channel = world.channel(&server, &aggregator("bs"), &county);
        let callers: Vec<_> = (0..8)
            .map(|_| {
                let mut client = HealthClient::new(Outgoing::open_ended(channel.clone()));
                tokio::spawn(async move {
                    loop {
                        match client.check(HealthCheckRequest::default()).await {
                            Ok(_) => {}
                            Err(status) if status.code() == Code::Unavailable && !is_transport(&status) => {}
                            Err(status) => return status,
                        }
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(30)).await;
        server.stop.send_replace(true);
        for caller in callers {
            let status = soon(caller).await.unwrap();
            // Nobody listens any more: the call was never sent.
            if !format!("{status:?}").contains("Connect") {
                *broken.entry(why(&status)).or_default() += 1;
            }
        }
        assert_eq!(soon(server.done).await.unwrap(), Stopped::InOrder);
    }
    assert_eq!(broken, BTreeMap::new());
}
