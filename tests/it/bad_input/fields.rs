//! Fields: every violation of a request is named, not only the first.

use changxiao_proto::{
    account::v1::{Account, CreateAccountRequest, IssueTokenRequest},
    county::v1::*,
    statistics::v1::QueryRequest,
    types::v1::{Date, Month, Page},
};

use super::{Case, Things, Who, rules};

const REGION: &str = "regions/bs-tengchong";

/// What an empty message lacks, method by method.
const EMPTY: &[(Who, &str, &[&str])] = &[
    (
        Who::Administrator,
        "/changxiao.account.v1.Accounts/CreateAccount",
        &["parent", "request_id", "account_id", "account.holder", "account.roles"],
    ),
    (Who::Administrator, "/changxiao.account.v1.Accounts/CloseAccount", &["name", "request_id"]),
    (Who::Administrator, "/changxiao.account.v1.Accounts/ListAccounts", &["parent"]),
    (Who::Administrator, "/changxiao.account.v1.Accounts/ResetPassword", &["name", "request_id"]),
    (Who::Administrator, "/changxiao.account.v1.Accounts/UnlockAccount", &["name", "request_id"]),
    (Who::Administrator, "/changxiao.account.v1.Accounts/ResetTotp", &["name", "request_id"]),
    (Who::Administrator, "/changxiao.account.v1.Sessions/SignIn", &["parent", "account_id", "password"]),
    (Who::Administrator, "/changxiao.account.v1.Sessions/SignOut", &["parent"]),
    (Who::Administrator, "/changxiao.account.v1.Sessions/ListSessions", &["parent"]),
    (Who::Administrator, "/changxiao.account.v1.Sessions/EndSessions", &["parent"]),
    (Who::Administrator, "/changxiao.account.v1.Sessions/ChangePassword", &["parent", "request_id", "password", "new_password"]),
    (Who::Administrator, "/changxiao.account.v1.Sessions/EnrolTotp", &["parent", "password"]),
    (Who::Administrator, "/changxiao.account.v1.Sessions/ConfirmTotp", &["parent", "request_id"]),
    (Who::Administrator, "/changxiao.account.v1.Sessions/RemoveTotp", &["parent", "request_id", "password"]),
    (Who::Administrator, "/changxiao.account.v1.Sessions/Reauthenticate", &["parent", "content_hash", "password"]),
    (Who::Administrator, "/changxiao.account.v1.Tokens/IssueToken", &["name", "request_id"]),
    (Who::Administrator, "/changxiao.account.v1.Tokens/RevokeToken", &["name", "request_id"]),
    (Who::Administrator, "/changxiao.account.v1.Tokens/ListTokens", &["parent"]),
    (Who::Administrator, "/changxiao.sandbox.v1.Clock/GetClock", &["parent"]),
    (Who::Administrator, "/changxiao.sandbox.v1.Clock/AdvanceClock", &["parent"]),
    (Who::Analyst, "/changxiao.statistics.v1.Rollups/Query", &["parent", "span"]),
    (Who::Analyst, "/changxiao.statistics.v1.Indicators/ListIndicators", &["parent"]),
    (
        Who::Regulator,
        "/changxiao.county.v1.Enterprises/ProposeEnterprise",
        &[
            "parent",
            "request_id",
            "enterprise.title",
            "enterprise.address",
            "enterprise.industry",
            "enterprise.credit_code",
            "enterprise.legal_representative",
        ],
    ),
    (Who::Regulator, "/changxiao.county.v1.Enterprises/RequestAdmission", &["name", "request_id"]),
    (Who::Regulator, "/changxiao.county.v1.Enterprises/GetEnterprise", &["name"]),
    (Who::Regulator, "/changxiao.county.v1.Enterprises/ListEnterprises", &["parent"]),
    (
        Who::Reporter,
        "/changxiao.county.v1.SelfInspections/RecordSelfInspection",
        &["parent", "request_id", "on", "inspector", "scope", "responsible", "legal_representative", "paper"],
    ),
    (Who::Reporter, "/changxiao.county.v1.SelfInspections/PlanSelfInspection", &["name", "request_id", "on", "inspectors"]),
    (Who::Reporter, "/changxiao.county.v1.SelfInspections/StartSelfInspection", &["name", "request_id", "on"]),
    (Who::Reporter, "/changxiao.county.v1.SelfInspections/FinishSelfInspection", &["name", "request_id", "findings"]),
    (Who::Reporter, "/changxiao.county.v1.SelfInspections/SignSelfInspection", &["name", "request_id"]),
    (
        Who::Reporter,
        "/changxiao.county.v1.SelfInspections/MakeUpSelfInspection",
        &["name", "request_id", "on", "inspectors", "findings", "reason"],
    ),
    (Who::Regulator, "/changxiao.county.v1.SelfInspections/CancelSelfInspection", &["name", "request_id", "reason"]),
    (Who::Reporter, "/changxiao.county.v1.SelfInspections/GetSelfInspection", &["name"]),
    (Who::Reporter, "/changxiao.county.v1.Checklists/ListChecklists", &["parent"]),
    (Who::Reporter, "/changxiao.county.v1.Checklists/GetChecklist", &["name"]),
    (
        Who::Regulator,
        "/changxiao.county.v1.Checklists/PublishChecklist",
        &["parent", "request_id", "checklist_id", "title", "source", "items"],
    ),
    (Who::Reporter, "/changxiao.county.v1.Checklists/AdaptChecklist", &["parent", "request_id", "checklist"]),
    (Who::Reporter, "/changxiao.county.v1.Rules/ListTables", &["parent"]),
    (Who::Reporter, "/changxiao.county.v1.Rules/GetTable", &["name"]),
    (Who::Regulator, "/changxiao.county.v1.Rules/AdoptTable", &["name", "request_id", "valid_from", "source", "text"]),
    (Who::Legal, "/changxiao.county.v1.Declarations/AuthoriseDeputy", &["parent", "request_id", "deputy", "first", "last"]),
    (Who::Legal, "/changxiao.county.v1.Declarations/RevokeDeputy", &["parent", "request_id", "deputy"]),
    (Who::Reporter, "/changxiao.county.v1.SelfInspections/ListSelfInspections", &["parent"]),
    (Who::Reporter, "/changxiao.county.v1.Declarations/GetDeclaration", &["name"]),
    (Who::Reporter, "/changxiao.county.v1.Declarations/ListDeclarations", &["parent", "month"]),
    (Who::Reporter, "/changxiao.county.v1.Declarations/ListMonths", &["parent"]),
    (Who::Reporter, "/changxiao.county.v1.Declarations/EditDeclaration", &["name", "request_id"]),
    (Who::Responsible, "/changxiao.county.v1.Declarations/ConfirmDeclaration", &["name", "request_id", "content_hash"]),
    (Who::Regulator, "/changxiao.county.v1.Declarations/AcceptDeclaration", &["name", "request_id"]),
    (Who::Regulator, "/changxiao.county.v1.Declarations/ReturnDeclaration", &["name", "request_id", "reason"]),
    (Who::Regulator, "/changxiao.county.v1.Declarations/ExemptDeclaration", &["name", "request_id", "reason"]),
    (Who::Regulator, "/changxiao.county.v1.Declarations/ProxyDeclaration", &["name", "request_id", "reason", "paper"]),
    (Who::Legal, "/changxiao.county.v1.Declarations/AskCorrection", &["name", "request_id", "reason", "corrected_hash"]),
    (Who::Regulator, "/changxiao.county.v1.Declarations/DecideCorrection", &["name", "request_id", "reason"]),
    (Who::Legal, "/changxiao.county.v1.Declarations/SignDeclaration", &["name", "request_id", "content_hash"]),
    (Who::Reporter, "/changxiao.county.v1.Declarations/FileDeclaration", &["name", "request_id", "content_hash"]),
    (
        Who::Reporter,
        "/changxiao.county.v1.Hazards/RegisterHazard",
        &["parent", "request_id", "found_on", "category", "place", "description", "source", "finder"],
    ),
    (
        Who::Responsible,
        "/changxiao.county.v1.Hazards/AssignRectification",
        &["name", "request_id", "responsible", "reinspector", "acceptor", "closer", "measure"],
    ),
    (Who::Responsible, "/changxiao.county.v1.Hazards/AssessHazard", &["name", "request_id", "criteria"]),
    (
        Who::Responsible,
        "/changxiao.county.v1.Hazards/UpgradeHazard",
        &["name", "request_id", "reason", "criterion", "state_and_cause", "harm_and_difficulty", "protection"],
    ),
    (Who::Reporter, "/changxiao.county.v1.Hazards/FixOnSpot", &["name", "request_id", "result"]),
    (Who::Reporter, "/changxiao.county.v1.Hazards/AskExtension", &["name", "request_id", "deadline", "reason", "protection"]),
    (Who::Regulator, "/changxiao.county.v1.Hazards/DecideExtension", &["name", "request_id", "reason"]),
    (Who::Responsible, "/changxiao.county.v1.Hazards/AskVoiding", &["name", "request_id", "reason"]),
    (Who::Regulator, "/changxiao.county.v1.Hazards/DecideVoiding", &["name", "request_id", "reason"]),
    (Who::Reporter, "/changxiao.county.v1.Hazards/ReportRectification", &["name", "request_id", "result"]),
    (Who::Responsible, "/changxiao.county.v1.Hazards/ReinspectHazard", &["name", "request_id"]),
    (Who::Responsible, "/changxiao.county.v1.Hazards/AcceptHazard", &["name", "request_id"]),
    (Who::Responsible, "/changxiao.county.v1.Hazards/StrikeOffHazard", &["name", "request_id"]),
    (Who::Reporter, "/changxiao.county.v1.Hazards/GetHazard", &["name"]),
    (Who::Reporter, "/changxiao.county.v1.Hazards/ListHazards", &["parent"]),
    (
        Who::Regulator,
        "/changxiao.county.v1.Officers/RegisterOfficer",
        &["parent", "request_id", "kind", "certificate", "title", "body", "valid_from", "valid_until"],
    ),
    (Who::Regulator, "/changxiao.county.v1.Officers/RenewOfficer", &["name", "request_id", "valid_from", "valid_until"]),
    (Who::Regulator, "/changxiao.county.v1.Officers/WithdrawOfficer", &["name", "request_id", "reason"]),
    (Who::Regulator, "/changxiao.county.v1.Officers/ListOfficers", &["parent"]),
    (
        Who::Regulator,
        "/changxiao.county.v1.Inspections/PlanInspections",
        &["parent", "request_id", "kind", "month", "body", "area", "checklist"],
    ),
    (Who::Regulator, "/changxiao.county.v1.Inspections/GetPlan", &["name"]),
    (Who::Regulator, "/changxiao.county.v1.Inspections/ListPlans", &["parent"]),
    (Who::Regulator, "/changxiao.county.v1.Inspections/AssignInspection", &["name", "request_id", "on"]),
    (Who::Regulator, "/changxiao.county.v1.Inspections/BeginInspection", &["name", "request_id", "place"]),
    (Who::Regulator, "/changxiao.county.v1.Inspections/RecordFindings", &["name", "request_id"]),
    (Who::Regulator, "/changxiao.county.v1.Inspections/SignRecord", &["name", "request_id", "record", "site_head"]),
    (Who::Regulator, "/changxiao.county.v1.Inspections/IssueOrder", &["name", "request_id", "kind", "text"]),
    (Who::Regulator, "/changxiao.county.v1.Inspections/FeedBack", &["name", "request_id", "department", "finder"]),
    (Who::Regulator, "/changxiao.county.v1.Inspections/ConfirmFeedback", &["name", "request_id", "receiver"]),
    (
        Who::Regulator,
        "/changxiao.county.v1.Inspections/EscalateInspection",
        &["name", "request_id", "office", "leaders", "reason"],
    ),
    (Who::Regulator, "/changxiao.county.v1.Inspections/RecheckInspection", &["name", "request_id"]),
    (Who::Regulator, "/changxiao.county.v1.Inspections/CloseInspection", &["name", "request_id"]),
    (Who::Regulator, "/changxiao.county.v1.Inspections/FileCase", &["name", "request_id", "text"]),
    (
        Who::Regulator,
        "/changxiao.county.v1.Inspections/TransferInspection",
        &["name", "request_id", "department", "reason", "text"],
    ),
    (Who::Regulator, "/changxiao.county.v1.Inspections/RecordTransferReply", &["name", "request_id", "text"]),
    (Who::Regulator, "/changxiao.county.v1.Inspections/RecordTransferResult", &["name", "request_id", "text"]),
    (Who::Regulator, "/changxiao.county.v1.Inspections/GetInspection", &["name"]),
    (Who::Regulator, "/changxiao.county.v1.Inspections/ListInspections", &["parent"]),
    (Who::Regulator, "/changxiao.county.v1.Inspections/ListHints", &["parent"]),
    (Who::Regulator, "/changxiao.county.v1.Documents/DrawUpDocument", &["parent", "request_id", "kind", "text", "body", "area"]),
    (Who::Regulator, "/changxiao.county.v1.Documents/ApproveDocument", &["name", "request_id"]),
    (Who::Regulator, "/changxiao.county.v1.Documents/VoidDocument", &["name", "request_id", "reason"]),
    (Who::Regulator, "/changxiao.county.v1.Documents/ServeDocument", &["name", "request_id", "on", "manner", "receiver"]),
    (Who::Regulator, "/changxiao.county.v1.Documents/GetDocument", &["name"]),
    (Who::Regulator, "/changxiao.county.v1.Documents/ListDocuments", &["parent"]),
    (Who::Regulator, "/changxiao.county.v1.Documents/VerifyDocument", &["parent", "number", "code"]),
    (Who::Regulator, "/changxiao.county.v1.Documents/ListDocumentKinds", &["parent"]),
    (Who::Reporter, "/changxiao.county.v1.Inspections/ApplyForRecheck", &["name", "request_id"]),
    (
        Who::Reporter,
        "/changxiao.county.v1.Dossiers/IdentifyMajorHazard",
        &["parent", "request_id", "found_on", "category", "criterion", "state_and_cause", "harm_and_difficulty"],
    ),
    (Who::Legal, "/changxiao.county.v1.Dossiers/RecordProtection", &["name", "request_id", "protection"]),
    (Who::Legal, "/changxiao.county.v1.Dossiers/OpenDossier", &["name", "request_id", "number"]),
    (Who::Department, "/changxiao.county.v1.Dossiers/DeclineListing", &["name", "request_id", "reason"]),
    (Who::Legal, "/changxiao.county.v1.Dossiers/StartTreatment", &["name", "request_id", "log"]),
    (
        Who::Legal,
        "/changxiao.county.v1.Dossiers/AskTreatmentExtension",
        &["name", "request_id", "deadline", "reason", "protection"],
    ),
    (Who::Department, "/changxiao.county.v1.Dossiers/DecideTreatmentExtension", &["name", "request_id", "reason"]),
    (
        Who::Legal,
        "/changxiao.county.v1.Dossiers/CommissionAssessment",
        &["name", "request_id", "institution", "qualification", "qualified_until", "field"],
    ),
    (Who::Legal, "/changxiao.county.v1.Dossiers/AskResumption", &["name", "request_id"]),
    (Who::Department, "/changxiao.county.v1.Dossiers/DecideResumption", &["name", "request_id", "reason"]),
    (
        Who::Department,
        "/changxiao.county.v1.Dossiers/DowngradeDossier",
        &["name", "request_id", "place", "reason", "expert", "head"],
    ),
    (
        Who::Legal,
        "/changxiao.county.v1.Dossiers/CompleteDossier",
        &[
            "name",
            "request_id",
            "plan.measures",
            "plan.responsibility",
            "plan.funds_yuan",
            "plan.deadline",
            "plan.emergency_plan",
            "plan.goals",
        ],
    ),
    (Who::Legal, "/changxiao.county.v1.Dossiers/FileDossier", &["name", "request_id"]),
    (Who::Commission, "/changxiao.county.v1.Dossiers/ConfirmFiling", &["name", "request_id", "body"]),
    (
        Who::Department,
        "/changxiao.county.v1.Dossiers/ListForSupervision",
        &["name", "request_id", "notice_number", "deadline", "signer", "receiver"],
    ),
    (Who::Legal, "/changxiao.county.v1.Dossiers/ReportProgress", &["name", "request_id", "progress.month", "progress.text"]),
    (Who::Legal, "/changxiao.county.v1.Dossiers/CompleteTreatment", &["name", "request_id", "statement"]),
    (Who::Legal, "/changxiao.county.v1.Dossiers/RecordAssessment", &["name", "request_id", "report", "authors"]),
    (Who::Legal, "/changxiao.county.v1.Dossiers/ApplyForAcceptance", &["name", "request_id"]),
    (Who::Department, "/changxiao.county.v1.Dossiers/DecideAcceptance", &["name", "request_id"]),
    (Who::Department, "/changxiao.county.v1.Dossiers/StrikeOffDossier", &["name", "request_id", "closing_number"]),
    (Who::Regulator, "/changxiao.county.v1.Dossiers/GetDossier", &["name"]),
    (Who::Regulator, "/changxiao.county.v1.Dossiers/ListDossiers", &["parent"]),
    (Who::Regulator, "/changxiao.county.v1.Supervision/ListDirectives", &["parent"]),
    (Who::Regulator, "/changxiao.county.v1.Supervision/AnswerDirective", &["name", "request_id", "text"]),
    (Who::Regulator, "/changxiao.county.v1.Trail/ListEntries", &["parent"]),
    (Who::Regulator, "/changxiao.county.v1.Trail/ProveEntry", &["parent"]),
];

pub(super) fn cases(things: &Things) -> Vec<Case> {
    let mut cases: Vec<Case> =
        EMPTY.iter().map(|(who, method, fields)| things.invalid("an empty message", *who, method, &(), fields)).collect();
    cases.extend(texts(things));
    cases.extend(numbers(things));
    cases.extend(names(things));
    cases.extend(days(things));
    cases.extend(inspections(things));
    cases
}

/// What lies deeper than one level is named by its path.
fn inspections(things: &Things) -> Vec<Case> {
    let bad = |major| Finding { category: "Z99".to_owned(), description: "短".to_owned(), major, ..Finding::default() };
    let findings = RecordFindingsRequest {
        name: format!("{REGION}/inspections/1-5"),
        request_id: rules::id(),
        ended_at_ms: -1,
        findings: vec![bad(false), bad(true)],
        ..RecordFindingsRequest::default()
    };
    let drawn = PlanInspectionsRequest {
        parent: REGION.to_owned(),
        request_id: rules::id(),
        kind: 9,
        month: Some(Month { year: 2015, month: 13 }),
        body: "两\n行".to_owned(),
        area: "腾".to_owned(),
        departments: vec!["\t局\t局".to_owned()],
        checklist: "检查表".to_owned(),
        enterprises: vec!["regions/bs-longyang/enterprises/1-5".to_owned(), "1-5".to_owned()],
        seed: "短".to_owned(),
        draw_enterprises: 501,
        draw_industries: vec!["Z99".to_owned()],
        ..PlanInspectionsRequest::default()
    };
    let regulator = Who::Regulator;
    vec![
        things.invalid(
            "findings that say too little",
            regulator,
            "/changxiao.county.v1.Inspections/RecordFindings",
            &findings,
            &[
                "ended_at_ms",
                "findings[0].category",
                "findings[0].place",
                "findings[0].description",
                "findings[0].demand",
                "findings[1].category",
                "findings[1].place",
                "findings[1].description",
                "findings[1].demand",
                "findings[1].criterion",
                "findings[1].harm",
            ],
        ),
        things.invalid(
            "a plan of everything wrong",
            regulator,
            "/changxiao.county.v1.Inspections/PlanInspections",
            &drawn,
            &[
                "kind",
                "month",
                "body",
                "departments",
                "enterprises",
                "enterprises",
                "seed",
                "draw_enterprises",
                "draw_enterprises",
                "draw_industries",
            ],
        ),
    ]
}

fn texts(things: &Things) -> Vec<Case> {
    let register = "/changxiao.county.v1.Hazards/RegisterHazard";
    let find = || rules::find(&things.enterprise);
    let long = "隐患".repeat(10_000);
    let all = RegisterHazardRequest {
        request_id: long.clone(),
        category: long.clone(),
        place: "\u{1b}[2J".to_owned(),
        description: "\0\0\0\0\0\0\0\0\0\0\0".to_owned(),
        source: 4_000_000_000,
        finder: " \t\n ".to_owned(),
        ..find()
    };
    vec![
        things.invalid(
            "control characters",
            Who::Reporter,
            register,
            &RegisterHazardRequest { place: "a\u{7}b".to_owned(), ..find() },
            &["place"],
        ),
        things.invalid(
            "a description of 60 kB",
            Who::Reporter,
            register,
            &RegisterHazardRequest { description: long, ..find() },
            &["description"],
        ),
        things.invalid(
            "almost everything",
            Who::Reporter,
            register,
            &all,
            &["request_id", "category", "place", "description", "source", "finder"],
        ),
        things.invalid(
            "a request id that is a path",
            Who::Reporter,
            register,
            &RegisterHazardRequest { request_id: "../../../../../../../../../etc/passw".to_owned(), ..find() },
            &["request_id"],
        ),
    ]
}

/// Enum values and other numbers that nobody gave out.
fn numbers(things: &Things) -> Vec<Case> {
    let parent = REGION.to_owned();
    let account = |roles: Vec<i32>| CreateAccountRequest {
        parent: parent.clone(),
        request_id: rules::id(),
        account_id: "somebody".to_owned(),
        account: Some(Account { roles, holder: "测试".to_owned(), ..Default::default() }),
        ..Default::default()
    };
    let create = "/changxiao.account.v1.Accounts/CreateAccount";
    let query = QueryRequest {
        parent: parent.clone(),
        span: "2015-08".to_owned(),
        breakdown: 99,
        completeness: -1,
        map: i32::MAX,
        industries: vec!["K03".to_owned(), "' OR 1=1".to_owned()],
        ..Default::default()
    };
    let confirm =
        ConfirmFilingRequest { name: format!("{REGION}/dossiers/1-5"), request_id: rules::id(), body: 77, ..Default::default() };
    let page = |page_size, token: &str| Some(Page { page_size, page_token: token.to_owned() });
    let hazards = |state, page| ListHazardsRequest { parent: parent.clone(), state, page, ..Default::default() };
    let list = "/changxiao.county.v1.Hazards/ListHazards";
    let entries = ListEntriesRequest { parent: parent.clone(), page: page(0, "-1"), ..Default::default() };
    let token = IssueTokenRequest {
        name: format!("{REGION}/accounts/reporter-0"),
        days: 40_000,
        request_id: "5a1f2c3d-0000-4000-8000-000000000009".to_owned(),
        ..Default::default()
    };
    vec![
        things.invalid("unknown roles", Who::Administrator, create, &account(vec![2, 99]), &["account.roles"]),
        things.invalid("the role of nobody", Who::Administrator, create, &account(vec![0]), &["account.roles", "account.roles"]),
        things.invalid(
            "unknown ways to ask",
            Who::Analyst,
            "/changxiao.statistics.v1.Rollups/Query",
            &query,
            &["industries[1]", "breakdown", "completeness", "map"],
        ),
        things.invalid("an unknown body", Who::Commission, "/changxiao.county.v1.Dossiers/ConfirmFiling", &confirm, &["body"]),
        things.invalid("an unknown state", Who::Reporter, list, &hazards(42, None), &["state"]),
        things.invalid("a negative page", Who::Reporter, list, &hazards(0, page(-1, "")), &["page.page_size"]),
        things.invalid("a page without end", Who::Reporter, list, &hazards(0, page(1_001, "")), &["page.page_size"]),
        things.invalid(
            "a page token of somebody else",
            Who::Reporter,
            list,
            &hazards(0, page(0, "1-5' OR 1=1")),
            &["page.page_token"],
        ),
        things.invalid("a long page token", Who::Reporter, list, &hazards(0, page(0, &"1".repeat(90_000))), &["page.page_token"]),
        things.invalid(
            "a page before the first",
            Who::Regulator,
            "/changxiao.county.v1.Trail/ListEntries",
            &entries,
            &["page.page_token"],
        ),
        things.invalid("a token for a century", Who::Administrator, "/changxiao.account.v1.Tokens/IssueToken", &token, &["days"]),
    ]
}

/// Resource names that are none.
fn names(things: &Things) -> Vec<Case> {
    let record = "/changxiao.county.v1.SelfInspections/RecordSelfInspection";
    let look = "/changxiao.county.v1.Hazards/GetHazard";
    let mut cases = Vec::new();
    let (long, nested) =
        (format!("{REGION}/hazards/{}", "9".repeat(200_000)), format!("{REGION}{}", "/hazards/1-5".repeat(5_000)));
    let bad = [
        "../../etc/passwd",
        "regions/bs-tengchong/hazards/../accounts/1",
        "regions/bs-tengchong/hazards/1-5'; DROP TABLE hazards;--",
        "regions/BS-TENGCHONG/hazards/1-5",
        "regions//hazards/1-5",
        "regions/bs-tengchong/hazards/",
        "regions/bs-tengchong/hazards/0-5",
        "regions/bs-tengchong/hazards/1-99999999999999999999",
        "regions/bs-tengchong/hazards/-1-5",
        "regions/腾冲/hazards/1-5",
        "regions/bs-tengchong\0/hazards/1-5",
        "regions/bs-tengchong/enterprises/1-5",
        &long,
        &nested,
    ];
    for name in bad {
        let shown: String = name.chars().take(60).collect();
        cases.push(things.invalid(
            format!("`{shown}`"),
            Who::Reporter,
            look,
            &GetHazardRequest { name: name.to_owned() },
            &["name"],
        ));
    }
    let parent = format!("regions/bs-tengchong/enterprises/{}", "1".repeat(100_000));
    cases.push(things.invalid(
        "a long parent",
        Who::Reporter,
        record,
        &RecordSelfInspectionRequest { parent, ..rules::inspection("") },
        &["parent"],
    ));
    let answer = AnswerDirectiveRequest {
        name: format!("regions/bs-tengchong/{}", "x".repeat(100_000)),
        request_id: rules::id(),
        text: "已整改".to_owned(),
        ..Default::default()
    };
    cases.push(things.invalid(
        "a long directive",
        Who::Regulator,
        "/changxiao.county.v1.Supervision/AnswerDirective",
        &answer,
        &["name"],
    ));
    cases
}

/// Days and months that are in no calendar.
fn days(things: &Things) -> Vec<Case> {
    let record = "/changxiao.county.v1.SelfInspections/RecordSelfInspection";
    let get = "/changxiao.county.v1.Declarations/GetDeclaration";
    let list = "/changxiao.county.v1.Declarations/ListDeclarations";
    let mut cases = Vec::new();
    for (year, month, day) in [
        (2015, 2, 29),
        (2015, 13, 1),
        (2015, 8, 0),
        (0, 0, 0),
        (2015, -8, 1),
        (i32::MAX, 12, 31),
        (i32::MIN, 1, 1),
        (99_999, 1, 1),
    ] {
        let sent = RecordSelfInspectionRequest { on: Some(Date { year, month, day }), ..rules::inspection(&things.enterprise) };
        cases.push(things.invalid(format!("the day {year}-{month}-{day}"), Who::Reporter, record, &sent, &["on"]));
    }
    for (year, month) in [(2015, 0), (2015, 13), (-1, 8), (i32::MAX, 1)] {
        let sent =
            ListDeclarationsRequest { parent: REGION.to_owned(), month: Some(Month { year, month }), ..Default::default() };
        cases.push(things.invalid(format!("the month {year}-{month}"), Who::Reporter, list, &sent, &["month"]));
    }
    for month in ["2015-13", "2015-8", "2015", "", "99999-01", "2015-08-01", "2015-08'--"] {
        let sent = GetDeclarationRequest { name: format!("{}/declarations/{month}", things.enterprise) };
        cases.push(things.invalid(format!("the declaration of `{month}`"), Who::Reporter, get, &sent, &["name"]));
    }
    for span in
        ["2015-Q5", "2015-13", "2015-10..2015-08", "..", "always", "2015-08..", "0000-00..9999-99", &"2015-08..".repeat(9_000)]
    {
        let sent = QueryRequest { parent: REGION.to_owned(), span: span.to_owned(), ..Default::default() };
        let shown: String = span.chars().take(40).collect();
        cases.push(things.invalid(
            format!("the span `{shown}`"),
            Who::Analyst,
            "/changxiao.statistics.v1.Rollups/Query",
            &sent,
            &["span"],
        ));
    }
    cases
}
