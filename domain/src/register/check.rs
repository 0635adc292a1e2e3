//! What makes a register inconsistent. Everything is looked for, so that one reading of the list mends it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Dated, Region};
use crate::clock::Date;
use crate::region::{RegionCode, RegionId};

/// One thing wrong with a register.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterProblem {
    #[error("region {region} is listed twice")]
    DuplicateId { region: RegionId },
    #[error("region {region} has no attributes at any date")]
    NoAttributes { region: RegionId },
    #[error("region {region}: the interval from {from} ends on {to}, before it begins")]
    EmptyInterval { region: RegionId, from: Date, to: Date },
    #[error("region {region}: the interval from {from} overlaps the one before it")]
    OverlappingIntervals { region: RegionId, from: Date },
    #[error("code {code} is used by {first} and {second} on {on}")]
    CodeUsedTwice { code: RegionCode, first: RegionId, second: RegionId, on: Date },
    #[error("region {region} lies below {parent}, which is not in the register")]
    UnknownParent { region: RegionId, parent: RegionId },
    #[error("region {region} lies below {parent}, which is not in force on {on}")]
    ParentNotInForce { region: RegionId, parent: RegionId, on: Date },
    #[error("region {region} lies below {parent}, which is not of a higher level")]
    ParentNotAbove { region: RegionId, parent: RegionId },
    #[error("region {region} lies below itself on {on}")]
    Circle { region: RegionId, on: Date },
}

impl RegisterProblem {
    /// Stable name of this problem for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::DuplicateId { .. } => "REGISTER_DUPLICATE_ID",
            Self::NoAttributes { .. } => "REGISTER_NO_ATTRIBUTES",
            Self::EmptyInterval { .. } => "REGISTER_EMPTY_INTERVAL",
            Self::OverlappingIntervals { .. } => "REGISTER_OVERLAPPING_INTERVALS",
            Self::CodeUsedTwice { .. } => "REGISTER_CODE_USED_TWICE",
            Self::UnknownParent { .. } => "REGISTER_UNKNOWN_PARENT",
            Self::ParentNotInForce { .. } => "REGISTER_PARENT_NOT_IN_FORCE",
            Self::ParentNotAbove { .. } => "REGISTER_PARENT_NOT_ABOVE",
            Self::Circle { .. } => "REGISTER_CIRCLE",
        }
    }
}

/// Everything that is wrong with a register; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterFault {
    pub problems: Vec<RegisterProblem>,
}

impl RegisterFault {
    /// Stable name of this fault for programs; each problem has its own as well.
    pub fn reason(&self) -> &'static str {
        "REGISTER_INVALID"
    }
}

impl fmt::Display for RegisterFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let lead = if index == 0 { "" } else { "; " };
            write!(f, "{lead}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for RegisterFault {}

/// Every problem of regions whose attributes are sorted by date.
pub(super) fn problems(regions: &BTreeMap<RegionId, Region>) -> Vec<RegisterProblem> {
    let mut found = Vec::new();
    for region in regions.values() {
        intervals(region, &mut found);
    }
    codes(regions, &mut found);
    parents(regions, &mut found);
    circles(regions, &mut found);
    found
}

fn intervals(region: &Region, found: &mut Vec<RegisterProblem>) {
    if region.attributes.is_empty() {
        found.push(RegisterProblem::NoAttributes { region: region.id.clone() });
    }
    for dated in &region.attributes {
        if let Some(to) = dated.to.filter(|&to| to <= dated.from) {
            found.push(RegisterProblem::EmptyInterval { region: region.id.clone(), from: dated.from, to });
        }
    }
    for pair in region.attributes.windows(2) {
        if pair[0].to.is_none_or(|to| pair[1].from < to) {
            found.push(RegisterProblem::OverlappingIntervals { region: region.id.clone(), from: pair[1].from });
        }
    }
}

fn codes(regions: &BTreeMap<RegionId, Region>, found: &mut Vec<RegisterProblem>) {
    let mut users: BTreeMap<RegionCode, Vec<(&RegionId, &Dated)>> = BTreeMap::new();
    for region in regions.values() {
        for dated in &region.attributes {
            users.entry(dated.code).or_default().push((&region.id, dated));
        }
    }
    for (code, users) in users {
        for (index, (first, one)) in users.iter().enumerate() {
            for (second, other) in &users[index + 1..] {
                let on = one.from.max(other.from);
                if first != second && one.holds_on(on) && other.holds_on(on) {
                    let (first, second) = ((*first).clone(), (*second).clone());
                    found.push(RegisterProblem::CodeUsedTwice { code, first, second, on });
                }
            }
        }
    }
}

fn parents(regions: &BTreeMap<RegionId, Region>, found: &mut Vec<RegisterProblem>) {
    for region in regions.values() {
        let mut seen = BTreeSet::new();
        for dated in &region.attributes {
            let Some(parent_id) = &dated.parent else {
                continue;
            };
            let (child, parent) = (region.id.clone(), parent_id.clone());
            let Some(above) = regions.get(parent_id) else {
                if seen.insert(parent_id) {
                    found.push(RegisterProblem::UnknownParent { region: child, parent });
                }
                continue;
            };
            if let Some(on) = first_day_without(above, dated) {
                found.push(RegisterProblem::ParentNotInForce { region: child.clone(), parent: parent.clone(), on });
            }
            if above.kind >= region.kind && seen.insert(parent_id) {
                found.push(RegisterProblem::ParentNotAbove { region: child, parent });
            }
        }
    }
}

/// The first day of `child`'s interval on which `above` is not in force.
fn first_day_without(above: &Region, child: &Dated) -> Option<Date> {
    // `above` can only cease to be in force where one of its intervals ends.
    let ends = above.attributes.iter().filter_map(|dated| dated.to);
    std::iter::once(child.from).chain(ends).filter(|&day| child.holds_on(day)).find(|&day| above.at(day).is_none())
}

fn circles(regions: &BTreeMap<RegionId, Region>, found: &mut Vec<RegisterProblem>) {
    // The tree gains an edge only where an interval begins, so a circle shows on one of those days.
    let days: BTreeSet<Date> = regions.values().flat_map(|region| &region.attributes).map(|dated| dated.from).collect();
    let mut seen = BTreeSet::new();
    for on in days {
        for id in regions.keys().filter(|id| comes_back(regions, id, on)) {
            if seen.insert(id) {
                found.push(RegisterProblem::Circle { region: id.clone(), on });
            }
        }
    }
}

/// Whether walking up from `start` on `date` leads to `start` again.
fn comes_back(regions: &BTreeMap<RegionId, Region>, start: &RegionId, date: Date) -> bool {
    let above = |id: &RegionId| regions.get(id)?.at(date)?.parent.as_ref();
    let mut walked = above(start);
    for _ in 0..regions.len() {
        match walked {
            None => return false,
            Some(id) if id == start => return true,
            Some(id) => walked = above(id),
        }
    }
    // A circle further up that does not lead through `start`; its own members report it.
    false
}
