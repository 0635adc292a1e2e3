//! What each event does to a dossier: the same for the writer and for replay.

use std::collections::BTreeSet;

use super::{Assessor, Dossier, FilingBody, Notice, State};
use crate::{
    enterprise::Enterprise,
    event::{Event, MajorHazardIdentified},
    four_eyes::Acts,
    hazard::Ordered,
    period::Month,
    stamp::Stamp,
};

impl Dossier {
    /// As the first event makes it.
    #[must_use]
    pub fn identified(event: &MajorHazardIdentified, enterprise: &Enterprise, stamp: &Stamp) -> Self {
        Self {
            serial: event.dossier,
            enterprise: event.enterprise,
            enterprise_title: enterprise.data.title.clone(),
            industry: enterprise.data.industry,
            state: State::Identified,
            found_on: event.found_on,
            identified_on: stamp.at.date(),
            open_by: event.open_by,
            category: event.category,
            criterion: event.criterion.clone(),
            state_and_cause: event.state_and_cause.clone(),
            harm_and_difficulty: event.harm_and_difficulty.clone(),
            protection: event.protection.clone(),
            ordered: None,
            upgraded_from: event.upgraded_from,
            number: String::new(),
            undossiered: false,
            plan: None,
            confirmed: BTreeSet::new(),
            not_listed: String::new(),
            notice: None,
            listed_deadline: None,
            progress: None,
            treatable_since: None,
            treated_from: None,
            progress_from: None,
            progress_missed: 0,
            overdue_since: None,
            escalated: false,
            extension: None,
            extensions: 0,
            assessor: None,
            returned: 0,
            struck_off_on: None,
            closing_number: String::new(),
            resumption: false,
            resumed: false,
            hazard: None,
            acts: Acts::default(),
            version: stamp.position,
        }
    }

    /// Treatment goes on, again or for the first time.
    fn treat(&mut self, stamp: &Stamp) {
        let month = Month::of(stamp.at.date());
        self.state = State::Rectifying;
        self.treatable_since = Some(stamp.at);
        self.treated_from = Some(self.treated_from.unwrap_or(month));
        self.progress_from = Some(self.progress_from.unwrap_or(month).max(month));
    }

    fn send_back(&mut self, stamp: &Stamp) {
        self.treat(stamp);
        self.returned = self.returned.saturating_add(1);
    }

    /// Lets an event of this dossier take effect; others leave it as it is.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        match event {
            Event::PeopleProtected(event) => self.protection.clone_from(&event.protection),
            Event::DossierMissing(_) => self.undossiered = true,
            Event::DossierOpened(event) => {
                self.state = State::Dossier;
                self.number.clone_from(&event.number);
            }
            Event::DossierCompleted(event) => {
                self.state = State::Ready;
                self.plan = Some(event.plan.clone());
            }
            Event::DossierFiled(_) => self.state = State::Filing,
            Event::FilingConfirmed(event) => {
                self.confirmed.insert(event.body);
                if self.confirmed.len() == FilingBody::ALL.len() {
                    self.state = State::Filed;
                }
            }
            Event::ListingDeclined(event) => self.not_listed.clone_from(&event.reason),
            Event::DossierListed(event) => {
                self.state = State::Listed;
                self.not_listed.clear();
                self.listed_deadline = Some(event.deadline);
                self.treatable_since = Some(stamp.at);
                self.notice = Some(Notice {
                    number: event.notice_number.clone(),
                    signer: event.signer.clone(),
                    receiver: event.receiver.clone(),
                    suspends: event.suspends,
                });
            }
            Event::TreatmentStarted(_) => self.treat(stamp),
            Event::ProgressReported(event) => {
                // A month that is made up for says nothing new about where the treatment stands.
                if self.progress.as_ref().is_none_or(|held| held.month <= event.progress.month) {
                    self.progress = Some(event.progress.clone());
                }
                self.progress_from = self.progress_from.max(Some(event.progress.month.next()));
            }
            Event::ProgressMissed(event) => {
                self.progress_from = Some(event.month.next());
                self.progress_missed = self.progress_missed.saturating_add(1);
            }
            Event::TreatmentExtensionAsked(event) => {
                self.extension = Some(event.deadline);
                self.protection.clone_from(&event.protection);
            }
            Event::TreatmentExtensionDecided(event) => {
                if let Some(deadline) = self.extension.take().filter(|_| event.granted) {
                    self.listed_deadline = Some(deadline);
                    self.extensions = self.extensions.saturating_add(1);
                    self.overdue_since = self.overdue_since.filter(|_| stamp.at.date() > deadline);
                }
            }
            Event::TreatmentOverdue(_) => self.overdue_since = Some(stamp.at),
            Event::DossierEscalated(_) => self.escalated = true,
            Event::TreatmentCompleted(_) => {
                self.state = State::Completed;
                // More time was asked for a treatment that has ended.
                self.extension = None;
            }
            Event::AssessmentCommissioned(event) => {
                self.state = State::Assessing;
                self.assessor = Some(Assessor {
                    institution: event.institution.clone(),
                    qualification: event.qualification.clone(),
                    qualified_until: event.qualified_until,
                    field: event.field.clone(),
                });
            }
            Event::TreatmentAssessed(event) if event.passed => self.state = State::Assessed,
            Event::TreatmentAssessed(_) => self.send_back(stamp),
            Event::AcceptanceApplied(_) => self.state = State::Applied,
            Event::AcceptanceDecided(event) if event.accepted => self.state = State::Accepted,
            Event::AcceptanceDecided(event) => {
                self.send_back(stamp);
                self.listed_deadline = event.new_deadline;
                self.overdue_since = None;
            }
            Event::DossierStruckOff(event) => {
                self.state = State::StruckOff;
                self.overdue_since = None;
                self.struck_off_on = Some(stamp.at.date());
                self.closing_number.clone_from(&event.closing_number);
            }
            Event::ResumptionAsked(_) => self.resumption = true,
            Event::ResumptionDecided(event) => {
                self.resumption = false;
                self.resumed = event.consented;
            }
            Event::DossierDowngraded(event) => {
                self.state = State::Downgraded;
                // The order to stop falls with the listing that gave it.
                self.resumed = self.notice.as_ref().is_some_and(|notice| notice.suspends);
                self.overdue_since = None;
                self.hazard = Some(event.hazard);
            }
            Event::FindingOpened(event) => {
                self.ordered = Some(Ordered { inspection: event.inspection, deadline: event.deadline });
            }
            _ => return,
        }
        self.acts.note(event, &stamp.actor);
        self.version = stamp.position;
    }
}
