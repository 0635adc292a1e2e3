//! What each event does to the county's organisation: the same for the writer and for replay.

use super::{
    GroupState, Layer, Organisation, Skill, Submission, SubmissionKind, SubmissionState, Training, TrainingState, User, UserState,
};
use crate::{event::Event, personal::Personal, serial::Serial, stamp::Stamp};

/// The value of a number that counts from 1.
fn numbered<T: Copy>(words: &[(T, &'static str)], number: u32) -> Option<T> {
    let place = usize::try_from(number).ok()?.checked_sub(1)?;
    words.get(place).map(|(value, _)| *value)
}

impl Organisation {
    /// Lets an event take effect; others leave it as it is.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        match event {
            Event::OfficersNamed(event) => {
                event.bureau_head.shown().clone_into(&mut self.bureau_head);
                event.responsible.shown().clone_into(&mut self.responsible);
                event.steward.shown().clone_into(&mut self.steward);
            }
            Event::LeadingGroupSet(event) => {
                let filed = matches!(self.group, GroupState::Filed | GroupState::Changed);
                self.group = if filed { GroupState::Changed } else { GroupState::Draft };
                self.members.clone_from(&event.members);
                self.group_from = Some(event.from);
            }
            Event::LeadingGroupFiled(_) => {
                self.group = GroupState::Filed;
                self.filed_at = Some(stamp.at);
            }
            Event::AnnualSummaryOpened(event) => self.summary_year = i16::try_from(event.year).unwrap_or(i16::MAX),
            _ => return,
        }
        self.version = stamp.position;
    }

    /// A user's certification began or ended.
    pub fn count_user(&mut self, before: bool, after: bool, stamp: &Stamp) {
        match (before, after) {
            (false, true) => self.certified = self.certified.saturating_add(1),
            (true, false) => self.certified = self.certified.saturating_sub(1),
            (true, true) | (false, false) => {}
        }
        self.version = stamp.position;
    }
}

impl User {
    /// As the first event makes it; nothing for another event.
    #[must_use]
    pub fn trained(event: &Event, stamp: &Stamp) -> Option<Self> {
        let Event::UserTrained(event) = event else { return None };
        Some(Self {
            serial: event.user,
            person: event.person.clone(),
            account: event.account.clone(),
            skill: if event.maintenance { Skill::Maintenance } else { Skill::Use },
            trained_on: event.on,
            state: UserState::Trained,
            certified_until: None,
            version: stamp.position,
        })
    }

    /// Lets an event of this user take effect; others leave it as it is.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        match event {
            Event::UserCertified(event) => {
                self.state = UserState::Certified;
                self.certified_until = Some(event.until);
            }
            Event::CertificationExpired(_) => self.state = UserState::Expired,
            Event::UserLeft(_) => self.state = UserState::Left,
            _ => return,
        }
        self.version = stamp.position;
    }
}

impl Training {
    /// As the first event makes it; nothing for another event.
    #[must_use]
    pub fn planned(event: &Event, stamp: &Stamp) -> Option<Self> {
        let Event::TrainingPlanned(event) = event else { return None };
        Some(Self {
            serial: event.training,
            layer: numbered(&Layer::WORDS, event.layer)?,
            title: event.title.clone(),
            report_by: event.report_by,
            planned: event.planned,
            attended: 0,
            held_on: None,
            report: String::new(),
            state: TrainingState::Planned,
            version: stamp.position,
        })
    }

    /// Lets an event of this batch take effect; others leave it as it is.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        match event {
            Event::TrainingHeld(event) => {
                self.state = TrainingState::Held;
                self.held_on = Some(event.on);
                self.attended = event.attended;
            }
            Event::TrainingReported(event) => {
                self.state = TrainingState::Reported;
                self.report.clone_from(&event.report);
            }
            _ => return,
        }
        self.version = stamp.position;
    }
}

impl Submission {
    /// As the first event makes it; nothing for another event.
    #[must_use]
    pub fn demanded(event: &Event, serial: Serial, stamp: &Stamp) -> Option<Self> {
        let (serial, kind, title, due) = match event {
            Event::SubmissionDemanded(event) => {
                (event.submission, numbered(&SubmissionKind::WORDS, event.kind)?, event.title.clone(), event.due)
            }
            Event::AnnualSummaryOpened(event) => {
                (serial, SubmissionKind::AnnualSummary, format!("{}年度工作总结", event.year), event.due)
            }
            _ => return None,
        };
        Some(Self {
            serial,
            kind,
            title,
            due,
            state: SubmissionState::Due,
            text: String::new(),
            signer: Personal::Known(String::new()),
            submitted_at: None,
            version: stamp.position,
        })
    }

    /// Lets an event of this submission take effect; others leave it as it is.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        match event {
            Event::SubmissionMade(event) => {
                self.state = SubmissionState::Submitted;
                self.text.clone_from(&event.text);
                self.signer = event.signer.clone();
                self.submitted_at = Some(stamp.at);
            }
            Event::SubmissionCredited(_) => self.state = SubmissionState::Credited,
            _ => return,
        }
        self.version = stamp.position;
    }
}
