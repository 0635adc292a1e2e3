//! Servers with the defects that the tests must find: they stand where the real programs stand, and each must fail.

use std::{future::pending, net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use changxiao_tier::{
    channel::{Conn, PeerInfo, ServerTls, tls::real_time},
    identity::files::{Credentials, Paths},
};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc, watch},
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Server, server::TcpIncoming};

use super::target::Target;
use crate::{client::dial, world::World, world::config};

/// A server that is wrong in one way.
pub struct Control {
    /// Where it is attacked.
    pub target: Target,
    /// Asks it to end.
    pub stop: watch::Sender<bool>,
    /// Ends when it has.
    pub done: JoinHandle<()>,
}

/// How a defective server takes its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// tonic's own server with nothing set: no limits, no end while a stream is open.
    Unlimited,
    /// 64 permits for handshakes, and callers wait for one.
    GlobalPermits,
}

/// Starts one with the certificate of a region's service listener.
///
/// # Errors
/// The certificate cannot be read.
pub async fn start(world: &World, region: &str, defect: Defect) -> anyhow::Result<Control> {
    let directory = config::service_directory(world.directory(), region);
    let now = changxiao_domain::clock::Instant::from_ms(crate::client::now_ms());
    let identity = Credentials::load(&Paths::in_dir(&directory), now)?;
    let tls = ServerTls::service(&identity, None, real_time())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let target = Target { address: listener.local_addr()?, tls: dial::trusting(&directory.join("bundle.pem"))? };
    let (give, incoming) = mpsc::channel(64);
    tokio::spawn(accept(listener, tls, defect, give));
    let (stop, mut stopped) = watch::channel(false);
    let (_, health) = tonic_health::server::health_reporter();
    let done = tokio::spawn(async move {
        let asked = async move { drop(stopped.wait_for(|stop| *stop).await) };
        let _ = Server::builder().serve_with_incoming_shutdown(health, ReceiverStream::new(incoming), asked).await;
    });
    Ok(Control { target, stop, done })
}

type Accepted = std::io::Result<Conn<tokio_rustls::server::TlsStream<tokio::net::TcpStream>>>;

async fn accept(listener: TcpListener, tls: ServerTls, defect: Defect, give: mpsc::Sender<Accepted>) {
    let permits = Arc::new(Semaphore::new(64));
    loop {
        let permit = match defect {
            Defect::GlobalPermits => permits.clone().acquire_owned().await.ok(),
            Defect::Unlimited => None,
        };
        let Ok((tcp, addr)) = listener.accept().await else { continue };
        let (acceptor, give) = (TlsAcceptor::from(tls.current()), give.clone());
        tokio::spawn(async move {
            let shaken = match defect {
                Defect::GlobalPermits => timeout(Duration::from_secs(5), acceptor.accept(tcp)).await.ok(),
                Defect::Unlimited => Some(acceptor.accept(tcp).await),
            };
            drop(permit);
            if let Some(Ok(stream)) = shaken {
                let info = PeerInfo { addr, spiffe: None, account: None, serial: None, not_after_ms: None };
                drop(give.send(Ok(Conn::new(stream, info, pending()))).await);
            }
        });
    }
}

/// tonic's own accept loop as a process of its own, so that its descriptors can be limited. Runs until it is killed.
pub async fn accept_loop(address: SocketAddr) -> ExitCode {
    let (_, health) = tonic_health::server::health_reporter();
    let Ok(incoming) = TcpIncoming::bind(address) else { return ExitCode::FAILURE };
    match Server::builder().serve_with_incoming(health, incoming).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
