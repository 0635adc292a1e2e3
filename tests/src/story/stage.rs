//! Where the story is played: the network, the people, the oracle's records, and what was found to be wrong.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::bail;
use changxiao_proto::statistics::v1::{Breakdown, Completeness, QueryRequest, QueryResponse, RegionMap};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    catalogue::Firm,
    people::{Desk, Office, Staff},
    plan::Act,
    player::{Player, Records},
};
use crate::{
    calendar::civil,
    client::Caller,
    oracle::{Ledger, Question, View},
    world::World,
};

/// Real time within which everything that was acknowledged must be known at every tier.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(60);
/// More than this and the story ends: what follows would only repeat the first cause.
const FINDINGS_MAX: usize = 25;

/// A network with people on it.
pub struct Stage {
    /// The processes.
    pub world: World,
    /// What clients sent and were told.
    pub records: Records,
    /// Every enterprise of the catalogue.
    pub firms: Vec<Firm>,
    /// Resource names of the enterprises by their place in the catalogue.
    pub enterprises: BTreeMap<usize, String>,
    /// People of the enterprises that were invited.
    pub staffs: BTreeMap<usize, Staff>,
    /// Enterprises that were approved and work.
    pub players: BTreeMap<usize, Arc<tokio::sync::Mutex<Player>>>,
    /// People of the counties.
    pub offices: BTreeMap<String, Office>,
    /// People of city and province.
    pub desks: BTreeMap<String, Desk>,
    /// Counties cut off, with the records as they stood then.
    pub cut_off: BTreeMap<String, Ledger>,
    /// Codes that receipts of a region showed, by the name of the moment.
    pub codes: BTreeMap<&'static str, String>,
    /// What is not as it must be.
    pub findings: Vec<String>,
    /// Writes that were acknowledged.
    pub writes: u64,
    /// Figures that were compared with the oracle's.
    pub compared: u64,
    now_ms: i64,
    begun: Instant,
    tell: bool,
}

impl Stage {
    /// A stage on which nothing has happened.
    pub fn new(world: World, firms: Vec<Firm>, tell: bool) -> Self {
        Stage {
            world,
            records: Arc::new(Mutex::new(Ledger::default())),
            firms,
            enterprises: BTreeMap::new(),
            staffs: BTreeMap::new(),
            players: BTreeMap::new(),
            offices: BTreeMap::new(),
            desks: BTreeMap::new(),
            cut_off: BTreeMap::new(),
            codes: BTreeMap::new(),
            findings: Vec::new(),
            writes: 0,
            compared: 0,
            now_ms: i64::MIN,
            begun: Instant::now(),
            tell,
        }
    }

    /// Business time.
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// Says what happens.
    pub fn tell(&self, what: impl std::fmt::Display) {
        if self.tell {
            eprintln!("{:>6.1} s  {}  {what}", self.begun.elapsed().as_secs_f64(), civil(self.now_ms));
        }
    }

    /// Notes what is not as it must be.
    ///
    /// # Errors
    /// If too much is wrong to go on.
    pub fn find(&mut self, what: String) -> anyhow::Result<()> {
        eprintln!("{}  WRONG: {what}", civil(self.now_ms));
        self.findings.push(what);
        if self.findings.len() > FINDINGS_MAX {
            bail!("too much is wrong; the first finding was: {}", self.findings[0]);
        }
        Ok(())
    }

    /// Notes a finding unless the condition holds.
    pub fn must(&mut self, holds: bool, what: impl Into<String>) -> anyhow::Result<()> {
        if holds { Ok(()) } else { self.find(what.into()) }
    }

    /// Moves the business clock of every region.
    pub async fn advance(&mut self, to_ms: i64) -> anyhow::Result<()> {
        self.world.advance(to_ms).await?;
        self.now_ms = to_ms;
        let counties = self.world.counties();
        let mut records = self.records.lock().unwrap();
        for county in counties {
            records.clock_set(&county, to_ms);
        }
        Ok(())
    }

    /// Lets every enterprise carry out its acts: one after the other within an enterprise, all enterprises side by side.
    pub async fn perform(&mut self, acts: &BTreeMap<usize, Vec<Act>>) -> anyhow::Result<()> {
        let mut tasks = JoinSet::new();
        for (firm, acts) in acts {
            let Some(player) = self.players.get(firm).cloned() else {
                self.find(format!("enterprise {firm} has acts but was never approved"))?;
                continue;
            };
            let acts = acts.clone();
            tasks.spawn(async move {
                let mut player = player.lock().await;
                let (mut writes, mut failures) = (0, Vec::new());
                for act in acts {
                    match player.perform(&act).await {
                        Ok(more) => writes += more,
                        Err(failure) => failures.push(format!("{failure:#}")),
                    }
                }
                (writes, failures)
            });
        }
        while let Some(done) = tasks.join_next().await {
            let (writes, failures) = done?;
            self.writes += writes;
            for failure in failures {
                self.find(failure)?;
            }
        }
        Ok(())
    }

    /// An analyst's question.
    pub async fn ask(&self, question: &Question) -> anyhow::Result<QueryResponse> {
        Ok(self.analyst(&question.region).query(request(question)).await?)
    }

    /// Somebody who may read the figures of a region.
    pub fn analyst(&self, region: &str) -> &Caller {
        match (self.offices.get(region), self.desks.get(region)) {
            (Some(office), _) => &office.analyst,
            (None, Some(desk)) => &desk.analyst,
            (None, None) => panic!("nobody reads figures in {region}"),
        }
    }

    /// Asks every tier for these spans and compares every figure with the oracle's, once all tiers had time to hear of it.
    pub async fn compare(&mut self, moment: &str, spans: &[&str]) -> anyhow::Result<()> {
        let (whole, above) = {
            let records = self.records.lock().unwrap();
            (View::of(&records), View::with_stale(&records, &self.cut_off))
        };
        let until = Instant::now() + SETTLE_TIMEOUT;
        let before = (self.compared, self.findings.len());
        for spot in self.world.spots() {
            // A county that is cut off knows its own figures as well as ever.
            let view = if spot.is_county() { &whole } else { &above };
            for span in spans {
                let breakdowns: &[Breakdown] =
                    if spot.is_county() { &[Breakdown::Industry] } else { &[Breakdown::Region, Breakdown::Industry] };
                for breakdown in breakdowns {
                    let question = Question { region: spot.region.clone(), span: (*span).to_owned(), breakdown: *breakdown };
                    self.compare_one(view, &question, until).await?;
                }
            }
        }
        let wrong = self.findings.len() - before.1;
        self.tell(format!(
            "{moment}: {} figures compared at {} tiers, {wrong} wrong",
            self.compared - before.0,
            self.world.spots().len()
        ));
        Ok(())
    }

    async fn compare_one(&mut self, view: &View, question: &Question, until: Instant) -> anyhow::Result<()> {
        loop {
            let answer = self.ask(question).await?;
            let differences = view.differences(question, &answer);
            if differences.is_empty() {
                self.compared += answer.rows.iter().chain(&answer.total).map(|row| row.figures.len() as u64).sum::<u64>();
                return Ok(());
            }
            if Instant::now() >= until {
                for difference in differences.iter().take(8) {
                    self.find(difference.to_string())?;
                }
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A question as it is sent.
pub fn request(question: &Question) -> QueryRequest {
    QueryRequest {
        parent: format!("regions/{}", question.region),
        span: question.span.clone(),
        breakdown: question.breakdown.into(),
        completeness: Completeness::Any.into(),
        map: RegionMap::Then.into(),
        ..QueryRequest::default()
    }
}

/// Asks again and again until there is something, or says what never came.
///
/// # Errors
/// If it does not come in time.
pub async fn eventually<T, F, Fut>(what: &str, mut look: F) -> anyhow::Result<T>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = anyhow::Result<Option<T>>>,
{
    let until = Instant::now() + SETTLE_TIMEOUT;
    loop {
        if let Some(there) = look().await? {
            return Ok(there);
        }
        if Instant::now() >= until {
            bail!("{what} did not come within {SETTLE_TIMEOUT:?}");
        }
        sleep(Duration::from_millis(50)).await;
    }
}
