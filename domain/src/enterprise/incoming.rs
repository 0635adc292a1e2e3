//! What another county offers (AD13): answered here, and taken over once it was handed over.

use std::collections::BTreeMap;

use crate::{
    clock::Date,
    event::{DossierMovedIn, EnterpriseMovedIn, Event, HazardMovedIn, TransferAnswered, TransferCompleted, TransferReceived},
    industry::IndustryCode,
    refusals,
    region::RegionId,
    serial::Serial,
    stamp::Stamp,
};

/// Where an offer of another county stands here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It waits for this county's answer.
    Offered,
    /// This county accepted; the old one has to hand over.
    Accepted,
    /// This county refused; the city decides.
    Refused,
    /// The enterprise is here.
    Taken,
}

impl Standing {
    /// Every standing with its identifier in the database.
    pub const ALL: &'static [(Self, &'static str)] =
        &[(Self::Offered, "offered"), (Self::Accepted, "accepted"), (Self::Refused, "refused"), (Self::Taken, "taken")];
}

/// An enterprise that another county offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// Directive that carried the offer: the name of this transfer everywhere.
    pub offer: String,
    /// County that offers.
    pub from: RegionId,
    /// Enterprise there.
    pub there: Serial,
    /// Its registered name.
    pub title: String,
    /// Its main industry category.
    pub industry: IndustryCode,
    /// Kind and value of each of its identifiers.
    pub claims: Vec<(String, String)>,
    /// Why it moves.
    pub reason: String,
    /// Last day for the answer.
    pub answer_by: Date,
    /// Where it stands.
    pub standing: Standing,
    /// Why this county refused.
    pub answer_reason: String,
    /// The enterprise here, once it was taken over.
    pub enterprise: Option<Serial>,
    /// Position of the last change.
    pub version: u64,
}

refusals! {
    /// Unknown here.
    NotFound { name: String } NotFound "TRANSFER_NOT_FOUND"
        "there is no offer `{name}` here", "没有该迁移申请:{name}";
    /// Answered already.
    Answered {} FailedPrecondition "TRANSFER_ALREADY_ANSWERED"
        "the offer is already answered", "该迁移申请已答复";
}

impl Incoming {
    /// As the offer makes it.
    #[must_use]
    pub fn received(event: &TransferReceived, stamp: &Stamp) -> Self {
        Self {
            offer: event.offer.clone(),
            from: event.from.clone(),
            there: event.there,
            title: event.data.title.clone(),
            industry: event.data.industry,
            claims: event.data.claims().collect(),
            reason: event.reason.clone(),
            answer_by: event.answer_by,
            standing: Standing::Offered,
            answer_reason: String::new(),
            enterprise: None,
            version: stamp.position,
        }
    }

    /// This county accepts or refuses. `taken` is who holds one of the enterprise's identifiers here.
    ///
    /// # Errors
    /// Answered already, or an identifier is taken.
    pub fn answer(
        &self,
        accepted: bool,
        reason: String,
        taken: Option<(String, Serial)>,
    ) -> Result<Event, crate::refusal::Refusal> {
        match self.standing {
            Standing::Offered => {}
            Standing::Accepted | Standing::Refused | Standing::Taken => return Err(Refusal::Answered {}.into()),
        }
        if let Some((value, by)) = taken.filter(|_| accepted) {
            return Err(super::Refusal::IdentifierTaken { value, by }.into());
        }
        Ok(TransferAnswered { offer: self.offer.clone(), accepted, reason }.into())
    }

    /// Takes over what the old county handed over: every entry of the package gets a serial of this county, from `first` on, and the links
    /// between the records follow. What a link names that did not travel stays behind.
    #[must_use]
    pub fn take_over(&self, package: Vec<Event>, first: Serial) -> Vec<Event> {
        if self.standing == Standing::Taken || !matches!(package.first(), Some(Event::EnterpriseMovedIn(_))) {
            return Vec::new();
        }
        let here = |place: usize| {
            let position = first.position().saturating_add(u64::try_from(place).unwrap_or(u64::MAX));
            Serial::new(first.epoch(), position).unwrap_or(first)
        };
        let mut serials: BTreeMap<(u8, Serial), Serial> = BTreeMap::new();
        for (place, event) in package.iter().enumerate() {
            let key = match event {
                Event::HazardMovedIn(event) => (1, event.hazard),
                Event::DossierMovedIn(event) => (2, event.dossier),
                _ => continue,
            };
            serials.insert(key, here(place));
        }
        let link = |kind: u8, old: Option<Serial>| old.and_then(|old| serials.get(&(kind, old)).copied());
        let enterprise = here(0);
        let mut events = Vec::new();
        for (place, event) in package.into_iter().enumerate() {
            let serial = here(place);
            events.push(match event {
                Event::EnterpriseMovedIn(event) => EnterpriseMovedIn { enterprise: serial, ..event }.into(),
                Event::HazardMovedIn(event) => {
                    let mut record = event.record;
                    (record.serial, record.enterprise) = (serial, enterprise);
                    // The inspection that ordered it stays with the county that inspected.
                    record.ordered = None;
                    record.repeat_of = link(1, record.repeat_of);
                    record.downgraded_from = link(2, record.downgraded_from);
                    record.dossier = link(2, record.dossier);
                    if let Some(voiding) = &mut record.voiding {
                        voiding.duplicate_of = link(1, voiding.duplicate_of);
                    }
                    HazardMovedIn { hazard: serial, from: event.from, record }.into()
                }
                Event::DossierMovedIn(event) => {
                    let mut record = event.record;
                    (record.serial, record.enterprise) = (serial, enterprise);
                    record.ordered = None;
                    record.upgraded_from = link(1, record.upgraded_from);
                    record.hazard = link(1, record.hazard);
                    DossierMovedIn { dossier: serial, from: event.from, record }.into()
                }
                other => other,
            });
        }
        events.push(TransferCompleted { offer: self.offer.clone(), enterprise }.into());
        events
    }

    /// Lets an event of this offer take effect.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        match event {
            Event::TransferAnswered(event) => {
                self.standing = if event.accepted { Standing::Accepted } else { Standing::Refused };
                self.answer_reason.clone_from(&event.reason);
            }
            Event::TransferCompleted(event) => {
                self.standing = Standing::Taken;
                self.enterprise = Some(event.enterprise);
            }
            _ => return,
        }
        self.version = stamp.position;
    }
}
