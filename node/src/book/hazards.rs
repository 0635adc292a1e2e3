//! General hazards in the book.

use changxiao_domain::{
    clock::Instant,
    event::{Event, HazardFound},
    hazard::{self, Hazard},
    indicator::Counter as C,
    period::Month,
    serial::Serial,
    stamp::Stamp,
};
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};

use super::{
    CountyBook,
    chapter::{Chapter, Said, due_by, earliest},
    count::count,
    known::{Known, Needs},
};
use crate::store::hazards;

/// The chapter.
pub(super) struct Hazards;

impl Chapter for Hazards {
    fn needs_of(event: &Event, needs: &mut Needs) {
        needs.hazards.extend(hazard_of(event));
        if let Event::HazardFound(event) = event {
            needs.enterprises.insert(event.enterprise);
            needs.months.insert(Month::of(event.found_on));
        }
    }

    fn subject_of(event: &Event) -> Option<String> {
        let serial = if let Event::HazardFound(event) = event { Some(event.hazard) } else { hazard_of(event) };
        serial.map(|serial| format!("hazards/{serial}"))
    }

    fn apply(known: &mut Known, event: &Event, stamp: &Stamp) {
        if let Event::HazardFound(event) = event {
            apply_found(known, event, stamp);
        } else if let Some(serial) = hazard_of(event) {
            apply_step(known, serial, event, stamp);
        }
    }

    fn due_of(known: &Known) -> Option<Instant> {
        known.hazards.iter().filter_map(|(_, hazard)| hazard.due()).min()
    }

    async fn due(_: &CountyBook, db: &DatabaseConnection, after: Option<Instant>) -> Result<Option<Instant>, DbErr> {
        earliest::<hazards::Entity>(db, hazards::Column::DueMs, after).await
    }

    async fn passed(_: &CountyBook, db: &DatabaseTransaction, at: Instant, known: &mut Known) -> Result<Vec<Said>, DbErr> {
        let columns = (hazards::Column::Serial, hazards::Column::DueMs);
        let due = due_by::<hazards::Entity>(db, "hazards", columns, at).await?;
        let mut needs = Needs { hazards: due.iter().copied().collect(), ..Needs::default() };
        needs.months.insert(Month::of(at.date()));
        known.load(db, needs).await?;
        let mut said = Vec::new();
        for hazard in due.iter().filter_map(|serial| known.hazards.get(serial)) {
            said.extend(hazard.fall_due(at).map(|event| (event, format!("hazards/{}", hazard.serial))));
        }
        Ok(said)
    }
}

fn apply_found(known: &mut Known, event: &HazardFound, stamp: &Stamp) {
    let Some(industry) = known.enterprises.get(&event.enterprise).map(|enterprise| enterprise.data.industry) else {
        return;
    };
    let month = Month::of(event.found_on);
    let hazard = Hazard::found(event, industry, stamp);
    if hazard.late_entry {
        known.bookings.book(Month::of(stamp.at.date()), industry, C::GeneralEnteredLate, 1);
    }
    known.hazards.put(event.hazard, hazard);
    known.enterprises.change(&event.enterprise, |enterprise| enterprise.general_open += 1);
    // What was found as a major hazard is not found again: its downgrading carries it over.
    if event.downgraded_from.is_none() {
        count(known, event.enterprise, month, |counts| counts.general_found += 1);
        known.bookings.book(month, industry, C::GeneralFound, 1);
    }
}

fn apply_step(known: &mut Known, serial: Serial, event: &Event, stamp: &Stamp) {
    let Some(before) = known.hazards.get(&serial).cloned() else { return };
    let today = Month::of(stamp.at.date());
    known.hazards.change(&serial, |hazard| hazard.apply(event, stamp));
    let Some(after) = known.hazards.get(&serial).cloned() else { return };
    match (before.overdue, after.overdue) {
        (false, true) => known.bookings.book(today, after.industry, C::GeneralOverdueEntered, 1),
        (true, false) => known.bookings.book(today, after.industry, C::GeneralOverdueLeft, 1),
        (true, true) | (false, false) => {}
    }
    let mut happened = |counter| known.bookings.book(today, after.industry, counter, 1);
    if after.returned > before.returned {
        happened(C::GeneralReturned);
    }
    if after.extensions > before.extensions {
        happened(C::GeneralExtended);
    }
    if after.recurred && !before.recurred {
        happened(C::GeneralRecurred);
    }
    if !before.state.is_open() || after.state.is_open() {
        return;
    }
    match after.state {
        hazard::State::Upgraded => happened(C::GeneralUpgraded),
        hazard::State::Voided => {
            happened(C::GeneralVoided);
            // What was entered by mistake was not found; the enterprise may have nothing to report but that.
            if after.downgraded_from.is_none() {
                count(known, after.enterprise, Month::of(after.found_on), |counts| {
                    counts.general_found = counts.general_found.saturating_sub(1);
                });
            }
        }
        _ => happened(C::GeneralStruckOff),
    }
    if let Some(ended) = after.struck_off_on {
        // A cohort divides those found: what was reclassified is not among them.
        if after.downgraded_from.is_none() {
            known.bookings.book_cohort(
                after.found_on,
                ended,
                after.industry,
                [C::GeneralFoundStruckOffMonth, C::GeneralFoundStruckOffQuarter, C::GeneralFoundStruckOffYear],
            );
        }
        count(known, after.enterprise, today, |counts| counts.general_struck_off += 1);
    }
    known.enterprises.change(&after.enterprise, |enterprise| {
        enterprise.general_open = enterprise.general_open.saturating_sub(1);
    });
}

/// The hazard that a step belongs to.
fn hazard_of(event: &Event) -> Option<Serial> {
    match event {
        Event::HazardAssessed(event) => Some(event.hazard),
        Event::HazardUpgraded(event) => Some(event.hazard),
        Event::HazardFixedOnSpot(event) => Some(event.hazard),
        Event::RectificationAssigned(event) => Some(event.hazard),
        Event::RectificationOverdue(event) => Some(event.hazard),
        Event::ReassessmentProposed(event) => Some(event.hazard),
        Event::ExtensionAsked(event) => Some(event.hazard),
        Event::ExtensionDecided(event) => Some(event.hazard),
        Event::VoidingAsked(event) => Some(event.hazard),
        Event::VoidingDecided(event) => Some(event.hazard),
        Event::HazardRecurred(event) => Some(event.hazard),
        Event::HazardRectified(event) => Some(event.hazard),
        Event::HazardReinspected(event) => Some(event.hazard),
        Event::HazardAccepted(event) => Some(event.hazard),
        Event::HazardStruckOff(event) => Some(event.hazard),
        Event::FindingOpened(event) => event.hazard,
        _ => None,
    }
}
