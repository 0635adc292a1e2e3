//! Inspections (检查): planned, assigned, on site, findings, record signed, ordered, fed back, looked at again, closed.
//!
//! Source: R19–R25, R59–R64; dossier IN1–IN16. Three kinds: special inspections of departments (部门专项检查), visits of experts (专家明查暗访),
//! comprehensive supervision of the government (政府综合督查). An inspection is of one enterprise; a [`plan::Plan`] makes many at once. Which event
//! may follow which state is in [`crate::machine`]; the further rules are in [`rules`], what time says in [`time`], what an event does to
//! the value in [`change`]. What it found goes on as general hazards and dossiers of their own.

mod change;
pub mod draw;
pub mod plan;
mod refusal;
mod rules;
pub mod sight;
#[cfg(test)]
pub(crate) mod tests;
mod time;

use std::collections::BTreeSet;

use crate::{
    clock::{Date, Instant},
    event::Digest,
    four_eyes::Acts,
    hazard_category::HazardCategory,
    industry::IndustryCode,
    machine::{self, Machine},
    period::Month,
    personal::Personal,
    serial::Serial,
    states,
};

pub use refusal::{REASONS, Refusal};
pub use rules::{Assignment, Feedback, Ordering, Recheck, Signature, Transfer, Visit};

/// Last day of a rectification order (D04), counted from its issue, where none is named; also the latest one [K].
pub const ORDER_DAYS: i64 = 30;
/// Longest measures decision (D03), in days: six months.
pub const MEASURES_DAYS: i64 = 183;
/// Working days in which what was found is fed back, and receipts come in [P].
pub const FEEDBACK_WORKDAYS: u32 = 3;
/// Days in which a re-inspection that is due has to be done [K].
pub const RECHECK_DAYS: i64 = 10;
/// Working days in which a department that was handed a hazard replies.
pub const REPLY_WORKDAYS: u32 = 10;
/// Working days in which the head escalates [P].
pub const ESCALATION_WORKDAYS: u32 = 1;
/// Persons who inspect together.
pub const LEAST_OFFICERS: usize = 2;

states! {
    Planned "planned" "planned (已计划)";
    Assigned "assigned" "assigned (已派员)";
    OnSite "on_site" "on site (现场检查中)";
    Recorded "recorded" "recorded (已记录)";
    Signed "signed" "signed (已签字)";
    Ordered "ordered" "ordered (已下达)";
    FedBack "fed_back" "fed back (已反馈)";
    RecheckDue "recheck_due" "up for re-inspection (待复查)";
    Rechecked "rechecked" "re-inspected (已复查)";
    Closed "closed" "closed (已归档)";
    Case "case" "a case (已立案)";
    Transferred "transferred" "transferred (已移送)";
}

impl State {
    /// Whether inspectors were on site and wrote down what they found.
    #[must_use]
    pub const fn has_happened(self) -> bool {
        !matches!(self, Self::Planned | Self::Assigned | Self::OnSite)
    }
}

/// The three inspections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// 部门专项检查
    Special,
    /// 专家明查暗访
    Expert,
    /// 政府综合督查
    Comprehensive,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Special, Self::Expert, Self::Comprehensive];

    /// Number in the journal and on the wire.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Special => 1,
            Self::Expert => 2,
            Self::Comprehensive => 3,
        }
    }

    /// From its number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// In messages, both languages.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Special => "a special inspection (部门专项检查)",
            Self::Expert => "a visit of experts (专家明查暗访)",
            Self::Comprehensive => "comprehensive supervision (政府综合督查)",
        }
    }
}

/// What was found, as it is written down on site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Number within the inspection, from 1.
    pub item: u32,
    /// The category of a hazard; none of a problem (问题), which is no hazard.
    pub category: Option<HazardCategory>,
    /// Whether the hazard is major.
    pub major: bool,
    /// Place.
    pub place: String,
    /// What is wrong.
    pub description: String,
    /// What is demanded.
    pub demand: String,
    /// Criterion by which the grade was judged; a major hazard needs one.
    pub criterion: String,
    /// Degree of harm and difficulty, of a major hazard.
    pub harm: String,
    /// SHA-256 of a photograph.
    pub photos: Vec<Digest>,
}

/// What was found, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// As written down on site.
    pub found: Found,
    /// Last day by the latest order; absent until it is ordered.
    pub deadline: Option<Date>,
    /// The general hazard as which it goes on.
    pub hazard: Option<Serial>,
    /// The dossier as which it goes on.
    pub dossier: Option<Serial>,
    /// Whether it passed the last re-inspection; absent until one looked.
    pub passed: Option<bool>,
}

/// How it was ordered to be put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrderKind {
    /// 责令限期整改 (D04)
    Deadline,
    /// 现场处理措施 (D03)
    Measures,
    /// 当场整改
    OnTheSpot,
}

impl OrderKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Deadline, Self::Measures, Self::OnTheSpot];

    /// Number in the journal and on the wire.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Deadline => 1,
            Self::Measures => 2,
            Self::OnTheSpot => 3,
        }
    }

    /// From its number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

/// The latest order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// How.
    pub kind: OrderKind,
    /// Document; none where it was put right on the spot.
    pub document: Option<Serial>,
    /// Day of issue.
    pub issued_on: Date,
    /// Last day.
    pub deadline: Date,
    /// Numbers of the findings.
    pub items: Vec<u32>,
}

/// Who confirms that it got the feedback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// The enterprise.
    Enterprise,
    /// The local industry department.
    Department,
}

impl Party {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Enterprise, Self::Department];

    /// Number in the journal and on the wire.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Enterprise => 1,
            Self::Department => 2,
        }
    }

    /// From its number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|party| party.number() == number)
    }
}

/// What was fed back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FedBack {
    /// Day.
    pub on: Date,
    /// Local industry department.
    pub department: String,
    /// Who confirmed for the enterprise; absent until it did.
    pub enterprise_receiver: Option<Personal>,
    /// Who confirmed for the department; absent until it did.
    pub department_receiver: Option<Personal>,
}

/// Reported upward at the same level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escalation {
    /// Day.
    pub on: Date,
    /// Commission office of the same level.
    pub office: String,
    /// Leaders who got the notice, by post.
    pub leaders: String,
    /// Why.
    pub reason: String,
}

/// Handed over to another department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handover {
    /// Day.
    pub on: Date,
    /// Department.
    pub department: String,
    /// Notice (S05).
    pub notice: Serial,
    /// Reply (S06).
    pub reply: Option<Serial>,
    /// Result (S07).
    pub result: Option<Serial>,
}

/// What time reminds of, once each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reminder {
    /// The month of the plan is over, and nobody was there.
    Unfulfilled,
    /// Ordered and not fed back in time.
    FeedbackLate,
    /// Fed back, and a receipt is missing.
    ReceiptMissing,
    /// Up for re-inspection for too long: the officer's leader and the county see it.
    RecheckLate,
    /// The department that took over does not reply: the commission office sees it.
    ReplyMissing,
}

impl Reminder {
    /// Every reminder.
    pub const ALL: [Self; 5] =
        [Self::Unfulfilled, Self::FeedbackLate, Self::ReceiptMissing, Self::RecheckLate, Self::ReplyMissing];

    /// Number in the journal and on the wire.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Unfulfilled => 1,
            Self::FeedbackLate => 2,
            Self::ReceiptMissing => 3,
            Self::RecheckLate => 4,
            Self::ReplyMissing => 5,
        }
    }

    /// From its number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|reminder| reminder.number() == number)
    }
}

/// How often something happened to an inspection that can be ordered and looked at more than once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Orders whose day passed before they were fed back.
    pub overdue: u32,
    /// Re-inspections that fell due.
    pub due: u32,
    /// Re-inspections.
    pub rechecked: u32,
    /// Of them on time.
    pub on_time: u32,
}

/// What came of the record's signing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Record (D02).
    pub record: Serial,
    /// Day.
    pub on: Date,
    /// Who answers on site.
    pub site_head: Personal,
    /// They would not sign.
    pub refused: bool,
    /// Why not, as told.
    pub reason: String,
}

/// One inspection of one enterprise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Permanent serial.
    pub serial: Serial,
    /// Plan that it fulfils.
    pub plan: Serial,
    /// Which of the three.
    pub kind: Kind,
    /// Nobody outside may know before it happened.
    pub covert: bool,
    /// Month of the plan.
    pub month: Month,
    /// Body that inspects and issues the documents.
    pub body: String,
    /// Area as in the numbers of documents.
    pub area: String,
    /// Letter of commission, of a visit by experts alone.
    pub letter: String,
    /// Enterprise.
    pub enterprise: Serial,
    /// Its industry category when it was planned.
    pub industry: IndustryCode,
    /// Where it stands.
    pub state: State,
    /// Day of the assignment.
    pub on: Option<Date>,
    /// Who inspects.
    pub officers: Vec<Serial>,
    /// Their certificates when they were assigned.
    pub certificates: Vec<String>,
    /// Their accounts.
    pub accounts: BTreeSet<String>,
    /// Begin on site.
    pub started: Option<Instant>,
    /// End on site.
    pub ended: Option<Instant>,
    /// Place.
    pub place: String,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Signing of the record.
    pub signed: Option<Signed>,
    /// Latest order.
    pub order: Option<Order>,
    /// Orders issued.
    pub orders: u32,
    /// The order's day passed before anything was fed back.
    pub overdue: bool,
    /// Latest feedback.
    pub fed_back: Option<FedBack>,
    /// Reported upward.
    pub escalation: Option<Escalation>,
    /// Since when it is up for re-inspection.
    pub recheck_due_on: Option<Date>,
    /// The enterprise asked for the re-inspection.
    pub applied: bool,
    /// Day of the last re-inspection.
    pub rechecked_on: Option<Date>,
    /// Opinion of the last re-inspection (D05).
    pub opinion: Option<Serial>,
    /// Handed over.
    pub handover: Option<Handover>,
    /// Form by which the case was opened (D07).
    pub case: Option<Serial>,
    /// How often orders fell overdue and re-inspections fell due, took place, were on time.
    pub tally: Tally,
    /// What time reminded of.
    pub reminders: BTreeSet<Reminder>,
    /// Day it was closed.
    pub closed_on: Option<Date>,
    /// Who did what, for the rules of four eyes.
    pub acts: Acts,
    /// Position of the last change.
    pub version: u64,
}

impl Inspection {
    /// The step that an event makes from here.
    ///
    /// # Errors
    /// It may not follow.
    fn step(&self, event: &'static str) -> Result<&'static machine::Transition, Refusal> {
        machine::follow(Machine::Inspection, self.state.id(), event)
            .map_err(|before| Refusal::WrongState { wanted: State::in_words(&before), state: self.state.words() })
    }

    /// Day on which inspectors were on site.
    #[must_use]
    pub fn visited_on(&self) -> Option<Date> {
        self.started.map(Instant::date)
    }

    /// Findings that the latest order names and the last re-inspection did not pass.
    pub fn failed(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.passed == Some(false))
    }

    /// Whether the enterprise may know of it: it was told.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.fed_back.is_some()
    }
}
