//! Values of one table that a group knows: loaded, changed, and written back together.

use std::collections::{BTreeMap, BTreeSet};

use changxiao_tier::database::upsert;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, IntoActiveModel};

use super::Table;

/// Values by key. A key that was asked for and is not held does not exist.
#[derive(Debug)]
pub struct Shelf<T: Table> {
    held: BTreeMap<T::Key, T::Value>,
    asked: BTreeSet<T::Key>,
    changed: BTreeSet<T::Key>,
    /// Something was changed that nobody had loaded: what stands in the table would be overwritten.
    strayed: bool,
}

impl<T: Table> Default for Shelf<T> {
    fn default() -> Self {
        Self { held: BTreeMap::new(), asked: BTreeSet::new(), changed: BTreeSet::new(), strayed: false }
    }
}

impl<T: Table> Shelf<T> {
    /// One value.
    pub fn get(&self, key: &T::Key) -> Option<&T::Value> {
        self.held.get(key)
    }

    /// Every value held.
    pub fn iter(&self) -> impl Iterator<Item = (&T::Key, &T::Value)> {
        self.held.iter()
    }

    /// Fetches what was not asked for before.
    ///
    /// # Errors
    /// The database fails, or a row is none.
    pub async fn load<C: ConnectionTrait>(&mut self, db: &C, keys: impl IntoIterator<Item = T::Key>) -> Result<(), DbErr> {
        let missing: Vec<T::Key> = keys.into_iter().filter(|key| self.asked.insert(key.clone())).collect();
        if missing.is_empty() {
            return Ok(());
        }
        for (key, value) in T::fetch(db, missing).await? {
            self.held.entry(key).or_insert(value);
        }
        Ok(())
    }

    /// Puts a new value.
    pub fn put(&mut self, key: T::Key, value: T::Value) {
        self.asked.insert(key.clone());
        self.changed.insert(key.clone());
        self.held.insert(key, value);
    }

    /// Changes a value that is held.
    pub fn change(&mut self, key: &T::Key, how: impl FnOnce(&mut T::Value)) {
        self.strayed |= !self.asked.contains(key);
        if let Some(value) = self.held.get_mut(key) {
            how(value);
            self.changed.insert(key.clone());
        }
    }

    /// Changes a value, made by `empty` if it is not held.
    pub fn change_or(&mut self, key: T::Key, empty: impl FnOnce() -> T::Value, how: impl FnOnce(&mut T::Value)) {
        self.strayed |= !self.asked.contains(&key);
        how(self.held.entry(key.clone()).or_insert_with(empty));
        self.changed.insert(key);
    }

    /// What changed since it was last written.
    pub fn changed(&self) -> impl Iterator<Item = (&T::Key, &T::Value)> {
        self.changed.iter().filter_map(|key| self.held.get_key_value(key))
    }

    /// Refuses to go on if something was changed without having been loaded: a command or an event does not name all its needs.
    ///
    /// # Errors
    /// Names the table.
    pub fn must_be_loaded(&self) -> Result<(), DbErr> {
        let why = || format!("table {}: a row was changed that was not loaded", T::NAME);
        if self.strayed { Err(DbErr::Custom(why())) } else { Ok(()) }
    }

    /// Writes what changed.
    ///
    /// # Errors
    /// The database refuses a row.
    pub async fn write<C: ConnectionTrait>(&mut self, db: &C) -> Result<(), DbErr>
    where
        <T::Entity as EntityTrait>::Model: IntoActiveModel<<T::Entity as EntityTrait>::ActiveModel>,
    {
        let rows = self.changed().map(|(key, value)| T::row(key, value)).collect();
        upsert::<T::Entity>(db, rows).await?;
        self.changed.clear();
        Ok(())
    }
}
