//! What may go wrong in one run. Each seed enables a random subset (swarm), so that faults also occur in unusual company.

use super::random::Random;

/// One second, in milliseconds.
pub const SECOND: i64 = 1_000;
/// One minute.
pub const MINUTE: i64 = 60 * SECOND;
/// One hour.
pub const HOUR: i64 = 60 * MINUTE;
/// One day.
pub const DAY: i64 = 24 * HOUR;

/// The faults of one seed. Chances are per mille.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// A message is lost: 0 to 30 %.
    pub loss: u64,
    /// A message comes twice: 0 to 50 %.
    pub duplication: u64,
    /// A message is slow.
    pub slow: u64,
    /// Slow messages take up to this long, at most 6 h; they are overtaken by others.
    pub slow_ms_max: i64,
    /// A link is cut, per link and day.
    pub partition: u64,
    /// Share of cuts that stop one direction only.
    pub one_way: u64,
    /// A host crashes and loses what was not synced, per host and day.
    pub crash: u64,
    /// A host crashes between taking a command and syncing it, per command.
    pub crash_unsynced: u64,
    /// Share of crashes after which an older copy is put back.
    pub restore: u64,
    /// Share of those in which the guard file is put back as well, so that only the parent can notice.
    pub silent: u64,
    /// Share of quarantines that nobody ever releases.
    pub abandoned: u64,
    /// Clocks are wrong by up to this, at most a day.
    pub skew_ms_max: i64,
    /// A fact falls out of an answer, its count with it.
    pub omission: u64,
    /// A fact's body is altered in an answer.
    pub alteration: u64,
}

impl Faults {
    /// Draws the faults of a seed: each kind is on in half of all seeds.
    pub fn draw(random: &mut Random) -> Faults {
        let mut up_to = |most: u64| {
            if random.chance(500) { random.below(most + 1) } else { 0 }
        };
        Faults {
            loss: up_to(300),
            duplication: up_to(500),
            slow: up_to(200),
            slow_ms_max: 6 * HOUR,
            partition: up_to(150),
            one_way: up_to(1000),
            crash: up_to(300),
            crash_unsynced: up_to(30),
            restore: up_to(300),
            silent: up_to(1000),
            abandoned: up_to(300),
            skew_ms_max: up_to(DAY as u64) as i64,
            omission: up_to(30),
            alteration: up_to(30),
        }
    }
}
