//! General hazards as clients know them.

use changxiao_proto::{county::v1::*, types::v1::Receipt};

use super::Ledger;
use crate::calendar::Day;

/// One general hazard.
#[derive(Clone)]
pub(super) struct Hazard {
    pub enterprise: String,
    pub found_on: Day,
    /// Each time that somebody had to rectify it.
    pub rounds: Vec<Round>,
    /// When it was registered.
    pub entered_at_ms: i64,
    /// Re-inspections that failed.
    pub returned_at_ms: Vec<i64>,
    pub struck_off_at_ms: Option<i64>,
}

/// One rectification: due by the end of a day, reported or not.
#[derive(Clone)]
pub(super) struct Round {
    pub deadline: Day,
    pub reported_at_ms: Option<i64>,
}

impl Round {
    /// When it became overdue, if it did by `now_ms`: the deadline's day ended and no report had come.
    pub fn overdue_from_ms(&self, now_ms: i64) -> Option<i64> {
        let end = self.deadline.end_ms();
        (self.reported_at_ms.unwrap_or(now_ms) >= end).then_some(end)
    }
}

impl Ledger {
    /// A hazard was registered.
    pub fn hazard_found(&mut self, sent: &RegisterHazardRequest, told: &Receipt) {
        self.receipt(told);
        let found_on = Day::from_wire(sent.found_on.as_ref().unwrap());
        let hazard = Hazard {
            enterprise: sent.parent.clone(),
            found_on,
            rounds: Vec::new(),
            entered_at_ms: told.received_at_ms,
            returned_at_ms: Vec::new(),
            struck_off_at_ms: None,
        };
        self.hazards.insert(told.resource.clone(), hazard);
    }

    /// Somebody has to rectify it by a day.
    pub fn hazard_assigned(&mut self, sent: &AssignRectificationRequest, told: &Receipt) {
        self.receipt(told);
        self.round(&sent.name, Day::from_wire(sent.deadline.as_ref().unwrap()));
    }

    /// The rectification was reported.
    pub fn hazard_reported(&mut self, sent: &ReportRectificationRequest, told: &Receipt) {
        self.receipt(told);
        if let Some(round) = self.hazards.get_mut(&sent.name).and_then(|hazard| hazard.rounds.last_mut()) {
            round.reported_at_ms = Some(told.received_at_ms);
        }
    }

    /// Somebody looked again; a failure begins another round.
    pub fn hazard_reinspected(&mut self, sent: &ReinspectHazardRequest, told: &Receipt) {
        self.receipt(told);
        if let (false, Some(deadline)) = (sent.passed, &sent.new_deadline) {
            self.round(&sent.name, Day::from_wire(deadline));
            if let Some(hazard) = self.hazards.get_mut(&sent.name) {
                hazard.returned_at_ms.push(told.received_at_ms);
            }
        }
    }

    /// It was struck off.
    pub fn hazard_struck_off(&mut self, sent: &StrikeOffHazardRequest, told: &Receipt) {
        self.receipt(told);
        if let Some(hazard) = self.hazards.get_mut(&sent.name) {
            hazard.struck_off_at_ms = Some(told.received_at_ms);
        }
    }

    fn round(&mut self, hazard: &str, deadline: Day) {
        if let Some(hazard) = self.hazards.get_mut(hazard) {
            hazard.rounds.push(Round { deadline, reported_at_ms: None });
        }
    }
}
