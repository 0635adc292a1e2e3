//! What may happen to a self-inspection, and what it needs beyond the right state.

use std::collections::BTreeSet;

use super::{InspectionId, ItemResult, ListUsed, Refusal, SelfInspection, Signer, State, Verdict};
use crate::{
    actor::{Actor, Role},
    clock::{Date, Instant},
    criteria::Criteria,
    enterprise::Enterprise,
    event::{
        Digest, Event, InspectionRound, SelfInspectionCancelled, SelfInspectionFinished, SelfInspectionMadeUp,
        SelfInspectionPlanned, SelfInspectionRecorded, SelfInspectionSigned, SelfInspectionStarted,
    },
    hazard::{self, Find, Hazard},
    machine::{self, BEGINNING, Machine},
    personal::Personal,
    serial::Serial,
    stamp::Moment,
};

/// Who inspects what, by which list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Who inspects.
    pub inspectors: Vec<String>,
    /// Areas.
    pub area: String,
    /// By which list, as it stands now.
    pub list: ListUsed,
}

/// How an inspection begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// Day held; an inspection may be carried out off line and entered later.
    pub on: Date,
    /// Who inspects what; needed for one that was not planned.
    pub plan: Option<Plan>,
}

/// What was seen at an item, as it is reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// In order.
    Ok,
    /// Nothing of the kind is there.
    NotApplicable,
    /// Not in order: a hazard that is registered already.
    Known(Serial),
    /// Not in order: a hazard that is registered with the result.
    New(Box<Find>),
}

/// What a result is judged by.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// Whose inspection it is.
    pub enterprise: &'a Enterprise,
    /// Keys of the items of its list.
    pub items: &'a [String],
    /// Criteria in force today.
    pub criteria: &'a Criteria,
    /// Looks up a hazard.
    pub hazards: &'a dyn Fn(Serial) -> Option<Hazard>,
}

/// An inspection that was held and signed on paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Day held.
    pub on: Date,
    /// The inspector who signed.
    pub inspector: String,
    /// The responsible person who signed.
    pub responsible: String,
    /// The legal representative who signed.
    pub legal_representative: String,
    /// Areas.
    pub area: String,
    /// SHA-256 of the scan.
    pub paper: Digest,
    /// Why it is late; may be empty for one in time.
    pub late_reason: String,
}

/// Whether a civil day lies after today in UTC+8; the error is today.
///
/// # Errors
/// Today, if the day is later.
pub fn must_not_be_future(on: Date, now: Instant) -> Result<(), Date> {
    let today = now.date();
    if on > today { Err(today) } else { Ok(()) }
}

/// Whether a rule may open a task at all, and the name that a round gives it.
///
/// # Errors
/// The table of transitions does not know it.
pub fn round_id(round: &InspectionRound) -> Result<InspectionId, Refusal> {
    machine::follow(Machine::SelfInspection, BEGINNING, "fall_due")
        .map_err(|_| Refusal::WrongState { wanted: BEGINNING.to_owned(), state: BEGINNING })?;
    Ok(InspectionId::of_task(&round.rule, round.opens))
}

/// Records an inspection from signed paper: the whole way of `task`, the comprehensive task on whose window the day falls, in one step; without
/// such a task, or once it is signed, one that no rule asked for.
///
/// # Errors
/// Enterprise not approved, day in the future, or the task was missed and nobody says why.
pub fn record(
    enterprise: &Enterprise,
    task: Option<&SelfInspection>,
    paper: Paper,
    moment: Moment,
) -> Result<Event, crate::refusal::Refusal> {
    enterprise.must_be_approved()?;
    must_not_be_future(paper.on, moment.now).map_err(|today| Refusal::InFuture { on: paper.on, today })?;
    let task = task.filter(|task| !matches!(task.state, State::Done | State::Signed | State::Cancelled));
    if let Some(task) = task {
        let steps: &[&'static str] = match task.state {
            State::Due | State::Planned => &["start", "finish", "sign"],
            State::Running => &["finish", "sign"],
            State::Missed => &["make_up", "sign"],
            State::Done | State::Signed | State::Cancelled => &[],
        };
        let mut at = task.clone();
        for event in steps {
            let to = at.step(event)?.to;
            at.state = State::from_id(to).unwrap_or(at.state);
        }
        if task.late_at(moment.now) && paper.late_reason.is_empty() {
            return Err(Refusal::LateWithoutReason { name: task.id.to_string() }.into());
        }
    }
    let late = task.is_some_and(|task| task.late_at(moment.now));
    Ok(SelfInspectionRecorded {
        inspection: moment.next,
        enterprise: enterprise.serial,
        on: paper.on,
        inspector: Personal::Known(paper.inspector),
        scope: paper.area,
        task: task.map(|task| task.id.clone()),
        responsible: Personal::Known(paper.responsible),
        legal_representative: Personal::Known(paper.legal_representative),
        paper: paper.paper,
        late,
        late_reason: if late { paper.late_reason } else { String::new() },
    }
    .into())
}

impl SelfInspection {
    /// Whether what is done now is done after the window.
    fn late_at(&self, now: Instant) -> bool {
        self.state == State::Missed || self.task.as_ref().is_some_and(|task| now >= task.window.ends)
    }

    /// The day must lie within the window, and not before `first`.
    fn within(&self, on: Date, first: Option<Date>) -> Result<(), Refusal> {
        let Some(task) = &self.task else { return Ok(()) };
        let (opens, last) = (task.window.opens.date(), task.window.last_day());
        let first = first.map_or(opens, |first| first.max(opens));
        if on < first || on > last { Err(Refusal::OutsideWindow { on, first, last }) } else { Ok(()) }
    }

    /// Plans it (SI2).
    ///
    /// # Errors
    /// Wrong state, or the day lies outside the window.
    pub fn plan(&self, on: Date, plan: Plan, now: Instant) -> Result<Event, Refusal> {
        self.step("plan")?;
        self.within(on, Some(now.date()))?;
        Ok(SelfInspectionPlanned {
            enterprise: self.enterprise,
            inspection: self.id.clone(),
            on,
            inspectors: plan.inspectors.into_iter().map(Personal::Known).collect(),
            area: plan.area,
            list: plan.list,
        }
        .into())
    }

    /// It begins (SI3).
    ///
    /// # Errors
    /// Wrong state, day in the future or outside the window, or nobody said who inspects what.
    pub fn start(&self, start: Start, now: Instant) -> Result<Event, Refusal> {
        self.step("start")?;
        must_not_be_future(start.on, now).map_err(|today| Refusal::InFuture { on: start.on, today })?;
        self.within(start.on, None)?;
        let (inspectors, area, list) = match (start.plan, &self.list) {
            (Some(plan), _) => (plan.inspectors.into_iter().map(Personal::Known).collect(), plan.area, plan.list),
            (None, Some(list)) => (self.inspectors.clone(), self.area.clone(), list.clone()),
            (None, None) => return Err(Refusal::PlanMissing {}),
        };
        let (enterprise, inspection) = (self.enterprise, self.id.clone());
        Ok(SelfInspectionStarted { enterprise, inspection, on: start.on, inspectors, area, list }.into())
    }

    /// It is done, with a result for each item (SI4). What was found anew is registered first, in the same commit.
    ///
    /// # Errors
    /// Wrong state, a result is missing or too many, a hazard that is not there, or a find that is refused.
    pub fn finish(
        &self,
        findings: Vec<(String, Finding)>,
        around: Around<'_>,
        moment: Moment,
    ) -> Result<Vec<Event>, crate::refusal::Refusal> {
        self.step("finish")?;
        let (mut events, results) = self.judge(findings, around, moment)?;
        events.push(SelfInspectionFinished { enterprise: self.enterprise, inspection: self.id.clone(), results }.into());
        Ok(events)
    }

    /// A missed one is made up (SI7).
    ///
    /// # Errors
    /// Not missed, day in the future or before its window, no reason; and as for [`Self::finish`].
    pub fn make_up(
        &self,
        (on, plan, reason): (Date, Plan, String),
        findings: Vec<(String, Finding)>,
        around: Around<'_>,
        moment: Moment,
    ) -> Result<Vec<Event>, crate::refusal::Refusal> {
        self.step("make_up")?;
        must_not_be_future(on, moment.now).map_err(|today| Refusal::InFuture { on, today })?;
        if let Some(task) = self.task.as_ref().filter(|task| on < task.window.opens.date()) {
            let (first, last) = (task.window.opens.date(), moment.now.date());
            return Err(Refusal::OutsideWindow { on, first, last }.into());
        }
        if reason.is_empty() {
            return Err(Refusal::LateWithoutReason { name: self.id.to_string() }.into());
        }
        let (mut events, results) = self.judge(findings, around, moment)?;
        events.push(
            SelfInspectionMadeUp {
                enterprise: self.enterprise,
                inspection: self.id.clone(),
                on,
                inspectors: plan.inspectors.into_iter().map(Personal::Known).collect(),
                area: plan.area,
                list: plan.list,
                results,
                reason,
            }
            .into(),
        );
        Ok(events)
    }

    /// Results for every item, and the events of the hazards found with them.
    fn judge(
        &self,
        findings: Vec<(String, Finding)>,
        around: Around<'_>,
        moment: Moment,
    ) -> Result<(Vec<Event>, Vec<ItemResult>), crate::refusal::Refusal> {
        let mut open: BTreeSet<&str> = around.items.iter().map(String::as_str).collect();
        let unknown: Vec<&str> = findings.iter().map(|(item, _)| item.as_str()).filter(|item| !open.remove(item)).collect();
        if !open.is_empty() || !unknown.is_empty() {
            let missing = open.into_iter().collect::<Vec<_>>().join(", ");
            return Err(Refusal::ResultsIncomplete { missing, unknown: unknown.join(", ") }.into());
        }
        let (mut events, mut results) = (Vec::new(), Vec::new());
        for (item, finding) in findings {
            let (verdict, hazard) = match finding {
                Finding::Ok => (Verdict::Ok, None),
                Finding::NotApplicable => (Verdict::NotApplicable, None),
                Finding::Known(serial) => {
                    let own =
                        (around.hazards)(serial).filter(|hazard| hazard.enterprise == self.enterprise && hazard.state.is_open());
                    let name = format!("hazards/{serial}");
                    own.ok_or_else(|| Refusal::HazardUnknown { item: item.clone(), name })?;
                    (Verdict::NotOk, Some(serial))
                }
                Finding::New(find) => {
                    // Each event takes the next position, and a hazard is named by the position of its own.
                    let position = moment.next.position().saturating_add(events.len() as u64);
                    let next = Serial::new(moment.next.epoch(), position).unwrap_or(moment.next);
                    hazard::check_criteria(
                        find.general_by.as_deref(),
                        around.enterprise.data.industry,
                        find.found_on,
                        around.criteria,
                    )?;
                    events.extend(hazard::register(around.enterprise, *find, None, Moment { next, ..moment })?);
                    (Verdict::NotOk, Some(next))
                }
            };
            results.push(ItemResult { item, verdict, hazard });
        }
        Ok((events, results))
    }

    /// The next signature of the chain (SI5). `deputy` says that the actor signs in place of the legal representative.
    ///
    /// # Errors
    /// Not done, or somebody else signs first.
    pub fn sign(&self, actor: &Actor, deputy: bool) -> Result<Event, Refusal> {
        self.step("sign")?;
        let place = self.signatures.len();
        let Some(signer) = self.chain().get(place).copied() else { return Err(Refusal::OutOfOrder { next: "-" }) };
        let may = match signer {
            Signer::Inspector => actor.is(Role::EnterpriseReporter) || actor.is(Role::ResponsiblePerson),
            Signer::Responsible => actor.is(Role::ResponsiblePerson),
            Signer::Legal => deputy || actor.is(Role::LegalRepresentative),
        };
        if !may {
            return Err(Refusal::OutOfOrder { next: signer.words() });
        }
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        Ok(SelfInspectionSigned { enterprise: self.enterprise, inspection: self.id.clone(), place }.into())
    }

    /// It need not be done after all (SI8).
    ///
    /// # Errors
    /// Not due, or the enterprise would let itself off a comprehensive one.
    pub fn cancel(&self, by_county: bool, reason: String) -> Result<Event, Refusal> {
        self.step("cancel")?;
        if self.counts && !by_county {
            return Err(Refusal::CountyCancels {});
        }
        Ok(SelfInspectionCancelled { enterprise: self.enterprise, inspection: self.id.clone(), reason }.into())
    }

    /// Whether its window has passed without it (SI6).
    #[must_use]
    pub fn falls_missed(&self, at: Instant) -> bool {
        self.due().is_some_and(|due| due <= at) && self.step("miss").is_ok()
    }
}
