//! What each event does to a self-inspection: the same for the writer and for replay.

use super::{InspectionId, SIGNING_DAYS, SelfInspection, State, Task};
use crate::{
    clock::Instant,
    event::{Event, InspectionRound, SelfInspectionRecorded},
    frequency::Window,
    industry::IndustryCode,
    serial::Serial,
    stamp::Stamp,
};

impl SelfInspection {
    fn empty(enterprise: Serial, id: InspectionId, industry: IndustryCode, counts: bool, version: u64) -> Self {
        Self {
            enterprise,
            id,
            industry,
            state: State::Due,
            task: None,
            counts,
            on: None,
            inspectors: Vec::new(),
            area: String::new(),
            list: None,
            results: Vec::new(),
            finished_at: None,
            missed: false,
            late: false,
            late_reason: String::new(),
            paper: None,
            signatures: Vec::new(),
            signed_in_time: false,
            cancelled: String::new(),
            version,
        }
    }

    /// A task as a round opens it.
    #[must_use]
    pub fn fallen_due(round: &InspectionRound, table: u32, enterprise: Serial, industry: IndustryCode, stamp: &Stamp) -> Self {
        let window = Window { opens: round.opens, ends: round.ends };
        let id = InspectionId::of_task(&round.rule, round.opens);
        Self {
            task: Some(Task { rule: round.rule.clone(), table, window }),
            ..Self::empty(enterprise, id, industry, round.counts, stamp.position)
        }
    }

    /// One that no rule asked for, recorded from paper.
    #[must_use]
    pub fn unasked(event: &SelfInspectionRecorded, industry: IndustryCode, stamp: &Stamp) -> Self {
        let id = InspectionId::of_serial(event.inspection);
        Self::empty(event.enterprise, id, industry, true, stamp.position)
    }

    /// Lets an event of this inspection take effect; others leave it as it is.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        match event {
            Event::SelfInspectionPlanned(event) => {
                self.state = State::Planned;
                self.on = Some(event.on);
                self.inspectors.clone_from(&event.inspectors);
                self.area.clone_from(&event.area);
                self.list = Some(event.list.clone());
            }
            Event::SelfInspectionStarted(event) => {
                self.state = State::Running;
                self.on = Some(event.on);
                self.inspectors.clone_from(&event.inspectors);
                self.area.clone_from(&event.area);
                self.list = Some(event.list.clone());
            }
            Event::SelfInspectionFinished(event) => {
                self.results.clone_from(&event.results);
                self.end(stamp);
            }
            Event::SelfInspectionMadeUp(event) => {
                self.on = Some(event.on);
                self.inspectors.clone_from(&event.inspectors);
                self.area.clone_from(&event.area);
                self.list = Some(event.list.clone());
                self.results.clone_from(&event.results);
                self.late_reason.clone_from(&event.reason);
                self.end(stamp);
            }
            Event::SelfInspectionSigned(_) => {
                self.signatures.push(stamp.actor.clone());
                if self.signatures.len() >= self.chain().len() {
                    self.state = State::Signed;
                    let done = self.finished_at.map_or(stamp.at, |at| Instant::end_of(at.date()));
                    self.signed_in_time = stamp.at < done.plus_days(SIGNING_DAYS);
                }
            }
            Event::SelfInspectionsMissed(_) => {
                self.state = State::Missed;
                self.missed = true;
            }
            Event::SelfInspectionCancelled(event) => {
                self.state = State::Cancelled;
                self.cancelled.clone_from(&event.reason);
            }
            Event::SelfInspectionRecorded(event) => {
                self.on = Some(event.on);
                self.inspectors = vec![event.inspector.clone(), event.responsible.clone(), event.legal_representative.clone()];
                self.area.clone_from(&event.scope);
                self.late_reason.clone_from(&event.late_reason);
                self.paper = Some(event.paper);
                self.end(stamp);
                self.state = State::Signed;
                // Paper shows no hour: what is entered within three days of the inspection was signed within them.
                self.signed_in_time = stamp.at < Instant::end_of(event.on).plus_days(SIGNING_DAYS);
            }
            _ => return,
        }
        self.version = stamp.position;
    }

    fn end(&mut self, stamp: &Stamp) {
        self.late = self.missed || self.task.as_ref().is_some_and(|task| stamp.at >= task.window.ends);
        self.state = State::Done;
        self.finished_at = Some(stamp.at);
    }
}
