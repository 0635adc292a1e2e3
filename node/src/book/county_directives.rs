//! Directives inside the county in the book. An overdue one is shown to the city: one level up (DI7).

use changxiao_domain::{
    clock::Instant, county_directive::CountyDirective, event::Event, region::RegionId, serial::Serial, stamp::Stamp,
};
use changxiao_tier::{facts::Change, protocol::fact::Audience};
use prost::Message as _;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};

use super::{
    CountyBook,
    chapter::{Chapter, Said, change, due_by, earliest},
    known::{Known, Needs},
};
use crate::{grpc::view, store::county_directives};

/// The chapter.
pub(super) struct CountyDirectives;

impl Chapter for CountyDirectives {
    fn needs_of(event: &Event, needs: &mut Needs) {
        if !matches!(event, Event::CountyDirectiveDrafted(_)) {
            needs.county_directives.extend(directive_of(event));
        }
    }

    fn subject_of(event: &Event) -> Option<String> {
        directive_of(event).map(|serial| format!("countyDirectives/{serial}"))
    }

    fn apply(known: &mut Known, event: &Event, stamp: &Stamp) {
        if let Event::CountyDirectiveDrafted(drafted) = event {
            known.county_directives.put(drafted.directive, CountyDirective::drafted(drafted, stamp));
        } else if let Some(serial) = directive_of(event) {
            known.county_directives.change(&serial, |directive| directive.apply(event, stamp));
        }
    }

    fn due_of(known: &Known) -> Option<Instant> {
        known.county_directives.iter().filter_map(|(_, directive)| directive.due()).min()
    }

    async fn due(_: &CountyBook, db: &DatabaseConnection, after: Option<Instant>) -> Result<Option<Instant>, DbErr> {
        earliest::<county_directives::Entity>(db, county_directives::Column::DueMs, after).await
    }

    async fn passed(_: &CountyBook, db: &DatabaseTransaction, at: Instant, known: &mut Known) -> Result<Vec<Said>, DbErr> {
        let columns = (county_directives::Column::Serial, county_directives::Column::DueMs);
        let due = due_by::<county_directives::Entity>(db, "county_directives", columns, at).await?;
        known.load(db, Needs { county_directives: due.iter().copied().collect(), ..Needs::default() }).await?;
        let mut said = Vec::new();
        for directive in due.iter().filter_map(|serial| known.county_directives.get(serial)) {
            said.extend(directive.fall_due(at).map(|event| (event, format!("countyDirectives/{}", directive.serial))));
        }
        Ok(said)
    }

    fn facts(region: &RegionId, known: &mut Known, changes: &mut Vec<Change>) {
        for (serial, directive) in known.county_directives.changed().filter(|(_, directive)| directive.overdue_times > 0) {
            let body = view::county_directive(region, directive).encode_to_vec();
            // The bucket must not move with a later deadline: it is that of the entry that made it.
            let bucket = format!("supervision/{}", serial.position() / 10_000);
            changes.push(change(Audience::Parent, "supervision", format!("countyDirectives-{serial}"), bucket, Some(body)));
        }
    }
}

/// The directive that an event makes or changes.
pub(super) fn directive_of(event: &Event) -> Option<Serial> {
    match event {
        Event::CountyDirectiveDrafted(event) => Some(event.directive),
        Event::CountyDirectiveIssued(event) => Some(event.directive),
        Event::CountyDirectiveReceived(event) => Some(event.directive),
        Event::CountyDirectiveReplied(event) => Some(event.directive),
        Event::CountyDirectiveAccepted(event) => Some(event.directive),
        Event::CountyDirectiveReturned(event) => Some(event.directive),
        Event::CountyDirectiveOverdue(event) => Some(event.directive),
        _ => None,
    }
}
