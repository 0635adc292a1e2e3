//! Enforcement documents: drawn up, approved, voided, served; and the code by which anybody can check them.

use changxiao_domain::{
    actor::Actor,
    document::{self, Document, DocumentKind, Drawing, Place, Refusal, Service, Subject, canonical, kinds},
    dossier, etag,
    event::Event,
    inspection::{self, Inspection},
    refusal::Refusal as Refused,
    stamp::Moment,
};
use changxiao_tier::{
    accounts::token::derived,
    journal::{checkpoint::JournalKey, merkle::Hash},
};

use super::{CountyCommand, Plain, Stepwise, Target};
use crate::book::{Known, Needs, documents::beside};

/// Letters of codes: those that nobody confuses when reading them from paper (Crockford's base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Letters of a code: fifty bits.
const CODE_LETTERS: usize = 10;

/// What codes are made from: a secret of the region, so that nobody makes one who does not hold the document.
#[derive(Clone, Copy)]
pub struct Pepper([u8; 32]);

impl Pepper {
    /// The pepper of a region.
    #[must_use]
    pub fn of(key: &JournalKey) -> Self {
        Self(derived(key, &["document-code"]))
    }

    /// The code of a document. It goes into the journal, so that replay needs no secret.
    fn code(self, document: changxiao_domain::serial::Serial, content: &[u8; 32]) -> String {
        let hash = Hash::of(&[b"changxiao/document-code/v1\n", &self.0, &document.raw().to_be_bytes(), content]);
        let letters = hash.as_bytes().iter().take(CODE_LETTERS).filter_map(|byte| LETTERS.get(usize::from(byte % 32)));
        letters.map(|letter| char::from(*letter)).collect()
    }
}

/// A code as it was typed, in its only spelling.
#[must_use]
pub fn normal(code: &str) -> String {
    code.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').map(|letter| letter.to_ascii_uppercase()).collect()
}

/// Where the documents of an inspection stand.
#[must_use]
pub fn place_of(inspection: &Inspection) -> Place {
    Place {
        subject: Subject::Inspection(inspection.serial),
        enterprise: inspection.enterprise,
        body: inspection.body.clone(),
        area: inspection.area.clone(),
    }
}

/// Draws a document up under its next number.
///
/// # Errors
/// What must exist before it is not there.
pub fn draw(
    known: &Known,
    place: &Place,
    (kind, text): (DocumentKind, String),
    pepper: Pepper,
    moment: Moment,
) -> Result<Event, Refusal> {
    let on = moment.now.date();
    let prefix = kind.of().prefix();
    let last = known.counters.get(&(place.body.clone(), prefix.to_owned(), on.year())).copied().unwrap_or_default();
    let number = kinds::number(&place.area, prefix, on.year(), last.saturating_add(1));
    let content_hash = Hash::of(&[&canonical(kind, &number, &place.body, on, &text)]).0;
    let code = pepper.code(moment.next, &content_hash);
    document::draw_up(place, Drawing { kind, text, content_hash, code }, beside(known, place.subject), last, moment)
}

/// What is to be drawn up, on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Inspection or dossier.
    pub subject: Subject,
    /// Kind.
    pub kind: DocumentKind,
    /// What it says.
    pub text: String,
    /// Body and area; of an inspection its own if absent.
    pub issuer: Option<(String, String)>,
}

/// Draws a document up.
#[must_use]
pub fn draw_up(draft: Draft, pepper: Pepper) -> CountyCommand {
    let (subject, body) = (draft.subject, draft.issuer.as_ref().map(|(body, _)| body.clone()));
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.lookups.documents_of.insert(subject);
            needs.lookups.bodies.extend(body.clone());
            match subject {
                Subject::Inspection(serial) => needs.inspections.insert(serial),
                Subject::Dossier(serial) => needs.dossiers.insert(serial),
            };
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let place = place_seen(known, actor, subject, draft.issuer)?;
            let drawn = draw(known, &place, (draft.kind, draft.text), pepper, moment)?;
            Ok((drawn, format!("documents/{}", moment.next)))
        },
    })
}

fn place_seen(known: &Known, actor: &Actor, subject: Subject, issuer: Option<(String, String)>) -> Result<Place, Refused> {
    match subject {
        Subject::Inspection(serial) => {
            let inspection = known.inspections.get(&serial).filter(|inspection| inspection.is_seen_by(actor));
            let inspection = inspection.ok_or_else(|| inspection::Refusal::NotFound { name: subject.name() })?;
            let own = place_of(inspection);
            let (body, area) = issuer.unwrap_or((own.body, own.area));
            Ok(Place { body, area, ..place_of(inspection) })
        }
        Subject::Dossier(serial) => {
            let dossier = known.dossiers.get(&serial).filter(|dossier| actor.sees(dossier.enterprise, dossier.industry));
            let dossier = dossier.ok_or_else(|| dossier::Refusal::NotFound { name: subject.name() })?;
            let (body, area) = issuer.unwrap_or_default();
            Ok(Place { subject, enterprise: dossier.enterprise, body, area })
        }
    }
}

/// Whether an actor may know of a document: as of what it belongs to; enterprises of what they were served with.
#[must_use]
pub fn is_seen(document: &Document, inspection: Option<&Inspection>, actor: &Actor) -> bool {
    if !actor.sees(document.enterprise, document.industry) {
        return false;
    }
    if actor.scope().enterprise.is_some() || actor.is_of_enterprise() {
        return document.state == document::State::Served && !document.kind.of().internal;
    }
    match document.subject {
        Subject::Inspection(_) => inspection.is_some_and(|inspection| inspection.is_seen_by(actor)),
        Subject::Dossier(_) => true,
    }
}

/// A step of a document within the actor's sight. The documents beside it are looked for once it is known what it belongs to.
fn step(
    target: Target,
    how: impl FnOnce(&Document, &Actor, Moment, &Known) -> Result<Event, Refused> + Send + Sync + 'static,
) -> CountyCommand {
    Box::new(Stepwise {
        needs: move |_: &Actor, needs: &mut Needs| {
            needs.documents.insert(target.serial);
        },
        then: move |known: &Known, needs: &mut Needs| {
            needs.lookups.documents_of.extend(known.documents.get(&target.serial).map(|document| document.subject));
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let subject = format!("documents/{}", target.serial);
            let document = known.documents.get(&target.serial).filter(|document| {
                let inspection = document.subject.parts().0.and_then(|serial| known.inspections.get(&serial));
                is_seen(document, inspection, actor)
            });
            let document = document.ok_or_else(|| Refusal::NotFound { name: subject.clone() })?;
            etag::check(target.seen, document.version)?;
            let event = how(document, actor, moment, known)?;
            document.acts.allow(std::slice::from_ref(&event), &actor.id())?;
            Ok((event, subject))
        },
    })
}

/// The head approves it, who was not on site.
#[must_use]
pub fn approve(target: Target) -> CountyCommand {
    step(target, |document, actor, _, known| {
        let event = document.approve()?;
        let inspection = document.subject.parts().0.and_then(|serial| known.inspections.get(&serial));
        if let Some(inspection) = inspection {
            inspection.must_be_head(&actor.id())?;
            inspection.acts.allow(std::slice::from_ref(&event), &actor.id())?;
        }
        Ok(event)
    })
}

/// It is void.
#[must_use]
pub fn void(target: Target, reason: String) -> CountyCommand {
    step(target, move |document, _, _, known| Ok(document.void(reason, beside(known, document.subject))?))
}

/// It reached who it is for.
#[must_use]
pub fn serve(target: Target, service: Service) -> CountyCommand {
    step(target, move |document, _, moment, _| Ok(document.serve(service, moment.now)?))
}
