//! Rows of comma- or tab-separated text, in UTF-8 or GB18030 (what spreadsheet programs in Chinese write), and which it was.
//!
//! Source: RFC 4180. Quotes may hold separators, ends of line and doubled quotes.

use std::{fs::File, io::Read as _};

use changxiao_domain::import::Refusal;
use encoding_rs::GB18030;

use super::{child::Sink, frames::Row};

pub(super) fn read(mut file: File, sink: &mut Sink<'_>) -> Result<(), Refusal> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| Refusal::Damaged { why: error.to_string() })?;
    let (text, read_as) = decoded(bytes)?;
    sink.head(read_as)?;
    rows(&text, sink)
}

fn decoded(bytes: Vec<u8>) -> Result<(String, &'static str), Refusal> {
    let body = bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec);
    let (bytes, marked) = body.map_or((bytes, false), |body| (body, true));
    let (text, read_as) = match String::from_utf8(bytes) {
        Ok(text) => (text, "csv, UTF-8"),
        Err(_) if marked => return Err(Refusal::Encoding {}),
        Err(error) => {
            let bytes = error.into_bytes();
            let text = GB18030.decode_without_bom_handling_and_without_replacement(&bytes).ok_or(Refusal::Encoding {})?;
            (text.into_owned(), "csv, GB18030")
        }
    };
    // Text in UTF-16, or no text at all.
    if text.contains('\0') || text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Refusal::Encoding {});
    }
    Ok((text, read_as))
}

fn rows(text: &str, sink: &mut Sink<'_>) -> Result<(), Refusal> {
    let first = text.lines().next().unwrap_or_default();
    let separator = if first.contains('\t') && !first.contains(',') { '\t' } else { ',' };
    let mut row = Row { number: 1, cells: Vec::new() };
    let (mut column, mut cell, mut quoted, mut line) = (0_u32, String::new(), false, 1_u32);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            '\r' if !quoted && letters.peek() == Some(&'\n') => {}
            '\n' | '\r' if !quoted => {
                Sink::cell(&mut row, column, std::mem::take(&mut cell), false)?;
                line += 1;
                sink.row(std::mem::replace(&mut row, Row { number: line, cells: Vec::new() }))?;
                column = 0;
            }
            letter if letter == separator && !quoted => {
                Sink::cell(&mut row, column, std::mem::take(&mut cell), false)?;
                column += 1;
            }
            letter => cell.push(letter),
        }
    }
    if quoted {
        return Err(Refusal::Damaged { why: "a quotation mark is never closed".to_owned() });
    }
    Sink::cell(&mut row, column, cell, false)?;
    sink.row(row)
}
