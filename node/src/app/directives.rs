//! Directives from above: received once with their effect in the same group, answered by people.

use changxiao_domain::{
    actor::Actor,
    clock::Instant,
    directive::{Directive, Order},
    event::{DirectiveReceived, Event, RegisterAdopted},
    refusal::Refusal,
    rule_table,
    serial::Serial,
    stamp::Moment,
};
use changxiao_tier::{
    directives,
    journal::merkle::Hash,
    revocations,
    writer::{Command, Decision},
};

use super::{CountyCommand, Plain, transfers::Ordered};
use crate::book::{CountyBook, Known, Needs};

/// A verified directive that arrived.
pub struct Receive {
    /// What is ordered.
    pub directive: Directive,
    /// As it travelled.
    pub signed: Vec<u8>,
}

/// Path of a directive within its region; an id holds a slash, which a name cannot.
#[must_use]
pub fn path(id: &str) -> String {
    format!("directives/{}", id.replace('/', "~"))
}

impl Receive {
    fn enterprise(&self) -> Option<Serial> {
        match &self.directive.order {
            Order::Admission { enterprise, .. } | Order::Removal { enterprise, .. } => Some(*enterprise),
            Order::Transfer { .. }
            | Order::Supervision { .. }
            | Order::Register { .. }
            | Order::Revocations { .. }
            | Order::RuleTable { .. } => None,
        }
    }

    /// The step of a transfer that is ordered, if that is what it orders.
    fn transfer(&self) -> Option<Ordered<'_>> {
        let Order::Transfer { step, offer, from, enterprise, text, answer_by, package } = &self.directive.order else {
            return None;
        };
        Some(Ordered {
            here: &self.directive.addressee,
            directive: &self.directive.id,
            step: *step,
            offer,
            from,
            enterprise: *enterprise,
            text,
            answer_by: *answer_by,
            package,
        })
    }

    /// What the order changes here. An order that finds nothing to change is received all the same: the receipt says that
    /// it arrived, the trail why it had no effect.
    fn effect(&self, known: &Known, now: Instant) -> Option<Event> {
        match &self.directive.order {
            Order::Admission { enterprise, approved, reason } => {
                known.enterprises.get(enterprise)?.decide_admission(&self.directive.id, *approved, reason).ok()
            }
            Order::Removal { enterprise, consented, reason } => {
                known.enterprises.get(enterprise)?.decide_removal(&self.directive.id, *consented, reason).ok()
            }
            Order::Register { version, signed } => {
                Some(RegisterAdopted { version: *version, digest: Hash::of(&[signed]).0, signed_register: signed.clone() }.into())
            }
            Order::Revocations { signed, .. } => {
                let list = revocations::open(signed).ok()?;
                let newer = known.common.revocation_lists.version(&list.issuer) < list.version;
                newer.then(|| revocations::adopted(&list, signed.clone()).into())
            }
            Order::RuleTable { table, valid_from, source, text } => {
                let (held, id) = ((*table, known.table(*table)), self.directive.id.clone());
                // A line may have been down for weeks: what came late is in force from today on.
                let from = (*valid_from).max(now.date());
                rule_table::adopt(held, from, text.clone(), source.clone(), id, now).ok()
            }
            Order::Transfer { .. } | Order::Supervision { .. } => None,
        }
    }
}

impl Command<CountyBook> for Receive {
    fn needs(&self, _: &Actor, needs: &mut Needs) {
        needs.common.directives.insert(self.directive.id.clone());
        needs.enterprises.extend(self.enterprise());
        if let Order::RuleTable { table, .. } = self.directive.order {
            needs.rule_tables.insert(table);
        }
        if let Some(transfer) = self.transfer() {
            transfer.needs(needs);
        }
        needs.common.revocation_lists |= matches!(self.directive.order, Order::Revocations { .. });
    }

    fn decide(self: Box<Self>, _: &Actor, moment: Moment, known: &Known) -> Result<Decision<CountyBook>, Refusal> {
        let subject = path(&self.directive.id);
        let received = DirectiveReceived { directive: self.directive.id.clone(), signed: self.signed.clone() };
        let mut events: Vec<Event> = vec![received.into()];
        events.extend(self.effect(known, moment.now));
        // The receipt comes first; what the transfer brings gets the serials after it.
        let first = Serial::new(moment.next.epoch(), moment.next.position().saturating_add(1)).unwrap_or(moment.next);
        events.extend(self.transfer().and_then(|transfer| transfer.effect(known, first)).unwrap_or_default());
        Ok(Decision { events, subject, outside: None })
    }
}

/// Answers a directive.
#[must_use]
pub fn answer(id: String, text: String) -> CountyCommand {
    let wanted = id.clone();
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.common.directives.insert(wanted.clone());
        },
        decide: move |_: &Actor, _: Moment, known: &Known| {
            let held = known.common.directives.get(&id);
            let held = held.ok_or_else(|| directives::Refusal::NotFound { directive: id.clone() })?;
            Ok((Event::from(held.reply(text)?), path(&id)))
        },
    })
}
