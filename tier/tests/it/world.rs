//! A throw-away trust domain with servers on loopback.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use changxiao_domain::clock::{DAY_MS, Instant};
use changxiao_domain::region::RegionId;
use changxiao_tier::channel::accept::admit_all;
use changxiao_tier::channel::{
    Admit, FederationTls, Limits, PeerInfo, Refusals, Refused, Routes, ServerTls, Stopped, Trust, accept, federation_channel,
    serve,
};
use changxiao_tier::identity::ca::Authority;
use changxiao_tier::identity::files::{Credentials, Paths};
use changxiao_tier::identity::key::KeyMaterial;
use changxiao_tier::identity::scope::Scope;
use changxiao_tier::identity::{Leaf, Role, SpiffeId, TrustDomain};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, Issuer, KeyPair, SanType, SerialNumber};
use rustls::pki_types::{PrivateKeyDer, UnixTime};
use rustls::time_provider::TimeProvider;
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;
use tonic::service::interceptor::InterceptorLayer;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::Layer as _;

pub const DOMAIN: &str = "test.example";
/// 2026-11-24 05:00 (UTC+8).
pub const NOW: Instant = Instant::from_ms(1_795_467_600_000);

/// TLS time that tests move.
#[derive(Debug)]
pub struct Time(AtomicI64);

impl Time {
    pub fn at(now: Instant) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now.ms())))
    }

    pub fn set(&self, now: Instant) {
        self.0.store(now.ms(), Ordering::SeqCst);
    }
}

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.load(Ordering::SeqCst) / 1_000).unwrap();
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

pub fn trust_domain() -> TrustDomain {
    DOMAIN.parse().unwrap()
}

pub fn node(region: &str) -> SpiffeId {
    SpiffeId::new(trust_domain(), region.parse().unwrap(), Role::Node).unwrap()
}

pub fn aggregator(region: &str) -> SpiffeId {
    SpiffeId::new(trust_domain(), region.parse().unwrap(), Role::Aggregator).unwrap()
}

/// A register by name: `bs-tengchong` lies below `bs`, everything below `yn`; regions with a hyphen are counties.
pub struct ByPrefix;

impl Scope for ByPrefix {
    fn may_issue(&self, authority: &RegionId, id: &SpiffeId) -> bool {
        authority == id.region() || self.above(authority, id.region())
    }

    fn fits(&self, id: &SpiffeId) -> bool {
        id.region().as_str().contains('-') == (id.role() == Role::Node)
    }

    fn above(&self, above: &RegionId, below: &RegionId) -> bool {
        above != below && (above.as_str() == "yn" || below.as_str().starts_with(above.as_str()))
    }

    fn is_top(&self, region: &RegionId) -> bool {
        region.as_str() == "yn"
    }
}

/// A root on disk and whatever it issues beside it.
pub struct World {
    pub dir: TempDir,
    pub time: Arc<Time>,
}

impl World {
    pub fn new() -> Self {
        let world = Self { dir: tempfile::tempdir().unwrap(), time: Time::at(NOW) };
        let root = Authority::init(&trust_domain(), NOW, 3_650).unwrap();
        root.write(&world.path("ca")).unwrap();
        world
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn root(&self) -> Authority {
        Authority::open(&self.path("ca"), NOW).unwrap()
    }

    /// Seven days for a region's program, from the root.
    pub fn credentials(&self, id: &SpiffeId) -> Credentials {
        self.credentials_from(&self.root(), id)
    }

    pub fn credentials_from(&self, authority: &Authority, id: &SpiffeId) -> Credentials {
        let issued = authority.issue(id.region(), id.role(), NOW, 7).unwrap();
        let out = self.path(&issued.leaf.serial);
        Credentials::load(&issued.write(&out).unwrap(), NOW).unwrap()
    }

    /// A certificate signed by the root with any names, uses and days, as a careless or hostile holder of the root key could make.
    pub fn forged(&self, forgery: &Forgery<'_>) -> Credentials {
        let ca = Credentials::load(&Paths::in_dir(&self.path("ca")), NOW).unwrap();
        let issuer_key = KeyPair::try_from(&ca.key.to_der()).unwrap();
        let issuer = Issuer::from_ca_cert_der(&ca.chain[0], issuer_key).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "forged");
        params.serial_number = Some(SerialNumber::from_slice(&[0x5e, 0xed]));
        params.extended_key_usages = forgery.usages.to_vec();
        let uri = |u: &&str| SanType::URI((*u).try_into().unwrap());
        params.subject_alt_names = forgery.uris.iter().map(uri).collect();
        let dns = |d: &&str| SanType::DnsName((*d).try_into().unwrap());
        params.subject_alt_names.extend(forgery.dns.iter().map(dns));
        let stamp = |days: i64| {
            let at = NOW.plus_ms(days * DAY_MS).ms() / 1_000;
            OffsetDateTime::from_unix_timestamp(at).unwrap()
        };
        (params.not_before, params.not_after) = (stamp(forgery.days.0), stamp(forgery.days.1));
        let certificate = params.signed_by(&key, &issuer).unwrap();
        Credentials {
            leaf: Leaf::read(certificate.der()).unwrap(),
            chain: vec![certificate.der().clone()],
            key: KeyMaterial::new(PrivateKeyDer::try_from(key.serialize_der()).unwrap()),
            bundle: ca.bundle,
        }
    }

    pub fn trust(&self) -> Trust {
        Trust::new(trust_domain(), self.time.clone())
    }

    pub fn dialler(&self, id: &SpiffeId) -> FederationTls {
        FederationTls::new(self.credentials(id), self.trust()).unwrap()
    }

    pub fn channel(&self, server: &Server, from: &SpiffeId, to: &SpiffeId) -> Channel {
        federation_channel(&server.addr.to_string(), to.clone(), &self.dialler(from)).unwrap()
    }

    /// A federation listener of one region that admits everybody, with the usual limits.
    pub async fn serve(&self, id: &SpiffeId) -> Server {
        self.serve_with(id, admit_all(), Limits::default()).await
    }

    /// A federation listener of one region that serves something else than health.
    pub async fn serve_routes(&self, id: &SpiffeId, routes: Routes) -> Server {
        let tls = ServerTls::federation(&[self.credentials(id)], &self.trust()).unwrap();
        Server::start_with(tls, admit_all(), Limits::default(), routes).await
    }

    /// With these limits as they are, the grace among them.
    pub async fn serve_patient(&self, id: &SpiffeId, limits: Limits) -> Server {
        let tls = ServerTls::federation(&[self.credentials(id)], &self.trust()).unwrap();
        let (_, health) = tonic_health::server::health_reporter();
        Server::start_as_told(tls, admit_all(), limits, Routes::default().with(health)).await
    }

    pub async fn serve_with(&self, id: &SpiffeId, admit: Admit, limits: Limits) -> Server {
        let tls = ServerTls::federation(&[self.credentials(id)], &self.trust()).unwrap();
        Server::start(tls, admit, limits).await
    }
}

/// What a forged certificate says. `days` are counted from [`NOW`].
pub struct Forgery<'a> {
    pub uris: &'a [&'a str],
    pub dns: &'a [&'a str],
    pub usages: &'a [ExtendedKeyUsagePurpose],
    pub days: (i64, i64),
}

pub const BOTH_USES: &[ExtendedKeyUsagePurpose] = &[ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];

/// A health service that remembers who called.
pub struct Server {
    pub addr: SocketAddr,
    pub tls: ServerTls,
    pub refusals: Refusals,
    pub seen: Arc<Mutex<Vec<PeerInfo>>>,
    pub stop: watch::Sender<bool>,
    pub done: JoinHandle<Stopped>,
    feed: broadcast::Receiver<Refused>,
}

impl Server {
    pub async fn start(tls: ServerTls, admit: Admit, limits: Limits) -> Self {
        let (_, health) = tonic_health::server::health_reporter();
        Self::start_with(tls, admit, limits, Routes::default().with(health)).await
    }

    pub async fn start_with(tls: ServerTls, admit: Admit, limits: Limits, routes: Routes) -> Self {
        Self::start_as_told(tls, admit, Limits { grace: Duration::from_millis(200), ..limits }, routes).await
    }

    pub async fn start_as_told(tls: ServerTls, admit: Admit, limits: Limits, routes: Routes) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let refusals = Refusals::default();
        let (stop, stopping) = watch::channel(false);
        let incoming = accept(listener, tls.clone(), admit, refusals.clone(), limits, stopping.clone());
        let seen: Arc<Mutex<Vec<PeerInfo>>> = Arc::default();
        let record = seen.clone();
        let recording = InterceptorLayer::new(move |request: tonic::Request<()>| {
            let peer = request.extensions().get::<PeerInfo>().unwrap();
            record.lock().unwrap().push(peer.clone());
            Ok(request)
        });
        let done = tokio::spawn(serve(recording.layer(routes), incoming, stopping));
        let feed = refusals.subscribe();
        Self { addr, tls, refusals, seen, stop, done, feed }
    }

    /// Waits for the next refusal.
    pub async fn refused(&mut self) -> Refused {
        soon(self.feed.recv()).await.unwrap()
    }

    pub fn callers(&self) -> Vec<PeerInfo> {
        self.seen.lock().unwrap().clone()
    }
}

/// Turns a wait that would never end into a failure. Nothing is asserted about time.
pub async fn soon<F: Future>(wait: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(30), wait).await.expect("what the test waits for did not happen")
}

/// One call; `Err` is the reason in words.
pub async fn check(channel: &Channel) -> Result<(), String> {
    match HealthClient::new(channel.clone()).check(HealthCheckRequest::default()).await {
        Ok(_) => Ok(()),
        Err(status) => {
            assert!(changxiao_tier::channel::is_transport(&status), "{status:?} is not a failure of the connection");
            Err(changxiao_tier::channel::why(&status))
        }
    }
}
