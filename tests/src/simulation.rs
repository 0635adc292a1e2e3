//! Years of a province in minutes: ten counties, a city and the province run the real protocol core under drawn faults, beside an obvious
//! model that knows what is right.
//!
//! A run has two phases. *Safety*: business and faults go on, and after every step that changes what a tier holds, the tier must
//! show exactly one state that the county published at that position, and claim no freshness it has not. *Liveness*: the faults
//! stop, and all tiers must equal the model within two pull intervals; then every directive must have had its one effect.
//!
//! The simulator replaces adapters, disk, network and clocks, never the core: facts, digests, feed plans, judgement, followers and
//! directives are those of `tier::protocol`, trees and Ed25519 signatures those of `tier::journal`.

mod check;
pub mod faults;
mod host;
mod model;
mod random;
pub mod report;
mod state;
mod world;

pub use report::{Report, Totals};

/// A defect built into the simulated programs, to see that the simulator finds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Control {
    /// No defect.
    #[default]
    None,
    /// The cursor is saved before the facts are applied.
    CursorBeforeApply,
    /// Values are added to what is shown instead of replacing it.
    DeltaAdded,
    /// Consistency and inclusion are not verified.
    ProofSkipped,
    /// The facts are not compared with the published digest.
    DigestNotCompared,
}

impl Control {
    /// All defects.
    pub const ALL: [Control; 4] =
        [Control::CursorBeforeApply, Control::DeltaAdded, Control::ProofSkipped, Control::DigestNotCompared];

    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Control::None => "none",
            Control::CursorBeforeApply => "cursor-before-apply",
            Control::DeltaAdded => "delta-added",
            Control::ProofSkipped => "proof-skipped",
            Control::DigestNotCompared => "digest-not-compared",
        }
    }
}

/// Runs one seed for so many simulated days.
pub fn run(seed: u64, days: u64, control: Control) -> Report {
    world::World::new(seed, control).run(days)
}

/// How many seeds, from `start` on, it takes until a defect is found, with what was seen; `None` if `most` do not suffice.
pub fn seeds_until_found(control: Control, start: u64, days: u64, most: u64) -> Option<(u64, Report)> {
    (0..most).map(|n| (n + 1, run(start + n, days, control))).find(|(_, report)| report.wrong.is_some())
}

/// Processor time that this process has used, in seconds, where the kernel tells.
///
/// User and system time are the fields 14 and 15 of `/proc/self/stat`, in hundredths of a second on Linux.
pub fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: Vec<f64> = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    Some(ticks.iter().sum::<f64>() / 100.0)
}
