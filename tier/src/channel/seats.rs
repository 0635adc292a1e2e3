//! How many established connections one program may hold, so that a runaway follower cannot take them all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::identity::spiffe::SpiffeId;

/// Counts connections per identity. Clones share the count.
#[derive(Debug, Clone, Default)]
pub struct Seats {
    taken: Arc<Mutex<HashMap<SpiffeId, usize>>>,
}

impl Seats {
    /// A seat for one more connection of `identity`, or `None` when it holds `limit` already. Dropping the seat frees it.
    pub fn take(&self, identity: &SpiffeId, limit: usize) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.get(identity).copied().unwrap_or(0);
        if count >= limit {
            return None;
        }
        taken.insert(identity.clone(), count + 1);
        Some(Seat { seats: self.clone(), identity: identity.clone() })
    }
}

/// One established connection's place.
#[derive(Debug)]
pub struct Seat {
    seats: Seats,
    identity: SpiffeId,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.identity) {
            Some(count) if *count > 1 => *count -= 1,
            // Nobody left: the table holds only identities that are connected.
            _ => drop(taken.remove(&self.identity)),
        }
    }
}
