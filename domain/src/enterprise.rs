//! Enterprises (生产经营单位) and their admission into the catalogue (纳入监管): combed through, scored, listed, invited, filled in, submitted,
//! checked, approved by the city; stopped and resumed; removed, or moved to another county.
//!
//! Source: notice 保安监管〔2015〕27号, R26, R41–R44, R65, R66; dossier AD1–AD14. Which event may follow which state is in [`crate::machine`],
//! who may do what in the policy table; the further rules are in [`rules`], what an event does to the value in [`change`], what time says in
//! [`time`].

mod change;
pub mod data;
pub mod identity;
pub mod incoming;
pub mod likeness;
mod merge;
mod rules;
#[cfg(test)]
pub(crate) mod tests;
mod time;
pub mod transfer;

use crate::{
    actor::AccountId,
    clock::{Date, Instant},
    four_eyes::Acts,
    machine::{self, Machine},
    period::Month,
    personal::Personal,
    refusals,
    region::RegionId,
    serial::Serial,
    states,
};

pub use data::{Completeness, Contact, EnterpriseData, Field, Ground, Keeper, Regulator};
pub use identity::{Identifier, Number};
pub use rules::{Restart, Stop, propose, publish_name_list};
pub use time::{Reminder, TRANSFER_WORKDAYS};

states! {
    Candidate "candidate" "a candidate (候选)";
    Listed "listed" "on the name list (拟纳入)";
    Excluded "excluded" "not taken (不纳入)";
    Filling "filling" "filling in its data (录入中)";
    Submitted "submitted" "waiting for the county's check (待核)";
    Checked "checked" "waiting for the city (待市审)";
    Approved "approved" "approved (在管)";
    Stopped "stopped" "stopped (停产)";
    Removed "removed" "removed (移出)";
    Moved "moved" "moved to another county (已迁出)";
}

impl State {
    /// Whether it is supervised: approved, producing or not.
    #[must_use]
    pub const fn is_supervised(self) -> bool {
        matches!(self, Self::Approved | Self::Stopped)
    }
}

/// One scored factor (规模、危险程度、安全现状): 1 for little to 5 for much, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// 1 to 5.
    pub score: u8,
    /// Why.
    pub reason: String,
}

/// The three factors by which the county chooses (R42).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factors {
    /// 企业规模
    pub size: Factor,
    /// 危险程度
    pub danger: Factor,
    /// 安全现状
    pub safety: Factor,
}

/// Who was invited to fill in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Person who was told.
    pub contact: Contact,
    /// Account with which the enterprise fills in.
    pub account: AccountId,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldReason {
    /// Field.
    pub field: Field,
    /// What is wrong.
    pub reason: String,
}

/// Why an enterprise leaves the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// 关闭
    Closed,
    /// 迁出
    Moved,
    /// 合并
    Merged,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 3] = [Self::Closed, Self::Moved, Self::Merged];

    /// Number on the wire, in the journal and in the database.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Closed => 1,
            Self::Moved => 2,
            Self::Merged => 3,
        }
    }

    /// From its number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.number() == number)
    }
}

/// What is asked for and not decided. One thing at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pending {
    /// The enterprise stops producing (AD10).
    Stop {
        /// First day without production.
        on: Date,
        /// Why.
        reason: String,
        /// Who guards it meanwhile.
        guard: Personal,
    },
    /// It goes on producing (AD11).
    Restart {
        /// First day of production.
        on: Date,
        /// Day of the inspection before it.
        inspected_on: Date,
    },
    /// The county wants it out of the catalogue (AD12).
    Removal {
        /// Why it leaves.
        cause: Cause,
        /// In words.
        reason: String,
        /// When the county asked.
        asked_at: Instant,
    },
    /// The county offers it to another one (AD13).
    Transfer {
        /// The other county.
        to: RegionId,
        /// Why.
        reason: String,
        /// When it was offered.
        offered_at: Instant,
        /// Last day for the other county's answer.
        answer_by: Date,
    },
}

impl Pending {
    /// In messages, both languages.
    #[must_use]
    pub const fn words(&self) -> &'static str {
        match self {
            Self::Stop { .. } => "a stop of production (停产)",
            Self::Restart { .. } => "a restart of production (复产)",
            Self::Removal { .. } => "a removal (移出)",
            Self::Transfer { .. } => "a transfer (迁移)",
        }
    }
}

/// Days between which it produced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// First day.
    pub from: Date,
    /// First day on which it did not.
    pub to: Option<Date>,
}

/// A published list of those who are taken into the catalogue (名单): a document of its day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameList {
    /// Permanent serial.
    pub serial: Serial,
    /// Its date.
    pub on: Date,
    /// Its heading.
    pub title: String,
    /// Enterprises in the order of its lines.
    pub enterprises: Vec<Serial>,
}

/// One supervised object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enterprise {
    /// Permanent serial.
    pub serial: Serial,
    /// What is known of it.
    pub data: EnterpriseData,
    /// Where it stands.
    pub state: State,
    /// Since when it stands there.
    pub since: Instant,
    /// How often time has spoken since.
    pub reminded: u8,
    /// The three scored factors, once it was put on the name list.
    pub factors: Option<Factors>,
    /// Why it was taken or not.
    pub choice_reason: String,
    /// Who was invited.
    pub invitation: Option<Invitation>,
    /// What the county wants put right, field by field.
    pub returned: Vec<FieldReason>,
    /// When the county asked the city last.
    pub requested_at: Option<Instant>,
    /// When the city's approval took effect in the county.
    pub approved_at: Option<Instant>,
    /// Reasons of the city's last return, empty if none.
    pub returned_reason: String,
    /// When its data were confirmed last.
    pub confirmed_at: Option<Instant>,
    /// Nobody confirmed its data for more than 31 days (信息未更新).
    pub stale: bool,
    /// Days between which it produced.
    pub operation: Vec<Operation>,
    /// What is asked for and not decided.
    pub pending: Option<Pending>,
    /// The enterprise of which it is the double.
    pub merged_into: Option<Serial>,
    /// Entries that are doubles of this one, ascending.
    pub doubles: Vec<Serial>,
    /// Name that it had in another county, empty if it was always here.
    pub moved_from: String,
    /// Region or name where it is now, empty if it is here.
    pub moved_to: String,
    /// Transfer by which it was handed over, while the other county has not taken it over.
    pub offer: String,
    /// Why it left.
    pub removed_for: Option<Cause>,
    /// Records that went elsewhere with it when it moved or was merged: general hazards, then dossiers.
    pub taken_along: (Vec<Serial>, Vec<Serial>),
    /// General hazards open.
    pub general_open: u32,
    /// Major hazards open.
    pub major_open: u32,
    /// Who did what, for the rules of four eyes.
    pub acts: Acts,
    /// Position of the last change.
    pub version: u64,
}

refusals! {
    /// Unknown, or outside the caller's sight.
    NotFound { name: String } NotFound "ENTERPRISE_NOT_FOUND"
        "there is no enterprise `{name}` here", "没有该企业:{name}";
    /// Its identifier belongs to another one.
    IdentifierTaken { value: String, by: Serial } AlreadyExists "ENTERPRISE_IDENTIFIER_TAKEN"
        "identifier {value} already belongs to enterprise {by}", "证照号码{value}已登记在企业{by}名下";
    /// The step does not follow from this state.
    WrongState { wanted: String, state: &'static str } FailedPrecondition "ENTERPRISE_WRONG_STATE"
        "the enterprise is {state}; this needs one that is {wanted}", "企业当前状态为{state},该操作要求状态为{wanted}";
    /// Its records are not kept, or not here.
    NotApproved { state: &'static str } FailedPrecondition "ENTERPRISE_NOT_APPROVED"
        "the enterprise is {state}; records are kept while it is approved", "企业当前状态为{state},市级审核通过后、在管期间才能填报";
    /// It is the double of another one.
    Merged { into: Serial } FailedPrecondition "ENTERPRISE_MERGED"
        "the enterprise is a double of enterprise {into}; use that one", "该企业已并入企业{into},请在该企业名下办理";
    /// Fields are missing.
    Incomplete { filled: usize, total: usize, missing: String } FailedPrecondition "ENTERPRISE_INCOMPLETE"
        "{filled} of {total} mandatory fields are filled; missing: {missing}", "必填项{total}项已填{filled}项,缺:{missing}";
    /// Its identifiers do not identify it.
    IdentifierFault { fault: &'static str } FailedPrecondition "ENTERPRISE_IDENTIFIER_FAULT"
        "the identifiers do not identify the enterprise: {fault}", "证照号码核验不通过:{fault}";
    /// The account cannot fill in for it.
    AccountUnfit { account: AccountId } FailedPrecondition "ENTERPRISE_ACCOUNT_UNFIT"
        "account {account} is not an open account of an information officer of this enterprise; make one first",
        "账号{account}不是该企业信息员的有效账号,请先开通";
    /// Only the county keeps this field.
    FieldOfCounty { field: &'static str, zh: &'static str } PermissionDenied "ENTERPRISE_FIELD_OF_COUNTY"
        "only the county changes field {field} ({zh})", "{zh}({field})只能由县级监管部门修改";
    /// Figures were counted under the category.
    IndustryFixed {} FailedPrecondition "ENTERPRISE_INDUSTRY_FIXED"
        "the main category of a supervised enterprise is fixed: figures were counted under it", "在管企业的主行业类别已计入统计,不能更改";
    /// Somebody else looks at the data right now.
    UnderReview { state: &'static str } FailedPrecondition "ENTERPRISE_UNDER_REVIEW"
        "the enterprise is {state}; its data rest until that is decided", "企业当前状态为{state},审核期间不能修改信息";
    /// Nothing would change.
    NothingChanged {} FailedPrecondition "ENTERPRISE_NOTHING_CHANGED"
        "the given values are the present ones; confirm the data instead", "所填内容与现有信息相同,如无变化请使用“确认无变化”";
    /// One thing at a time.
    RequestPending { what: &'static str } FailedPrecondition "ENTERPRISE_REQUEST_PENDING"
        "{what} is already asked for and not decided", "已有待办事项未处理:{what}";
    /// Nothing to decide.
    NothingPending { what: &'static str } FailedPrecondition "ENTERPRISE_NOTHING_PENDING"
        "{what} is not asked for", "没有待处理的申请:{what}";
    /// The day cannot be.
    DayOutside { on: Date, first: Date, last: Date } InvalidArgument "ENTERPRISE_DAY_OUTSIDE"
        "{on} must lie from {first} to {last}", "日期{on}应在{first}至{last}之间";
    /// Production is suspended by an order.
    Suspended { dossiers: String } FailedPrecondition "ENTERPRISE_SUSPENDED"
        "production is suspended by {dossiers}; its resumption must be decided there first", "{dossiers}责令停产尚未解除,须先办理恢复生产";
    /// Hazards are open.
    HazardsOpen { general: u32, major: u32 } FailedPrecondition "ENTERPRISE_HAZARDS_OPEN"
        "{general} general and {major} major hazards are open; they must be struck off or handed over first",
        "尚有一般隐患{general}项、重大隐患{major}项未销号,须先销号或移交";
    /// Both are the same.
    SameEnterprise {} InvalidArgument "ENTERPRISE_SAME"
        "an enterprise cannot be merged with itself", "不能将企业与其自身合并";
    /// It is not a double of that one.
    NotMerged {} FailedPrecondition "ENTERPRISE_NOT_MERGED"
        "the enterprise is not merged into another one", "该企业未与其他企业合并";
    /// It holds doubles itself.
    HoldsDoubles { double: Serial } FailedPrecondition "ENTERPRISE_HOLDS_DOUBLES"
        "enterprise {double} is merged into this one; undo that first", "企业{double}已并入该企业,须先撤销合并";
    /// Nobody stands on the list.
    NameListEmpty {} FailedPrecondition "NAME_LIST_EMPTY"
        "no enterprise is on the name list", "没有可列入名单的企业";
    /// It cannot move to where it is.
    SameRegion { region: RegionId } InvalidArgument "ENTERPRISE_SAME_REGION"
        "the enterprise lies in {region} already", "企业已在{region}";
}

impl Enterprise {
    /// The step that an event makes from here.
    ///
    /// # Errors
    /// It may not follow.
    fn step(&self, event: &'static str) -> Result<&'static machine::Transition, Refusal> {
        if let Some(into) = self.merged_into {
            return Err(Refusal::Merged { into });
        }
        machine::follow(Machine::Admission, self.state.id(), event)
            .map_err(|before| Refusal::WrongState { wanted: State::in_words(&before), state: self.state.words() })
    }

    /// Whether records of it may be kept.
    ///
    /// # Errors
    /// [`Refusal::NotApproved`], [`Refusal::Merged`].
    pub fn must_be_approved(&self) -> Result<(), Refusal> {
        if let Some(into) = self.merged_into {
            return Err(Refusal::Merged { into });
        }
        if self.state.is_supervised() { Ok(()) } else { Err(Refusal::NotApproved { state: self.state.words() }) }
    }

    /// Whether it owes the declaration of a month: supervised, approved before the month's end, and its industry is rolled out by then
    /// (R31, R32; dossier §3 point 6). Who stopped producing still declares (AD10).
    #[must_use]
    pub fn owes(&self, month: Month, rollout: Date) -> bool {
        let end = Instant::end_of(month.last_day());
        self.state.is_supervised()
            && self.merged_into.is_none()
            && self.approved_at.is_some_and(|at| at < end)
            && rollout <= month.last_day()
    }

    /// Whether a window that opens then asks it to inspect itself: in the catalogue and producing, its industry rolled out. Who stopped has
    /// no tasks (dossier §7).
    #[must_use]
    pub fn inspects(&self, opens: Instant, rollout: Date) -> bool {
        self.state == State::Approved
            && self.merged_into.is_none()
            && self.approved_at.is_some_and(|at| at <= opens)
            && rollout <= opens.date()
    }
}
