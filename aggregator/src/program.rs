//! Everything of this program put together, from the regions that the shared house has opened.

use std::{collections::BTreeMap, sync::Arc};

use changxiao_domain::{
    clock::Instant,
    region::{RegionId, RegionKind},
    register::Region,
};
use changxiao_proto::oversight::v1::{
    admissions_server::AdmissionsServer, children_server::ChildrenServer, directive_desk_server::DirectiveDeskServer,
    listed_supervision_server::ListedSupervisionServer, regions_server::RegionsServer,
};
use changxiao_tier::{
    channel::{FederationTls, Routes, federation_channel, limits::COMMAND_BYTES_MAX},
    client,
    directives::serve::Receive,
    identity::{Role, SpiffeId, TrustDomain},
    policy::Table,
    program::{Furniture, Program, Runtime},
    protocol::{delivery::Through, follow::Pace},
    statistics::HeardSource,
    telemetry::health::Below,
};
use clap::{ArgMatches, Command};
use ring::rand::SecureRandom;
use sea_orm_migration::MigrationTrait;
use tokio::{sync::watch, task::JoinHandle};

use crate::{
    book::Ledger,
    cli::{register, revocations},
    freshness::Freshness,
    grpc::{
        Office, admissions::AdmissionsService, children::ChildrenService, directives::DirectiveDeskService,
        dossiers::ListedSupervisionService, policy::TABLE, regions::RegionsService,
    },
    jobs::{
        carrier,
        family::{Dial, Family, Stir},
        neighbour::pace,
        publisher, receive,
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
    random: &Arc<dyn SecureRandom + Send + Sync>,
    stop: &watch::Receiver<bool>,
) -> Rooms {
    let (mut freshness, mut stirs, mut jobs) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for host in desk.hosts() {
        let family = Family {
            host: host.clone(),
            freshness: Freshness::default(),
            dial: dial.clone(),
            pace,
            random: random.clone(),
            stir: Stir::default(),
        };
        freshness.insert(host.place.region.clone(), family.freshness.clone());
        stirs.insert(host.place.region.clone(), family.stir.clone());
        jobs.push(family.start(stop.clone()));
        jobs.push(publisher::start(host.clone(), stop.clone()));
        jobs.push(carrier::start(host.clone(), stop.clone()));
    }
    let through = freshness.iter().map(|(region, freshness)| {
        let freshness = freshness.clone();
        (region.clone(), Arc::new(move || freshness.through()) as ThroughSource)
    });
    let heard = freshness.iter().map(|(region, freshness)| {
        let freshness = freshness.clone();
        (region.clone(), Arc::new(move || freshness.heard()) as HeardSource)
    });
    let below = freshness.iter().map(|(region, freshness)| {
        let freshness = freshness.clone();
        (region.clone(), Arc::new(move || (freshness.through(), freshness.troubles())) as Below)
    });
    let (through, heard, below) = (through.collect(), heard.collect(), below.collect());
    let receive = desk.hosts().map(|host| (host.place.region.clone(), receive::receive(host.clone()))).collect();
    let children = ChildrenService { desk: desk.clone(), freshness: Arc::new(freshness), stirs: Arc::new(stirs) };
    let limit = COMMAND_BYTES_MAX;
    let service = Routes::default()
        .with(ChildrenServer::new(children).max_decoding_message_size(limit))
        .with(AdmissionsServer::new(AdmissionsService(desk.clone())).max_decoding_message_size(limit))
        .with(DirectiveDeskServer::new(DirectiveDeskService(desk.clone())).max_decoding_message_size(limit))
        .with(ListedSupervisionServer::new(ListedSupervisionService(desk.clone())).max_decoding_message_size(limit))
        .with(RegionsServer::new(RegionsService(desk.clone())).max_decoding_message_size(limit));
    Rooms { service, through, heard, below, receive, jobs }
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
        let Rooms { service, through, heard, below, receive, jobs } =
            rooms(&runtime.desk, &dial, pace, &runtime.random, &runtime.stop);
        Ok(Furniture { service, through, heard, below, receive, jobs })
    }

    fn commands() -> Vec<Command> {
        vec![register::command(), revocations::command()]
    }

    fn run(name: &str, matches: &ArgMatches, now: Instant) -> Result<String, String> {
        match name {
            "register" => register::matched(matches),
            "revocations" => revocations::matched(matches, now),
            _ => Err(format!("there is no command `{name}`")),
        }
    }
}
