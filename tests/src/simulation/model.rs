//! The obvious model: what each region really published, and what a tier may therefore show. It counts on its own and knows nothing
//! of deltas, digests, cursors or proofs.

use std::collections::{BTreeMap, BTreeSet};

use changxiao_tier::protocol::fact::{Audience, Topic};

/// All facts of one region with their values; withdrawn ones are absent.
pub type Cells = BTreeMap<(Audience, Topic), u64>;

/// One state that a region published.
#[derive(Clone, Debug)]
struct Shown {
    at_ms: i64,
    branch: u32,
    epoch: u32,
    position: u64,
    cells: Cells,
}

/// One region as the model sees it.
#[derive(Clone, Debug, Default)]
struct Region {
    cells: Cells,
    /// Rises whenever an older copy is put back: the same positions then carry another history.
    branch: u32,
    shown: Vec<Shown>,
    restored_at_ms: Vec<i64>,
    /// Branch and epoch that the parent must never take, because it had witnessed another history.
    forbidden: BTreeSet<(u32, u32)>,
}

/// The model of the whole network, by host number.
#[derive(Clone, Debug, Default)]
pub struct Model {
    regions: BTreeMap<usize, Region>,
}

impl Model {
    /// Something was counted into a fact.
    pub fn count(&mut self, region: usize, audience: Audience, topic: Topic) {
        *self.regions.entry(region).or_default().cells.entry((audience, topic)).or_default() += 1;
    }

    /// A fact was set to a value.
    pub fn set(&mut self, region: usize, audience: Audience, topic: Topic, value: u64) {
        self.regions.entry(region).or_default().cells.insert((audience, topic), value);
    }

    /// A fact was withdrawn.
    pub fn withdraw(&mut self, region: usize, audience: Audience, topic: &Topic) {
        self.regions.entry(region).or_default().cells.remove(&(audience, topic.clone()));
    }

    /// The region published what it has.
    pub fn publish(&mut self, region: usize, at_ms: i64, epoch: u32, position: u64) {
        let region = self.regions.entry(region).or_default();
        let shown = Shown { at_ms, branch: region.branch, epoch, position, cells: region.cells.clone() };
        region.shown.push(shown);
    }

    /// The branch on which a region is.
    pub fn branch(&self, region: usize) -> u32 {
        self.regions.get(&region).map_or(0, |region| region.branch)
    }

    /// A copy was put back that stood on `branch`, at this published entry. `noticed_by_parent` says that the parent had witnessed more.
    pub fn restore(
        &mut self,
        region: usize,
        at_ms: i64,
        branch: u32,
        epoch: u32,
        position: Option<u64>,
        noticed_by_parent: bool,
    ) {
        let region = self.regions.entry(region).or_default();
        // A copy stands on its branch or on one that was continued into it; positions up to the copy are shared.
        let found =
            region.shown.iter().rfind(|shown| shown.branch == branch && shown.epoch <= epoch && Some(shown.position) == position);
        region.cells = found.map(|shown| shown.cells.clone()).unwrap_or_default();
        let kept = found.cloned();
        region.branch += 1;
        region.restored_at_ms.push(at_ms);
        if let Some(kept) = kept {
            region.shown.push(Shown { branch: region.branch, at_ms, ..kept });
        }
        if noticed_by_parent {
            region.forbidden.insert((region.branch, epoch));
        }
    }

    /// The parent was put back itself: what it had witnessed is gone, and it may honestly take another history.
    pub fn forgive(&mut self, region: usize) {
        if let Some(region) = self.regions.get_mut(&region) {
            region.forbidden.clear();
        }
    }

    /// The current facts of a region, as far as they travel.
    pub fn current(&self, region: usize, audiences: &[Audience]) -> Cells {
        self.regions.get(&region).map(|region| travelling(&region.cells, audiences)).unwrap_or_default()
    }

    /// Checks that a tier which claims to hold a region at this epoch and position shows exactly one state the region published there.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub fn check(&self, region: usize, epoch: u32, position: u64, seen: &Cells, audiences: &[Audience]) -> Result<(), String> {
        let known = self.regions.get(&region).ok_or("shows a region that never published")?;
        let mut there = known.shown.iter().filter(|shown| shown.epoch == epoch && shown.position == position).peekable();
        if there.peek().is_none() {
            return Err(format!("shows epoch {epoch}, position {position}, which was never published"));
        }
        let mut forked = false;
        for shown in there {
            if travelling(&shown.cells, audiences) == *seen {
                // A state copied from before the fork is common history and stays allowed.
                if !known.forbidden.contains(&(shown.branch, epoch)) || known.restored_at_ms.contains(&shown.at_ms) {
                    return Ok(());
                }
                forked = true;
            }
        }
        let what = if forked { "takes a history that contradicts a witnessed one" } else { "differs from what was published" };
        Err(format!("{what} at epoch {epoch}, position {position}"))
    }

    /// Checks a claim of freshness: what was published by `since_ms` must be held.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub fn check_fresh(&self, region: usize, since_ms: i64, epoch: u32, position: u64) -> Result<(), String> {
        let Some(known) = self.regions.get(&region) else {
            return Ok(());
        };
        // After a restoration "newer" has no single meaning until the region is admitted again.
        if known.restored_at_ms.iter().any(|at_ms| *at_ms >= since_ms) {
            return Ok(());
        }
        match known.shown.iter().rfind(|shown| shown.at_ms <= since_ms) {
            Some(then) if (then.epoch, then.position) > (epoch, position) => {
                Err(format!("claims to be fresh but holds {position} where {} was published", then.position))
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn travelling(cells: &Cells, audiences: &[Audience]) -> Cells {
    cells.iter().filter(|((audience, _), _)| audiences.contains(audience)).map(|(key, value)| (key.clone(), *value)).collect()
}
