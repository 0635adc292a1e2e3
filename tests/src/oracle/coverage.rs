//! What must stand beside a figure: how many regions it should rest on, how many it does, and which are old.

use std::collections::BTreeSet;

use changxiao_proto::statistics::v1::{Coverage, Gap};

/// Coverage as the drivers know it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageView {
    /// County-level regions of the register below the region asked.
    pub expected: u32,
    /// Those that reported.
    pub reported: u32,
    /// Those whose figures are old.
    pub stale: BTreeSet<String>,
    /// Those whose proof failed.
    pub quarantined: BTreeSet<String>,
    /// How many never reported.
    pub unknown: u32,
}

impl CoverageView {
    /// As an answer shows it.
    pub fn told(coverage: &Coverage) -> Self {
        let names = |gaps: &[Gap]| gaps.iter().map(|gap| gap.region.clone()).collect();
        CoverageView {
            expected: coverage.expected,
            reported: coverage.reported,
            stale: names(&coverage.stale),
            quarantined: names(&coverage.quarantined),
            unknown: coverage.unknown.len() as u32,
        }
    }

    /// `5 of 129`, with the names of those that are old.
    pub fn text(&self) -> String {
        let mut text = format!("{} of {}", self.reported, self.expected);
        for (label, regions) in [("stale", &self.stale), ("quarantined", &self.quarantined)] {
            if !regions.is_empty() {
                text.push_str(&format!(", {label}: {}", regions.iter().cloned().collect::<Vec<_>>().join(" ")));
            }
        }
        text
    }
}
