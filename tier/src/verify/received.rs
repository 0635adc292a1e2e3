//! Facts of regions below: the journal holds no copy of them, but for each delivery it says whose published entry they equal.

use std::collections::{BTreeMap, BTreeSet};

use changxiao_domain::event::Event;
use changxiao_proto::convert::event::decode;
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Finding, Subject};
use crate::{
    facts::{bucket_row, closed_buckets, fact_of, fact_row, origin_row},
    journal::{
        entry::{Header, body_commitment},
        merkle::Hash,
        store::{entry_row, unsigned},
    },
    protocol::{
        digest::{Bucket, Buckets, Stamp, fact_hash},
        fact::{Audience, Topic},
    },
};

/// Recomputes the digests of every origin but the region itself. Gives the number of origins, or the first that is wrong.
pub(super) async fn check(subject: Subject<'_>) -> Result<Result<u64, Finding>, DbErr> {
    let db = subject.db;
    let mut origins: BTreeSet<String> = fact_row::Entity::find()
        .select_only()
        .column(fact_row::Column::Origin)
        .distinct()
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let of_buckets: Vec<String> =
        bucket_row::Entity::find().select_only().column(bucket_row::Column::Origin).distinct().into_tuple().all(db).await?;
    let mut words: BTreeMap<String, origin_row::Model> =
        origin_row::Entity::find().all(db).await?.into_iter().map(|row| (row.origin.clone(), row)).collect();
    origins.extend(of_buckets.into_iter().chain(words.keys().cloned()));
    origins.remove(subject.region);
    for origin in &origins {
        let buckets = match recomputed(db, origin).await? {
            Ok(buckets) => buckets,
            Err(what) => return Ok(Err(Finding::beside(what))),
        };
        let what = match words.remove(origin) {
            None => Some("no published entry is kept for them".to_owned()),
            Some(word) => compare(db, &word, &buckets).await?,
        };
        if let Some(what) = what {
            return Ok(Err(Finding::beside(format!("facts of `{origin}`: {what}"))));
        }
    }
    Ok(Ok(origins.len() as u64))
}

/// Buckets recomputed from the rows, if hashes and digests as stored are the same.
async fn recomputed(db: &DatabaseConnection, origin: &str) -> Result<Result<Buckets, String>, DbErr> {
    let mut members: BTreeMap<(Audience, String), BTreeMap<Topic, Stamp>> = BTreeMap::new();
    let places: Vec<(i32, String)> = fact_row::Entity::find()
        .select_only()
        .columns([fact_row::Column::Audience, fact_row::Column::Bucket])
        .distinct()
        .filter(fact_row::Column::Origin.eq(origin))
        .into_tuple()
        .all(db)
        .await?;
    for (audience, bucket) in places {
        let rows = fact_row::Entity::find()
            .filter(fact_row::Column::Origin.eq(origin))
            .filter(fact_row::Column::Audience.eq(audience))
            .filter(fact_row::Column::Bucket.eq(bucket.as_str()))
            .order_by_asc(fact_row::Column::Kind)
            .order_by_asc(fact_row::Column::Key)
            .all(db)
            .await?;
        for row in rows {
            let fact = match fact_of(&row) {
                Ok(fact) => fact,
                Err(fault) => return Ok(Err(fault.to_string())),
            };
            let hash = fact_hash(&fact);
            if row.hash != hash.as_bytes() {
                let what =
                    format!("fact {}/{} of `{origin}` is not the one that was received: its hash differs", row.kind, row.key);
                return Ok(Err(what));
            }
            members
                .entry((fact.audience, bucket.clone()))
                .or_default()
                .insert(fact.topic, Stamp { position: fact.position, hash });
        }
    }
    let mut buckets = Buckets::default();
    for ((audience, bucket), members) in members {
        buckets.insert(audience, bucket, Bucket::open(members));
    }
    let stored = closed_buckets(db, origin).await?;
    let shown = |buckets: &Buckets| -> BTreeMap<(Audience, String), (Hash, u64)> {
        buckets.iter().map(|(audience, name, bucket)| ((audience, name.to_owned()), (bucket.digest(), bucket.facts()))).collect()
    };
    let (have, want) = (shown(&stored), shown(&buckets));
    let differs = have
        .iter()
        .find(|(place, digest)| want.get(*place) != Some(*digest))
        .or_else(|| want.iter().find(|(place, _)| !have.contains_key(*place)));
    Ok(match differs {
        Some(((_, name), _)) => Err(format!("bucket {name} of `{origin}` has another digest than its facts give")),
        None => Ok(buckets),
    })
}

/// The facts are those of the published entry that is kept, and the journal says that this very entry was received.
async fn compare(db: &DatabaseConnection, word: &origin_row::Model, buckets: &Buckets) -> Result<Option<String>, DbErr> {
    let header = match Header::decode(&word.entry_header) {
        Ok(header) => header,
        Err(fault) => return Ok(Some(format!("their published entry cannot be read: {fault}"))),
    };
    let said = (header.region.as_str(), i64::from(header.epoch), header.position);
    if said != (word.origin.as_str(), word.epoch, unsigned(word.position))
        || body_commitment(&word.entry_body) != header.body_commitment
    {
        return Ok(Some("their published entry is not the one that it says it is".to_owned()));
    }
    let Ok(Event::Published(published)) = decode(&word.entry_body, Vec::new()) else {
        return Ok(Some("their published entry publishes nothing".to_owned()));
    };
    let held = buckets.digests();
    for audience in Audience::ALL {
        let held = held.iter().find(|digest| digest.audience == audience).map(|digest| (*digest.digest.as_bytes(), digest.facts));
        let wanted = published.digests.iter().find(|digest| u32::from(digest.audience) == audience.number());
        let wanted = wanted.map(|digest| (digest.digest, digest.facts));
        // What is for the origin's parent alone is not held further up.
        if held != wanted && (audience == Audience::Above || held.is_some()) {
            return Ok(Some("they do not give the digest that was published".to_owned()));
        }
    }
    let entry = entry_row::Entity::find_by_id(word.local).one(db).await?;
    let event = entry.and_then(|entry| decode(&entry.body, Vec::new()).ok());
    Ok(match event {
        Some(Event::DeliveryReceived(received))
            if received.origin.as_str() == word.origin
                && (i64::from(received.epoch), received.position) == (word.epoch, unsigned(word.position)) =>
        {
            None
        }
        Some(_) | None => Some(format!("entry {} does not say that they were received", word.local)),
    })
}
