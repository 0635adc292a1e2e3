//! What travels upward, decoded but not yet believed: a pull is a head and one delivery per origin that changed.
//!
//! These are the messages of `federation.v1.Feed` after the wire's own checks (lengths, known enum numbers). Nothing in them is
//! true until [`Judge`](super::judge::Judge) says so.

use bytes::Bytes;
use changxiao_domain::{clock::Instant, region::RegionId};

use super::fact::Fact;
use crate::journal::merkle::Hash;

/// What a follower asks of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Epoch in which the cursor counts; 0 asks for everything.
    pub epoch: u32,
    /// Position in the feed's own journal up to which the caller holds everything.
    pub cursor: u64,
    /// Size of the tree that the caller witnessed last, 0 for none.
    pub witnessed_size: u64,
}

/// The answer to an [`Ask`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// Whose journal the cursor counts in, and the proof that it only grew.
    pub head: Head,
    /// One per origin that changed, the feed's own region first.
    pub deliveries: Vec<Delivery>,
}

/// First frame of a pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Epoch of the feed's journal.
    pub epoch: u32,
    /// Signed checkpoint of the feed's journal, a C2SP note.
    pub checkpoint: Bytes,
    /// Proof that the journal of the asked size is a beginning of this one.
    pub consistency: Vec<Hash>,
    /// The deliveries hold everything, not only what changed.
    pub full: bool,
    /// Cursor after this pull.
    pub cursor: u64,
    /// Business time of the sender.
    pub now: Instant,
    /// How fresh each origin below the sender is.
    pub through: Vec<Through>,
}

/// How fresh one origin is at the sender. Not journaled and not proven: it can only make coverage younger, never a figure different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Through {
    /// Region.
    pub origin: RegionId,
    /// Epoch of its journal.
    pub epoch: u32,
    /// Position of its last published entry at the sender.
    pub position: u64,
    /// When the sender verified it, by the sender's business clock.
    pub verified_at: Instant,
    /// Set if the sender quarantined it.
    pub quarantine: Option<QuarantineMark>,
}

/// That, why and since when an origin is quarantined somewhere below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineMark {
    /// Stable reason.
    pub reason: String,
    /// Business time of whoever quarantined it.
    pub since: Instant,
}

/// All facts of one origin that changed after the cursor, up to one published entry, with the origin's own word for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Region that owns the facts.
    pub origin: RegionId,
    /// Epoch of its journal.
    pub epoch: u32,
    /// Position of the published entry that commits to the facts.
    pub position: u64,
    /// The published entry: header bytes.
    pub entry_header: Bytes,
    /// The published entry: body bytes.
    pub entry_body: Bytes,
    /// The origin's signed checkpoint, a C2SP note.
    pub checkpoint: Bytes,
    /// Inclusion of the published entry in that checkpoint.
    pub inclusion: Vec<Hash>,
    /// The relay's cosignature line over that checkpoint; empty on a direct link.
    pub cosignature: Bytes,
    /// The facts in ascending order of audience, kind, key.
    pub facts: Vec<Fact>,
}
