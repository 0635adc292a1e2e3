//! General hazards (一般隐患): found, assessed, rectified, re-inspected, accepted, struck off (排查、评估、整改、复查、验收、销号).
//!
//! Source: R18, R51; dossier GH1–GH15. Which event may follow which state is in [`crate::machine`], who may do what in the policy
//! table; the further rules are in [`rules`], what an event does to the value in [`change`].

mod change;
mod rules;
#[cfg(test)]
mod tests;

use crate::{
    clock::{Date, Instant},
    four_eyes::Acts,
    hazard_category::HazardCategory,
    industry::IndustryCode,
    machine::{self, Machine},
    personal::Personal,
    refusals,
    serial::Serial,
    states,
};

pub use rules::{Assignment, Find, check_criteria, register};

/// Usual time for a rectification, in days [P].
pub const USUAL_RECTIFICATION_DAYS: i64 = 7;
/// Longest time for a rectification without a reason, in days [P].
pub const LONGEST_RECTIFICATION_DAYS: i64 = 30;
/// Longest time for a rectification at all, in days [P].
pub const UTMOST_RECTIFICATION_DAYS: i64 = 366;
/// Days past the deadline after which re-assessment as major is proposed [P].
pub const REASSESSMENT_DAYS: i64 = 15;
/// A hazard entered more than so many days after its discovery was entered late [P].
pub const ENTRY_DAYS: i64 = 3;
/// 监督检查: found by an inspection; the authority that ordered the rectification looks again.
pub const SOURCE_INSPECTION: u8 = 5;

states! {
    Registered "registered" "registered (已登记)";
    General "general" "assessed as general (待整改)";
    Rectifying "rectifying" "being rectified (整改中)";
    Rectified "rectified" "waiting for re-inspection (待复查)";
    Reinspected "reinspected" "re-inspected (复查合格)";
    Accepted "accepted" "accepted (已验收)";
    StruckOff "struck_off" "struck off (已销号)";
    Upgraded "upgraded" "upgraded to major (升为重大)";
    Voided "voided" "void (作废)";
}

impl State {
    /// Whether it still counts as open: neither struck off, nor upgraded, nor void.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::StruckOff | Self::Upgraded | Self::Voided)
    }
}

/// Who answers for each of the four steps (整改、复查、验收、销号; R18).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duties {
    /// 整改责任人
    pub rectifier: Personal,
    /// 复查责任人
    pub reinspector: Personal,
    /// 验收责任人
    pub acceptor: Personal,
    /// 销号责任人
    pub closer: Personal,
}

/// A request for a later deadline that nobody decided yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// Last day asked for.
    pub deadline: Date,
    /// Why.
    pub reason: String,
}

/// A request to void that nobody decided yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voiding {
    /// Why.
    pub reason: String,
    /// The hazard that it repeats, if it is a duplicate.
    pub duplicate_of: Option<Serial>,
}

/// What an inspection ordered of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// Inspection that found it.
    pub inspection: Serial,
    /// Last day by its order; no assignment may go beyond it.
    pub deadline: Date,
}

/// One general hazard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hazard {
    /// Permanent serial.
    pub serial: Serial,
    /// Enterprise.
    pub enterprise: Serial,
    /// Industry category of the enterprise when the hazard was found.
    pub industry: IndustryCode,
    /// Where it stands.
    pub state: State,
    /// Day of discovery.
    pub found_on: Date,
    /// Category.
    pub category: HazardCategory,
    /// Place.
    pub place: String,
    /// What is wrong.
    pub description: String,
    /// 隐患来源, 1 to 8.
    pub source: u8,
    /// Who found it.
    pub finder: Personal,
    /// What an inspection ordered, if one found it.
    pub ordered: Option<Ordered>,
    /// Entered late.
    pub late_entry: bool,
    /// The hazard that came back as this one.
    pub repeat_of: Option<Serial>,
    /// The dossier that it was, if it was downgraded.
    pub downgraded_from: Option<Serial>,
    /// It came back as another one.
    pub recurred: bool,
    /// Set of criteria by which it was judged general.
    pub criteria: String,
    /// Who answers for what; named with the assignment.
    pub duties: Option<Duties>,
    /// What is to be done.
    pub measure: String,
    /// Protection of people meanwhile.
    pub protection: String,
    /// Last day for the rectification.
    pub deadline: Option<Date>,
    /// The deadline passed without rectification.
    pub overdue: bool,
    /// So long overdue that re-assessment as major is proposed.
    pub reassess: bool,
    /// Later deadline asked for.
    pub extension: Option<Extension>,
    /// Extensions granted.
    pub extensions: u32,
    /// What was done.
    pub result: String,
    /// What it cost, yuan.
    pub cost_yuan: u64,
    /// Failed re-inspections.
    pub returned: u32,
    /// Who did what, for the rules of four eyes.
    pub acts: Acts,
    /// Voiding asked for.
    pub voiding: Option<Voiding>,
    /// Dossier as which it goes on.
    pub dossier: Option<Serial>,
    /// Day it was struck off.
    pub struck_off_on: Option<Date>,
    /// Position of the last change.
    pub version: u64,
}

refusals! {
    /// Unknown, or outside the caller's sight.
    NotFound { name: String } NotFound "HAZARD_NOT_FOUND"
        "there is no hazard `{name}` here", "没有该隐患:{name}";
    /// The day is still to come.
    InFuture { on: Date, today: Date } InvalidArgument "HAZARD_IN_FUTURE"
        "{on} is after today, {today}", "发现日期{on}晚于今天{today}";
    /// The step does not follow from this state.
    WrongState { wanted: String, state: &'static str } FailedPrecondition "HAZARD_WRONG_STATE"
        "the hazard is {state}; this needs one that is {wanted}", "隐患当前状态为{state},该操作要求状态为{wanted}";
    /// Not a set of criteria that was in force.
    CriteriaNotInForce { given: String, on: Date, sets: String } InvalidArgument "HAZARD_CRITERIA_NOT_IN_FORCE"
        "`{given}` is no set of criteria in force on {on} for this industry; in force: {sets}", "{given}不是{on}适用于该行业的判定标准,可用:{sets}";
    /// The deadline is not in the window.
    DeadlineOutside { deadline: Date, first: Date, last: Date } InvalidArgument "HAZARD_DEADLINE_OUTSIDE"
        "deadline {deadline} must lie from {first} to {last}", "整改期限{deadline}应在{first}至{last}之间";
    /// What was ordered is not put off by an assignment.
    BeyondOrder { deadline: Date, ordered: Date } InvalidArgument "HAZARD_BEYOND_ORDER"
        "deadline {deadline} lies after {ordered}, the day of the inspection's order; ask for an extension", "整改期限{deadline}晚于检查责令期限{ordered},如需延长请申请延期";
    /// A long time needs a reason.
    LongWithoutReason { deadline: Date, last: Date } InvalidArgument "HAZARD_LONG_WITHOUT_REASON"
        "deadline {deadline} lies after {last}; more than thirty days need a reason", "整改期限{deadline}超过30日({last}),须说明理由";
    /// What an inspection ordered, the authority looks at again.
    AuthorityRequired {} PermissionDenied "HAZARD_AUTHORITY_REQUIRED"
        "an inspection found this hazard; the supervising authority re-inspects, accepts and strikes it off", "监督检查发现的隐患须由监管部门复查、验收、销号";
    /// A failed re-inspection says why and by when.
    FailureIncomplete {} InvalidArgument "HAZARD_FAILURE_INCOMPLETE"
        "a failed re-inspection needs a reason and a new deadline", "复查不合格须说明原因并重新确定期限";
    /// One request at a time.
    ExtensionPending {} FailedPrecondition "HAZARD_EXTENSION_PENDING"
        "an extension is already asked for and not decided", "已有延期申请待审批";
    /// Nothing to decide.
    NoExtensionAsked {} FailedPrecondition "HAZARD_NO_EXTENSION_ASKED"
        "no extension is asked for", "没有待审批的延期申请";
    /// Asked for after the deadline.
    ExtensionTooLate { deadline: Date } FailedPrecondition "HAZARD_EXTENSION_TOO_LATE"
        "the deadline {deadline} has passed; an extension is asked for before it", "整改期限{deadline}已过,延期须在到期前申请";
    /// One request at a time.
    VoidingPending {} FailedPrecondition "HAZARD_VOIDING_PENDING"
        "voiding is already asked for and not decided", "已有作废申请待审批";
    /// Nothing to decide.
    NoVoidingAsked {} FailedPrecondition "HAZARD_NO_VOIDING_ASKED"
        "voiding is not asked for", "没有待审批的作废申请";
    /// It repeats something that cannot have come back.
    RepeatsNothing { name: String } FailedPrecondition "HAZARD_REPEATS_NOTHING"
        "{name} is no struck-off hazard of this enterprise that could have come back", "{name}不是本企业已销号的隐患,不能登记为复发";
    /// It duplicates something that is not there.
    DuplicateUnknown { name: String } FailedPrecondition "HAZARD_DUPLICATE_UNKNOWN"
        "{name} is no other hazard of this enterprise", "{name}不是本企业的另一项隐患";
}

impl Hazard {
    /// The step that an event makes from here.
    ///
    /// # Errors
    /// It may not follow.
    fn step(&self, event: &'static str) -> Result<&'static machine::Transition, Refusal> {
        machine::follow(Machine::GeneralHazard, self.state.id(), event)
            .map_err(|before| Refusal::WrongState { wanted: State::in_words(&before), state: self.state.words() })
    }

    /// Instant at which time itself will change it: the end of the deadline, then fifteen days later.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        let end = Instant::end_of(self.deadline?);
        match (self.state, self.overdue, self.reassess) {
            (State::Rectifying, false, _) => Some(end),
            (State::Rectifying, true, false) => Some(end.plus_days(REASSESSMENT_DAYS)),
            _ => None,
        }
    }
}
