//! Sheets as people send them: catalogues of invented enterprises, and the calls that carry a file to a county and back.

use std::time::Duration;

use anyhow::{Context as _, bail};
use changxiao_proto::county::v1::*;
use rust_xlsxwriter::Workbook;
use sha2::{Digest as _, Sha256};

use crate::{client::Caller, story::codes};

pub mod hostile;

/// Headings of the catalogue's template.
pub const CATALOGUE: [&str; 10] = [
    "企业名称*",
    "地址*",
    "乡镇代码",
    "行业类别*",
    "统一社会信用代码",
    "工商注册号",
    "组织机构代码",
    "无证照原因",
    "法定代表人*",
    "模拟数据",
];

/// A row of the catalogue for an invented enterprise; the number makes its credit code.
pub fn enterprise(number: u32) -> [String; 10] {
    let counties = ["530581", "530502", "530521", "530523", "530524"];
    let county = counties[(number / 9_999) as usize % counties.len()];
    [
        format!("(测试)石料厂{number}"),
        format!("(测试)第{number}号"),
        "530522100".to_owned(),
        "K03".to_owned(),
        codes::credit_code(county, number % 9_999 + 1),
        String::new(),
        String::new(),
        String::new(),
        format!("测试法人{number}"),
        "是".to_owned(),
    ]
}

/// A workbook of one sheet.
pub fn xlsx(headings: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet_with_constant_memory().unwrap();
    for (at, heading) in (0_u16..).zip(headings) {
        sheet.write_string(0, at, *heading).unwrap();
    }
    for (row, texts) in (1_u32..).zip(rows) {
        for (at, text) in (0_u16..).zip(texts) {
            if !text.is_empty() {
                sheet.write_string(row, at, text).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

/// Comma-separated values.
pub fn csv(headings: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut text = headings.join(",");
    for row in rows {
        text.push_str("\r\n");
        text.push_str(&row.join(","));
    }
    text
}

/// Sends a file and gives its upload, finished.
///
/// # Errors
/// What the county said.
pub async fn upload(by: &Caller, purpose: UploadPurpose, file_name: &str, bytes: &[u8]) -> Result<Upload, tonic::Status> {
    let begin = BeginUploadRequest {
        parent: by.door().parent(),
        size: bytes.len() as u64,
        sha256: Sha256::digest(bytes).to_vec().into(),
        purpose: purpose.into(),
        file_name: file_name.to_owned(),
        ..Default::default()
    };
    let begun = by.begin_upload(begin).await?;
    let name = begun.upload.unwrap().name;
    let mut offset = 0;
    for piece in bytes.chunks(begun.chunk_bytes_max as usize) {
        let chunk = WriteChunkRequest { name: name.clone(), offset, data: piece.to_vec().into() };
        offset = by.write_chunk(chunk).await?.received;
    }
    Ok(by.finish_upload(FinishUploadRequest { name }).await?.upload.unwrap())
}

/// Fetches a whole file.
///
/// # Errors
/// What the county said.
pub async fn fetch(by: &Caller, name: &str) -> Result<Vec<u8>, tonic::Status> {
    let mut bytes = Vec::new();
    loop {
        let ask = ReadFileRequest { name: name.to_owned(), offset: bytes.len() as u64, most_bytes: 0 };
        let piece = by.read_file(ask).await?;
        bytes.extend(&piece.data);
        if piece.data.is_empty() || bytes.len() as u64 >= piece.size {
            return Ok(bytes);
        }
    }
}

/// Starts an import and waits until it has ended.
///
/// # Errors
/// What the county said, or it does not end in time.
pub async fn import(by: &Caller, kind: ImportKind, mode: ImportMode, upload: &str) -> anyhow::Result<Import> {
    let start = StartImportRequest {
        parent: by.door().parent(),
        kind: kind.into(),
        mode: mode.into(),
        upload: upload.to_owned(),
        ..Default::default()
    };
    let started = by.start_import(start).await?.import.context("no import")?;
    ended(by, &started.name).await
}

/// Waits until an import has ended.
///
/// # Errors
/// It does not end in ten minutes.
pub async fn ended(by: &Caller, name: &str) -> anyhow::Result<Import> {
    for _ in 0..6_000 {
        let seen = by.get_import(GetImportRequest { name: name.to_owned() }).await?;
        if seen.state() != JobState::Running {
            return Ok(seen);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("{name} does not end")
}

/// Exports a list and fetches the file.
///
/// # Errors
/// What the county said, or it does not end in time.
pub async fn export(by: &Caller, method: &str, filter: &str, format: ExportFormat, below: &str) -> anyhow::Result<Vec<u8>> {
    let start = StartExportRequest {
        parent: by.door().parent(),
        method: method.to_owned(),
        filter_json: filter.to_owned(),
        format: format.into(),
        list_parent: below.to_owned(),
        ..Default::default()
    };
    let name = by.start_export(start).await?.export.context("no export")?.name;
    for _ in 0..600 {
        let seen = by.get_export(GetExportRequest { name: name.clone() }).await?;
        match seen.state() {
            JobState::Running => tokio::time::sleep(Duration::from_millis(100)).await,
            JobState::Done => return Ok(fetch(by, &seen.file).await?),
            _ => bail!("{method}: {} {}", seen.reason, seen.message),
        }
    }
    bail!("{name} does not end")
}
