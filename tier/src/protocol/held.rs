//! What a tier holds of a child's link and of each origin below it: the durable side of following.
//!
//! An adapter stores these values in the same transaction as the facts they speak of.

use bytes::Bytes;
use changxiao_domain::{clock::Instant, region::RegionId};

use super::delivery::{Ask, Through};
use super::digest::Buckets;
use crate::journal::merkle::Hash;

/// A signed head that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Epoch of the journal.
    pub epoch: u32,
    /// Entries.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// The signed note, kept because two of them can prove a fork.
    pub note: Bytes,
}

/// Why and since when a link or an origin is quarantined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// Stable reason.
    pub reason: &'static str,
    /// Since when, by this tier's business clock.
    pub since: Instant,
}

/// One direct child as this tier knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLink {
    /// The child.
    pub child: RegionId,
    /// Epoch in which the cursor counts, 0 before the first pull.
    pub epoch: u32,
    /// Position in the child's journal up to which everything is held.
    pub cursor: u64,
    /// The child's head that was verified last.
    pub witnessed: Option<Witness>,
    /// Epoch that a person admitted after a change, if any.
    pub admitted: Option<u32>,
    /// The next pull asks for everything.
    pub take_full: bool,
    /// Set while nothing of this child is applied.
    pub quarantine: Option<Quarantine>,
}

impl HeldLink {
    /// A child that was never pulled.
    pub fn new(child: RegionId) -> HeldLink {
        HeldLink { child, epoch: 0, cursor: 0, witnessed: None, admitted: None, take_full: false, quarantine: None }
    }

    /// The question that continues where this link stands.
    pub fn ask(&self) -> Ask {
        let (epoch, cursor) = if self.take_full { (0, 0) } else { (self.epoch, self.cursor) };
        Ask { epoch, cursor, witnessed_size: self.witnessed.as_ref().map_or(0, |witness| witness.size) }
    }

    /// Lets a quarantined child back in, by a person's decision; what it shows is then taken whole.
    ///
    /// `admitted` is the new epoch whose recovery statement that person read; without it the child must continue the journal
    /// that was witnessed.
    pub fn release(&mut self, admitted: Option<u32>) {
        self.quarantine = None;
        self.take_full = true;
        self.admitted = admitted.or(self.admitted);
    }
}

/// One origin's facts as this tier holds them, without the bodies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeldOrigin {
    /// Epoch of the held facts, 0 if nothing is held.
    pub epoch: u32,
    /// Position of the published entry that they equal.
    pub position: u64,
    /// The head in which that entry was proven.
    pub tree: Option<Witness>,
    /// Digest buckets of the held facts.
    pub buckets: Buckets,
    /// Set while nothing of this origin is applied.
    pub quarantine: Option<Quarantine>,
}

impl HeldOrigin {
    /// True if the sender's verification speaks of exactly what is held, so that its time may be taken over.
    ///
    /// A sender that verified something newer says nothing about how fresh the older facts here are.
    pub fn is_vouched_by(&self, through: &Through) -> bool {
        self.epoch == through.epoch && self.position == through.position && through.quarantine.is_none()
    }
}
