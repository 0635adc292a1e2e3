//! The one place where TLS configurations are built, for production and for tests.
//!
//! TLS 1.3 only, the ring provider named explicitly (another crate may bring a second one), ALPN `h2`, and no tickets or resumption:
//! a resumed session would skip every check of the certificate.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::time_provider::{DefaultTimeProvider, TimeProvider};
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::sync::watch;

use super::accounts::{AccountJudge, ClientAccount};
use super::verify::{Cause, CertificateRefused, ClientIdentity, End, Judge, Named, ServerIdentity};
use crate::identity::files::{Credentials, TrustBundle};
use crate::identity::revocation::{Insistence, Revocations};
use crate::identity::scope::{Bare, Scope};
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
    /// Not an authority of clients of a region here.
    #[error("`service.client_authority_file`: {0}; make one with `identity init-clients`")]
    ClientAuthority(String),
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
            Self::ClientAuthority(_) => "TLS_CLIENT_AUTHORITY",
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
    scope: Arc<dyn Scope>,
    revocations: Revocations,
    insistence: Insistence,
    time: Arc<dyn TimeProvider>,
}

impl Trust {
    /// Rules under which a city's authority may name only the city itself, until a register says more. The root may name any region.
    pub fn new(trust_domain: TrustDomain, time: Arc<dyn TimeProvider>) -> Self {
        let (revocations, insistence) = (Revocations::default(), Insistence::default());
        Self { trust_domain, scope: Arc::new(Bare), revocations, insistence, time }
    }

    /// Asks the register about every leaf.
    #[must_use]
    pub fn with_scope(self, scope: Arc<dyn Scope>) -> Self {
        Self { scope, ..self }
    }

    /// Asks these revocation lists about every certificate, at every handshake and again and again while a connection is open.
    #[must_use]
    pub fn with_revocations(self, revocations: Revocations, insistence: Insistence) -> Self {
        Self { revocations, insistence, ..self }
    }

    /// TLS time: real in production, whatever drives the business clock.
    pub fn time(&self) -> &Arc<dyn TimeProvider> {
        &self.time
    }

    fn judge(&self, bundle: &TrustBundle) -> Result<Arc<Judge>, TlsError> {
        let roots = roots(bundle)?;
        let algorithms = provider().signature_verification_algorithms;
        Ok(Arc::new(Judge {
            roots,
            algorithms,
            trust_domain: self.trust_domain.clone(),
            scope: Arc::clone(&self.scope),
            revocations: self.revocations.clone(),
            insistence: self.insistence,
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
    side: Arc<watch::Sender<ServerSide>>,
    time: Arc<dyn TimeProvider>,
}

/// What a server shows, and by what it judges those who come; built by [`federation_server`] and [`service_server`].
#[derive(Debug, Clone)]
pub struct ServerSide {
    config: Arc<ServerConfig>,
    judge: Option<Arc<Judge>>,
    accounts: Option<Arc<AccountJudge>>,
}

impl ServerTls {
    /// The federation listener: a client certificate is demanded and judged. With several identities SNI picks the one to show;
    /// clients are believed by the bundle of the first, since all regions of a process share one trust domain.
    ///
    /// # Errors
    /// [`TlsError`]; every identity must be one of the trust domain, with its DNS name beside it.
    pub fn federation(identities: &[Credentials], trust: &Trust) -> Result<Self, TlsError> {
        let side = federation_server(identities, trust)?;
        Ok(Self { side: Arc::new(watch::Sender::new(side)), time: Arc::clone(&trust.time) })
    }

    /// The service listener: server TLS. Callers may show a client certificate that `accounts` believe; else they prove themselves by
    /// other means.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn service(
        identity: &Credentials,
        accounts: Option<Arc<AccountJudge>>,
        time: Arc<dyn TimeProvider>,
    ) -> Result<Self, TlsError> {
        let side = service_server(identity, accounts, Arc::clone(&time))?;
        Ok(Self { side: Arc::new(watch::Sender::new(side)), time })
    }

    /// Takes another configuration for every connection from now on. It is replaced whole, so nothing of the old trust remains; open
    /// connections are judged by the new trust within seconds.
    pub fn replace(&self, side: ServerSide) {
        self.side.send_replace(side);
    }

    /// The configuration for the next connection.
    pub fn current(&self) -> Arc<ServerConfig> {
        self.side.borrow().config.clone()
    }

    /// Judges a client of an open connection as if it came now.
    ///
    /// # Errors
    /// What is wrong with its certificate by now.
    pub(super) fn judge_again(&self, shown: &[CertificateDer<'_>]) -> Result<(), CertificateRefused> {
        let side = self.side.borrow().clone();
        match (side.judge, side.accounts, self.time.current_time()) {
            (Some(judge), _, Some(now)) => judge.again(End::Client, shown, now),
            (None, Some(accounts), Some(now)) => accounts.again(shown, now),
            // Nobody is judged here; a machine that cannot tell the time opens no connection either.
            (None, None, _) | (_, _, None) => Ok(()),
        }
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
pub fn federation_server(identities: &[Credentials], trust: &Trust) -> Result<ServerSide, TlsError> {
    let first = identities.first().ok_or(TlsError::NoIdentity)?;
    for identity in identities {
        check_identity(identity, &trust.trust_domain)?;
    }
    let judge = trust.judge(&first.bundle)?;
    let verifier = Arc::new(ClientIdentity(Arc::clone(&judge)));
    let builder = ServerConfig::builder_with_details(provider(), Arc::clone(&trust.time)).with_protocol_versions(&[&TLS13])?;
    let config = hardened(builder.with_client_cert_verifier(verifier).with_cert_resolver(Arc::new(BySni::new(identities)?)));
    Ok(ServerSide { config: Arc::new(config), judge: Some(judge), accounts: None })
}

/// Builds the configuration behind [`ServerTls::service`], for [`ServerTls::replace`].
///
/// # Errors
/// [`TlsError`].
pub fn service_server(
    identity: &Credentials,
    accounts: Option<Arc<AccountJudge>>,
    time: Arc<dyn TimeProvider>,
) -> Result<ServerSide, TlsError> {
    let builder = ServerConfig::builder_with_details(provider(), time).with_protocol_versions(&[&TLS13])?;
    let builder = match &accounts {
        Some(accounts) => builder.with_client_cert_verifier(Arc::new(ClientAccount(Arc::clone(accounts)))),
        None => builder.with_no_client_auth(),
    };
    let config = hardened(builder.with_cert_resolver(Arc::new(BySni::new(std::slice::from_ref(identity))?)));
    Ok(ServerSide { config: Arc::new(config), judge: None, accounts })
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

    /// What is shown at the next connection.
    pub fn identity(&self) -> Arc<Credentials> {
        self.identity.borrow().clone()
    }

    /// The rules by which others are believed.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Judges a server of an open connection as if it were dialled now.
    ///
    /// # Errors
    /// What is wrong with its certificate by now.
    pub(super) fn judge_again(&self, shown: &[CertificateDer<'_>]) -> Result<(), CertificateRefused> {
        let identity = self.identity();
        match (self.trust.judge(&identity.bundle), self.trust.time.current_time()) {
            (Ok(judge), Some(now)) => judge.again(End::Server, shown, now),
            // The bundle was taken into use once; a machine that cannot tell the time opens no connection either.
            _ => Ok(()),
        }
    }

    /// Whose certificate this is, judged as if its holder came to the federation listener now: authority, register, lists, dates.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn judge_shown(&self, shown: &[CertificateDer<'_>]) -> Result<SpiffeId, CertificateRefused> {
        let refused = |cause| CertificateRefused { cause, leaf: None };
        let (leaf, between) = shown.split_first().ok_or_else(|| refused(Cause::Path("there is none".to_owned())))?;
        let judge = self.trust.judge(&self.identity().bundle).map_err(|fault| refused(Cause::Path(fault.to_string())))?;
        let now = self.trust.time.current_time().ok_or_else(|| refused(Cause::Path("this machine has no time".to_owned())))?;
        judge.judge(End::Client, leaf, between, now)
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

/// A client of a service listener: the ordinary check of the name against a bundle; it may show a certificate that names its account.
///
/// # Errors
/// [`TlsError::Library`].
pub fn service_client(
    bundle: &TrustBundle,
    account: Option<&Credentials>,
    time: Arc<dyn TimeProvider>,
) -> Result<ClientConfig, TlsError> {
    let builder = ClientConfig::builder_with_details(provider(), time)
        .with_protocol_versions(&[&TLS13])?
        .with_root_certificates(roots(bundle)?);
    let config = match account {
        Some(account) => builder.with_client_auth_cert(account.chain.clone(), account.key.to_der())?,
        None => builder.with_no_client_auth(),
    };
    Ok(client_hardened(config))
}

/// A client that believes no authority: with `only`, exactly the holder of that certificate, which was vouched for elsewhere; without,
/// whoever answers, for asking which authority stands there before anything else is said.
///
/// # Errors
/// [`TlsError::Library`].
pub fn named_client(only: Option<CertificateDer<'static>>, time: Arc<dyn TimeProvider>) -> Result<ClientConfig, TlsError> {
    let algorithms = provider().signature_verification_algorithms;
    let config = ClientConfig::builder_with_details(provider(), time)
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Named { only, algorithms }))
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
