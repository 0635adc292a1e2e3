//! Publishing a version of a reference table to every county below.

use changxiao_domain::{
    actor::Actor,
    clock::Date,
    directive::Order,
    event::Event,
    refusal::Refusal as Refused,
    region::RegionKind,
    rule_table::{Refusal, TableKind},
    serial::Serial,
    stamp::Moment,
};
use changxiao_tier::writer::{Command, Decision};

use super::issuer::Issuer;
use crate::book::{Known, Ledger, Needs};

/// Sends a version of a table to every county below that has a journal. Each adopts it on the day it arrives, or later.
pub struct PublishTable {
    /// This region.
    pub issuer: Issuer,
    /// Which table.
    pub table: TableKind,
    /// First day of force.
    pub valid_from: Date,
    /// Document on which it rests.
    pub source: String,
    /// The whole table.
    pub text: String,
}

impl Command<Ledger> for PublishTable {
    fn needs(&self, _: &Actor, _: &mut Needs) {}

    fn decide(self: Box<Self>, _: &Actor, moment: Moment, _: &Known) -> Result<Decision<Ledger>, Refused> {
        let Self { issuer, table, valid_from, source, text } = *self;
        let (here, today) = (issuer.region.clone(), moment.now.date());
        table.check(&text).map_err(|fault| Refusal::Unreadable { line: fault.line, what: fault.what })?;
        if valid_from < today {
            return Err(Refusal::Retroactive { what: valid_from.to_string(), today }.into());
        }
        let register = issuer.registers.current();
        let counties = register.regions().filter(|region| {
            region.kind == RegionKind::County && region.journal_key.is_some() && register.contains(&here, &region.id, today)
        });
        let mut events: Vec<Event> = Vec::new();
        for (addressee, after) in counties.zip(0..) {
            // Each directive is named by the entry that issues it.
            let Some(serial) = Serial::new(moment.next.epoch(), moment.next.position().saturating_add(after)) else { break };
            let order = Order::RuleTable { table, valid_from, source: source.clone(), text: text.clone() };
            events.push(issuer.issue(serial, addressee.id.clone(), moment.now, order).into());
        }
        Ok(Decision { events, subject: format!("tables/{}", table.id()), outside: None })
    }
}
