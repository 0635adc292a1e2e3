//! What each event does to a measure: the same for the writer and for replay.

use super::{Blacklisting, Measure, State};
use crate::{
    clock::Date, event::Event, four_eyes::Acts, industry::IndustryCode, personal::Personal, serial::Serial, stamp::Stamp,
};

impl Measure {
    /// As its first event makes it; nothing for another event.
    #[must_use]
    pub fn begun(event: &Event, industry: Option<IndustryCode>, times: u32, stamp: &Stamp) -> Option<Self> {
        let today = stamp.at.date();
        let none: &[Personal] = &[];
        let blank = String::new();
        let mut measure = match event {
            Event::WarningPublished(e) => {
                Self::made(e.measure, e.enterprise, State::Warned, today, (&e.facts, &e.addressees), none, stamp)
            }
            Event::InterviewHeld(e) => {
                Self::made(e.measure, Some(e.enterprise), State::Interviewed, e.on, (&e.minutes, &blank), &e.persons, stamp)
            }
            Event::EnterprisePublicised(e) => {
                Self::made(e.measure, Some(e.enterprise), State::Publicised, today, (&e.text, &e.medium), none, stamp)
            }
            Event::ExpertsConsulted(e) => {
                Self::made(e.measure, Some(e.enterprise), State::Consulted, e.on, (&e.question, &e.opinion), &e.experts, stamp)
            }
            Event::BlacklistProposed(e) => {
                Self::made(e.measure, Some(e.enterprise), State::Proposed, today, (&e.ground, &e.evidence), none, stamp)
            }
            _ => return None,
        };
        measure.industry = industry;
        match event {
            Event::InterviewHeld(event) => measure.commitments = event.commitments,
            Event::EnterprisePublicised(event) => measure.legal_check.clone_from(&event.legal_check),
            Event::BlacklistProposed(event) => {
                measure.hearing_until = Some(event.hearing_until);
                measure.times = times.saturating_add(1);
            }
            _ => {}
        }
        measure.acts.note(event, &stamp.actor);
        Some(measure)
    }

    fn made(
        serial: Serial,
        enterprise: Option<Serial>,
        state: State,
        on: Date,
        (text, detail): (&str, &str),
        persons: &[Personal],
        stamp: &Stamp,
    ) -> Self {
        Self {
            serial,
            enterprise,
            industry: None,
            state,
            on,
            text: text.to_owned(),
            detail: detail.to_owned(),
            legal_check: String::new(),
            persons: persons.to_vec(),
            commitments: 0,
            hearing_until: None,
            statement: String::new(),
            times: 0,
            decision: String::new(),
            publication: String::new(),
            until: None,
            acts: Acts::default(),
            version: stamp.position,
        }
    }

    /// Lets an event of this measure take effect; others leave it as it is.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        match event {
            Event::StatementHeard(event) => self.statement.clone_from(&event.statement),
            Event::EnterpriseBlacklisted(event) => {
                self.state = State::Blacklisted;
                self.decision.clone_from(&event.decision);
                self.publication.clone_from(&event.publication);
                self.until = Some(event.until);
            }
            Event::BlacklistTermHeld(event) => self.until = Some(event.until),
            Event::BlacklistTermEnded(_) => self.state = State::Expiring,
            Event::BlacklistLeft(event) => {
                self.state = State::Removed;
                self.publication.clone_from(&event.publication);
            }
            _ => return,
        }
        self.acts.note(event, &stamp.actor);
        self.version = stamp.position;
    }
}

impl Blacklisting {
    /// How the enterprise stands after a measure of this kind changed.
    pub fn follow(&mut self, measure: &Measure, was_listed: bool) {
        self.current = measure.holds_enterprise().then_some(measure.serial);
        if measure.award_veto() && !was_listed {
            self.times = self.times.saturating_add(1);
        }
    }
}
