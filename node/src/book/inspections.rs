//! Inspections in the book: plans, visits, what they found, and what is counted of them.

use changxiao_domain::{
    clock::Instant,
    event::Event,
    indicator::Counter as C,
    inspection::{Inspection, Kind, Reminder, State, plan::Plan},
    period::Month,
    self_inspection::InspectedMonths,
    serial::Serial,
    stamp::Stamp,
};
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};

use super::{
    CountyBook,
    chapter::{Chapter, Said, due_by, earliest},
    known::{Known, Needs},
};
use crate::store::inspections;

/// The chapter.
pub(super) struct Inspections;

impl Chapter for Inspections {
    fn needs_of(event: &Event, needs: &mut Needs) {
        needs.inspections.extend(inspection_of(event));
        match event {
            Event::InspectionPlanned(event) => {
                needs.enterprises.insert(event.enterprise);
            }
            // What it finds counts in the month in which it began, and may be applied before the row knows that month.
            Event::InspectionBegun(event) => {
                needs.months.insert(Month::of(event.started.date()));
            }
            _ => {}
        }
    }

    fn subject_of(event: &Event) -> Option<String> {
        match event {
            Event::PlanMade(event) => Some(format!("inspectionPlans/{}", event.plan)),
            Event::InspectionPlanned(event) => Some(format!("inspections/{}", event.inspection)),
            other => inspection_of(other).map(|serial| format!("inspections/{serial}")),
        }
    }

    fn apply(known: &mut Known, event: &Event, stamp: &Stamp) {
        match event {
            Event::PlanMade(event) => known.inspection_plans.put(event.plan, Plan::made(event, stamp)),
            Event::InspectionPlanned(event) => {
                let Some(industry) = known.enterprises.get(&event.enterprise).map(|enterprise| enterprise.data.industry) else {
                    return;
                };
                known.inspections.put(event.inspection, Inspection::planned(event, industry, stamp));
                // That a covert visit was planned shows in no figure before it happened.
                if !event.covert {
                    known.bookings.book(event.month, industry, C::InspectionsPlanned, 1);
                }
            }
            other => {
                if let Some(serial) = inspection_of(other) {
                    apply_step(known, serial, other, stamp);
                }
            }
        }
    }

    fn due_of(known: &Known) -> Option<Instant> {
        known.inspections.iter().filter_map(|(_, inspection)| inspection.due()).min()
    }

    async fn due(_: &CountyBook, db: &DatabaseConnection, after: Option<Instant>) -> Result<Option<Instant>, DbErr> {
        earliest::<inspections::Entity>(db, inspections::Column::DueMs, after).await
    }

    async fn passed(_: &CountyBook, db: &DatabaseTransaction, at: Instant, known: &mut Known) -> Result<Vec<Said>, DbErr> {
        let columns = (inspections::Column::Serial, inspections::Column::DueMs);
        let due = due_by::<inspections::Entity>(db, "inspections", columns, at).await?;
        let mut needs = Needs { inspections: due.iter().copied().collect(), ..Needs::default() };
        needs.months.insert(Month::of(at.date()));
        known.load(db, needs).await?;
        let mut said = Vec::new();
        for inspection in due.iter().filter_map(|serial| known.inspections.get(serial)) {
            said.extend(inspection.fall_due(at).map(|event| (event, format!("inspections/{}", inspection.serial))));
        }
        Ok(said)
    }
}

fn apply_step(known: &mut Known, serial: Serial, event: &Event, stamp: &Stamp) {
    let Some(before) = known.inspections.get(&serial).cloned() else { return };
    known.inspections.change(&serial, |inspection| inspection.apply(event, stamp));
    let Some(after) = known.inspections.get(&serial).cloned() else { return };
    let (industry, today) = (after.industry, Month::of(stamp.at.date()));
    let visited = after.visited_on().map_or(today, Month::of);
    let mut book = |month: Month, counter: C, n: usize| {
        if n > 0 {
            known.bookings.book(month, industry, counter, i64::try_from(n).unwrap_or(i64::MAX));
        }
    };
    let since = |before: u32, after: u32| usize::try_from(after.saturating_sub(before)).unwrap_or_default();
    book(today, C::OrdersIssued, since(before.orders, after.orders));
    book(today, C::OrdersOverdue, since(before.tally.overdue, after.tally.overdue));
    book(today, C::RechecksDone, since(before.tally.rechecked, after.tally.rechecked));
    let due_in = after.recheck_due_on.map_or(today, Month::of);
    book(due_in, C::RechecksDue, since(before.tally.due, after.tally.due));
    // In the month in which they fell due, so that no rate exceeds the whole.
    book(due_in, C::RechecksOnTime, since(before.tally.on_time, after.tally.on_time));
    book(today, C::InspectionsEscalated, usize::from(before.escalation.is_none() && after.escalation.is_some()));
    book(today, C::InspectionsTransferred, usize::from(before.handover.is_none() && after.handover.is_some()));
    book(today, C::InspectionsCases, usize::from(before.case.is_none() && after.case.is_some()));
    if before.fed_back.is_none() && after.fed_back.is_some() {
        book(visited, C::FindingsFedBack, after.findings.len());
    }
    let missed = |inspection: &Inspection| inspection.reminders.contains(&Reminder::Unfulfilled);
    let unfulfilled = missed(&after) && !missed(&before);
    book(after.month, C::InspectionsUnfulfilled, usize::from(unfulfilled));
    let begun = before.started.is_none() && after.started.is_some() && !missed(&after);
    book(after.month, C::InspectionsPlanned, usize::from(after.covert && (unfulfilled || begun)));
    if before.state == State::OnSite && after.state == State::Recorded {
        let kind = match after.kind {
            Kind::Special => C::InspectionsSpecial,
            Kind::Expert => C::InspectionsExpert,
            Kind::Comprehensive => C::InspectionsComprehensive,
        };
        book(visited, kind, 1);
        book(visited, C::InspectionsCovert, usize::from(after.covert));
        let hazards = after.findings.iter().filter(|finding| finding.found.category.is_some()).count();
        book(visited, C::FindingsHazards, hazards);
        book(visited, C::FindingsProblems, after.findings.len() - hazards);
        let key = (after.enterprise, visited.year());
        let months = known.checked.get(&key).copied().unwrap_or_default();
        let more = known.bookings.book_first_check(months, visited, industry);
        known.checked.change_or(key, InspectedMonths::default, |months| *months = more);
    }
}

/// The inspection that a step belongs to.
fn inspection_of(event: &Event) -> Option<Serial> {
    match event {
        Event::InspectionAssigned(event) => Some(event.inspection),
        Event::InspectionBegun(event) => Some(event.inspection),
        Event::FindingsRecorded(event) => Some(event.inspection),
        Event::RecordSigned(event) => Some(event.inspection),
        Event::InspectionClosed(event) => Some(event.inspection),
        Event::OrderIssued(event) => Some(event.inspection),
        Event::FindingsFedBack(event) => Some(event.inspection),
        Event::FeedbackReceived(event) => Some(event.inspection),
        Event::InspectionEscalated(event) => Some(event.inspection),
        Event::FindingOpened(event) => Some(event.inspection),
        Event::RecheckFellDue(event) => Some(event.inspection),
        Event::RecheckApplied(event) => Some(event.inspection),
        Event::InspectionRechecked(event) => Some(event.inspection),
        Event::CaseFiled(event) => Some(event.inspection),
        Event::InspectionTransferred(event) => Some(event.inspection),
        Event::TransferReplied(event) => Some(event.inspection),
        Event::TransferSettled(event) => Some(event.inspection),
        Event::OrderOverdue(event) => Some(event.inspection),
        Event::InspectionReminded(event) => Some(event.inspection),
        _ => None,
    }
}
