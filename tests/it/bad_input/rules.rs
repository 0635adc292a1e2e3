//! Requests that are well formed and may not be: of another time, another version, another region, or sent twice.

use std::sync::atomic::{AtomicU32, Ordering};

use changxiao_proto::{county::v1::*, sandbox::v1::AdvanceClockRequest, statistics::v1::QueryRequest};
use changxiao_tests::{calendar::Day, story::inspecting};
use prost::Message as _;
use tonic::Code;

use super::{Case, Things, Who};

/// The day on which everything here happens.
const TODAY: Day = Day::new(2015, 9, 2);

/// A request id that was not used before.
pub(super) fn id() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("b1f2a3c4-0000-4000-8000-{:012x}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A find that would be accepted.
pub(super) fn find(enterprise: &str) -> RegisterHazardRequest {
    RegisterHazardRequest {
        parent: enterprise.to_owned(),
        request_id: id(),
        found_on: Some(TODAY.wire()),
        category: "B03".to_owned(),
        place: "测试作业区".to_owned(),
        description: "(测试)消防通道被堵塞,须清理".to_owned(),
        source: 3,
        finder: "测试检查员".to_owned(),
        general_by: inspecting::CRITERIA.to_owned(),
        ..Default::default()
    }
}

/// An assignment that would be accepted.
pub(super) fn assignment(hazard: &str) -> AssignRectificationRequest {
    AssignRectificationRequest {
        name: hazard.to_owned(),
        request_id: id(),
        responsible: "测试责任人".to_owned(),
        reinspector: "测试复查人".to_owned(),
        acceptor: "测试验收人".to_owned(),
        closer: "测试销号人".to_owned(),
        measure: "测试整改措施".to_owned(),
        deadline: Some(TODAY.plus(7).wire()),
        ..Default::default()
    }
}

/// A self-inspection that would be accepted.
pub(super) fn inspection(enterprise: &str) -> RecordSelfInspectionRequest {
    RecordSelfInspectionRequest { request_id: id(), ..inspecting::on_paper(enterprise, TODAY) }
}

const RECORD: &str = "/changxiao.county.v1.SelfInspections/RecordSelfInspection";
const REGISTER: &str = "/changxiao.county.v1.Hazards/RegisterHazard";
const REPORT: &str = "/changxiao.county.v1.Hazards/ReportRectification";
const SIGN: &str = "/changxiao.county.v1.Declarations/SignDeclaration";
const FILE: &str = "/changxiao.county.v1.Declarations/FileDeclaration";
const CLOCK: &str = "/changxiao.sandbox.v1.Clock/AdvanceClock";
const QUERY: &str = "/changxiao.statistics.v1.Rollups/Query";

pub(super) fn cases(things: &Things) -> Vec<Case> {
    let mut cases = periods(things);
    cases.extend(twice(things));
    cases.extend(versions(things));
    cases.extend(elsewhere(things));
    cases
}

fn periods(things: &Things) -> Vec<Case> {
    let sign = |month: &str| SignDeclarationRequest {
        name: format!("{}/declarations/{month}", things.enterprise),
        request_id: id(),
        content_hash: vec![0; 32].into(),
        ..Default::default()
    };
    let tomorrow = Some(TODAY.plus(1).wire());
    let far = Some(Day::new(9_999, 12, 31).wire());
    let file = FileDeclarationRequest {
        name: sign("2015-08").name,
        request_id: id(),
        content_hash: vec![0; 32].into(),
        ..Default::default()
    };
    let unfrozen = (Code::FailedPrecondition, "MONTH_NOT_FROZEN");
    let case = |what: &str, who, method, message: &dyn Fn() -> Vec<u8>, (code, reason)| Case {
        message: message().into(),
        ..things.case(what, who, method, &(), code, reason)
    };
    let clock = |to_ms| AdvanceClockRequest { parent: "regions/bs-tengchong".to_owned(), to_ms }.encode_to_vec();
    vec![
        case("a month that still runs", Who::Legal, SIGN, &|| sign("2015-09").encode_to_vec(), unfrozen),
        case("a month in years", Who::Legal, SIGN, &|| sign("9999-12").encode_to_vec(), unfrozen),
        case(
            "a month before the county",
            Who::Legal,
            SIGN,
            &|| sign("2015-07").encode_to_vec(),
            (Code::FailedPrecondition, "DECLARATION_NOT_OWED"),
        ),
        case(
            "signing what nobody confirmed",
            Who::Legal,
            SIGN,
            &|| sign("2015-08").encode_to_vec(),
            (Code::FailedPrecondition, "DECLARATION_WRONG_STATE"),
        ),
        case(
            "filing unsigned",
            Who::Reporter,
            FILE,
            &|| file.encode_to_vec(),
            (Code::FailedPrecondition, "DECLARATION_NOT_SIGNED"),
        ),
        case(
            "an inspection of tomorrow",
            Who::Reporter,
            RECORD,
            &|| RecordSelfInspectionRequest { on: tomorrow, ..inspection(&things.enterprise) }.encode_to_vec(),
            (Code::InvalidArgument, "SELF_INSPECTION_IN_FUTURE"),
        ),
        case(
            "a hazard of the year 9999",
            Who::Reporter,
            REGISTER,
            &|| RegisterHazardRequest { found_on: far, ..find(&things.enterprise) }.encode_to_vec(),
            (Code::InvalidArgument, "HAZARD_IN_FUTURE"),
        ),
        case("a clock that goes back", Who::Administrator, CLOCK, &|| clock(0), (Code::FailedPrecondition, "CLOCK_GOES_FORWARD")),
        case(
            "a clock before all time",
            Who::Administrator,
            CLOCK,
            &|| clock(i64::MIN),
            (Code::FailedPrecondition, "CLOCK_GOES_FORWARD"),
        ),
        case(
            "a clock beyond all time",
            Who::Administrator,
            CLOCK,
            &|| clock(i64::MAX),
            (Code::FailedPrecondition, "CLOCK_LEAPS_TOO_FAR"),
        ),
    ]
}

/// The same request id with another body.
fn twice(things: &Things) -> Vec<Case> {
    let taken = things.accepted.request_id.clone();
    let other = RecordSelfInspectionRequest { scope: "测试车间".to_owned(), ..things.accepted.clone() };
    let upper = RecordSelfInspectionRequest { request_id: taken.to_uppercase(), ..other.clone() };
    let method = RegisterHazardRequest { request_id: taken, ..find(&things.enterprise) };
    let reused = |what: &str, method, message: &dyn Fn() -> Vec<u8>| Case {
        message: message().into(),
        ..things.case(what, Who::Reporter, method, &(), Code::AlreadyExists, "REQUEST_ID_REUSED")
    };
    vec![
        reused("a request id with another body", RECORD, &|| other.encode_to_vec()),
        reused("the same id in capitals", RECORD, &|| upper.encode_to_vec()),
        reused("a request id with another method", REGISTER, &|| method.encode_to_vec()),
    ]
}

fn versions(things: &Things) -> Vec<Case> {
    let report = |etag: &str| ReportRectificationRequest {
        name: things.hazard.clone(),
        request_id: id(),
        etag: etag.to_owned(),
        result: "测试整改完成".to_owned(),
        ..Default::default()
    };
    let assign = "/changxiao.county.v1.Hazards/AssignRectification";
    let late = AssignRectificationRequest { deadline: Some(TODAY.plus(-1).wire()), ..assignment(&things.hazard) };
    vec![
        things.case("a stale etag", Who::Reporter, REPORT, &report("1"), Code::Aborted, "ETAG_CHANGED"),
        things.case(
            "an etag from the future",
            Who::Reporter,
            REPORT,
            &report("18446744073709551615"),
            Code::Aborted,
            "ETAG_CHANGED",
        ),
        things.invalid("an etag that was never given out", Who::Reporter, REPORT, &report("\"1\""), &["etag"]),
        things.case(
            "a step that does not follow",
            Who::Responsible,
            assign,
            &late,
            Code::FailedPrecondition,
            "HAZARD_WRONG_STATE",
        ),
    ]
}

/// Other regions, and things that are not here.
fn elsewhere(things: &Things) -> Vec<Case> {
    let sibling = "regions/bs-longyang/enterprises/1-5";
    let query = QueryRequest { parent: "regions/bs".to_owned(), span: "2015-08".to_owned(), ..Default::default() };
    let look = GetHazardRequest { name: "regions/bs-longyang/hazards/1-5".to_owned() };
    let none = "regions/bs-tengchong/enterprises/1-1099511627775";
    let prove = ProveEntryRequest { parent: "regions/bs-tengchong".to_owned(), position: u64::MAX };
    let missing = (Code::NotFound, "NOT_FOUND");
    vec![
        things.case("a sibling's enterprise", Who::Reporter, RECORD, &inspection(sibling), missing.0, missing.1),
        things.case("a sibling's hazard", Who::Reporter, "/changxiao.county.v1.Hazards/GetHazard", &look, missing.0, missing.1),
        things.case("the city's figures", Who::Analyst, QUERY, &query, missing.0, missing.1),
        things.case(
            "an enterprise that is not",
            Who::Reporter,
            RECORD,
            &inspection(none),
            Code::NotFound,
            "ENTERPRISE_NOT_FOUND",
        ),
        things.case(
            "an entry that is not",
            Who::Regulator,
            "/changxiao.county.v1.Trail/ProveEntry",
            &prove,
            missing.0,
            missing.1,
        ),
    ]
}
