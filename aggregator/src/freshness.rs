//! How fresh each origin below is, and what is wrong with each child: the present, kept in memory and offered to the feed
//! and to statistics. What is worth keeping over a restart is written beside the entries of deliveries.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use changxiao_domain::{
    clock::Instant,
    region::RegionId,
    rollup::{Freshness as Heard, Quarantine},
};
use changxiao_tier::protocol::delivery::{QuarantineMark, Through};

#[derive(Debug, Default)]
struct Present {
    through: BTreeMap<RegionId, Through>,
    trouble: BTreeMap<RegionId, String>,
}

/// Freshness of everything below one region. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Freshness(Arc<RwLock<Present>>);

impl Freshness {
    /// Starts with what was written before the last stop.
    #[must_use]
    pub fn new(written: impl IntoIterator<Item = Through>) -> Self {
        let freshness = Self::default();
        freshness.update(written);
        freshness
    }

    /// Every origin heard of, in the words that the feed passes on.
    #[must_use]
    pub fn through(&self) -> Vec<Through> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).through.values().cloned().collect()
    }

    /// The same in the words of statistics. An origin that was never verified has no time.
    #[must_use]
    pub fn heard(&self) -> BTreeMap<RegionId, Heard> {
        let heard = |through: Through| {
            let verified_at = (through.verified_at.ms() > 0).then_some(through.verified_at);
            let quarantine =
                through.quarantine.map(|mark| Quarantine { since: verified_at.or(Some(mark.since)), reason: mark.reason });
            (through.origin, Heard { verified_at, quarantine })
        };
        self.through().into_iter().map(heard).collect()
    }

    /// One origin.
    #[must_use]
    pub fn of(&self, origin: &RegionId) -> Option<Through> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).through.get(origin).cloned()
    }

    /// Replaces what is known of the named origins.
    pub fn update(&self, through: impl IntoIterator<Item = Through>) {
        let mut present = self.0.write().unwrap_or_else(PoisonError::into_inner);
        present.through.extend(through.into_iter().map(|through| (through.origin.clone(), through)));
    }

    /// Marks an origin as not believed since an instant; what was verified before stays as it was.
    pub fn quarantine(&self, origin: &RegionId, reason: &str, since: Instant) {
        let mut present = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let nothing =
            || Through { origin: origin.clone(), epoch: 0, position: 0, verified_at: Instant::from_ms(0), quarantine: None };
        let through = present.through.entry(origin.clone()).or_insert_with(nothing);
        through.quarantine.get_or_insert_with(|| QuarantineMark { reason: reason.to_owned(), since });
    }

    /// What was wrong with a child when it was asked last, in words.
    #[must_use]
    pub fn trouble(&self, child: &RegionId) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).trouble.get(child).cloned()
    }

    /// What was wrong with every child that has something.
    #[must_use]
    pub fn troubles(&self) -> BTreeMap<RegionId, String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).trouble.clone()
    }

    /// Notes what is wrong with a child, or that nothing is. Says whether that is news.
    pub fn note(&self, child: &RegionId, trouble: Option<&str>) -> bool {
        let mut present = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = match trouble {
            Some(words) => present.trouble.insert(child.clone(), words.to_owned()),
            None => present.trouble.remove(child),
        };
        before.as_deref() != trouble
    }
}
