//! Self-inspections (自检自查): the "1" of 1+3+4. Tasks open by the rules of the industry, are planned, carried out item by item, signed level by
//! level (层层签字), missed or made up.
//!
//! Source: R14–R18, R47; dossier §7, SI1–SI8. Which event may follow which state is in [`crate::machine`], who may do what in the policy table; the
//! further rules are in [`rules`], what an event does to the value in [`change`].

mod change;
mod months;
mod rules;
#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr};

use crate::{
    checklist::ChecklistId,
    clock::{Date, Instant},
    event::Digest,
    frequency::Window,
    industry::IndustryCode,
    machine::{self, Machine},
    period::Month,
    personal::Personal,
    refusals,
    serial::Serial,
    states,
};

pub use months::InspectedMonths;
pub use rules::{Around, Finding, Paper, Plan, Start, must_not_be_future, record, round_id};

/// Days after the end of an inspection within which the chain of signatures is to be closed [S, 3 days P].
pub const SIGNING_DAYS: i64 = 3;

states! {
    Due "due" "due (待查)";
    Planned "planned" "planned (已安排)";
    Running "running" "under way (检查中)";
    Done "done" "done, not signed (待签字)";
    Signed "signed" "signed (已签字)";
    Missed "missed" "missed (漏查)";
    Cancelled "cancelled" "cancelled (已取消)";
}

/// Name of an inspection within its enterprise: a task's rule and the opening of its window, such as `coal-monthly.20150901` or
/// `hazchem-patrol.20150901T0200`; the serial of the entry for one that no rule asked for, such as `1-30`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InspectionId(String);

/// Not the name of an inspection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no name of a self-inspection such as coal-monthly.20150901 or 1-30")]
pub struct BadInspectionId(pub String);

impl InspectionId {
    /// Of a task.
    #[must_use]
    pub fn of_task(rule: &str, opens: Instant) -> Self {
        let day = opens.date();
        let minutes = opens.ms_since(Instant::start_of(day)) / 60_000;
        let date = format!("{:04}{:02}{:02}", day.year(), day.month(), day.day());
        Self(match minutes {
            0 => format!("{rule}.{date}"),
            _ => format!("{rule}.{date}T{:02}{:02}", minutes / 60, minutes % 60),
        })
    }

    /// Of one that no rule asked for.
    #[must_use]
    pub fn of_serial(serial: Serial) -> Self {
        Self(serial.to_string())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InspectionId {
    type Err = BadInspectionId;

    fn from_str(text: &str) -> Result<Self, BadInspectionId> {
        let good = (1..=80).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'T'));
        if good { Ok(Self(text.to_owned())) } else { Err(BadInspectionId(text.chars().take(100).collect())) }
    }
}

impl fmt::Display for InspectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a rule asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Rule of the table of frequencies.
    pub rule: String,
    /// Version of that table, 0 for the shipped one.
    pub table: u32,
    /// When it is to be done.
    pub window: Window,
}

/// Which list an inspection goes by: as it stood when the inspection was planned or begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListUsed {
    /// Name.
    pub id: ChecklistId,
    /// Version of the county's list.
    pub version: u32,
    /// Version of the enterprise's own items, 0 for none.
    pub own_version: u32,
}

/// What was seen at one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// 合格
    Ok,
    /// 不合格: there is a hazard.
    NotOk,
    /// 不适用
    NotApplicable,
}

impl Verdict {
    /// Number on the wire and in the journal.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Ok => 1,
            Self::NotOk => 2,
            Self::NotApplicable => 3,
        }
    }

    /// From its number.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Ok),
            2 => Some(Self::NotOk),
            3 => Some(Self::NotApplicable),
            _ => None,
        }
    }
}

/// The result at one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemResult {
    /// Key of the item.
    pub item: String,
    /// What was seen.
    pub verdict: Verdict,
    /// The hazard, where it is not ok.
    pub hazard: Option<Serial>,
}

/// Who signs, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signer {
    /// 检查人
    Inspector,
    /// 自查自报责任人
    Responsible,
    /// 法定代表人
    Legal,
}

impl Signer {
    /// In messages, both languages.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Inspector => "the inspector (检查人)",
            Self::Responsible => "the responsible person (自查自报责任人)",
            Self::Legal => "the legal representative (法定代表人)",
        }
    }
}

/// One inspection: a task, or one that no rule asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfInspection {
    /// Enterprise.
    pub enterprise: Serial,
    /// Name within it.
    pub id: InspectionId,
    /// Industry category of the enterprise when the task opened.
    pub industry: IndustryCode,
    /// Where it stands.
    pub state: State,
    /// What a rule asked for.
    pub task: Option<Task>,
    /// Comprehensive: it counts as "self-inspection carried out", and the legal representative signs it.
    pub counts: bool,
    /// The day planned; once begun, the day held.
    pub on: Option<Date>,
    /// Who inspects.
    pub inspectors: Vec<Personal>,
    /// Areas.
    pub area: String,
    /// By which list.
    pub list: Option<ListUsed>,
    /// What was seen.
    pub results: Vec<ItemResult>,
    /// When it was reported done.
    pub finished_at: Option<Instant>,
    /// Its window had passed without it (漏查), whether it was made up later or not.
    pub missed: bool,
    /// Done after its window.
    pub late: bool,
    /// Why it was late, else empty.
    pub late_reason: String,
    /// SHA-256 of the scan of the signed paper, for one that was recorded from paper.
    pub paper: Option<Digest>,
    /// Accounts that signed, in the order of the chain.
    pub signatures: Vec<String>,
    /// The chain was closed within three days.
    pub signed_in_time: bool,
    /// Why it was cancelled, else empty.
    pub cancelled: String,
    /// Position of the last change.
    pub version: u64,
}

/// What an inspection adds to figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// A comprehensive task.
    pub due: bool,
    /// Done within its window.
    pub done: bool,
    /// Its window passed without it.
    pub missed: bool,
    /// Done after its window.
    pub late: bool,
    /// Cancelled.
    pub cancelled: bool,
    /// Its chain was closed in time.
    pub signed_in_time: bool,
    /// A signed comprehensive inspection, asked for or not.
    pub signed: bool,
}

impl SelfInspection {
    /// The signatures that it needs, in order.
    #[must_use]
    pub const fn chain(&self) -> &'static [Signer] {
        if self.counts {
            &[Signer::Inspector, Signer::Responsible, Signer::Legal]
        } else {
            &[Signer::Inspector, Signer::Responsible]
        }
    }

    /// What it adds to the figures as it stands.
    #[must_use]
    pub fn counted(&self) -> Counted {
        let task = self.counts && self.task.is_some();
        let finished = matches!(self.state, State::Done | State::Signed);
        Counted {
            due: task,
            done: task && finished && !self.late,
            missed: task && self.missed,
            late: task && finished && self.late,
            cancelled: task && self.state == State::Cancelled,
            signed_in_time: task && self.signed_in_time,
            signed: self.counts && self.state == State::Signed,
        }
    }

    /// The month in whose figures its task counts: that of the last day of its window.
    #[must_use]
    pub fn due_month(&self) -> Option<Month> {
        self.task.as_ref().map(|task| Month::of(task.window.last_day()))
    }

    /// Instant at which time itself will change it: the end of its window.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        let task = self.task.as_ref()?;
        matches!(self.state, State::Due | State::Planned).then_some(task.window.ends)
    }

    /// The step that an event makes from here.
    fn step(&self, event: &'static str) -> Result<&'static machine::Transition, Refusal> {
        machine::follow(Machine::SelfInspection, self.state.id(), event)
            .map_err(|before| Refusal::WrongState { wanted: State::in_words(&before), state: self.state.words() })
    }
}

refusals! {
    /// Unknown, or outside the caller's sight.
    NotFound { name: String } NotFound "SELF_INSPECTION_NOT_FOUND"
        "there is no self-inspection `{name}` here", "没有该自查:{name}";
    /// The day is still to come.
    InFuture { on: Date, today: Date } InvalidArgument "SELF_INSPECTION_IN_FUTURE"
        "{on} is after today, {today}", "日期{on}晚于今天{today}";
    /// The step does not follow from this state.
    WrongState { wanted: String, state: &'static str } FailedPrecondition "SELF_INSPECTION_WRONG_STATE"
        "the self-inspection is {state}; this needs one that is {wanted}", "自查当前状态为{state},该操作要求状态为{wanted}";
    /// The day is not in the window.
    OutsideWindow { on: Date, first: Date, last: Date } InvalidArgument "SELF_INSPECTION_OUTSIDE_WINDOW"
        "{on} must lie from {first} to {last}", "日期{on}应在{first}至{last}之间";
    /// Nobody said who inspects what by which list.
    PlanMissing {} InvalidArgument "SELF_INSPECTION_PLAN_MISSING"
        "the self-inspection was not planned: name inspectors, area and checklist as it begins", "该自查未安排,开始时须填写检查人、检查范围和检查表";
    /// Not one result for each item.
    ResultsIncomplete { missing: String, unknown: String } InvalidArgument "SELF_INSPECTION_RESULTS_INCOMPLETE"
        "every item of the list needs exactly one result; missing: [{missing}], not in the list or twice: [{unknown}]", "检查表每一项须填写一个结果;缺:[{missing}],多:[{unknown}]";
    /// A hazard that is not there.
    HazardUnknown { item: String, name: String } FailedPrecondition "SELF_INSPECTION_HAZARD_UNKNOWN"
        "item {item}: {name} is no open hazard of this enterprise", "第{item}项:{name}不是本企业未销号的隐患";
    /// Somebody else signs first.
    OutOfOrder { next: &'static str } FailedPrecondition "SELF_INSPECTION_OUT_OF_ORDER"
        "the next signature is that of {next}", "应由{next}签字";
    /// Late without a word.
    LateWithoutReason { name: String } InvalidArgument "SELF_INSPECTION_LATE_WITHOUT_REASON"
        "the window of {name} is over: the reason is required", "{name}已过期限,补查须说明原因";
    /// The enterprise does not let itself off.
    CountyCancels {} PermissionDenied "SELF_INSPECTION_COUNTY_CANCELS"
        "a comprehensive self-inspection is cancelled by the county", "综合性自查须由县级监管部门取消";
}
