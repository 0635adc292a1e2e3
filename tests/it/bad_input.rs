//! Bad and hostile input against a real county: every call is refused with a google.rpc status that has a stable reason and names
//! all fields that are wrong, nothing in the database moves, and the node goes on.

mod bytes;
mod fields;
mod people;
mod rules;

use std::{collections::BTreeMap, fs};

use ::bytes::Bytes;
use changxiao_proto::county::v1::{GetHazardRequest, RecordSelfInspectionRequest, RegisterHazardRequest};
use changxiao_tests::{client::reason, story::stage::Stage, world::process::tail};
use prost::Message;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::support::{
    database::Disk,
    raw,
    small::{self, COUNTY},
};

/// What a status may weigh on the wire, so that every client can read it: gRPC libraries take 8 KiB of headers.
const STATUS_BYTES_MAX: usize = 8 * 1_024;

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Administrator,
    Regulator,
    Reporter,
    Responsible,
    Legal,
    Department,
    Commission,
    Analyst,
    /// Reporter of another enterprise.
    Neighbour,
}

/// One call that must be refused.
struct Case {
    what: String,
    method: &'static str,
    /// The authorization header, absent for none.
    authorization: Option<String>,
    message: Bytes,
    code: Code,
    reason: &'static str,
    /// Fields named by the violations, in order.
    fields: Vec<&'static str>,
}

/// Things that exist, for calls that are wrong in one point only.
struct Things {
    tokens: BTreeMap<Who, String>,
    /// `regions/…/enterprises/…` of the reporter.
    enterprise: String,
    /// A hazard of it that is being rectified.
    hazard: String,
    /// A request that was accepted.
    accepted: RecordSelfInspectionRequest,
}

impl Things {
    /// A call by somebody with a token.
    fn case(
        &self,
        what: impl Into<String>,
        who: Who,
        method: &'static str,
        message: &impl Message,
        code: Code,
        reason: &'static str,
    ) -> Case {
        let authorization = Some(format!("Bearer {}", self.tokens[&who]));
        Case {
            what: what.into(),
            method,
            authorization,
            message: message.encode_to_vec().into(),
            code,
            reason,
            fields: Vec::new(),
        }
    }

    /// A call whose message is invalid in these fields.
    fn invalid(
        &self,
        what: impl Into<String>,
        who: Who,
        method: &'static str,
        message: &impl Message,
        fields: &[&'static str],
    ) -> Case {
        let case = self.case(what, who, method, message, Code::InvalidArgument, "REQUEST_INVALID");
        Case { fields: fields.to_vec(), ..case }
    }
}

/// What is wrong with a refusal, if anything.
fn judge(case: &Case, answer: Result<Bytes, Status>) -> Option<String> {
    let Err(status) = answer else { return Some("was accepted".to_owned()) };
    let told = (status.code(), reason(&status));
    if told != (case.code, Some(case.reason.to_owned())) {
        return Some(format!("{told:?} instead of {:?} {}: {}", case.code, case.reason, status.message()));
    }
    let violations = status.get_details_bad_request().map(|request| request.field_violations).unwrap_or_default();
    let fields: Vec<&str> = violations.iter().map(|violation| violation.field.as_str()).collect();
    if fields != case.fields {
        return Some(format!("names {fields:?} instead of {:?}", case.fields));
    }
    if violations.iter().any(|violation| violation.description.is_empty()) {
        return Some("a violation says nothing".to_owned());
    }
    if status.get_details_localized_message().is_none_or(|words| words.locale != "zh-CN" || words.message.is_empty()) {
        return Some("says nothing in Chinese".to_owned());
    }
    let weight = status.message().len() + status.details().len() * 4 / 3;
    (weight > STATUS_BYTES_MAX).then(|| format!("weighs {weight} bytes"))
}

/// A county at 2 September with something in it.
async fn furnished() -> (Stage, Things) {
    let stage = small::frozen(3, 2).await;
    let administrator = stage.world.administrator(COUNTY);
    let industry = stage.firms[0].industry.to_lowercase();
    let mut tokens =
        BTreeMap::from([(Who::Administrator, fs::read_to_string(stage.world.token_file(COUNTY)).unwrap().trim().to_owned())]);
    for (who, account) in [
        (Who::Regulator, "regulator-1"),
        (Who::Reporter, "reporter-0"),
        (Who::Responsible, "responsible-0"),
        (Who::Legal, "legal-0"),
        (Who::Department, &format!("department-{industry}")),
        (Who::Commission, "commission-1"),
        (Who::Analyst, "analyst-1"),
        (Who::Neighbour, "reporter-1"),
    ] {
        tokens.insert(who, small::token(&administrator, account).await);
    }
    let enterprise = stage.enterprises[&0].clone();
    let player = stage.players[&0].clone();
    let player = player.lock().await;
    let staff = player.staff();
    let hazard = staff.reporter.register_hazard(rules::find(&enterprise)).await.unwrap().resource;
    staff.responsible.assign_rectification(rules::assignment(&hazard)).await.unwrap();
    let accepted = RecordSelfInspectionRequest {
        request_id: "b1f2a3c4-0000-4000-8000-00000000aaaa".to_owned(),
        ..rules::inspection(&enterprise)
    };
    staff.reporter.record_self_inspection(accepted.clone()).await.unwrap();
    (stage, Things { tokens, enterprise, hazard, accepted })
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_with_a_reason_and_changes_nothing() {
    let (mut stage, things) = furnished().await;
    let disk = Disk::open(&stage.world, COUNTY).await;
    let before = disk.sizes().await;
    let mut cases = bytes::cases(&things);
    cases.extend(fields::cases(&things));
    cases.extend(rules::cases(&things));
    cases.extend(people::cases(&things));
    let mut wrong = Vec::new();
    for case in &cases {
        let answer = raw::send(stage.world.door(COUNTY), case.method, case.authorization.as_deref(), case.message.clone()).await;
        wrong.extend(judge(case, answer).map(|why| format!("{} ({}): {why}", case.what, case.method)));
        let after = disk.sizes().await;
        if after != before {
            wrong.push(format!("{} ({}) changed the database: {before:?} became {after:?}", case.what, case.method));
            break;
        }
    }
    println!("{} calls refused", cases.len() - wrong.len());
    assert!(
        wrong.is_empty(),
        "{} of {} calls:\n{}\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n"),
        tail(&stage.world.log(COUNTY), 5)
    );

    // What looks like an attack is text all the same: it is kept as it was typed, and nothing else happens.
    let hostile = "Robert'); DROP TABLE entries;-- ../../etc/passwd ${jndi:ldap://x} <script>alert(1)</script> %00 {{7*7}}";
    let sent = RegisterHazardRequest { description: hostile.to_owned(), ..rules::find(&things.enterprise) };
    let reporter = stage.world.door(COUNTY).caller(&things.tokens[&Who::Reporter]);
    let name = reporter.register_hazard(sent).await.unwrap().resource;
    assert_eq!(reporter.get_hazard(GetHazardRequest { name }).await.unwrap().description, hostile);
    let entries: i64 = disk.one("SELECT COUNT(*) FROM entries").await;
    assert!(entries > before["entries"], "the node takes no more writes");
    disk.close().await;

    let log = fs::read_to_string(stage.world.log(COUNTY)).unwrap();
    assert!(!log.contains("panicked"), "{log}");
    stage.world.stop(COUNTY).await.unwrap();
    let told = stage.world.verify(COUNTY).await.unwrap();
    assert!(told.contains("sound") && !told.contains("NOT SOUND"), "{told}");
}
