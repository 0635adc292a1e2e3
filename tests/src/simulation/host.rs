//! One simulated program: a state on disk, commands taken but not yet synced, and a follower per child. What is staged is lost in a
//! crash; what it causes (answers, cosignatures, the next question) happens only after the sync, as with a real commit.

use std::collections::BTreeMap;

use changxiao_domain::clock::Instant;
use changxiao_domain::region::RegionId;
use changxiao_tier::journal::checkpoint::PublicKey;
use changxiao_tier::protocol::delivery::{Ask, Pull};
use changxiao_tier::protocol::directive::{Receipt, SignedDirective};
use changxiao_tier::protocol::fact::{Audience, Topic};
use changxiao_tier::protocol::follow::{Follower, Pace};
use changxiao_tier::protocol::judge::{Accepted, Authority};

use super::state::{Identity, State};

/// A message between two hosts.
#[derive(Clone, Debug)]
pub enum Message {
    /// Feed.Pull, the question.
    Ask { serial: u64, asked_at: Instant, ask: Ask },
    /// Feed.Pull, the answer to that question.
    Answer { serial: u64, asked_at: Instant, ask: Ask, pull: Box<Pull> },
    /// Feed.Watch.
    Announce { epoch: u32, head: u64 },
    /// Directives.Deliver, the request.
    Order { id: String, again: bool, signed: SignedDirective },
    /// Directives.Deliver, the answer.
    Receipt { id: String, again: bool, outcome: Result<Receipt, &'static str> },
}

impl Message {
    /// Name in the event log.
    pub fn name(&self) -> &'static str {
        match self {
            Message::Ask { .. } => "ask",
            Message::Answer { .. } => "answer",
            Message::Announce { .. } => "announce",
            Message::Order { .. } => "order",
            Message::Receipt { .. } => "receipt",
        }
    }
}

/// A command that was taken and waits for the sync of its group.
#[derive(Clone, Debug)]
pub enum Staged {
    /// A business event of a county.
    Count { audience: Audience, topic: Topic, withdraw: bool },
    /// A child's answer, to be judged and applied in one transaction.
    Answer { child: usize, serial: u64, asked_at: Instant, ask: Ask, pull: Box<Pull> },
    /// What a defective program does instead: the cursor was saved already, the facts come later.
    Late { accepted: Vec<Accepted>, pull: Box<Pull> },
    /// A directive of this tier's own.
    Issue { id: String, child: RegionId, signed: SignedDirective },
    /// A directive that arrived.
    Order { id: String, again: bool, signed: SignedDirective },
    /// A child's answer to a directive; `again` if it was handed over once more.
    Receipt { id: String, again: bool, outcome: Result<Receipt, &'static str> },
}

/// One host.
#[derive(Debug)]
pub struct Host {
    /// Who it is.
    pub identity: Identity,
    /// The host above.
    pub parent: Option<usize>,
    /// The hosts below.
    pub children: Vec<usize>,
    /// What is synced.
    pub state: State,
    /// What is not.
    pub staged: Vec<Staged>,
    /// Last signed epoch and size, in a file beside the database.
    pub guard: (u32, u64),
    /// Copies of disk and guard with the branch of the model on which they were made.
    pub copies: Vec<(State, (u32, u64), u32)>,
    /// In memory only.
    pub followers: BTreeMap<usize, Follower>,
    /// Distinguishes lives of the process: timers of an earlier one mean nothing.
    pub life: u64,
    /// Runs.
    pub up: bool,
    /// How far its business clock is off, milliseconds.
    pub skew_ms: i64,
    /// When the follower of a child wants to be woken next.
    pub wakes: BTreeMap<usize, i64>,
}

impl Host {
    /// Appends an entry to its journal and returns the position.
    pub fn append(&mut self, kind: &str, body: bytes::Bytes) -> u64 {
        self.state.append(&self.identity, kind, body).0
    }

    /// Its business time at the true time `now_ms`.
    pub fn clock(&self, now_ms: i64) -> Instant {
        Instant::from_ms(now_ms.saturating_add(self.skew_ms))
    }

    /// True if the guard says that the disk lost something that was signed: it then signs nothing.
    pub fn is_behind_its_guard(&self) -> bool {
        (self.state.epoch, self.state.size()) < self.guard
    }

    /// Starts the process: followers begin anew from what is on disk.
    pub fn start(&mut self, pace: Pace, now: Instant, numbers: &BTreeMap<RegionId, usize>) {
        self.up = true;
        self.life += 1;
        self.staged.clear();
        self.wakes.clear();
        let follower = |link: &_| Follower::new(pace, Clone::clone(link), now);
        self.followers = self
            .state
            .links
            .iter()
            .filter_map(|(region, link)| numbers.get(region).map(|number| (*number, follower(link))))
            .collect();
    }
}

/// The register: a tree of regions with their keys, known to everybody.
#[derive(Debug, Default)]
pub struct Register {
    regions: BTreeMap<RegionId, (Option<RegionId>, PublicKey)>,
}

impl Register {
    /// Enters a region.
    pub fn enter(&mut self, region: RegionId, parent: Option<RegionId>, key: PublicKey) {
        self.regions.insert(region, (parent, key));
    }
}

impl Authority for Register {
    fn in_subtree(&self, child: &RegionId, origin: &RegionId) -> bool {
        let mut at = Some(origin);
        while let Some(region) = at {
            if region == child {
                return true;
            }
            at = self.regions.get(region).and_then(|(parent, _)| parent.as_ref());
        }
        false
    }

    fn key(&self, region: &RegionId) -> Option<PublicKey> {
        self.regions.get(region).map(|(_, key)| *key)
    }
}
