//! Serving: open everything, then bind, then work until told to stop.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use changxiao_domain::region::RegionId;
use ring::rand::SecureRandom;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

use super::{Machine, Program, commands, load_register, routes};
use crate::{
    channel::{
        FederationTls, Limits, Refusals, ServerTls, Trust,
        accept::{Admit, accept, admit_all},
        serve_until, server_builder,
        tls::real_time,
    },
    config::Config,
    desk::{Desk, Host},
    identity::{files::Credentials, spiffe::TrustDomain},
    journal::guard::Guard,
    place::Registers,
    policy::{Door, Listener, Policy, PolicyLayer, check_routes},
    region::{self, Files, Opened},
    signer::Signer,
    writer::Book,
};

/// Longest wait for calls under way after a stop.
const GRACE: Duration = Duration::from_secs(8);

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
    /// Randomness.
    pub random: Arc<dyn SecureRandom + Send + Sync>,
    /// Turns true when the process is to stop.
    pub stop: watch::Receiver<bool>,
}

type Region<P> = (Opened<<P as Program>::Book>, Arc<Signer>);

/// Serves until a signal, or until a region's writer cannot go on.
pub async fn serve<P: Program>(file: &Path, machine: Machine) -> Result<String, String> {
    let config = commands::config::<P>(file)?;
    let logging = crate::telemetry::start(&config.logging);
    logging.map_err(|why| format!("{}: `logging.filter`: {why}", file.display()))?;
    commands::check_config::<P>(file, machine.clock.now())?;
    let registers = Registers::new(load_register(&config)?);
    let (stop, stopping) = watch::channel(false);
    let mut opened = Vec::new();
    for region in config.region_ids() {
        opened.push(open::<P>(&config, &region, &registers, &machine).await?);
    }
    let desk = Desk::new(opened.iter().map(|(region, _)| host(region)).collect());
    let signers = opened.iter().map(|(region, signer)| (region.place.region.clone(), signer.clone())).collect();

    let now = machine.clock.now();
    let in_words = |fault: &dyn std::fmt::Display| fault.to_string();
    let domain = &config.federation.trust_domain;
    let trust_domain: TrustDomain =
        domain.parse().map_err(|fault| format!("{}: `federation.trust_domain`: {fault}", file.display()))?;
    let (scope, clock) = (registers.clone(), machine.clock.clone());
    let trust = Trust::new(trust_domain.clone(), real_time())
        .with_scope(Arc::new(move |above, below| scope.current().contains(above, below, clock.now().date())));
    let identity = Credentials::load(&commands::federation_paths(&config), now).map_err(|fault| in_words(&fault))?;
    let federation = ServerTls::federation(std::slice::from_ref(&identity), &trust).map_err(|fault| in_words(&fault))?;
    let shown = Credentials::load(&commands::service_paths(&config), now).map_err(|fault| in_words(&fault))?;
    let service = ServerTls::service(&shown, real_time()).map_err(|fault| in_words(&fault))?;
    let tls = FederationTls::new(identity, trust).map_err(|fault| in_words(&fault))?;

    let runtime = Runtime::<P> {
        desk: desk.clone(),
        signers,
        config: config.clone(),
        trust_domain,
        tls,
        random: machine.random.clone(),
        stop: stopping.clone(),
    };
    let furniture = P::furnish(&runtime)?;
    let signals = Signals::listen()?;
    let federation_listener = bind(&config.federation.listen, "federation.listen", file).await?;
    let service_listener = bind(&config.service.listen, "service.listen", file).await?;
    let refusals = Refusals::default();
    let limits = Limits::default();
    let incoming = accept(federation_listener, federation, neighbours(&desk), refusals.clone(), limits.clone(), stopping.clone());
    let federation = routes::federation(&runtime, &furniture);
    check_routes(Listener::Federation, P::table(), federation.names())?;
    let parents = PolicyLayer(Policy::federation(P::table()));
    let federation = tokio::spawn(serve_until(server_builder().layer(parents), federation, incoming, stopping.clone(), GRACE));
    let incoming = accept(service_listener, service, admit_all(), refusals, limits, stopping.clone());
    let doors = desk.hosts().map(|host| (host.place.region.clone(), host.door.clone())).collect();
    let policy = PolicyLayer(Policy::service(P::table(), doors));
    let (service, health) = routes::service(&runtime, &furniture).await?;
    check_routes(Listener::Service, P::table(), service.names())?;
    let service = tokio::spawn(serve_until(server_builder().layer(policy), service, incoming, stopping.clone(), GRACE));
    opened.iter().for_each(|(_, signer)| scrub(signer.clone()));
    tracing::info!(federation.listen = %config.federation.listen, service.listen = %config.service.listen, "serving");

    let outcome = until_stopped(signals, &opened).await;
    tracing::info!("stopping");
    health.set_service_status("", tonic_health::ServingStatus::NotServing).await;
    let _ = stop.send(true);
    let _ = tokio::join!(federation, service);
    furniture.jobs.iter().for_each(tokio::task::JoinHandle::abort);
    for (region, _) in opened {
        region.writer.close();
        let _ = tokio::time::timeout(Duration::from_secs(2), region.task).await;
        // Closing the last connection writes the log into the database, so that the file alone is a whole copy.
        for connection in [region.databases.read, region.databases.write] {
            let _ = tokio::time::timeout(Duration::from_secs(2), connection.close()).await;
        }
    }
    outcome.map(|()| String::new())
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
    let files = Files::new(config.directory(region));
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
        sqlite.version = %opened.databases.version,
        sandbox = opened.place.sandbox,
        journal.head = *opened.place.head.borrow(),
        "region is open"
    );
    Ok((opened, signer))
}

fn host<B: Book>(opened: &Opened<B>) -> (RegionId, Arc<Host<B>>) {
    let door = Arc::new(Door::new(opened.databases.read.clone(), opened.place.clock.clone()));
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
