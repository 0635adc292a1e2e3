//! A client that shows whatever it likes, for what our own dialler refuses to do.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use changxiao_tier::channel::tls::provider;
use changxiao_tier::identity::files::{Credentials, TrustBundle};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::world::Time;

pub struct RawClient<'a> {
    pub bundle: &'a TrustBundle,
    pub show: Option<Arc<CertifiedKey>>,
    pub versions: &'a [&'static SupportedProtocolVersion],
    pub alpn: &'a [&'a [u8]],
    pub server_name: &'a str,
    pub time: Arc<Time>,
}

impl RawClient<'_> {
    /// Connects and waits for the server's verdict: `Ok` only if the server sends application bytes of its own (its HTTP/2 preface).
    pub async fn connect(&self, addr: SocketAddr) -> io::Result<()> {
        self.connect_and_stay(addr).await.map(drop)
    }

    /// The same; the connection stays open as long as what comes back.
    pub async fn connect_and_stay(&self, addr: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        for authority in self.bundle.authorities() {
            roots.add(authority.clone()).unwrap();
        }
        let builder = ClientConfig::builder_with_details(provider(), self.time.clone())
            .with_protocol_versions(self.versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match &self.show {
            // A resolver shows anything; the ordinary way refuses what does not fit together.
            Some(shown) => {
                builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::unwrap_or_clone(shown.clone()))))
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = self.alpn.iter().map(|p| p.to_vec()).collect();
        let tcp = TcpStream::connect(addr).await?;
        let name = self.server_name.to_owned().try_into().unwrap();
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await?;
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await?;
        let mut first = [0_u8; 1];
        stream.read_exact(&mut first).await?;
        Ok(stream)
    }
}

/// What a program of ours would show.
pub fn shown(credentials: &Credentials) -> Arc<CertifiedKey> {
    let key = rustls::crypto::ring::sign::any_supported_type(&credentials.key.to_der()).unwrap();
    Arc::new(CertifiedKey::new(credentials.chain.clone(), key))
}
