//! K3 and K4 with real processes: every region renews by itself while the city's authority is replaced again and again, under load;
//! and a list published by the province ends an open stream.
//!
//! The load calls as the city would, with the city's own certificate as it lies on disk at that moment: half of the callers keep their
//! connection for a while, half dial anew for every call. A call that fails is tried once more, as followers do; what fails twice counts as failed.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, bail};
use changxiao_domain::{clock, region::RegionId};
use changxiao_proto::federation::v1::{DescribeRequest, WatchRequest, feed_client::FeedClient};
use changxiao_tier::{
    channel::{FederationTls, Trust, federation_channel, tls::real_time, why},
    identity::{
        Leaf, Role, SpiffeId,
        files::{Credentials, Paths, certificates},
        scope::Scope,
    },
    journal::checkpoint::PublicKey,
};
use tokio::{
    task::JoinSet,
    time::{Instant, interval, sleep, timeout},
};

use crate::{
    client::now_ms,
    world::{World, config, programs::Program},
};

/// Longest wait for all regions below to have renewed.
const RENEWED_WITHIN: Duration = Duration::from_secs(60);
/// How fast a revocation must bite (K4).
const BITES_WITHIN: Duration = Duration::from_secs(60);

/// How much is done.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Counties below the city.
    pub counties: Vec<&'static str>,
    /// Leaves to be renewed, of all regions together.
    pub leaves: usize,
    /// Times that the city's authority is replaced: prepared, activated, retired, revoked.
    pub authorities: usize,
    /// Calls in a second.
    pub rate: u32,
    /// Life of a leaf.
    pub leaf_seconds: u32,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Leaves renewed by the regions themselves.
    pub leaves: usize,
    /// Authorities replaced.
    pub authorities: usize,
    /// From `activate` until the last region below had renewed, seconds each.
    pub renewed_within: Vec<f64>,
    /// Calls made.
    pub calls: u64,
    /// Of which on a new connection.
    pub dialled: u64,
    /// Calls that were tried a second time.
    pub retried: u64,
    /// Calls that failed twice.
    pub failed: u64,
    /// What the first of those said.
    pub first_failure: Option<String>,
    /// From the publication at the province until the open stream ended, seconds.
    pub revoked_within: f64,
    /// Whole run, seconds.
    pub seconds: f64,
}

impl Outcome {
    /// As a table.
    #[must_use]
    pub fn table(&self) -> String {
        let slowest = self.renewed_within.iter().copied().fold(0.0, f64::max);
        format!(
            "leaves renewed by the regions themselves      {}\n\
             authorities prepared, activated, retired      {}\n\
             slowest renewal after an activation           {slowest:.1} s\n\
             calls                                         {} ({} on new connections), {:.0}/s\n\
             tried a second time                           {}\n\
             failed                                        {}\n\
             revocation ended the open stream after        {:.1} s (limit 60 s)\n\
             run time                                      {:.0} s\n",
            self.leaves,
            self.authorities,
            self.calls,
            self.dialled,
            self.calls as f64 / self.seconds.max(1.0),
            self.retried,
            self.failed,
            self.revoked_within,
            self.seconds,
        )
    }
}

/// The city's authority names the city's counties; what the register says in the programs, the ids say here.
struct ByPrefix;

impl Scope for ByPrefix {
    fn may_issue(&self, authority: &RegionId, id: &SpiffeId) -> bool {
        id.region() == authority || id.region().as_str().starts_with(&format!("{authority}-"))
    }

    fn fits(&self, _: &SpiffeId) -> bool {
        true
    }

    fn above(&self, _: &RegionId, _: &RegionId) -> bool {
        false
    }

    fn is_top(&self, _: &RegionId) -> bool {
        false
    }
}

fn load(directory: &Path) -> anyhow::Result<Credentials> {
    Ok(Credentials::load(&Paths::in_dir(directory), clock::Instant::from_ms(now_ms()))?)
}

fn dialler(directory: &Path) -> anyhow::Result<FederationTls> {
    let trust = Trust::new(config::TRUST_DOMAIN.parse()?, real_time()).with_scope(Arc::new(ByPrefix));
    Ok(FederationTls::new(load(directory)?, trust)?)
}

#[derive(Default)]
struct Counts {
    calls: AtomicU64,
    dialled: AtomicU64,
    retried: AtomicU64,
    failed: AtomicU64,
    first: Mutex<Option<String>>,
    stop: AtomicBool,
}

/// One caller at a steady pace. A connection ends hard with the certificate that it began with, so nobody who behaves well keeps one for
/// so long: programs keep theirs for an hour at most, which is a small part of a week; here it is as small a part of a leaf's life.
async fn calls(counts: Arc<Counts>, tls: FederationTls, to: (SpiffeId, SocketAddr), keep_for: Duration, pace: Duration) {
    let (id, address) = to;
    let dial = || federation_channel(&address.to_string(), id.clone(), &tls).ok();
    let (mut kept, mut dialled) = (dial(), Instant::now());
    let mut tick = interval(pace);
    while !counts.stop.load(Ordering::SeqCst) {
        tick.tick().await;
        if dialled.elapsed() >= keep_for {
            (kept, dialled) = (dial(), Instant::now());
            counts.dialled.fetch_add(1, Ordering::SeqCst);
        }
        let Some(channel) = kept.clone() else { continue };
        let call = || async {
            let mut request = tonic::Request::new(DescribeRequest { region: id.region().to_string() });
            request.set_timeout(Duration::from_secs(5));
            FeedClient::new(channel.clone()).describe(request).await
        };
        counts.calls.fetch_add(1, Ordering::SeqCst);
        if call().await.is_err() {
            counts.retried.fetch_add(1, Ordering::SeqCst);
            if let Err(status) = call().await {
                counts.failed.fetch_add(1, Ordering::SeqCst);
                counts.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| why(&status));
            }
        }
    }
}

fn leaf(world: &World, region: &str) -> Option<Leaf> {
    let chain = certificates(&Paths::in_dir(&config::federation_directory(world.directory(), region)).chain).ok()?;
    Leaf::read(chain.first()?).ok()
}

struct Rotation {
    world: World,
    plan: Plan,
    serials: BTreeMap<String, BTreeSet<String>>,
}

impl Rotation {
    /// Notes the certificates on disk; gives back how many were renewed so far.
    fn look(&mut self) -> usize {
        for spot in self.world.spots() {
            if let Some(leaf) = leaf(&self.world, &spot.region) {
                self.serials.entry(spot.region).or_default().insert(leaf.serial);
            }
        }
        self.serials.values().map(|serials| serials.len().saturating_sub(1)).sum()
    }

    async fn run(&self, words: &[&OsStr]) -> anyhow::Result<String> {
        self.world.programs().run(Program::Aggregator, words).await
    }

    fn path(&self, name: &str) -> PathBuf {
        self.world.directory().join(name)
    }

    /// One replacement of the city's authority by the documented commands; seconds until every county had renewed.
    async fn replace_authority(&mut self, outcome: &mut Outcome, generation: usize) -> anyhow::Result<f64> {
        let (bs, root) = (self.world.config("bs").to_owned(), config::authority_directory(self.world.directory(), "yn"));
        let [request, answer, retired] =
            ["request", "answer", "retired.pem"].map(|end| self.path(&format!("bs-{generation}.{end}")));
        let own = config::region_data(self.world.directory(), "bs").join("journal.pub");
        let key: PublicKey = std::fs::read_to_string(own)?.trim().parse().map_err(|fault| anyhow::anyhow!("{fault:?}"))?;
        let fingerprint = key.fingerprint();
        let at = |word: &'static str| OsStr::new(word);
        let head = |act| [at("authority"), at(act), at("--config"), bs.as_os_str(), at("--region"), at("bs")];
        self.run(&[&head("prepare")[..], &[at("--out"), request.as_os_str()]].concat()).await?;
        let words = [at("authority"), at("sign"), at("--dir"), root.as_os_str(), at("--file"), request.as_os_str()];
        let rest = [at("--fingerprint"), OsStr::new(&fingerprint), at("--out"), answer.as_os_str()];
        self.run(&[&words[..], &rest].concat()).await?;
        self.run(&[&head("activate")[..], &[at("--file"), answer.as_os_str()]].concat()).await?;
        let activated = Instant::now();
        let chain = config::authority_directory(self.world.directory(), "bs").join("cert.pem");
        let new = Leaf::read(certificates(&chain)?.first().context("no authority")?)?.own_key;
        loop {
            outcome.leaves = self.look();
            let of_new = |county: &&str| leaf(&self.world, county).is_some_and(|leaf| leaf.authority_key == new);
            if self.plan.counties.iter().all(of_new) {
                break;
            }
            if activated.elapsed() > RENEWED_WITHIN {
                bail!("a county did not renew within {RENEWED_WITHIN:?} of authority {generation}");
            }
            sleep(Duration::from_millis(100)).await;
        }
        let seconds = activated.elapsed().as_secs_f64();
        // The new files are taken into use within a second or two; a city waits for longer.
        sleep(Duration::from_secs(3)).await;
        self.run(&[&head("retire")[..], &[at("--out"), retired.as_os_str()]].concat()).await?;
        self.revoke(&retired).await?;
        Ok(seconds)
    }

    /// The province puts a certificate on its list.
    async fn revoke(&self, certificate: &Path) -> anyhow::Result<()> {
        let (yn, list) = (self.world.config("yn").to_owned(), config::revocation_file(self.world.directory(), "yn"));
        let at = |word: &'static str| OsStr::new(word);
        let mut words = vec![at("revocations"), at("build"), at("--config"), yn.as_os_str(), at("--region"), at("yn")];
        if list.exists() {
            words.extend([at("--previous"), list.as_os_str()]);
        }
        words.extend([at("--certificate"), certificate.as_os_str(), at("--reason"), at("replaced")]);
        words.extend([at("--out"), list.as_os_str()]);
        self.run(&words).await.map(|_| ())
    }

    /// A copy of the city's identity follows a county until the province's list says no more.
    async fn revocation_bites(&self) -> anyhow::Result<f64> {
        let (stolen, root) = (self.path("stolen"), config::authority_directory(self.world.directory(), "yn"));
        let dir = root.to_string_lossy();
        let words = ["issue", "--dir", &dir, "--region", "bs", "--role", "aggregator", "--out"];
        self.world.programs().identity(&words, &stolen).await?;
        let county = self.plan.counties.first().context("no county")?;
        let address = self.world.spots().into_iter().find(|spot| spot.region == *county).context("no county")?.federation;
        let id = SpiffeId::new(config::TRUST_DOMAIN.parse()?, county.parse()?, Role::Node)?;
        let channel = federation_channel(&address.to_string(), id, &dialler(&stolen)?)?;
        let mut stream = FeedClient::new(channel).watch(WatchRequest { region: (*county).to_owned() }).await?.into_inner();
        stream.message().await?.context("the stream ended at once")?;
        self.revoke(&stolen.join("cert.pem")).await?;
        let published = Instant::now();
        let ended = async { while let Ok(Some(_)) = stream.message().await {} };
        timeout(BITES_WITHIN * 2, ended).await.context("the stream of a revoked certificate goes on")?;
        Ok(published.elapsed().as_secs_f64())
    }
}

/// Runs the plan in a network of its own.
///
/// # Errors
/// A command fails, or a region does not renew in time.
pub async fn rotate(plan: Plan) -> anyhow::Result<Outcome> {
    let begun = Instant::now();
    let world = World::yunnan().with_counties(&plan.counties).renewing(plan.leaf_seconds).start().await?;
    let city = config::federation_directory(world.directory(), "bs");
    let tls = dialler(&city)?;
    let counts = Arc::new(Counts::default());
    let mut tasks = JoinSet::new();
    let callers = u32::try_from(plan.counties.len().max(1) * 2)?;
    for (index, county) in plan.counties.iter().cycle().take(usize::try_from(callers)?).enumerate() {
        let address = world.spots().into_iter().find(|spot| spot.region == *county).context("no county")?.federation;
        let id = SpiffeId::new(config::TRUST_DOMAIN.parse()?, county.parse()?, Role::Node)?;
        let pace = Duration::from_secs(1) * callers / plan.rate;
        let keep_for = if index % 2 == 0 { Duration::from_secs(u64::from(plan.leaf_seconds)) / 8 } else { Duration::ZERO };
        tasks.spawn(calls(counts.clone(), tls.clone(), (id, address), keep_for, pace));
    }
    let (refreshed, stop) = (tls.clone(), counts.clone());
    tasks.spawn(async move {
        while !stop.stop.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(250)).await;
            if let Ok(identity) = load(&city)
                && identity.leaf.serial != refreshed.identity().leaf.serial
            {
                let _ = refreshed.replace(identity);
            }
        }
    });
    let load_begun = Instant::now();
    let mut rotation = Rotation { world, plan: plan.clone(), serials: BTreeMap::new() };
    let mut outcome = Outcome::default();
    for generation in 1..=plan.authorities {
        let seconds = rotation.replace_authority(&mut outcome, generation).await?;
        outcome.renewed_within.push(seconds);
        outcome.authorities = generation;
    }
    while rotation.look() < plan.leaves {
        sleep(Duration::from_millis(100)).await;
        if begun.elapsed() > Duration::from_secs(3_600) {
            bail!("only {} leaves were renewed within an hour", rotation.look());
        }
    }
    outcome.leaves = rotation.look();
    outcome.revoked_within = rotation.revocation_bites().await?;
    // The well-behaved go on for a while after it.
    sleep(Duration::from_secs(6)).await;
    outcome.seconds = load_begun.elapsed().as_secs_f64();
    counts.stop.store(true, Ordering::SeqCst);
    while tasks.join_next().await.is_some() {}
    outcome.calls = counts.calls.load(Ordering::SeqCst);
    outcome.dialled = counts.dialled.load(Ordering::SeqCst);
    outcome.retried = counts.retried.load(Ordering::SeqCst);
    outcome.failed = counts.failed.load(Ordering::SeqCst);
    outcome.first_failure = counts.first.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(outcome)
}
