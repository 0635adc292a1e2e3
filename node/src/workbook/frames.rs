//! What the child says to its parent: one byte of kind, four of length, that many of content.
//!
//! | kind | content |
//! |---|---|
//! | `H` | how the file was read, text |
//! | `R` | row number (u32), then cells: column (u32), 1 if it was a number, length (u32), text |
//! | `X` | stable reason, a zero byte, detail: nothing follows |
//! | `E` | rows (u32): the whole sheet was read |
//!
//! All numbers are little-endian. Both ends are of one program, so there is no version.

use std::io::{self, Write};

/// Longest frame: a row of 200 cells of 4,000 characters is refused long before.
pub const FRAME_BYTES_MAX: usize = 1 << 20;

/// One cell that is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Column from 0.
    pub column: u32,
    /// Whether the sheet held a number.
    pub number: bool,
    /// As text; dates as `2015-08-20`.
    pub text: String,
}

/// One row that is not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// As a spreadsheet program counts: from 1.
    pub number: u32,
    /// In ascending order of columns.
    pub cells: Vec<Cell>,
}

impl Row {
    /// Text of a column, trimmed; empty if there is none.
    #[must_use]
    pub fn text(&self, column: u32) -> &str {
        self.cells.iter().find(|cell| cell.column == column).map_or("", |cell| cell.text.trim())
    }
}

/// A frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// How the file is read.
    Head(String),
    /// A row.
    Row(Row),
    /// It is not read.
    Refused {
        /// Stable reason.
        reason: String,
        /// What the reason's sentence names.
        detail: String,
    },
    /// The end.
    End(u32),
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes()
}

impl Frame {
    /// Writes the frame.
    ///
    /// # Errors
    /// The parent is gone.
    pub fn write(&self, to: &mut (impl Write + ?Sized)) -> io::Result<()> {
        let (kind, content) = match self {
            Self::Head(text) => (b'H', text.as_bytes().to_vec()),
            Self::Row(row) => (b'R', row_bytes(row)),
            Self::Refused { reason, detail } => (b'X', [reason.as_bytes(), b"\0", detail.as_bytes()].concat()),
            Self::End(rows) => (b'E', rows.to_le_bytes().to_vec()),
        };
        to.write_all(&[kind])?;
        to.write_all(&length(&content))?;
        to.write_all(&content)
    }

    /// Reads what [`Self::write`] wrote, without the five bytes before it.
    #[must_use]
    pub fn of(kind: u8, content: &[u8]) -> Option<Self> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
        match kind {
            b'H' => text(content).map(Self::Head),
            b'R' => row_of(content).map(Self::Row),
            b'X' => {
                let at = content.iter().position(|byte| *byte == 0)?;
                Some(Self::Refused { reason: text(&content[..at])?, detail: text(&content[at + 1..])? })
            }
            b'E' => content.try_into().ok().map(u32::from_le_bytes).map(Self::End),
            _ => None,
        }
    }
}

fn row_bytes(row: &Row) -> Vec<u8> {
    let mut bytes = row.number.to_le_bytes().to_vec();
    for cell in &row.cells {
        bytes.extend(cell.column.to_le_bytes());
        bytes.push(u8::from(cell.number));
        bytes.extend(length(cell.text.as_bytes()));
        bytes.extend(cell.text.as_bytes());
    }
    bytes
}

fn row_of(mut bytes: &[u8]) -> Option<Row> {
    let mut number = || {
        let (head, rest) = bytes.split_first_chunk::<4>()?;
        bytes = rest;
        Some(u32::from_le_bytes(*head))
    };
    let mut row = Row { number: number()?, cells: Vec::new() };
    while !bytes.is_empty() {
        let (column, rest) = bytes.split_first_chunk::<4>()?;
        let (number, rest) = rest.split_first()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (text, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        let text = String::from_utf8(text.to_vec()).ok()?;
        row.cells.push(Cell { column: u32::from_le_bytes(*column), number: *number == 1, text });
        bytes = rest;
    }
    Some(row)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn back(frame: &Frame) -> Option<Frame> {
        let mut bytes = Vec::new();
        frame.write(&mut bytes).unwrap();
        Frame::of(bytes[0], &bytes[5..])
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(number: u32, cells in prop::collection::vec((any::<u32>(), any::<bool>(), ".{0,20}"), 0..5)) {
            let cells = cells.into_iter().map(|(column, number, text)| Cell { column, number, text }).collect();
            let frame = Frame::Row(Row { number, cells });
            prop_assert_eq!(back(&frame), Some(frame));
        }

        #[test]
        fn any_bytes_are_a_frame_or_none(kind: u8, content: Vec<u8>) {
            let _ = Frame::of(kind, &content);
        }
    }

    #[test]
    fn every_kind_comes_back() {
        let refused = Frame::Refused { reason: "WORKBOOK_KIND".to_owned(), detail: "网页".to_owned() };
        for frame in [Frame::Head("csv, GB18030".to_owned()), refused, Frame::End(7)] {
            assert_eq!(back(&frame), Some(frame));
        }
    }
}
