//! Major hazards as clients know them.

use changxiao_proto::{county::v1::*, types::v1::Receipt};

use super::Ledger;
use crate::calendar::{Day, Month};

/// One major hazard.
#[derive(Clone)]
pub(super) struct Dossier {
    pub enterprise: String,
    pub found_on: Day,
    pub listed_at_ms: Option<i64>,
    /// Each time that the enterprise had to treat it under a listed deadline.
    pub rounds: Vec<Round>,
    /// Progress reports: the month and when it came.
    pub reports: Vec<(Month, i64)>,
    /// Assessments and acceptances that failed.
    pub returned_at_ms: Vec<i64>,
    pub struck_off_at_ms: Option<i64>,
}

impl Dossier {
    /// When months passed without a report while it was treated: a month is owed from the one in which treatment begins, until the
    /// end of the 5th of the next.
    pub fn missed_at_ms(&self, now_ms: i64) -> Vec<i64> {
        let due = |month: Month| month.next().first().plus(5).start_ms();
        let (mut owed, mut missed) = (None::<Month>, Vec::new());
        for round in &self.rounds {
            let begun = Day::of(round.begun_ms).month();
            let mut month = owed.map_or(begun, |owed| owed.max(begun));
            let end_ms = round.completed_at_ms.unwrap_or(now_ms).min(now_ms);
            let reports = self.reports.iter().filter(|(_, at_ms)| (round.begun_ms..=end_ms).contains(at_ms));
            for (reported, at_ms) in reports.map(|(reported, at_ms)| (Some(reported.next()), *at_ms)).chain([(None, end_ms)]) {
                while due(month) <= at_ms {
                    missed.push(due(month));
                    month = month.next();
                }
                month = reported.map_or(month, |reported| reported.max(month));
            }
            owed = Some(month);
        }
        missed
    }
}

/// One treatment: due by the end of a day, ended or not.
#[derive(Clone)]
pub(super) struct Round {
    pub begun_ms: i64,
    pub deadline: Day,
    pub completed_at_ms: Option<i64>,
    /// When a refused acceptance set another deadline.
    pub replaced_at_ms: Option<i64>,
}

impl Round {
    /// When it became overdue, if it did by `now_ms`.
    pub fn overdue_from_ms(&self, now_ms: i64) -> Option<i64> {
        // A treatment taken up again after its deadline is overdue from the first moment.
        let from = self.deadline.end_ms().max(self.begun_ms);
        (self.completed_at_ms.unwrap_or(now_ms) >= from).then_some(from)
    }
}

impl Ledger {
    /// A hazard was judged major.
    pub fn dossier_identified(&mut self, sent: &IdentifyMajorHazardRequest, told: &Receipt) {
        self.receipt(told);
        let dossier = Dossier {
            enterprise: sent.parent.clone(),
            found_on: Day::from_wire(sent.found_on.as_ref().unwrap()),
            listed_at_ms: None,
            rounds: Vec::new(),
            reports: Vec::new(),
            returned_at_ms: Vec::new(),
            struck_off_at_ms: None,
        };
        self.dossiers.insert(told.resource.clone(), dossier);
    }

    /// It was listed for supervision with a deadline.
    pub fn dossier_listed(&mut self, sent: &ListForSupervisionRequest, told: &Receipt) {
        self.receipt(told);
        let deadline = Day::from_wire(sent.deadline.as_ref().unwrap());
        if let Some(dossier) = self.dossiers.get_mut(&sent.name) {
            dossier.listed_at_ms = Some(told.received_at_ms);
            dossier.rounds.push(Round { begun_ms: told.received_at_ms, deadline, completed_at_ms: None, replaced_at_ms: None });
        }
    }

    /// Its progress in a month was reported.
    pub fn dossier_progressed(&mut self, sent: &ReportProgressRequest, told: &Receipt) {
        self.receipt(told);
        let month = sent.progress.as_ref().and_then(|progress| progress.month.as_ref()).map(Month::from_wire);
        if let (Some(dossier), Some(month)) = (self.dossiers.get_mut(&sent.name), month) {
            dossier.reports.push((month, told.received_at_ms));
        }
    }

    /// The treatment ended.
    pub fn dossier_completed(&mut self, sent: &CompleteTreatmentRequest, told: &Receipt) {
        self.receipt(told);
        if let Some(round) = self.dossiers.get_mut(&sent.name).and_then(|dossier| dossier.rounds.last_mut()) {
            round.completed_at_ms = Some(told.received_at_ms);
        }
    }

    /// An institution concluded; a failure sends the hazard back into treatment under the same deadline.
    pub fn dossier_assessed(&mut self, sent: &RecordAssessmentRequest, told: &Receipt) {
        self.receipt(told);
        if !sent.passed {
            self.again(&sent.name, None, told.received_at_ms);
        }
    }

    /// The listing body decided; a refusal sends the hazard back into treatment under a new deadline.
    pub fn dossier_decided(&mut self, sent: &DecideAcceptanceRequest, told: &Receipt) {
        self.receipt(told);
        if !sent.accepted {
            self.again(&sent.name, sent.new_deadline.as_ref().map(Day::from_wire), told.received_at_ms);
        }
    }

    /// It was struck off.
    pub fn dossier_struck_off(&mut self, sent: &StrikeOffDossierRequest, told: &Receipt) {
        self.receipt(told);
        if let Some(dossier) = self.dossiers.get_mut(&sent.name) {
            dossier.struck_off_at_ms = Some(told.received_at_ms);
        }
    }

    fn again(&mut self, dossier: &str, deadline: Option<Day>, begun_ms: i64) {
        let Some(dossier) = self.dossiers.get_mut(dossier) else { return };
        dossier.returned_at_ms.push(begun_ms);
        if let (Some(_), Some(round)) = (deadline, dossier.rounds.last_mut()) {
            round.replaced_at_ms = Some(begun_ms);
        }
        let Some(deadline) = deadline.or(dossier.rounds.last().map(|round| round.deadline)) else { return };
        dossier.rounds.push(Round { begun_ms, deadline, completed_at_ms: None, replaced_at_ms: None });
    }
}
