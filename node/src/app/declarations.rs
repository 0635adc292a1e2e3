//! Monthly declarations: edited, confirmed, signed, filed; accepted, returned, let off, corrected.

use changxiao_domain::{
    actor::Actor,
    clock::{Date, Instant},
    declaration::{CORRECTION_WORKDAYS, Content, EnterpriseMonth, Filing, OBJECTION_WORKDAYS, Refusal},
    deputy,
    enterprise::Enterprise,
    event::{Digest, Event},
    period::Month,
    refusal,
    rule_table::TableKind,
    serial::Serial,
    stamp::Moment,
};
use changxiao_tier::{
    accounts::proofs::Signer,
    journal::merkle::Hash,
    writer::{Command, Decision},
};

use super::{CountyCommand, Plain, enterprises::seen};
use crate::book::{CountyBook, Known, Needs};

/// Whose declaration, of which month.
#[derive(Clone, Copy, Debug)]
pub struct Of {
    /// Enterprise.
    pub enterprise: Serial,
    /// Month.
    pub month: Month,
}

/// Hash of the content that a signature covers.
#[must_use]
pub fn content_hash(content: &Content, of: Of) -> Digest {
    Hash::of(&[&content.canonical(of.enterprise, of.month)]).0
}

/// The declaration as it stands, or as the records have it.
#[must_use]
pub fn present(held: Option<&EnterpriseMonth>, enterprise: &Enterprise, month: Month) -> (EnterpriseMonth, Content, Digest) {
    let value = held.cloned().unwrap_or_else(|| EnterpriseMonth::empty(enterprise.serial, month));
    let content = value.content(enterprise);
    let hash = content_hash(&content, Of { enterprise: enterprise.serial, month });
    (value, content, hash)
}

/// A declaration before a step.
struct Standing<'a> {
    actor: &'a Actor,
    moment: Moment,
    frozen: bool,
    value: EnterpriseMonth,
    content: Content,
    hash: Digest,
    /// Exclusive end of the last day in time.
    due: Instant,
    /// Last day for an objection to what is filed now.
    accept_by: Date,
    /// Last day to file again what is sent back now.
    correct_by: Date,
}

impl Of {
    fn needs(self, needs: &mut Needs) {
        needs.enterprises.insert(self.enterprise);
        needs.enterprise_months.insert((self.enterprise, self.month));
        needs.county_months.insert(self.month);
        needs.rule_tables.extend([TableKind::Deadlines, TableKind::Workdays]);
    }

    fn subject(self) -> String {
        format!("enterprises/{}/declarations/{}", self.enterprise, self.month)
    }

    /// The declaration within the actor's sight.
    fn standing<'a>(
        self,
        actor: &'a Actor,
        moment: Moment,
        known: &Known,
    ) -> Result<Standing<'a>, changxiao_domain::enterprise::Refusal> {
        let owner = seen(known, actor, self.enterprise)?;
        let held = known.enterprise_months.get(&(self.enterprise, self.month));
        let (value, content, hash) = present(held, owner, self.month);
        // Time has spoken before any command: a month that is over and has no row was over before the county began, and nobody owes it.
        let frozen = known.county_months.get(&self.month).is_some() || self.month.end() <= moment.now;
        let (workdays, today) = (known.table(TableKind::Workdays).workdays(), moment.now.date());
        Ok(Standing {
            actor,
            moment,
            frozen,
            value,
            content,
            hash,
            due: known.table(TableKind::Deadlines).calendar().due_at(self.month),
            accept_by: workdays.after(today, OBJECTION_WORKDAYS),
            correct_by: workdays.after(today, CORRECTION_WORKDAYS),
        })
    }
}

/// A step of a declaration within the actor's sight.
fn step(of: Of, how: impl FnOnce(Standing<'_>) -> Result<Event, Refusal> + Send + Sync + 'static) -> CountyCommand {
    Box::new(Plain {
        needs: move |needs: &mut Needs| of.needs(needs),
        decide: move |actor: &Actor, moment: Moment, known: &Known| Ok((how(of.standing(actor, moment, known)?)?, of.subject())),
    })
}

/// A step that an enterprise takes, or whoever declares for it.
fn own(of: Of, how: impl FnOnce(Standing<'_>) -> Result<Event, Refusal> + Send + Sync + 'static) -> CountyCommand {
    step(of, |standing| {
        standing.value.must_speak_for(standing.actor.is_of_enterprise())?;
        how(standing)
    })
}

/// Confirms the basic data.
#[must_use]
pub fn edit(of: Of, stopped: bool, note: String) -> CountyCommand {
    own(of, move |at| at.value.edit(at.frozen, !stopped, note))
}

/// Confirms the figures.
#[must_use]
pub fn confirm(of: Of, shown: Digest, zero_statement: String) -> CountyCommand {
    own(of, move |at| {
        let confirmed = content_hash(&Content { zero_statement: zero_statement.clone(), ..at.content.clone() }, of);
        at.value.confirm(at.frozen, (shown, at.hash, confirmed), &at.content.figures, zero_statement)
    })
}

/// The legal representative signs the content shown, and shows how it is them.
struct Sign {
    of: Of,
    shown: Digest,
    signer: Signer,
}

impl Command<CountyBook> for Sign {
    fn needs(&self, actor: &Actor, needs: &mut Needs) {
        self.of.needs(needs);
        if let Actor::Account { id, .. } = actor {
            needs.common.accounts.insert(id.clone());
            needs.deputies.insert((self.of.enterprise, id.clone()));
        }
    }

    fn decide(self: Box<Self>, actor: &Actor, moment: Moment, known: &Known) -> Result<Decision<CountyBook>, refusal::Refusal> {
        let Self { of, shown, signer } = *self;
        let at = of.standing(actor, moment, known)?;
        at.value.must_speak_for(actor.is_of_enterprise())?;
        let (account, held) = match actor {
            Actor::Account { id, .. } => (known.common.accounts.get(id), known.deputies.get(&(of.enterprise, id.clone()))),
            Actor::Time | Actor::Region(_) | Actor::Operator | Actor::Door => (None, None),
        };
        let deputy = deputy::signs_as_deputy(actor, held, moment.now)?;
        at.value.signable(at.frozen, shown, at.hash)?;
        // Last, so that a proof is not used up by a signature that another rule refuses.
        let event = at.value.sign(at.hash, signer.proof(account, at.hash)?, deputy);
        Ok(Decision::one(event, of.subject()))
    }
}

/// The legal representative signs the content shown.
#[must_use]
pub fn sign(of: Of, shown: Digest, signer: Signer) -> CountyCommand {
    Box::new(Sign { of, shown, signer })
}

/// Files what was signed.
#[must_use]
pub fn file(of: Of, shown: Digest, late_reason: String) -> CountyCommand {
    own(of, move |at| {
        at.value.file(Filing {
            frozen: at.frozen,
            content: at.content,
            current: at.hash,
            shown,
            late_reason,
            by_proxy: !at.actor.is_of_enterprise(),
            now: at.moment.now,
            due: at.due,
            accept_by: at.accept_by,
        })
    })
}

/// Accepts a declaration.
#[must_use]
pub fn accept(of: Of) -> CountyCommand {
    step(of, |at| at.value.accept(at.frozen))
}

/// Sends a declaration back.
#[must_use]
pub fn send_back(of: Of, reason: String, as_empty: bool) -> CountyCommand {
    step(of, move |at| at.value.send_back(at.frozen, reason, as_empty, at.correct_by))
}

/// Lets an enterprise off.
#[must_use]
pub fn exempt(of: Of, reason: String) -> CountyCommand {
    step(of, move |at| at.value.exempt(at.frozen, reason))
}

/// Declares for an enterprise that cannot.
#[must_use]
pub fn proxy(of: Of, reason: String, paper: Digest) -> CountyCommand {
    step(of, move |at| at.value.proxy(at.frozen, reason, paper))
}

/// Asks for a correction of what was filed.
#[must_use]
pub fn ask_correction(of: Of, reason: String, shown: Digest) -> CountyCommand {
    step(of, move |at| {
        let content = at.value.corrected().unwrap_or(at.content);
        let hash = content_hash(&content, of);
        at.value.ask_correction(at.frozen, reason, shown, (&content, hash))
    })
}

/// Decides on a correction.
#[must_use]
pub fn decide_correction(of: Of, consented: bool, reason: String) -> CountyCommand {
    step(of, move |at| at.value.decide_correction(at.frozen, consented, reason))
}
