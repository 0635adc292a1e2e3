//! `read-workbook`: the process in which a sheet is parsed. The file is its standard input; frames are its standard output.
//!
//! It limits itself before it looks at the first byte: address space, processor time, no core, no files. It starts without the
//! runtime, so there is one thread; it refuses to work if it was handed a socket.

use std::{
    fs::File,
    io::{BufWriter, Write},
    os::fd::AsFd as _,
    process::ExitCode,
};

use changxiao_domain::{
    import::{CELL_CHARACTERS_MAX, COLUMNS_MAX, ROWS_MAX, Refusal},
    media::Media,
    refusal::Refuse as _,
};
use rustix::process::{Resource, Rlimit, setrlimit};

use super::{
    csv,
    frames::{Cell, FRAME_BYTES_MAX, Frame, Row},
    xlsx,
};
use crate::vault::sniff;

/// Name of the command. It stands in no help: people have no use for it.
pub const COMMAND: &str = "read-workbook";
/// Address space, bytes.
const MEMORY_BYTES_MAX: u64 = 512 << 20;
/// Processor time, seconds.
const CPU_SECONDS_MAX: u64 = 10;
/// Text of all cells together, bytes.
const TEXT_BYTES_MAX: usize = 32 << 20;
/// Rows that may lie above the first data row.
const ROWS_ABOVE: u32 = 50;

/// Runs the child.
#[must_use]
pub fn run() -> ExitCode {
    if confine().is_err() {
        return ExitCode::FAILURE;
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    let Ok(input) = std::io::stdin().as_fd().try_clone_to_owned() else { return ExitCode::FAILURE };
    let mut sink = Sink { out: &mut out, rows: 0, text: 0 };
    let last = match read(File::from(input), &mut sink) {
        Ok(()) => Frame::End(sink.rows),
        Err(refusal) => Frame::Refused { reason: refusal.reason().to_owned(), detail: detail(&refusal) },
    };
    match last.write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn confine() -> Result<(), ()> {
    let hard = |most| Rlimit { current: Some(most), maximum: Some(most) };
    let limits = [
        (Resource::As, hard(MEMORY_BYTES_MAX)),
        (Resource::Cpu, Rlimit { current: Some(CPU_SECONDS_MAX), maximum: Some(CPU_SECONDS_MAX + 1) }),
        (Resource::Core, hard(0)),
        (Resource::Nofile, hard(16)),
    ];
    for (resource, limit) in limits {
        setrlimit(resource, limit).map_err(drop)?;
    }
    let handles = std::fs::read_dir("/proc/self/fd").map_err(drop)?;
    let is_socket = |link: std::path::PathBuf| link.to_string_lossy().starts_with("socket:");
    if handles.flatten().any(|handle| std::fs::read_link(handle.path()).is_ok_and(is_socket)) {
        return Err(());
    }
    Ok(())
}

/// What a refusal's sentence names.
fn detail(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotAWorkbook { found: what }
        | Refusal::TooLarge { what }
        | Refusal::TooCostly { what }
        | Refusal::Headings { what }
        | Refusal::Damaged { why: what }
        | Refusal::CellTooLong { cell: what, .. } => what.clone(),
        Refusal::TooManyRows { most } => most.to_string(),
        _ => String::new(),
    }
}

/// The refusal of a frame.
#[must_use]
pub fn refusal_of(reason: &str, detail: &str) -> Refusal {
    let what = detail.to_owned();
    match reason {
        "WORKBOOK_KIND" => Refusal::NotAWorkbook { found: what },
        "WORKBOOK_MACROS" => Refusal::Macros {},
        "WORKBOOK_TOO_LARGE" => Refusal::TooLarge { what },
        "WORKBOOK_TOO_MANY_ROWS" => Refusal::TooManyRows { most: ROWS_MAX },
        "WORKBOOK_TOO_COSTLY" => Refusal::TooCostly { what },
        "WORKBOOK_ENCODING" => Refusal::Encoding {},
        "WORKBOOK_CELL_TOO_LONG" => Refusal::CellTooLong { cell: what, most: CELL_CHARACTERS_MAX },
        _ => Refusal::Damaged { why: what },
    }
}

fn read(mut file: File, sink: &mut Sink<'_>) -> Result<(), Refusal> {
    let unreadable = |error: std::io::Error| Refusal::Damaged { why: error.to_string() };
    match sniff::of(&mut file).map_err(unreadable)? {
        Ok(Media::Xlsx) => xlsx::read(file, sink),
        Ok(Media::Csv) => csv::read(file, sink),
        Ok(other) => Err(Refusal::NotAWorkbook { found: other.id().to_owned() }),
        Err(found) if found.ends_with("with macros") => Err(Refusal::Macros {}),
        Err(found) if found.contains("lists more than") => Err(Refusal::TooLarge { what: found }),
        Err(found) => Err(Refusal::NotAWorkbook { found }),
    }
}

/// Where rows go, with every cap that a sheet has to keep.
pub(super) struct Sink<'a> {
    out: &'a mut dyn Write,
    rows: u32,
    text: usize,
}

impl Sink<'_> {
    pub fn head(&mut self, read_as: &str) -> Result<(), Refusal> {
        self.put(&Frame::Head(read_as.to_owned()))
    }

    /// Adds a cell to a row, if it holds anything.
    pub fn cell(row: &mut Row, column: u32, text: String, number: bool) -> Result<(), Refusal> {
        if text.trim().is_empty() {
            return Ok(());
        }
        if column >= COLUMNS_MAX {
            return Err(Refusal::TooLarge { what: format!("column {} is used", letters(column)) });
        }
        if text.len() > CELL_CHARACTERS_MAX as usize * 4 || text.chars().count() > CELL_CHARACTERS_MAX as usize {
            return Err(Refusal::CellTooLong { cell: format!("{}{}", letters(column), row.number), most: CELL_CHARACTERS_MAX });
        }
        row.cells.push(Cell { column, number, text });
        Ok(())
    }

    /// Hands a row on, if it holds anything.
    pub fn row(&mut self, row: Row) -> Result<(), Refusal> {
        if row.cells.is_empty() {
            return Ok(());
        }
        self.rows += 1;
        self.text += row.cells.iter().map(|cell| cell.text.len()).sum::<usize>();
        if self.rows > ROWS_MAX + ROWS_ABOVE {
            return Err(Refusal::TooManyRows { most: ROWS_MAX });
        }
        let bytes: usize = row.cells.iter().map(|cell| cell.text.len() + 9).sum();
        if self.text > TEXT_BYTES_MAX || bytes > FRAME_BYTES_MAX - 8 {
            return Err(Refusal::TooLarge { what: "its cells hold more than 32 MiB of text".to_owned() });
        }
        self.put(&Frame::Row(row))
    }

    fn put(&mut self, frame: &Frame) -> Result<(), Refusal> {
        // Nobody is left to hear it.
        frame.write(self.out).map_err(|error| Refusal::Damaged { why: error.to_string() })
    }
}

/// Letters of a column, as a spreadsheet program shows it.
#[must_use]
pub fn letters(column: u32) -> String {
    let mut left = column + 1;
    let mut letters = Vec::new();
    while left > 0 {
        let digit = (left - 1) % 26;
        letters.push(char::from(b'A' + u8::try_from(digit).unwrap_or(0)));
        left = (left - 1) / 26;
    }
    letters.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters() {
        for (column, name) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")] {
            assert_eq!(letters(column), name);
        }
    }

    #[test]
    fn refusals_survive_the_pipe() {
        for refusal in [
            Refusal::NotAWorkbook { found: "a page".to_owned() },
            Refusal::Macros {},
            Refusal::TooLarge { what: "x".to_owned() },
            Refusal::TooManyRows { most: ROWS_MAX },
            Refusal::Damaged { why: "y".to_owned() },
            Refusal::Encoding {},
            Refusal::CellTooLong { cell: "A1".to_owned(), most: CELL_CHARACTERS_MAX },
        ] {
            assert_eq!(refusal_of(refusal.reason(), &detail(&refusal)), refusal);
        }
    }
}
