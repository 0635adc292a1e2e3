//! General hazards: found, assigned, rectified, re-inspected, accepted, struck off.

use changxiao_domain::{
    actor::Actor,
    clock::Date,
    etag,
    event::Event,
    hazard::{self, Find, Hazard, Refusal},
    period::Month,
    serial::Serial,
    stamp::Moment,
};

use super::{CountyCommand, Plain, Target, enterprises::seen};
use crate::book::{Known, Needs};

/// Registers a find.
#[must_use]
pub fn register(enterprise: Serial, find: Find) -> CountyCommand {
    let found_in = Month::of(find.found_on);
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.enterprises.insert(enterprise);
            needs.months.insert(found_in);
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let owner = seen(known, actor, enterprise)?;
            Ok((hazard::register(owner, find, moment)?, format!("hazards/{}", moment.next)))
        },
    })
}

/// A step of a hazard within the actor's sight.
fn step(
    target: Target,
    how: impl FnOnce(&Hazard, &Actor, Moment) -> Result<Event, Refusal> + Send + Sync + 'static,
) -> CountyCommand {
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.hazards.insert(target.serial);
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let subject = format!("hazards/{}", target.serial);
            let hazard = known
                .hazards
                .get(&target.serial)
                .filter(|hazard| actor.sees(hazard.enterprise, hazard.industry))
                .ok_or_else(|| Refusal::NotFound { name: subject.clone() })?;
            etag::check(target.seen, hazard.version)?;
            Ok((how(hazard, actor, moment)?, subject))
        },
    })
}

/// Names who rectifies, how and by when.
#[must_use]
pub fn assign(target: Target, responsible: String, measure: String, deadline: Date) -> CountyCommand {
    step(target, move |hazard, _, moment| hazard.assign(responsible, measure, deadline, moment.now))
}

/// Rectification is reported done.
#[must_use]
pub fn rectify(target: Target, result: String) -> CountyCommand {
    step(target, move |hazard, _, _| hazard.rectify(result))
}

/// Somebody else looks again.
#[must_use]
pub fn reinspect(target: Target, passed: bool, reason: String, new_deadline: Option<Date>) -> CountyCommand {
    step(target, move |hazard, actor, moment| hazard.reinspect(&actor.id(), passed, reason, new_deadline, moment.now))
}

/// The rectification is accepted.
#[must_use]
pub fn accept(target: Target) -> CountyCommand {
    step(target, |hazard, _, _| hazard.accept())
}

/// The hazard is struck off.
#[must_use]
pub fn strike_off(target: Target) -> CountyCommand {
    step(target, |hazard, _, _| hazard.strike_off())
}
