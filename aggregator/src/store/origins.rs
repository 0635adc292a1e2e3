//! Origins below this tier: what was received of each last, and the facts, digests and proofs that came with it.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use changxiao_domain::{event::DeliveryReceived, region::RegionId, stamp::Stamp};
use changxiao_tier::{
    database::upsert,
    facts::{closed_buckets, forget, open_buckets, origin_row, store},
    journal::store::{hash_of, signed, unsigned},
    protocol::{
        delivery::Delivery,
        held::{HeldOrigin, Witness},
        judge::Accepted,
    },
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::quarantines;

/// The delivery received last of an origin, from the journal.
pub mod received_row {
    use sea_orm::entity::prelude::*;
    /// Columns. `position` counts in the origin's journal, `local` in this region's.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "received")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub origin: String,
        pub child: String,
        pub epoch: i64,
        pub position: i64,
        pub tree_size: i64,
        pub tree_root: Vec<u8>,
        pub digest: Vec<u8>,
        pub local: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Up to which published entry an origin is held: epoch and position in its own journal, (0, 0) for nothing.
pub type Version = (u32, u64);

/// What one accepted delivery writes beside its journal entry.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// As it was judged.
    pub accepted: Accepted,
    /// The origin's own word, kept for relaying. Its `local` is filled in when the entry has a position.
    pub word: origin_row::Model,
}

impl Arrival {
    /// From an accepted delivery, what travelled, and this region's cosignature over the origin's checkpoint.
    #[must_use]
    pub fn new(accepted: Accepted, delivery: &Delivery, cosignature: &str) -> Self {
        let word = origin_row::Model {
            origin: delivery.origin.to_string(),
            epoch: i64::from(delivery.epoch),
            position: signed(delivery.position),
            entry_header: delivery.entry_header.to_vec(),
            entry_body: delivery.entry_body.to_vec(),
            checkpoint: delivery.checkpoint.to_vec(),
            inclusion: delivery.inclusion.iter().flat_map(|hash| *hash.as_bytes()).collect(),
            cosignature: cosignature.as_bytes().to_vec(),
            local: 0,
        };
        Self { accepted, word }
    }

    fn version(&self) -> Version {
        (self.accepted.epoch, self.accepted.position)
    }
}

/// Origins of a group.
#[derive(Debug, Default)]
pub struct Origins {
    versions: BTreeMap<RegionId, Version>,
    received: BTreeMap<String, received_row::Model>,
    arrivals: Vec<Arrival>,
}

impl Origins {
    /// Up to where an origin is held.
    #[must_use]
    pub fn version(&self, origin: &RegionId) -> Version {
        self.versions.get(origin).copied().unwrap_or_default()
    }

    /// A delivery was received.
    pub fn apply_received(&mut self, event: &DeliveryReceived, stamp: &Stamp) {
        let row = received_row::Model {
            origin: event.origin.to_string(),
            child: event.child.to_string(),
            epoch: i64::from(event.epoch),
            position: signed(event.position),
            tree_size: signed(event.tree_size),
            tree_root: event.tree_root.to_vec(),
            digest: event.digest.to_vec(),
            local: signed(stamp.position),
        };
        self.versions.insert(event.origin.clone(), (event.epoch, event.position));
        self.received.insert(row.origin.clone(), row);
    }

    /// Facts and proofs of a delivery that was received at `local`; outside the journal.
    pub fn arrived(&mut self, mut arrival: Arrival, local: u64) {
        arrival.word.local = signed(local);
        self.versions.insert(arrival.accepted.origin.clone(), arrival.version());
        self.arrivals.push(arrival);
    }

    /// Loads those that are not known yet.
    ///
    /// # Errors
    /// The database fails.
    pub async fn load(&mut self, db: &impl ConnectionTrait, origins: BTreeSet<RegionId>) -> Result<(), DbErr> {
        let wanted: BTreeMap<String, RegionId> = origins
            .into_iter()
            .filter(|origin| !self.versions.contains_key(origin))
            .map(|origin| (origin.to_string(), origin))
            .collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let rows =
            received_row::Entity::find().filter(received_row::Column::Origin.is_in(wanted.keys().cloned())).all(db).await?;
        for row in rows {
            if let Some(origin) = wanted.get(&row.origin) {
                self.versions.insert(origin.clone(), version_of(&row)?);
            }
        }
        Ok(())
    }

    /// Writes what was received.
    ///
    /// # Errors
    /// The database fails.
    pub async fn flush(&mut self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        upsert::<received_row::Entity>(db, std::mem::take(&mut self.received).into_values().collect()).await?;
        for Arrival { accepted, word } in std::mem::take(&mut self.arrivals) {
            let (origin, local) = (word.origin.clone(), unsigned(word.local));
            if accepted.replace {
                forget(db, &origin).await?;
            }
            store(db, &origin, accepted.epoch, local, &accepted.facts, &accepted.overlay).await?;
            upsert::<origin_row::Entity>(db, vec![word]).await?;
        }
        Ok(())
    }
}

fn version_of(row: &received_row::Model) -> Result<Version, DbErr> {
    let epoch = u32::try_from(row.epoch).map_err(|_| DbErr::Custom("table received: an epoch is out of range".to_owned()))?;
    Ok((epoch, unsigned(row.position)))
}

/// What is held of the origins of some deliveries, with exactly the digest buckets open that their facts touch.
///
/// # Errors
/// The database fails or holds malformed rows.
pub async fn held(db: &impl ConnectionTrait, deliveries: &[Delivery]) -> Result<BTreeMap<RegionId, HeldOrigin>, DbErr> {
    let quarantined = quarantines::all(db).await?;
    let mut held = BTreeMap::new();
    for delivery in deliveries {
        let origin = delivery.origin.as_str();
        let Some(row) = received_row::Entity::find_by_id(origin).one(db).await? else {
            let quarantine = quarantined.get(origin).cloned();
            held.insert(delivery.origin.clone(), HeldOrigin { quarantine, ..HeldOrigin::default() });
            continue;
        };
        let note = origin_row::Entity::find_by_id(origin).one(db).await?.map(|word| Bytes::from(word.checkpoint));
        let (epoch, position) = version_of(&row)?;
        let mut buckets = closed_buckets(db, origin).await?;
        let touched = delivery.facts.iter().map(|fact| (fact.audience, fact.bucket.clone())).collect();
        open_buckets(db, origin, &touched, &mut buckets).await?;
        let tree = Witness {
            epoch,
            size: unsigned(row.tree_size),
            root: hash_of("received", &row.tree_root)?,
            note: note.unwrap_or_default(),
        };
        let quarantine = quarantined.get(origin).cloned();
        held.insert(delivery.origin.clone(), HeldOrigin { epoch, position, tree: Some(tree), buckets, quarantine });
    }
    Ok(held)
}

/// Up to where every origin below is held.
///
/// # Errors
/// The database fails or holds malformed rows.
pub async fn versions(db: &impl ConnectionTrait) -> Result<BTreeMap<String, Version>, DbErr> {
    let rows = received_row::Entity::find().all(db).await?;
    rows.into_iter().map(|row| Ok((row.origin.clone(), version_of(&row)?))).collect()
}
