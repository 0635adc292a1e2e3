//! What a call costs before any work is done: a unary call to a service that answers at once, over the product's listener (mutual
//! TLS, limits, frame budget, policy, token bucket, deadline, span, metrics) and over a bare tonic server, in turns within one run.
//!
//! Servers and clients share this process, so that nothing but the listener differs.

use std::{collections::BTreeMap, fmt, future::pending, net::SocketAddr, time::Duration};

use changxiao_domain::clock::Instant as Moment;
use changxiao_tier::{
    channel::{
        Conn, FederationTls, Limits, PeerInfo, Rated, Refusals, Routes, ServerTls, Trust,
        accept::{accept, admit_all},
        federation_channel, serve,
        tls::real_time,
    },
    config::{Logging, Tracing},
    identity::{Role, SpiffeId, TrustDomain, ca::Authority, files::Credentials},
    policy::{Policy, PolicyLayer},
    telemetry,
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    task::JoinSet,
    time::Instant,
};
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint, Server, server::TcpIncoming};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tower::Layer as _;

use super::spread::{Spread, low_middle_high, millis};
use crate::collector::Collector;

/// Names of what is compared, the floor first.
pub const SERVERS: [&str; 3] = ["bare tonic, no TLS", "bare tonic, mutual TLS", "product, mutual TLS, all on"];
/// Connections and calls in flight on each.
pub const LOADS: [(usize, usize); 2] = [(1, 1), (16, 4)];

/// One server under one load, all rounds.
#[derive(Clone, Debug)]
pub struct Row {
    /// Which server.
    pub server: &'static str,
    /// Connections and calls in flight on each.
    pub load: (usize, usize),
    /// Calls per second, by round.
    pub rates: Vec<f64>,
    /// Times of single calls, all rounds.
    pub times: Spread,
}

/// Everything compared.
#[derive(Clone, Debug)]
pub struct Echo {
    /// One row for each load and server.
    pub rows: Vec<Row>,
    /// Spans that the collector took.
    pub spans: usize,
}

impl fmt::Display for Echo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| echo server | connections × in flight | calls/s min / median / max | p50 / p99 ms | of bare |\n|---|---|---|---|---|"
        )?;
        for row in &self.rows {
            let [low, middle, high] = low_middle_high(row.rates.iter().copied());
            let floor = self.rows.iter().find(|other| other.load == row.load).map_or(&row.rates, |floor| &floor.rates);
            let [_, floor, _] = low_middle_high(floor.iter().copied());
            writeln!(
                f,
                "| {} | {} × {} | {low:.0} / {middle:.0} / {high:.0} | {:.2} / {:.2} | {:.2} |",
                row.server,
                row.load.0,
                row.load.1,
                millis(row.times.quantile(0.5)),
                millis(row.times.quantile(0.99)),
                middle / floor.max(1e-9)
            )?;
        }
        writeln!(f, "\nSpans that the collector took: {}.", self.spans)
    }
}

struct Bench {
    channels: [Box<dyn Fn() -> anyhow::Result<Channel>>; 3],
    _stop: watch::Sender<bool>,
}

/// Measures `rounds` rounds of `time` for each server and load.
///
/// # Errors
/// A server does not come up, or a call fails.
pub async fn measure(rounds: usize, time: Duration) -> anyhow::Result<Echo> {
    let collector = Collector::start()?;
    let tracing = Tracing { otlp_endpoint: Some(format!("http://{}", collector.address)), sample_ratio: 1.0 };
    let logging = Logging { filter: "info".to_owned(), ..Logging::default() };
    let exporter = telemetry::start(&logging, &tracing, "echo").map_err(anyhow::Error::msg)?;
    let bench = bench().await?;
    let mut rows = Vec::new();
    for load in LOADS {
        let mut measured: Vec<(Vec<f64>, Vec<Duration>)> = vec![Default::default(); SERVERS.len()];
        for _ in 0..rounds {
            for (channel, (rates, times)) in bench.channels.iter().zip(&mut measured) {
                let round = round(channel, load, time).await?;
                rates.push(round.len() as f64 / time.as_secs_f64());
                times.extend(round);
            }
        }
        rows.extend(SERVERS.iter().zip(measured).map(|(server, (rates, times))| Row {
            server,
            load,
            rates,
            times: Spread::new(times),
        }));
    }
    if let Some(exporter) = exporter {
        exporter.close(Duration::from_secs(5)).await;
    }
    Ok(Echo { rows, spans: collector.spans().len() })
}

async fn round(
    channel: &dyn Fn() -> anyhow::Result<Channel>,
    (connections, in_flight): (usize, usize),
    time: Duration,
) -> anyhow::Result<Vec<Duration>> {
    let mut clients = Vec::new();
    for _ in 0..connections {
        let mut client = HealthClient::new(channel()?);
        // Connecting is not what is measured.
        client.check(HealthCheckRequest::default()).await?;
        clients.extend(std::iter::repeat_n(client, in_flight));
    }
    let until = Instant::now() + time;
    let mut tasks = JoinSet::new();
    for mut client in clients {
        tasks.spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < until {
                let begun = Instant::now();
                client.check(HealthCheckRequest::default()).await?;
                times.push(begun.elapsed());
            }
            Ok::<_, tonic::Status>(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done??);
    }
    Ok(times)
}

async fn bench() -> anyhow::Result<Bench> {
    let now = Moment::from_ms(crate::client::now_ms());
    let domain: TrustDomain = "echo.example".parse()?;
    let directory = tempfile::tempdir()?;
    Authority::init(&domain, now, 30)?.write(&directory.path().join("ca"))?;
    let authority = Authority::open(&directory.path().join("ca"), now)?;
    let credentials = |id: &SpiffeId| -> anyhow::Result<Credentials> {
        let issued = authority.issue(id.region(), id.role(), now, 7)?;
        Ok(Credentials::load(&issued.write(&directory.path().join(id.region().as_str()))?, now)?)
    };
    let county = SpiffeId::new(domain.clone(), "bs-tengchong".parse()?, Role::Node)?;
    let city = SpiffeId::new(domain.clone(), "bs".parse()?, Role::Aggregator)?;
    let trust = Trust::new(domain, real_time());
    let tls = ServerTls::federation(&[credentials(&county)?], &trust)?;
    let dialler = FederationTls::new(credentials(&city)?, trust)?;

    let (stop, stopping) = watch::channel(false);
    let plain = bare()?;
    let secured = bare_with_tls(tls.clone()).await?;
    let product = product(tls, stopping).await?;
    let dial = move |address: SocketAddr| {
        let (county, dialler) = (county.clone(), dialler.clone());
        Box::new(move || Ok(federation_channel(&address.to_string(), county.clone(), &dialler)?)) as Box<dyn Fn() -> _>
    };
    let plain: Box<dyn Fn() -> _> = Box::new(move || Ok(Endpoint::from_shared(format!("http://{plain}"))?.connect_lazy()));
    Ok(Bench { channels: [plain, dial(secured), dial(product)], _stop: stop })
}

fn bare() -> anyhow::Result<SocketAddr> {
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse()?)?.with_nodelay(Some(true));
    let address = incoming.local_addr()?;
    let (_, health) = tonic_health::server::health_reporter();
    tokio::spawn(Server::builder().serve_with_incoming(health, incoming));
    Ok(address)
}

async fn bare_with_tls(tls: ServerTls) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (give, incoming) = mpsc::channel(64);
    tokio::spawn(async move {
        while let Ok((tcp, addr)) = listener.accept().await {
            let _ = tcp.set_nodelay(true);
            if let Ok(stream) = TlsAcceptor::from(tls.current()).accept(tcp).await {
                let info = PeerInfo { addr, spiffe: None, account: None, serial: None, not_after_ms: None };
                drop(give.send(Ok::<_, std::io::Error>(Conn::new(stream, info, pending()))).await);
            }
        }
    });
    let (_, health) = tonic_health::server::health_reporter();
    tokio::spawn(Server::builder().serve_with_incoming(health, ReceiverStream::new(incoming)));
    Ok(address)
}

async fn product(tls: ServerTls, stopping: watch::Receiver<bool>) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    // Every check is made; none of them is to refuse a client that does nothing else.
    let limits = Limits { calls_per_second: 1_000_000, calls_ahead: 1_000_000, ..Limits::default() };
    let incoming = accept(listener, tls, admit_all(), Refusals::default(), limits.clone(), stopping.clone()).named("echo");
    let (_, health) = tonic_health::server::health_reporter();
    let policy = PolicyLayer(Policy::service(&[changxiao_tier::policy::COMMON], BTreeMap::new()));
    let service = policy.layer(Rated::new(Routes::default().with(health), &limits));
    tokio::spawn(serve(service, incoming, stopping));
    Ok(address)
}
