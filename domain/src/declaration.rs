//! The monthly declaration (月度申报): computed from the records, confirmed, signed by the legal representative, filed by the 5th.
//!
//! Source: R17, R68–R70; dossier MD1–MD14. Which event may follow which state is in [`crate::machine`]; the further rules are in
//! [`rules`], what an event does to the value in [`change`]. A filing after the due instant is late, never refused.

mod change;
mod rules;
#[cfg(test)]
mod tests;

use crate::{
    clock::{Date, Instant},
    event::Digest,
    period::Month,
    refusals,
    serial::Serial,
    states,
};

pub use rules::Filing;

/// Working days after which a filed declaration counts as accepted if nobody objects [P].
pub const OBJECTION_WORKDAYS: u32 = 5;
/// Working days within which a returned declaration is to be filed again [P].
pub const CORRECTION_WORKDAYS: u32 = 3;

/// Figures of a declaration, as the records have them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Self-inspections in the month.
    pub self_inspections: u32,
    /// General hazards found in the month.
    pub general_found: u32,
    /// General hazards struck off in the month.
    pub general_struck_off: u32,
    /// General hazards open.
    pub general_open: u32,
    /// Major hazards found in the month.
    pub major_found: u32,
    /// Major hazards struck off in the month.
    pub major_struck_off: u32,
    /// Major hazards open.
    pub major_open: u32,
}

impl Figures {
    /// Whether nothing was found in the month, which makes it a zero report (零报告).
    #[must_use]
    pub const fn is_zero_report(&self) -> bool {
        self.general_found == 0 && self.major_found == 0
    }
}

/// What a signature covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Figures.
    pub figures: Figures,
    /// Whether the enterprise produced in the month (生产), as it says; a stopped one declares all the same.
    pub producing: bool,
    /// Statement of a zero report, else empty.
    pub zero_statement: String,
}

impl Content {
    /// Canonical bytes: a tag, the enterprise, the month, then the figures in order, each as eight bytes big-endian, one byte for
    /// producing, the statement's length and the statement. The hash of it is taken where hashing lives.
    #[must_use]
    pub fn canonical(&self, enterprise: Serial, month: Month) -> Vec<u8> {
        let figures = &self.figures;
        let mut bytes = b"changxiao-declaration-v2\0".to_vec();
        let numbers = [
            enterprise.raw(),
            u64::from(month.year().unsigned_abs()),
            u64::from(month.month()),
            figures.self_inspections.into(),
            figures.general_found.into(),
            figures.general_struck_off.into(),
            figures.general_open.into(),
            figures.major_found.into(),
            figures.major_struck_off.into(),
            figures.major_open.into(),
            self.producing.into(),
            self.zero_statement.len() as u64,
        ];
        for number in numbers {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(self.zero_statement.as_bytes());
        bytes
    }
}

states! {
    NotOwed "-" "not owed (不在名单)";
    Open "open" "open (待申报)";
    Draft "draft" "being filled in (填报中)";
    Confirmed "confirmed" "confirmed (已核对)";
    Signed "signed" "signed (已签字)";
    OnTime "on_time" "filed in time (已申报)";
    Overdue "overdue" "overdue (逾期)";
    Late "late" "filed late (迟报)";
    Accepted "accepted" "accepted (已受理)";
    Returned "returned" "returned (退回)";
    Missing "missing" "missing (漏报)";
    Exempt "exempt" "exempt (免报)";
}

/// One enterprise in one month: what was counted, and its declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnterpriseMonth {
    /// Enterprise.
    pub enterprise: Serial,
    /// Month.
    pub month: Month,
    /// Counts of the month; the two `open` figures are filled from the enterprise when shown or filed.
    pub counts: Figures,
    /// Where the declaration stands.
    pub state: State,
    /// Whether the enterprise produced, as edited last; nothing until it is edited.
    pub producing: Option<bool>,
    /// Statement of a zero report, as confirmed.
    pub zero_statement: String,
    /// Content that the responsible person confirmed last.
    pub confirmed: Option<Digest>,
    /// Content that the legal representative signed last.
    pub signed: Option<Digest>,
    /// What was filed last.
    pub filed: Option<Filed>,
    /// Why it was sent back, while it is.
    pub returned: Option<Returned>,
    /// Why it need not be filed; empty if it must.
    pub exempt: String,
    /// Who fills it in instead of the enterprise, and why.
    pub proxy: Option<Proxy>,
    /// Correction asked for and not decided.
    pub correction: Option<Correction>,
    /// Position of the last change.
    pub version: u64,
}

/// What was filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// When.
    pub at: Instant,
    /// What, as signed.
    pub content: Content,
    /// Content hash.
    pub content_hash: Digest,
    /// After the due instant.
    pub late: bool,
    /// Why it was late, else empty.
    pub late_reason: String,
    /// By a proxy (代报).
    pub by_proxy: bool,
    /// Last day for an objection.
    pub accept_by: Date,
    /// How often it was corrected.
    pub corrections: u32,
}

/// Why it was sent back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    /// Reason.
    pub reason: String,
    /// It said nothing, so the first filing does not count as one in time.
    pub as_empty: bool,
    /// Last day to file it again.
    pub correct_by: Date,
}

/// Somebody declares for an enterprise that cannot (代报).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// Why.
    pub reason: String,
    /// SHA-256 of the scan of the paper that the enterprise signed.
    pub paper: Digest,
}

/// A correction that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// Why.
    pub reason: String,
    /// Figures as they are to stand.
    pub figures: Figures,
    /// Hash of the corrected content, as the legal representative saw it.
    pub content_hash: Digest,
}

/// What a declaration adds to the figures of its month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Exempt.
    pub exempt: bool,
    /// Filed in time.
    pub on_time: bool,
    /// Filed late.
    pub late: bool,
    /// A zero report.
    pub zero: bool,
    /// By a proxy.
    pub by_proxy: bool,
}

impl EnterpriseMonth {
    /// What it adds to the figures as it stands. A returned declaration keeps its mark unless it was returned as empty (MD9).
    #[must_use]
    pub fn counted(&self) -> Counted {
        let filed = match self.state {
            State::OnTime | State::Late | State::Accepted => self.filed.as_ref(),
            State::Returned => self.filed.as_ref().filter(|_| self.returned.as_ref().is_none_or(|returned| !returned.as_empty)),
            State::NotOwed
            | State::Open
            | State::Draft
            | State::Confirmed
            | State::Signed
            | State::Overdue
            | State::Missing
            | State::Exempt => None,
        };
        Counted {
            exempt: self.state == State::Exempt,
            on_time: filed.is_some_and(|filed| !filed.late),
            late: filed.is_some_and(|filed| filed.late),
            zero: filed.is_some_and(|filed| filed.content.figures.is_zero_report()),
            by_proxy: filed.is_some_and(|filed| filed.by_proxy),
        }
    }

    /// Instant at which time accepts it (MD8), if it waits for that.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        let filed = self.filed.as_ref().filter(|_| matches!(self.state, State::OnTime | State::Late))?;
        Some(Instant::end_of(filed.accept_by))
    }
}

refusals! {
    /// It is not over yet.
    MonthNotFrozen { month: Month } FailedPrecondition "MONTH_NOT_FROZEN"
        "the declaration of {month} opens at 00:00 on the 1st of the next month", "{month}的申报从次月1日零时开始";
    /// The enterprise is not in the frozen set.
    NotOwed { month: Month } FailedPrecondition "DECLARATION_NOT_OWED"
        "the enterprise was not in the set that owes {month} when it was frozen", "企业不在{month}应申报名单内";
    /// Filed already.
    AlreadyFiled { month: Month } FailedPrecondition "DECLARATION_ALREADY_FILED"
        "the declaration of {month} is already filed", "{month}已申报";
    /// The records say something else than the caller saw.
    ContentChanged { month: Month } Aborted "DECLARATION_CONTENT_CHANGED"
        "the records of {month} changed since the content was shown; look at it again", "{month}的记录已变化,请重新核对后再签";
    /// Nobody signed.
    NotSigned { month: Month } FailedPrecondition "DECLARATION_NOT_SIGNED"
        "the legal representative has not signed the declaration of {month}", "{month}的申报尚未经法定代表人签字";
    /// Signed over other figures.
    SignatureVoid { month: Month } FailedPrecondition "DECLARATION_SIGNATURE_VOID"
        "the declaration of {month} was signed over other figures; it must be signed again", "{month}签字后数据有变化,签字失效,须重新签字";
    /// A zero report needs its statement.
    ZeroWithoutStatement { month: Month } InvalidArgument "DECLARATION_ZERO_WITHOUT_STATEMENT"
        "nothing was found in {month}: the statement that no hazard was found is required", "{month}为零隐患申报,须填写无隐患说明";
    /// A statement that nothing was found, over findings.
    StatementWithoutZero { month: Month } InvalidArgument "DECLARATION_STATEMENT_WITHOUT_ZERO"
        "hazards were found in {month}: it is no zero report, the statement must be empty", "{month}已登记隐患,不能填写无隐患说明";
    /// A zero report needs an inspection that could have found something.
    ZeroWithoutInspection { month: Month } FailedPrecondition "DECLARATION_ZERO_WITHOUT_INSPECTION"
        "a zero report of {month} needs a signed self-inspection in that month", "{month}零隐患申报须有当月已签字的自查记录";
    /// The step does not follow from this state.
    WrongState { wanted: String, state: &'static str } FailedPrecondition "DECLARATION_WRONG_STATE"
        "the declaration is {state}; this needs one that is {wanted}", "申报当前状态为{state},该操作要求状态为{wanted}";
    /// Checked over other figures.
    ConfirmationVoid { month: Month } FailedPrecondition "DECLARATION_CONFIRMATION_VOID"
        "the declaration of {month} was confirmed over other figures; edit and confirm it again", "{month}核对后数据有变化,核对失效,须重新填报、核对";
    /// Late without a word.
    LateWithoutReason { month: Month } InvalidArgument "DECLARATION_LATE_WITHOUT_REASON"
        "the declaration of {month} is late: the reason is required", "{month}为迟报,须填写迟报原因";
    /// Nobody recorded that the enterprise cannot declare by itself.
    NotProxied { month: Month } PermissionDenied "DECLARATION_NOT_PROXIED"
        "an enterprise declares {month} by itself; record the proxy first, with its reason and the signed paper", "{month}应由企业自行申报;代报须先登记代报原因和签字纸质材料";
    /// One request at a time.
    CorrectionPending { month: Month } FailedPrecondition "DECLARATION_CORRECTION_PENDING"
        "a correction of {month} is already asked for and not decided", "{month}已有更正申请待审批";
    /// Nothing to decide.
    NoCorrectionAsked { month: Month } FailedPrecondition "DECLARATION_NO_CORRECTION_ASKED"
        "no correction of {month} is asked for", "{month}没有待审批的更正申请";
    /// The records say what was filed.
    NothingToCorrect { month: Month } FailedPrecondition "DECLARATION_NOTHING_TO_CORRECT"
        "the records of {month} say what was filed; correct the records first, figures are never typed", "{month}的记录与已申报数据一致,须先更正记录,数据不能手工填写";
}
