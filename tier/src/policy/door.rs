//! A region's door: which account stands behind a token, remembered for a while.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use changxiao_domain::{actor::Actor, clock::Instant};
use sea_orm::DatabaseConnection;

use crate::{accounts::by_token, clock::BusinessClock, fault::Fault};

/// A region's accounts as the door sees them.
pub struct Door {
    /// Reads accounts and tokens.
    pub read: DatabaseConnection,
    /// Business clock, by which tokens end.
    pub clock: Arc<BusinessClock>,
    seen: Mutex<HashMap<[u8; 32], (Actor, Instant)>>,
}

/// Tokens remembered at a time.
const REMEMBERED: usize = 20_000;

impl Door {
    /// A door of one region.
    #[must_use]
    pub fn new(read: DatabaseConnection, clock: Arc<BusinessClock>) -> Self {
        Self { read, clock, seen: Mutex::new(HashMap::new()) }
    }

    /// Forgets who was let in, so that closed accounts and ended tokens stop at once.
    pub fn forget(&self) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The account behind a token's hash, if it may act now.
    pub(super) async fn actor(&self, hash: [u8; 32]) -> Result<Option<Actor>, Fault> {
        let now = self.clock.now();
        let remembered = self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        if let Some((actor, ends)) = remembered {
            return Ok((ends > now).then_some(actor));
        }
        let Some((account, ends)) = by_token(&self.read, &hash, now).await? else { return Ok(None) };
        let actor = account.actor();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= REMEMBERED {
            seen.clear();
        }
        seen.insert(hash, (actor.clone(), ends));
        Ok(Some(actor))
    }
}
