//! The county's own organisation (组织保障): who leads, who is competent, who was trained, what is submitted to the city and when.
//!
//! Source: R33–R40, R46, R71–R72, R77–R81, R88–R89; dossier OR1–OR3, OR6, OR8, OR9. What the city does with it (OR4, OR5, OR7) is the city's.

mod change;
mod rules;
#[cfg(test)]
mod tests;

use crate::{
    clock::{Date, Instant},
    machine::BEGINNING,
    personal::Personal,
    refusals,
    serial::Serial,
};

pub use rules::{Batch, Member, Officers, Trainee, certify, demand_submission, plan_training, record_trainee};

/// Fewest competent users of a county (R35).
pub const LEAST_USERS: u32 = 2;
/// Longest validity of a certification, in days [P].
pub const LONGEST_CERTIFICATION_DAYS: i64 = 3 * 366;
/// The month of the annual summaries (R71), and its last day for them.
pub const SUMMARY_MONTH: i8 = 12;
/// Last day for the annual summary.
pub const SUMMARY_DAY: i8 = 30;

/// Where the list of the leading group stands (OR1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupState {
    /// Nobody named one.
    #[default]
    None,
    /// 拟定
    Draft,
    /// 已报备
    Filed,
    /// 报备后有变动
    Changed,
}

impl GroupState {
    /// Every state with its stored word.
    pub const WORDS: [(Self, &'static str); 4] =
        [(Self::None, BEGINNING), (Self::Draft, "draft"), (Self::Filed, "filed"), (Self::Changed, "changed")];
}

/// What is known of the county's bureau as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Organisation {
    /// 主要负责人; empty until named.
    pub bureau_head: String,
    /// 具体负责人 (R36).
    pub responsible: String,
    /// 数据管理员 (R46).
    pub steward: String,
    /// Where the leading group's list stands.
    pub group: GroupState,
    /// Its members.
    pub members: Vec<Member>,
    /// Since when they are members.
    pub group_from: Option<Date>,
    /// When the list was filed with the city last.
    pub filed_at: Option<Instant>,
    /// Users whose certification is in force.
    pub certified: u32,
    /// The last year of which the annual summary was opened.
    pub summary_year: i16,
    /// Position of the last change.
    pub version: u64,
}

/// What a user can do (R34).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skill {
    /// 使用
    Use,
    /// 维护
    Maintenance,
}

impl Skill {
    /// Every skill with its stored word.
    pub const WORDS: [(Self, &'static str); 2] = [(Self::Use, "use"), (Self::Maintenance, "maintenance")];
}

/// How far a user is (OR2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserState {
    /// 已培训
    Trained,
    /// 已认证
    Certified,
    /// 已过期
    Expired,
    /// 已离岗
    Left,
}

impl UserState {
    /// Every state with its stored word.
    pub const WORDS: [(Self, &'static str); 4] =
        [(Self::Trained, "trained"), (Self::Certified, "certified"), (Self::Expired, "expired"), (Self::Left, "left")];

    /// In both languages.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Trained => "trained (已培训)",
            Self::Certified => "certified (已认证)",
            Self::Expired => "expired (已过期)",
            Self::Left => "gone (已离岗)",
        }
    }
}

/// A user of the county who learned the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Permanent serial.
    pub serial: Serial,
    /// Who.
    pub person: Personal,
    /// Account.
    pub account: String,
    /// What.
    pub skill: Skill,
    /// When trained.
    pub trained_on: Date,
    /// How far.
    pub state: UserState,
    /// Last day of the certification.
    pub certified_until: Option<Date>,
    /// Position of the last change.
    pub version: u64,
}

/// Whom a batch is for (R37).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// 县级监管人员
    County,
    /// 乡镇
    Township,
    /// 企业
    Enterprise,
}

impl Layer {
    /// Every layer with its stored word.
    pub const WORDS: [(Self, &'static str); 3] =
        [(Self::County, "county"), (Self::Township, "township"), (Self::Enterprise, "enterprise")];
}

/// How far a training is (OR3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrainingState {
    /// 已计划
    Planned,
    /// 已举办
    Held,
    /// 已上报
    Reported,
}

impl TrainingState {
    /// Every state with its stored word.
    pub const WORDS: [(Self, &'static str); 3] = [(Self::Planned, "planned"), (Self::Held, "held"), (Self::Reported, "reported")];

    /// In both languages.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Planned => "planned (已计划)",
            Self::Held => "held (已举办)",
            Self::Reported => "reported (已上报)",
        }
    }
}

/// A batch of training.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Training {
    /// Permanent serial.
    pub serial: Serial,
    /// For whom.
    pub layer: Layer,
    /// Subject.
    pub title: String,
    /// Last day to hold and report it.
    pub report_by: Date,
    /// Persons to train.
    pub planned: u32,
    /// Persons trained.
    pub attended: u32,
    /// Day it was held.
    pub held_on: Option<Date>,
    /// Report.
    pub report: String,
    /// How far.
    pub state: TrainingState,
    /// Position of the last change.
    pub version: u64,
}

/// What is submitted (R72, R88).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmissionKind {
    /// 文件资料
    Document,
    /// 工作措施
    Measures,
    /// 经验做法
    Experience,
    /// 年度总结
    AnnualSummary,
}

impl SubmissionKind {
    /// Every kind with its stored word.
    pub const WORDS: [(Self, &'static str); 4] = [
        (Self::Document, "document"),
        (Self::Measures, "measures"),
        (Self::Experience, "experience"),
        (Self::AnnualSummary, "annual_summary"),
    ];
}

/// How far a submission is (OR6, OR8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmissionState {
    /// 待报送
    Due,
    /// 已报送
    Submitted,
    /// 已采用
    Credited,
}

impl SubmissionState {
    /// Every state with its stored word.
    pub const WORDS: [(Self, &'static str); 3] =
        [(Self::Due, "due"), (Self::Submitted, "submitted"), (Self::Credited, "credited")];

    /// In both languages.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Due => "due (待报送)",
            Self::Submitted => "submitted (已报送)",
            Self::Credited => "credited (已采用)",
        }
    }
}

/// Something that the county owes the city in writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Permanent serial.
    pub serial: Serial,
    /// What.
    pub kind: SubmissionKind,
    /// Title.
    pub title: String,
    /// Last day.
    pub due: Date,
    /// How far.
    pub state: SubmissionState,
    /// What was submitted.
    pub text: String,
    /// Who signed it; an annual summary is signed by the head (R77).
    pub signer: Personal,
    /// When.
    pub submitted_at: Option<Instant>,
    /// Position of the last change.
    pub version: u64,
}

impl Submission {
    /// Submitted by the end of its last day.
    #[must_use]
    pub fn on_time(&self) -> bool {
        self.submitted_at.is_some_and(|at| at < Instant::end_of(self.due))
    }
}

refusals! {
    /// Unknown here.
    NotFound { name: String } NotFound "ORGANISATION_NOT_FOUND"
        "there is no `{name}` here", "没有该记录:{name}";
    /// The head of the group is not the head of the bureau.
    HeadNotBureau { bureau_head: String } FailedPrecondition "ORGANISATION_HEAD_NOT_BUREAU"
        "the group needs exactly one head, and that is the head of the bureau, `{bureau_head}`; name the officers first", "领导小组组长只能有一人,且应由局主要负责人(“{bureau_head}”)担任,请先登记负责人";
    /// There is nothing to file.
    NothingToFile {} FailedPrecondition "ORGANISATION_NOTHING_TO_FILE"
        "there is no list of the group, or it is filed as it stands", "没有领导小组名单,或名单已报备且无变动";
    /// The step does not follow from this state.
    WrongState { wanted: &'static str, state: &'static str } FailedPrecondition "ORGANISATION_WRONG_STATE"
        "it is {state}; this needs one that is {wanted}", "当前状态为{state},该操作要求状态为{wanted}";
    /// The day is not in the window.
    DayOutside { day: Date, first: Date, last: Date } InvalidArgument "ORGANISATION_DAY_OUTSIDE"
        "{day} must lie from {first} to {last}", "日期{day}应在{first}至{last}之间";
    /// Who signs is the head.
    SignerNotHead { bureau_head: String } FailedPrecondition "ORGANISATION_SIGNER_NOT_HEAD"
        "the annual summary is signed by the head of the bureau, `{bureau_head}`", "年度总结应由局主要负责人(“{bureau_head}”)签字";
    /// More came than were planned for is fine; nobody is not.
    NobodyCame {} InvalidArgument "ORGANISATION_NOBODY_CAME"
        "a training that nobody attended was not held", "无人参加的培训不能登记为已举办";
}
