//! What one run did, and whether it counts.

use std::fmt;
use std::ops::AddAssign;

/// Counters of a run or of many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Simulated days.
    pub days: u64,
    /// Business events that were synced.
    pub events: u64,
    /// Answers judged.
    pub pulls: u64,
    /// Deliveries applied.
    pub deliveries: u64,
    /// Consistency proofs checked (answers judged with something witnessed before).
    pub proofs: u64,
    /// Messages lost.
    pub lost: u64,
    /// Messages doubled.
    pub doubled: u64,
    /// Crashes.
    pub crashes: u64,
    /// Commands lost with an unsynced tail.
    pub unsynced: u64,
    /// Cuts of a link.
    pub partitions: u64,
    /// Older copies put back.
    pub restores: u64,
    /// Quarantines.
    pub quarantines: u64,
    /// New epochs opened.
    pub epochs: u64,
    /// Facts dropped from or altered in an answer.
    pub tampered: u64,
    /// Directives issued.
    pub directives: u64,
    /// Directives that took effect.
    pub effects: u64,
    /// Directives that expired unapplied.
    pub expired: u64,
    /// Longest time from the end of faults until all tiers equalled the model, per mille of a pull interval.
    pub converged_per_mille: u64,
    /// Checks of a tier against the model.
    pub checks: u64,
}

impl AddAssign<&Totals> for Totals {
    fn add_assign(&mut self, other: &Totals) {
        self.days += other.days;
        self.events += other.events;
        self.pulls += other.pulls;
        self.deliveries += other.deliveries;
        self.proofs += other.proofs;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.crashes += other.crashes;
        self.unsynced += other.unsynced;
        self.partitions += other.partitions;
        self.restores += other.restores;
        self.quarantines += other.quarantines;
        self.epochs += other.epochs;
        self.tampered += other.tampered;
        self.directives += other.directives;
        self.effects += other.effects;
        self.expired += other.expired;
        self.converged_per_mille = self.converged_per_mille.max(other.converged_per_mille);
        self.checks += other.checks;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} days, {} events, {} pulls, {} deliveries, {} proofs, {} lost, {} doubled, {} crashes ({} commands lost), \
             {} partitions, {} restores, {} quarantines, {} epochs, {} tampered, directives {} issued {} applied {} expired, \
             {} checks, converged in {}.{:03} intervals",
            self.days,
            self.events,
            self.pulls,
            self.deliveries,
            self.proofs,
            self.lost,
            self.doubled,
            self.crashes,
            self.unsynced,
            self.partitions,
            self.restores,
            self.quarantines,
            self.epochs,
            self.tampered,
            self.directives,
            self.effects,
            self.expired,
            self.checks,
            self.converged_per_mille / 1000,
            self.converged_per_mille % 1000,
        )
    }
}

/// The outcome of one seed.
#[derive(Clone, Debug)]
pub struct Report {
    /// The seed.
    pub seed: u64,
    /// Counters.
    pub totals: Totals,
    /// SHA-256 over every event in its order: two runs with one hash are the same run.
    pub log_hash: String,
    /// What was wrong first, if anything.
    pub wrong: Option<String>,
}
