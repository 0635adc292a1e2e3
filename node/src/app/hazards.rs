//! General hazards: found, assessed, assigned, rectified, re-inspected, accepted, struck off; extended, upgraded, voided.

use changxiao_domain::{
    actor::{Actor, Role},
    clock::Date,
    dossier::Identification,
    etag,
    event::Event,
    hazard::{self, Assignment, Find, Hazard, Refusal},
    period::Month,
    refusal::Refusal as Refused,
    rule_table::TableKind,
    serial::Serial,
    stamp::Moment,
};

use super::{CountyCommand, Events, Plain, Target, enterprises::seen};
use crate::book::{Known, Needs};

/// Registers a find.
#[must_use]
pub fn register(enterprise: Serial, find: Find) -> CountyCommand {
    let (found_in, repeat_of) = (Month::of(find.found_on), find.repeat_of);
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.enterprises.insert(enterprise);
            needs.months.insert(found_in);
            needs.hazards.extend(repeat_of);
            needs.rule_tables.insert(TableKind::Criteria);
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let owner = seen(known, actor, enterprise)?;
            let criteria = known.table(TableKind::Criteria).criteria(find.found_on);
            hazard::check_criteria(find.general_by.as_deref(), owner.data.industry, find.found_on, &criteria)?;
            let repeated = repeat_of.and_then(|serial| known.hazards.get(&serial));
            Ok((hazard::register(owner, find, repeated, moment)?, format!("hazards/{}", moment.next)))
        },
    })
}

/// A step of a hazard within the actor's sight; `also` is another hazard that the rule looks at.
fn step_beside<E: Events + 'static>(
    target: Target,
    also: Option<Serial>,
    how: impl FnOnce(&Hazard, &Actor, Moment, &Known) -> Result<E, Refused> + Send + Sync + 'static,
) -> CountyCommand {
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.hazards.insert(target.serial);
            needs.hazards.extend(also);
            needs.rule_tables.insert(TableKind::Criteria);
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let subject = format!("hazards/{}", target.serial);
            let hazard = known
                .hazards
                .get(&target.serial)
                .filter(|hazard| actor.sees(hazard.enterprise, hazard.industry))
                .ok_or_else(|| Refusal::NotFound { name: subject.clone() })?;
            etag::check(target.seen, hazard.version)?;
            let events = how(hazard, actor, moment, known)?.in_order();
            // After the rules of the noun: whose step is impossible anyway is not told to send somebody else.
            hazard.acts.allow(&events, &actor.id())?;
            Ok((events, subject))
        },
    })
}

/// A step that needs nothing else.
fn step(
    target: Target,
    how: impl FnOnce(&Hazard, &Actor, Moment) -> Result<Event, Refusal> + Send + Sync + 'static,
) -> CountyCommand {
    step_beside(target, None, move |hazard, actor, moment, _| Ok(how(hazard, actor, moment)?))
}

/// Whether the account acts for a supervising body.
fn authority(actor: &Actor) -> bool {
    actor.is(Role::CountyRegulator) || actor.is(Role::DepartmentOfficer)
}

/// Judges it general.
#[must_use]
pub fn assess(target: Target, criteria: String) -> CountyCommand {
    step_beside(target, None, move |hazard, _, _, known| {
        let assessed = hazard.assess_general(criteria.clone())?;
        let table = known.table(TableKind::Criteria).criteria(hazard.found_on);
        hazard::check_criteria(Some(&criteria), hazard.industry, hazard.found_on, &table)?;
        Ok(assessed)
    })
}

/// Why and by what a hazard is judged major.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade {
    /// Why.
    pub reason: String,
    /// Criterion.
    pub criterion: String,
    /// Present state and cause.
    pub state_and_cause: String,
    /// Degree of harm and difficulty.
    pub harm_and_difficulty: String,
    /// Protection of people meanwhile.
    pub protection: String,
}

/// Judges it major: it goes on as a dossier.
#[must_use]
pub fn upgrade(target: Target, upgrade: Upgrade) -> CountyCommand {
    step_beside(target, None, move |hazard, actor, moment, known| {
        let owner = seen(known, actor, hazard.enterprise)?;
        let found = Identification {
            found_on: hazard.found_on,
            category: hazard.category,
            criterion: upgrade.criterion,
            state_and_cause: upgrade.state_and_cause,
            harm_and_difficulty: upgrade.harm_and_difficulty,
            protection: upgrade.protection,
            number: String::new(),
        };
        hazard.upgrade(owner, found, upgrade.reason, moment)
    })
}

/// Put right on the spot.
#[must_use]
pub fn fix_on_spot(target: Target, result: String) -> CountyCommand {
    step(target, move |hazard, _, _| hazard.fix_on_spot(result))
}

/// Names who answers for each step, what is to be done and by when.
#[must_use]
pub fn assign(target: Target, assignment: Assignment) -> CountyCommand {
    step(target, move |hazard, _, moment| hazard.assign(assignment, moment.now))
}

/// Rectification is reported done.
#[must_use]
pub fn rectify(target: Target, result: String, cost_yuan: u64) -> CountyCommand {
    step(target, move |hazard, _, _| hazard.rectify(result, cost_yuan))
}

/// Somebody else looks again.
#[must_use]
pub fn reinspect(target: Target, passed: bool, reason: String, new_deadline: Option<Date>) -> CountyCommand {
    step(target, move |hazard, actor, moment| {
        hazard.reinspect(actor.scope().enterprise.is_none(), authority(actor), passed, reason, new_deadline, moment.now)
    })
}

/// The rectification is accepted.
#[must_use]
pub fn accept(target: Target) -> CountyCommand {
    step(target, |hazard, actor, _| hazard.accept(authority(actor)))
}

/// The hazard is struck off.
#[must_use]
pub fn strike_off(target: Target) -> CountyCommand {
    step(target, |hazard, actor, _| hazard.strike_off(authority(actor)))
}

/// Asks for a later deadline.
#[must_use]
pub fn ask_extension(target: Target, deadline: Date, reason: String, protection: String) -> CountyCommand {
    step(target, move |hazard, _, moment| hazard.ask_extension(deadline, reason, protection, moment.now))
}

/// Grants or refuses a later deadline.
#[must_use]
pub fn decide_extension(target: Target, granted: bool, reason: String) -> CountyCommand {
    step(target, move |hazard, _, _| hazard.decide_extension(granted, reason))
}

/// Asks that it be void.
#[must_use]
pub fn ask_voiding(target: Target, reason: String, duplicate_of: Option<Serial>) -> CountyCommand {
    step_beside(target, duplicate_of, move |hazard, _, _, known| {
        let duplicate = duplicate_of.and_then(|serial| known.hazards.get(&serial));
        Ok(hazard.ask_voiding(reason, duplicate_of, duplicate)?)
    })
}

/// Consents to voiding or refuses.
#[must_use]
pub fn decide_voiding(target: Target, consented: bool, reason: String) -> CountyCommand {
    step(target, move |hazard, _, _| hazard.decide_voiding(consented, reason))
}
