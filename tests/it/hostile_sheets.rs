//! Workbooks that mean harm: a county gives each a clear answer within twelve seconds, grows by no more than 32 MiB, and goes on.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use changxiao_proto::county::v1::*;
use changxiao_tests::{
    client::{Caller, reason},
    sheets::{
        self,
        hostile::{Case, corpus, shared_strings_bomb},
    },
};
use tokio::time::Instant;

use crate::{
    hazards::cast,
    support::small::{self, COUNTY},
};

/// What the county says of a file: of its upload, else of its import.
async fn answer(by: &Caller, case: &Case) -> String {
    let upload = match sheets::upload(by, UploadPurpose::Import, "目录.xlsx", &case.bytes).await {
        Ok(upload) => upload,
        Err(status) => return reason(&status).unwrap_or_else(|| status.to_string()),
    };
    let done = sheets::import(by, ImportKind::Catalogue, ImportMode::GoodRows, &upload.name).await.unwrap();
    assert!(done.reason.is_empty() || !done.message.is_empty() && !done.message_zh.is_empty(), "{done:?}");
    if done.reason.is_empty() { format!("{:?}", done.state()) } else { done.reason }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_hostile_workbook_gets_its_answer_and_the_county_goes_on() {
    let stage = small::approved(46, 1).await;
    let regulator = cast(&stage).await.regulator;
    let process = stage.world.process_id(COUNTY);
    let before = stage.world.rss(COUNTY).unwrap();
    let cases = corpus();
    assert!(cases.len() >= 25, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let begun = Instant::now();
        let said = answer(&regulator, case).await;
        let took = begun.elapsed();
        let grown = stage.world.rss(COUNTY).unwrap().saturating_sub(before) / 1_024;
        println!("{:>6.2} s  {grown:>3} MiB  {:<28} {}", took.as_secs_f64(), said, case.name);
        if !case.reasons.contains(&said.as_str()) || took > Duration::from_secs(12) || grown > 32 {
            wrong.push(format!("{}: {said} after {took:?}, grown by {grown} MiB; expected {:?}", case.name, case.reasons));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(stage.world.process_id(COUNTY), process, "the county never ended");
}

/// The control: the same file, parsed in the process itself, ends it.
#[test]
fn an_in_process_parser_dies_of_it() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("bomb.xlsx");
    std::fs::write(&file, shared_strings_bomb()).unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_workbook"))
        .arg("--in-process")
        .arg(&file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(std::os::unix::process::ExitStatusExt::signal(&status).is_some(), "{status}");
}
