//! What each event does to a general hazard: the same for the writer and for replay.

use super::{Duties, Extension, Hazard, Ordered, State, Voiding, rules::is_late_entry};
use crate::{
    event::{Event, HazardFound},
    four_eyes::Acts,
    industry::IndustryCode,
    stamp::Stamp,
};

impl Hazard {
    /// As the first event makes it.
    #[must_use]
    pub fn found(event: &HazardFound, industry: IndustryCode, stamp: &Stamp) -> Self {
        Self {
            serial: event.hazard,
            enterprise: event.enterprise,
            industry,
            state: State::Registered,
            found_on: event.found_on,
            category: event.category,
            place: event.place.clone(),
            description: event.description.clone(),
            source: event.source,
            finder: event.finder.clone(),
            ordered: None,
            // What was downgraded had been entered as a major hazard.
            late_entry: event.downgraded_from.is_none() && is_late_entry(event.found_on, stamp.at),
            repeat_of: event.repeat_of,
            downgraded_from: event.downgraded_from,
            recurred: false,
            criteria: String::new(),
            duties: None,
            measure: String::new(),
            protection: String::new(),
            deadline: None,
            overdue: false,
            reassess: false,
            extension: None,
            extensions: 0,
            result: String::new(),
            cost_yuan: 0,
            returned: 0,
            acts: Acts::default(),
            voiding: None,
            dossier: None,
            struck_off_on: None,
            version: stamp.position,
        }
    }

    /// Nothing of it is under way any more: what a deadline had set is taken back.
    fn rest(&mut self, state: State) {
        self.state = state;
        self.overdue = false;
        self.reassess = false;
        self.extension = None;
    }

    /// Lets an event of this hazard take effect; others leave it as it is.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        match event {
            Event::HazardAssessed(event) => {
                self.state = State::General;
                self.criteria.clone_from(&event.criteria);
            }
            Event::HazardUpgraded(event) => {
                self.rest(State::Upgraded);
                self.dossier = Some(event.dossier);
            }
            Event::HazardFixedOnSpot(event) => {
                self.rest(State::Rectified);
                self.result.clone_from(&event.result);
            }
            Event::RectificationAssigned(event) => {
                self.state = State::Rectifying;
                self.duties = Some(Duties {
                    rectifier: event.responsible.clone(),
                    reinspector: event.reinspector.clone(),
                    acceptor: event.acceptor.clone(),
                    closer: event.closer.clone(),
                });
                self.measure.clone_from(&event.measure);
                self.protection.clone_from(&event.protection);
                self.deadline = Some(event.deadline);
            }
            Event::RectificationOverdue(_) => self.overdue = true,
            Event::ReassessmentProposed(_) => self.reassess = true,
            Event::HazardRectified(event) => {
                self.rest(State::Rectified);
                self.result.clone_from(&event.result);
                self.cost_yuan = self.cost_yuan.saturating_add(event.cost_yuan);
            }
            Event::HazardReinspected(event) if event.passed => self.state = State::Reinspected,
            Event::HazardReinspected(event) => {
                self.state = State::Rectifying;
                self.deadline = event.new_deadline;
                self.returned = self.returned.saturating_add(1);
            }
            Event::HazardAccepted(_) => self.state = State::Accepted,
            Event::HazardStruckOff(_) => {
                self.state = State::StruckOff;
                self.struck_off_on = Some(stamp.at.date());
            }
            Event::HazardRecurred(_) => self.recurred = true,
            Event::FindingOpened(event) => {
                self.ordered = Some(Ordered { inspection: event.inspection, deadline: event.deadline });
            }
            Event::ExtensionAsked(event) => {
                self.extension = Some(Extension { deadline: event.deadline, reason: event.reason.clone() });
                self.protection.clone_from(&event.protection);
            }
            Event::ExtensionDecided(event) => {
                if let Some(extension) = self.extension.take().filter(|_| event.granted) {
                    self.deadline = Some(extension.deadline);
                    self.extensions = self.extensions.saturating_add(1);
                    self.overdue &= stamp.at.date() > extension.deadline;
                    self.reassess &= self.overdue;
                }
            }
            Event::VoidingAsked(event) => {
                self.voiding = Some(Voiding { reason: event.reason.clone(), duplicate_of: event.duplicate_of });
            }
            Event::VoidingDecided(event) if event.consented => self.rest(State::Voided),
            Event::VoidingDecided(_) => self.voiding = None,
            _ => return,
        }
        self.acts.note(event, &stamp.actor);
        self.version = stamp.position;
    }
}
