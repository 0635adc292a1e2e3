//! What may happen to a document, and what must exist before it.

use super::{Document, DocumentKind, LEAST_WITNESSES, Manner, Refusal, State, Subject, kinds::Requires};
use crate::{
    clock::{Date, Instant},
    event::{Digest, DocumentApproved, DocumentDrawn, DocumentServed, DocumentVoided, Event},
    personal::Personal,
    serial::Serial,
    stamp::Moment,
};

/// Where a document stands: what it belongs to, and whom it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What it belongs to.
    pub subject: Subject,
    /// Enterprise that it concerns.
    pub enterprise: Serial,
    /// Body that issues it.
    pub body: String,
    /// Area as in the number.
    pub area: String,
}

/// What is drawn up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// Which kind.
    pub kind: DocumentKind,
    /// What it says.
    pub text: String,
    /// SHA-256 of the canonical content; see [`canonical`].
    pub content_hash: Digest,
    /// Code by which anybody can check it.
    pub code: String,
}

/// What a service fixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Day.
    pub on: Date,
    /// How.
    pub manner: Manner,
    /// Who received it.
    pub receiver: String,
    /// Who received it would not sign.
    pub refused: bool,
    /// Why not, as told.
    pub reason: String,
    /// Who wrote the refusal down, by certificate.
    pub witnesses: Vec<String>,
    /// SHA-256 of the scan of the signed paper, if there is one.
    pub scan: Option<Digest>,
}

/// Canonical content: what the hash of a document covers.
#[must_use]
pub fn canonical(kind: DocumentKind, number: &str, body: &str, on: Date, text: &str) -> Vec<u8> {
    let mut bytes = b"changxiao/document/v1\n".to_vec();
    for part in [&kind.to_string(), number, body, &on.to_string(), text] {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

/// Draws a document up under the next number. `beside` are the documents of the same subject, `last` is the serial used last.
///
/// # Errors
/// What must exist before it is not there, or the kind belongs to another kind of record.
pub fn draw_up<'a>(
    place: &Place,
    drawing: Drawing,
    beside: impl Iterator<Item = &'a Document> + Clone,
    last: u32,
    moment: Moment,
) -> Result<Event, Refusal> {
    let rests_on = foundation(drawing.kind, place.subject, beside)?;
    let on = moment.now.date();
    let (inspection, dossier) = place.subject.parts();
    Ok(DocumentDrawn {
        document: moment.next,
        kind: drawing.kind,
        inspection,
        dossier,
        enterprise: place.enterprise,
        body: place.body.clone(),
        area: place.area.clone(),
        year: on.year(),
        ordinal: last.saturating_add(1),
        on,
        rests_on,
        text: Personal::Known(drawing.text),
        content_hash: drawing.content_hash,
        code: drawing.code,
    }
    .into())
}

/// The document that one of this kind would rest on: the latest that holds.
fn foundation<'a>(
    kind: DocumentKind,
    subject: Subject,
    beside: impl Iterator<Item = &'a Document> + Clone,
) -> Result<Option<Serial>, Refusal> {
    let table = kind.of();
    if table.of_dossier() != matches!(subject, Subject::Dossier(_)) {
        return Err(Refusal::OtherSubject { kind: table.words() });
    }
    let missing = |wanted: String| Refusal::PredecessorMissing { kind: table.words(), wanted };
    let standing = beside.filter(|document| document.subject == subject && document.state != State::Voided);
    match table.requires {
        Requires::Nothing => Ok(None),
        Requires::AnyOf(codes) => {
            let fits =
                |document: &&Document| document.state.holds() && codes.split('|').any(|code| code == document.kind.to_string());
            let wanted = || codes.replace('|', ", ");
            standing.filter(fits).map(|document| document.serial).max().map(Some).ok_or_else(|| missing(wanted()))
        }
        Requires::AnyServed => {
            let served = standing.filter(|document| document.state == State::Served).map(|document| document.serial);
            served.max().map(Some).ok_or_else(|| missing("a document that was served (已送达的文书)".to_owned()))
        }
        Requires::AllApproved => {
            let pending = standing.clone().find(|document| !document.state.holds());
            match (pending, standing.map(|document| document.serial).max()) {
                (Some(pending), _) => Err(missing(format!("the approval of {}", pending.number()))),
                (None, None) => Err(missing("the documents of the case (案件文书)".to_owned())),
                (None, last) => Ok(last),
            }
        }
    }
}

impl Document {
    fn must_be(&self, wanted: &[State]) -> Result<(), Refusal> {
        if wanted.contains(&self.state) {
            return Ok(());
        }
        let wanted: Vec<_> = wanted.iter().map(|state| state.id()).collect();
        Err(Refusal::WrongState { wanted: State::in_words(&wanted), state: self.state.words() })
    }

    /// The head approves it.
    ///
    /// # Errors
    /// Wrong state.
    pub fn approve(&self) -> Result<Event, Refusal> {
        self.must_be(&[State::Drawn])?;
        Ok(DocumentApproved { document: self.serial }.into())
    }

    /// It is void, and its number stays. `beside` are the documents of the same subject.
    ///
    /// # Errors
    /// Served or void already, or something rests on it.
    pub fn void<'a>(&self, reason: String, mut beside: impl Iterator<Item = &'a Document>) -> Result<Event, Refusal> {
        self.must_be(&[State::Drawn, State::Approved])?;
        let rested_on = beside.any(|other| other.rests_on == Some(self.serial) && other.state != State::Voided);
        if self.in_use || rested_on {
            return Err(Refusal::InUse { number: self.number() });
        }
        Ok(DocumentVoided { document: self.serial, reason }.into())
    }

    /// It reached who it is for, signed or not.
    ///
    /// # Errors
    /// Wrong state, an internal document, a day outside, or a refusal to sign that is not told in full.
    pub fn serve(&self, service: Service, now: Instant) -> Result<Event, Refusal> {
        let table = self.kind.of();
        if table.internal {
            return Err(Refusal::Internal { kind: table.words() });
        }
        self.must_be(&[State::Approved])?;
        if service.on < self.on || service.on > now.date() {
            return Err(Refusal::DayOutside { on: service.on, first: self.on, last: now.date() });
        }
        must_be_witnessed(service.refused, &service.reason, &service.witnesses)
            .map_err(|()| Refusal::RefusalIncomplete { least: LEAST_WITNESSES })?;
        Ok(DocumentServed {
            document: self.serial,
            on: service.on,
            manner: service.manner,
            receiver: Personal::Known(service.receiver),
            refused: service.refused,
            reason: service.reason,
            witnesses: service.witnesses,
            scan: service.scan.map(|scan| scan.to_vec()).unwrap_or_default(),
        }
        .into())
    }
}

/// A refusal to sign says why, and two different officers write it down.
pub(crate) fn must_be_witnessed(refused: bool, reason: &str, witnesses: &[String]) -> Result<(), ()> {
    let different: std::collections::BTreeSet<_> = witnesses.iter().collect();
    if refused && (reason.is_empty() || different.len() < LEAST_WITNESSES) { Err(()) } else { Ok(()) }
}
