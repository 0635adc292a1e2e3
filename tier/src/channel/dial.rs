//! Dialling: lazily connected channels that find their identity anew at every connection, and readable reasons when they fail.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls::time_provider::TimeProvider;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

use super::conn::{Conn, PeerInfo};
use super::tls::{FederationTls, TlsError, server_name, service_client};
use super::verify::CertificateRefused;
use super::vigil::{OverServer, shown_by_server};
use crate::identity::files::{Credentials, TrustBundle};
use crate::identity::spiffe::SpiffeId;

/// TCP and TLS together are up in this time, or the dial failed.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Both the pause between keep-alive pings and the wait for their answer.
pub const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Why there is not even a channel to try.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// Not `host:port`.
    #[error("`{0}` is no address to dial; write host:port")]
    Address(String),
    /// The TLS side.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl DialError {
    /// Stable name of the cause.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Address(_) => "DIAL_ADDRESS_INVALID",
            Self::Tls(cause) => cause.reason(),
        }
    }
}

/// A channel to exactly one region's program at `addr` (`host:port`). It connects at the first call and again after every loss, each time
/// with the identity current then; a server that proves any other identity is refused.
///
/// # Errors
/// [`DialError::Address`], [`DialError::Tls`]. Failed connections show in the calls; see [`why`].
pub fn federation_channel(addr: &str, expected: SpiffeId, tls: &FederationTls) -> Result<Channel, DialError> {
    let name = server_name(&expected.dns_name())?;
    let tls = Arc::new(tls.clone());
    let (judge, whom) = (Arc::clone(&tls), expected.clone());
    let watch = move |stream: TlsStream<TcpStream>, addr| {
        let vigil = OverServer { tls: Arc::clone(&judge), expected: whom.clone(), addr, shown: shown_by_server(&stream) };
        let info = PeerInfo { addr, spiffe: Some(whom.clone()), account: None, serial: None, not_after_ms: None };
        Conn::new(stream, info, vigil.refused())
    };
    connect(addr, name, move || tls.config_for(&expected).map(Arc::new), watch)
}

/// A channel to a service listener at `addr` (`host:port`), whose certificate must carry `name` and chain up to the bundle.
///
/// # Errors
/// [`DialError::Address`], [`DialError::Tls`].
pub fn service_channel(
    addr: &str,
    name: &str,
    bundle: &TrustBundle,
    account: Option<&Credentials>,
    time: Arc<dyn TimeProvider>,
) -> Result<Channel, DialError> {
    let config = Arc::new(service_client(bundle, account, time)?);
    connect(addr, server_name(name)?, move || Ok(Arc::clone(&config)), |stream, _| stream)
}

/// A channel whose connector does TCP and TLS and hands the stream through `watch`, which may end it later.
pub(crate) fn connect<C, W, S>(addr: &str, name: ServerName<'static>, config: C, watch: W) -> Result<Channel, DialError>
where
    C: Fn() -> Result<Arc<ClientConfig>, TlsError> + Send + Sync + 'static,
    W: Fn(TlsStream<TcpStream>, SocketAddr) -> S + Clone + Send + Sync + 'static,
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let bad = || DialError::Address(addr.to_owned());
    // Plain http on purpose: the connector below does the TLS, and tonic must not try to.
    let uri: Uri = format!("http://{addr}").parse().map_err(|_| bad())?;
    if uri.port_u16().is_none() || uri.authority().is_none_or(|a| a.as_str() != addr || addr.contains('@')) {
        return Err(bad());
    }
    let endpoint = Endpoint::from(uri)
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .keep_alive_while_idle(true);
    let addr: Arc<str> = addr.into();
    Ok(endpoint.connect_with_connector_lazy(tower::service_fn(move |_: Uri| {
        let (addr, name, config, watch) = (Arc::clone(&addr), name.clone(), config(), watch.clone());
        async move {
            let config = config.map_err(io::Error::other)?;
            let tcp = TcpStream::connect(&*addr).await?;
            tcp.set_nodelay(true)?;
            let peer = tcp.peer_addr()?;
            let shaken = TlsConnector::from(config).connect(name, tcp).await;
            let stream = shaken.map_err(readable)?;
            Ok::<_, io::Error>(TokioIo::new(watch(stream, peer)))
        }
    })))
}

/// Our own judgement of a certificate in its own words; the TLS library would print its insides.
fn readable(error: io::Error) -> io::Error {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls.and_then(CertificateRefused::find) {
        Some(refused) => io::Error::new(error.kind(), refused.clone()),
        None => error,
    }
}

/// Everything a failed call knows about its failure, outermost first. The code alone says little: the same refusal arrives as
/// `Cancelled`, `Unknown` or `Unavailable`.
pub fn why(status: &Status) -> String {
    let mut words = vec![status.message().to_owned()];
    let mut next = status.source();
    while let Some(error) = next {
        let text = error.to_string();
        if !words.iter().any(|known| known.contains(&text)) {
            words.push(text);
        }
        next = error.source();
    }
    // The library's word for "see below".
    words.retain(|word| !word.is_empty() && word != "transport error");
    if words.is_empty() { status.code().description().to_owned() } else { words.join(": ") }
}

/// Whether the connection failed, rather than the server having answered. The source chain decides, never the code.
pub fn is_transport(status: &Status) -> bool {
    let mut next = status.source();
    while let Some(error) = next {
        if error.is::<tonic::transport::Error>()
            || error.is::<io::Error>()
            || error.is::<hyper::Error>()
            || error.is::<h2::Error>()
        {
            return true;
        }
        next = error.source();
    }
    false
}
