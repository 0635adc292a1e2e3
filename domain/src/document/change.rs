//! What each event does to a document: the same for the writer and for replay.

use super::{CounterKey, Document, Receipt, State, Subject};
use crate::{
    event::{DocumentDrawn, Event},
    four_eyes::Acts,
    industry::IndustryCode,
    stamp::Stamp,
};

impl Document {
    /// As the first event makes it. `None` if the event says no subject, which no rule brings about.
    #[must_use]
    pub fn drawn(event: &DocumentDrawn, industry: IndustryCode, stamp: &Stamp) -> Option<Self> {
        let mut acts = Acts::default();
        acts.note(&event.clone().into(), &stamp.actor);
        Some(Self {
            serial: event.document,
            kind: event.kind,
            subject: Subject::from_parts(event.inspection, event.dossier)?,
            enterprise: event.enterprise,
            industry,
            state: State::Drawn,
            body: event.body.clone(),
            area: event.area.clone(),
            year: event.year,
            ordinal: event.ordinal,
            on: event.on,
            rests_on: event.rests_on,
            text: event.text.clone(),
            content_hash: event.content_hash,
            code: event.code.clone(),
            in_use: false,
            scan: None,
            receipt: None,
            void_reason: String::new(),
            acts,
            version: stamp.position,
        })
    }

    /// Lets an event take effect; others leave it as it is.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        match event {
            Event::DocumentApproved(event) if event.document == self.serial => self.state = State::Approved,
            Event::DocumentVoided(event) if event.document == self.serial => {
                self.state = State::Voided;
                self.void_reason.clone_from(&event.reason);
            }
            Event::DocumentServed(event) if event.document == self.serial => {
                self.state = State::Served;
                self.scan = event.scan.as_slice().try_into().ok();
                self.receipt = Some(Receipt {
                    on: event.on,
                    manner: event.manner,
                    receiver: event.receiver.clone(),
                    refused: event.refused,
                    reason: event.reason.clone(),
                    witnesses: event.witnesses.clone(),
                });
            }
            // A step of the inspection names the document that it rests on.
            _ => self.in_use = true,
        }
        self.acts.note(event, &stamp.actor);
        self.version = stamp.position;
    }
}

/// The counter that a document takes its serial from.
#[must_use]
pub fn counter_of(event: &DocumentDrawn) -> CounterKey {
    (event.body.clone(), event.kind.of().prefix().to_owned(), event.year)
}
