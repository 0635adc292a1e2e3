//! Two entries of the catalogue that are one enterprise: one becomes the double of the other, and can be taken apart again.
//!
//! What is open of the double goes on under the enterprise that is kept, so that it is counted once; nothing is deleted.

use super::{Enterprise, Refusal, State};
use crate::{event::EnterpriseMerged, event::Event, serial::Serial};

impl Enterprise {
    fn can_merge(&self) -> Result<(), Refusal> {
        if let Some(into) = self.merged_into {
            return Err(Refusal::Merged { into });
        }
        if let Some(pending) = &self.pending {
            return Err(Refusal::RequestPending { what: pending.words() });
        }
        match self.state {
            State::Removed | State::Moved => {
                let here =
                    State::ALL.iter().filter(|state| !matches!(state, State::Removed | State::Moved)).map(|state| state.id());
                let wanted: Vec<&str> = here.collect();
                Err(Refusal::WrongState { wanted: State::in_words(&wanted), state: self.state.words() })
            }
            State::Candidate
            | State::Listed
            | State::Excluded
            | State::Filling
            | State::Submitted
            | State::Checked
            | State::Approved
            | State::Stopped => Ok(()),
        }
    }

    /// This entry is a double of another one. `hazards` and `dossiers` are its open ones.
    ///
    /// # Errors
    /// Both are one, either left or is a double or has something pending, or open records would lie with one that is not supervised.
    pub fn merge_into(&self, kept: &Self, reason: String, hazards: Vec<Serial>, dossiers: Vec<Serial>) -> Result<Event, Refusal> {
        if self.serial == kept.serial {
            return Err(Refusal::SameEnterprise {});
        }
        self.can_merge()?;
        kept.can_merge()?;
        if let Some(double) = self.doubles.first() {
            return Err(Refusal::HoldsDoubles { double: *double });
        }
        if !(hazards.is_empty() && dossiers.is_empty()) {
            kept.must_be_approved()?;
        }
        let (enterprise, double, undone) = (kept.serial, self.serial, false);
        Ok(EnterpriseMerged { enterprise, double, reason, hazards, dossiers, undone }.into())
    }

    /// It was no double after all: what went along comes back, open or closed.
    ///
    /// # Errors
    /// It is merged into none.
    pub fn undo_merge(&self, reason: String) -> Result<Event, Refusal> {
        let enterprise = self.merged_into.ok_or(Refusal::NotMerged {})?;
        let (hazards, dossiers) = self.taken_along.clone();
        Ok(EnterpriseMerged { enterprise, double: self.serial, reason, hazards, dossiers, undone: true }.into())
    }

    /// Whether it counts among the supervised: not as a double.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        self.state.is_supervised() && self.merged_into.is_none()
    }
}
