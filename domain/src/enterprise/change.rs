//! What each event does to an enterprise: the same for the writer and for replay.

use super::{Enterprise, Invitation, Operation, Pending, State};
use crate::{
    clock::Date,
    event::{EnterpriseMovedIn, EnterpriseProposed, Event},
    four_eyes::Acts,
    stamp::Stamp,
};

impl Enterprise {
    /// As the first event makes it.
    #[must_use]
    pub fn proposed(event: &EnterpriseProposed, stamp: &Stamp) -> Self {
        Self {
            serial: event.enterprise,
            data: event.data.clone(),
            state: State::Candidate,
            since: stamp.at,
            reminded: 0,
            factors: None,
            choice_reason: String::new(),
            invitation: None,
            returned: Vec::new(),
            requested_at: None,
            approved_at: None,
            returned_reason: String::new(),
            confirmed_at: None,
            stale: false,
            operation: Vec::new(),
            pending: None,
            merged_into: None,
            doubles: Vec::new(),
            moved_from: String::new(),
            moved_to: String::new(),
            offer: String::new(),
            removed_for: None,
            taken_along: (Vec::new(), Vec::new()),
            general_open: 0,
            major_open: 0,
            acts: Acts::default(),
            version: stamp.position,
        }
    }

    /// As it came from another county: supervised here from now on, as it was there.
    #[must_use]
    pub fn moved_in(event: &EnterpriseMovedIn, stamp: &Stamp) -> Self {
        let proposed = EnterpriseProposed { enterprise: event.enterprise, data: event.data.clone() };
        Self {
            state: State::Approved,
            factors: event.factors.clone(),
            choice_reason: event.choice_reason.clone(),
            approved_at: Some(event.approved_at),
            confirmed_at: Some(event.confirmed_at),
            operation: event.operation.clone(),
            moved_from: event.from.clone(),
            ..Self::proposed(&proposed, stamp)
        }
    }

    /// It stands elsewhere from now on.
    fn stand(&mut self, state: State, stamp: &Stamp) {
        self.state = state;
        self.since = stamp.at;
        self.reminded = 0;
    }

    /// Somebody said that the data are right.
    pub(super) fn confirmed(&mut self, stamp: &Stamp) {
        self.confirmed_at = Some(stamp.at);
        self.stale = false;
    }

    /// Production ends on a day.
    fn operation_ends(&mut self, on: Date) {
        if let Some(last) = self.operation.last_mut().filter(|last| last.to.is_none()) {
            last.to = Some(on.max(last.from));
        }
    }

    /// Lets an event of this enterprise take effect; others leave it as it is.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        match event {
            // A declaration confirms the basic information with it (R66); who looks at the enterprise sees no other version of it.
            Event::DeclarationFiled(_) => return self.confirmed(stamp),
            Event::EnterpriseEnlisted(event) => {
                self.stand(State::Listed, stamp);
                self.factors = Some(event.factors.clone());
                self.choice_reason.clone_from(&event.reason);
            }
            Event::EnterpriseExcluded(event) => {
                self.stand(State::Excluded, stamp);
                self.choice_reason.clone_from(&event.reason);
            }
            Event::EnterpriseInvited(event) => {
                self.stand(State::Filling, stamp);
                self.invitation = Some(Invitation { contact: event.contact.clone(), account: event.account.clone() });
            }
            Event::EnterpriseUpdated(event) => {
                self.data = event.data.clone();
                self.returned.retain(|returned| !event.fields.iter().any(|field| field == returned.field.id()));
                if self.state.is_supervised() {
                    self.confirmed(stamp);
                }
            }
            Event::EnterpriseConfirmed(_) => self.confirmed(stamp),
            Event::EnterpriseSubmitted(_) => {
                self.stand(State::Submitted, stamp);
                self.returned.clear();
            }
            Event::EnterpriseReturned(event) => {
                self.stand(State::Filling, stamp);
                self.returned.clone_from(&event.reasons);
            }
            Event::AdmissionRequested(_) => {
                self.stand(State::Checked, stamp);
                self.requested_at = Some(stamp.at);
            }
            Event::AdmissionDecided(event) if event.approved => {
                self.stand(State::Approved, stamp);
                self.approved_at = Some(stamp.at);
                self.returned_reason.clear();
                self.confirmed(stamp);
                let from = self.data.operating_since.unwrap_or_else(|| stamp.at.date());
                self.operation.push(Operation { from, to: None });
            }
            Event::AdmissionDecided(event) => {
                self.stand(State::Submitted, stamp);
                self.returned_reason.clone_from(&event.reason);
            }
            Event::EnterpriseReminded(_) => self.reminded = self.reminded.saturating_add(1),
            Event::EnterpriseFellStale(_) => self.stale = true,
            Event::StopAsked(event) => {
                let (on, reason, guard) = (event.on, event.reason.clone(), event.guard.clone());
                self.pending = Some(Pending::Stop { on, reason, guard });
            }
            Event::StopDecided(event) => {
                if let Some(Pending::Stop { on, .. }) = self.pending.take()
                    && event.confirmed
                {
                    self.stand(State::Stopped, stamp);
                    self.operation_ends(on);
                }
            }
            Event::RestartAsked(event) => {
                self.pending = Some(Pending::Restart { on: event.on, inspected_on: event.inspected_on });
            }
            Event::RestartDecided(event) => {
                if let Some(Pending::Restart { on, .. }) = self.pending.take()
                    && event.confirmed
                {
                    self.stand(State::Approved, stamp);
                    self.confirmed(stamp);
                    self.operation.push(Operation { from: on, to: None });
                }
            }
            Event::RemovalAsked(event) => {
                self.pending = Some(Pending::Removal { cause: event.cause, reason: event.reason.clone(), asked_at: stamp.at });
            }
            Event::RemovalDecided(event) => {
                if let Some(Pending::Removal { cause, .. }) = self.pending.take()
                    && event.consented
                {
                    self.stand(State::Removed, stamp);
                    self.removed_for = Some(cause);
                    self.operation_ends(stamp.at.date());
                }
                self.returned_reason.clone_from(&event.reason);
            }
            Event::EnterpriseMerged(event) if event.double == self.serial => {
                self.merged_into = (!event.undone).then_some(event.enterprise);
                self.taken_along =
                    if event.undone { (Vec::new(), Vec::new()) } else { (event.hazards.clone(), event.dossiers.clone()) };
            }
            Event::EnterpriseMerged(event) => {
                self.doubles.retain(|double| *double != event.double);
                if !event.undone {
                    self.doubles.push(event.double);
                    self.doubles.sort_unstable();
                }
            }
            Event::TransferOffered(event) => {
                self.pending = Some(Pending::Transfer {
                    to: event.to.clone(),
                    reason: event.reason.clone(),
                    offered_at: stamp.at,
                    answer_by: event.answer_by,
                });
            }
            Event::TransferEnded(event) => {
                self.pending = None;
                self.returned_reason.clone_from(&event.reason);
            }
            Event::EnterpriseMovedOut(event) => {
                self.pending = None;
                self.stand(State::Moved, stamp);
                self.moved_to = event.to.to_string();
                self.offer.clone_from(&event.offer);
                self.taken_along = (event.hazards.clone(), event.dossiers.clone());
            }
            Event::TransferClosed(event) => {
                self.moved_to.clone_from(&event.name);
                self.offer.clear();
            }
            _ => return,
        }
        self.acts.note(event, &stamp.actor);
        self.version = stamp.position;
    }
}
