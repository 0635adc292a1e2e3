//! An enterprise moves to another county (AD13), in two phases that the city carries: the old county offers and the new one accepts; then the
//! old one hands over and the new one takes over. Whoever hands over owns no more before the other owns: nothing is ever counted twice.

use super::{Enterprise, Pending, Refusal, State, time::TRANSFER_WORKDAYS};
use crate::{
    clock::Instant,
    dossier::Dossier,
    event::{
        DossierMovedIn, EnterpriseMovedIn, EnterpriseMovedOut, Event, HazardMovedIn, TransferClosed, TransferEnded,
        TransferOffered,
    },
    hazard::Hazard,
    region::RegionId,
    serial::Serial,
    workday,
};

/// Records that move with an enterprise, under their serials in the old county.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holdings {
    /// Open general hazards.
    pub hazards: Vec<Hazard>,
    /// Open dossiers.
    pub dossiers: Vec<Dossier>,
}

impl Enterprise {
    /// The old county offers it to another one.
    ///
    /// # Errors
    /// Wrong state, something else pending, or this very county.
    pub fn offer_transfer(&self, here: &RegionId, to: RegionId, reason: String, now: Instant) -> Result<Event, Refusal> {
        self.step("transfer")?;
        if let Some(pending) = &self.pending {
            return Err(Refusal::RequestPending { what: pending.words() });
        }
        if to == *here {
            return Err(Refusal::SameRegion { region: to });
        }
        let answer_by = workday::shipped().after(now.date(), TRANSFER_WORKDAYS);
        Ok(TransferOffered { enterprise: self.serial, to, reason, answer_by }.into())
    }

    fn offered_to(&self) -> Result<&RegionId, Refusal> {
        self.step("transfer")?;
        match &self.pending {
            Some(Pending::Transfer { to, .. }) => Ok(to),
            Some(Pending::Stop { .. } | Pending::Restart { .. } | Pending::Removal { .. }) | None => {
                Err(Refusal::NothingPending { what: "a transfer (迁移)" })
            }
        }
    }

    /// The old county hands it over with everything that is open, and owns it no more.
    ///
    /// # Errors
    /// It is not offered, or a record cannot move.
    pub fn hand_over(
        &self,
        here: &RegionId,
        offer: &str,
        hazards: &[&Hazard],
        dossiers: &[&Dossier],
    ) -> Result<Event, crate::refusal::Refusal> {
        let to = self.offered_to()?.clone();
        for hazard in hazards {
            hazard.hand_over()?;
        }
        for dossier in dossiers {
            dossier.hand_over()?;
        }
        Ok(EnterpriseMovedOut {
            enterprise: self.serial,
            offer: offer.to_owned(),
            from: here.clone(),
            to,
            hazards: hazards.iter().map(|hazard| hazard.serial).collect(),
            dossiers: dossiers.iter().map(|dossier| dossier.serial).collect(),
        }
        .into())
    }

    /// The city ends an offer: the enterprise stays.
    ///
    /// # Errors
    /// It is not offered.
    pub fn end_transfer(&self, directive: &str, reason: &str) -> Result<Event, Refusal> {
        self.offered_to()?;
        let (directive, reason) = (directive.to_owned(), reason.to_owned());
        Ok(TransferEnded { enterprise: self.serial, directive, reason }.into())
    }

    /// The new county has it under a name of its own.
    ///
    /// # Errors
    /// It did not move.
    pub fn close_transfer(&self, name: &str) -> Result<Event, Refusal> {
        match self.state {
            State::Moved => Ok(TransferClosed { enterprise: self.serial, name: name.to_owned() }.into()),
            _ => Err(Refusal::NothingPending { what: "a transfer (迁移)" }),
        }
    }

    /// What travels: the enterprise, then its records, as entries that the new county will write under serials of its own.
    #[must_use]
    pub fn package(&self, here: &RegionId, holdings: &Holdings) -> Vec<Event> {
        let name = |collection: &str, serial: Serial| format!("regions/{here}/{collection}/{serial}");
        let mut events: Vec<Event> = vec![
            EnterpriseMovedIn {
                enterprise: self.serial,
                from: name("enterprises", self.serial),
                data: self.data.clone(),
                factors: self.factors.clone(),
                choice_reason: self.choice_reason.clone(),
                approved_at: self.approved_at.unwrap_or(self.since),
                confirmed_at: self.confirmed_at.unwrap_or(self.since),
                operation: self.operation.clone(),
            }
            .into(),
        ];
        events.extend(holdings.hazards.iter().map(|hazard| {
            HazardMovedIn { hazard: hazard.serial, from: name("hazards", hazard.serial), record: hazard.clone() }.into()
        }));
        events.extend(holdings.dossiers.iter().map(|dossier| {
            DossierMovedIn { dossier: dossier.serial, from: name("dossiers", dossier.serial), record: dossier.clone() }.into()
        }));
        events
    }
}
