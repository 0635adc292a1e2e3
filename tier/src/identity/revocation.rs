//! The revocation lists in force in this process, and how long a stale one is borne.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use changxiao_domain::{region::RegionId, revocation::RevocationList};

/// How lists are insisted on. A list that is stale alarms at once and refuses only after the grace: lists that fail closed would stop
/// every county at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Insistence {
    /// Whether a certificate is refused while no list speaks of its holder's region.
    pub required: bool,
    /// Milliseconds for which a stale list is borne.
    pub grace_ms: i64,
}

impl Default for Insistence {
    fn default() -> Self {
        const DAY_MS: i64 = 86_400_000;
        Self { required: false, grace_ms: 30 * DAY_MS }
    }
}

type Lists = BTreeMap<RegionId, Arc<RevocationList>>;

/// The newest list of each issuer; replaced whole, shared by clones.
#[derive(Debug, Clone, Default)]
pub struct Revocations(Arc<RwLock<Arc<Lists>>>);

impl Revocations {
    /// The lists in force.
    #[must_use]
    pub fn current(&self) -> Arc<Lists> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Version of an issuer's list in force, 0 for none.
    #[must_use]
    pub fn version(&self, issuer: &RegionId) -> u32 {
        self.current().get(issuer).map_or(0, |list| list.version)
    }

    /// Puts a list in force whose signature was checked; an older one changes nothing. Says whether it did.
    pub fn adopt(&self, list: RevocationList) -> bool {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if current.get(&list.issuer).is_some_and(|held| held.version >= list.version) {
            return false;
        }
        let mut lists = Lists::clone(&current);
        lists.insert(list.issuer.clone(), Arc::new(list));
        *current = Arc::new(lists);
        true
    }
}
