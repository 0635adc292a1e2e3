//! The one place where TLS configurations are built, for production and for tests.
//!
//! TLS 1.3 only, the ring provider named explicitly (another crate may bring a second one), ALPN `h2`, and no tickets or resumption:
//! a resumed session would skip every check of the certificate.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::sync::watch;

use super::verify::{ClientIdentity, Judge, MayIssueFor, ServerIdentity};
use crate::identity::files::{Credentials, TrustBundle};
use crate::identity::spiffe::{SpiffeId, TrustDomain};

/// Why a configuration cannot be built. All of it is found at start or at reload, never in the middle of a connection.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No certificate to answer with.
    #[error("no certificate was given; pass at least one identity")]
    NoIdentity,
    /// A federation listener was handed a certificate of something else.
    #[error(
        "the certificate of {subject} is no identity of trust domain {trust_domain}: {cause}; issue one with `identity issue`"
    )]
    NotIdentity {
        /// Its subject.
        subject: String,
        /// The trust domain configured.
        trust_domain: TrustDomain,
        /// What it lacks.
        cause: String,
    },
    /// A name that cannot be asked for in TLS.
    #[error("`{0}` is neither a DNS name nor an IP address")]
    Name(String),
    /// The TLS library refused.
    #[error("the TLS configuration was refused: {0}")]
    Library(#[from] rustls::Error),
}

impl TlsError {
    /// Stable name of the cause.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoIdentity => "TLS_NO_IDENTITY",
            Self::NotIdentity { .. } => "TLS_NOT_IDENTITY",
            Self::Name(_) => "TLS_SERVER_NAME_INVALID",
            Self::Library(_) => "TLS_CONFIGURATION",
        }
    }
}

/// The cryptography in use. Changing it means changing this line and the features behind it.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The machine's own time, which production always uses for TLS, whatever drives the business clock.
pub fn real_time() -> Arc<dyn TimeProvider> {
    Arc::new(DefaultTimeProvider)
}

/// The rules by which one federation believes certificates.
#[derive(Clone)]
pub struct Trust {
    trust_domain: TrustDomain,
    may_issue_for: MayIssueFor,
    time: Arc<dyn TimeProvider>,
}

impl Trust {
    /// Rules under which a city's authority may name only the city itself, until a register says more. The root may name any region.
    pub fn new(trust_domain: TrustDomain, time: Arc<dyn TimeProvider>) -> Self {
        Self { trust_domain, may_issue_for: Arc::new(|authority, region| authority == region), time }
    }

    /// Asks `may_issue_for(authority's region, leaf's region)` about every leaf issued by a region's authority.
    #[must_use]
    pub fn with_scope(self, may_issue_for: MayIssueFor) -> Self {
        Self { may_issue_for, ..self }
    }

    fn judge(&self, bundle: &TrustBundle) -> Result<Arc<Judge>, TlsError> {
        let roots = roots(bundle)?;
        let algorithms = provider().signature_verification_algorithms;
        Ok(Arc::new(Judge {
            roots,
            algorithms,
            trust_domain: self.trust_domain.clone(),
            may_issue_for: Arc::clone(&self.may_issue_for),
        }))
    }
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Trust({})", self.trust_domain)
    }
}

/// A server's configuration that can be replaced while it serves. Open connections keep the one they began with.
#[derive(Debug, Clone)]
pub struct ServerTls {
    config: Arc<watch::Sender<Arc<ServerConfig>>>,
    time: Arc<dyn TimeProvider>,
}

impl ServerTls {
    /// The federation listener: a client certificate is demanded and judged. With several identities SNI picks the one to show;
    /// clients are believed by the bundle of the first, since all regions of a process share one trust domain.
    ///
    /// # Errors
    /// [`TlsError`]; every identity must be one of the trust domain, with its DNS name beside it.
    pub fn federation(identities: &[Credentials], trust: &Trust) -> Result<Self, TlsError> {
        let config = federation_server(identities, trust)?;
        Ok(Self { config: Arc::new(watch::Sender::new(Arc::new(config))), time: Arc::clone(&trust.time) })
    }

    /// The service listener: plain server TLS, callers prove themselves by other means.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn service(identity: &Credentials, time: Arc<dyn TimeProvider>) -> Result<Self, TlsError> {
        let config = service_server(identity, Arc::clone(&time))?;
        Ok(Self { config: Arc::new(watch::Sender::new(Arc::new(config))), time })
    }

    /// Takes another configuration for every connection from now on. It is replaced whole, so nothing of the old trust remains.
    pub fn replace(&self, config: ServerConfig) {
        self.config.send_replace(Arc::new(config));
    }

    /// The configuration for the next connection.
    pub fn current(&self) -> Arc<ServerConfig> {
        self.config.borrow().clone()
    }

    /// Milliseconds of TLS time, `None` where the machine has none.
    pub(super) fn now_ms(&self) -> Option<i64> {
        i64::try_from(self.time.current_time()?.as_secs()).ok()?.checked_mul(1_000)
    }
}

/// Builds the configuration behind [`ServerTls::federation`], for [`ServerTls::replace`].
///
/// # Errors
/// [`TlsError`].
pub fn federation_server(identities: &[Credentials], trust: &Trust) -> Result<ServerConfig, TlsError> {
    let first = identities.first().ok_or(TlsError::NoIdentity)?;
    for identity in identities {
        check_identity(identity, &trust.trust_domain)?;
    }
    let verifier = Arc::new(ClientIdentity(trust.judge(&first.bundle)?));
    let builder = ServerConfig::builder_with_details(provider(), Arc::clone(&trust.time)).with_protocol_versions(&[&TLS13])?;
    Ok(hardened(builder.with_client_cert_verifier(verifier).with_cert_resolver(Arc::new(BySni::new(identities)?))))
}

/// Builds the configuration behind [`ServerTls::service`], for [`ServerTls::replace`].
///
/// # Errors
/// [`TlsError`].
pub fn service_server(identity: &Credentials, time: Arc<dyn TimeProvider>) -> Result<ServerConfig, TlsError> {
    let builder = ServerConfig::builder_with_details(provider(), time).with_protocol_versions(&[&TLS13])?;
    Ok(hardened(builder.with_no_client_auth().with_cert_resolver(Arc::new(BySni::new(std::slice::from_ref(identity))?))))
}

/// What a program shows and believes when it dials others of the federation. Replaceable: the next connection uses the new identity.
#[derive(Debug, Clone)]
pub struct FederationTls {
    identity: Arc<watch::Sender<Arc<Credentials>>>,
    trust: Trust,
}

impl FederationTls {
    /// Dials with this identity under these rules.
    ///
    /// # Errors
    /// [`TlsError::NotIdentity`].
    pub fn new(identity: Credentials, trust: Trust) -> Result<Self, TlsError> {
        check_identity(&identity, &trust.trust_domain)?;
        Ok(Self { identity: Arc::new(watch::Sender::new(Arc::new(identity))), trust })
    }

    /// Takes another identity and bundle for every connection from now on.
    ///
    /// # Errors
    /// [`TlsError::NotIdentity`]; then the old one stays.
    pub fn replace(&self, identity: Credentials) -> Result<(), TlsError> {
        check_identity(&identity, &self.trust.trust_domain)?;
        self.identity.send_replace(Arc::new(identity));
        Ok(())
    }

    /// The configuration for one connection to exactly this region's program.
    ///
    /// # Errors
    /// [`TlsError::Library`].
    pub fn config_for(&self, expected: &SpiffeId) -> Result<ClientConfig, TlsError> {
        let identity = self.identity.borrow().clone();
        let verifier = Arc::new(ServerIdentity { judge: self.trust.judge(&identity.bundle)?, expected: expected.clone() });
        let config = ClientConfig::builder_with_details(provider(), Arc::clone(&self.trust.time))
            .with_protocol_versions(&[&TLS13])?
            .dangerous() // The library's word for any verifier of one's own; ours checks more, not less.
            .with_custom_certificate_verifier(verifier)
            .with_client_auth_cert(identity.chain.clone(), identity.key.to_der())?;
        Ok(client_hardened(config))
    }
}

/// A client of a service listener: the ordinary check of the name against a bundle, no client certificate.
///
/// # Errors
/// [`TlsError::Library`].
pub fn service_client(bundle: &TrustBundle, time: Arc<dyn TimeProvider>) -> Result<ClientConfig, TlsError> {
    let config = ClientConfig::builder_with_details(provider(), time)
        .with_protocol_versions(&[&TLS13])?
        .with_root_certificates(roots(bundle)?)
        .with_no_client_auth();
    Ok(client_hardened(config))
}

/// A name as TLS wants it.
///
/// # Errors
/// [`TlsError::Name`].
pub fn server_name(name: &str) -> Result<ServerName<'static>, TlsError> {
    ServerName::try_from(name.to_owned()).map_err(|_| TlsError::Name(name.to_owned()))
}

fn hardened(mut config: ServerConfig) -> ServerConfig {
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config
}

fn client_hardened(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![b"h2".to_vec()];
    config.resumption = Resumption::disabled();
    config
}

fn roots(bundle: &TrustBundle) -> Result<RootCertStore, TlsError> {
    let mut store = RootCertStore::empty();
    for authority in bundle.authorities() {
        store.add(authority.clone())?;
    }
    Ok(store)
}

fn check_identity(identity: &Credentials, trust_domain: &TrustDomain) -> Result<(), TlsError> {
    let wrong = |cause: String| TlsError::NotIdentity {
        subject: identity.leaf.subject.clone(),
        trust_domain: trust_domain.clone(),
        cause,
    };
    let id = identity.leaf.spiffe_id().map_err(|e| wrong(e.to_string()))?;
    if id.trust_domain() == trust_domain { Ok(()) } else { Err(wrong(format!("it belongs to {}", id.trust_domain()))) }
}

/// Answers with the certificate whose DNS name the client asks for; with a single one, always with that.
#[derive(Debug)]
struct BySni {
    keys: Vec<(Vec<String>, Arc<CertifiedKey>)>,
}

impl BySni {
    fn new(identities: &[Credentials]) -> Result<Self, TlsError> {
        let provider = provider();
        let key = |identity: &Credentials| CertifiedKey::from_der(identity.chain.clone(), identity.key.to_der(), &provider);
        let keys =
            identities.iter().map(|i| Ok((i.leaf.dns_names.clone(), Arc::new(key(i)?)))).collect::<Result<_, TlsError>>()?;
        Ok(Self { keys })
    }
}

impl ResolvesServerCert for BySni {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if let [(_, only)] = self.keys.as_slice() {
            return Some(Arc::clone(only));
        }
        let asked = hello.server_name()?;
        self.keys.iter().find(|(names, _)| names.iter().any(|name| name == asked)).map(|(_, key)| Arc::clone(key))
    }
}
