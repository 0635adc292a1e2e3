//! Enforcement documents in the book.

use changxiao_domain::{
    document::{Document, Subject, counter_of},
    event::Event,
    indicator::Counter as C,
    period::Month,
    region::RegionId,
    serial::Serial,
    stamp::Stamp,
};
use changxiao_tier::{facts::Change, protocol::fact::Audience};
use prost::Message as _;

use super::{
    chapter::{Chapter, change},
    known::{Known, Needs},
};
use crate::grpc::view;

/// The chapter.
pub(super) struct Documents;

impl Chapter for Documents {
    fn needs_of(event: &Event, needs: &mut Needs) {
        needs.documents.extend(used_by(event).or_else(|| document_of(event)));
        if let Event::DocumentDrawn(event) = event {
            needs.enterprises.insert(event.enterprise);
            needs.counters.insert(counter_of(event));
        }
    }

    fn subject_of(event: &Event) -> Option<String> {
        let own = if let Event::DocumentDrawn(event) = event { Some(event.document) } else { document_of(event) };
        own.map(|serial| format!("documents/{serial}"))
    }

    fn apply(known: &mut Known, event: &Event, stamp: &Stamp) {
        if let Event::DocumentDrawn(event) = event {
            let Some(industry) = known.enterprises.get(&event.enterprise).map(|enterprise| enterprise.data.industry) else {
                return;
            };
            let Some(document) = Document::drawn(event, industry, stamp) else { return };
            known.counters.change_or(counter_of(event), || 0, |last| *last = event.ordinal);
            known.documents.put(event.document, document);
            known.bookings.book(Month::of(event.on), industry, C::DocumentsDrawn, 1);
        } else if let Some(serial) = used_by(event).or_else(|| document_of(event)) {
            known.documents.change(&serial, |document| document.apply(event, stamp));
            let voided = matches!(event, Event::DocumentVoided(_));
            if let Some(industry) = known.documents.get(&serial).filter(|_| voided).map(|document| document.industry) {
                known.bookings.book(Month::of(stamp.at.date()), industry, C::DocumentsVoided, 1);
            }
        }
    }

    fn facts(_: &RegionId, known: &mut Known, changes: &mut Vec<Change>) {
        for (serial, document) in known.documents.changed() {
            let body = view::document_record(document).encode_to_vec();
            let bucket = format!("document/{}", document.year);
            changes.push(change(Audience::Parent, "document", serial.to_string(), bucket, Some(body)));
        }
    }
}

/// The document that an event of its own changes.
fn document_of(event: &Event) -> Option<Serial> {
    match event {
        Event::DocumentApproved(event) => Some(event.document),
        Event::DocumentVoided(event) => Some(event.document),
        Event::DocumentServed(event) => Some(event.document),
        _ => None,
    }
}

/// The document on which a step of an inspection rests.
fn used_by(event: &Event) -> Option<Serial> {
    match event {
        Event::RecordSigned(event) => Some(event.document),
        Event::OrderIssued(event) => event.document,
        Event::InspectionRechecked(event) => event.document,
        Event::CaseFiled(event) => Some(event.document),
        Event::InspectionTransferred(event) => Some(event.document),
        Event::TransferReplied(event) => Some(event.document),
        Event::TransferSettled(event) => Some(event.document),
        _ => None,
    }
}

/// Documents of a subject that the group knows.
pub fn beside(known: &Known, subject: Subject) -> impl Iterator<Item = &Document> + Clone {
    let all: Vec<&Document> = known.documents.iter().map(|(_, one)| one).filter(|one| one.subject == subject).collect();
    all.into_iter()
}
