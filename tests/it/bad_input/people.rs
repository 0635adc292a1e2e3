//! Callers who are nobody, or somebody else.

use changxiao_proto::{county::v1::*, sandbox::v1::AdvanceClockRequest, statistics::v1::QueryRequest};
use prost::Message as _;
use tonic::Code;

use super::{Case, Things, Who, rules};

const RECORD: &str = "/changxiao.county.v1.SelfInspections/RecordSelfInspection";
const REGISTER: &str = "/changxiao.county.v1.Hazards/RegisterHazard";

pub(super) fn cases(things: &Things) -> Vec<Case> {
    let reporter = &things.tokens[&Who::Reporter];
    let secret = reporter.rsplit('.').next().unwrap();
    let headers = [
        ("no token", None),
        ("an empty token", Some("Bearer ".to_owned())),
        ("a token without its word", Some(reporter.clone())),
        ("another scheme", Some(format!("Basic {reporter}"))),
        ("a token of nobody", Some("Bearer cx1.bs-tengchong.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned())),
        ("a token that lost its end", Some(format!("Bearer {}", &reporter[..reporter.len() - 1]))),
        ("a token said to be of the city", Some(format!("Bearer cx1.bs.{secret}"))),
        ("a token with SQL in it", Some("Bearer cx1.bs-tengchong.' OR 1=1 --".to_owned())),
        ("a long token", Some(format!("Bearer cx1.bs-tengchong.{}", "A".repeat(4_000)))),
    ];
    let message = rules::inspection(&things.enterprise);
    let mut cases: Vec<Case> = headers
        .into_iter()
        .map(|(what, authorization)| Case {
            authorization,
            ..things.case(what, Who::Reporter, RECORD, &message, Code::Unauthenticated, "UNAUTHENTICATED")
        })
        .collect();

    let region = "regions/bs-tengchong".to_owned();
    let find = rules::find(&things.enterprise);
    let clock = AdvanceClockRequest { parent: region.clone(), to_ms: i64::MAX };
    let query = QueryRequest { parent: region, span: "2015-08".to_owned(), ..Default::default() };
    let denied: [(&str, Who, &str, Vec<u8>); 10] = [
        ("an analyst registers a hazard", Who::Analyst, REGISTER, find.encode_to_vec()),
        ("a reporter signs", Who::Reporter, "/changxiao.county.v1.Declarations/SignDeclaration", Vec::new()),
        ("an analyst files", Who::Analyst, "/changxiao.county.v1.Declarations/FileDeclaration", Vec::new()),
        ("a legal representative makes accounts", Who::Legal, "/changxiao.account.v1.Accounts/CreateAccount", Vec::new()),
        ("a regulator makes tokens", Who::Regulator, "/changxiao.account.v1.Tokens/IssueToken", Vec::new()),
        ("a reporter drives the clock", Who::Reporter, "/changxiao.sandbox.v1.Clock/AdvanceClock", clock.encode_to_vec()),
        ("a reporter reads figures", Who::Reporter, "/changxiao.statistics.v1.Rollups/Query", query.encode_to_vec()),
        ("a commission office strikes off", Who::Commission, "/changxiao.county.v1.Hazards/StrikeOffHazard", Vec::new()),
        (
            "a county is asked to do the city's work",
            Who::Regulator,
            "/changxiao.oversight.v1.Admissions/DecideAdmission",
            Vec::new(),
        ),
        ("the federation's feed at the wrong door", Who::Administrator, "/changxiao.federation.v1.Feed/Pull", Vec::new()),
    ];
    cases.extend(denied.into_iter().map(|(what, who, method, message)| Case {
        message: message.into(),
        ..things.case(what, who, method, &(), Code::PermissionDenied, "PERMISSION_DENIED")
    }));

    // What lies outside somebody's sight is not there.
    let neighbour = Who::Neighbour;
    cases.push(things.case("a neighbour inspects here", neighbour, RECORD, &message, Code::NotFound, "ENTERPRISE_NOT_FOUND"));
    cases.push(things.case("a neighbour finds here", neighbour, REGISTER, &find, Code::NotFound, "ENTERPRISE_NOT_FOUND"));
    let named = GetHazardRequest { name: things.hazard.clone() };
    cases.push(things.case(
        "a neighbour looks",
        neighbour,
        "/changxiao.county.v1.Hazards/GetHazard",
        &named,
        Code::NotFound,
        "NOT_FOUND",
    ));
    let reported = ReportRectificationRequest {
        name: things.hazard.clone(),
        request_id: rules::id(),
        result: "整改完成".to_owned(),
        ..Default::default()
    };
    let report = "/changxiao.county.v1.Hazards/ReportRectification";
    cases.push(things.case("a neighbour reports", neighbour, report, &reported, Code::NotFound, "HAZARD_NOT_FOUND"));
    cases
}
