//! For what a declaration, a hazard or a dossier waits: the rules whose clocks run as long as it stands as it does.

use crate::{
    clock::Date,
    declaration::{self, EnterpriseMonth},
    dossier::{self, Dossier},
    hazard::Hazard,
};

/// A rule by its name, with the day where the record names one.
pub type Waiting = Vec<(&'static str, Option<Date>)>;

impl EnterpriseMonth {
    /// The rules of follow-up whose clocks run.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        let returned = self.returned.as_ref().filter(|_| self.state == declaration::State::Returned);
        returned.map(|returned| ("declaration_uncorrected", Some(returned.correct_by))).into_iter().collect()
    }
}

impl Hazard {
    /// The rules of follow-up whose clocks run.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        // What another county took over waits there.
        if self.extension.is_some() && self.state.is_open() { vec![("extension_undecided", None)] } else { Vec::new() }
    }
}

impl Dossier {
    /// The rules of follow-up whose clocks run.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        let by_state = match self.state {
            // What another county took over waits there.
            dossier::State::Moved => return Vec::new(),
            dossier::State::Dossier => Some("elements_missing"),
            dossier::State::Filing => Some("receipts_missing"),
            dossier::State::Filed if self.not_listed.is_empty() => Some("listing_undecided"),
            dossier::State::Assessing => Some("assessment_unconcluded"),
            dossier::State::Applied => Some("acceptance_undecided"),
            dossier::State::Identified
            | dossier::State::Ready
            | dossier::State::Filed
            | dossier::State::Listed
            | dossier::State::Rectifying
            | dossier::State::Completed
            | dossier::State::Assessed
            | dossier::State::Accepted
            | dossier::State::StruckOff
            | dossier::State::Downgraded => None,
        };
        let extension = self.extension.map(|_| "treatment_extension_undecided");
        let resumption = self.resumption.then_some("resumption_undecided");
        by_state.into_iter().chain(extension).chain(resumption).map(|rule| (rule, None)).collect()
    }

    /// Months in a row without a progress report, as far as the last report tells.
    #[must_use]
    pub fn missed_in_a_row(&self) -> u32 {
        let Some(next) = self.progress_from else { return 0 };
        let since = self.progress.as_ref().map(|progress| progress.month.next()).or(self.treated_from);
        let (mut month, mut missed) = (since.unwrap_or(next), 0_u32);
        while month < next && missed < self.progress_missed {
            missed = missed.saturating_add(1);
            month = month.next();
        }
        missed
    }
}
