//! Enterprises: proposed, chosen, invited, filled in, submitted, checked and handed to the city, decided by its directive; stopped, resumed,
//! removed.

use changxiao_domain::{
    actor::{AccountId, Actor, Role},
    enterprise::{self, Cause, Contact, Enterprise, EnterpriseData, Factors, Field, FieldReason, Refusal, Restart, Stop},
    etag,
    event::Event,
    refusal::Refusal as Refused,
    serial::Serial,
    stamp::Moment,
};

use super::{CountyCommand, Plain, Target};
use crate::book::{Known, Needs};

/// An enterprise within the actor's sight; what lies outside is not there.
///
/// # Errors
/// It is not there.
pub fn seen<'k>(known: &'k Known, actor: &Actor, serial: Serial) -> Result<&'k Enterprise, Refusal> {
    known
        .enterprises
        .get(&serial)
        .filter(|enterprise| actor.sees(serial, enterprise.data.industry))
        .ok_or_else(|| Refusal::NotFound { name: format!("enterprises/{serial}") })
}

/// Who holds one of these identifiers, other than `own`.
fn taken(known: &Known, data: &EnterpriseData, own: Option<Serial>) -> Option<(String, Serial)> {
    data.claims().find_map(|claim| {
        let holder = known.claims.get(&claim).copied().filter(|holder| Some(*holder) != own)?;
        Some((claim.1, holder))
    })
}

/// Enters an enterprise into the catalogue.
#[must_use]
pub fn propose(data: EnterpriseData) -> CountyCommand {
    let claims: Vec<_> = data.claims().collect();
    Box::new(Plain {
        needs: move |needs: &mut Needs| needs.claims.extend(claims.iter().cloned()),
        decide: move |_: &Actor, moment: Moment, known: &Known| {
            let taken = taken(known, &data, None);
            Ok((enterprise::propose(data, taken, moment)?, format!("enterprises/{}", moment.next)))
        },
    })
}

/// A step of an enterprise within the actor's sight, with whatever else it `needs`.
fn step_with(
    target: Target,
    also: impl Fn(&mut Needs) + Send + Sync + 'static,
    how: impl FnOnce(&Enterprise, &Actor, Moment, &Known) -> Result<Event, Refusal> + Send + Sync + 'static,
) -> CountyCommand {
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.enterprises.insert(target.serial);
            also(needs);
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| -> Result<(Vec<Event>, String), Refused> {
            let enterprise = seen(known, actor, target.serial)?;
            etag::check(target.seen, enterprise.version)?;
            let events = vec![how(enterprise, actor, moment, known)?];
            // After the rules of the noun: whose step is impossible anyway is not told to send somebody else.
            enterprise.acts.allow(&events, &actor.id())?;
            Ok((events, format!("enterprises/{}", target.serial)))
        },
    })
}

/// A step that needs nothing else.
fn step(
    target: Target,
    how: impl FnOnce(&Enterprise, Moment) -> Result<Event, Refusal> + Send + Sync + 'static,
) -> CountyCommand {
    step_with(target, |_| {}, move |enterprise, _, moment, _| how(enterprise, moment))
}

/// Puts it on the name list.
#[must_use]
pub fn enlist(target: Target, factors: Factors, reason: String) -> CountyCommand {
    step(target, move |enterprise, _| enterprise.enlist(factors, reason))
}

/// Does not take it.
#[must_use]
pub fn exclude(target: Target, reason: String) -> CountyCommand {
    step(target, move |enterprise, _| enterprise.exclude(reason))
}

/// Invites it to fill in, with an account of its own.
#[must_use]
pub fn invite(target: Target, contact: Contact, account: AccountId) -> CountyCommand {
    let wanted = account.clone();
    let also = move |needs: &mut Needs| {
        needs.common.accounts.insert(wanted.clone());
    };
    step_with(target, also, move |enterprise, _, _, known| {
        let held = known.common.accounts.get(&account);
        let fits = held.is_some_and(|held| {
            !held.closed && held.roles.contains(&Role::EnterpriseReporter) && held.enterprise == Some(enterprise.serial)
        });
        enterprise.invite(contact, account, fits)
    })
}

/// Changes fields of the basic information.
#[must_use]
pub fn update(target: Target, given: EnterpriseData, fields: Vec<Field>) -> CountyCommand {
    let claims: Vec<_> = given.claims().collect();
    let also = move |needs: &mut Needs| needs.claims.extend(claims.iter().cloned());
    step_with(target, also, move |enterprise, actor, _, known| {
        let taken = if fields.contains(&Field::Identifiers) { taken(known, &given, Some(enterprise.serial)) } else { None };
        enterprise.update(&given, &fields, !actor.is_of_enterprise(), taken)
    })
}

/// Confirms the basic information as it stands.
#[must_use]
pub fn confirm(target: Target) -> CountyCommand {
    step(target, |enterprise, _| enterprise.confirm())
}

/// Hands the basic information in.
#[must_use]
pub fn submit(target: Target) -> CountyCommand {
    step(target, |enterprise, _| enterprise.submit())
}

/// Sends it back with reasons.
#[must_use]
pub fn send_back(target: Target, reasons: Vec<FieldReason>) -> CountyCommand {
    step(target, move |enterprise, _| enterprise.send_back(reasons))
}

/// Checks it and hands it to the city.
#[must_use]
pub fn request_admission(target: Target) -> CountyCommand {
    step(target, |enterprise, moment| enterprise.request_admission(moment.now))
}

/// Reports a stop of production.
#[must_use]
pub fn ask_stop(target: Target, stop: Stop) -> CountyCommand {
    step(target, move |enterprise, moment| enterprise.ask_stop(stop, moment.now))
}

/// Confirms a stop, or does not.
#[must_use]
pub fn decide_stop(target: Target, confirmed: bool, reason: String) -> CountyCommand {
    step(target, move |enterprise, _| enterprise.decide_stop(confirmed, reason))
}

/// Open dossiers by which the production of an enterprise is suspended.
fn suspending(known: &Known, enterprise: Serial) -> Vec<String> {
    let held = known.dossiers.iter().filter(|(_, dossier)| dossier.enterprise == enterprise);
    let suspending =
        held.filter(|(_, dossier)| !dossier.resumed && dossier.notice.as_ref().is_some_and(|notice| notice.suspends));
    suspending.map(|(serial, _)| format!("dossiers/{serial}")).collect()
}

fn holdings(target: Target) -> impl Fn(&mut Needs) + Send + Sync + 'static {
    move |needs| {
        needs.holdings.insert(target.serial);
    }
}

/// Asks to go on producing.
#[must_use]
pub fn ask_restart(target: Target, restart: Restart) -> CountyCommand {
    step_with(target, holdings(target), move |enterprise, _, moment, known| {
        enterprise.ask_restart(restart, &suspending(known, enterprise.serial), moment.now)
    })
}

/// Confirms a restart, or does not.
#[must_use]
pub fn decide_restart(target: Target, confirmed: bool, reason: String) -> CountyCommand {
    step_with(target, holdings(target), move |enterprise, _, _, known| {
        enterprise.decide_restart(confirmed, reason, &suspending(known, enterprise.serial))
    })
}

/// Asks the city to let it out of the catalogue.
#[must_use]
pub fn ask_removal(target: Target, cause: Cause, reason: String) -> CountyCommand {
    step(target, move |enterprise, _| enterprise.ask_removal(cause, reason))
}

/// Publishes the name list: `serials` in the order of the lines.
#[must_use]
pub fn publish_name_list(serials: Vec<Serial>, title: String) -> CountyCommand {
    let wanted = serials.clone();
    Box::new(Plain {
        needs: move |needs: &mut Needs| needs.enterprises.extend(wanted.iter().copied()),
        decide: move |_: &Actor, moment: Moment, known: &Known| {
            let all: Vec<&Enterprise> = serials.iter().filter_map(|serial| known.enterprises.get(serial)).collect();
            Ok((enterprise::publish_name_list(&all, title, moment)?, format!("nameLists/{}", moment.next)))
        },
    })
}

/// Finds an entry to be a double of another one.
#[must_use]
pub fn merge(target: Target, into: Serial, reason: String) -> CountyCommand {
    let also = move |needs: &mut Needs| {
        needs.enterprises.insert(into);
        needs.holdings.insert(target.serial);
    };
    step_with(target, also, move |double, actor, _, known| {
        let kept = seen(known, actor, into)?;
        let own = double.serial;
        let hazards = known.hazards.iter().filter(|(_, hazard)| hazard.enterprise == own && hazard.state.is_open());
        let dossiers = known.dossiers.iter().filter(|(_, dossier)| dossier.enterprise == own && dossier.state.is_open());
        let (hazards, dossiers) = (hazards.map(|(serial, _)| *serial).collect(), dossiers.map(|(serial, _)| *serial).collect());
        double.merge_into(kept, reason, hazards, dossiers)
    })
}

/// It was no double after all.
#[must_use]
pub fn undo_merge(target: Target, reason: String) -> CountyCommand {
    Box::new(Plain {
        needs: move |needs: &mut Needs| needs.doubles.extend([target.serial]),
        decide: move |actor: &Actor, _: Moment, known: &Known| -> Result<(Event, String), Refused> {
            let double = seen(known, actor, target.serial)?;
            etag::check(target.seen, double.version)?;
            Ok((double.undo_merge(reason)?, format!("enterprises/{}", target.serial)))
        },
    })
}
