//! Who may call what, found out by calling: every method served × every role × six relations between caller and record.
//!
//! Methods come from the descriptors, callers are accounts made through the contract, calls go to real processes. The verdicts
//! are the golden file `matrix.txt`; `UPDATE_MATRIX=1` writes it anew, and a changed line is a question to be answered in review.

mod cast;
mod requests;

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use bytes::Bytes;
use changxiao_proto::{DESCRIPTORS, METHODS};
use changxiao_tests::{client::reason, story::stage::Stage, world::World};
use prost_reflect::DescriptorPool;
use tonic::{Code, Status};

use self::cast::Cast;
use crate::{
    support::{
        raw,
        small::{self, COUNTY},
    },
    verdicts::{Expected, Process},
};

/// How a caller stands to the record that is asked for.
const RELATIONS: [&str; 6] = ["own", "other", "sibling", "parent", "child", "stranger"];

/// What came of a call.
///
/// `allow`: the call reached the rules of its noun, whatever they said; `unread`: it was let in and its fields were refused;
/// `hidden`: not found; `denied`: the role may not; `unknown`: nobody known calls.
fn verdict(answer: &Result<Bytes, Status>) -> &'static str {
    match answer {
        Ok(_) => "allow",
        Err(status) => match (status.code(), reason(status).as_deref()) {
            // Who signs in is not known yet; what is wrong with the password is a rule like any other.
            (Code::Unauthenticated, Some("SIGN_IN_REFUSED")) => "allow",
            (Code::ResourceExhausted, Some("ACCOUNT_LOCKED" | "SOURCE_LOCKED")) => "allow",
            (Code::Unauthenticated, _) => "unknown",
            (Code::PermissionDenied, Some("PERMISSION_DENIED")) => "denied",
            (Code::NotFound, _) => "hidden",
            (Code::InvalidArgument, Some("REQUEST_INVALID")) => "unread",
            (
                Code::FailedPrecondition | Code::InvalidArgument | Code::AlreadyExists | Code::PermissionDenied | Code::Aborted,
                _,
            ) => "allow",
            _ => "BROKEN",
        },
    }
}

/// Whether a method of the contract is served by this process.
fn is_served(method: &str, county: bool) -> bool {
    let own: &[&str] = if county { &["/changxiao.county."] } else { &["/changxiao.oversight.", "/changxiao.enrolment."] };
    let common = ["/changxiao.account.", "/changxiao.sandbox.", "/changxiao.statistics."];
    own.iter().chain(&common).any(|package| method.starts_with(package))
}

/// Calls, and again when the listener's limits came between: whoever calls this fast and is refused this often loses its connection.
async fn send(stage: &Stage, region: &str, method: &str, authorization: Option<&str>, message: Bytes) -> Result<Bytes, Status> {
    let mut answer = Err(Status::unknown("not called yet"));
    for _ in 0..20 {
        answer = raw::send(stage.world.door(region), method, authorization, message.clone()).await;
        if verdict(&answer) != "BROKEN" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_gives_every_role_in_every_relation_its_verdict() {
    let world = World::yunnan().with_counties(&[COUNTY]).hosting(COUNTY, cast::SIBLING).hosting(COUNTY, cast::STRANGER);
    let world = world.hosting("bs", cast::OTHER_CITY).seed(5).start().await.unwrap();
    let stage = small::settled(world, 5, 8).await;
    let cast = Cast::new(&stage).await;
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    let expected = Expected::read();
    let (mut told, mut cells, mut wrong, mut surprises) = (String::new(), 0, Vec::new(), Vec::new());
    for (region, county) in [(COUNTY, true), ("bs", false)] {
        for method in METHODS.iter().filter(|method| is_served(method, county)) {
            writeln!(told, "{region} {method}").unwrap();
            // Roles that fare alike stand in one line.
            let mut alike: BTreeMap<[&'static str; 6], Vec<&'static str>> = BTreeMap::new();
            for (role, callers) in cast.roles(region) {
                let mut row = [""; 6];
                for (place, authorization) in callers.iter().enumerate() {
                    let message = requests::message(&pool, method, region, &cast.things);
                    let answer = send(&stage, region, method, authorization.as_deref(), message).await;
                    row[place] = verdict(&answer);
                    cells += 1;
                    let shows = answer.as_ref().is_ok_and(|bytes| cast.things.shows_own(bytes));
                    // Accounts name their enterprises; they are the administrator's, whatever else that account is confined to.
                    let others = !method.starts_with("/changxiao.account.");
                    if row[place] == "BROKEN" || place > 0 && shows && others {
                        wrong.push(format!("{region} {method} {role} {}: {answer:?}", RELATIONS[place]));
                    }
                }
                let process = if county { Process::County } else { Process::City };
                match expected.row(process, method, role) {
                    Some(thought) if thought == row => {}
                    thought => surprises.push(format!("{region} {method} {role}: answered {row:?}, expected {thought:?}")),
                }
                alike.entry(row).or_default().push(role);
            }
            for (row, roles) in alike {
                let shown: Vec<String> =
                    RELATIONS.iter().zip(row).map(|(relation, verdict)| format!("{relation}={verdict}")).collect();
                writeln!(told, "    {}: {}", shown.join(" "), roles.join(", ")).unwrap();
            }
        }
    }
    writeln!(told, "{cells} cells").unwrap();
    println!("{told}");
    println!("{} surprises against the table that a person wrote", surprises.len());
    assert!(wrong.is_empty(), "{} cells show what they must not, or broke:\n{}", wrong.len(), wrong.join("\n"));
    assert!(surprises.is_empty(), "{} rows surprise (verdicts/expected.txt):\n{}", surprises.len(), surprises.join("\n"));
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/matrix.txt");
    if std::env::vars().any(|(name, _)| name == "UPDATE_MATRIX") {
        fs::write(&golden, &told).unwrap();
    }
    let expected = fs::read_to_string(&golden).unwrap();
    let surprises: Vec<_> = told.lines().zip(expected.lines()).filter(|(got, want)| got != want).collect();
    assert!(told == expected, "surprises (got, expected): {surprises:#?}");
}
