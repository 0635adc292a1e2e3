//! What each event does to an inspection: the same for the writer and for replay.

use std::collections::BTreeSet;

use super::{Escalation, FedBack, Finding, Handover, Inspection, Order, Party, Reminder, Signed, State, Tally};
use crate::{
    event::{Event, InspectionPlanned},
    four_eyes::Acts,
    industry::IndustryCode,
    stamp::Stamp,
};

impl Inspection {
    /// As the first event makes it.
    #[must_use]
    pub fn planned(event: &InspectionPlanned, industry: IndustryCode, stamp: &Stamp) -> Self {
        Self {
            serial: event.inspection,
            plan: event.plan,
            kind: event.kind,
            covert: event.covert,
            month: event.month,
            body: event.body.clone(),
            area: event.area.clone(),
            letter: event.letter.clone(),
            enterprise: event.enterprise,
            industry,
            state: State::Planned,
            on: None,
            officers: Vec::new(),
            certificates: Vec::new(),
            accounts: BTreeSet::new(),
            started: None,
            ended: None,
            place: String::new(),
            findings: Vec::new(),
            signed: None,
            order: None,
            orders: 0,
            overdue: false,
            fed_back: None,
            escalation: None,
            recheck_due_on: None,
            applied: false,
            rechecked_on: None,
            opinion: None,
            handover: None,
            case: None,
            tally: Tally::default(),
            reminders: BTreeSet::new(),
            closed_on: None,
            acts: Acts::default(),
            version: stamp.position,
        }
    }

    fn each(&mut self, items: &[u32], how: impl Fn(&mut Finding)) {
        self.findings.iter_mut().filter(|finding| items.contains(&finding.found.item)).for_each(how);
    }

    /// Lets an event of this inspection take effect; others leave it as it is.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        let today = stamp.at.date();
        match event {
            Event::InspectionAssigned(event) => {
                self.state = State::Assigned;
                self.on = Some(event.on);
                self.officers.clone_from(&event.officers);
                self.certificates.clone_from(&event.certificates);
                self.accounts = event.accounts.iter().cloned().collect();
            }
            Event::InspectionBegun(event) => {
                self.state = State::OnSite;
                self.started = Some(event.started);
                self.place.clone_from(&event.place);
            }
            Event::FindingsRecorded(event) => {
                self.state = State::Recorded;
                self.ended = Some(event.ended);
                let fresh = |found: &super::Found| Finding {
                    found: found.clone(),
                    deadline: None,
                    hazard: None,
                    dossier: None,
                    passed: None,
                };
                self.findings = event.findings.iter().map(fresh).collect();
            }
            Event::RecordSigned(event) => {
                self.state = State::Signed;
                self.signed = Some(Signed {
                    record: event.document,
                    on: today,
                    site_head: event.site_head.clone(),
                    refused: event.refused,
                    reason: event.reason.clone(),
                });
            }
            Event::InspectionClosed(_) => {
                self.state = State::Closed;
                self.closed_on = Some(today);
            }
            Event::OrderIssued(event) => {
                self.state = State::Ordered;
                self.orders = self.orders.saturating_add(1);
                self.overdue = false;
                self.recheck_due_on = None;
                self.applied = false;
                // A second order has reminders of its own; what the plan missed stays missed.
                self.reminders.retain(|reminder| *reminder == Reminder::Unfulfilled);
                self.each(&event.items, |finding| finding.deadline = Some(event.deadline));
                self.order = Some(Order {
                    kind: event.kind,
                    document: event.document,
                    issued_on: today,
                    deadline: event.deadline,
                    items: event.items.clone(),
                });
            }
            Event::OrderOverdue(_) => {
                self.overdue = true;
                self.tally.overdue += 1;
            }
            Event::FindingsFedBack(event) => {
                self.state = State::FedBack;
                self.fed_back = Some(FedBack {
                    on: today,
                    department: event.department.clone(),
                    enterprise_receiver: None,
                    department_receiver: None,
                });
            }
            Event::FeedbackReceived(event) => {
                if let Some(fed_back) = &mut self.fed_back {
                    let receiver = match event.party {
                        Party::Enterprise => &mut fed_back.enterprise_receiver,
                        Party::Department => &mut fed_back.department_receiver,
                    };
                    *receiver = Some(event.receiver.clone());
                }
            }
            Event::InspectionEscalated(event) => {
                self.escalation = Some(Escalation {
                    on: today,
                    office: event.office.clone(),
                    leaders: event.leaders.clone(),
                    reason: event.reason.clone(),
                });
            }
            Event::FindingOpened(event) => self.each(&[event.item], |finding| {
                finding.hazard = event.hazard;
                finding.dossier = event.dossier;
            }),
            Event::RecheckFellDue(_) | Event::RecheckApplied(_) => {
                self.state = State::RecheckDue;
                // By time it is due on the order's day, which the instant at which time speaks is already past.
                let by_order = self.order.as_ref().map(|order| order.deadline);
                self.applied = matches!(event, Event::RecheckApplied(_));
                self.tally.due += 1;
                self.recheck_due_on = if self.applied { Some(today) } else { by_order.or(Some(today)) };
            }
            Event::InspectionRechecked(event) => {
                self.state = State::Rechecked;
                self.rechecked_on = Some(today);
                self.tally.rechecked += 1;
                self.tally.on_time += u32::from(self.is_rechecked_on_time());
                self.opinion = event.document;
                self.each(&event.passed, |finding| finding.passed = Some(true));
                self.each(&event.failed, |finding| finding.passed = Some(false));
            }
            Event::CaseFiled(event) => {
                self.state = State::Case;
                self.case = Some(event.document);
            }
            Event::InspectionTransferred(event) => {
                self.state = State::Transferred;
                self.handover = Some(Handover {
                    on: today,
                    department: event.department.clone(),
                    notice: event.document,
                    reply: None,
                    result: None,
                });
            }
            Event::TransferReplied(event) => {
                if let Some(handover) = &mut self.handover {
                    handover.reply = Some(event.document);
                }
            }
            Event::TransferSettled(event) => {
                if let Some(handover) = &mut self.handover {
                    handover.result = Some(event.document);
                }
            }
            Event::InspectionReminded(event) => {
                self.reminders.insert(event.of);
            }
            _ => return,
        }
        self.acts.note(event, &stamp.actor);
        self.version = stamp.position;
    }

    /// Whether the re-inspection that just took place was on time: within its days after it was due.
    fn is_rechecked_on_time(&self) -> bool {
        let late = |due| crate::clock::Instant::start_of(due).plus_days(super::RECHECK_DAYS).date();
        self.rechecked_on.zip(self.recheck_due_on).is_some_and(|(on, due)| on <= late(due))
    }
}
