//! Major hazards: identified, completed, filed, listed, treated, assessed, accepted, struck off.

use changxiao_domain::{
    actor::Actor,
    clock::Date,
    dossier::{self, Dossier, FilingBody, Identification, Plan, Progress, Refusal},
    etag,
    event::Event,
    period::Month,
    serial::Serial,
    stamp::Moment,
};

use super::{CountyCommand, Plain, Target, enterprises::seen};
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

/// A step of a dossier within the actor's sight.
fn step(target: Target, how: impl FnOnce(&Dossier, Moment) -> Result<Event, Refusal> + Send + Sync + 'static) -> CountyCommand {
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
            Ok((how(dossier, moment)?, subject))
        },
    })
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
    step(target, move |dossier, _| dossier.confirm(body))
}

/// The industry department lists it.
#[must_use]
pub fn list(target: Target, notice_number: String, deadline: Date) -> CountyCommand {
    step(target, move |dossier, moment| dossier.list(notice_number, deadline, moment.now))
}

/// Monthly progress.
#[must_use]
pub fn report(target: Target, progress: Progress) -> CountyCommand {
    step(target, move |dossier, _| dossier.report(progress))
}

/// The treatment ended.
#[must_use]
pub fn finish(target: Target, statement: String) -> CountyCommand {
    step(target, move |dossier, _| dossier.finish(statement))
}

/// A qualified institution concluded.
#[must_use]
pub fn assess(target: Target, institution: String, report: String, passed: bool) -> CountyCommand {
    step(target, move |dossier, _| dossier.assess(institution, report, passed))
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
