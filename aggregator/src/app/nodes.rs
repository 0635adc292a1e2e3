//! Nodes in the register: the region at the top enters key and address of a region that was enrolled below.

use changxiao_domain::{
    actor::Actor,
    enrolment::{Refusal, holds, normal},
    event::{Digest, Event, NodeEntered},
    period::Month,
    refusal::Refusal as Refused,
    region::RegionId,
    register::Register,
    stamp::Moment,
};
use changxiao_proto::enrolment::v1::NodeProposal;
use changxiao_tier::{
    journal::checkpoint::PublicKey,
    writer::{Command, Decision},
};
use prost::Message as _;

use super::{issuer::Issuer, registers::publish};
use crate::{
    book::{Known, Ledger, Needs},
    store::enrolments::NODE,
};

/// One node as the register is to hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Region.
    pub region: RegionId,
    /// Public key of its journal.
    pub key: Digest,
    /// Host and port of its federation listener.
    pub address: String,
    /// First month that it reports, unless the register says one already.
    pub joined: Month,
}

/// The events by which a node enters the next version of the register. `before` events of the same command come first.
///
/// # Errors
/// This is not the top, the register knows no such region or has the node already.
pub fn enter(issuer: &Issuer, node: Node, moment: Moment, before: u64, known: &Known) -> Result<Vec<Event>, Refused> {
    let current = issuer.registers.current();
    let Node { region, key, address, joined } = node;
    if holds(&current, &region, &key, &address) {
        return Err(Refusal::NodeEntered { region }.into());
    }
    let mut regions: Vec<_> = current.regions().cloned().collect();
    let entry = regions.iter_mut().find(|entry| entry.id == region);
    let entry = entry.ok_or_else(|| Refusal::RegionUnknown { region: region.clone() })?;
    if entry.journal_key.is_some_and(|held| held != key) {
        return Err(Refusal::KeyDiffers { region }.into());
    }
    (entry.journal_key, entry.federation_address) = (Some(key), Some(address.clone()));
    entry.joined = entry.joined.or(Some(joined));
    let version = current.version() + 1;
    // What was whole before stays so: neither tree nor dates were touched.
    let next = Register::new(version, regions).map_err(|_| Refusal::RegionUnknown { region: region.clone() })?;
    let version = u32::try_from(version).unwrap_or(u32::MAX);
    let mut events: Vec<Event> = vec![NodeEntered { region, journal_key: key, address, version }.into()];
    events.extend(publish(issuer, &next, moment, before + 1, known)?);
    Ok(events)
}

/// Enters a node after its fingerprint was compared.
pub struct EnterNode {
    /// This region.
    pub issuer: Issuer,
    /// Region to enter.
    pub region: RegionId,
    /// Region directly above it, which proposes it.
    pub above: Option<RegionId>,
    /// As typed.
    pub fingerprint: String,
    /// Its key, or what is proposed.
    pub key: Option<Digest>,
    /// Its address, or what is proposed.
    pub address: Option<String>,
    /// First month that it reports, or this one.
    pub joined: Option<Month>,
}

impl EnterNode {
    fn shown(&self) -> Option<(RegionId, &'static str, String)> {
        self.above.clone().map(|above| (above, NODE, self.region.to_string()))
    }

    fn node(&self, moment: Moment, known: &Known) -> Result<Node, Refusal> {
        let proposed = self.shown().and_then(|shown| known.facts.get(&shown)).map(|(_, body)| body);
        let proposed = proposed.and_then(|body| NodeProposal::decode(body).ok());
        let of_proposal = proposed.as_ref().and_then(|proposal| Digest::try_from(proposal.journal_key.as_ref()).ok());
        let none = || Refusal::NodeNotProposed { region: self.region.clone() };
        let key = self.key.or(of_proposal).ok_or_else(none)?;
        let address = self.address.clone().or_else(|| proposed.map(|proposal| proposal.federation_address)).ok_or_else(none)?;
        if normal(&self.fingerprint) != PublicKey(key).fingerprint() {
            return Err(Refusal::NodeFingerprint { region: self.region.clone() });
        }
        let joined = self.joined.unwrap_or_else(|| Month::of(moment.now.date()));
        Ok(Node { region: self.region.clone(), key, address, joined })
    }
}

impl Command<Ledger> for EnterNode {
    fn needs(&self, _: &Actor, needs: &mut Needs) {
        needs.registers = true;
        needs.facts.extend(self.shown());
    }

    fn decide(self: Box<Self>, _: &Actor, moment: Moment, known: &Known) -> Result<Decision<Ledger>, Refused> {
        let current = self.issuer.registers.current();
        if current.region(&self.region).is_none() {
            return Err(Refusal::RegionUnknown { region: self.region.clone() }.into());
        }
        let node = self.node(moment, known)?;
        let subject = format!("nodes/{}", self.region);
        Ok(Decision { events: enter(&self.issuer, node, moment, 0, known)?, subject, outside: None })
    }
}
