//! What is attacked: one listener of a running process, and a good client beside the bad ones.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    net::TcpStream,
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tonic::transport::Channel;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::{client::dial, world::World, world::config};

/// Longest wait of a good client for one answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A listener, and how to trust it.
#[derive(Clone)]
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    /// TLS that believes it.
    pub tls: Arc<ClientConfig>,
}

impl Target {
    /// The service listener of a region: everybody can reach it, nobody needs a certificate.
    ///
    /// # Errors
    /// The trust bundle cannot be read.
    pub fn service(world: &World, region: &str) -> anyhow::Result<Self> {
        let bundle = config::service_directory(world.directory(), region).join("bundle.pem");
        let spot = world.spots().into_iter().find(|spot| spot.region == region);
        let spot = spot.ok_or_else(|| anyhow::anyhow!("no region {region}"))?;
        Ok(Self { address: spot.service, tls: dial::trusting(&bundle)? })
    }

    /// A TLS connection from any address of this machine.
    ///
    /// # Errors
    /// It was refused.
    pub async fn connect(&self) -> std::io::Result<TlsStream<TcpStream>> {
        let tcp = TcpStream::connect(self.address).await?;
        tcp.set_nodelay(true)?;
        let name = ServerName::try_from(config::SERVICE_NAME).map_err(std::io::Error::other)?;
        TlsConnector::from(self.tls.clone()).connect(name, tcp).await
    }

    /// A new channel of a good client.
    ///
    /// # Errors
    /// Never for these addresses.
    pub fn channel(&self) -> anyhow::Result<Channel> {
        dial::channel(self.address, config::SERVICE_NAME, self.tls.clone())
    }

    /// One good call over a new connection, and how long connecting and calling took together.
    ///
    /// # Errors
    /// It failed.
    pub async fn fresh_call(&self) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let mut client = HealthClient::new(self.channel()?);
        timeout(PATIENCE, client.check(HealthCheckRequest::default())).await??;
        Ok(begun.elapsed())
    }
}

/// A client that goes on calling while others misbehave.
pub struct Good {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    told: Arc<Mutex<Told>>,
}

/// How a good client fared.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// Time of each call, sorted at the end.
    pub calls: Vec<Duration>,
    /// Calls that failed.
    pub failed: u32,
    /// Words of the last failure.
    pub why: String,
}

impl Told {
    fn note(&mut self, called: Result<Result<(), tonic::Status>, tokio::time::error::Elapsed>, took: Duration) {
        match called {
            Ok(Ok(())) => self.calls.push(took),
            Ok(Err(status)) => {
                self.failed += 1;
                self.why = status.to_string();
            }
            Err(_) => {
                self.failed += 1;
                self.why = "no answer".to_owned();
            }
        }
    }

    /// The 99th of a hundred.
    pub fn p99(&self) -> Duration {
        self.calls.get((self.calls.len() * 99 / 100).min(self.calls.len().saturating_sub(1))).copied().unwrap_or_default()
    }
}

impl Good {
    /// Starts calling every 5 ms over one connection of its own.
    ///
    /// # Errors
    /// It cannot connect.
    pub async fn start(target: &Target) -> anyhow::Result<Self> {
        let mut client = HealthClient::new(target.channel()?);
        client.check(HealthCheckRequest::default()).await?;
        let (stop, stopped) = watch::channel(false);
        let told: Arc<Mutex<Told>> = Arc::default();
        let held = told.clone();
        let task = tokio::spawn(async move {
            while !*stopped.borrow() {
                let begun = Instant::now();
                let called = timeout(PATIENCE, client.check(HealthCheckRequest::default())).await;
                held.lock().unwrap().note(called.map(|called| called.map(drop)), begun.elapsed());
                sleep(Duration::from_millis(5)).await;
            }
        });
        Ok(Good { stop, task, told })
    }

    /// Ends it.
    pub async fn stop(self) -> Told {
        self.stop.send_replace(true);
        let _ = self.task.await;
        let mut told = self.told.lock().unwrap().clone();
        told.calls.sort_unstable();
        told
    }
}
