//! The register of regions: who lies below whom, under which name and code, from when to when.
//!
//! A register is one version, signed by the province and published downward. It alone decides what a subtree is; no
//! digit of a code is ever read for that.

use std::collections::BTreeMap;

use crate::clock::Date;
use crate::period::Month;
use crate::region::{RegionCode, RegionId, RegionKind};

mod check;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

pub use check::{RegisterFault, RegisterProblem};

/// What a region was called and where it belonged from one day to another, with the legal basis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated {
    /// First day.
    pub from: Date,
    /// First day that no longer belongs to it; `None` while in force.
    pub to: Option<Date>,
    pub code: RegionCode,
    pub name_zh: String,
    pub name_en: String,
    /// The region directly above; `None` for the top of the register.
    pub parent: Option<RegionId>,
    /// Where the dates and the code come from, and how sure they are.
    pub basis: String,
}

impl Dated {
    /// Whether these attributes are in force on `date`.
    pub fn holds_on(&self, date: Date) -> bool {
        self.from <= date && self.to.is_none_or(|to| date < to)
    }
}

/// One region with its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    pub id: RegionId,
    pub kind: RegionKind,
    /// Ed25519 public key its journal is signed with, once enrolled.
    pub journal_key: Option<[u8; 32]>,
    /// Where the tier above reaches its federation listener, `host:port`.
    pub federation_address: Option<String>,
    /// First month for which this region reports on this network; `None` while it does not.
    pub joined: Option<Month>,
    /// Name, code and parent over time. A [`Register`] keeps them sorted by date.
    pub attributes: Vec<Dated>,
}

impl Region {
    /// What the region was called and where it belonged on `date`.
    pub fn at(&self, date: Date) -> Option<&Dated> {
        self.attributes.iter().find(|dated| dated.holds_on(date))
    }
}

/// All regions of one version of the register, checked to be consistent on every date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    version: u64,
    regions: BTreeMap<RegionId, Region>,
}

impl Register {
    /// Version `version` of the register.
    ///
    /// # Errors
    /// [`RegisterFault`] with every problem found: ids used twice, regions without attributes, empty or overlapping
    /// intervals, codes used by two regions on one date, parents that are unknown, not in force, not of a higher level
    /// or in a circle.
    pub fn new(version: u64, regions: Vec<Region>) -> Result<Self, RegisterFault> {
        let mut by_id = BTreeMap::new();
        let mut problems = Vec::new();
        for mut region in regions {
            region.attributes.sort_by_key(|dated| dated.from);
            let id = region.id.clone();
            if by_id.insert(id.clone(), region).is_some() {
                problems.push(RegisterProblem::DuplicateId { region: id });
            }
        }
        problems.extend(check::problems(&by_id));
        if problems.is_empty() { Ok(Self { version, regions: by_id }) } else { Err(RegisterFault { problems }) }
    }

    /// The version; a higher one replaces a lower one.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Every region, sorted by id.
    pub fn regions(&self) -> impl Iterator<Item = &Region> {
        self.regions.values()
    }

    /// How many regions there are, in force or not.
    pub fn len(&self) -> usize {
        self.regions.len()
    }

    /// Whether there is no region at all.
    pub fn is_empty(&self) -> bool {
        self.regions.is_empty()
    }

    /// The region with this id.
    pub fn region(&self, id: &RegionId) -> Option<&Region> {
        self.regions.get(id)
    }

    /// Name, code and parent of a region on `date`; `None` if it is unknown or not in force then.
    pub fn at(&self, id: &RegionId, date: Date) -> Option<&Dated> {
        self.region(id)?.at(date)
    }

    /// The region that bears `code` on `date`.
    pub fn by_code(&self, code: RegionCode, date: Date) -> Option<&Region> {
        self.regions.values().find(|region| region.at(date).is_some_and(|dated| dated.code == code))
    }

    /// The region directly above on `date`.
    pub fn parent(&self, id: &RegionId, date: Date) -> Option<&RegionId> {
        self.at(id, date)?.parent.as_ref()
    }

    /// Whether `below` is `above` or lies anywhere below it on `date`. Regions not in force then are in no subtree.
    pub fn contains(&self, above: &RegionId, below: &RegionId, date: Date) -> bool {
        if self.at(above, date).is_none() {
            return false;
        }
        self.line(below, date).any(|id| id == above)
    }

    /// The regions directly below on `date`, sorted by id.
    pub fn children(&self, id: &RegionId, date: Date) -> Vec<&Region> {
        self.regions.values().filter(|region| self.parent(&region.id, date) == Some(id)).collect()
    }

    /// The county-level regions at or below `id` on `date`, sorted by id.
    pub fn counties(&self, id: &RegionId, date: Date) -> Vec<&Region> {
        self.regions.values().filter(|region| region.kind == RegionKind::County && self.contains(id, &region.id, date)).collect()
    }

    /// The counties at or below `id` that report for `month` on this network, by the map of the month's last day.
    pub fn expected(&self, id: &RegionId, month: Month) -> Vec<&Region> {
        let mut counties = self.counties(id, month.last_day());
        counties.retain(|region| region.joined.is_some_and(|joined| joined <= month));
        counties
    }

    /// The key that a region's journal is signed with.
    pub fn journal_key(&self, id: &RegionId) -> Option<&[u8; 32]> {
        self.region(id)?.journal_key.as_ref()
    }

    /// `id` itself and everything above it on `date`, from below.
    fn line<'a>(&'a self, id: &'a RegionId, date: Date) -> impl Iterator<Item = &'a RegionId> {
        // The register was checked to hold no circle on any date, so this ends.
        std::iter::successors(self.at(id, date).map(|_| id), move |&id| self.parent(id, date))
    }
}
