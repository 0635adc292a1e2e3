//! Directives inside the county: drafted, issued by the head, received, answered, accepted or sent back.

use changxiao_domain::{
    actor::Actor,
    clock::Date,
    county_directive::{self, CountyDirective, Draft, Recipient, Refusal},
    etag,
    event::Event,
    industry::IndustryCode,
    serial::Serial,
    stamp::Moment,
};

use super::{CountyCommand, Plain, Target, enterprises::seen, sees};
use crate::book::{Known, Needs};

/// Drafts one about an enterprise, or about an industry only.
#[must_use]
pub fn draft(enterprise: Option<Serial>, industry: Option<IndustryCode>, wanted: Draft) -> CountyCommand {
    Box::new(Plain {
        needs: move |needs: &mut Needs| needs.enterprises.extend(enterprise),
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let owner = enterprise.map(|serial| seen(known, actor, serial)).transpose()?;
            let named = owner.map(|owner| owner.data.industry).or(actor.scope().industry).or(industry);
            let named = named.ok_or_else(|| Refusal::NoRecipient { about: wanted.about.clone() })?;
            let drafted = county_directive::draft(owner, named, wanted, moment)?;
            Ok((drafted, format!("countyDirectives/{}", moment.next)))
        },
    })
}

/// Whether the actor sees a directive: an enterprise what is addressed to it, once issued.
#[must_use]
pub fn is_seen(directive: &CountyDirective, actor: &Actor) -> bool {
    let open = directive.recipient == Recipient::Enterprise && directive.state != county_directive::State::Draft;
    sees(actor, directive.enterprise, Some(directive.industry)) && (actor.scope().enterprise.is_none() || open)
}

/// A step of a directive within the actor's sight.
fn step(
    target: Target,
    how: impl FnOnce(&CountyDirective, &Actor, Moment) -> Result<Event, Refusal> + Send + Sync + 'static,
) -> CountyCommand {
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.county_directives.insert(target.serial);
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let subject = format!("countyDirectives/{}", target.serial);
            let held = known.county_directives.get(&target.serial).filter(|held| is_seen(held, actor));
            let held = held.ok_or_else(|| Refusal::NotFound { name: subject.clone() })?;
            etag::check(target.seen, held.version)?;
            let event = how(held, actor, moment)?;
            held.acts.allow(std::slice::from_ref(&event), &actor.id())?;
            Ok((event, subject))
        },
    })
}

/// The head signs and issues it.
#[must_use]
pub fn issue(target: Target, number: String, signer: String) -> CountyCommand {
    step(target, move |held, _, moment| held.issue(number, signer, moment.now))
}

/// The recipient receives it.
#[must_use]
pub fn receive(target: Target, receiver: String) -> CountyCommand {
    step(target, move |held, actor, _| held.receive(actor, receiver))
}

/// The recipient answers.
#[must_use]
pub fn reply(target: Target, done: String, evidence: String) -> CountyCommand {
    step(target, move |held, actor, _| held.reply(actor, done, evidence))
}

/// The issuer accepts the answer.
#[must_use]
pub fn accept(target: Target) -> CountyCommand {
    step(target, |held, _, _| held.accept())
}

/// The issuer sends the answer back.
#[must_use]
pub fn reject(target: Target, reason: String, deadline: Option<Date>) -> CountyCommand {
    step(target, move |held, _, moment| held.reject(reason, deadline, moment.now))
}
