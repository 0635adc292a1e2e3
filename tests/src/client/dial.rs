//! Connections to a service listener: TLS 1.3 against the network's own authority, over our own connector, because the address
//! stays the same while the process behind it is killed and started again.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::Context as _;
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    version::TLS13,
};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint, Uri};
use tower::service_fn;

/// A TLS client that trusts the certificates in this file and shows none of its own.
///
/// # Errors
/// If the file cannot be read or holds no certificate.
pub fn trusting(bundle: &Path) -> anyhow::Result<Arc<ClientConfig>> {
    showing(bundle, None)
}

/// A TLS client that trusts the certificates in this file and shows the one in this directory.
///
/// # Errors
/// If a file cannot be read or holds no certificate.
pub fn showing(bundle: &Path, shown: Option<&Path>) -> anyhow::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(bundle).with_context(|| format!("the trust bundle {}", bundle.display()))? {
        roots.add(certificate?)?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13])?
        .with_root_certificates(roots);
    let mut config = match shown {
        Some(directory) => {
            let chain = CertificateDer::pem_file_iter(directory.join("cert.pem"))?.collect::<Result<Vec<_>, _>>()?;
            builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_file(directory.join("key.pem"))?)?
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(config))
}

/// A connection that is made at the first call and made again after every loss.
///
/// # Errors
/// If `name` is not a host name.
pub fn channel(address: SocketAddr, name: &str, config: Arc<ClientConfig>) -> anyhow::Result<Channel> {
    let name = ServerName::try_from(name.to_owned())?;
    let connector = TlsConnector::from(config);
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?
        .connect_timeout(Duration::from_secs(5))
        .http2_keep_alive_interval(Duration::from_secs(5))
        .keep_alive_timeout(Duration::from_secs(5))
        .keep_alive_while_idle(true);
    // The URI says http so that tonic leaves TLS to the connector.
    Ok(endpoint.connect_with_connector_lazy(service_fn(move |_: Uri| {
        let (connector, name) = (connector.clone(), name.clone());
        async move {
            let tcp = TcpStream::connect(address).await?;
            tcp.set_nodelay(true)?;
            Ok::<_, io::Error>(TokioIo::new(connector.connect(name, tcp).await?))
        }
    })))
}
