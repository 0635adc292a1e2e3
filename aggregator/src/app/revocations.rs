//! Publishing this region's revocation list to everybody below.

use changxiao_domain::{actor::Actor, directive::Order, event::Event, refusal::Refusal, serial::Serial, stamp::Moment};
use changxiao_tier::writer::{Command, Decision};

use super::issuer::Issuer;
use crate::book::{Known, Ledger, Needs};

/// Sends a list that was adopted here to every region below that has a journal.
pub struct PublishList {
    /// This region.
    pub issuer: Issuer,
    /// Its version.
    pub version: u32,
    /// The signed list.
    pub signed: Vec<u8>,
}

impl Command<Ledger> for PublishList {
    fn needs(&self, _: &Actor, _: &mut Needs) {}

    fn decide(self: Box<Self>, _: &Actor, moment: Moment, _: &Known) -> Result<Decision<Ledger>, Refusal> {
        let register = self.issuer.registers.current();
        let (here, today) = (&self.issuer.region, moment.now.date());
        let below = register.regions().filter(|region| region.id != *here && region.journal_key.is_some());
        let mut events: Vec<Event> = Vec::new();
        for (addressee, after) in below.filter(|region| register.contains(here, &region.id, today)).zip(0..) {
            // Each directive is named by the entry that issues it.
            let Some(serial) = Serial::new(moment.next.epoch(), moment.next.position().saturating_add(after)) else { break };
            let order = Order::Revocations { version: self.version, signed: self.signed.clone() };
            events.push(self.issuer.issue(serial, addressee.id.clone(), moment.now, order).into());
        }
        Ok(Decision { events, subject: format!("revocations/{here}~{}", self.version), outside: None })
    }
}
