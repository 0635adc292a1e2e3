//! A small network on loopback. Every region, counties included, keeps an aggregator's book: what a county shows here are
//! link facts, which travel like any other.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use changxiao_aggregator::{
    book::Ledger,
    cli::register::{Named, build},
    grpc::issuing::Issuing,
    jobs::neighbour::pace,
    migration,
    program::{Rooms, dial, rooms},
};
use changxiao_domain::{
    actor::{Actor, Role as Duty},
    clock::{Clock, Date, Instant},
    period::Month,
    region::RegionId,
    register::Register,
};
use changxiao_proto::{
    convert::register::{decode, unseal},
    federation::v1::{directives_server::DirectivesServer, feed_server::FeedServer},
};
use changxiao_tier::{
    channel::{FederationTls, Limits, Refusals, Routes, ServerTls, Trust, accept, accept::admit_all, serve, tls::real_time},
    config::SignIn,
    desk::{Desk, Host},
    directives::serve::{DirectivesRegion, DirectivesService},
    fault::Fault,
    feed::{FeedRegion, FeedService},
    identity::{Role, SpiffeId, TrustDomain, ca::Authority, files::Credentials},
    journal::{checkpoint::PublicKey, guard::Guard},
    place::Registers,
    policy::Door,
    region::{self, Files, Opened},
    signer::Signer,
    writer::{Command, Submission},
};
use ring::rand::SystemRandom;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// Start of every business clock.
pub fn begin() -> Instant {
    Instant::start_of(Date::constant(2015, 8, 1))
}

pub fn id(region: &str) -> RegionId {
    region.parse().unwrap()
}

/// The machine's time, for certificates only.
pub struct Real;

impl Clock for Real {
    #[allow(clippy::disallowed_methods)]
    fn now(&self) -> Instant {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Instant::from_ms(i64::try_from(since.as_millis()).unwrap())
    }
}

/// An officer who sees every industry.
pub fn officer() -> Actor {
    let roles = vec![Duty::OversightOfficer, Duty::Administrator];
    Actor::Account { id: "officer-1".parse().unwrap(), roles, scope: changxiao_domain::scope::Scope::WHOLE }
}

/// Turns a wait that would never end into a failure, by looking again and again. Nothing is asserted about time.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let wait = async {
        let mut tick = tokio::time::interval(Duration::from_millis(20));
        loop {
            tick.tick().await;
            if let Some(found) = look().await {
                return found;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.unwrap_or_else(|_| panic!("{what} did not happen"))
}

pub struct World {
    pub directory: TempDir,
    addresses: BTreeMap<String, std::net::SocketAddr>,
    pub register: Register,
}

/// One region that serves.
pub struct Running {
    pub host: Arc<Host<Ledger>>,
    pub rooms: Rooms,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
    writer: JoinHandle<()>,
}

impl World {
    /// Journals, identities and a register for these regions; the first is the one at the top.
    pub async fn new(regions: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let now = Real.now();
        let root = Authority::init(&domain(), now, 3_650).unwrap();
        root.write(&directory.path().join("ca")).unwrap();
        let (mut nodes, mut addresses): (Vec<Named>, _) = (Vec::new(), BTreeMap::new());
        for region in regions {
            let files = files(&directory, region);
            let random = Arc::new(SystemRandom::new());
            let made = region::init(&id(region), &files, Some(begin()), now, random, migration::all, Arc::new(Ledger)).await;
            let key: PublicKey = made.unwrap();
            let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
            addresses.insert((*region).to_owned(), free);
            nodes.push((id(region), free.to_string(), key));
        }
        let key = region::load_key(&files(&directory, regions[0])).unwrap();
        let signed = build(&id(regions[0]), &key, &nodes, Month::new(2015, 8).unwrap(), 1).unwrap();
        std::fs::write(directory.path().join("register.signed"), &signed).unwrap();
        let register = decode(&unseal(&signed).unwrap().0).unwrap();
        Self { directory, addresses, register }
    }

    pub fn files(&self, region: &str) -> Files {
        files(&self.directory, region)
    }

    pub fn credentials(&self, spiffe: &SpiffeId) -> Credentials {
        let now = Real.now();
        let authority = Authority::open(&self.directory.path().join("ca"), now).unwrap();
        let issued = authority.issue(spiffe.region(), spiffe.role(), now, 7).unwrap();
        let out: PathBuf = self.directory.path().join("identities").join(&issued.leaf.serial);
        Credentials::load(&issued.write(&out).unwrap(), now).unwrap()
    }

    /// What issues from the root of this world.
    pub fn issuing(&self, tls: FederationTls, clock: Arc<dyn Clock>) -> Issuing {
        Issuing {
            authority: Some(self.directory.path().join("ca")),
            life_ms: 7 * changxiao_domain::clock::DAY_MS,
            trust_domain: domain(),
            tls,
            clock,
            register_file: self.directory.path().join("register.signed"),
            publisher: "yn".to_owned(),
            service_certificate: self.directory.path().join("ca/cert.pem"),
        }
    }

    /// Opens a region and serves it.
    pub async fn start(&self, region: &str) -> Running {
        let files = self.files(region);
        let registers = Registers::new(self.register.clone());
        let guard = Guard::open(files.guard()).unwrap();
        let random: Arc<SystemRandom> = Arc::new(SystemRandom::new());
        let name = id(region);
        let opened =
            region::open(&name, files, registers, Arc::new(Real), random.clone(), migration::all, |_, _| Arc::new(Ledger));
        let opened: Opened<Ledger> = opened.await.unwrap();
        let signer = Arc::new(Signer::new(opened.place.clone(), opened.key.clone(), guard, opened.databases.read.clone()));
        signer.start_check().await.unwrap();
        let (read, write) = (opened.databases.read.clone(), opened.databases.write.clone());
        let rules = SignIn::default().rules();
        let host = Arc::new(Host {
            place: opened.place.clone(),
            read: opened.databases.read.clone(),
            write: opened.databases.write.clone(),
            writer: opened.writer.clone(),
            key: opened.key.clone(),
            door: Arc::new(Door::new(read, write, opened.place.clock.clone(), Arc::new(Real), rules)),
        });
        let role = if region.contains('-') { Role::Node } else { Role::Aggregator };
        let spiffe = SpiffeId::new(domain(), id(region), role).unwrap();
        let trust = Trust::new(domain(), real_time());
        let identity = self.credentials(&spiffe);
        let tls = ServerTls::federation(std::slice::from_ref(&identity), &trust).unwrap();
        let federation = FederationTls::new(identity, trust).unwrap();
        let dial = dial(federation.clone(), domain());
        let issuing = self.issuing(federation, Arc::new(Real));
        let (stop, stopping) = watch::channel(false);
        let desk = Desk::new(BTreeMap::from([(id(region), host.clone())]));
        let rooms = rooms(&desk, &dial, pace(0.05), issuing, &(random as _), &stopping);
        let (feed, directives) = services(&host, &signer, &rooms);
        let routes = Routes::default().with(feed).with(directives);
        let listener =
            eventually("the address is free again", || async { TcpListener::bind(self.addresses[region]).await.ok() }).await;
        let limits = Limits { grace: Duration::from_millis(100), ..Limits::default() };
        let incoming = accept(listener, tls, admit_all(), Refusals::default(), limits, stopping.clone());
        let server = tokio::spawn(async move {
            serve(routes, incoming, stopping).await;
        });
        let task = opened.task;
        let writer = tokio::spawn(async move { task.await.unwrap().unwrap() });
        Running { host, rooms, stop, server, writer }
    }
}

fn services(
    host: &Arc<Host<Ledger>>,
    signer: &Arc<Signer>,
    rooms: &Rooms,
) -> (FeedServer<FeedService>, DirectivesServer<DirectivesService>) {
    let region = host.place.region.clone();
    let feed = FeedRegion {
        refresh: None,
        place: host.place.clone(),
        signer: signer.clone(),
        read: host.read.clone(),
        write: host.write.clone(),
        through: rooms.through[&region].clone(),
        software: "test".to_owned(),
    };
    let receive = rooms.receive[&region].clone();
    let directives = DirectivesRegion { place: host.place.clone(), read: host.read.clone(), receive };
    (
        FeedServer::new(FeedService::new(BTreeMap::from([(region.clone(), feed)]))),
        DirectivesServer::new(DirectivesService::new(BTreeMap::from([(region, directives)]))),
    )
}

impl Running {
    /// Submits a command as an officer.
    pub async fn submit(&self, command: impl Command<Ledger> + 'static) -> Result<changxiao_proto::types::v1::Receipt, Fault> {
        let submission = Submission { command: Box::new(command), actor: officer(), request: None, validate_only: false };
        self.host.writer.submit(submission).await
    }

    /// Stops serving and closes the database.
    pub async fn stop(self) {
        self.stop.send(true).unwrap();
        self.server.await.unwrap();
        self.rooms.jobs.iter().for_each(JoinHandle::abort);
        self.host.writer.close();
        self.writer.await.unwrap();
        self.host.write.close().await.unwrap();
        self.host.read.clone().close().await.unwrap();
    }
}

pub fn domain() -> TrustDomain {
    "test.example".parse().unwrap()
}

fn files(directory: &TempDir, region: &str) -> Files {
    let database = crate::engine::location(directory.path(), region);
    Files::with_database(directory.path().join(region), database)
}
