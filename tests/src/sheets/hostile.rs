//! Files that mean harm, or are merely of another kind: each made here, none kept. What a county has to say of each stands beside it.

use std::io::{Cursor, Write as _};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{CATALOGUE, enterprise, xlsx};

/// One file.
pub struct Case {
    /// What it tries.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Stable reasons, one of which is the answer: of the upload or of the import.
    pub reasons: &'static [&'static str],
}

const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>"#;
const RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const BOOK_RELS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

/// An archive of these files.
fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).compression_level(Some(6));
    for (name, bytes) in files {
        zip.start_file(*name, packed).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook with this sheet and further parts.
fn book(sheet: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut files: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", RELS.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    files.extend(more);
    archive(&files)
}

fn sheet(rows: &str) -> String {
    format!(r#"<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>"#)
}

fn inline(cell: &str, text: &str) -> String {
    format!(r#"<c r="{cell}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

/// Two kilobytes that ask a parser for 96 GB: what an in-process parser dies of.
pub fn shared_strings_bomb() -> Vec<u8> {
    let strings = format!(
        r#"<?xml version="1.0"?><sst xmlns="{MAIN}" count="4000000000" uniqueCount="4000000000"><si><t>a</t></si></sst>"#
    );
    let rows = sheet(r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#);
    book(&rows, &[("xl/sharedStrings.xml", strings.as_bytes())])
}

/// Two cells that span everything a sheet can be.
fn two_corners() -> Vec<u8> {
    let rows = [
        format!(r#"<row r="1">{}</row>"#, inline("A1", "a")),
        format!(r#"<row r="1048576">{}</row>"#, inline("XFD1048576", "b")),
    ];
    book(&sheet(&rows.concat()), &[])
}

/// A megabyte of text, shown by thousands of cells.
fn one_text_everywhere() -> Vec<u8> {
    let strings = format!(r#"<sst xmlns="{MAIN}" count="2000" uniqueCount="1"><si><t>{}</t></si></sst>"#, "字".repeat(350_000));
    let rows: String = (1..=2_000).map(|row| format!(r#"<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>"#)).collect();
    book(&sheet(&rows), &[("xl/sharedStrings.xml", strings.as_bytes())])
}

/// Says in the archive's list that its parts are small.
fn lying(mut bytes: Vec<u8>, claimed: u32) -> Vec<u8> {
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(4).position(|window| window == b"PK\x01\x02") {
        at += found;
        bytes[at + 24..at + 28].copy_from_slice(&claimed.to_le_bytes());
        at += 4;
    }
    bytes
}

fn spaces(mebibytes: usize) -> String {
    sheet(&" ".repeat(mebibytes << 20))
}

/// Every file.
pub fn corpus() -> Vec<Case> {
    let good = xlsx(&CATALOGUE, (1..=3).map(|number| enterprise(number).to_vec()));
    let case = |name, bytes: Vec<u8>, reasons| Case { name, bytes, reasons };
    let kind: &[&str] = &["FILE_KIND_REFUSED"];
    let other: &[&str] = &["UPLOAD_PURPOSE"];
    let damaged: &[&str] = &["WORKBOOK_DAMAGED"];
    let large: &[&str] = &["WORKBOOK_TOO_LARGE"];
    let typed = |part| archive(&[("[Content_Types].xml", TYPES.as_bytes()), part]);
    let long_row = |columns: usize| vec!["x".to_owned(); columns];
    let many_attributes: String = (0..60_000).map(|number| format!(r#" a{number}="1""#)).collect();
    let namespaces: String = (0..60_000).map(|number| format!(r#" xmlns:n{number}="urn:{number}""#)).collect();
    let styles = format!(
        r#"<styleSheet xmlns="{MAIN}"><numFmts count="4000000000"><numFmt numFmtId="164" formatCode="yyyy"/></numFmts><cellXfs count="4000000000"><xf numFmtId="164"/></cellXfs></styleSheet>"#
    );
    let deep = format!("{}{}", "<row>".repeat(50_000), "</row>".repeat(50_000));
    let dtd = format!(
        r#"<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><worksheet xmlns="{MAIN}"><sheetData><row r="1">{}</row></sheetData></worksheet>"#,
        inline("A1", "&c;")
    );
    let entity = format!(
        r#"<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><worksheet xmlns="{MAIN}"><sheetData><row r="1">{}</row></sheetData></worksheet>"#,
        inline("A1", "&x;")
    );
    let mut cut = good.clone();
    cut.truncate(good.len() / 2);
    let mut flipped = good.clone();
    for at in (200..flipped.len() / 2).step_by(97) {
        flipped[at] ^= 0xff;
    }
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain("企业名称,地址\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let empty = xlsx(&CATALOGUE, std::iter::empty());
    let many = xlsx(&CATALOGUE, (0..20_100).map(|number| vec![format!("甲{number}")]));
    let headings: &[&str] = &["WORKBOOK_HEADINGS"];
    vec![
        case("a web page under another name", b"<html><table><tr><td>1</td></tr></table></html>".to_vec(), kind),
        case("an old .xls, or one with a password", [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".as_slice(), &[0; 4_096]].concat(), kind),
        case("a program", [b"MZ\x90\0".as_slice(), &[0; 512]].concat(), kind),
        case("noise", (0..4_096_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect(), kind),
        case(
            "an OpenDocument sheet",
            archive(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", b"<x/>")]),
            kind,
        ),
        case("a binary workbook", typed(("xl/workbook.bin", b"x")), kind),
        case("a text document", typed(("word/document.xml", b"<x/>")), other),
        case("a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(), other),
        case("a photograph", b"\xff\xd8\xff\xe0\x00\x10JFIF\0".to_vec(), other),
        case("a workbook with macros", book(&sheet(""), &[("xl/vbaProject.bin", b"x")]), kind),
        case("a workbook with Excel 4 macros", book(&sheet(""), &[("xl/macrosheets/sheet1.xml", b"<x/>")]), kind),
        case("a plain archive", archive(&[("a.txt", b"a")]), kind),
        case("half a workbook", cut, kind),
        case("a workbook with flipped bytes", flipped, &["WORKBOOK_DAMAGED", "FILE_KIND_REFUSED", "WORKBOOK_HEADINGS"]),
        case(
            "six hundred parts",
            archive(
                &(0..600)
                    .map(|_| ("x", b"".as_slice()))
                    .enumerate()
                    .map(|(at, (_, bytes))| (Box::leak(format!("p{at}").into_boxed_str()) as &str, bytes))
                    .collect::<Vec<_>>(),
            ),
            kind,
        ),
        case("a bomb of 24 MiB of spaces", book(&spaces(24), &[]), large),
        case(
            "a bomb that calls itself small",
            lying(book(&spaces(24), &[]), 1_000),
            &["WORKBOOK_DAMAGED", "WORKBOOK_HEADINGS", "WORKBOOK_TOO_COSTLY"],
        ),
        case("a workbook that says it unpacks to 4 GiB", lying(good.clone(), u32::MAX - 1), large),
        case("four billion shared texts", shared_strings_bomb(), &["WORKBOOK_TOO_COSTLY"]),
        case(
            "four billion styles",
            book(&sheet(r#"<row r="1"><c r="A1" s="0"><v>1</v></c></row>"#), &[("xl/styles.xml", styles.as_bytes())]),
            &["WORKBOOK_TOO_COSTLY", "WORKBOOK_HEADINGS"],
        ),
        case("two cells at the corners", two_corners(), &["WORKBOOK_TOO_MANY_ROWS"]),
        case("a column beyond all use", book(&sheet(&format!(r#"<row r="1">{}</row>"#, inline("XFD1", "a"))), &[]), large),
        case("one long text in every row", one_text_everywhere(), &["WORKBOOK_CELL_TOO_LONG", "WORKBOOK_TOO_LARGE"]),
        case("20,100 rows", many, &["WORKBOOK_TOO_MANY_ROWS"]),
        case(
            "rows out of order",
            book(&sheet(&format!(r#"<row r="9">{}</row><row r="2">{}</row>"#, inline("A9", "a"), inline("A2", "b"))), &[]),
            damaged,
        ),
        case(
            "a cell that is nowhere",
            book(&sheet(r#"<row r="1"><c r="0"><v>1</v></c></row>"#), &[]),
            &["WORKBOOK_DAMAGED", "WORKBOOK_HEADINGS"],
        ),
        case(
            "a shared text that is not there",
            book(&sheet(r#"<row r="1"><c r="A1" t="s"><v>7</v></c></row>"#), &[]),
            &["WORKBOOK_DAMAGED", "WORKBOOK_HEADINGS", "WORKBOOK_TOO_COSTLY"],
        ),
        case(
            "no sheet in the book",
            archive(&[("[Content_Types].xml", TYPES.as_bytes()), ("xl/workbook.xml", b"<workbook/>")]),
            damaged,
        ),
        case(
            "a sheet that is not there",
            archive(&[
                ("[Content_Types].xml", TYPES.as_bytes()),
                ("xl/workbook.xml", BOOK.as_bytes()),
                ("xl/_rels/workbook.xml.rels", BOOK_RELS.as_bytes()),
            ]),
            damaged,
        ),
        case("entities that grow", book(&dtd, &[]), &["WORKBOOK_DAMAGED", "WORKBOOK_HEADINGS"]),
        case("an entity of another file", book(&entity, &[]), &["WORKBOOK_DAMAGED", "WORKBOOK_HEADINGS"]),
        case(
            "sixty thousand attributes",
            book(&sheet(&format!(r#"<row r="1"><c r="A1"{many_attributes}><v>1</v></c></row>"#)), &[]),
            &["WORKBOOK_HEADINGS", "WORKBOOK_DAMAGED", "WORKBOOK_TOO_COSTLY"],
        ),
        case(
            "sixty thousand namespaces",
            book(&sheet(&format!("<row r=\"1\"{namespaces}></row>")), &[]),
            &["WORKBOOK_HEADINGS", "WORKBOOK_DAMAGED", "WORKBOOK_TOO_COSTLY"],
        ),
        case("rows in rows in rows", book(&sheet(&deep), &[]), &["WORKBOOK_HEADINGS", "WORKBOOK_DAMAGED", "WORKBOOK_TOO_COSTLY"]),
        case("other headings", xlsx(&["甲", "乙"], std::iter::once(long_row(2))), headings),
        case("headings and nothing else", empty, &["WORKBOOK_EMPTY"]),
        case("text in UTF-16", utf16, &["WORKBOOK_ENCODING"]),
        case("text in no encoding", [b"\xff\x81\xff\xff,a\n".as_slice(), "名".as_bytes()].concat(), &["WORKBOOK_ENCODING"]),
        case("a quotation mark never closed", "企业名称,\"地址\n甲,乙".as_bytes().to_vec(), damaged),
        case(
            "one cell of 5,000 characters",
            format!("企业名称,地址\n{},乙", "长".repeat(5_000)).into_bytes(),
            &["WORKBOOK_CELL_TOO_LONG"],
        ),
        case("250 columns of text", format!("{}\n", vec!["列"; 250].join(",")).into_bytes(), large),
    ]
}
