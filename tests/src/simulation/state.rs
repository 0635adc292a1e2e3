//! What one simulated host has on disk: a journal with its tree, its own facts, what it holds of others. No engine, only values, so
//! that a copy of it is a backup. Every change is made by a whole group at once, as the region's writer does.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use changxiao_domain::{clock::Instant, region::RegionId};
use changxiao_tier::journal::checkpoint::{Checkpoint, JournalKey, cosign};
use changxiao_tier::journal::entry::{Header, body_commitment, leaf};
use changxiao_tier::journal::merkle::{Frontier, Hash, Node, consistency, inclusion};
use changxiao_tier::protocol::delivery::{Ask, Delivery, Head, Pull, QuarantineMark, Through};
use changxiao_tier::protocol::digest::Buckets;
use changxiao_tier::protocol::directive::{Known, Outbox};
use changxiao_tier::protocol::fact::{Audience, Fact, Topic};
use changxiao_tier::protocol::feed::{FeedHead, Source, plan};
use changxiao_tier::protocol::held::{HeldLink, HeldOrigin};
use changxiao_tier::protocol::judge::Accepted;
use changxiao_tier::protocol::word::{PUBLISHED_KIND, published_body};

use super::model::Cells;

/// Who a host is, apart from what it stores.
#[derive(Debug)]
pub struct Identity {
    /// Its region.
    pub region: RegionId,
    /// Its journal key.
    pub key: JournalKey,
}

/// One origin below, with the bytes as its origin wrote them.
#[derive(Clone, Debug)]
pub struct Origin {
    /// What the core remembers.
    pub held: HeldOrigin,
    /// The facts, each with the position in this host's journal with which it arrived.
    pub facts: BTreeMap<(Audience, Topic), (u64, Fact)>,
    /// The origin's last accepted word, without facts, cosigned by this host.
    pub word: Delivery,
    /// Position in this host's journal of the last delivery.
    pub changed_at: u64,
}

/// How fresh an origin is: the time and the host by whose clock it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fresh {
    /// Claimed time.
    pub at: Instant,
    /// Host number.
    pub by: usize,
}

/// What is on disk.
#[derive(Clone, Debug)]
pub struct State {
    /// Life of the journal.
    pub epoch: u32,
    frontier: Frontier,
    nodes: Vec<Vec<Hash>>,
    /// Own facts.
    pub facts: BTreeMap<(Audience, Topic), Fact>,
    buckets: Buckets,
    published: Option<(u64, Bytes, Bytes)>,
    touched: BTreeSet<(Audience, Topic)>,
    /// Highest position at which anything changed that is offered above.
    pub cursor: u64,
    /// Origins below.
    pub held: BTreeMap<RegionId, Origin>,
    /// Direct children.
    pub links: BTreeMap<RegionId, HeldLink>,
    /// Decoded view of the facts of others: what the figures are made of.
    pub view: BTreeMap<RegionId, Cells>,
    /// Freshness by origin.
    pub fresh: BTreeMap<RegionId, Fresh>,
    /// Origins that a child reports as quarantined.
    pub reported: BTreeSet<RegionId>,
    /// Directives on their way down.
    pub outbox: Outbox,
    /// Directives that came.
    pub known: BTreeMap<String, Known>,
    /// How often each directive took effect here.
    pub effects: BTreeMap<String, u32>,
}

impl State {
    /// A region just opened, with these direct children.
    pub fn open(identity: &Identity, children: impl IntoIterator<Item = RegionId>) -> State {
        let mut state = State {
            epoch: 1,
            frontier: Frontier::new(),
            nodes: Vec::new(),
            facts: BTreeMap::new(),
            buckets: Buckets::default(),
            published: None,
            touched: BTreeSet::new(),
            cursor: 0,
            held: BTreeMap::new(),
            links: children.into_iter().map(|child| (child.clone(), HeldLink::new(child))).collect(),
            view: BTreeMap::new(),
            fresh: BTreeMap::new(),
            reported: BTreeSet::new(),
            outbox: Outbox::default(),
            known: BTreeMap::new(),
            effects: BTreeMap::new(),
        };
        state.append(identity, "region.opened", Bytes::new());
        state
    }

    /// Entries in the journal.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Position of the last published entry.
    pub fn published(&self) -> Option<u64> {
        self.published.as_ref().map(|(position, ..)| *position)
    }

    /// Appends an entry and returns its position and header.
    pub fn append(&mut self, identity: &Identity, kind: &str, body: Bytes) -> (u64, Bytes) {
        let position = self.size();
        let header = Header {
            region: identity.region.to_string(),
            epoch: self.epoch,
            position,
            received_ms: 0,
            effective_ms: 0,
            actor: "simulation".into(),
            on_behalf_of: None,
            request_id: None,
            subject: "simulation".into(),
            kind: kind.into(),
            kind_version: 1,
            body_commitment: body_commitment(&body),
            part_commitments: Vec::new(),
        };
        let header = Bytes::from(header.encode().expect("a header within its bounds"));
        for (node, hash) in self.frontier.push(leaf(&header)) {
            let level = usize::from(node.level);
            if self.nodes.len() == level {
                self.nodes.push(Vec::new());
            }
            self.nodes[level].push(hash);
        }
        (position, header)
    }

    fn node(&self, node: Node) -> Option<Hash> {
        self.nodes.get(usize::from(node.level))?.get(usize::try_from(node.index).ok()?).copied()
    }

    /// Changes an own fact; it is published at the end of the group. `None` withdraws it.
    pub fn touch(&mut self, audience: Audience, topic: Topic, value: Option<u64>) {
        let bucket = format!("{}/{}", topic.kind, topic.key.split('/').next().unwrap_or_default());
        let place = (audience, topic.clone());
        let body = value.map_or_else(Bytes::new, |value| Bytes::copy_from_slice(&value.to_be_bytes()));
        let fact = Fact { audience, topic, position: 0, withdrawn: value.is_none(), body_version: 1, body, bucket };
        self.facts.insert(place.clone(), fact);
        self.touched.insert(place);
    }

    /// The value of an own fact, if it stands.
    pub fn value(&self, audience: Audience, topic: &Topic) -> Option<u64> {
        self.facts.get(&(audience, topic.clone())).and_then(decoded)
    }

    /// Ends a group: one published entry commits to what was touched. `always` publishes even if nothing was.
    pub fn publish(&mut self, identity: &Identity, always: bool) -> Option<u64> {
        if self.touched.is_empty() && !always {
            return None;
        }
        let position = self.size();
        let mut changed = Vec::new();
        for place in std::mem::take(&mut self.touched) {
            if let Some(fact) = self.facts.get_mut(&place) {
                fact.position = position;
                changed.push(fact.clone());
            }
        }
        let overlay = self.buckets.overlay(&changed).expect("all buckets are in memory");
        assert_eq!(overlay.older, None, "an origin's own facts only grow newer");
        self.buckets.commit(&overlay);
        let body = Bytes::from(published_body(&overlay.digests));
        let (_, header) = self.append(identity, PUBLISHED_KIND, body.clone());
        self.published = Some((position, header, body));
        self.cursor = position;
        Some(position)
    }

    /// Applies what the core accepted; `added` is the control in which values are added instead of replaced.
    pub fn apply(&mut self, identity: &Identity, accepted: &Accepted, delivery: &Delivery, now: Instant, added: bool) {
        let (position, _) = self.append(identity, "delivery.received", delivery.entry_header.clone());
        let seconds = u64::try_from(now.ms() / 1000).unwrap_or(0);
        let cosignature = cosign(&delivery.checkpoint, &identity.key, identity.region.as_str(), seconds);
        let cosignature = Bytes::from(cosignature.expect("a checkpoint that was verified"));
        let word = Delivery { facts: Vec::new(), cosignature, ..delivery.clone() };
        let before = self.held.remove(&accepted.origin);
        let held = accepted.held_after(&before.as_ref().map(|origin| origin.held.clone()).unwrap_or_default());
        let mut facts = before.map(|origin| origin.facts).unwrap_or_default();
        let view = self.view.entry(accepted.origin.clone()).or_default();
        if accepted.replace {
            facts.clear();
            if !added {
                view.clear();
            }
        }
        for fact in &accepted.facts {
            let place = (fact.audience, fact.topic.clone());
            match decoded(fact) {
                Some(value) if added => *view.entry(place.clone()).or_default() += value,
                Some(value) => drop(view.insert(place.clone(), value)),
                None => drop(view.remove(&place)),
            }
            facts.insert(place, (position, fact.clone()));
        }
        self.held.insert(accepted.origin.clone(), Origin { held, facts, word, changed_at: position });
        self.cursor = position;
    }

    /// Answers a follower's question from this state.
    pub fn answer(&self, identity: &Identity, ask: &Ask, now: Instant) -> Pull {
        let plan = plan(&FeedHead { epoch: self.epoch, cursor: self.cursor, floor: 0 }, ask);
        let head = Checkpoint {
            origin_region: identity.region.to_string(),
            epoch: self.epoch,
            size: self.size(),
            root: self.frontier.root(),
        };
        let checkpoint = Bytes::from(head.sign(&identity.key).expect("a head of our own"));
        let node = |node| self.node(node);
        let mut deliveries = Vec::new();
        if let Some((position, header, body)) = &self.published
            && plan.delivers(*position)
        {
            let travels = |fact: &&Fact| plan.includes(Source::Own, fact.audience, fact.position);
            deliveries.push(Delivery {
                origin: identity.region.clone(),
                epoch: self.epoch,
                position: *position,
                entry_header: header.clone(),
                entry_body: body.clone(),
                checkpoint: checkpoint.clone(),
                inclusion: inclusion(*position, self.size(), &node).expect("an entry of our own"),
                cosignature: Bytes::new(),
                facts: self.facts.values().filter(travels).cloned().collect(),
            });
        }
        for origin in self.held.values().filter(|origin| plan.delivers(origin.changed_at)) {
            let travels =
                |(arrived, fact): &(u64, Fact)| plan.includes(Source::Relayed, fact.audience, *arrived).then(|| fact.clone());
            deliveries.push(Delivery { facts: origin.facts.values().filter_map(travels).collect(), ..origin.word.clone() });
        }
        Pull {
            head: Head {
                epoch: self.epoch,
                checkpoint,
                // A journal that shrank has no proof to give; the parent will see why.
                consistency: consistency(ask.witnessed_size, self.size(), &node).unwrap_or_default(),
                full: plan.full,
                cursor: plan.cursor,
                now,
                through: self.through(),
            },
            deliveries,
        }
    }

    fn through(&self) -> Vec<Through> {
        let quarantine = |region: &RegionId, origin: &Origin| {
            let link = self.links.get(region).and_then(|link| link.quarantine.as_ref());
            let mark = link.or(origin.held.quarantine.as_ref())?;
            Some(QuarantineMark { reason: mark.reason.to_owned(), since: mark.since })
        };
        let through = |(region, origin): (&RegionId, &Origin)| Through {
            origin: region.clone(),
            epoch: origin.held.epoch,
            position: origin.held.position,
            verified_at: self.fresh.get(region).map_or(Instant::from_ms(i64::MIN), |fresh| fresh.at),
            quarantine: quarantine(region, origin),
        };
        self.held.iter().map(through).collect()
    }

    /// True if this tier says of an origin that its figures are the last good ones only.
    pub fn marks(&self, region: &RegionId) -> bool {
        let link = self.links.get(region).is_some_and(|link| link.quarantine.is_some());
        let origin = self.held.get(region).is_some_and(|origin| origin.held.quarantine.is_some());
        link || origin || self.reported.contains(region)
    }

    /// Opens a new epoch after the restored head; its first entry says so, and everything is published anew.
    pub fn reopen(&mut self, identity: &Identity, epoch: u32) -> Option<u64> {
        self.epoch = epoch;
        self.append(identity, "epoch.opened", Bytes::new());
        self.publish(identity, true)
    }
}

/// The value of a fact that stands.
fn decoded(fact: &Fact) -> Option<u64> {
    if fact.withdrawn {
        return None;
    }
    Some(fact.body.as_ref().try_into().map(u64::from_be_bytes).unwrap_or(u64::MAX))
}
