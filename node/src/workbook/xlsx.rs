//! The first sheet of an .xlsx workbook: values only, streamed. Formulas count by what they last gave; links lead nowhere.

use std::{fs::File, io::BufReader};

use calamine::{DataRef, Reader as _, Xlsx, XlsxError};
use changxiao_domain::import::{ROWS_MAX, Refusal, UNPACKED_BYTES_MAX};

use super::{child::Sink, frames::Row};
use crate::vault::zip_names;

/// A part above this size that is packed more tightly than [`RATIO_MAX`] holds nothing but repetition.
const LOOKED_AT_BYTES: u64 = 1 << 20;
/// Honest sheets are packed 10 to 60 times.
const RATIO_MAX: u64 = 200;

pub(super) fn read(mut file: File, sink: &mut Sink<'_>) -> Result<(), Refusal> {
    scan(&mut file)?;
    let mut book: Xlsx<BufReader<File>> = Xlsx::new(BufReader::new(file)).map_err(|error| broken(&error))?;
    let sheet = book.sheet_names().into_iter().next().ok_or_else(|| Refusal::Damaged { why: "it has no sheet".to_owned() })?;
    sink.head("xlsx")?;
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(|error| broken(&error))?;
    let mut row = Row { number: 1, cells: Vec::new() };
    while let Some(cell) = cells.next_cell().map_err(|error| broken(&error))? {
        let (at, column) = cell.get_position();
        let Some((text, number)) = text_of(cell.get_value()) else { continue };
        if text.trim().is_empty() {
            continue;
        }
        if at >= ROWS_MAX + 1_000 {
            return Err(Refusal::TooManyRows { most: ROWS_MAX });
        }
        if at + 1 < row.number {
            return Err(Refusal::Damaged { why: "its rows are not in order".to_owned() });
        }
        if at + 1 > row.number {
            sink.row(std::mem::replace(&mut row, Row { number: at + 1, cells: Vec::new() }))?;
        }
        if row.cells.last().is_some_and(|last| last.column >= column) {
            return Err(Refusal::Damaged { why: "its cells are not in order".to_owned() });
        }
        Sink::cell(&mut row, column, text, number)?;
    }
    sink.row(row)
}

/// Looks at the archive's own list before anything is unpacked.
fn scan(file: &mut File) -> Result<(), Refusal> {
    let entries = zip_names::of(file).map_err(|why| Refusal::Damaged { why })?;
    let total: u64 = entries.iter().map(|entry| entry.unpacked).sum();
    if total > UNPACKED_BYTES_MAX {
        return Err(Refusal::TooLarge { what: format!("it unpacks to {} MiB", total >> 20) });
    }
    let tight = |entry: &&zip_names::Entry| entry.unpacked > LOOKED_AT_BYTES && entry.unpacked / entry.packed.max(1) > RATIO_MAX;
    match entries.iter().find(tight) {
        Some(entry) => {
            let ratio = entry.unpacked / entry.packed.max(1);
            Err(Refusal::TooLarge { what: format!("a part of it is packed 1 to {ratio}") })
        }
        None => Ok(()),
    }
}

fn broken(error: &XlsxError) -> Refusal {
    match error {
        XlsxError::Password => Refusal::NotAWorkbook { found: "protected by a password".to_owned() },
        other => Refusal::Damaged { why: other.to_string().chars().take(200).collect() },
    }
}

/// A value as text, and whether it was a number. Empty cells are none.
fn text_of(value: &DataRef<'_>) -> Option<(String, bool)> {
    Some(match value {
        DataRef::Empty => return None,
        DataRef::Int(number) => (number.to_string(), true),
        DataRef::Float(number) => (of_float(*number), true),
        DataRef::String(text) => (text.clone(), false),
        DataRef::SharedString(text) => ((*text).to_owned(), false),
        DataRef::Bool(yes) => (if *yes { "是" } else { "否" }.to_owned(), false),
        DataRef::DateTime(at) if at.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            let midnight = (hour, minute, second) == (0, 0, 0);
            (if midnight { date } else { format!("{date} {hour:02}:{minute:02}:{second:02}") }, false)
        }
        DataRef::DateTime(span) => (of_float(span.as_f64()), true),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => (text.clone(), false),
        DataRef::Error(error) => (error.to_string(), false),
    })
}

/// As people would type it: no exponent, no superfluous zeros.
fn of_float(number: f64) -> String {
    format!("{number}")
}
