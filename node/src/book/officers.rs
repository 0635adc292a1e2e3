//! The register of officers in the book.

use changxiao_domain::{event::Event, officer::Officer, serial::Serial, stamp::Stamp};

use super::{
    chapter::Chapter,
    known::{Known, Needs},
};

/// Kind of the claim on a certificate.
pub const CERTIFICATE: &str = "certificate";

/// The chapter.
pub(super) struct Officers;

impl Chapter for Officers {
    fn needs_of(event: &Event, needs: &mut Needs) {
        needs.officers.extend(officer_of(event));
    }

    fn subject_of(event: &Event) -> Option<String> {
        let made = if let Event::OfficerRegistered(event) = event { Some(event.officer) } else { officer_of(event) };
        made.map(|serial| format!("officers/{serial}"))
    }

    fn apply(known: &mut Known, event: &Event, stamp: &Stamp) {
        if let Event::OfficerRegistered(event) = event {
            known.claims.put((CERTIFICATE.to_owned(), event.certificate.clone()), event.officer);
            known.officers.put(event.officer, Officer::registered(event, stamp));
        } else if let Some(serial) = officer_of(event) {
            known.officers.change(&serial, |officer| officer.apply(event, stamp));
        }
    }
}

fn officer_of(event: &Event) -> Option<Serial> {
    match event {
        Event::OfficerRenewed(event) => Some(event.officer),
        Event::OfficerWithdrawn(event) => Some(event.officer),
        _ => None,
    }
}
