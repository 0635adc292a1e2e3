//! Major hazards (重大隐患): one dossier each, listed for supervision until accepted and struck off.
//!
//! Source: R52–R58; dossier MH1–MH23. Which event may follow which state is in [`crate::machine`], who may do what in the policy
//! table; the further rules are in [`rules`], what time says in [`time`], what an event does to the value in [`change`].

mod change;
mod rules;
#[cfg(test)]
mod tests;
mod time;

use std::collections::BTreeSet;

use crate::{
    actor::Role,
    clock::{Date, Instant},
    four_eyes::Acts,
    hazard::Ordered,
    hazard_category::HazardCategory,
    industry::IndustryCode,
    machine::{self, Machine},
    period::Month,
    personal::Personal,
    refusals,
    serial::Serial,
    states,
};

pub use rules::{Assessment, Commission, Identification, Listing, identify};

/// Longest term of a listing, in days [P].
pub const LONGEST_LISTING_DAYS: i64 = 366;
/// Days past the listed deadline after which the province sees the dossier [P].
pub const ESCALATION_DAYS: i64 = 30;
/// Working days from the judgement within which the dossier is opened [P].
pub const OPENING_WORKDAYS: u32 = 5;
/// An extension is asked for within so many working days before the deadline.
pub const EXTENSION_WINDOW_WORKDAYS: u32 = 20;
/// Most extensions of one listing [P].
pub const MOST_EXTENSIONS: u32 = 2;
/// Day of the following month by which a month's progress is reported [P].
pub const PROGRESS_DAY: i64 = 5;
/// Least number of persons who look at an acceptance.
pub const LEAST_INSPECTORS: usize = 2;

/// A body that a dossier is filed with (备案).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FilingBody {
    /// 县级安委会办公室
    CommissionOffice,
    /// 行业主管部门
    IndustryDepartment,
    /// 负有安全生产监管职责的部门
    DutyDepartment,
}

impl FilingBody {
    /// Whose account confirms for it.
    #[must_use]
    pub const fn role(self) -> Role {
        match self {
            Self::CommissionOffice => Role::CommissionOffice,
            Self::IndustryDepartment => Role::DepartmentOfficer,
            Self::DutyDepartment => Role::CountyRegulator,
        }
    }

    /// All three.
    pub const ALL: [Self; 3] = [Self::CommissionOffice, Self::IndustryDepartment, Self::DutyDepartment];

    /// Number on the wire and in the journal.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::CommissionOffice => 1,
            Self::IndustryDepartment => 2,
            Self::DutyDepartment => 3,
        }
    }

    /// From its number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|body| u32::from(body.number()) == number)
    }
}

/// The five elements (措施、责任、资金、时限、预案) with the goals as sixth item of Order 16's plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// 措施
    pub measures: String,
    /// 责任, by post
    pub responsibility: String,
    /// 资金, yuan
    pub funds_yuan: u64,
    /// 时限
    pub deadline: Date,
    /// 预案
    pub emergency_plan: String,
    /// 目标任务
    pub goals: String,
}

/// One progress report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Month reported on.
    pub month: Month,
    /// 0 to 100.
    pub percent: u8,
    /// Spent so far, yuan.
    pub spent_yuan: u64,
    /// Problems and protection.
    pub text: String,
}

states! {
    Identified "identified" "identified (已判定)";
    Dossier "dossier" "its dossier is open (建档)";
    Ready "ready" "complete (五要素齐全)";
    Filing "filing" "being filed (备案中)";
    Filed "filed" "filed (已备案)";
    Listed "listed" "listed (已挂牌)";
    Rectifying "rectifying" "in treatment (治理中)";
    Completed "completed" "treated (整改结束)";
    Assessing "assessing" "being assessed (评估中)";
    Assessed "assessed" "assessed (评估合格)";
    Applied "applied" "up for acceptance (申请验收)";
    Accepted "accepted" "accepted (验收合格)";
    StruckOff "struck_off" "struck off (已销号)";
    Downgraded "downgraded" "downgraded to general (降为一般)";
}

impl State {
    /// Whether it still counts as open: neither struck off nor downgraded.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::StruckOff | Self::Downgraded)
    }
}

/// The notice by which it is listed (挂牌督办通知).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Number.
    pub number: String,
    /// Who signed it for the listing body.
    pub signer: Personal,
    /// Who received it for the enterprise.
    pub receiver: Personal,
    /// Whether production stops until it is treated.
    pub suspends: bool,
}

/// Commissioned assessment by a qualified institution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessor {
    /// Institution.
    pub institution: String,
    /// Number of its qualification.
    pub qualification: String,
    /// Last day of the qualification.
    pub qualified_until: Date,
    /// Field that the qualification covers.
    pub field: String,
}

/// One dossier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dossier {
    /// Permanent serial.
    pub serial: Serial,
    /// Enterprise.
    pub enterprise: Serial,
    /// Its registered name when the hazard was identified.
    pub enterprise_title: String,
    /// Its industry category then.
    pub industry: IndustryCode,
    /// Where it stands.
    pub state: State,
    /// Day of discovery.
    pub found_on: Date,
    /// Day of the judgement.
    pub identified_on: Date,
    /// Last day to open the dossier, as the working days stood when it was judged.
    pub open_by: Date,
    /// Category.
    pub category: HazardCategory,
    /// Criterion by which it was judged.
    pub criterion: String,
    /// Present state and cause.
    pub state_and_cause: String,
    /// Degree of harm and difficulty.
    pub harm_and_difficulty: String,
    /// Protection of people meanwhile; empty until somebody protected them.
    pub protection: String,
    /// What an inspection ordered, if one found it.
    pub ordered: Option<Ordered>,
    /// The general hazard that it was, if it was upgraded.
    pub upgraded_from: Option<Serial>,
    /// Number of the dossier; empty until it is opened.
    pub number: String,
    /// No dossier was opened in time.
    pub undossiered: bool,
    /// The five elements.
    pub plan: Option<Plan>,
    /// Bodies that confirmed the filing.
    pub confirmed: BTreeSet<FilingBody>,
    /// Why it was not listed; empty if it was or nobody decided.
    pub not_listed: String,
    /// The listing.
    pub notice: Option<Notice>,
    /// Listed deadline.
    pub listed_deadline: Option<Date>,
    /// Last progress report.
    pub progress: Option<Progress>,
    /// Since when it has to be treated: listed, or sent back into treatment.
    pub treatable_since: Option<Instant>,
    /// Month in which treatment began first.
    pub treated_from: Option<Month>,
    /// First month of which no progress is reported or missed yet.
    pub progress_from: Option<Month>,
    /// Months without a progress report.
    pub progress_missed: u32,
    /// When the listed deadline passed, while that still counts.
    pub overdue_since: Option<Instant>,
    /// Shown to the province.
    pub escalated: bool,
    /// Later deadline asked for and not decided.
    pub extension: Option<Date>,
    /// Extensions granted.
    pub extensions: u32,
    /// Who assesses.
    pub assessor: Option<Assessor>,
    /// Failed acceptances and assessments.
    pub returned: u32,
    /// Day it was struck off.
    pub struck_off_on: Option<Date>,
    /// Number on the closing list.
    pub closing_number: String,
    /// Resumption of production asked for and not decided.
    pub resumption: bool,
    /// Production may go on.
    pub resumed: bool,
    /// General hazard as which it goes on.
    pub hazard: Option<Serial>,
    /// Who did what, for the rules of four eyes.
    pub acts: Acts,
    /// Position of the last change.
    pub version: u64,
}

refusals! {
    /// Unknown, or outside the caller's sight.
    NotFound { name: String } NotFound "DOSSIER_NOT_FOUND"
        "there is no dossier `{name}` here", "没有该重大隐患档案:{name}";
    /// The day is still to come.
    InFuture { on: Date, today: Date } InvalidArgument "DOSSIER_IN_FUTURE"
        "{on} is after today, {today}", "发现日期{on}晚于今天{today}";
    /// The step does not follow from this state.
    WrongState { wanted: String, state: &'static str } FailedPrecondition "DOSSIER_WRONG_STATE"
        "the dossier is {state}; this needs one that is {wanted}", "重大隐患当前状态为{state},该操作要求状态为{wanted}";
    /// People are to be protected first.
    NotProtected {} FailedPrecondition "DOSSIER_NOT_PROTECTED"
        "nobody has recorded how people are protected meanwhile; do that before filing", "尚未登记防范措施(撤人、停用、警示、监测),备案前须先落实";
    /// A body confirms once.
    AlreadyConfirmed {} FailedPrecondition "DOSSIER_ALREADY_CONFIRMED"
        "this body has already confirmed the filing", "该部门已确认备案";
    /// The deadline is not in the window.
    DeadlineOutside { deadline: Date, first: Date, last: Date } InvalidArgument "DOSSIER_DEADLINE_OUTSIDE"
        "deadline {deadline} must lie from {first} to {last}", "治理期限{deadline}应在{first}至{last}之间";
    /// Progress of a month that is not to be reported.
    MonthOutside { month: Month, first: Month, last: Month } InvalidArgument "DOSSIER_MONTH_OUTSIDE"
        "progress of {month} cannot be reported; it must lie from {first} to {last}", "不能填报{month}的进度,应在{first}至{last}之间";
    /// Asked for too early or too late.
    ExtensionOutside { first: Date, last: Date } FailedPrecondition "DOSSIER_EXTENSION_OUTSIDE"
        "an extension is asked for from {first} to {last}, the last twenty working days of the listing", "延期须在期满前20个工作日内({first}至{last})申请";
    /// No more of them.
    ExtensionsSpent { most: u32 } FailedPrecondition "DOSSIER_EXTENSIONS_SPENT"
        "the listing was extended {most} times already; that is the most", "已延期{most}次,不得再延";
    /// One request at a time.
    ExtensionPending {} FailedPrecondition "DOSSIER_EXTENSION_PENDING"
        "an extension is already asked for and not decided", "已有延期申请待审批";
    /// Nothing to decide.
    NoExtensionAsked {} FailedPrecondition "DOSSIER_NO_EXTENSION_ASKED"
        "no extension is asked for", "没有待审批的延期申请";
    /// The institution may not assess any more.
    QualificationExpired { until: Date, today: Date } FailedPrecondition "DOSSIER_QUALIFICATION_EXPIRED"
        "the qualification of the institution ended on {until}, before today, {today}", "评估机构资质已于{until}到期(今天{today})";
    /// Expert and head are two persons.
    ExpertIsHead {} InvalidArgument "DOSSIER_EXPERT_IS_HEAD"
        "the expert and the head who signs must be two persons", "专家与签批负责人不得为同一人";
    /// This account does not speak for that body.
    NotThatBody { role: &'static str } PermissionDenied "DOSSIER_NOT_THAT_BODY"
        "only an account with role {role} confirms for this body", "该部门的备案回执须由角色为{role}的账号确认";
    /// One pair of eyes is not enough.
    TooFewInspectors { named: usize } InvalidArgument "DOSSIER_TOO_FEW_INSPECTORS"
        "an acceptance needs at least two different persons, {named} named", "验收须有2名以上人员参加,现有{named}名";
    /// A refusal says why and by when.
    RefusalIncomplete {} InvalidArgument "DOSSIER_REFUSAL_INCOMPLETE"
        "a refused acceptance needs a reason and a new deadline", "验收不合格须说明原因并重新确定期限";
    /// Production was never stopped, or goes on again.
    NotSuspended {} FailedPrecondition "DOSSIER_NOT_SUSPENDED"
        "production was not suspended by the listing, or goes on already", "挂牌时未责令停产,或已恢复生产";
    /// One request at a time.
    ResumptionPending {} FailedPrecondition "DOSSIER_RESUMPTION_PENDING"
        "resumption is already asked for and not decided", "已有恢复生产申请待审批";
    /// Nothing to decide.
    NoResumptionAsked {} FailedPrecondition "DOSSIER_NO_RESUMPTION_ASKED"
        "resumption of production is not asked for", "没有待审批的恢复生产申请";
}

impl Dossier {
    /// Whether the listed deadline passed and nothing has come of it yet.
    #[must_use]
    pub const fn is_overdue(&self) -> bool {
        self.overdue_since.is_some()
    }

    /// The step that an event makes from here.
    ///
    /// # Errors
    /// It may not follow.
    fn step(&self, event: &'static str) -> Result<&'static machine::Transition, Refusal> {
        machine::follow(Machine::MajorHazard, self.state.id(), event)
            .map_err(|before| Refusal::WrongState { wanted: State::in_words(&before), state: self.state.words() })
    }
}
