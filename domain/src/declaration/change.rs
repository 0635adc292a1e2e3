//! What each event does to a declaration: the same for the writer and for replay.

use super::{Content, Correction, EnterpriseMonth, Filed, Proxy, Returned, State};
use crate::{event::Event, stamp::Stamp};

impl EnterpriseMonth {
    /// Moves on within the month; once the due instant passed, or after a return, the steps towards a filing leave the state.
    fn prepare(&mut self, next: State) {
        match self.state {
            State::Open | State::Draft | State::Confirmed | State::Signed => self.state = next,
            State::NotOwed
            | State::OnTime
            | State::Overdue
            | State::Late
            | State::Accepted
            | State::Returned
            | State::Missing
            | State::Exempt => {}
        }
    }

    /// Lets an event of this enterprise and month take effect; others leave it as it is.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        match event {
            Event::MonthFrozen(_) => self.state = State::Open,
            Event::DeclarationsOverdue(_) => self.state = State::Overdue,
            Event::DeclarationsMissing(_) => self.state = State::Missing,
            Event::DeclarationEdited(event) => {
                self.prepare(State::Draft);
                self.producing = Some(event.producing);
                self.zero_statement.clear();
                (self.confirmed, self.signed) = (None, None);
            }
            Event::DeclarationConfirmed(event) => {
                self.prepare(State::Confirmed);
                self.confirmed = Some(event.content_hash);
                self.signed = None;
                self.zero_statement.clone_from(&event.zero_statement);
            }
            Event::DeclarationSigned(event) => {
                self.prepare(State::Signed);
                self.signed = Some(event.content_hash);
            }
            Event::DeclarationFiled(event) => {
                self.state = if event.late { State::Late } else { State::OnTime };
                self.returned = None;
                self.filed = Some(Filed {
                    at: stamp.at,
                    content: Content {
                        figures: event.figures,
                        producing: event.producing,
                        zero_statement: event.zero_statement.clone(),
                    },
                    content_hash: event.content_hash,
                    late: event.late,
                    late_reason: event.late_reason.clone(),
                    by_proxy: event.by_proxy,
                    accept_by: event.accept_by,
                    corrections: 0,
                });
            }
            Event::DeclarationsAccepted(_) | Event::DeclarationAccepted(_) => self.state = State::Accepted,
            Event::DeclarationReturned(event) => {
                self.state = State::Returned;
                (self.producing, self.confirmed, self.signed) = (None, None, None);
                self.zero_statement.clear();
                self.returned =
                    Some(Returned { reason: event.reason.clone(), as_empty: event.as_empty, correct_by: event.correct_by });
            }
            Event::DeclarationExempted(event) => {
                self.state = State::Exempt;
                self.exempt.clone_from(&event.reason);
            }
            Event::DeclarationProxied(event) => {
                self.proxy = Some(Proxy { reason: event.reason.clone(), paper: event.paper });
            }
            Event::CorrectionAsked(event) => {
                self.correction =
                    Some(Correction { reason: event.reason.clone(), figures: event.figures, content_hash: event.content_hash });
            }
            Event::CorrectionDecided(event) => {
                let asked = self.correction.take().filter(|_| event.consented);
                if let (Some(asked), Some(filed)) = (asked, self.filed.as_mut()) {
                    filed.content.figures = asked.figures;
                    filed.content_hash = asked.content_hash;
                    if !asked.figures.is_zero_report() {
                        filed.content.zero_statement.clear();
                    }
                    filed.corrections = filed.corrections.saturating_add(1);
                }
            }
            _ => return,
        }
        self.version = stamp.position;
    }
}
