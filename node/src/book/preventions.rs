//! Records of prevention in the book.

use changxiao_domain::{event::Event, prevention::Prevention, stamp::Stamp};

use super::{chapter::Chapter, known::Known};

/// The chapter.
pub(super) struct Preventions;

impl Chapter for Preventions {
    fn subject_of(event: &Event) -> Option<String> {
        match event {
            Event::PreventionRecorded(event) => Some(event.about.clone()),
            _ => None,
        }
    }

    fn apply(known: &mut Known, event: &Event, _: &Stamp) {
        let Event::PreventionRecorded(event) = event else { return };
        let value = Prevention {
            serial: event.prevention,
            about: event.about.clone(),
            enterprise: event.enterprise,
            on: event.on,
            measures: event.measures.clone(),
            person: event.person.clone(),
        };
        known.preventions.put(event.prevention, value);
    }
}
