//! Values of one table that a group knows: loaded, changed, and written back together.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::DbErr;

/// Values by key. A key that was asked for and is not held does not exist.
#[derive(Debug)]
pub struct Shelf<K, V> {
    held: BTreeMap<K, V>,
    asked: BTreeSet<K>,
    changed: BTreeSet<K>,
    /// Something was changed that nobody had loaded: what stands in the table would be overwritten.
    strayed: bool,
}

impl<K: Ord, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self { held: BTreeMap::new(), asked: BTreeSet::new(), changed: BTreeSet::new(), strayed: false }
    }
}

impl<K: Ord + Clone, V> Shelf<K, V> {
    /// One value.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.held.get(key)
    }

    /// Every value held.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.held.iter()
    }

    /// Which of these must still be asked for; they count as asked from now on.
    pub fn ask(&mut self, keys: impl IntoIterator<Item = K>) -> Vec<K> {
        keys.into_iter().filter(|key| self.asked.insert(key.clone())).collect()
    }

    /// Puts what was loaded.
    pub fn loaded(&mut self, key: K, value: V) {
        self.asked.insert(key.clone());
        self.held.entry(key).or_insert(value);
    }

    /// Puts a new value.
    pub fn put(&mut self, key: K, value: V) {
        self.asked.insert(key.clone());
        self.changed.insert(key.clone());
        self.held.insert(key, value);
    }

    /// Changes a value that is held.
    pub fn change(&mut self, key: &K, how: impl FnOnce(&mut V)) {
        self.strayed |= !self.asked.contains(key);
        if let Some(value) = self.held.get_mut(key) {
            how(value);
            self.changed.insert(key.clone());
        }
    }

    /// Changes a value, made by `empty` if it is not held.
    pub fn change_or(&mut self, key: K, empty: impl FnOnce() -> V, how: impl FnOnce(&mut V)) {
        self.strayed |= !self.asked.contains(&key);
        how(self.held.entry(key.clone()).or_insert_with(empty));
        self.changed.insert(key);
    }

    /// Refuses to go on if something was changed without having been loaded: a command or an event does not name all its needs.
    ///
    /// # Errors
    /// Names the table.
    pub fn must_be_loaded(&self, table: &str) -> Result<(), DbErr> {
        if self.strayed { Err(DbErr::Custom(format!("table {table}: a row was changed that was not loaded"))) } else { Ok(()) }
    }

    /// Values that changed since the last time, to be written.
    pub fn changes(&mut self) -> Vec<&V> {
        let keys = std::mem::take(&mut self.changed);
        keys.iter().filter_map(|key| self.held.get(key)).collect()
    }

    /// Keys that changed since the last time, where the value alone does not say its key.
    pub fn changed_keys(&mut self) -> BTreeSet<K> {
        std::mem::take(&mut self.changed)
    }
}
