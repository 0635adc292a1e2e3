//! Major hazards: identified, completed, filed, listed, treated, assessed, accepted, struck off.

use changxiao_domain::{
    actor::Actor,
    clock::Date,
    dossier::{self, Assessment, Commission, Dossier, FilingBody, Identification, Listing, Plan, Progress, Refusal},
    etag,
    period::Month,
    serial::Serial,
    stamp::Moment,
};

use super::{CountyCommand, Events, Plain, Target, enterprises::seen};
use crate::book::{Known, Needs};

/// Judges a hazard major and opens its dossier.
#[must_use]
pub fn identify(enterprise: Serial, found: Identification) -> CountyCommand {
    let found_in = Month::of(found.found_on);
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.enterprises.insert(enterprise);
            needs.months.insert(found_in);
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let owner = seen(known, actor, enterprise)?;
            Ok((dossier::identify(owner, found, None, moment)?, format!("dossiers/{}", moment.next)))
        },
    })
}

/// A step of a dossier, whoever takes it.
fn step<E: Events + 'static>(
    target: Target,
    how: impl FnOnce(&Dossier, Moment) -> Result<E, Refusal> + Send + Sync + 'static,
) -> CountyCommand {
    step_by(target, move |dossier, _, moment| how(dossier, moment))
}

/// A step of a dossier within the actor's sight.
fn step_by<E: Events + 'static>(
    target: Target,
    how: impl FnOnce(&Dossier, &Actor, Moment) -> Result<E, Refusal> + Send + Sync + 'static,
) -> CountyCommand {
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.dossiers.insert(target.serial);
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let subject = format!("dossiers/{}", target.serial);
            let dossier = known
                .dossiers
                .get(&target.serial)
                .filter(|dossier| actor.sees(dossier.enterprise, dossier.industry))
                .ok_or_else(|| Refusal::NotFound { name: subject.clone() })?;
            etag::check(target.seen, dossier.version)?;
            let events = how(dossier, actor, moment)?.in_order();
            // After the rules of the noun: whose step is impossible anyway is not told to send somebody else.
            dossier.acts.allow(&events, &actor.id())?;
            Ok((events, subject))
        },
    })
}

/// Records how people are protected.
#[must_use]
pub fn protect(target: Target, protection: String) -> CountyCommand {
    step(target, move |dossier, _| dossier.protect(protection))
}

/// Opens the dossier under a number.
#[must_use]
pub fn open(target: Target, number: String) -> CountyCommand {
    step(target, move |dossier, _| dossier.open(number))
}

/// Enters the five elements.
#[must_use]
pub fn complete(target: Target, plan: Plan) -> CountyCommand {
    step(target, move |dossier, moment| dossier.complete(plan, moment.now))
}

/// Sends it to the three bodies.
#[must_use]
pub fn file(target: Target) -> CountyCommand {
    step(target, |dossier, _| dossier.file())
}

/// One body confirms.
#[must_use]
pub fn confirm(target: Target, body: FilingBody) -> CountyCommand {
    step_by(target, move |dossier, actor, _| dossier.confirm(body, actor))
}

/// The industry department lists it.
#[must_use]
pub fn list(target: Target, listing: Listing) -> CountyCommand {
    step(target, move |dossier, moment| dossier.list(listing, moment.now))
}

/// The industry department says why it does not.
#[must_use]
pub fn decline_listing(target: Target, reason: String) -> CountyCommand {
    step(target, move |dossier, _| dossier.decline_listing(reason))
}

/// Treatment begins.
#[must_use]
pub fn start(target: Target, log: String) -> CountyCommand {
    step(target, move |dossier, _| dossier.start(log))
}

/// Monthly progress.
#[must_use]
pub fn report(target: Target, progress: Progress) -> CountyCommand {
    step(target, move |dossier, moment| dossier.report(progress, moment.now))
}

/// Asks for a later deadline.
#[must_use]
pub fn ask_extension(target: Target, deadline: Date, reason: String, protection: String) -> CountyCommand {
    step(target, move |dossier, moment| dossier.ask_extension(deadline, reason, protection, moment.now))
}

/// Grants or refuses a later deadline.
#[must_use]
pub fn decide_extension(target: Target, granted: bool, reason: String) -> CountyCommand {
    step(target, move |dossier, _| dossier.decide_extension(granted, reason))
}

/// The treatment ended.
#[must_use]
pub fn finish(target: Target, statement: String) -> CountyCommand {
    step(target, move |dossier, _| dossier.finish(statement))
}

/// A qualified institution is commissioned.
#[must_use]
pub fn commission(target: Target, commission: Commission) -> CountyCommand {
    step(target, move |dossier, moment| dossier.commission(commission, moment.now))
}

/// The institution concluded.
#[must_use]
pub fn assess(target: Target, assessment: Assessment) -> CountyCommand {
    step(target, move |dossier, _| dossier.assess(assessment))
}

/// Applies for re-inspection and acceptance.
#[must_use]
pub fn apply_for_acceptance(target: Target) -> CountyCommand {
    step(target, |dossier, _| dossier.apply_for_acceptance())
}

/// The listing body accepts or refuses.
#[must_use]
pub fn decide(
    target: Target,
    accepted: bool,
    reason: String,
    new_deadline: Option<Date>,
    inspectors: Vec<String>,
) -> CountyCommand {
    step(target, move |dossier, moment| dossier.decide(accepted, reason, new_deadline, inspectors, moment.now))
}

/// Taken down and struck off.
#[must_use]
pub fn strike_off(target: Target, closing_number: String) -> CountyCommand {
    step(target, move |dossier, _| dossier.strike_off(closing_number))
}

/// Asks to go on producing.
#[must_use]
pub fn ask_resumption(target: Target) -> CountyCommand {
    step(target, |dossier, _| dossier.ask_resumption())
}

/// Consents to going on, or refuses.
#[must_use]
pub fn decide_resumption(target: Target, consented: bool, reason: String) -> CountyCommand {
    step(target, move |dossier, _| dossier.decide_resumption(consented, reason))
}

/// Judged general after all.
#[must_use]
pub fn downgrade(target: Target, place: String, reason: String, expert: String, head: String) -> CountyCommand {
    step(target, move |dossier, moment| dossier.downgrade(place, reason, expert, head, moment))
}
