//! What time says of a dossier: not opened, no progress, overdue, to be seen by the province.

use super::{Dossier, ESCALATION_DAYS, PROGRESS_DAY, State};
use crate::{
    clock::Instant,
    event::{DossierEscalated, DossierMissing, Event, ProgressMissed, TreatmentOverdue},
};

impl Dossier {
    /// Whether it is listed and treatment has not been accepted yet.
    const fn is_under_way(&self) -> bool {
        matches!(
            self.state,
            State::Listed | State::Rectifying | State::Completed | State::Assessing | State::Assessed | State::Applied
        )
    }

    /// The next thing that time has to say, and when. Of two at one instant the first of this list comes first.
    fn next(&self) -> Option<(Instant, Event)> {
        let dossier = self.serial;
        let missing = (self.state == State::Identified && !self.undossiered)
            .then(|| (Instant::end_of(self.open_by), DossierMissing { dossier }.into()));
        let progress = self
            .progress_from
            .filter(|_| self.state == State::Rectifying)
            .map(|month| (month.end().plus_days(PROGRESS_DAY), ProgressMissed { dossier, month }.into()));
        let in_treatment = matches!(self.state, State::Listed | State::Rectifying);
        // What is sent back after its deadline is overdue from that moment, not from a month that may be closed.
        let end = self.listed_deadline.map(Instant::end_of).max(self.treatable_since).filter(|_| self.listed_deadline.is_some());
        let overdue = end.filter(|_| in_treatment && !self.is_overdue()).map(|end| (end, TreatmentOverdue { dossier }.into()));
        let escalated = self
            .overdue_since
            .filter(|_| self.is_under_way() && !self.escalated)
            .map(|since| (since.plus_days(ESCALATION_DAYS), DossierEscalated { dossier }.into()));
        [missing, progress, overdue, escalated].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// Instant at which time itself will change it.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.next().map(|(at, _)| at)
    }

    /// What time has to say by `now`, if anything; the earliest first.
    #[must_use]
    pub fn fall_due(&self, now: Instant) -> Option<Event> {
        let (_, event) = self.next().filter(|(at, _)| *at <= now)?;
        let name = match event {
            Event::DossierMissing(_) => "fall_undossiered",
            Event::ProgressMissed(_) => "miss_progress",
            Event::DossierEscalated(_) => "escalate",
            _ => "fall_overdue",
        };
        self.step(name).ok().map(|_| event)
    }
}
