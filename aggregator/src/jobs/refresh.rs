//! Pulling now: a person at this tier, or the tier above, does not want to wait for the next pull.
//!
//! The follower of a child does it, as it does every pull, so nothing is pulled twice at a time. Whoever asks while a pull is under way
//! gets the one after it: what that one reads was not read before the question.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use changxiao_domain::region::RegionId;
use changxiao_tier::telemetry::traces;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::timeout,
};

/// Questions that wait for one follower. They are answered together, so more than a few means that nobody reads them.
const WAITING: usize = 64;

/// One question to a follower.
#[derive(Debug)]
pub struct Wanted {
    /// What caused it, in the form of the header; empty without a trace.
    pub cause: String,
    /// Told whether the pull was applied.
    pub told: oneshot::Sender<bool>,
}

/// The followers of one region, as those find them who want a pull. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Refresh(Arc<Mutex<BTreeMap<RegionId, mpsc::Sender<Wanted>>>>);

impl Refresh {
    /// The end that the follower of a child reads; the one before it hears nothing any more.
    #[must_use]
    pub fn of(&self, child: &RegionId) -> mpsc::Receiver<Wanted> {
        let (give, take) = mpsc::channel(WAITING);
        self.lock().insert(child.clone(), give);
        take
    }

    /// Pulls from one child; whether it answered in time and was believed.
    pub async fn pull(&self, child: &RegionId, within: Duration) -> bool {
        let Some(follower) = self.lock().get(child).cloned() else { return false };
        let (told, answer) = oneshot::channel();
        if follower.try_send(Wanted { cause: traces::traceparent(), told }).is_err() {
            return false;
        }
        matches!(timeout(within, answer).await, Ok(Ok(true)))
    }

    /// Pulls from every child at once and waits for all of them, but no longer than this.
    pub async fn pull_all(&self, within: Duration) {
        let children: Vec<RegionId> = self.lock().keys().cloned().collect();
        let mut pulls = JoinSet::new();
        for child in children {
            let (refresh, span) = (self.clone(), tracing::Span::current());
            pulls.spawn(tracing::Instrument::instrument(async move { refresh.pull(&child, within).await }, span));
        }
        while pulls.join_next().await.is_some() {}
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<RegionId, mpsc::Sender<Wanted>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
