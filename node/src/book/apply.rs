//! How events change the county's values: the same code for the writer and for replay.

use changxiao_domain::{
    county_month::{self, CountyMonth},
    declaration::EnterpriseMonth,
    dossier::Dossier,
    enterprise::Enterprise,
    event::Event,
    hazard::{self, Hazard},
    indicator::Counter as C,
    period::Month,
    self_inspection::SelfInspection,
    serial::Serial,
    stamp::Stamp,
};
use changxiao_tier::common;

use super::known::{Known, Needs};

/// Names what an event needs to be applied.
pub fn needs_of(event: &Event, stamp: &Stamp, needs: &mut Needs) {
    common::needs_of(event, &mut needs.common);
    needs.months.insert(Month::of(stamp.at.date()));
    match event {
        Event::AdmissionRequested(event) => {
            needs.enterprises.insert(event.enterprise);
        }
        Event::AdmissionDecided(event) => {
            needs.enterprises.insert(event.enterprise);
        }
        Event::SelfInspectionRecorded(event) => {
            needs.enterprises.insert(event.enterprise);
            needs.months.insert(Month::of(event.on));
            needs.years.insert(event.on.year());
        }
        Event::MonthFrozen(event) => {
            needs.county_months.insert(event.month);
            needs.enterprises.extend(&event.owing);
            needs.enterprise_months.extend(event.owing.iter().map(|enterprise| (*enterprise, event.month)));
        }
        Event::DeclarationsOverdue(event) => {
            needs.county_months.insert(event.month);
            needs.enterprise_months.extend(event.enterprises.iter().map(|enterprise| (*enterprise, event.month)));
        }
        Event::MonthClosed(event) => {
            needs.county_months.insert(event.month);
        }
        Event::DeclarationsMissing(event) => {
            needs.county_months.insert(event.month);
            needs.enterprise_months.extend(event.enterprises.iter().map(|enterprise| (*enterprise, event.month)));
        }
        Event::DeclarationsAccepted(event) => {
            needs.enterprise_months.extend(event.enterprises.iter().map(|enterprise| (*enterprise, event.month)));
        }
        Event::HazardFound(event) => {
            needs.enterprises.insert(event.enterprise);
            needs.months.insert(Month::of(event.found_on));
        }
        Event::MajorHazardIdentified(event) => {
            needs.enterprises.insert(event.enterprise);
            needs.months.insert(Month::of(event.found_on));
        }
        other => {
            needs.hazards.extend(hazard_of(other));
            needs.dossiers.extend(dossier_of(other));
            if let Some((enterprise, month)) = declaration_of(other) {
                needs.enterprises.insert(enterprise);
                needs.enterprise_months.insert((enterprise, month));
            }
        }
    }
}

/// Enterprise and month of a declaration's own event.
fn declaration_of(event: &Event) -> Option<(Serial, Month)> {
    match event {
        Event::DeclarationEdited(event) => Some((event.enterprise, event.month)),
        Event::DeclarationConfirmed(event) => Some((event.enterprise, event.month)),
        Event::DeclarationSigned(event) => Some((event.enterprise, event.month)),
        Event::DeclarationFiled(event) => Some((event.enterprise, event.month)),
        Event::DeclarationAccepted(event) => Some((event.enterprise, event.month)),
        Event::DeclarationReturned(event) => Some((event.enterprise, event.month)),
        Event::DeclarationExempted(event) => Some((event.enterprise, event.month)),
        Event::DeclarationProxied(event) => Some((event.enterprise, event.month)),
        Event::CorrectionAsked(event) => Some((event.enterprise, event.month)),
        Event::CorrectionDecided(event) => Some((event.enterprise, event.month)),
        _ => None,
    }
}

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
        _ => None,
    }
}

fn dossier_of(event: &Event) -> Option<Serial> {
    match event {
        Event::PeopleProtected(event) => Some(event.dossier),
        Event::DossierMissing(event) => Some(event.dossier),
        Event::DossierOpened(event) => Some(event.dossier),
        Event::DossierCompleted(event) => Some(event.dossier),
        Event::DossierFiled(event) => Some(event.dossier),
        Event::FilingConfirmed(event) => Some(event.dossier),
        Event::DossierListed(event) => Some(event.dossier),
        Event::ListingDeclined(event) => Some(event.dossier),
        Event::TreatmentStarted(event) => Some(event.dossier),
        Event::ProgressReported(event) => Some(event.dossier),
        Event::ProgressMissed(event) => Some(event.dossier),
        Event::TreatmentExtensionAsked(event) => Some(event.dossier),
        Event::TreatmentExtensionDecided(event) => Some(event.dossier),
        Event::AssessmentCommissioned(event) => Some(event.dossier),
        Event::ResumptionAsked(event) => Some(event.dossier),
        Event::ResumptionDecided(event) => Some(event.dossier),
        Event::DossierDowngraded(event) => Some(event.dossier),
        Event::TreatmentOverdue(event) => Some(event.dossier),
        Event::DossierEscalated(event) => Some(event.dossier),
        Event::TreatmentCompleted(event) => Some(event.dossier),
        Event::TreatmentAssessed(event) => Some(event.dossier),
        Event::AcceptanceApplied(event) => Some(event.dossier),
        Event::AcceptanceDecided(event) => Some(event.dossier),
        Event::DossierStruckOff(event) => Some(event.dossier),
        _ => None,
    }
}

/// The hazard or dossier that an event makes or changes.
pub fn subject_of(event: &Event) -> Option<String> {
    let (hazard, dossier) = match event {
        Event::HazardFound(event) => (Some(event.hazard), None),
        Event::MajorHazardIdentified(event) => (None, Some(event.dossier)),
        other => (hazard_of(other), dossier_of(other)),
    };
    hazard.map(|serial| format!("hazards/{serial}")).or_else(|| dossier.map(|serial| format!("dossiers/{serial}")))
}

/// Lets an event take effect.
pub fn apply(known: &mut Known, event: &Event, stamp: &Stamp) {
    known.common.apply(event, stamp);
    match event {
        Event::EnterpriseProposed(event) => {
            if let Some((kind, value)) = event.data.identity.claim() {
                known.claims.put((kind.to_owned(), value), event.enterprise);
            }
            known.enterprises.put(event.enterprise, Enterprise::proposed(event, stamp));
        }
        Event::AdmissionRequested(event) => {
            known.enterprises.change(&event.enterprise, |enterprise| enterprise.apply_requested(stamp));
            known.admissions.insert(event.enterprise);
        }
        Event::AdmissionDecided(event) => {
            known.enterprises.change(&event.enterprise, |enterprise| enterprise.apply_decided(event, stamp));
            known.admissions.insert(event.enterprise);
            if event.approved {
                book(known, event.enterprise, Month::of(stamp.at.date()), C::EnterprisesAdmitted, 1);
            }
        }
        Event::SelfInspectionRecorded(event) => {
            let month = Month::of(event.on);
            count(known, event.enterprise, month, |counts| counts.self_inspections += 1);
            book(known, event.enterprise, month, C::SelfInspections, 1);
            if let Some(industry) = known.enterprises.get(&event.enterprise).map(|enterprise| enterprise.data.industry) {
                let key = (event.enterprise, month.year());
                let before = known.inspected.get(&key).copied().unwrap_or_default();
                let after = known.bookings.book_first_inspection(before, month, industry);
                if after != before {
                    known.inspected.put(key, after);
                }
            }
            known.self_inspections.push(SelfInspection {
                serial: event.inspection,
                enterprise: event.enterprise,
                on: event.on,
                inspector: event.inspector.clone(),
                scope: event.scope.clone(),
            });
        }
        Event::MonthFrozen(_) | Event::DeclarationsOverdue(_) | Event::MonthClosed(_) | Event::DeclarationsMissing(_) => {
            apply_month(known, event, stamp);
        }
        Event::DeclarationsAccepted(accepted) => {
            for enterprise in &accepted.enterprises {
                apply_declaration(known, (*enterprise, accepted.month), event, stamp);
            }
        }
        Event::HazardFound(event) => {
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
        Event::MajorHazardIdentified(event) => {
            let Some(enterprise) = known.enterprises.get(&event.enterprise) else { return };
            let (industry, month) = (enterprise.data.industry, Month::of(event.found_on));
            let dossier = Dossier::identified(event, enterprise, stamp);
            known.dossiers.put(event.dossier, dossier);
            known.enterprises.change(&event.enterprise, |enterprise| enterprise.major_open += 1);
            // What was found as a general hazard is not found again: its upgrading carries it over.
            if event.upgraded_from.is_none() {
                count(known, event.enterprise, month, |counts| counts.major_found += 1);
                known.bookings.book(month, industry, C::MajorFound, 1);
            }
        }
        other => {
            if let Some(serial) = hazard_of(other) {
                apply_hazard(known, serial, other, stamp);
            }
            if let Some(serial) = dossier_of(other) {
                apply_dossier(known, serial, other, stamp);
            }
            if let Some(key) = declaration_of(other) {
                apply_declaration(known, key, other, stamp);
            }
        }
    }
}

/// Counts something in an enterprise's month.
fn count(known: &mut Known, enterprise: Serial, month: Month, how: impl FnOnce(&mut changxiao_domain::declaration::Figures)) {
    known.enterprise_months.change_or(
        (enterprise, month),
        || EnterpriseMonth::empty(enterprise, month),
        |value| how(&mut value.counts),
    );
}

/// Books a counter in the enterprise's industry category.
fn book(known: &mut Known, enterprise: Serial, month: Month, counter: C, n: i64) {
    if let Some(enterprise) = known.enterprises.get(&enterprise) {
        known.bookings.book(month, enterprise.data.industry, counter, n);
    }
}

/// What the declaration adds to the figures of its month follows from how it stands: the difference is booked.
fn apply_declaration(known: &mut Known, key: (Serial, Month), event: &Event, stamp: &Stamp) {
    let Some(before) = known.enterprise_months.get(&key).map(EnterpriseMonth::counted) else { return };
    known.enterprise_months.change(&key, |month| month.apply(event, stamp));
    let Some(after) = known.enterprise_months.get(&key).map(EnterpriseMonth::counted) else { return };
    for (counter, before, after) in [
        (C::DeclarationsExempt, before.exempt, after.exempt),
        (C::DeclarationsOnTime, before.on_time, after.on_time),
        (C::DeclarationsLate, before.late, after.late),
        (C::ZeroReports, before.zero, after.zero),
        (C::DeclarationsProxied, before.by_proxy, after.by_proxy),
    ] {
        match (before, after) {
            (false, true) => book(known, key.0, key.1, counter, 1),
            (true, false) => book(known, key.0, key.1, counter, -1),
            (true, true) | (false, false) => {}
        }
    }
}

fn apply_month(known: &mut Known, said: &Event, stamp: &Stamp) {
    let version = stamp.position;
    match said {
        Event::MonthFrozen(event) => {
            let owing = u32::try_from(event.owing.len()).unwrap_or(u32::MAX);
            known
                .county_months
                .put(event.month, CountyMonth { month: event.month, state: county_month::State::Frozen, owing, version });
            for enterprise in &event.owing {
                known.enterprise_months.change_or(
                    (*enterprise, event.month),
                    || EnterpriseMonth::empty(*enterprise, event.month),
                    |value| value.apply(said, stamp),
                );
                book(known, *enterprise, event.month, C::DeclarationsOwed, 1);
            }
        }
        Event::DeclarationsOverdue(event) => {
            known.county_months.change(&event.month, |month| {
                month.state = county_month::State::Overdue;
                month.version = version;
            });
            for enterprise in &event.enterprises {
                known.enterprise_months.change(&(*enterprise, event.month), |month| month.apply(said, stamp));
            }
        }
        Event::DeclarationsMissing(event) => {
            known.county_months.change(&event.month, |month| {
                month.state = county_month::State::Lapsed;
                month.version = version;
            });
            for enterprise in &event.enterprises {
                known.enterprise_months.change(&(*enterprise, event.month), |month| month.apply(said, stamp));
            }
        }
        Event::MonthClosed(event) => known.county_months.change(&event.month, |month| {
            month.state = county_month::State::Closed;
            month.version = version;
        }),
        _ => {}
    }
}

fn apply_hazard(known: &mut Known, serial: Serial, event: &Event, stamp: &Stamp) {
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

fn apply_dossier(known: &mut Known, serial: Serial, event: &Event, stamp: &Stamp) {
    let Some(before) = known.dossiers.get(&serial).cloned() else { return };
    let today = Month::of(stamp.at.date());
    known.dossiers.change(&serial, |dossier| dossier.apply(event, stamp));
    let Some(after) = known.dossiers.get(&serial).cloned() else { return };
    match (before.is_overdue(), after.is_overdue()) {
        (false, true) => known.bookings.book(today, after.industry, C::MajorOverdueEntered, 1),
        (true, false) => known.bookings.book(today, after.industry, C::MajorOverdueLeft, 1),
        (true, true) | (false, false) => {}
    }
    let mut happened = |counter| known.bookings.book(today, after.industry, counter, 1);
    if before.notice.is_none() && after.notice.is_some() {
        happened(C::MajorListedEntered);
    }
    if after.returned > before.returned {
        happened(C::MajorReturned);
    }
    if after.extensions > before.extensions {
        happened(C::MajorExtended);
    }
    if after.progress_missed > before.progress_missed {
        happened(C::MajorProgressMissed);
    }
    if after.undossiered && !before.undossiered {
        happened(C::MajorUndossiered);
    }
    if !before.state.is_open() || after.state.is_open() {
        return;
    }
    if after.notice.is_some() {
        happened(C::MajorListedLeft);
    }
    happened(if after.hazard.is_some() { C::MajorDowngraded } else { C::MajorStruckOff });
    if let Some(ended) = after.struck_off_on {
        // A cohort divides those found: what was reclassified is not among them.
        if after.upgraded_from.is_none() {
            known.bookings.book_cohort(
                after.found_on,
                ended,
                after.industry,
                [C::MajorFoundStruckOffMonth, C::MajorFoundStruckOffQuarter, C::MajorFoundStruckOffYear],
            );
        }
        count(known, after.enterprise, today, |counts| counts.major_struck_off += 1);
    }
    known.enterprises.change(&after.enterprise, |enterprise| {
        enterprise.major_open = enterprise.major_open.saturating_sub(1);
    });
}
