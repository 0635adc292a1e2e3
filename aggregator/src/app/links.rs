//! What happens to a direct link: a pull that was judged, a proof that failed, silence, a release.

use std::collections::BTreeMap;

use changxiao_domain::{
    actor::Actor,
    clock::Instant,
    event::{ChildQuarantined, ChildReleased, DeliveryReceived, Event, LinkChanged, LinkState},
    refusal::Refusal as Refused,
    refusals,
    region::RegionId,
    stamp::Moment,
};
use changxiao_tier::{
    journal::entry::leaf,
    protocol::{
        delivery::Through,
        held::HeldLink,
        refused::{Refused as NotBelieved, Remedy},
    },
    writer::{Command, Decision},
};

use crate::{
    book::{Known, Ledger, Needs},
    store::origins::{Arrival, Version},
};

refusals! {
    /// Something else was written since the answer was judged.
    Outdated { child: RegionId } Aborted "PULL_OUTDATED"
        "what is held of {child} changed while its answer was judged", "核验期间{child}的数据已变化,将重新拉取";
    /// Nobody needs to be let back in.
    NotQuarantined { child: RegionId } FailedPrecondition "CHILD_NOT_QUARANTINED"
        "{child} and the regions behind it are not quarantined", "{child}及其下级未被隔离";
}

fn subject(child: &RegionId) -> String {
    format!("children/{child}")
}

/// Writes a whole judged pull: one entry for each accepted delivery, with its facts, digests, proofs and the cursor.
pub struct ReceivePull {
    /// The link against which it was judged.
    pub before: HeldLink,
    /// The link from now on.
    pub after: HeldLink,
    /// Up to where each delivered origin was held when it was judged.
    pub bases: BTreeMap<RegionId, Version>,
    /// Accepted deliveries in the order they came.
    pub arrivals: Vec<Arrival>,
    /// Deliveries that were not believed.
    pub refused: Vec<(RegionId, NotBelieved)>,
    /// Freshness of the child and of those below it.
    pub through: Vec<Through>,
    /// Business time of the verification.
    pub verified_at: Instant,
}

impl ReceivePull {
    fn received(&self, arrival: &Arrival) -> Event {
        let accepted = &arrival.accepted;
        DeliveryReceived {
            child: self.after.child.clone(),
            origin: accepted.origin.clone(),
            epoch: accepted.epoch,
            position: accepted.position,
            tree_size: accepted.tree.size,
            tree_root: accepted.tree.root.0,
            // The leaf of the published entry commits to the digests of all its facts.
            digest: leaf(&arrival.word.entry_header).0,
            facts: u32::try_from(accepted.facts.len()).unwrap_or(u32::MAX),
        }
        .into()
    }

    fn quarantines(&self, known: &Known) -> Vec<Event> {
        let failed = self
            .refused
            .iter()
            .filter(|(origin, refused)| refused.remedy == Remedy::Quarantine && !known.quarantines.holds(origin));
        let event = |(origin, refused): &(RegionId, NotBelieved)| {
            let (child, origin) = (self.after.child.clone(), origin.clone());
            ChildQuarantined { child, origin, reason: refused.reason().to_owned(), detail: refused.to_string() }.into()
        };
        failed.map(event).collect()
    }
}

impl Command<Ledger> for ReceivePull {
    fn needs(&self, _: &Actor, needs: &mut Needs) {
        needs.links.insert(self.before.child.clone());
        needs.origins.extend(self.bases.keys().cloned());
        needs.quarantines = true;
    }

    fn decide(self: Box<Self>, _: &Actor, moment: Moment, known: &Known) -> Result<Decision<Ledger>, Refused> {
        let child = self.before.child.clone();
        let link = known.links.get(&child);
        let unchanged = link.is_some_and(|link| link.held == self.before)
            && self.bases.iter().all(|(origin, base)| known.origins.version(origin) == *base);
        if !unchanged {
            return Err(Refusal::Outdated { child }.into());
        }
        let mut events: Vec<Event> = self.arrivals.iter().map(|arrival| self.received(arrival)).collect();
        events.extend(self.quarantines(known));
        if !link.is_some_and(|link| link.is(LinkState::Up)) {
            let reason = String::new();
            events.push(LinkChanged { child: child.clone(), state: LinkState::Up, since: moment.now, reason }.into());
        }
        let subject = subject(&child);
        let outside = move |known: &mut Known, stamp: &changxiao_domain::stamp::Stamp| {
            // The entries of the deliveries come first and follow each other.
            for (arrival, local) in self.arrivals.into_iter().zip(stamp.position..) {
                known.origins.arrived(arrival, local);
            }
            known.links.follow(self.after, self.verified_at);
            known.through.extend(self.through.into_iter().map(|through| (child.clone(), through)));
        };
        Ok(Decision { events, subject, outside: Some(Box::new(outside)) })
    }
}

/// Stops believing a child.
pub struct QuarantineChild {
    /// Child.
    pub child: RegionId,
    /// Stable reason.
    pub reason: &'static str,
    /// For people.
    pub detail: String,
    /// The new epoch that it offered, if that is the reason; a release admits it.
    pub offered: Option<u32>,
}

impl Command<Ledger> for QuarantineChild {
    fn needs(&self, _: &Actor, needs: &mut Needs) {
        needs.links.insert(self.child.clone());
    }

    fn decide(self: Box<Self>, _: &Actor, _: Moment, known: &Known) -> Result<Decision<Ledger>, Refused> {
        let subject = subject(&self.child);
        if known.links.get(&self.child).is_some_and(|link| link.is(LinkState::Quarantined)) {
            // The first reason stays, and so does its time.
            return Ok(Decision { events: Vec::new(), subject, outside: None });
        }
        let (child, offered) = (self.child.clone(), self.offered);
        let event = ChildQuarantined {
            origin: self.child.clone(),
            child: self.child,
            reason: self.reason.to_owned(),
            detail: self.detail,
        };
        let outside = move |known: &mut Known, _: &_| {
            if let Some(epoch) = offered {
                known.links.offer(&child, epoch);
            }
        };
        Ok(Decision { events: vec![event.into()], subject, outside: Some(Box::new(outside)) })
    }
}

/// Lets a child, and every region behind it, back in after people have looked.
pub struct ReleaseChild {
    /// Child.
    pub child: RegionId,
    /// Why it may come back.
    pub reason: String,
}

impl Command<Ledger> for ReleaseChild {
    fn needs(&self, _: &Actor, needs: &mut Needs) {
        needs.links.insert(self.child.clone());
        needs.quarantines = true;
    }

    fn decide(self: Box<Self>, _: &Actor, _: Moment, known: &Known) -> Result<Decision<Ledger>, Refused> {
        let direct = known.links.get(&self.child).is_some_and(|link| link.is(LinkState::Quarantined));
        if !direct && !known.quarantines.behind(&self.child) {
            return Err(Refusal::NotQuarantined { child: self.child }.into());
        }
        let subject = subject(&self.child);
        Ok(Decision::one(ChildReleased { child: self.child, reason: self.reason }.into(), subject))
    }
}

/// Notes that a child fell silent.
pub struct ChangeLink {
    /// Child.
    pub child: RegionId,
    /// New state.
    pub state: LinkState,
    /// Since when.
    pub since: Instant,
    /// Stable reason, empty if up.
    pub reason: String,
}

impl Command<Ledger> for ChangeLink {
    fn needs(&self, _: &Actor, needs: &mut Needs) {
        needs.links.insert(self.child.clone());
    }

    fn decide(self: Box<Self>, _: &Actor, _: Moment, known: &Known) -> Result<Decision<Ledger>, Refused> {
        let subject = subject(&self.child);
        // A quarantine is ended by people only, and silence that lasts is no news.
        if known.links.get(&self.child).is_some_and(|link| link.is(LinkState::Quarantined) || link.is(self.state)) {
            return Ok(Decision { events: Vec::new(), subject, outside: None });
        }
        let event = LinkChanged { child: self.child, state: self.state, since: self.since, reason: self.reason };
        Ok(Decision::one(event.into(), subject))
    }
}
