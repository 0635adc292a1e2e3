//! The six measures in the book, and how enterprises stand to the blacklist.

use changxiao_domain::{
    clock::Instant,
    event::Event,
    measure::{Blacklisting, Measure},
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
    known::{Known, Needs},
};
use crate::{grpc::view, store::measures};

/// The chapter.
pub(super) struct Measures;

impl Chapter for Measures {
    fn needs_of(event: &Event, needs: &mut Needs) {
        needs.measures.extend(measure_of(event));
        if let Some((_, enterprise)) = begun_by(event) {
            needs.enterprises.extend(enterprise);
            needs.blacklistings.extend(enterprise);
        }
    }

    fn subject_of(event: &Event) -> Option<String> {
        let serial = begun_by(event).map(|(serial, _)| serial).or_else(|| measure_of(event));
        serial.map(|serial| format!("measures/{serial}"))
    }

    fn apply(known: &mut Known, event: &Event, stamp: &Stamp) {
        if let Some((serial, enterprise)) = begun_by(event) {
            let industry = enterprise.and_then(|serial| known.enterprises.get(&serial)).map(|owner| owner.data.industry);
            let times = enterprise.and_then(|serial| known.blacklistings.get(&serial)).map_or(0, |standing| standing.times);
            if let Some(measure) = Measure::begun(event, industry, times, stamp) {
                follow(known, &measure, false);
                known.measures.put(serial, measure);
            }
        } else if let Some(serial) = measure_of(event) {
            let was_listed = known.measures.get(&serial).is_some_and(Measure::award_veto);
            known.measures.change(&serial, |measure| measure.apply(event, stamp));
            if let Some(measure) = known.measures.get(&serial).cloned() {
                follow(known, &measure, was_listed);
            }
        }
    }

    fn due_of(known: &Known) -> Option<Instant> {
        known.measures.iter().filter_map(|(_, measure)| measure.due()).min()
    }

    async fn due(_: &CountyBook, db: &DatabaseConnection, after: Option<Instant>) -> Result<Option<Instant>, DbErr> {
        earliest::<measures::Entity>(db, measures::Column::DueMs, after).await
    }

    async fn passed(_: &CountyBook, db: &DatabaseTransaction, at: Instant, known: &mut Known) -> Result<Vec<Said>, DbErr> {
        let columns = (measures::Column::Serial, measures::Column::DueMs);
        let due = due_by::<measures::Entity>(db, "measures", columns, at).await?;
        known.load(db, Needs { measures: due.iter().copied().collect(), ..Needs::default() }).await?;
        let mut said = Vec::new();
        for measure in due.iter().filter_map(|serial| known.measures.get(serial)) {
            let owner = measure.enterprise.and_then(|serial| known.enterprises.get(&serial));
            let event = measure.fall_due(owner.map_or(0, |owner| owner.major_open), at);
            said.extend(event.map(|event| (event, format!("measures/{}", measure.serial))));
        }
        Ok(said)
    }

    fn facts(region: &RegionId, known: &mut Known, changes: &mut Vec<Change>) {
        for (serial, measure) in known.measures.changed().filter(|(_, measure)| measure.decision != String::new()) {
            let body = view::measure(region, measure).encode_to_vec();
            let bucket = format!("supervision/{}", measure.on.year());
            changes.push(change(Audience::Parent, "supervision", format!("measures-{serial}"), bucket, Some(body)));
        }
    }
}

/// The enterprise's standing follows its measure.
fn follow(known: &mut Known, measure: &Measure, was_listed: bool) {
    let Some(enterprise) = measure.enterprise.filter(|_| measure.hearing_until.is_some()) else { return };
    let none = || Blacklisting { enterprise, current: None, times: 0 };
    known.blacklistings.change_or(enterprise, none, |standing| standing.follow(measure, was_listed));
}

/// Serial and enterprise of a measure that an event begins.
fn begun_by(event: &Event) -> Option<(Serial, Option<Serial>)> {
    match event {
        Event::WarningPublished(event) => Some((event.measure, event.enterprise)),
        Event::InterviewHeld(event) => Some((event.measure, Some(event.enterprise))),
        Event::EnterprisePublicised(event) => Some((event.measure, Some(event.enterprise))),
        Event::ExpertsConsulted(event) => Some((event.measure, Some(event.enterprise))),
        Event::BlacklistProposed(event) => Some((event.measure, Some(event.enterprise))),
        _ => None,
    }
}

/// The measure that an event concerns, begun or changed.
pub(super) fn measure_touched(event: &Event) -> Option<Serial> {
    begun_by(event).map(|(serial, _)| serial).or_else(|| measure_of(event))
}

/// The measure that a further step belongs to.
fn measure_of(event: &Event) -> Option<Serial> {
    match event {
        Event::StatementHeard(event) => Some(event.measure),
        Event::EnterpriseBlacklisted(event) => Some(event.measure),
        Event::BlacklistTermHeld(event) => Some(event.measure),
        Event::BlacklistTermEnded(event) => Some(event.measure),
        Event::BlacklistLeft(event) => Some(event.measure),
        _ => None,
    }
}
