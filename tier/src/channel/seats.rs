//! How much of something one holder may take, so that a single one cannot take it all: connections of a program, calls of a source.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts what is taken by holder. Clones share the count.
#[derive(Debug)]
pub struct Seats<K> {
    taken: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K> Default for Seats<K> {
    fn default() -> Self {
        Self { taken: Arc::default() }
    }
}

impl<K> Clone for Seats<K> {
    fn clone(&self) -> Self {
        Self { taken: Arc::clone(&self.taken) }
    }
}

impl<K: Clone + Eq + Hash> Seats<K> {
    /// One more seat for `holder`, or `None` when it holds `limit` already. Dropping the seat frees it.
    pub fn take(&self, holder: &K, limit: usize) -> Option<Seat<K>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.get(holder).copied().unwrap_or(0);
        if count >= limit {
            return None;
        }
        taken.insert(holder.clone(), count + 1);
        Some(Seat { seats: self.clone(), holder: holder.clone() })
    }
}

/// One seat that is taken.
#[derive(Debug)]
pub struct Seat<K: Clone + Eq + Hash> {
    seats: Seats<K>,
    holder: K,
}

impl<K: Clone + Eq + Hash> Drop for Seat<K> {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match taken.get_mut(&self.holder) {
            Some(count) if *count > 1 => *count -= 1,
            // Nobody left: the table holds only holders of something.
            _ => drop(taken.remove(&self.holder)),
        }
    }
}
