//! The standing of everything a program depends on, looked at every few seconds: told to gRPC health (by name), to `/readyz` and to
//! the metrics, and logged when it changes.

use std::{
    collections::BTreeMap,
    fmt,
    path::PathBuf,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use changxiao_domain::{clock::Clock, region::RegionId};
use sea_orm::DatabaseConnection;
use tokio::time::{Instant, interval, timeout};
use tonic_health::{ServingStatus, server::HealthReporter};

use super::metrics;
use crate::{
    database::text_of,
    identity::{leaf::Leaf, revocation::Revocations},
    place::Place,
    protocol::delivery::Through,
};

/// How often everything is looked at.
const LOOK: Duration = Duration::from_secs(5);
/// A database answers in this time.
const DATABASE_WITHIN: Duration = Duration::from_secs(2);
/// Below this the disk counts as full, bytes.
const DISK_FREE_MIN: u64 = 256 * 1_024 * 1_024;
/// A parent that pulls is heard of in this time: a few heartbeats of its watch, or its longest pause between pulls.
const PARENT_WITHIN: Duration = Duration::from_secs(180);

/// What is wrong with each dependency, or `None`. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Standing(Arc<RwLock<BTreeMap<String, Option<String>>>>);

impl Standing {
    /// Notes one; says whether that is news.
    fn note(&self, name: &str, trouble: Option<String>) -> bool {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = held.insert(name.to_owned(), trouble.clone());
        before.flatten().is_some() != trouble.is_some()
    }

    /// Whether calls can be answered at all: databases, journals and the disk. A neighbour that is away keeps nobody from working.
    #[must_use]
    pub fn ready(&self) -> bool {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        !held.is_empty()
            && held.iter().all(|(name, trouble)| {
                trouble.is_none() || !["database:", "journal:", "disk"].iter().any(|own| name.starts_with(own))
            })
    }

    /// Whether services can read what they answer with.
    fn answers(&self) -> bool {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        held.iter().all(|(name, trouble)| trouble.is_none() || !name.starts_with("database:"))
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for (name, trouble) in held.iter() {
            match trouble {
                None => writeln!(f, "{name} ok")?,
                Some(words) => writeln!(f, "{name} NOT OK: {words}")?,
            }
        }
        Ok(())
    }
}

/// Freshness of the origins below a region, and what is wrong with its direct children.
pub type Below = Arc<dyn Fn() -> (Vec<Through>, BTreeMap<RegionId, String>) + Send + Sync>;

/// One region as it is looked at.
pub struct Watched {
    /// The region.
    pub place: Place,
    /// Its database.
    pub read: DatabaseConnection,
    /// What lies below it.
    pub below: Option<Below>,
}

/// Everything that is looked at.
pub struct Rounds {
    /// Regions of this process.
    pub regions: Vec<Watched>,
    /// Directory whose disk is looked at.
    pub data: PathBuf,
    /// Ends of the certificates in use.
    pub certificates: Arc<Ends>,
    /// The lists in force.
    pub revocations: Revocations,
    /// Services behind the service listener.
    pub services: Vec<&'static str>,
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
    /// Told by name.
    pub reporter: HealthReporter,
    /// Told altogether.
    pub standing: Standing,
}

/// When the certificates in use end, real time, UTC milliseconds; whoever replaces one says so here.
#[derive(Debug, Default)]
pub struct Ends {
    /// Of the federation identity.
    pub federation: AtomicI64,
    /// Of the service listener's certificate.
    pub service: AtomicI64,
    /// Since when the federation identity is valid.
    pub federation_since: AtomicI64,
    /// Since when the service listener's certificate is valid.
    pub service_since: AtomicI64,
}

impl Ends {
    /// A new federation identity is in use.
    pub fn federation(&self, leaf: &Leaf) {
        self.federation_since.store(leaf.not_before.ms(), Ordering::Relaxed);
        self.federation.store(leaf.not_after.ms(), Ordering::Relaxed);
    }

    /// A new certificate of the service listener is in use.
    pub fn service(&self, leaf: &Leaf) {
        self.service_since.store(leaf.not_before.ms(), Ordering::Relaxed);
        self.service.store(leaf.not_after.ms(), Ordering::Relaxed);
    }
}

/// What is wrong with a certificate of this validity, all in milliseconds: a third or less of its life is left, so nobody has renewed it.
fn running_out(since: i64, until: i64, now: i64) -> Option<String> {
    let left = until.saturating_sub(now);
    let life = until.saturating_sub(since);
    match left {
        ..=0 => Some(format!("ended {} hours ago", left.saturating_neg() / 3_600_000)),
        _ if left.saturating_mul(3) <= life => Some(format!("ends in {} hours and nobody has renewed it", left / 3_600_000)),
        _ => None,
    }
}

impl Rounds {
    /// Looks again and again until the task is ended.
    pub async fn go(self) {
        let (begun, mut look) = (Instant::now(), interval(LOOK));
        loop {
            look.tick().await;
            self.once(begun).await;
        }
    }

    async fn once(&self, begun: Instant) {
        for watched in &self.regions {
            let region = &watched.place.region;
            self.tell(&format!("database:{region}"), database(&watched.read).await).await;
            let unsound = watched.place.soundness.fault().map(|fault| format!("{}: {}", fault.reason, fault.detail));
            self.tell(&format!("journal:{region}"), unsound).await;
            self.neighbours(watched, begun).await;
        }
        self.tell("disk", disk(&self.data)).await;
        let now = self.clock.now().ms();
        let ends = &self.certificates;
        for (listener, since, end) in
            [("federation", &ends.federation_since, &ends.federation), ("service", &ends.service_since, &ends.service)]
        {
            let (since, end) = (since.load(Ordering::Relaxed), end.load(Ordering::Relaxed));
            metrics::certificate(listener, end.saturating_sub(now));
            self.tell(&format!("certificate:{listener}"), running_out(since, end, now)).await;
        }
        for (issuer, list) in self.revocations.current().iter() {
            let (real, overdue) = (self.clock.now(), list.stale_ms(self.clock.now()));
            metrics::revocations(issuer.as_str(), real.ms_since(list.issued_at));
            let trouble = (overdue > 0)
                .then(|| format!("version {} has been due for replacement for {} hours", list.version, overdue / 3_600_000));
            self.tell(&format!("revocations:{issuer}"), trouble).await;
        }
        let status = if self.standing.answers() { ServingStatus::Serving } else { ServingStatus::NotServing };
        for service in self.services.iter().copied().chain([""]) {
            self.reporter.set_service_status(service, status).await;
        }
    }

    async fn neighbours(&self, watched: &Watched, begun: Instant) {
        let place = &watched.place;
        let (region, now) = (&place.region, place.clock.now());
        let register = place.registers.current();
        if let Some(parent) = register.parent(region, now.date()) {
            let heard = place.signs.parent_heard().unwrap_or(begun);
            let silent = heard.elapsed() > PARENT_WITHIN;
            let trouble = silent.then(|| format!("has not pulled for {} s", heard.elapsed().as_secs()));
            self.tell(&format!("parent:{region}:{parent}"), trouble).await;
        }
        let Some(below) = &watched.below else { return };
        let (through, troubles) = below();
        for origin in &through {
            if origin.verified_at.ms() > 0 {
                metrics::fresh(region.as_str(), origin.origin.as_str(), now.ms_since(origin.verified_at).max(0));
            }
        }
        for child in register.children(region, now.date()).iter().filter(|child| child.federation_address.is_some()) {
            let quarantine =
                through.iter().find(|origin| origin.origin == child.id).and_then(|origin| origin.quarantine.as_ref());
            let trouble =
                quarantine.map(|mark| format!("quarantined: {}", mark.reason)).or_else(|| troubles.get(&child.id).cloned());
            self.tell(&format!("child:{region}:{}", child.id), trouble).await;
        }
    }

    async fn tell(&self, name: &str, trouble: Option<String>) {
        metrics::dependency(name, trouble.is_none());
        let status = if trouble.is_none() { ServingStatus::Serving } else { ServingStatus::NotServing };
        self.reporter.set_service_status(name, status).await;
        if self.standing.note(name, trouble.clone()) {
            match trouble {
                Some(words) => tracing::warn!(dependency = name, "a dependency is not well: {words}"),
                None => tracing::info!(dependency = name, "a dependency is well again"),
            }
        }
    }
}

async fn database(read: &DatabaseConnection) -> Option<String> {
    match timeout(DATABASE_WITHIN, text_of(read, "SELECT 1")).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(_) => Some(format!("no answer within {} s", DATABASE_WITHIN.as_secs())),
    }
}

fn disk(data: &std::path::Path) -> Option<String> {
    match rustix::fs::statvfs(data) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            metrics::disk_free(free);
            (free < DISK_FREE_MIN).then(|| format!("{} MiB are free; writes stop when none are left", free / (1_024 * 1_024)))
        }
        Err(error) => Some(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_alarms_with_a_third_of_its_life_left() {
        let (day, says) = (86_400_000, |now: i64| running_out(0, 7 * 86_400_000, now));
        assert_eq!(says(0), None);
        assert_eq!(says(4 * day), None);
        assert_eq!(says(5 * day).unwrap(), "ends in 48 hours and nobody has renewed it");
        assert_eq!(says(8 * day).unwrap(), "ended 24 hours ago");
    }

    #[test]
    fn neighbours_and_certificates_keep_nobody_from_working_and_databases_do() {
        let standing = Standing::default();
        assert!(!standing.ready(), "nothing was looked at yet");
        for name in
            ["database:bs", "journal:bs", "disk", "certificate:federation", "revocations:yn", "parent:bs:yn", "child:bs:bs-x"]
        {
            standing.note(name, None);
        }
        assert!(standing.ready() && standing.answers());
        for (name, ready, answers) in [
            ("certificate:federation", true, true),
            ("revocations:yn", true, true),
            ("parent:bs:yn", true, true),
            ("child:bs:bs-x", true, true),
            ("disk", false, true),
            ("journal:bs", false, true),
            ("database:bs", false, false),
        ] {
            assert!(standing.note(name, Some("away".to_owned())));
            assert_eq!((standing.ready(), standing.answers()), (ready, answers), "{name}");
            standing.note(name, None);
        }
    }
}
