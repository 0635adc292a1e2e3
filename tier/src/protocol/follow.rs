//! Following one child: when to ask, what to ask, what to do with the outcome. No clock, no randomness, no connection of its own.
//!
//! The adapter feeds what happened ([`Input`]) together with its business-independent clock and a random number, and carries out
//! what comes back ([`Action`]). One follower per child, so that one child's failure never touches its siblings.
//!
//! ```text
//! Resting ──due, or something announced──▶ Asking ──applied──▶ Resting
//!    ▲                                       │ refused, failed, deadline passed
//!    └──────────── back-off over ◀───────────┘        (quarantined: the same circle, slower, nothing applied)
//! ```

use changxiao_domain::clock::Instant;
use changxiao_domain::region::RegionId;

use super::delivery::Ask;
use super::held::HeldLink;
use super::refused::{Refused, Remedy};

/// How fast a follower goes, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Between two pulls when nothing was announced.
    pub interval_ms: i64,
    /// An answer that takes longer counts as lost.
    pub deadline_ms: i64,
    /// Wait after the first failure; it doubles with each further one.
    pub backoff_first_ms: i64,
    /// Longest wait after failures.
    pub backoff_max_ms: i64,
    /// Between two looks at a quarantined child.
    pub probe_ms: i64,
}

/// Something that happened to a follower.
#[derive(Clone, Debug)]
pub enum Input {
    /// The waiting time may be over.
    Tick,
    /// The child said that its feed reaches up to this cursor.
    Announced {
        /// Epoch of the child's journal.
        epoch: u32,
        /// Cursor up to which there is something.
        head: u64,
    },
    /// A person, or the tier above, wants to know now. Also asks a child that fails, which announcing does not; a quarantined one only
    /// people let back in.
    Wanted,
    /// The answer to the question with this serial was judged and, where accepted, is durable.
    Applied {
        /// Serial of the question.
        serial: u64,
        /// The link as stored.
        link: HeldLink,
    },
    /// The answer to the question with this serial was refused; a quarantine is durable.
    Refused {
        /// Serial of the question.
        serial: u64,
        /// The link as stored.
        link: HeldLink,
        /// Why.
        refused: Refused,
    },
    /// There was no answer to the question with this serial.
    Failed {
        /// Serial of the question.
        serial: u64,
    },
    /// A person changed the link (release, admission), or the register changed: it was stored, and is to be asked anew.
    Changed {
        /// The link as stored.
        link: HeldLink,
    },
}

/// Something the adapter does for a follower.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask the child; the answer comes back with the same serial.
    Pull {
        /// Distinguishes this question from earlier ones.
        serial: u64,
        /// The question.
        ask: Ask,
        /// Come back with [`Input::Tick`] then if there was no answer.
        deadline: Instant,
    },
    /// Come back with [`Input::Tick`] then. A later wait replaces an earlier one.
    Wait {
        /// When.
        until: Instant,
    },
}

/// What the follower does just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Resting { until: Instant },
    Asking { serial: u64, deadline: Instant },
}

/// The follower of one child.
#[derive(Clone, Debug)]
pub struct Follower {
    pace: Pace,
    link: HeldLink,
    phase: Phase,
    serial: u64,
    failures: u32,
    /// Something was announced while a question was under way.
    announced: bool,
}

impl Follower {
    /// A follower that begins after an offset hashed from the child's name, so that a restarted parent does not ask all at once.
    pub fn new(pace: Pace, link: HeldLink, now: Instant) -> Follower {
        let until = now.plus_ms(start_offset(&link.child, pace.interval_ms));
        Follower { pace, link, phase: Phase::Resting { until }, serial: 0, failures: 0, announced: false }
    }

    /// The link as this follower knows it.
    pub fn link(&self) -> &HeldLink {
        &self.link
    }

    /// Failures since something succeeded last.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Takes in what happened at `now` and says what to do. `random` is any number drawn for this call; it only spreads waits.
    pub fn step(&mut self, now: Instant, random: u64, input: Input) -> Action {
        match input {
            Input::Tick => {}
            Input::Announced { epoch, head } => self.hear(now, epoch, head),
            Input::Wanted if self.link.quarantine.is_some() => {}
            Input::Wanted => self.hasten(now),
            Input::Applied { serial, link } if self.is_asking(serial) => self.applied(now, random, link),
            Input::Refused { serial, link, refused } if self.is_asking(serial) => self.refused(now, random, link, &refused),
            Input::Failed { serial } if self.is_asking(serial) => self.failed(now, random),
            // The answer to a question that was given up: what it changed is stored, the next question starts from there.
            Input::Applied { link, .. } | Input::Refused { link, .. } => self.link = link,
            Input::Failed { .. } => {}
            Input::Changed { link } => {
                self.link = link;
                self.failures = 0;
                self.phase = Phase::Resting { until: now };
            }
        }
        self.proceed(now, random)
    }

    fn is_asking(&self, serial: u64) -> bool {
        matches!(self.phase, Phase::Asking { serial: asked, .. } if asked == serial)
    }

    fn hear(&mut self, now: Instant, epoch: u32, head: u64) {
        let news = epoch != self.link.epoch || head > self.link.cursor;
        // A failing or quarantined child does not get asked more often by announcing more often.
        if !news || self.failures > 0 || self.link.quarantine.is_some() {
            return;
        }
        self.hasten(now);
    }

    fn hasten(&mut self, now: Instant) {
        match &mut self.phase {
            Phase::Resting { until } => *until = now,
            Phase::Asking { .. } => self.announced = true,
        }
    }

    fn applied(&mut self, now: Instant, random: u64, link: HeldLink) {
        // A pull that must be repeated whole made no progress, however much of it was applied.
        if link.take_full {
            self.link = link;
            return self.failed(now, random);
        }
        self.link = link;
        self.failures = 0;
        let wait = if std::mem::take(&mut self.announced) { 0 } else { self.pace.interval_ms };
        self.phase = Phase::Resting { until: now.plus_ms(wait) };
    }

    fn refused(&mut self, now: Instant, random: u64, link: HeldLink, refused: &Refused) {
        self.link = link;
        match refused.remedy {
            Remedy::Quarantine | Remedy::Ignore if self.link.quarantine.is_some() => {
                self.phase = Phase::Resting { until: now.plus_ms(spread(self.pace.probe_ms, random)) };
            }
            Remedy::Quarantine | Remedy::Ignore | Remedy::Retry | Remedy::TakeFull => self.failed(now, random),
        }
    }

    fn failed(&mut self, now: Instant, random: u64) {
        let doubled = self.pace.backoff_first_ms.saturating_mul(1_i64.checked_shl(self.failures.min(40)).unwrap_or(i64::MAX));
        self.failures = self.failures.saturating_add(1);
        self.announced = false;
        let wait = spread(doubled.min(self.pace.backoff_max_ms), random);
        self.phase = Phase::Resting { until: now.plus_ms(wait) };
    }

    fn proceed(&mut self, now: Instant, random: u64) -> Action {
        if let Phase::Asking { deadline, .. } = self.phase
            && now >= deadline
        {
            self.failed(now, random);
        }
        match self.phase {
            Phase::Asking { deadline, .. } => Action::Wait { until: deadline },
            Phase::Resting { until } if until > now => Action::Wait { until },
            Phase::Resting { .. } => {
                self.serial = self.serial.wrapping_add(1);
                let deadline = now.plus_ms(self.pace.deadline_ms);
                self.phase = Phase::Asking { serial: self.serial, deadline };
                Action::Pull { serial: self.serial, ask: self.link.ask(), deadline }
            }
        }
    }
}

/// Between half of `wait` and all of it.
fn spread(wait: i64, random: u64) -> i64 {
    let half = (wait / 2).max(0);
    let span = half.unsigned_abs().saturating_add(1);
    wait.saturating_sub(half).saturating_add(i64::try_from(random % span).unwrap_or(0))
}

/// A fixed place within the interval for each child (FNV-1a over its name).
fn start_offset(child: &RegionId, interval_ms: i64) -> i64 {
    let hash = child
        .as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    i64::try_from(hash % interval_ms.max(1).unsigned_abs()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
