//! The judgement over one delivery: is this really everything that the origin published, and nothing else?

use changxiao_domain::region::RegionId;

use super::witness::against;
use super::{Authority, Judge};
use crate::journal::merkle::verify_inclusion;
use crate::protocol::delivery::Delivery;
use crate::protocol::digest::{AudienceDigest, Buckets, Overlay};
use crate::protocol::fact::{Audience, Fact};
use crate::protocol::held::{HeldOrigin, Witness};
use crate::protocol::refused::{Fault, Refused, Remedy};
use crate::protocol::word::{self, Published};

/// How a delivery came.
#[derive(Clone, Copy, Debug)]
pub enum Link<'a> {
    /// From the origin itself; `head` is its head, already judged by [`Judge::head`].
    Direct {
        /// The judged head of this pull.
        head: &'a Witness,
    },
    /// Through a child that follows the origin or a relay of it.
    Relayed {
        /// The child, whose cosignature vouches for consistency.
        relay: &'a RegionId,
    },
}

impl Link<'_> {
    /// Audiences whose facts travel over this link.
    fn carries(&self, audience: Audience) -> bool {
        match self {
            Link::Direct { .. } => true,
            Link::Relayed { .. } => audience == Audience::Above,
        }
    }
}

/// What one delivery changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Region that owns the facts.
    pub origin: RegionId,
    /// Epoch of the facts.
    pub epoch: u32,
    /// Position of the published entry that the facts now equal.
    pub position: u64,
    /// The head in which it was proven.
    pub tree: Witness,
    /// Drop every other fact of the origin: these are all.
    pub replace: bool,
    /// Facts to write, as they came.
    pub facts: Vec<Fact>,
    /// Digests after the write, for the audiences this link carries.
    pub digests: Vec<AudienceDigest>,
    /// Digest buckets that changed, over none if `replace`.
    pub overlay: Overlay,
}

impl Accepted {
    /// What is held of the origin after the write.
    pub fn held_after(&self, held: &HeldOrigin) -> HeldOrigin {
        let mut buckets = if self.replace { Buckets::default() } else { held.buckets.clone() };
        buckets.commit(&self.overlay);
        HeldOrigin { epoch: self.epoch, position: self.position, tree: Some(self.tree.clone()), buckets, quarantine: None }
    }
}

impl<A: Authority> Judge<'_, A> {
    /// Judges one delivery against what is held of its origin. `full` says that it holds all facts, not only changed ones.
    ///
    /// The order of the checks is the order of blame: first who may speak, then whose word it is, then whether the word is in
    /// the signed tree, and only then whether the facts fit the word.
    ///
    /// # Errors
    /// [`Refused`]; nothing of the delivery may then be written.
    pub fn delivery(&self, held: &HeldOrigin, delivery: &Delivery, link: Link<'_>, full: bool) -> Result<Accepted, Refused> {
        let tree = match link {
            Link::Direct { head } => self.direct(head, delivery)?,
            Link::Relayed { relay } => self.relayed(held, relay, delivery)?,
        };
        if tree.epoch == held.epoch && delivery.position <= held.position {
            let fault = Fault::AlreadyHeld { epoch: tree.epoch, position: delivery.position };
            return Err(Refused::new(Remedy::Ignore, fault));
        }
        let published = self.published(delivery, &tree)?;
        self.facts(held, delivery, link, &tree, &published, full)
    }

    /// The origin speaks for itself: its head was judged, and the delivery must rest on that very head.
    fn direct(&self, head: &Witness, delivery: &Delivery) -> Result<Witness, Refused> {
        if delivery.epoch != head.epoch || delivery.checkpoint != head.note {
            let detail = "it is not the head of this pull".to_owned();
            let fault = Fault::CheckpointInvalid { region: delivery.origin.to_string(), detail };
            return Err(Refused::new(Remedy::Retry, fault));
        }
        Ok(head.clone())
    }

    /// A relay speaks for the origin: the origin's signature and the relay's cosignature must cover one growing tree.
    fn relayed(&self, held: &HeldOrigin, relay: &RegionId, delivery: &Delivery) -> Result<Witness, Refused> {
        if !self.authority.in_subtree(relay, &delivery.origin) {
            let (origin, child) = (delivery.origin.to_string(), relay.to_string());
            return Err(Refused::quarantine(Fault::OriginOutside { origin, child }));
        }
        if held.quarantine.is_some() {
            let fault = Fault::Quarantined { region: delivery.origin.to_string() };
            return Err(Refused::new(Remedy::Ignore, fault));
        }
        let region = || delivery.origin.to_string();
        let invalid = |detail| Refused::quarantine(Fault::CheckpointInvalid { region: region(), detail });
        let key = self.authority.key(&delivery.origin);
        let key = key.ok_or_else(|| Refused::quarantine(Fault::KeyUnknown { region: region() }))?;
        let tree = word::signed_head(&delivery.checkpoint, &delivery.origin, &key).map_err(invalid)?;
        if tree.epoch != delivery.epoch {
            return Err(invalid(format!("it speaks of epoch {}, the delivery of {}", tree.epoch, delivery.epoch)));
        }
        let relay_key = self.key(relay)?;
        word::cosigned(&delivery.checkpoint, &delivery.cosignature, relay, &relay_key)
            .map_err(|detail| Refused::quarantine(Fault::CosignatureInvalid { relay: relay.to_string(), detail }))?;
        self.grows(held, delivery, &tree)?;
        Ok(tree)
    }

    /// A relayed tree may be late, but at one size it has one root, and newer facts never rest on a smaller tree.
    ///
    /// A new epoch needs no approval here: the relay's cosignature says that the origin's own parent admitted it.
    fn grows(&self, held: &HeldOrigin, delivery: &Delivery, tree: &Witness) -> Result<(), Refused> {
        let Some(before) = &held.tree else {
            return Ok(());
        };
        if tree.epoch < before.epoch {
            let fault = Fault::AlreadyHeld { epoch: tree.epoch, position: delivery.position };
            return Err(Refused::new(Remedy::Ignore, fault));
        }
        if self.controls.skip_proof || tree.epoch > before.epoch {
            return Ok(());
        }
        if tree.size == before.size && tree.root != before.root {
            return Err(against(before, tree, Fault::JournalForked { size: tree.size }));
        }
        if tree.size < before.size && delivery.position > held.position {
            return Err(against(before, tree, Fault::JournalShrank { witnessed: before.size, offered: tree.size }));
        }
        Ok(())
    }

    /// The published entry lies in the tree and says what the facts must add up to.
    fn published(&self, delivery: &Delivery, tree: &Witness) -> Result<Published, Refused> {
        let position = delivery.position;
        let malformed = |detail| Refused::quarantine(Fault::EntryMalformed { position, detail });
        let published = word::published(&delivery.entry_header, &delivery.entry_body).map_err(malformed)?;
        if !self.controls.skip_proof {
            verify_inclusion(&published.leaf, position, tree.size, &delivery.inclusion, &tree.root)
                .map_err(|error| Refused::quarantine(Fault::EntryNotIncluded { position, detail: error.to_string() }))?;
        }
        let said = (published.region.as_str(), published.epoch, published.position);
        let region = delivery.origin.to_string();
        if said != (region.as_str(), delivery.epoch, position) {
            return Err(malformed(format!("it is entry {} of epoch {} of `{}`", said.2, said.1, said.0)));
        }
        Ok(published)
    }

    /// Held and delivered facts together are exactly what was published.
    fn facts(
        &self,
        held: &HeldOrigin,
        delivery: &Delivery,
        link: Link<'_>,
        tree: &Witness,
        published: &Published,
        full: bool,
    ) -> Result<Accepted, Refused> {
        let topic = |fact: &Fact| format!("{}/{}", fact.topic.kind, fact.topic.key);
        for fact in &delivery.facts {
            if !link.carries(fact.audience) {
                return Err(Refused::quarantine(Fault::FactAudience { topic: topic(fact) }));
            }
            if fact.position > delivery.position {
                let (topic, position) = (topic(fact), fact.position);
                let fault = Fault::FactBeyondEntry { topic, position, published: delivery.position };
                return Err(Refused::quarantine(fault));
            }
        }
        // Nothing of an earlier epoch may survive in a later one, so only the delivered facts count there.
        let replace = full || tree.epoch != held.epoch;
        let nothing = Buckets::default();
        let base = if replace { &nothing } else { &held.buckets };
        let overlay = base.overlay(&delivery.facts).map_err(|error| Refused::new(Remedy::Retry, error.into()))?;
        // What is missing from an incremental delivery may only have been lost on the way; a full one is the child's whole word.
        let remedy = if full { Remedy::Quarantine } else { Remedy::TakeFull };
        let carried = |digests: &[AudienceDigest]| -> Vec<AudienceDigest> {
            digests.iter().filter(|digest| link.carries(digest.audience)).copied().collect()
        };
        if !self.controls.skip_digest {
            if let Some(fact) = overlay.older.and_then(|index| delivery.facts.get(index)) {
                let fault = Fault::FactOlder { topic: topic(fact), position: fact.position };
                return Err(Refused::new(remedy, fault));
            }
            if carried(&overlay.digests) != carried(&published.digests) {
                return Err(Refused::new(remedy, Fault::FactsDiffer));
            }
        }
        let chosen: Vec<Fact> = overlay.effective.iter().filter_map(|index| delivery.facts.get(*index)).cloned().collect();
        Ok(Accepted {
            origin: delivery.origin.clone(),
            epoch: tree.epoch,
            position: delivery.position,
            tree: tree.clone(),
            replace,
            facts: chosen,
            digests: carried(&published.digests),
            overlay,
        })
    }
}
