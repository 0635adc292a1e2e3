//! A region with a real journal, real signatures and real proofs, small enough to read.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use changxiao_domain::{clock::Instant, region::RegionId};

use crate::journal::checkpoint::{Checkpoint, JournalKey, PublicKey, cosign};
use crate::journal::entry::{Header, body_commitment, leaf};
use crate::journal::merkle::{Frontier, Hash, Node, consistency, inclusion};
use crate::protocol::delivery::{Ask, Delivery, Head, Pull};
use crate::protocol::digest::Buckets;
use crate::protocol::fact::{Audience, Fact, Topic};
use crate::protocol::judge::Authority;
use crate::protocol::word::{PUBLISHED_KIND, published_body};

pub fn region(name: &str) -> RegionId {
    name.parse().unwrap()
}

/// A key that belongs to a name for ever.
pub fn key(name: &str) -> JournalKey {
    JournalKey::from_file(&Hash::of(&[name.as_bytes()]).0).unwrap()
}

/// A register in which every region lies below every other, until a test says otherwise.
#[derive(Default)]
pub struct Register {
    pub outside: bool,
    pub keyless: Option<RegionId>,
}

impl Authority for Register {
    fn in_subtree(&self, _: &RegionId, _: &RegionId) -> bool {
        !self.outside
    }

    fn key(&self, region: &RegionId) -> Option<PublicKey> {
        (self.keyless.as_ref() != Some(region)).then(|| key(region.as_str()).public())
    }
}

/// The delivery with the relay's cosignature.
pub fn cosigned(delivery: Delivery, relay: &str) -> Delivery {
    let line = cosign(&delivery.checkpoint, &key(relay), relay, 1_443_974_400).unwrap();
    Delivery { cosignature: Bytes::from(line), ..delivery }
}

#[derive(Clone)]
pub struct Origin {
    region: RegionId,
    signer: String,
    epoch: u32,
    entries: Vec<(Bytes, Bytes)>,
    /// Facts after each published entry.
    states: BTreeMap<u64, Vec<Fact>>,
}

impl Origin {
    pub fn new(name: &str) -> Origin {
        let mut origin =
            Origin { region: region(name), signer: name.into(), epoch: 1, entries: Vec::new(), states: BTreeMap::new() };
        origin.note("region.opened");
        origin
    }

    pub fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    pub fn published(&self) -> u64 {
        self.states.keys().last().copied().unwrap_or(0)
    }

    /// Appends an entry that touches no fact.
    pub fn note(&mut self, kind: &str) {
        self.append(kind, Bytes::from(format!("{kind} {}", self.size())));
    }

    /// Changes cells (month, industry, audience, value) and publishes them.
    pub fn publish(&mut self, cells: &[(&str, &str, Audience, u8)]) {
        let position = self.size();
        let mut facts: BTreeMap<_, Fact> = self.facts().iter().map(|f| ((f.audience, f.topic.clone()), f.clone())).collect();
        for (month, industry, audience, value) in cells {
            let topic = Topic::new("cell", format!("{month}/{industry}"));
            let fact = Fact {
                audience: *audience,
                topic: topic.clone(),
                position,
                withdrawn: false,
                body_version: 1,
                body: Bytes::from(vec![*value]),
                bucket: format!("cell/{month}"),
            };
            facts.insert((*audience, topic), fact);
        }
        let facts: Vec<Fact> = facts.into_values().collect();
        let mut buckets = Buckets::default();
        buckets.commit(&buckets.overlay(&facts).unwrap());
        self.append(PUBLISHED_KIND, Bytes::from(published_body(&buckets.digests())));
        self.states.insert(position, facts);
    }

    /// Puts a copy back that holds the first `size` entries.
    pub fn restore(&mut self, size: u64) {
        self.entries.truncate(size as usize);
        self.states.retain(|position, _| *position < size);
    }

    /// Opens a new epoch after the restored head.
    pub fn reopen(&mut self) {
        self.epoch += 1;
        self.note("epoch.opened");
        self.publish(&[]);
    }

    /// From now on signs with another region's key.
    pub fn sign_with(&mut self, name: &str) {
        self.signer = name.into();
    }

    fn facts(&self) -> &[Fact] {
        self.states.values().last().map_or(&[], Vec::as_slice)
    }

    fn append(&mut self, kind: &str, body: Bytes) {
        let header = Header {
            region: self.region.to_string(),
            epoch: self.epoch,
            position: self.size(),
            received_ms: 0,
            effective_ms: 0,
            actor: "accounts/1".into(),
            on_behalf_of: None,
            request_id: None,
            subject: "regions/x".into(),
            kind: kind.into(),
            kind_version: 1,
            body_commitment: body_commitment(&body),
            part_commitments: Vec::new(),
        };
        self.entries.push((Bytes::from(header.encode().unwrap()), body));
    }

    fn tree(&self) -> (Hash, HashMap<Node, Hash>) {
        let mut frontier = Frontier::new();
        let nodes = self.entries.iter().flat_map(|(header, _)| frontier.push(leaf(header))).collect();
        (frontier.root(), nodes)
    }

    fn checkpoint(&self, root: Hash) -> Bytes {
        let head = Checkpoint { origin_region: self.region.to_string(), epoch: self.epoch, size: self.size(), root };
        Bytes::from(head.sign(&key(&self.signer)).unwrap())
    }

    /// What changed after `after`, for one audience or, given [`Audience::Parent`], for both.
    pub fn delivery(&self, after: u64, audience: Audience) -> Delivery {
        let (root, nodes) = self.tree();
        let position = self.published();
        let (header, body) = self.entries[position as usize].clone();
        let travels = |fact: &&Fact| fact.position > after && fact.audience >= audience;
        Delivery {
            origin: self.region.clone(),
            epoch: self.epoch,
            position,
            entry_header: header,
            entry_body: body,
            checkpoint: self.checkpoint(root),
            inclusion: inclusion(position, self.size(), &|node| nodes.get(&node).copied()).unwrap(),
            cosignature: Bytes::new(),
            facts: self.facts().iter().filter(travels).cloned().collect(),
        }
    }

    /// The answer of this region's own feed.
    pub fn answer(&self, ask: &Ask) -> Pull {
        let (root, nodes) = self.tree();
        let full = ask.epoch != self.epoch || ask.cursor > self.published();
        let after = if full { 0 } else { ask.cursor };
        let proof = consistency(ask.witnessed_size, self.size(), &|node| nodes.get(&node).copied());
        let head = Head {
            epoch: self.epoch,
            checkpoint: self.checkpoint(root),
            consistency: proof.unwrap_or_default(),
            full,
            cursor: self.published(),
            now: Instant::from_ms(0),
            through: Vec::new(),
        };
        let deliveries = if self.published() > after { vec![self.delivery(after, Audience::Parent)] } else { Vec::new() };
        Pull { head, deliveries }
    }
}
