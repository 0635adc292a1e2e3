//! Monthly declarations: edited, confirmed, signed, filed; accepted, returned, let off, corrected.

use changxiao_domain::{
    actor::Actor,
    calendar::StatutoryCalendar,
    declaration::{Content, EnterpriseMonth, Filing, Refusal},
    enterprise::Enterprise,
    event::{Digest, Event},
    period::Month,
    serial::Serial,
    stamp::Moment,
};
use changxiao_tier::journal::merkle::Hash;

use super::{CountyCommand, Plain, enterprises::seen};
use crate::book::{Known, Needs};

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
}

/// A step of a declaration within the actor's sight.
fn step(of: Of, how: impl FnOnce(Standing<'_>) -> Result<Event, Refusal> + Send + Sync + 'static) -> CountyCommand {
    let Of { enterprise, month } = of;
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.enterprises.insert(enterprise);
            needs.enterprise_months.insert((enterprise, month));
            needs.county_months.insert(month);
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let owner = seen(known, actor, enterprise)?;
            let (value, content, hash) = present(known.enterprise_months.get(&(enterprise, month)), owner, month);
            let frozen = known.county_months.get(&month).is_some();
            let event = how(Standing { actor, moment, frozen, value, content, hash })?;
            Ok((event, format!("enterprises/{enterprise}/declarations/{month}")))
        },
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

/// The legal representative signs the content shown.
#[must_use]
pub fn sign(of: Of, shown: Digest) -> CountyCommand {
    own(of, move |at| at.value.sign(at.frozen, shown, at.hash))
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
            due: StatutoryCalendar::default().due_at(of.month),
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
    step(of, move |at| at.value.send_back(at.frozen, reason, as_empty, at.moment.now))
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
