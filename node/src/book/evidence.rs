//! Evidence in the book: who attached which bytes to what.

use changxiao_domain::{
    event::Event,
    evidence::{self, Evidence, Phase},
    stamp::Stamp,
};

use super::{
    chapter::Chapter,
    known::{Known, Needs},
};

/// The chapter.
pub(super) struct EvidenceFiles;

impl Chapter for EvidenceFiles {
    fn needs_of(event: &Event, needs: &mut Needs) {
        if let Event::EvidenceAttached(event) = event {
            needs.enterprises.insert(event.enterprise);
            needs
                .claims
                .extend(Phase::from_number(event.phase).map(|phase| evidence::claim(&event.subject, phase, &event.digest)));
        }
    }

    fn apply(known: &mut Known, event: &Event, stamp: &Stamp) {
        let Event::EvidenceAttached(event) = event else { return };
        let Some(phase) = Phase::from_number(event.phase) else { return };
        let Some(industry) = known.enterprises.get(&event.enterprise).map(|enterprise| enterprise.data.industry) else { return };
        known.claims.put(evidence::claim(&event.subject, phase, &event.digest), event.evidence);
        let value = Evidence {
            serial: event.evidence,
            subject: event.subject.clone(),
            enterprise: event.enterprise,
            industry,
            phase,
            digest: event.digest,
            size: event.size,
            media: event.media.clone(),
            title: event.title.clone(),
            claims: event.claims.clone(),
            note: event.note.clone(),
            by: stamp.actor.clone(),
            at: stamp.at,
        };
        known.evidence.put(value.serial, value);
    }
}
