//! Serving: open everything, then bind, then work until told to stop.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use changxiao_domain::{clock::Clock, region::RegionId};
use ring::rand::SecureRandom;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};
use tower::Layer as _;

use super::{Machine, Program, certificates::Certificates, commands, load_register, routes};
use crate::{
    channel::{
        FederationTls, Rated, Refusals, Routes, ServerTls, Trust,
        accept::{Admit, accept, admit_all},
        serve as serve_listener,
        tls::real_time,
    },
    config::Config,
    desk::{Desk, Host},
    enrolment::{
        child::Child,
        files,
        parent::Parent,
        renewal::{self, Renewer},
    },
    identity::{
        files::{Credentials, Paths},
        revocation::Revocations,
        scope::ByRegister,
        spiffe::TrustDomain,
        words::date_in_words,
    },
    journal::guard::Guard,
    place::Registers,
    policy::{Door, Listener, Policy, PolicyLayer, SignInRules, check_routes},
    region::{self, Opened},
    revocations,
    signer::Signer,
    telemetry::{
        admin::{self, Admin},
        health::{Ends, Rounds, Standing, Watched},
        metrics,
    },
    writer::Book,
};

/// What a program's own rooms are built from.
pub struct Runtime<P: Program> {
    /// Regions, for handlers.
    pub desk: Desk<P::Book>,
    /// Signers of the regions' checkpoints.
    pub signers: BTreeMap<RegionId, Arc<Signer>>,
    /// Configuration.
    pub config: Config,
    /// Trust domain of every identity.
    pub trust_domain: TrustDomain,
    /// Dials neighbours.
    pub tls: FederationTls,
    /// Revocation lists in force.
    pub revocations: Revocations,
    /// Real time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn SecureRandom + Send + Sync>,
    /// Turns true when the process is to stop.
    pub stop: watch::Receiver<bool>,
    /// What the service listener serves, once it does.
    pub served: Served,
}

/// The services behind the service listener, for rooms that ask them from within, in the name of an account; clones share them.
/// Policy does not stand in front of them here: whoever asks has to ask it.
#[derive(Clone, Default)]
pub struct Served(Arc<Mutex<Option<Routes>>>);

impl Served {
    /// The services; absent before the listener is built.
    #[must_use]
    pub fn get(&self) -> Option<Routes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, routes: Routes) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(routes);
    }
}

impl<P: Program> Runtime<P> {
    /// Files of the federation identity.
    #[must_use]
    pub fn federation_paths(&self) -> Paths {
        commands::federation_paths(&self.config)
    }
}

type Region<P> = (Opened<<P as Program>::Book>, Arc<Signer>);

/// Serves until a signal, or until a region's writer cannot go on.
pub async fn serve<P: Program>(file: &Path, machine: Machine) -> Result<String, String> {
    let config = commands::config::<P>(file)?;
    let service_name = format!("{} {}", P::NAME, config.regions.join(" "));
    let exporter = crate::telemetry::start(&config.logging, &config.tracing, &service_name);
    let exporter = exporter.map_err(|why| format!("{}: {why}", file.display()))?;
    // Kept from the first statement on, or not at all.
    let metrics = config.admin.as_ref().map(|_| metrics::start()).transpose()?;
    let settled = files::settle(&commands::federation_paths(&config)).map_err(|fault| fault.told())?;
    if settled {
        tracing::warn!("finished a replacement of the federation certificate that was interrupted");
    }
    commands::check_to_serve::<P>(file, machine.clock.now())?;
    let registers = Registers::new(load_register(&config)?);
    let (stop, stopping) = watch::channel(false);
    let mut opened = Vec::new();
    for region in config.region_ids() {
        opened.push(open::<P>(&config, &region, &registers, &machine).await?);
    }
    let signers = opened.iter().map(|(region, signer)| (region.place.region.clone(), signer.clone())).collect();

    let now = machine.clock.now();
    let in_words = |fault: &dyn std::fmt::Display| fault.to_string();
    let domain = &config.federation.trust_domain;
    let trust_domain: TrustDomain =
        domain.parse().map_err(|fault| format!("{}: `federation.trust_domain`: {fault}", file.display()))?;
    let scope = Arc::new(ByRegister { registers: registers.clone(), clock: machine.clock.clone() });
    let (revocations, insistence) = (Revocations::default(), config.federation.insistence());
    let lists = revocations.clone();
    for (region, _) in &mut opened {
        region.place.revocations = revocations.clone();
        let stored = revocations::put_in_force(&region.databases.read, &revocations).await;
        stored.map_err(|error| format!("region {}: {error}", region.place.region))?;
    }
    let desk = Desk::new(opened.iter().map(|(region, _)| host(region, &machine, config.sign_in.rules())).collect());
    let trust = Trust::new(trust_domain.clone(), real_time()).with_scope(scope).with_revocations(revocations.clone(), insistence);
    let identity = commands::federation_identity(&config, now)?;
    if now > identity.leaf.not_after {
        let until = date_in_words(identity.leaf.not_after);
        tracing::error!("the federation certificate lapsed on {until}: this region works on by itself and asks for a new one");
    }
    let federation = ServerTls::federation(std::slice::from_ref(&identity), &trust).map_err(|fault| in_words(&fault))?;
    let shown = Credentials::load(&commands::service_paths(&config), now).map_err(|fault| in_words(&fault))?;
    let ends = Arc::new(Ends::default());
    ends.federation(&identity.leaf);
    ends.service(&shown.leaf);
    let clients = commands::client_authorities(&config, now)?;
    let service = ServerTls::service(&shown, clients, real_time()).map_err(|fault| in_words(&fault))?;
    let tls = FederationTls::new(identity, trust).map_err(|fault| in_words(&fault))?;

    let runtime = Runtime::<P> {
        clock: machine.clock.clone(),
        revocations: lists.clone(),
        desk: desk.clone(),
        signers,
        config: config.clone(),
        trust_domain,
        tls: tls.clone(),
        random: machine.random.clone(),
        stop: stopping.clone(),
        served: Served::default(),
    };
    let mut furniture = P::furnish(&runtime)?;
    furniture.jobs.extend(renewer(&runtime).map(|renewer| renewal::start(renewer, stopping.clone())));
    let keeper = Certificates::<P> {
        federation: commands::federation_paths(&config),
        service: commands::service_paths(&config),
        config: config.clone(),
        list: config.federation.revocation_file.clone(),
        grace_ms: insistence.grace_ms,
        tls,
        federation_server: federation.clone(),
        service_server: service.clone(),
        desk: desk.clone(),
        clock: machine.clock.clone(),
        ends: ends.clone(),
    };
    let signals = Signals::listen()?;
    let federation_listener = bind(&config.federation.listen, "federation.listen", file).await?;
    let service_listener = bind(&config.service.listen, "service.listen", file).await?;
    let admin_listener = match &config.admin {
        Some(admin) => Some(bind(&admin.listen, "admin.listen", file).await?),
        None => None,
    };
    let refusals = Refusals::default();
    let limits = config.limits.of_listener();
    let incoming = accept(federation_listener, federation, neighbours(&desk), refusals.clone(), limits.clone(), stopping.clone());
    let incoming = incoming.named("federation");
    let federation = routes::federation(&runtime, &furniture);
    check_routes(Listener::Federation, P::table(), federation.names())?;
    let parents = PolicyLayer(Policy::federation(P::table()));
    let federation = parents.layer(Rated::new(federation, &limits));
    let federation = tokio::spawn(serve_listener(federation, incoming, stopping.clone()));
    let incoming = accept(service_listener, service, admit_all(), refusals, limits.clone(), stopping.clone());
    let doors = desk.hosts().map(|host| (host.place.region.clone(), host.door.clone())).collect();
    let policy = PolicyLayer(Policy::service(P::table(), doors));
    let (service, health) = routes::service(&runtime, &furniture).await?;
    check_routes(Listener::Service, P::table(), service.names())?;
    let services: Vec<&'static str> = service.names().collect();
    runtime.served.set(service.clone());
    let incoming = incoming.named("service");
    let service = policy.layer(Rated::new(service, &limits));
    let service = tokio::spawn(serve_listener(service, incoming, stopping.clone()));
    opened.iter().for_each(|(_, signer)| scrub(signer.clone()));
    let standing = Standing::default();
    let rounds = Rounds {
        regions: opened.iter().map(|(region, _)| watched(region, &furniture)).collect(),
        data: config.data_directory.clone(),
        certificates: ends,
        revocations,
        services: services.clone(),
        clock: machine.clock.clone(),
        reporter: health.clone(),
        standing: standing.clone(),
    };
    let mut watchers = tokio::task::JoinSet::new();
    watchers.spawn(rounds.go());
    if let Some((listener, metrics)) = admin_listener.zip(metrics) {
        watchers.spawn(admin::serve(listener, Admin { metrics, standing }));
    }
    let keeping = tokio::spawn(keeper.keep());
    tracing::info!(federation.listen = %config.federation.listen, service.listen = %config.service.listen, "serving");

    let outcome = until_stopped(signals, &opened).await;
    tracing::info!("stopping");
    // Health says so until the end.
    watchers.shutdown().await;
    for service in services.into_iter().chain([""]) {
        health.set_service_status(service, tonic_health::ServingStatus::NotServing).await;
    }
    let _ = stop.send(true);
    watchdog();
    let _ = tokio::join!(federation, service);
    keeping.abort();
    furniture.jobs.iter().for_each(tokio::task::JoinHandle::abort);
    let mut closing = tokio::task::JoinSet::new();
    for (region, _) in opened {
        closing.spawn(close(region));
    }
    while closing.join_next().await.is_some() {}
    tracing::info!("stopped");
    if let Some(exporter) = exporter {
        exporter.close(CLOSE_WITHIN).await;
    }
    outcome.map(|()| String::new())
}

/// What keeps the federation identity, if a region above is configured.
fn renewer<P: Program>(runtime: &Runtime<P>) -> Option<Renewer> {
    let config = &runtime.config;
    let (above, address) = config.enrolment.above()?;
    let id = runtime.tls.identity().leaf.spiffe_id().ok()?;
    let key = runtime.desk.host(id.region()).ok()?.key.clone();
    let child = Child {
        id,
        parent: above.clone(),
        key,
        paths: commands::federation_paths(config),
        address: config.enrolment.federation_address.clone().unwrap_or_else(|| config.federation.listen.clone()),
        clock: runtime.clock.clone(),
        random: runtime.random.clone(),
    };
    let parent = Parent {
        region: above,
        address: address.to_owned(),
        name: config.enrolment.parent_name.clone(),
        clock: runtime.clock.clone(),
        time: real_time(),
    };
    Some(Renewer { child, parent, tls: runtime.tls.clone(), revocations: runtime.revocations.clone() })
}

fn watched<B: Book>(region: &Opened<B>, furniture: &super::Furniture) -> Watched {
    let below = furniture.below.get(&region.place.region).cloned();
    Watched { place: region.place.clone(), read: region.databases.read.clone(), below }
}

/// From the signal to the end of the process, whatever hangs.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// For the last group of a writer, and again for closing its database.
const CLOSE_WITHIN: Duration = Duration::from_millis(700);

/// Ends the process when an orderly stop takes too long. A thread of its own, so that nothing the runtime does can hold it up; what was
/// acknowledged is on disk already.
fn watchdog() {
    std::thread::spawn(|| {
        std::thread::sleep(STOP_WITHIN);
        tracing::error!("the stop took too long; ending without waiting any more");
        std::process::exit(1);
    });
}

/// Lets the writer commit its last group, then closes the database.
async fn close<B: Book>(region: Opened<B>) {
    region.writer.close();
    let _ = tokio::time::timeout(CLOSE_WITHIN, region.task).await;
    // Closing the last connection writes the log into the database, so that the file alone is a whole copy.
    let _ = tokio::time::timeout(CLOSE_WITHIN, region.databases.close()).await;
}

/// Checks the whole journal behind the first answers.
fn scrub(signer: Arc<Signer>) {
    tokio::spawn(async move {
        if let Err(error) = signer.scrub().await {
            tracing::error!(error = %error, "the journal could not be scrubbed");
        }
    });
}

/// The signals that ask for an orderly stop. They are listened for before a socket opens: until then each would end the process at once.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Result<Self, String> {
        let no_signals = |error| format!("signals cannot be received: {error}");
        let terminate = signal(SignalKind::terminate()).map_err(no_signals)?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt()).map_err(no_signals)? })
    }
}

/// Ends at a signal, or when a writer has ended by itself.
async fn until_stopped<B: Book>(mut signals: Signals, opened: &[(Opened<B>, Arc<Signer>)]) -> Result<(), String> {
    let writers = async {
        let mut tick = tokio::time::interval(Duration::from_millis(200));
        loop {
            tick.tick().await;
            if let Some((region, _)) = opened.iter().find(|(region, _)| region.task.is_finished()) {
                return format!("the writer of {} has stopped; the log says why; start again to recover", region.place.region);
            }
        }
    };
    tokio::select! {
        _ = signals.terminate.recv() => Ok(()),
        _ = signals.interrupt.recv() => Ok(()),
        why = writers => Err(why),
    }
}

async fn bind(address: &str, key: &str, file: &Path) -> Result<TcpListener, String> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| {
        format!("{}: `{key}` = {address}: {error}; choose an address of this machine and a free port", file.display())
    })
}

async fn open<P: Program>(
    config: &Config,
    region: &RegionId,
    registers: &Registers,
    machine: &Machine,
) -> Result<Region<P>, String> {
    let files = config.files(region)?;
    let guard = Guard::open(files.guard()).map_err(|fault| format!("region {region}: {fault}"))?;
    let (clock, random) = (machine.clock.clone(), machine.random.clone());
    let book = |place: &crate::place::Place, since| Arc::new(P::book(&place.region, since));
    let opened = region::open(region, files, registers.clone(), clock, random, P::migrations, book)
        .await
        .map_err(|fault| fault.to_string())?;
    let signer = Arc::new(Signer::new(opened.place.clone(), opened.key.clone(), guard, opened.databases.read.clone()));
    signer.start_check().await.map_err(|error| format!("region {region}: {error}"))?;
    tracing::info!(
        region = %region,
        database.version = %opened.databases.version,
        database.term = opened.databases.write.term(),
        sandbox = opened.place.sandbox,
        journal.head = *opened.place.head.borrow(),
        "region is open"
    );
    Ok((opened, signer))
}

fn host<B: Book>(opened: &Opened<B>, machine: &Machine, rules: SignInRules) -> (RegionId, Arc<Host<B>>) {
    let (read, write) = (opened.databases.read.clone(), opened.databases.write.clone());
    let door = Arc::new(Door::new(read, write, opened.place.clock.clone(), machine.clock.clone(), rules));
    let host = Host {
        place: opened.place.clone(),
        read: opened.databases.read.clone(),
        write: opened.databases.write.clone(),
        writer: opened.writer.clone(),
        key: opened.key.clone(),
        door,
    };
    (opened.place.region.clone(), Arc::new(host))
}

/// Only the parent of a region hosted here has any business on the federation listener.
fn neighbours<B: Book>(desk: &Desk<B>) -> Admit {
    let desk = desk.clone();
    Arc::new(move |peer| {
        let Some(spiffe) = &peer.spiffe else { return Err("no SPIFFE id".to_owned()) };
        let parent_of_one = desk.hosts().any(|host| {
            let today = host.place.clock.now().date();
            host.place.registers.current().parent(&host.place.region, today) == Some(spiffe.region())
        });
        if parent_of_one { Ok(()) } else { Err(format!("{spiffe} is not the parent of a region hosted here")) }
    })
}
