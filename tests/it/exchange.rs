//! Files, evidence, imports and exports against a real county.

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use changxiao_proto::county::v1::*;
use changxiao_tests::{
    client::{Caller, reason},
    sheets::{self, CATALOGUE, enterprise},
    story::stage::Stage,
};
use sha2::{Digest as _, Sha256};

use crate::{
    hazards::cast,
    support::{
        database::{Disk, directory},
        small::{self, COUNTY},
    },
};

/// A picture of nothing; the number makes it another one.
fn picture(number: u8) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".as_slice(), &[number; 700_000]].concat()
}

async fn found(by: &Caller, enterprise: &str) -> String {
    let find = RegisterHazardRequest {
        parent: enterprise.to_owned(),
        found_on: Some(changxiao_tests::calendar::Day::new(2015, 8, 20).wire()),
        category: "B03".to_owned(),
        place: "=HYPERLINK(\"http://example.invalid\")".to_owned(),
        description: "(测试)消防通道被堵塞,须清理".to_owned(),
        source: 3,
        finder: "(测试)检查员".to_owned(),
        ..Default::default()
    };
    by.register_hazard(find).await.unwrap().resource
}

async fn why<T: std::fmt::Debug>(answer: Result<T, tonic::Status>) -> String {
    reason(&answer.unwrap_err()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_sent_in_pieces_attached_once_seen_by_whom_it_concerns_and_missed_by_verify() {
    let mut stage = small::approved(41, 2).await;
    let cast = cast(&stage).await;
    let own = cast.staff.reporter.clone();
    let hazard = found(&own, &cast.staff.enterprise).await;
    let bytes = picture(1);

    // Announced twice, sent twice, resumed from where it is.
    let begin = BeginUploadRequest {
        parent: own.door().parent(),
        request_id: "6f1c2a8e-0d1b-4c57-9a55-7a1f6b0c9d3e".to_owned(),
        size: bytes.len() as u64,
        sha256: Sha256::digest(&bytes).to_vec().into(),
        purpose: UploadPurpose::Evidence.into(),
        file_name: "整改前.png".to_owned(),
        ..Default::default()
    };
    let name = own.begin_upload(begin.clone()).await.unwrap().upload.unwrap().name;
    let chunk = |offset: usize, end: usize| WriteChunkRequest {
        name: name.clone(),
        offset: offset as u64,
        data: bytes[offset..end].to_vec().into(),
    };
    assert_eq!(own.write_chunk(chunk(0, 300_000)).await.unwrap().received, 300_000);
    assert_eq!(own.write_chunk(chunk(0, 300_000)).await.unwrap().received, 300_000);
    assert_eq!(why(own.write_chunk(chunk(400_000, 500_000)).await).await, "UPLOAD_GAP");
    assert_eq!(why(own.finish_upload(FinishUploadRequest { name: name.clone() }).await).await, "UPLOAD_UNFINISHED");
    let again = own.begin_upload(begin.clone()).await.unwrap().upload.unwrap();
    assert_eq!((again.name.as_str(), again.received), (name.as_str(), 300_000));
    let other = BeginUploadRequest { size: 5, ..begin };
    assert_eq!(why(own.begin_upload(other).await).await, "REQUEST_ID_REUSED");
    own.write_chunk(chunk(300_000, bytes.len())).await.unwrap();
    let attach = AttachEvidenceRequest {
        parent: hazard.clone(),
        upload: name.clone(),
        phase: EvidencePhase::Before.into(),
        note: "(测试)整改前".to_owned(),
        ..Default::default()
    };
    assert_eq!(why(own.attach_evidence(attach.clone()).await).await, "UPLOAD_UNFINISHED");
    let kept = own.finish_upload(FinishUploadRequest { name: name.clone() }).await.unwrap().upload.unwrap();
    assert_eq!((kept.state(), kept.media_type.as_str()), (UploadState::Kept, "image/png"));

    let attached = own.attach_evidence(attach.clone()).await.unwrap().resource;
    assert_eq!(why(own.attach_evidence(attach.clone()).await).await, "EVIDENCE_REPEATED");
    let seen = own.get_evidence(GetEvidenceRequest { name: attached.clone() }).await.unwrap();
    assert_eq!((seen.subject.as_str(), seen.file_name.as_str(), seen.size), (hazard.as_str(), "整改前.png", bytes.len() as u64));
    assert_eq!(sheets::fetch(&own, &seen.file).await.unwrap(), bytes);

    // Another enterprise's people see neither record nor bytes; the county's regulator sees both.
    let stranger = stage.players[&1].lock().await.staff().reporter.clone();
    let get = GetEvidenceRequest { name: attached.clone() };
    assert_eq!(why(stranger.get_evidence(get).await).await, "NOT_FOUND");
    assert!(sheets::fetch(&stranger, &seen.file).await.is_err());
    assert_eq!(why(stranger.attach_evidence(attach.clone()).await).await, "EVIDENCE_NOT_FOUND");
    assert_eq!(why(stranger.get_upload(GetUploadRequest { name }).await).await, "NOT_FOUND");
    let all = stranger.list_evidence(ListEvidenceRequest { parent: own.door().parent(), page: None }).await.unwrap();
    assert!(all.evidence.is_empty());
    let listed = cast.regulator.list_evidence(ListEvidenceRequest { parent: hazard, page: None }).await.unwrap();
    assert_eq!(listed.evidence.len(), 1);
    assert_eq!(sheets::fetch(&cast.regulator, &seen.file).await.unwrap().len(), bytes.len());

    // What may not come in.
    let page = sheets::upload(&own, UploadPurpose::Evidence, "a.png", b"<html></html>").await;
    assert_eq!(why(page).await, "FILE_KIND_REFUSED");
    let huge = BeginUploadRequest {
        parent: own.door().parent(),
        size: 200 << 20,
        sha256: vec![0; 32].into(),
        purpose: UploadPurpose::Import.into(),
        file_name: "200MB.xlsx".to_owned(),
        ..Default::default()
    };
    assert_eq!(why(own.begin_upload(huge).await).await, "UPLOAD_TOO_LARGE");

    // A journal with its bytes is sound; without them `verify` names the evidence.
    stage.world.stop(COUNTY).await.unwrap();
    let told = stage.world.verify(COUNTY).await.unwrap();
    assert!(told.contains("1 pieces of evidence"), "{told}");
    let digest = seen.file.rsplit('/').next().unwrap();
    let file = directory(&stage.world, COUNTY).join("evidence").join(&digest[..2]).join(digest);
    let mut spoilt = std::fs::read(&file).unwrap();
    spoilt[9] ^= 1;
    std::fs::write(&file, spoilt).unwrap();
    let told = stage.world.verify(COUNTY).await.unwrap_err().to_string();
    assert!(told.contains("NOT WHOLE") && told.contains("evidence/"), "{told}");
    std::fs::remove_file(&file).unwrap();
    assert!(stage.world.verify(COUNTY).await.is_err());
}

async fn enterprises(stage: &Stage) -> i64 {
    let disk = Disk::open(&stage.world, COUNTY).await;
    let count = disk.one("SELECT COUNT(*) FROM enterprises").await;
    disk.close().await;
    count
}

fn rows(bytes: Vec<u8>) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let name = book.sheet_names()[0].clone();
    book.worksheet_range(&name).unwrap().rows().map(<[Data]>::to_vec).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_is_tried_taken_whole_or_row_by_row_and_comes_back_with_its_errors() {
    let stage = small::approved(42, 1).await;
    let regulator = cast(&stage).await.regulator;
    let before = enterprises(&stage).await;
    let sheet = |bad: bool| {
        let mut rows: Vec<Vec<String>> = (5_001..=5_009).map(|number| enterprise(number).to_vec()).collect();
        if bad {
            // An empty name with a wrong check character; an industry that does not exist; the code of another row.
            rows[2][0].clear();
            rows[2][4] = "91530581YYYY00012X".to_owned();
            rows[4][3] = "Q99".to_owned();
            rows[6][4] = rows[5][4].clone();
        }
        sheets::xlsx(&CATALOGUE, rows.into_iter())
    };
    let bad = sheets::upload(&regulator, UploadPurpose::Import, "目录.xlsx", &sheet(true)).await.unwrap().name;
    let good = sheets::upload(&regulator, UploadPurpose::Import, "目录.xlsx", &sheet(false)).await.unwrap().name;
    let run = |mode, upload: &str| {
        let (by, upload) = (regulator.clone(), upload.to_owned());
        async move { sheets::import(&by, ImportKind::Catalogue, mode, &upload).await.unwrap() }
    };

    let tried = run(ImportMode::DryRun, &bad).await;
    assert_eq!(tried.state(), JobState::Done, "{tried:?}");
    assert_eq!((tried.rows_read, tried.rows_accepted, tried.rows_refused), (9, 6, 3));
    assert_eq!(enterprises(&stage).await, before, "a dry run changes nothing");

    let whole = run(ImportMode::AllOrNothing, &bad).await;
    assert_eq!((whole.state(), whole.reason.as_str()), (JobState::Refused, "IMPORT_ROWS_REFUSED"));
    assert_eq!((whole.rows_accepted, whole.rows_refused), (0, 3), "{whole:?}");
    assert_eq!(enterprises(&stage).await, before, "nothing of it was taken");

    // Every error stands at its cell, in the import and in the returned sheet.
    let cells: Vec<(u32, &str)> = whole.errors.iter().map(|error| (error.row, error.cell.as_str())).collect();
    assert!(cells.contains(&(4, "A4")) && cells.contains(&(6, "D6")) && cells.contains(&(8, "")), "{cells:?}");
    assert!(
        whole.errors.iter().all(|error| !error.message_zh.is_empty() && !error.message.is_empty() && !error.reason.is_empty())
    );
    let returned = rows(sheets::fetch(&regulator, &whole.returned_file).await.unwrap());
    assert_eq!(returned[0][10], Data::String("错误".to_owned()));
    let told: Vec<usize> = (1..returned.len()).filter(|row| returned[*row][10] != Data::Empty).collect();
    assert_eq!(told, [3, 5, 7]);
    assert!(returned[3][10].to_string().contains("A4 《企业名称》不能为空"), "{}", returned[3][10]);
    assert_eq!(returned[1][4], Data::String(enterprise(5_001)[4].clone()));

    let some = run(ImportMode::GoodRows, &bad).await;
    assert_eq!((some.state(), some.rows_accepted, some.rows_refused), (JobState::Done, 6, 3), "{some:?}");
    assert_eq!(enterprises(&stage).await, before + 6);

    // The good sheet holds six of them again: all or nothing takes nothing, good rows only the other three.
    let whole = run(ImportMode::AllOrNothing, &good).await;
    assert_eq!((whole.state(), whole.rows_refused), (JobState::Refused, 6), "{whole:?}");
    assert_eq!(enterprises(&stage).await, before + 6);
    let rest = run(ImportMode::GoodRows, &good).await;
    assert_eq!((rest.rows_accepted, rest.rows_refused), (3, 6));
    assert_eq!(enterprises(&stage).await, before + 9);

    // A whole sheet at once, in GB18030 text, with a title above the headings.
    let text = sheets::csv(&CATALOGUE, (6_001..=6_020).map(|number| enterprise(number).to_vec()));
    let bytes = encode_gb18030(&format!("腾冲县监管对象目录(测试)\r\n{text}"));
    let upload = sheets::upload(&regulator, UploadPurpose::Import, "目录.csv", &bytes).await.unwrap().name;
    let all = run(ImportMode::AllOrNothing, &upload).await;
    assert_eq!((all.state(), all.rows_accepted, all.read_as.as_str()), (JobState::Done, 20, "csv, GB18030"), "{all:?}");
    assert!(all.returned_file.is_empty());
    assert_eq!(enterprises(&stage).await, before + 29);

    // Nobody else sees it, and who may not propose may not import.
    let reporter = stage.players[&0].lock().await.staff().reporter.clone();
    assert_eq!(why(reporter.get_import(GetImportRequest { name: all.name }).await).await, "NOT_FOUND");
    let start = StartImportRequest {
        parent: reporter.door().parent(),
        kind: ImportKind::Catalogue.into(),
        mode: ImportMode::DryRun.into(),
        upload,
        ..Default::default()
    };
    assert_eq!(why(reporter.start_import(start).await).await, "PERMISSION_DENIED");
    assert!(stage.world.verify(COUNTY).await.is_ok());
}

fn encode_gb18030(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn hazards_and_self_inspections_come_in_by_sheet_within_the_callers_sight() {
    let stage = small::approved(43, 2).await;
    let cast = cast(&stage).await;
    let own = cast.staff.reporter.clone();
    let (mine, other) = (stage.enterprises[&0].clone(), stage.enterprises[&1].clone());
    let title = stage.firms[0].proposal().title;
    let headings = ["企业", "发现日期", "隐患类别", "部位", "隐患描述", "隐患来源", "发现人"];
    let row = |enterprise: &str, date: &str| {
        [enterprise, date, "B03 现场", "(测试)车间", "(测试)消防通道被堵塞,须清理", "企业", "(测试)甲"]
            .map(str::to_owned)
            .to_vec()
    };
    let serial = mine.rsplit('/').next().unwrap().to_owned();
    let lines = vec![
        row(&serial, "2015/8/19"),
        row(&title, "2015年8月18日"),
        row(&other, "2015-08-19"),
        row("没有这家", "2015-08-19"),
        row(&serial, "2016-01-01"),
    ];
    let bytes = sheets::xlsx(&headings, lines.into_iter());
    let upload = sheets::upload(&own, UploadPurpose::Import, "台账.xlsx", &bytes).await.unwrap().name;
    let done = sheets::import(&own, ImportKind::Hazards, ImportMode::GoodRows, &upload).await.unwrap();
    let reasons: Vec<&str> = done.errors.iter().map(|error| error.reason.as_str()).collect();
    assert_eq!((done.rows_accepted, done.rows_refused), (2, 3), "{done:?}");
    assert_eq!(reasons, ["ENTERPRISE_NOT_FOUND", "REQUEST_INVALID", "HAZARD_IN_FUTURE"], "{done:?}");
    let listed = own.list_hazards(ListHazardsRequest { parent: own.door().parent(), ..Default::default() }).await.unwrap();
    assert_eq!(listed.hazards.len(), 2);

    let headings = ["企业", "检查日期", "检查人", "检查范围", "责任人", "法定代表人", "扫描件SHA-256"];
    let scan = "0f".repeat(32);
    let line =
        [serial.as_str(), "2015-08-19", "(测试)乙", "(测试)全部车间", "(测试)丙", "(测试)丁", &scan].map(str::to_owned).to_vec();
    let bytes = sheets::csv(&headings, std::iter::once(line)).into_bytes();
    let upload = sheets::upload(&own, UploadPurpose::Import, "自查.csv", &bytes).await.unwrap().name;
    let done = sheets::import(&own, ImportKind::SelfInspections, ImportMode::AllOrNothing, &upload).await.unwrap();
    assert_eq!((done.rows_accepted, done.read_as.as_str()), (1, "csv, UTF-8"), "{done:?}");
    for kind in [ImportKind::Catalogue, ImportKind::Hazards, ImportKind::SelfInspections] {
        let ask = GetTemplateRequest { parent: own.door().parent(), kind: kind.into() };
        assert!(own.get_template(ask).await.unwrap().workbook.starts_with(b"PK"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_leaves_as_a_file_with_nothing_alive_in_it() {
    let stage = small::frozen(44, 2).await;
    let cast = cast(&stage).await;
    let regulator = cast.regulator.clone();
    found(&cast.staff.reporter, &cast.staff.enterprise).await;
    let below = cast.staff.enterprise.clone();
    for (method, filter, list_parent, least) in [
        ("county.v1.Enterprises/ListEnterprises", r#"{"state": "ENTERPRISE_STATE_APPROVED"}"#, "", 2),
        ("county.v1.Declarations/ListDeclarations", r#"{"month": {"year": 2015, "month": 8}}"#, "", 2),
        ("county.v1.Declarations/ListMonths", "", "", 1),
        ("county.v1.Hazards/ListHazards", "", "", 1),
        ("county.v1.Dossiers/ListDossiers", "", "", 0),
        ("county.v1.SelfInspections/ListSelfInspections", "", below.as_str(), 0),
        ("county.v1.Supervision/ListDirectives", "", "", 1),
        ("county.v1.Trail/ListEntries", "", "", 20),
        ("statistics.v1.Rollups/Query", r#"{"region": "bs-tengchong", "span": "2015-08"}"#, "", 1),
    ] {
        let bytes = sheets::export(&regulator, method, filter, ExportFormat::Xlsx, list_parent).await;
        let bytes = bytes.unwrap_or_else(|error| panic!("{method}: {error}"));
        let rows = rows(bytes);
        assert!(rows.len() > least, "{method}: {} rows", rows.len());
        let text = sheets::export(&regulator, method, filter, ExportFormat::Csv, list_parent).await.unwrap();
        assert!(text.starts_with(b"\xef\xbb\xbf"), "{method}");
    }
    let hazards = rows(sheets::export(&regulator, "county.v1.Hazards/ListHazards", "", ExportFormat::Xlsx, "").await.unwrap());
    let column = |heading: &str| hazards[0].iter().position(|cell| cell.to_string().starts_with(heading)).unwrap();
    assert_eq!(hazards[1][column("部位")], Data::String("=HYPERLINK(\"http://example.invalid\")".to_owned()));
    assert_eq!(hazards[1][column("状态")], Data::String("已登记".to_owned()));
    let text = sheets::export(&regulator, "county.v1.Hazards/ListHazards", "", ExportFormat::Csv, "").await.unwrap();
    assert!(String::from_utf8(text).unwrap().contains("'=HYPERLINK"));

    // As far as the caller sees, and no further; and only lists.
    let stranger = stage.players[&1].lock().await.staff().reporter.clone();
    let seen = rows(sheets::export(&stranger, "county.v1.Hazards/ListHazards", "", ExportFormat::Xlsx, "").await.unwrap());
    assert_eq!(seen.len(), 1, "headings only");
    let ask = |method: &str| StartExportRequest {
        parent: stranger.door().parent(),
        method: method.to_owned(),
        format: ExportFormat::Csv.into(),
        ..Default::default()
    };
    assert_eq!(why(stranger.start_export(ask("county.v1.Trail/ListEntries")).await).await, "PERMISSION_DENIED");
    assert_eq!(why(stranger.start_export(ask("county.v1.Hazards/RegisterHazard")).await).await, "EXPORT_METHOD");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_a_kill_interrupted_goes_on_and_takes_no_row_twice() {
    let mut stage = small::approved(45, 1).await;
    let regulator = cast(&stage).await.regulator;
    let before = enterprises(&stage).await;
    let bytes = sheets::xlsx(&CATALOGUE, (1..=3_000).map(|number| enterprise(number + 20_000).to_vec()));
    let upload = sheets::upload(&regulator, UploadPurpose::Import, "目录.xlsx", &bytes).await.unwrap().name;
    let start = StartImportRequest {
        parent: regulator.door().parent(),
        request_id: "6f1c2a8e-0d1b-4c57-9a55-7a1f6b0c9d3f".to_owned(),
        kind: ImportKind::Catalogue.into(),
        mode: ImportMode::GoodRows.into(),
        upload,
    };
    let name = regulator.start_import(start.clone()).await.unwrap().import.unwrap().name;
    assert_eq!(regulator.start_import(start.clone()).await.unwrap().import.unwrap().name, name, "the same again is the same");
    let mut killed_at = 0;
    for _ in 0..3_000 {
        let seen = regulator.get_import(GetImportRequest { name: name.clone() }).await.unwrap();
        killed_at = seen.rows_accepted;
        if killed_at > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    stage.world.kill9(COUNTY).unwrap();
    assert!((1..3_000).contains(&killed_at), "killed at {killed_at} of 3000 rows");
    stage.world.restart(COUNTY).await.unwrap();
    let done = sheets::ended(&regulator, &name).await.unwrap();
    assert_eq!((done.state(), done.rows_accepted, done.rows_refused), (JobState::Done, 3_000, 0), "{done:?}");
    assert_eq!(enterprises(&stage).await, before + 3_000);
    let listed = regulator.list_imports(ListImportsRequest { parent: regulator.door().parent() }).await.unwrap();
    assert_eq!(listed.imports.len(), 1);
    assert_eq!(why(regulator.cancel_import(CancelImportRequest { name }).await).await, "IMPORT_ENDED");
}
