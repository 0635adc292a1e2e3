//! Regions further down that are not believed although the child that relays them is.

use std::collections::{BTreeMap, BTreeSet};

use changxiao_domain::{
    clock::Instant,
    event::{ChildQuarantined, ChildReleased},
    region::RegionId,
    stamp::Stamp,
};
use changxiao_tier::{database::upsert, protocol::held::Quarantine};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

/// One quarantined origin.
pub mod quarantine_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "quarantines")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub origin: String,
        pub child: String,
        pub since_ms: i64,
        pub reason: String,
        pub detail: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Reasons that the protocol or a child itself gives.
const REASONS: &[&str] = &[
    "JOURNAL_DAMAGED",
    "JOURNAL_ROLLED_BACK",
    "JOURNAL_KEY_CHANGED",
    "QUARANTINED",
    "ORIGIN_OUTSIDE_SUBTREE",
    "JOURNAL_KEY_UNKNOWN",
    "CHECKPOINT_INVALID",
    "COSIGNATURE_INVALID",
    "EPOCH_CHANGED",
    "EPOCH_WENT_BACK",
    "JOURNAL_SHRANK",
    "JOURNAL_FORKED",
    "JOURNAL_INCONSISTENT",
    "ENTRY_NOT_INCLUDED",
    "ENTRY_MALFORMED",
    "FACT_BEYOND_ENTRY",
    "FACT_OLDER",
    "FACT_AUDIENCE",
    "FACTS_DIFFER",
];

/// A stored reason as one of those known; an unknown one is `QUARANTINED`.
#[must_use]
pub fn stable(reason: &str) -> &'static str {
    REASONS.iter().find(|known| **known == reason).copied().unwrap_or("QUARANTINED")
}

/// Quarantined origins of a group.
#[derive(Debug, Default)]
pub struct Quarantines {
    known: BTreeMap<String, quarantine_row::Model>,
    loaded: bool,
    changed: BTreeSet<String>,
    ended: BTreeSet<String>,
}

impl Quarantines {
    /// Whether an origin is quarantined.
    #[must_use]
    pub fn holds(&self, origin: &RegionId) -> bool {
        self.known.contains_key(origin.as_str())
    }

    /// Whether any origin behind this child is quarantined.
    #[must_use]
    pub fn behind(&self, child: &RegionId) -> bool {
        self.known.values().any(|row| row.child == child.as_str())
    }

    /// The origin's proof failed.
    pub fn apply_quarantined(&mut self, event: &ChildQuarantined, stamp: &Stamp) {
        let row = quarantine_row::Model {
            origin: event.origin.to_string(),
            child: event.child.to_string(),
            since_ms: stamp.at.ms(),
            reason: event.reason.clone(),
            detail: event.detail.clone(),
        };
        self.ended.remove(&row.origin);
        self.changed.insert(row.origin.clone());
        self.known.insert(row.origin.clone(), row);
    }

    /// With its child every origin behind it comes back.
    pub fn apply_released(&mut self, event: &ChildReleased) {
        let behind = self.known.values().filter(|row| row.child == event.child.as_str()).map(|row| row.origin.clone());
        for origin in behind.collect::<Vec<_>>() {
            self.known.remove(&origin);
            self.changed.remove(&origin);
            self.ended.insert(origin);
        }
    }

    /// Loads all of them: there are few.
    ///
    /// # Errors
    /// The database fails.
    pub async fn load(&mut self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        if self.loaded {
            return Ok(());
        }
        self.loaded = true;
        for row in quarantine_row::Entity::find().all(db).await? {
            self.known.entry(row.origin.clone()).or_insert(row);
        }
        Ok(())
    }

    /// Writes what changed.
    ///
    /// # Errors
    /// The database fails.
    pub async fn flush(&mut self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        let ended = std::mem::take(&mut self.ended);
        if !ended.is_empty() {
            quarantine_row::Entity::delete_many().filter(quarantine_row::Column::Origin.is_in(ended)).exec(db).await?;
        }
        let changed = std::mem::take(&mut self.changed);
        let rows = changed.iter().filter_map(|origin| self.known.get(origin)).cloned().collect();
        upsert::<quarantine_row::Entity>(db, rows).await
    }
}

/// Every quarantined origin.
///
/// # Errors
/// The database fails.
pub async fn all(db: &impl ConnectionTrait) -> Result<BTreeMap<String, Quarantine>, DbErr> {
    let rows = quarantine_row::Entity::find().all(db).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.origin, Quarantine { reason: stable(&row.reason), since: Instant::from_ms(row.since_ms) }))
        .collect())
}
