//! What a tier offers to the follower above it, for a given cursor.
//!
//! A cursor is a position in the *feed's own* journal: its own facts count by their published position, a relayed origin's facts by
//! the position of the `delivery_received` entry with which they arrived. Both therefore lie on one line, and a cursor can be
//! compared with them without knowing whose they are.

use super::delivery::Ask;
use super::fact::Audience;

/// Where a feed's journal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedHead {
    /// Epoch of its journal.
    pub epoch: u32,
    /// Highest position at which anything it offers changed, 0 for nothing yet (entry 0 opens the region and offers nothing).
    pub cursor: u64,
    /// Cursors below this one miss tombstones that were purged since.
    pub floor: u64,
}

/// Whose facts they are, seen from the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The feed's own region.
    Own,
    /// A region below, relayed.
    Relayed,
}

/// What answers one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Everything, because the cursor means nothing here.
    pub full: bool,
    /// Facts and origins changed after this position of the feed's journal.
    pub after: u64,
    /// Cursor of the caller once it applied the answer.
    pub cursor: u64,
}

/// Plans the answer to `ask` from a feed that stands at `head`.
///
/// A cursor of another epoch, beyond the head or below the floor gets an explicit full delivery; whether its owner is content with that
/// is the follower's judgement, which compares the trees.
pub fn plan(head: &FeedHead, ask: &Ask) -> Plan {
    let full = ask.epoch != head.epoch || ask.cursor > head.cursor || ask.cursor < head.floor;
    Plan { full, after: if full { 0 } else { ask.cursor }, cursor: head.cursor }
}

impl Plan {
    /// True if an origin that changed at `changed_at` (a position of the feed's journal) gets a delivery at all. It does even if none of
    /// its facts travels further: its published entry is news.
    pub fn delivers(&self, changed_at: u64) -> bool {
        self.full || changed_at > self.after
    }

    /// True if a fact goes into its origin's delivery.
    pub fn includes(&self, source: Source, audience: Audience, changed_at: u64) -> bool {
        let travels = match source {
            Source::Own => true,
            Source::Relayed => audience == Audience::Above,
        };
        travels && self.delivers(changed_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: FeedHead = FeedHead { epoch: 2, cursor: 50, floor: 10 };

    #[test]
    fn a_cursor_that_means_nothing_here_gets_everything() {
        for (epoch, cursor, full) in
            [(2, 50, false), (2, 10, false), (2, 9, true), (2, 51, true), (1, 50, true), (3, 50, true), (0, 0, true)]
        {
            let plan = plan(&HEAD, &Ask { epoch, cursor, witnessed_size: 0 });
            assert_eq!(plan.full, full, "epoch {epoch}, cursor {cursor}");
            assert_eq!(plan.cursor, 50);
        }
    }

    #[test]
    fn only_what_changed_after_the_cursor_travels_and_a_relay_keeps_what_is_for_the_parent() {
        let plan = plan(&HEAD, &Ask { epoch: 2, cursor: 40, witnessed_size: 0 });
        for (source, audience, changed_at, included) in [
            (Source::Own, Audience::Parent, 41, true),
            (Source::Own, Audience::Above, 41, true),
            (Source::Own, Audience::Above, 40, false),
            (Source::Relayed, Audience::Above, 41, true),
            (Source::Relayed, Audience::Parent, 41, false),
        ] {
            assert_eq!(plan.includes(source, audience, changed_at), included, "{source:?} {audience:?} {changed_at}");
        }
        assert!(plan.delivers(41) && !plan.delivers(40));
    }
}
