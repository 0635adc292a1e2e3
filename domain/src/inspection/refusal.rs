//! Why a command on an inspection is refused.

use crate::{clock::Date, period::Month, refusals};

refusals! {
    /// Unknown, or outside the caller's sight.
    NotFound { name: String } NotFound "INSPECTION_NOT_FOUND"
        "there is no inspection `{name}` here", "没有该检查:{name}";
    /// The step does not follow from this state.
    WrongState { wanted: String, state: &'static str } FailedPrecondition "INSPECTION_WRONG_STATE"
        "the inspection is {state}; this needs one that is {wanted}", "检查当前状态为{state},该操作要求状态为{wanted}";
    /// The month lies outside what may be planned.
    MonthOutside { month: Month, first: Month, last: Month } InvalidArgument "INSPECTION_MONTH_OUTSIDE"
        "{month} cannot be planned; it must lie from {first} to {last}", "不能编制{month}的计划,应在{first}至{last}之间";
    /// Only experts go covertly.
    CovertNotExpert {} InvalidArgument "INSPECTION_COVERT_NOT_EXPERT"
        "only visits of experts are covert", "只有专家明查暗访可以不事先告知";
    /// Who inspects is to be named.
    DepartmentsMissing { least: usize, kind: &'static str } InvalidArgument "INSPECTION_DEPARTMENTS_MISSING"
        "{kind} names at least {least} department(s)", "{kind}至少须有{least}个部门参加";
    /// A plan of nothing.
    NoTargets { most: usize } InvalidArgument "INSPECTION_TARGETS_OUTSIDE"
        "a plan has 1 to {most} different enterprises, listed or drawn, not both", "检查对象应为1至{most}家,直接列出或随机抽取,不得兼用";
    /// More are to be drawn than there are.
    DrawTooLarge { wanted: usize, candidates: usize } FailedPrecondition "INSPECTION_DRAW_TOO_LARGE"
        "{wanted} are to be drawn of {candidates} candidates", "拟抽取{wanted}个,候选仅{candidates}个";
    /// Too few of them.
    TooFewOfficers { least: usize, given: usize, kind: &'static str } FailedPrecondition "INSPECTION_TOO_FEW_OFFICERS"
        "{kind} needs at least {least} different officers, {given} are named", "{kind}至少须有{least}名执法人员,现有{given}名";
    /// Experts do not order anything by themselves.
    LetterMissing {} FailedPrecondition "INSPECTION_LETTER_MISSING"
        "a visit of experts needs an officer or a letter of commission", "专家检查须有1名以上执法人员或委托书";
    /// Nobody who advises.
    ExpertMissing {} FailedPrecondition "INSPECTION_EXPERT_MISSING"
        "a visit of experts needs at least one expert", "专家明查暗访至少须有1名专家";
    /// The day lies outside.
    DayOutside { on: Date, first: Date, last: Date } InvalidArgument "INSPECTION_DAY_OUTSIDE"
        "{on} must lie from {first} to {last}", "日期{on}应在{first}至{last}之间";
    /// Somebody else's.
    NotAssigned { account: String } PermissionDenied "INSPECTION_NOT_ASSIGNED"
        "account {account} is not assigned to this inspection", "账号{account}未被派往该检查";
    /// The head does not inspect.
    HeadOnSite { account: String } PermissionDenied "INSPECTION_HEAD_ON_SITE"
        "account {account} is assigned to this inspection; its head must be somebody else", "账号{account}是该检查的检查人员,须由其他负责人审批";
    /// Certificates are shown first.
    CertificatesNotShown {} FailedPrecondition "INSPECTION_CERTIFICATES_NOT_SHOWN"
        "certificates are shown before an inspection begins", "检查前须出示执法证件";
    /// The times contradict each other.
    TimesReversed {} InvalidArgument "INSPECTION_TIMES_REVERSED"
        "an inspection does not end before it begins, and neither lies in the future", "检查结束时间不得早于开始时间,且均不得晚于现在";
    /// The document is another one.
    OtherDocument { wanted: String } FailedPrecondition "INSPECTION_OTHER_DOCUMENT"
        "this needs {wanted} of this inspection that is not void", "该操作须有本次检查有效的{wanted}";
    /// The head has not approved it.
    NotApproved { number: String } FailedPrecondition "INSPECTION_DOCUMENT_NOT_APPROVED"
        "{number} is not approved; the head approves it first", "{number}尚未经负责人审批";
    /// A refusal to sign is told in full.
    RefusalIncomplete { least: usize } InvalidArgument "INSPECTION_REFUSAL_INCOMPLETE"
        "a refusal to sign needs its reason and {least} officers who write it down", "拒签须注明原因,并由{least}名执法人员记录";
    /// There is something to be put right.
    HasFindings { count: usize } FailedPrecondition "INSPECTION_HAS_FINDINGS"
        "{count} finding(s) are not put right; the inspection cannot be closed", "尚有{count}项问题未整改到位,不能归档";
    /// There is nothing to be put right.
    NothingFailed {} FailedPrecondition "INSPECTION_NOTHING_FAILED"
        "every item passed the re-inspection; close the inspection", "复查均已合格,请直接归档";
    /// Items that are not there.
    ItemsWrong { wanted: String } InvalidArgument "INSPECTION_ITEMS_WRONG"
        "the items must be {wanted}, each once", "项目编号应为{wanted},且不得重复";
    /// The deadline is not in the window.
    DeadlineOutside { deadline: Date, first: Date, last: Date } InvalidArgument "INSPECTION_DEADLINE_OUTSIDE"
        "deadline {deadline} must lie from {first} to {last}", "期限{deadline}应在{first}至{last}之间";
    /// A party confirms once.
    AlreadyReceived {} FailedPrecondition "INSPECTION_ALREADY_RECEIVED"
        "this party has already confirmed the feedback", "该方已签收反馈";
    /// Nothing was fed back.
    NotFedBack {} FailedPrecondition "INSPECTION_NOT_FED_BACK"
        "nothing was fed back yet", "尚未反馈";
    /// Reported upward once.
    AlreadyEscalated {} FailedPrecondition "INSPECTION_ALREADY_ESCALATED"
        "it was already reported to the commission office", "已上报安委会办公室";
    /// Nothing was handed over.
    NotTransferred {} FailedPrecondition "INSPECTION_NOT_TRANSFERRED"
        "nothing was handed over, or the step before is missing", "尚未移送,或缺少前一环节";
    /// The step was done.
    AlreadyTransferred {} FailedPrecondition "INSPECTION_TRANSFER_STEP_DONE"
        "this step of the handover is done", "该移送环节已办理";
    /// The caller's role does not plan such inspections.
    KindForbidden { kind: &'static str } PermissionDenied "INSPECTION_KIND_FORBIDDEN"
        "{kind} is not planned by this account's role", "该账号的角色不能编制{kind}计划";
}
