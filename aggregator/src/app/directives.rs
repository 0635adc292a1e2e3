//! Directives that arrive here, to be carried out or carried on, and those whose receipt is witnessed.

use changxiao_domain::{
    actor::Actor,
    directive::{Directive, Order},
    event::{DirectiveDelivered, DirectiveReceived, Event},
    refusal::Refusal as Refused,
    refusals,
    region::RegionId,
    stamp::Moment,
};
use changxiao_tier::{
    revocations,
    writer::{Command, Decision},
};

use super::{issuer::subject, registers::adopted};
use crate::book::{Known, Ledger, Needs};

refusals! {
    /// One id, two contents.
    IdReused { directive: String } AlreadyExists "DIRECTIVE_ID_REUSED"
        "directive {directive} came before with other content", "指令{directive}已收到,但内容不同";
    /// Nothing of that name is under way.
    NotFound { directive: String } NotFound "DIRECTIVE_NOT_FOUND"
        "there is no directive `{directive}` here", "没有该指令:{directive}";
    /// Its receipt cannot be relied on yet.
    ReceiptNotWitnessed { directive: String, child: RegionId } FailedPrecondition "RECEIPT_NOT_WITNESSED"
        "the receipt of directive {directive} does not lie in a tree of {child} that was witnessed",
        "指令{directive}的签收记录尚未列入{child}已核验的日志";
}

/// Takes a directive whose signature, issuer and addressee were checked.
///
/// Repeating it decides nothing: the receipt is the position of the first entry, which stands in the table.
pub struct ReceiveDirective {
    /// This region.
    pub here: RegionId,
    /// Version of the register in force.
    pub in_force: u64,
    /// What is ordered.
    pub directive: Directive,
    /// As it travels.
    pub signed: Vec<u8>,
}

impl Command<Ledger> for ReceiveDirective {
    fn needs(&self, _: &Actor, needs: &mut Needs) {
        needs.common.directives.insert(self.directive.id.clone());
        needs.registers = true;
        needs.common.revocation_lists = true;
    }

    fn decide(self: Box<Self>, _: &Actor, _: Moment, known: &Known) -> Result<Decision<Ledger>, Refused> {
        let Self { here, in_force, directive, signed } = *self;
        let id = directive.id;
        let subject = subject(&id);
        if let Some(held) = known.common.directives.get(&id) {
            return if held.signed == signed {
                Ok(Decision { events: Vec::new(), subject, outside: None })
            } else {
                Err(Refusal::IdReused { directive: id }.into())
            };
        }
        let mut events: Vec<Event> = vec![DirectiveReceived { directive: id, signed }.into()];
        if directive.addressee == here {
            match directive.order {
                Order::Register { version, signed }
                    if u64::from(version) > in_force && known.registers.newest() < Some(version) =>
                {
                    events.push(adopted(version, signed).into());
                }
                Order::Revocations { signed, .. } => {
                    if let Ok(list) = revocations::open(&signed)
                        && known.common.revocation_lists.version(&list.issuer) < list.version
                    {
                        events.push(revocations::adopted(&list, signed).into());
                    }
                }
                // An older register, and what only a county can carry out: the receipt is the whole effect.
                Order::Register { .. }
                | Order::Admission { .. }
                | Order::Removal { .. }
                | Order::Transfer { .. }
                | Order::Supervision { .. }
                | Order::RuleTable { .. } => {}
            }
        }
        Ok(Decision { events, subject, outside: None })
    }
}

/// Notes that the receipt of a directive can no longer be denied.
pub struct MarkDelivered {
    /// Directive.
    pub directive: String,
    /// Child whose journal holds the receipt.
    pub child: RegionId,
    /// Life of that journal.
    pub epoch: u32,
    /// Position of the receipt.
    pub position: u64,
}

impl Command<Ledger> for MarkDelivered {
    fn needs(&self, _: &Actor, needs: &mut Needs) {
        needs.common.directives.insert(self.directive.clone());
        needs.links.insert(self.child.clone());
    }

    fn decide(self: Box<Self>, _: &Actor, _: Moment, known: &Known) -> Result<Decision<Ledger>, Refused> {
        let (directive, position) = (self.directive, self.position);
        let subject = subject(&directive);
        let held = known.common.directives.get(&directive).ok_or_else(|| Refusal::NotFound { directive: directive.clone() })?;
        if held.delivered.is_some() {
            return Ok(Decision { events: Vec::new(), subject, outside: None });
        }
        let witnessed = known.links.get(&self.child).and_then(|link| link.held.witnessed.as_ref());
        // A receipt of an earlier life counts if the child still shows it: the courier asked for it once more.
        if !witnessed.is_some_and(|tree| self.epoch <= tree.epoch && position < tree.size) {
            return Err(Refusal::ReceiptNotWitnessed { directive, child: self.child }.into());
        }
        Ok(Decision::one(DirectiveDelivered { directive, position }.into(), subject))
    }
}
