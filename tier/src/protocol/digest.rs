//! The digest of a region's facts: one per audience, in two levels, so that a group of commands rehashes only what it touched.
//!
//! ```text
//! fact     = SHA-256(tag "changxiao/fact/v1"     ‖ every field of the fact)
//! bucket   = SHA-256(tag "changxiao/bucket/v1"   ‖ n ‖ (kind, key, fact hash)…   ascending by kind, key)
//! audience = SHA-256(tag "changxiao/audience/v1" ‖ number ‖ n ‖ (bucket, bucket digest)… ascending by bucket)
//! ```
//!
//! Every text and byte field is preceded by its length, every number is eight bytes, big endian. Text is compared by its
//! bytes. An audience without facts has no digest; a bucket without facts does not exist. Tombstones are facts.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::fact::{Audience, Fact, Topic};
use crate::journal::merkle::Hash;

/// What a published entry commits to for one audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudienceDigest {
    /// Whose facts.
    pub audience: Audience,
    /// Digest over the buckets.
    pub digest: Hash,
    /// Facts under it, tombstones included.
    pub facts: u64,
}

/// Why a bucket could not be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unloaded {
    /// Only the digest of this bucket is in memory.
    #[error("bucket `{bucket}` was touched without its members being loaded")]
    Bucket {
        /// Its name.
        bucket: String,
    },
}

impl Unloaded {
    /// Stable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Unloaded::Bucket { .. } => "BUCKET_NOT_LOADED",
        }
    }
}

struct Fields(Sha256);

impl Fields {
    fn tagged(tag: &str) -> Fields {
        let mut fields = Fields(Sha256::new());
        fields.bytes(tag.as_bytes());
        fields
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.update(bytes);
    }

    fn number(&mut self, number: u64) {
        self.0.update(number.to_be_bytes());
    }

    fn finish(self) -> Hash {
        Hash(self.0.finalize().into())
    }
}

/// Hash of one fact over all its fields.
pub fn fact_hash(fact: &Fact) -> Hash {
    let mut fields = Fields::tagged("changxiao/fact/v1");
    fields.bytes(fact.topic.kind.as_bytes());
    fields.bytes(fact.topic.key.as_bytes());
    fields.bytes(fact.bucket.as_bytes());
    fields.number(u64::from(fact.audience.number()));
    fields.number(fact.position);
    fields.number(u64::from(fact.body_version));
    fields.number(u64::from(fact.withdrawn));
    fields.bytes(&fact.body);
    fields.finish()
}

/// Digest of one bucket from its members, given in ascending order of topic.
pub fn bucket_digest<'a>(members: impl ExactSizeIterator<Item = (&'a Topic, &'a Hash)>) -> Hash {
    let mut fields = Fields::tagged("changxiao/bucket/v1");
    fields.number(members.len() as u64);
    for (topic, hash) in members {
        fields.bytes(topic.kind.as_bytes());
        fields.bytes(topic.key.as_bytes());
        fields.bytes(hash.as_bytes());
    }
    fields.finish()
}

/// Digest of one audience from its buckets, given in ascending order of name.
pub fn audience_digest<'a>(audience: Audience, buckets: impl ExactSizeIterator<Item = (&'a str, &'a Hash)>) -> Hash {
    let mut fields = Fields::tagged("changxiao/audience/v1");
    fields.number(u64::from(audience.number()));
    fields.number(buckets.len() as u64);
    for (bucket, digest) in buckets {
        fields.bytes(bucket.as_bytes());
        fields.bytes(digest.as_bytes());
    }
    fields.finish()
}

/// What is known of one fact without its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Position that last changed it.
    pub position: u64,
    /// Its hash.
    pub hash: Hash,
}

/// One bucket: its digest, and its members where they were loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    digest: Hash,
    facts: u64,
    members: Option<BTreeMap<Topic, Stamp>>,
}

impl Bucket {
    /// A bucket that will not be touched: only its digest and the number of its facts are needed.
    pub fn closed(digest: Hash, facts: u64) -> Bucket {
        Bucket { digest, facts, members: None }
    }

    /// A bucket with its members.
    pub fn open(members: BTreeMap<Topic, Stamp>) -> Bucket {
        let digest = bucket_digest(Hashes(members.iter()));
        Bucket { digest, facts: members.len() as u64, members: Some(members) }
    }

    /// Its digest.
    pub fn digest(&self) -> Hash {
        self.digest
    }

    /// Facts in it, tombstones included.
    pub fn facts(&self) -> u64 {
        self.facts
    }
}

struct Hashes<'a>(std::collections::btree_map::Iter<'a, Topic, Stamp>);

impl<'a> Iterator for Hashes<'a> {
    type Item = (&'a Topic, &'a Hash);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(topic, stamp)| (topic, &stamp.hash))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Hashes<'_> {}

/// The buckets of one origin's facts. An adapter over a database opens the buckets that a group touches and closes the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buckets {
    buckets: BTreeMap<(Audience, String), Bucket>,
}

/// The result of laying facts over [`Buckets`]: what changed, and the digests that follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlay {
    /// Touched buckets as they will be.
    pub changed: BTreeMap<(Audience, String), Bucket>,
    /// Digests of all audiences that have facts, ascending.
    pub digests: Vec<AudienceDigest>,
    /// Indices of the laid facts that replace or add something; the others were known already.
    pub effective: Vec<usize>,
    /// Index of the first laid fact that is older than what is held, or that differs from it at the same position.
    pub older: Option<usize>,
}

impl Buckets {
    /// Puts a bucket where it belongs, as loaded by an adapter.
    pub fn insert(&mut self, audience: Audience, bucket: impl Into<String>, value: Bucket) {
        self.buckets.insert((audience, bucket.into()), value);
    }

    /// All buckets in ascending order of audience and name.
    pub fn iter(&self) -> impl Iterator<Item = (Audience, &str, &Bucket)> {
        self.buckets.iter().map(|((audience, name), bucket)| (*audience, name.as_str(), bucket))
    }

    /// Facts under all buckets.
    pub fn facts(&self) -> u64 {
        self.buckets.values().map(Bucket::facts).sum()
    }

    /// Current digests of all audiences that have facts.
    pub fn digests(&self) -> Vec<AudienceDigest> {
        Audience::ALL.into_iter().filter_map(|audience| self.digest_with(audience, &BTreeMap::new())).collect()
    }

    /// Computes what laying `facts` over these buckets gives, rehashing only the buckets they touch.
    ///
    /// # Errors
    /// [`Unloaded`] if a touched bucket is closed.
    pub fn overlay(&self, facts: &[Fact]) -> Result<Overlay, Unloaded> {
        let mut members: BTreeMap<(Audience, String), BTreeMap<Topic, Stamp>> = BTreeMap::new();
        let mut effective = Vec::with_capacity(facts.len());
        let mut older = None;
        for (index, fact) in facts.iter().enumerate() {
            let place = (fact.audience, fact.bucket.clone());
            if !members.contains_key(&place) {
                let loaded = match self.buckets.get(&place) {
                    None => BTreeMap::new(),
                    Some(Bucket { members: Some(members), .. }) => members.clone(),
                    Some(Bucket { members: None, .. }) => {
                        return Err(Unloaded::Bucket { bucket: fact.bucket.clone() });
                    }
                };
                members.insert(place.clone(), loaded);
            }
            let stamp = Stamp { position: fact.position, hash: fact_hash(fact) };
            let bucket = members.entry(place).or_default();
            match bucket.get(&fact.topic) {
                Some(held) if *held == stamp => {}
                Some(held) if held.position >= stamp.position => older = older.or(Some(index)),
                Some(_) | None => {
                    bucket.insert(fact.topic.clone(), stamp);
                    effective.push(index);
                }
            }
        }
        let changed: BTreeMap<_, _> = members.into_iter().map(|(place, members)| (place, Bucket::open(members))).collect();
        let digests = Audience::ALL.into_iter().filter_map(|audience| self.digest_with(audience, &changed)).collect();
        Ok(Overlay { changed, digests, effective, older })
    }

    /// Takes the buckets of an [`Overlay`] of these buckets over.
    pub fn commit(&mut self, overlay: &Overlay) {
        for (place, bucket) in &overlay.changed {
            self.buckets.insert(place.clone(), bucket.clone());
        }
    }

    fn digest_with(&self, audience: Audience, changed: &BTreeMap<(Audience, String), Bucket>) -> Option<AudienceDigest> {
        let of_audience = |place: &(Audience, String)| place.0 == audience;
        let mut merged: BTreeMap<&str, &Bucket> = BTreeMap::new();
        for (place, bucket) in self.buckets.iter().chain(changed.iter()).filter(|(place, _)| of_audience(place)) {
            merged.insert(&place.1, bucket);
        }
        merged.retain(|_, bucket| bucket.facts > 0);
        if merged.is_empty() {
            return None;
        }
        let digests: Vec<(&str, &Hash)> = merged.iter().map(|(name, bucket)| (*name, &bucket.digest)).collect();
        Some(AudienceDigest {
            audience,
            digest: audience_digest(audience, digests.into_iter()),
            facts: merged.values().map(|bucket| bucket.facts).sum(),
        })
    }
}

#[cfg(test)]
mod tests;
