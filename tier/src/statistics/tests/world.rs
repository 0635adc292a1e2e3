//! One answering region over a database in memory, with facts as its followers would have stored them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use changxiao_domain::{
    calendar::StatutoryCalendar,
    cell::Cell,
    clock::Instant,
    indicator::Counter,
    region::RegionId,
    register::Register,
    rollup::{Freshness, Quarantine},
    yunnan,
};
use changxiao_proto::statistics::v1 as pb;
use prost::Message as _;
use sea_orm::DatabaseConnection;
use sea_orm_migration::SchemaManager;
use tokio::sync::watch;

use crate::{
    clock::BusinessClock,
    database::{scratch, upsert},
    facts::fact_row,
    fault::Fault,
    migration,
    place::{Place, Registers, Signs, Soundness},
    statistics::{Host, Hosts, IndicatorsService, RollupsService},
};

/// The counties of Baoshan, the only ones that have joined.
pub const COUNTIES: [&str; 5] = ["bs-changning", "bs-longling", "bs-longyang", "bs-shidian", "bs-tengchong"];

pub struct World {
    region: String,
    heard: Arc<Mutex<BTreeMap<RegionId, Freshness>>>,
    clock: Arc<BusinessClock>,
    db: DatabaseConnection,
    pub soundness: Soundness,
    pub rollups: RollupsService,
    pub indicators: IndicatorsService,
}

pub fn region(text: &str) -> RegionId {
    text.parse().unwrap()
}

/// `2015-08-20` at 00:00, or `2015-08-20T23`.
pub fn at(text: &str) -> Instant {
    let (date, hour) = text.split_once('T').unwrap_or((text, "0"));
    Instant::start_of(date.parse().unwrap()).plus_ms(hour.parse::<i64>().unwrap() * 3_600_000)
}

fn register() -> Register {
    let mut regions = yunnan::regions().unwrap();
    for one in &mut regions {
        one.joined = COUNTIES.contains(&one.id.as_str()).then(|| "2015-08".parse().unwrap());
    }
    Register::new(1, regions).unwrap()
}

impl World {
    pub async fn new(answering: &str, now: &str) -> Self {
        let db = scratch().await.unwrap();
        for step in migration::all() {
            step.up(&SchemaManager::new(&db)).await.unwrap();
        }
        let heard = Arc::new(Mutex::new(BTreeMap::new()));
        let clock = Arc::new(BusinessClock::driven(at(now)));
        let soundness = Soundness::default();
        let place = Place {
            region: region(answering),
            sandbox: true,
            epoch: 1,
            clock: clock.clone(),
            registers: Registers::new(register()),
            revocations: crate::identity::revocation::Revocations::default(),
            soundness: soundness.clone(),
            head: watch::channel(0).0,
            signs: Signs::default(),
        };
        let source = heard.clone();
        let host = Host {
            place,
            read: db.clone(),
            heard: Arc::new(move || source.lock().unwrap().clone()),
            fresh_within_seconds: 900,
            calendar: Arc::new(StatutoryCalendar::default()),
        };
        let hosts: Hosts = Arc::new([(region(answering), host)].into());
        Self {
            region: answering.to_owned(),
            heard,
            clock,
            db,
            soundness,
            rollups: RollupsService::new(hosts.clone()),
            indicators: IndicatorsService::new(hosts),
        }
    }

    /// Moves the business clock.
    pub fn move_to(&self, now: &str) {
        self.clock.drive(at(now)).unwrap();
    }

    /// These origins are verified now.
    pub fn hear(&self, origins: &[&str]) {
        let now = self.clock.now();
        for origin in origins {
            self.heard.lock().unwrap().entry(region(origin)).or_default().verified_at = Some(now);
        }
    }

    pub fn quarantine(&self, origin: &str, since: &str, reason: &str) {
        let quarantine = Quarantine { since: Some(at(since)), reason: reason.to_owned() };
        self.heard.lock().unwrap().entry(region(origin)).or_default().quarantine = Some(quarantine);
    }

    /// An origin says how far its month is: 1 open, 2 frozen, 3 closed.
    pub async fn month(&self, origin: &str, month: &str, state: u32) {
        let body = pb::MonthStatement { state, industries: Vec::new() };
        self.fact(origin, 2, "month", month, &body.encode_to_vec(), false).await;
    }

    pub async fn cell(&self, origin: &str, key: &str, counts: &[(Counter, i64)]) {
        let mut cell = Cell::default();
        for (counter, n) in counts {
            cell.add(*counter, *n);
        }
        let body = pb::Cell { catalogue: 1, values: cell.values().to_vec() };
        self.fact(origin, 2, "cell", key, &body.encode_to_vec(), false).await;
    }

    pub async fn fact(&self, origin: &str, audience: i32, kind: &str, key: &str, body: &[u8], withdrawn: bool) {
        let row = fact_row::Model {
            origin: origin.to_owned(),
            audience,
            kind: kind.to_owned(),
            key: key.to_owned(),
            bucket: String::new(),
            epoch: 1,
            position: 1,
            local: 1,
            body_version: 1,
            body: body.to_vec(),
            withdrawn,
            hash: vec![0; 32],
        };
        upsert::<fact_row::Entity>(&self.db, vec![row]).await.unwrap();
    }

    /// A question to this region about `span`.
    pub fn about(&self, span: &str, indicators: &[&str]) -> pb::QueryRequest {
        pb::QueryRequest {
            parent: format!("regions/{}", self.region),
            span: span.to_owned(),
            indicators: indicators.iter().map(|id| (*id).to_owned()).collect(),
            ..Default::default()
        }
    }

    pub async fn ask(&self, request: &pb::QueryRequest) -> pb::QueryResponse {
        self.rollups.answer(request).await.unwrap()
    }

    pub async fn refused(&self, request: &pb::QueryRequest) -> Fault {
        self.rollups.answer(request).await.unwrap_err()
    }
}

/// Figures of a row as printed, `-` if there are none.
pub fn printed(row: &pb::Row) -> String {
    if row.figures.is_empty() {
        return "-".to_owned();
    }
    row.figures.iter().map(|figure| figure.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// A coverage in one line: `3/5 stale bs-shidian SILENT 2015-08-20; unknown …`.
pub fn covered(row: &pb::Row) -> String {
    let coverage = row.coverage.as_ref().unwrap();
    let mut line = format!("{}/{}", coverage.reported, coverage.expected);
    for (label, gaps) in [("stale", &coverage.stale), ("quarantined", &coverage.quarantined), ("unknown", &coverage.unknown)] {
        for gap in gaps {
            line += &format!("; {label} {} {}", gap.region, gap.reason);
            if gap.since_ms != 0 {
                line += &format!(" {}", Instant::from_ms(gap.since_ms).date());
            }
        }
    }
    line
}
