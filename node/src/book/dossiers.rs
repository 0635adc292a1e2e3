//! Dossiers of major hazards in the book.

use changxiao_domain::{
    clock::Instant,
    dossier::Dossier,
    event::{Event, MajorHazardIdentified},
    indicator::Counter as C,
    period::Month,
    region::RegionId,
    serial::Serial,
    stamp::Stamp,
};
use changxiao_tier::{facts::Change, protocol::fact::Audience};
use prost::Message as _;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};

use super::{
    CountyBook,
    chapter::{Chapter, Said, change, due_by, earliest},
    count::count,
    known::{Known, Needs},
};
use crate::{grpc::view, store::dossiers};

/// The chapter.
pub(super) struct Dossiers;

impl Chapter for Dossiers {
    fn needs_of(event: &Event, needs: &mut Needs) {
        needs.dossiers.extend(dossier_of(event));
        if let Event::MajorHazardIdentified(event) = event {
            needs.enterprises.insert(event.enterprise);
            needs.months.insert(Month::of(event.found_on));
        }
    }

    fn subject_of(event: &Event) -> Option<String> {
        let serial = if let Event::MajorHazardIdentified(event) = event { Some(event.dossier) } else { dossier_of(event) };
        serial.map(|serial| format!("dossiers/{serial}"))
    }

    fn apply(known: &mut Known, event: &Event, stamp: &Stamp) {
        if let Event::MajorHazardIdentified(event) = event {
            apply_identified(known, event, stamp);
        } else if let Some(serial) = dossier_of(event) {
            apply_step(known, serial, event, stamp);
        }
    }

    fn due_of(known: &Known) -> Option<Instant> {
        known.dossiers.iter().filter_map(|(_, dossier)| dossier.due()).min()
    }

    async fn due(_: &CountyBook, db: &DatabaseConnection, after: Option<Instant>) -> Result<Option<Instant>, DbErr> {
        earliest::<dossiers::Entity>(db, dossiers::Column::DueMs, after).await
    }

    async fn passed(_: &CountyBook, db: &DatabaseTransaction, at: Instant, known: &mut Known) -> Result<Vec<Said>, DbErr> {
        let columns = (dossiers::Column::Serial, dossiers::Column::DueMs);
        let due = due_by::<dossiers::Entity>(db, "dossiers", columns, at).await?;
        let mut needs = Needs { dossiers: due.iter().copied().collect(), ..Needs::default() };
        needs.months.insert(Month::of(at.date()));
        known.load(db, needs).await?;
        let mut said = Vec::new();
        for dossier in due.iter().filter_map(|serial| known.dossiers.get(serial)) {
            said.extend(dossier.fall_due(at).map(|event| (event, format!("dossiers/{}", dossier.serial))));
        }
        Ok(said)
    }

    fn facts(region: &RegionId, known: &mut Known, changes: &mut Vec<Change>) {
        for (_, dossier) in known.dossiers.changed() {
            let body = view::dossier(region, dossier).encode_to_vec();
            let (key, bucket) = (dossier.serial.to_string(), format!("dossier/{}", dossier.found_on.year()));
            changes.push(change(Audience::Parent, "dossier", key.clone(), bucket.clone(), Some(body.clone())));
            if dossier.escalated {
                changes.push(change(Audience::Above, "dossier", key, bucket, Some(body)));
            }
        }
    }
}

fn apply_identified(known: &mut Known, event: &MajorHazardIdentified, stamp: &Stamp) {
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

fn apply_step(known: &mut Known, serial: Serial, event: &Event, stamp: &Stamp) {
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

/// The dossier that a step belongs to.
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
        Event::FindingOpened(event) => event.dossier,
        _ => None,
    }
}
