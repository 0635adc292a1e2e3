//! Inspections: planned, assigned, carried out, ordered, fed back, looked at again, closed.

use changxiao_domain::{
    actor::{Actor, Role},
    clock::{Date, Instant},
    document::{DocumentKind, Subject},
    enterprise::Enterprise,
    etag,
    event::{Digest, Event},
    industry::IndustryCode,
    inspection::{
        Assignment, Feedback, Found, Inspection, Kind, OrderKind, Ordering, Party, Recheck, Refusal, Signature, Transfer, Visit,
        draw::{Draw, Urn},
        plan::{self, Chosen, Planning},
    },
    officer::{self, Officer},
    period::Month,
    refusal::Refusal as Refused,
    serial::Serial,
    stamp::Moment,
};
use changxiao_tier::journal::merkle::Hash;

use super::{
    CountyCommand, Events, Plain, Stepwise, Target,
    documents::{Pepper, draw, place_of},
    enterprises::seen,
    officers,
};
use crate::book::{Known, Needs};

/// SHA-256, for the draws of the domain.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Digest {
    Hash::of(parts).0
}

/// Whom a plan concerns: named, or to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selecting {
    /// Enterprises named.
    pub enterprises: Vec<Serial>,
    /// Officers named.
    pub officers: Vec<Serial>,
    /// Seed of the draw.
    pub seed: String,
    /// Enterprises to draw, 0 if they are named.
    pub draw_enterprises: u32,
    /// Officers to draw, 0 if they are named.
    pub draw_officers: u32,
    /// Categories to draw from, empty for all.
    pub industries: Vec<IndustryCode>,
}

/// Plans inspections of a month.
#[must_use]
pub fn plan(planning: Planning, selecting: Selecting) -> CountyCommand {
    let wanted = selecting.clone();
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.enterprises.extend(wanted.enterprises.iter().copied());
            needs.officers.extend(wanted.officers.iter().copied());
            needs.lookups.catalogue |= wanted.draw_enterprises > 0;
            needs.lookups.officers |= wanted.draw_officers > 0;
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            may_plan(actor, planning.kind)?;
            let chosen = choose(&planning, &selecting, actor, known)?;
            Ok((plan::make(planning, chosen, moment)?, format!("inspectionPlans/{}", moment.next)))
        },
    })
}

/// Departments plan special inspections, the commission office the other two, the county's bureau all.
fn may_plan(actor: &Actor, kind: Kind) -> Result<(), Refusal> {
    let may = match kind {
        Kind::Special => actor.is(Role::DepartmentOfficer),
        Kind::Expert | Kind::Comprehensive => actor.is(Role::CommissionOffice),
    };
    if may || actor.is(Role::CountyRegulator) { Ok(()) } else { Err(Refusal::KindForbidden { kind: kind.words() }) }
}

fn choose<'k>(planning: &Planning, selecting: &Selecting, actor: &Actor, known: &'k Known) -> Result<Chosen<'k>, Refused> {
    let (named, drawn) = (!selecting.enterprises.is_empty(), selecting.draw_enterprises > 0);
    if named == drawn {
        return Err(Refusal::NoTargets { most: plan::MOST_TARGETS }.into());
    }
    let mut targets_draw = None;
    let targets = if drawn {
        let within = |enterprise: &&Enterprise| {
            let industry = enterprise.data.industry;
            enterprise.must_be_approved().is_ok()
                && actor.sees(enterprise.serial, industry)
                && (selecting.industries.is_empty() || selecting.industries.contains(&industry))
        };
        let candidates: Vec<Serial> =
            known.enterprises.iter().map(|(_, one)| one).filter(within).map(|enterprise| enterprise.serial).collect();
        let draw = drawing(selecting, &candidates, selecting.draw_enterprises)?;
        let serials = draw.again(Urn::Targets, sha256);
        targets_draw = Some(draw);
        serials
    } else {
        selecting.enterprises.clone()
    };
    let targets = targets.into_iter().map(|serial| seen(known, actor, serial)).collect::<Result<Vec<_>, _>>()?;
    let mut officers_draw = None;
    let team = if selecting.draw_officers > 0 {
        let first = planning.month.first_day();
        let fit = |officer: &&Officer| {
            officer.kind == officer::Kind::Officer
                && officer.withdrawn.is_empty()
                && officer.valid_until >= first
                && officer.industry.is_none_or(|own| actor.scope().industry.is_none_or(|industry| industry == own))
        };
        let candidates: Vec<Serial> =
            known.officers.iter().map(|(_, one)| one).filter(fit).map(|officer| officer.serial).collect();
        let draw = drawing(selecting, &candidates, selecting.draw_officers)?;
        let serials = draw.again(Urn::Officers, sha256);
        officers_draw = Some(draw);
        serials
    } else {
        selecting.officers.clone()
    };
    let team = team.into_iter().map(|serial| officers::known(known, serial)).collect::<Result<Vec<_>, _>>()?;
    Ok(Chosen { targets, targets_draw, team, officers_draw, industry: actor.scope().industry })
}

fn drawing(selecting: &Selecting, candidates: &[Serial], count: u32) -> Result<Draw, Refusal> {
    let wanted = usize::try_from(count).unwrap_or(usize::MAX);
    if wanted > candidates.len() {
        return Err(Refusal::DrawTooLarge { wanted, candidates: candidates.len() });
    }
    Ok(Draw::of(selecting.seed.clone(), candidates, count, sha256))
}

/// An inspection before a step, and what the step may look at.
struct At<'k> {
    inspection: &'k Inspection,
    actor: &'k Actor,
    by: String,
    moment: Moment,
    known: &'k Known,
}

impl<'k> At<'k> {
    fn team(&self, serials: &[Serial]) -> Result<Vec<&'k Officer>, officer::Refusal> {
        serials.iter().map(|serial| officers::known(self.known, *serial)).collect()
    }

    fn document(&self, serial: Option<Serial>) -> Option<&'k changxiao_domain::document::Document> {
        serial.and_then(|serial| self.known.documents.get(&serial))
    }

    /// Draws up the document that a step brings with it, as the first event of the command.
    fn draw(&self, kind: DocumentKind, text: String, pepper: Pepper) -> Result<Event, Refused> {
        Ok(draw(self.known, &place_of(self.inspection), (kind, text), pepper, self.moment)?)
    }
}

/// A step of an inspection within the actor's sight; `also` are officers that the rule looks at.
fn step<E: Events + 'static>(
    target: Target,
    also: Vec<Serial>,
    how: impl FnOnce(&At<'_>) -> Result<E, Refused> + Send + Sync + 'static,
) -> CountyCommand {
    step_in(target, also, None, how)
}

/// The same where something may be counted in another month than the present one.
fn step_in<E: Events + 'static>(
    target: Target,
    also: Vec<Serial>,
    month: Option<Month>,
    how: impl FnOnce(&At<'_>) -> Result<E, Refused> + Send + Sync + 'static,
) -> CountyCommand {
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.inspections.insert(target.serial);
            needs.months.extend(month);
            needs.officers.extend(also.iter().copied());
            needs.lookups.documents_of.insert(Subject::Inspection(target.serial));
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let subject = format!("inspections/{}", target.serial);
            let inspection = known.inspections.get(&target.serial).filter(|inspection| inspection.is_seen_by(actor));
            let inspection = inspection.ok_or_else(|| Refusal::NotFound { name: subject.clone() })?;
            etag::check(target.seen, inspection.version)?;
            let events = how(&At { inspection, actor, by: actor.id(), moment, known })?.in_order();
            // After the rules of the noun: whose step is impossible anyway is not told to send somebody else.
            inspection.acts.allow(&events, &actor.id())?;
            Ok((events, subject))
        },
    })
}

/// Names who goes and when; the plan's team if nobody is named, which is known once the inspection is.
#[must_use]
pub fn assign(target: Target, on: Date, officers: Vec<Serial>) -> CountyCommand {
    let (named, of_plan) = (officers.clone(), officers.is_empty());
    let plan_of = move |known: &Known| known.inspections.get(&target.serial).map(|inspection| inspection.plan);
    Box::new(Stepwise {
        needs: move |_: &Actor, needs: &mut Needs| {
            needs.inspections.insert(target.serial);
            needs.officers.extend(named.iter().copied());
        },
        then: move |known: &Known, needs: &mut Needs| needs.inspection_plans.extend(plan_of(known).filter(|_| of_plan)),
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let subject = format!("inspections/{}", target.serial);
            let inspection = known.inspections.get(&target.serial).filter(|inspection| inspection.is_seen_by(actor));
            let inspection = inspection.ok_or_else(|| Refusal::NotFound { name: subject.clone() })?;
            etag::check(target.seen, inspection.version)?;
            let plan = known.inspection_plans.get(&inspection.plan).filter(|_| of_plan);
            let team = plan.map_or(officers, |plan| plan.team.clone());
            let team = team.into_iter().map(|serial| officers::known(known, serial)).collect::<Result<Vec<_>, _>>()?;
            Ok((inspection.assign(&Assignment { on, team }, moment)?, subject))
        },
    })
}

/// They are on site.
#[must_use]
pub fn begin(target: Target, started: Option<Instant>, place: String, certificates_shown: bool) -> CountyCommand {
    // A later command of the same group counts what was found in the month in which it began.
    let month = started.map(|started| Month::of(started.date()));
    step_in(target, Vec::new(), month, move |at| {
        let visit = Visit { started: started.unwrap_or(at.moment.now), place, certificates_shown };
        at.inspection.begin(visit, &at.team(&at.inspection.officers)?, &at.by, at.moment.now)
    })
}

/// What was found is written down.
#[must_use]
pub fn record(target: Target, ended: Option<Instant>, findings: Vec<Found>) -> CountyCommand {
    step(target, Vec::new(), move |at| {
        Ok(at.inspection.record(ended.unwrap_or(at.moment.now), findings, &at.by, at.moment.now)?)
    })
}

/// The record is signed, or not.
#[must_use]
pub fn sign(target: Target, record: Serial, signature: Signature) -> CountyCommand {
    step(target, Vec::new(), move |at| Ok(at.inspection.sign(at.document(Some(record)), signature, &at.by)?))
}

/// It is ordered to be put right.
#[must_use]
pub fn order(target: Target, ordering: Ordering, text: String, pepper: Pepper) -> CountyCommand {
    step(target, Vec::new(), move |at| {
        let kind = match ordering.kind {
            OrderKind::Deadline => Some(DocumentKind::ORDER),
            OrderKind::Measures => Some(DocumentKind::MEASURES),
            OrderKind::OnTheSpot => None,
        };
        let record = at.document(at.inspection.signed.as_ref().map(|signed| signed.record));
        let document = kind.map(|_| at.moment.next);
        // The rules of the inspection first: they say more than that a predecessor is missing.
        let ordered = at.inspection.order(&ordering, record, document, &at.by, at.moment.now)?;
        let drawn = kind.map(|kind| at.draw(kind, text, pepper)).transpose()?;
        Ok(drawn.into_iter().chain([ordered]).collect::<Vec<_>>())
    })
}

/// What was found is fed back.
#[must_use]
pub fn feed_back(target: Target, feedback: Feedback) -> CountyCommand {
    step(target, Vec::new(), move |at| {
        let owner = seen(at.known, at.actor, at.inspection.enterprise)?;
        let order = at.document(at.inspection.order.as_ref().and_then(|order| order.document));
        at.inspection.feed_back(feedback, order, owner, &at.by, at.moment)
    })
}

/// One of the two confirms the feedback: an account of the enterprise for it, any other for the department.
#[must_use]
pub fn receive(target: Target, receiver: String) -> CountyCommand {
    step(target, Vec::new(), move |at| {
        let party = if at.actor.scope().enterprise.is_some() { Party::Enterprise } else { Party::Department };
        Ok(at.inspection.receive(party, receiver)?)
    })
}

/// The head reports it upward.
#[must_use]
pub fn escalate(target: Target, office: String, leaders: String, reason: String) -> CountyCommand {
    step(target, Vec::new(), move |at| Ok(at.inspection.escalate(office, leaders, reason, &at.by)?))
}

/// The enterprise asks to be looked at again.
#[must_use]
pub fn apply_for_recheck(target: Target) -> CountyCommand {
    step(target, Vec::new(), |at| Ok(at.inspection.apply_for_recheck()?))
}

/// Officers look again.
#[must_use]
pub fn recheck(target: Target, officers: Vec<Serial>, recheck: Recheck, text: String, pepper: Pepper) -> CountyCommand {
    step(target, officers.clone(), move |at| {
        let documented = at.inspection.order.as_ref().is_some_and(|order| order.document.is_some());
        let serials = if officers.is_empty() { at.inspection.officers.clone() } else { officers };
        let document = documented.then_some(at.moment.next);
        let rechecked = at.inspection.recheck(recheck, &at.team(&serials)?, document, &at.by, at.moment.now)?;
        let drawn = documented.then(|| at.draw(DocumentKind::RECHECK, text, pepper)).transpose()?;
        Ok(drawn.into_iter().chain([rechecked]).collect::<Vec<_>>())
    })
}

/// It is closed.
#[must_use]
pub fn close(target: Target) -> CountyCommand {
    step(target, Vec::new(), |at| Ok(at.inspection.close(&at.by)?))
}

/// What failed becomes a case.
#[must_use]
pub fn file_case(target: Target, text: String, pepper: Pepper) -> CountyCommand {
    step(target, Vec::new(), move |at| {
        let filed = at.inspection.file_case(at.moment.next, &at.by)?;
        Ok(vec![at.draw(DocumentKind::CASE, text, pepper)?, filed])
    })
}

/// It is another department's field.
#[must_use]
pub fn transfer(target: Target, transfer: Transfer, text: String, pepper: Pepper) -> CountyCommand {
    step(target, Vec::new(), move |at| {
        let handed = at.inspection.transfer(transfer, at.moment.next, &at.by)?;
        Ok(vec![at.draw(DocumentKind::HANDOVER, text, pepper)?, handed])
    })
}

/// The other department replied.
#[must_use]
pub fn reply(target: Target, text: String, pepper: Pepper) -> CountyCommand {
    step(target, Vec::new(), move |at| {
        let replied = at.inspection.reply(at.moment.next)?;
        Ok(vec![at.draw(DocumentKind::REPLY, text, pepper)?, replied])
    })
}

/// The other department told what came of it.
#[must_use]
pub fn settle(target: Target, text: String, pepper: Pepper) -> CountyCommand {
    step(target, Vec::new(), move |at| {
        let settled = at.inspection.settle(at.moment.next)?;
        Ok(vec![at.draw(DocumentKind::RESULT, text, pepper)?, settled])
    })
}
