//! Completeness of data: which of the regions that should stand behind a figure really do.

use std::fmt;

use crate::clock::Instant;
use crate::region::RegionId;

/// A region whose data is not up to date or not trusted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gap {
    pub region: RegionId,
    /// The last instant up to which its data is known to be complete; `None` if it was never heard of.
    pub since: Option<Instant>,
    /// Stable UPPER_SNAKE reason such as `SILENT`; a tier passes on reasons it does not know itself.
    pub reason: String,
}

/// How one expected region stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its data is complete for the period asked.
    Reported,
    /// Its data is there but not up to date, or the month is not closed.
    Stale { since: Option<Instant>, reason: String },
    /// A proof of its journal failed; its last good facts are still readable.
    Quarantined { since: Option<Instant>, reason: String },
    /// Nothing was ever received from it.
    Unknown,
}

/// Why a coverage was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoverageFault {
    #[error("{expected} regions are expected but {classified} are classified")]
    NotBalanced { expected: u32, classified: u64 },
    #[error("region {region} is classified twice")]
    ClassifiedTwice { region: RegionId },
}

impl CoverageFault {
    /// Stable name of this fault for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotBalanced { .. } => "COVERAGE_NOT_BALANCED",
            Self::ClassifiedTwice { .. } => "COVERAGE_CLASSIFIED_TWICE",
        }
    }
}

/// What stands behind a figure: of `expected` regions so many `reported`, and every other one by name.
///
/// Always `expected = reported + stale + quarantined + unknown`, and every list is sorted by region. Regions are origins
/// (counties), not the tiers between, so a coverage survives any number of hops.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    expected: u32,
    reported: u32,
    stale: Vec<Gap>,
    quarantined: Vec<Gap>,
    unknown: Vec<RegionId>,
}

impl Coverage {
    /// Puts a coverage together that came from elsewhere, for example over the wire. Lists need not be sorted.
    ///
    /// # Errors
    /// [`CoverageFault::NotBalanced`] or [`CoverageFault::ClassifiedTwice`].
    pub fn new(
        expected: u32,
        reported: u32,
        mut stale: Vec<Gap>,
        mut quarantined: Vec<Gap>,
        mut unknown: Vec<RegionId>,
    ) -> Result<Self, CoverageFault> {
        let classified = u64::from(reported) + (stale.len() + quarantined.len() + unknown.len()) as u64;
        if classified != u64::from(expected) {
            return Err(CoverageFault::NotBalanced { expected, classified });
        }
        let mut named: Vec<&RegionId> = stale.iter().chain(&quarantined).map(|gap| &gap.region).chain(&unknown).collect();
        named.sort();
        if let Some(pair) = named.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(CoverageFault::ClassifiedTwice { region: pair[0].clone() });
        }
        stale.sort();
        quarantined.sort();
        unknown.sort();
        Ok(Self { expected, reported, stale, quarantined, unknown })
    }

    /// The coverage of `expected` regions, each of which `standing` classifies once. A region listed twice counts once.
    pub fn classify(expected: impl IntoIterator<Item = RegionId>, mut standing: impl FnMut(&RegionId) -> Standing) -> Self {
        let regions: std::collections::BTreeSet<RegionId> = expected.into_iter().collect();
        let mut coverage = Self::default();
        for region in regions {
            coverage.expected += 1;
            match standing(&region) {
                Standing::Reported => coverage.reported += 1,
                Standing::Stale { since, reason } => coverage.stale.push(Gap { region, since, reason }),
                Standing::Quarantined { since, reason } => coverage.quarantined.push(Gap { region, since, reason }),
                Standing::Unknown => coverage.unknown.push(region),
            }
        }
        coverage
    }

    /// How many regions should stand behind the figure.
    pub fn expected(&self) -> u32 {
        self.expected
    }

    /// How many of them do.
    pub fn reported(&self) -> u32 {
        self.reported
    }

    /// Regions whose data is not up to date, sorted by id.
    pub fn stale(&self) -> &[Gap] {
        &self.stale
    }

    /// Regions whose journal failed a proof, sorted by id.
    pub fn quarantined(&self) -> &[Gap] {
        &self.quarantined
    }

    /// Regions that were never heard of, sorted by id.
    pub fn unknown(&self) -> &[RegionId] {
        &self.unknown
    }

    /// Whether every expected region reported. True of nothing expected: no figure is missing then.
    pub fn is_complete(&self) -> bool {
        self.reported == self.expected
    }

    /// The coverage of two figures over disjoint regions taken together; associative and commutative.
    ///
    /// The regions must be disjoint: one that stands in both would count twice.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.expected = self.expected.saturating_add(other.expected);
        self.reported = self.reported.saturating_add(other.reported);
        self.stale.extend(other.stale);
        self.stale.sort();
        self.quarantined.extend(other.quarantined);
        self.quarantined.sort();
        self.unknown.extend(other.unknown);
        self.unknown.sort();
        self
    }

    /// One line such as `3 of 5 regions; stale: bs-shidian (SILENT since …); unknown: bs-longling`.
    pub fn describe(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} regions", self.reported, self.expected)?;
        for (label, gaps) in [("stale", &self.stale), ("quarantined", &self.quarantined)] {
            for (index, gap) in gaps.iter().enumerate() {
                let lead = if index == 0 { format!("; {label}:") } else { ",".to_owned() };
                write!(f, "{lead} {} ({}", gap.region, gap.reason)?;
                if let Some(since) = gap.since {
                    write!(f, " since {since}")?;
                }
                f.write_str(")")?;
            }
        }
        for (index, region) in self.unknown.iter().enumerate() {
            let lead = if index == 0 { "; unknown:" } else { "," };
            write!(f, "{lead} {region}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
