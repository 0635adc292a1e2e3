//! Everything of this program put together, from the regions that the shared house has opened.

use std::{collections::BTreeMap, pin::Pin, sync::Arc};

use changxiao_domain::{
    clock::Instant,
    region::{RegionId, RegionKind},
    register::Region,
};
use changxiao_proto::{
    enrolment::v1::{enrolment_desk_server::EnrolmentDeskServer, enrolment_server::EnrolmentServer},
    oversight::v1::{
        admissions_server::AdmissionsServer, children_server::ChildrenServer, directive_desk_server::DirectiveDeskServer,
        listed_supervision_server::ListedSupervisionServer, regions_server::RegionsServer,
    },
};
use changxiao_tier::{
    channel::{FederationTls, Routes, federation_channel, limits::COMMAND_BYTES_MAX},
    client,
    directives::serve::Receive,
    feed::RefreshBelow,
    identity::{Role, SpiffeId, TrustDomain},
    policy::Table,
    program::{Furniture, Machine, Program, Runtime},
    protocol::{delivery::Through, follow::Pace},
    statistics::HeardSource,
    telemetry::health::Below,
};
use clap::{ArgMatches, Command};
use ring::rand::SecureRandom;
use sea_orm_migration::MigrationTrait;
use tokio::{sync::watch, task::JoinHandle};
use tracing::Instrument as _;

use crate::{
    book::Ledger,
    cli::{authority, enrolment, register, revocations},
    freshness::Freshness,
    grpc::{
        Office, admissions::AdmissionsService, children::ChildrenService, directives::DirectiveDeskService,
        dossiers::ListedSupervisionService, enrolment_desk::EnrolmentDeskService, enrolments::EnrolmentService, issuing::Issuing,
        policy::TABLE, regions::RegionsService,
    },
    jobs::{
        authority::Keeper,
        family::{Dial, Family, Stir},
        neighbour::pace,
        publisher, receive,
        refresh::Refresh,
    },
};

/// How fresh the origins below a region are, for its feed.
pub type ThroughSource = Arc<dyn Fn() -> Vec<Through> + Send + Sync>;

/// What the aggregator adds to the shared house.
pub struct Rooms {
    /// For the service listener.
    pub service: Routes,
    /// Freshness for the feed of each region.
    pub through: BTreeMap<RegionId, ThroughSource>,
    /// Pulls from those below each region, for its feed.
    pub refresh: BTreeMap<RegionId, RefreshBelow>,
    /// Freshness for the statistics of each region.
    pub heard: BTreeMap<RegionId, HeardSource>,
    /// Freshness and troubles for the health of each region.
    pub below: BTreeMap<RegionId, Below>,
    /// Takes directives from above, for each region.
    pub receive: BTreeMap<RegionId, Receive>,
    /// One family for each region.
    pub jobs: Vec<JoinHandle<()>>,
}

/// Builds the rooms and starts following. The jobs read what was written before the last stop, then go on from there.
#[must_use]
pub fn rooms(
    desk: &Office,
    dial: &Dial,
    pace: Pace,
    issuing: Issuing,
    random: &Arc<dyn SecureRandom + Send + Sync>,
    stop: &watch::Receiver<bool>,
) -> Rooms {
    let (mut freshness, mut stirs, mut refreshes, mut jobs) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new(), Vec::new());
    for host in desk.hosts() {
        let family = Family {
            host: host.clone(),
            freshness: Freshness::default(),
            dial: dial.clone(),
            pace,
            random: random.clone(),
            stir: Stir::default(),
            refresh: Refresh::default(),
        };
        freshness.insert(host.place.region.clone(), family.freshness.clone());
        stirs.insert(host.place.region.clone(), family.stir.clone());
        refreshes.insert(host.place.region.clone(), family.refresh.clone());
        jobs.push(family.start(stop.clone()));
        jobs.push(publisher::start(host.clone(), stop.clone()));
    }
    let through = freshness.iter().map(|(region, freshness)| {
        let freshness = freshness.clone();
        (region.clone(), Arc::new(move || freshness.through()) as ThroughSource)
    });
    let refresh = refreshes.iter().map(|(region, refresh)| {
        let refresh = refresh.clone();
        let below = move |within| {
            let (refresh, span) = (refresh.clone(), tracing::Span::current());
            Box::pin(async move { refresh.pull_all(within).instrument(span).await }) as Pin<Box<dyn Future<Output = ()> + Send>>
        };
        (region.clone(), Arc::new(below) as RefreshBelow)
    });
    let heard = freshness.iter().map(|(region, freshness)| {
        let freshness = freshness.clone();
        (region.clone(), Arc::new(move || freshness.heard()) as HeardSource)
    });
    let below = freshness.iter().map(|(region, freshness)| {
        let freshness = freshness.clone();
        (region.clone(), Arc::new(move || (freshness.through(), freshness.troubles())) as Below)
    });
    let (through, refresh, heard, below) = (through.collect(), refresh.collect(), heard.collect(), below.collect());
    let receive = desk.hosts().map(|host| (host.place.region.clone(), receive::receive(host.clone()))).collect();
    let children = ChildrenService {
        desk: desk.clone(),
        freshness: Arc::new(freshness),
        stirs: Arc::new(stirs),
        refreshes: Arc::new(refreshes),
    };
    let enrolments = EnrolmentService { desk: desk.clone(), issuing: issuing.clone() };
    let enrolment_desk = EnrolmentDeskService { desk: desk.clone(), issuing };
    let limit = COMMAND_BYTES_MAX;
    let service = Routes::default()
        .with(ChildrenServer::new(children).max_decoding_message_size(limit))
        .with(AdmissionsServer::new(AdmissionsService(desk.clone())).max_decoding_message_size(limit))
        .with(DirectiveDeskServer::new(DirectiveDeskService(desk.clone())).max_decoding_message_size(limit))
        .with(ListedSupervisionServer::new(ListedSupervisionService(desk.clone())).max_decoding_message_size(limit))
        .with(RegionsServer::new(RegionsService(desk.clone())).max_decoding_message_size(limit))
        .with(EnrolmentServer::new(enrolments).max_decoding_message_size(limit))
        .with(EnrolmentDeskServer::new(enrolment_desk).max_decoding_message_size(limit));
    Rooms { service, through, refresh, heard, below, receive, jobs }
}

/// Dials children over mutual TLS: a county must prove to be a node, a region between to be an aggregator.
#[must_use]
pub fn dial(tls: FederationTls, trust_domain: TrustDomain) -> Dial {
    Arc::new(move |child: &Region, address: &str| {
        let role = match child.kind {
            RegionKind::County => Role::Node,
            RegionKind::Province | RegionKind::Prefecture => Role::Aggregator,
        };
        let expected = SpiffeId::new(trust_domain.clone(), child.id.clone(), role).map_err(|fault| fault.to_string())?;
        federation_channel(address, expected, &tls).map_err(|fault| fault.to_string())
    })
}

fn issuing(runtime: &Runtime<Aggregator>) -> Issuing {
    let config = &runtime.config;
    Issuing {
        authority: config.enrolment.authority_directory.clone(),
        life_ms: i64::from(config.enrolment.leaf_seconds) * 1_000,
        trust_domain: runtime.trust_domain.clone(),
        tls: runtime.tls.clone(),
        clock: runtime.clock.clone(),
        register_file: config.register_file.clone(),
        publisher: config.register_publisher.clone(),
        service_certificate: config.service.certificate_file.clone(),
    }
}

/// The aggregator program.
pub struct Aggregator;

impl Program for Aggregator {
    type Book = Ledger;
    const NAME: &'static str = "changxiao-aggregator";
    const ABOUT: &'static str =
        "An aggregator: follows the regions below a city or a province, decides and orders (市级、省级节点)";
    const ROLE: Role = Role::Aggregator;
    const CLIENT: &'static client::Program = &client::AGGREGATOR;
    const FOLLOWS: bool = true;

    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        crate::migration::all()
    }

    fn book(_: &RegionId, _: Instant) -> Ledger {
        Ledger
    }

    fn table() -> Table {
        TABLE
    }

    fn furnish(runtime: &Runtime<Self>) -> Result<Furniture, String> {
        let dial = dial(runtime.tls.clone(), runtime.trust_domain.clone());
        let pace = pace(runtime.config.follow.pull_interval_seconds);
        let Rooms { service, through, refresh, heard, below, receive, jobs } =
            rooms(&runtime.desk, &dial, pace, issuing(runtime), &runtime.random, &runtime.stop);
        let own = runtime.config.enrolment.above().is_none().then(|| runtime.federation_paths());
        let keepers = runtime.desk.hosts().map(|host| {
            let (host, own) = (host.clone(), own.clone());
            Keeper { host, issuing: issuing(runtime), own }.start(runtime.stop.clone())
        });
        let jobs = jobs.into_iter().chain(keepers).collect();
        Ok(Furniture { service, through, refresh, heard, below, receive, jobs })
    }

    fn commands() -> Vec<Command> {
        vec![authority::command(), enrolment::command(), register::command(), revocations::command()]
    }

    async fn run(name: &str, matches: &ArgMatches, machine: &Machine) -> Result<String, String> {
        match name {
            "authority" => authority::matched(matches, machine.clock.now()),
            "enrolment" => enrolment::matched(matches, machine).await,
            "register" => register::matched(matches),
            "revocations" => revocations::matched(matches, machine.clock.now()),
            _ => Err(format!("there is no command `{name}`")),
        }
    }
}
