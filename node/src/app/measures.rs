//! The six measures: each begins with an enterprise in sight; a blacklisting goes through hearing, decision, term and exit.

use changxiao_domain::{
    actor::Actor,
    enterprise::Enterprise,
    etag,
    event::Event,
    measure::{self, Consultation, Interview, Measure, Proposal, Publicity, Refusal, Warning},
    refusal::Refusal as Refused,
    serial::Serial,
    stamp::Moment,
};

use super::{CountyCommand, Events, Plain, Target, enterprises::seen, sees};
use crate::book::{Known, Needs};

/// A measure that begins with an enterprise.
fn begin<E: Events + 'static>(
    enterprise: Serial,
    how: impl FnOnce(&Enterprise, Moment, &Known) -> Result<E, Refused> + Send + Sync + 'static,
) -> CountyCommand {
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.enterprises.insert(enterprise);
            needs.blacklistings.insert(enterprise);
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let owner = seen(known, actor, enterprise)?;
            Ok((how(owner, moment, known)?, format!("measures/{}", moment.next)))
        },
    })
}

/// Publishes a warning, about one enterprise or none.
#[must_use]
pub fn warn(enterprise: Option<Serial>, warning: Warning) -> CountyCommand {
    match enterprise {
        Some(enterprise) => begin(enterprise, move |owner, moment, _| Ok(measure::warn(Some(owner), warning, moment)?)),
        None => Box::new(Plain {
            needs: |_: &mut Needs| {},
            decide: move |_: &Actor, moment: Moment, _: &Known| {
                Ok((measure::warn(None, warning, moment)?, format!("measures/{}", moment.next)))
            },
        }),
    }
}

/// Records an interview with its commitments.
#[must_use]
pub fn interview(enterprise: Serial, held: Interview) -> CountyCommand {
    begin(enterprise, move |owner, moment, _| Ok(measure::interview(owner, held, moment)?))
}

/// Publishes what an enterprise did.
#[must_use]
pub fn publicise(enterprise: Serial, publicity: Publicity) -> CountyCommand {
    begin(enterprise, move |owner, moment, _| Ok(measure::publicise(owner, publicity, moment)?))
}

/// Records what experts advised.
#[must_use]
pub fn consult(enterprise: Serial, consultation: Consultation) -> CountyCommand {
    begin(enterprise, move |owner, moment, _| Ok(measure::consult(owner, consultation, moment)?))
}

/// Proposes an enterprise for the blacklist.
#[must_use]
pub fn propose(enterprise: Serial, proposal: Proposal) -> CountyCommand {
    begin(enterprise, move |owner, moment, known| {
        Ok(measure::propose_blacklist(owner, known.blacklistings.get(&owner.serial), proposal, moment)?)
    })
}

/// A step of a measure within the actor's sight.
fn step(
    target: Target,
    how: impl FnOnce(&Measure, Moment, &Known) -> Result<Event, Refusal> + Send + Sync + 'static,
) -> CountyCommand {
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.measures.insert(target.serial);
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let subject = format!("measures/{}", target.serial);
            let held = known.measures.get(&target.serial).filter(|held| sees(actor, held.enterprise, held.industry));
            let held = held.ok_or_else(|| Refusal::NotFound { name: subject.clone() })?;
            etag::check(target.seen, held.version)?;
            let event = how(held, moment, known)?;
            held.acts.allow(std::slice::from_ref(&event), &actor.id())?;
            Ok((event, subject))
        },
    })
}

/// The enterprise speaks.
#[must_use]
pub fn hear(target: Target, statement: String) -> CountyCommand {
    step(target, move |held, _, _| held.hear(statement))
}

/// The commission office decides.
#[must_use]
pub fn blacklist(target: Target, decision: String, publication: String) -> CountyCommand {
    step(target, move |held, moment, known| {
        let standing = held.enterprise.and_then(|enterprise| known.blacklistings.get(&enterprise));
        held.blacklist(standing.map_or(0, |standing| standing.times), decision, publication, moment.now)
    })
}

/// The office takes it off the blacklist.
#[must_use]
pub fn exit(target: Target, publication: String) -> CountyCommand {
    step(target, move |held, _, _| held.exit(publication))
}
