//! Plans (检查计划): which kind of inspection in which month, of whom, by whom; listed or drawn.
//!
//! Source: R22; dossier IN1. A plan makes one inspection for each enterprise, in the same commit.

use std::collections::BTreeSet;

use super::{Kind, LEAST_OFFICERS, Refusal, draw::Draw};
use crate::{
    enterprise::Enterprise,
    event::{Event, InspectionPlanned, PlanMade},
    industry::IndustryCode,
    machine::{self, BEGINNING, Machine},
    officer::{self, Officer},
    period::Month,
    serial::Serial,
    stamp::{Moment, Stamp},
};

/// Most enterprises of one plan.
pub const MOST_TARGETS: usize = 500;
/// Departments that take part in comprehensive supervision.
const LEAST_DEPARTMENTS: usize = 2;
/// Months ahead that may be planned.
const MONTHS_AHEAD: usize = 12;

/// What a plan says beside whom it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planning {
    /// Which of the three.
    pub kind: Kind,
    /// Nobody outside may know before it happened.
    pub covert: bool,
    /// Month.
    pub month: Month,
    /// Body that inspects and issues the documents.
    pub body: String,
    /// Area as in the numbers of documents.
    pub area: String,
    /// Departments that take part.
    pub departments: Vec<String>,
    /// Checklist by which it is inspected.
    pub checklist: String,
    /// Letter of commission, of a visit by experts.
    pub letter: String,
}

/// One plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Permanent serial.
    pub serial: Serial,
    /// What it says.
    pub planning: Planning,
    /// The only industry category that it looks at, if its maker sees only one.
    pub industry: Option<IndustryCode>,
    /// Officers who inspect.
    pub team: Vec<Serial>,
    /// How the enterprises were drawn, if they were.
    pub targets_draw: Option<Draw>,
    /// How the officers were drawn, if they were.
    pub officers_draw: Option<Draw>,
    /// Inspections that it made.
    pub inspections: u32,
    /// Position of the entry that made it.
    pub version: u64,
}

/// Whom a plan concerns.
#[derive(Clone, Debug)]
pub struct Chosen<'a> {
    /// Enterprises to be inspected, in order.
    pub targets: Vec<&'a Enterprise>,
    /// How they were drawn, if they were.
    pub targets_draw: Option<Draw>,
    /// Officers and experts who inspect.
    pub team: Vec<&'a Officer>,
    /// How they were drawn, if they were.
    pub officers_draw: Option<Draw>,
    /// The only industry category that the maker of the plan sees.
    pub industry: Option<IndustryCode>,
}

/// Makes a plan, and an inspection for each enterprise.
///
/// # Errors
/// Month, kind, team or targets are not in order.
pub fn make(planning: Planning, chosen: Chosen<'_>, moment: Moment) -> Result<Vec<Event>, crate::refusal::Refusal> {
    machine::follow(Machine::Inspection, BEGINNING, "plan")
        .map_err(|_| Refusal::WrongState { wanted: BEGINNING.to_owned(), state: BEGINNING })?;
    check(&planning, moment)?;
    let different: BTreeSet<_> = chosen.targets.iter().map(|target| target.serial).collect();
    if different.is_empty() || different.len() != chosen.targets.len() || different.len() > MOST_TARGETS {
        return Err(Refusal::NoTargets { most: MOST_TARGETS }.into());
    }
    for target in &chosen.targets {
        target.must_be_approved()?;
    }
    for officer in &chosen.team {
        officer.must_be_registered()?;
    }
    must_be_enough(planning.kind, &planning.letter, &chosen.team)?;
    let plan = moment.next;
    let mut events: Vec<Event> = vec![
        PlanMade {
            plan,
            kind: planning.kind,
            covert: planning.covert,
            month: planning.month,
            body: planning.body.clone(),
            area: planning.area.clone(),
            departments: planning.departments,
            checklist: planning.checklist,
            letter: planning.letter.clone(),
            industry: chosen.industry,
            team: chosen.team.iter().map(|officer| officer.serial).collect(),
            targets_draw: chosen.targets_draw,
            officers_draw: chosen.officers_draw,
            inspections: u32::try_from(chosen.targets.len()).unwrap_or(u32::MAX),
        }
        .into(),
    ];
    for target in chosen.targets {
        events.push(
            InspectionPlanned {
                inspection: nth(moment, events.len()),
                plan,
                enterprise: target.serial,
                kind: planning.kind,
                covert: planning.covert,
                month: planning.month,
                body: planning.body.clone(),
                area: planning.area.clone(),
                letter: planning.letter.clone(),
            }
            .into(),
        );
    }
    Ok(events)
}

/// Serial of a thing that the `n`-th event of a command makes, counted from 0: events of one command follow each other in the journal.
pub(super) fn nth(moment: Moment, n: usize) -> Serial {
    let ahead = u64::try_from(n).unwrap_or(u64::MAX);
    Serial::new(moment.next.epoch(), moment.next.position().saturating_add(ahead)).unwrap_or(moment.next)
}

fn check(planning: &Planning, moment: Moment) -> Result<(), Refusal> {
    let first = Month::of(moment.now.date());
    let last = (0..MONTHS_AHEAD).fold(first, |month, _| month.next());
    if planning.month < first || planning.month > last {
        return Err(Refusal::MonthOutside { month: planning.month, first, last });
    }
    if planning.covert && planning.kind != Kind::Expert {
        return Err(Refusal::CovertNotExpert {});
    }
    let least = match planning.kind {
        Kind::Special => 1,
        Kind::Comprehensive => LEAST_DEPARTMENTS,
        Kind::Expert => 0,
    };
    let different: BTreeSet<_> = planning.departments.iter().collect();
    if different.len() < least {
        return Err(Refusal::DepartmentsMissing { least, kind: planning.kind.words() });
    }
    Ok(())
}

/// Two officers at least; of a visit by experts one officer, or a letter of commission.
pub(super) fn must_be_enough(kind: Kind, letter: &str, team: &[&Officer]) -> Result<(), Refusal> {
    let officers: BTreeSet<_> =
        team.iter().filter(|one| one.kind == officer::Kind::Officer).map(|officer| officer.serial).collect();
    match kind {
        Kind::Expert if officers.is_empty() && letter.is_empty() => Err(Refusal::LetterMissing {}),
        Kind::Expert => Ok(()),
        Kind::Special | Kind::Comprehensive if officers.len() < LEAST_OFFICERS => {
            Err(Refusal::TooFewOfficers { least: LEAST_OFFICERS, given: officers.len(), kind: kind.words() })
        }
        Kind::Special | Kind::Comprehensive => Ok(()),
    }
}

impl Plan {
    /// As its event makes it.
    #[must_use]
    pub fn made(event: &PlanMade, stamp: &Stamp) -> Self {
        Self {
            serial: event.plan,
            planning: Planning {
                kind: event.kind,
                covert: event.covert,
                month: event.month,
                body: event.body.clone(),
                area: event.area.clone(),
                departments: event.departments.clone(),
                checklist: event.checklist.clone(),
                letter: event.letter.clone(),
            },
            industry: event.industry,
            team: event.team.clone(),
            targets_draw: event.targets_draw.clone(),
            officers_draw: event.officers_draw.clone(),
            inspections: event.inspections,
            version: stamp.position,
        }
    }
}
