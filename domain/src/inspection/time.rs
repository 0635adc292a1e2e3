//! What time has to say of an inspection: a plan that nobody fulfilled, feedback and receipts that are missing, an order whose day passed, a
//! re-inspection that is due or late, a reply that does not come. Nothing is ever closed by it.

use super::{FEEDBACK_WORKDAYS, Inspection, RECHECK_DAYS, REPLY_WORKDAYS, Reminder, State};
use crate::{
    clock::Instant,
    event::{Event, InspectionReminded, OrderOverdue, RecheckFellDue},
    workday,
};

impl Inspection {
    /// What time says next, and when.
    fn next(&self) -> Option<(Instant, Event)> {
        let inspection = self.serial;
        let remind = |at: Instant, of: Reminder| {
            (!self.reminders.contains(&of)).then(|| (at, InspectionReminded { inspection, of }.into()))
        };
        let workdays = |from, count| Instant::end_of(workday::shipped().after(from, count));
        let mut next: Vec<(Instant, Event)> = Vec::new();
        match self.state {
            State::Planned | State::Assigned => {
                next.extend(remind(Instant::end_of(self.month.last_day()), Reminder::Unfulfilled))
            }
            State::Ordered => {
                if let Some(order) = &self.order {
                    next.extend(remind(workdays(order.issued_on, FEEDBACK_WORKDAYS), Reminder::FeedbackLate));
                    if !self.overdue {
                        next.push((Instant::end_of(order.deadline), OrderOverdue { inspection }.into()));
                    }
                }
            }
            State::FedBack => {
                if let Some(order) = &self.order {
                    next.push((Instant::end_of(order.deadline), RecheckFellDue { inspection }.into()));
                }
            }
            State::RecheckDue => {
                if let Some(since) = self.recheck_due_on {
                    next.extend(remind(Instant::end_of(since).plus_days(RECHECK_DAYS), Reminder::RecheckLate));
                }
            }
            State::Transferred => {
                if let Some(handover) = self.handover.as_ref().filter(|handover| handover.reply.is_none()) {
                    next.extend(remind(workdays(handover.on, REPLY_WORKDAYS), Reminder::ReplyMissing));
                }
            }
            State::OnSite | State::Recorded | State::Signed | State::Rechecked | State::Closed | State::Case => {}
        }
        let told = self.fed_back.as_ref();
        let missing = told.filter(|told| told.enterprise_receiver.is_none() || told.department_receiver.is_none());
        if let Some(told) = missing
            && self.state != State::Ordered
        {
            next.extend(remind(workdays(told.on, FEEDBACK_WORKDAYS), Reminder::ReceiptMissing));
        }
        next.into_iter().min_by_key(|(at, _)| *at)
    }

    /// Instant at which time itself will change it.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.next().map(|(at, _)| at)
    }

    /// What time has to say by `now`, if anything. What was due long ago is said one thing after the other.
    #[must_use]
    pub fn fall_due(&self, now: Instant) -> Option<Event> {
        let (_, event) = self.next().filter(|(at, _)| *at <= now)?;
        let allowed = match &event {
            Event::OrderOverdue(_) => self.step("fall_overdue").is_ok(),
            Event::RecheckFellDue(_) => self.step("fall_due").is_ok(),
            _ => true,
        };
        allowed.then_some(event)
    }
}
