//! What the writer adds to an event: who, when, where in the journal.

use crate::{clock::Instant, serial::Serial};

/// Stamp of one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Identifier of the actor, as [`crate::actor::Actor::id`] gives it.
    pub actor: String,
    /// When the event takes effect: for a passed deadline its instant, else when the command was received.
    pub at: Instant,
    /// When the writer received the command.
    pub received: Instant,
    /// Life of the journal.
    pub epoch: u32,
    /// Position in the journal.
    pub position: u64,
}

/// What a decision may know of its surroundings.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Business time of the command.
    pub now: Instant,
    /// Serial for a thing that this command's first event makes.
    pub next: Serial,
}
