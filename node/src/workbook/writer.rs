//! Files of rows, written row by row in bounded memory: workbooks and comma-separated values.
//!
//! Nothing in them is live. In a workbook every text is a string cell, and one that begins like a formula also carries the mark
//! that makes a spreadsheet program leave it alone when it is edited; in CSV it gets an apostrophe in front (ASVS 1.2.10).

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
};

use rust_xlsxwriter::{Color, Format, FormatBorder, Workbook, Worksheet, XlsxError};

/// First characters that a spreadsheet program takes for a formula.
const LIVE: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
/// Longest text of a cell in a workbook.
const CELL_CHARACTERS_MAX: usize = 32_000;

/// Whether a text would be taken for a formula.
#[must_use]
pub fn is_live(text: &str) -> bool {
    text.trim_start_matches(['\n', ' ']).starts_with(LIVE)
}

/// One value to be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text, never anything else.
    Text(String),
    /// A number; its text if a spreadsheet program could not hold it exactly.
    Number(String),
    /// A text to be marked as wrong.
    Wrong(String),
    /// Nothing.
    Empty,
}

/// Numbers up to so many digits are exact in a spreadsheet program.
const DIGITS_MAX: usize = 15;

fn exact(text: &str) -> Option<f64> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.parse::<f64>().ok().filter(|number| number.is_finite() && digits <= DIGITS_MAX)
}

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteFault {
    /// The disk.
    #[error(transparent)]
    Disk(#[from] std::io::Error),
    /// The writer of workbooks.
    #[error(transparent)]
    Workbook(#[from] XlsxError),
}

/// A file of rows.
pub enum Sheet {
    /// Workbook.
    Xlsx(Box<Xlsx>),
    /// Comma-separated values.
    Csv(Csv),
}

impl Sheet {
    /// Begins a workbook whose passing files lie in `scratch`.
    ///
    /// # Errors
    /// The disk.
    pub fn xlsx(name: &str, file: PathBuf, scratch: &Path) -> Result<Self, WriteFault> {
        let mut book = Workbook::new();
        book.set_tempdir(scratch)?;
        let sheet = book.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        Ok(Self::Xlsx(Box::new(Xlsx { book, file, formats: Formats::new() })))
    }

    /// Begins comma-separated values, marked as UTF-8.
    ///
    /// # Errors
    /// The disk.
    pub fn csv(file: &Path) -> Result<Self, WriteFault> {
        let mut out = BufWriter::new(File::create(file)?);
        out.write_all(b"\xef\xbb\xbf")?;
        Ok(Self::Csv(Csv { out }))
    }

    /// Writes a row of headings.
    ///
    /// # Errors
    /// The disk.
    pub fn headings(&mut self, row: u32, headings: &[String]) -> Result<(), WriteFault> {
        match self {
            Self::Xlsx(xlsx) => {
                let head = xlsx.formats.head.clone();
                for (column, heading) in (0_u16..).zip(headings) {
                    xlsx.sheet()?.write_string_with_format(row, column, heading, &head)?;
                }
                Ok(())
            }
            Self::Csv(csv) => csv.row(&headings.iter().map(|text| Value::Text(text.clone())).collect::<Vec<_>>()),
        }
    }

    /// Writes a row; rows come in ascending order.
    ///
    /// # Errors
    /// The disk.
    pub fn row(&mut self, row: u32, values: &[Value]) -> Result<(), WriteFault> {
        match self {
            Self::Xlsx(xlsx) => xlsx.row(row, values),
            Self::Csv(csv) => csv.row(values),
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// The disk.
    pub fn finish(self) -> Result<(), WriteFault> {
        match self {
            Self::Xlsx(mut xlsx) => Ok(xlsx.book.save(&xlsx.file)?),
            Self::Csv(mut csv) => Ok(csv.out.flush()?),
        }
    }
}

struct Formats {
    head: Format,
    guarded: Format,
    wrong: Format,
}

impl Formats {
    fn new() -> Self {
        let wrong = Format::new().set_background_color(Color::RGB(0xFF_C7CE)).set_border(FormatBorder::Thin).set_quote_prefix();
        Self { head: Format::new().set_bold(), guarded: Format::new().set_quote_prefix(), wrong }
    }
}

/// A workbook being written.
pub struct Xlsx {
    book: Workbook,
    file: PathBuf,
    formats: Formats,
}

impl Xlsx {
    fn sheet(&mut self) -> Result<&mut Worksheet, XlsxError> {
        self.book.worksheet_from_index(0)
    }

    fn row(&mut self, row: u32, values: &[Value]) -> Result<(), WriteFault> {
        let Self { book, formats, .. } = self;
        let sheet = book.worksheet_from_index(0)?;
        for (column, value) in (0_u16..).zip(values) {
            let clipped = |text: &str| text.chars().take(CELL_CHARACTERS_MAX).collect::<String>();
            match value {
                Value::Empty => {}
                Value::Number(text) => match exact(text) {
                    Some(number) => drop(sheet.write_number(row, column, number)?),
                    None => drop(sheet.write_string(row, column, clipped(text))?),
                },
                Value::Wrong(text) => drop(sheet.write_string_with_format(row, column, clipped(text), &formats.wrong)?),
                Value::Text(text) if is_live(text) => {
                    sheet.write_string_with_format(row, column, clipped(text), &formats.guarded)?;
                }
                Value::Text(text) => drop(sheet.write_string(row, column, clipped(text))?),
            }
        }
        Ok(())
    }
}

/// Comma-separated values being written.
pub struct Csv {
    out: BufWriter<File>,
}

impl Csv {
    fn row(&mut self, values: &[Value]) -> Result<(), WriteFault> {
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                self.out.write_all(b",")?;
            }
            self.out.write_all(field(value).as_bytes())?;
        }
        self.out.write_all(b"\r\n")?;
        Ok(())
    }
}

/// A value in comma-separated values: quoted where it must be, with an apostrophe where a program would run it.
#[must_use]
pub fn field(value: &Value) -> String {
    let text = match value {
        Value::Empty => return String::new(),
        Value::Number(text) if text.parse::<f64>().is_ok() => return text.clone(),
        Value::Number(text) | Value::Text(text) | Value::Wrong(text) => text,
    };
    let text = if is_live(text) { format!("'{text}") } else { text.clone() };
    if text.contains([',', '"', '\n', '\r', '\t']) || text.starts_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use calamine::{Data, Reader as _, Xlsx as Book};

    use super::*;

    /// 50 texts that one spreadsheet program or another has run.
    pub fn payloads() -> Vec<String> {
        let bodies = [
            "1+1",
            "SUM(A1:A9)",
            "cmd|' /C calc'!A0",
            "HYPERLINK(\"http://example.invalid\",\"查看\")",
            "WEBSERVICE(\"http://example.invalid\")",
            "IMPORTXML(\"http://example.invalid\",\"//a\")",
            "DDE(\"cmd\";\"/C calc\";\"x\")",
            "2+5+cmd|' /C notepad'!'A1'",
            "A1",
            "EXEC(\"x\")",
        ];
        let starts = ["=", "+", "-", "@", "\t="];
        let mut all: Vec<String> =
            starts.iter().flat_map(|start| bodies.iter().map(move |body| format!("{start}{body}"))).collect();
        all.truncate(50);
        all
    }

    #[test]
    fn payloads_stay_text_in_both_formats() {
        let place = tempfile::tempdir().unwrap();
        let (book, text) = (place.path().join("a.xlsx"), place.path().join("a.csv"));
        let payloads = payloads();
        assert_eq!(payloads.len(), 50);
        let mut sheets = [Sheet::xlsx("清单", book.clone(), place.path()).unwrap(), Sheet::csv(&text).unwrap()];
        for sheet in &mut sheets {
            sheet.headings(0, &["甲".to_owned(), "乙".to_owned()]).unwrap();
            for (row, payload) in (1..).zip(&payloads) {
                sheet.row(row, &[Value::Text(payload.clone()), Value::Wrong(payload.clone())]).unwrap();
            }
        }
        sheets.into_iter().for_each(|sheet| sheet.finish().unwrap());
        let mut read: Book<_> = calamine::open_workbook(&book).unwrap();
        let range = read.worksheet_range("清单").unwrap();
        for (row, payload) in range.rows().skip(1).zip(&payloads) {
            assert!(row.iter().all(|cell| *cell == Data::String(payload.clone())), "{row:?}");
        }
        assert!(read.worksheet_formula("清单").unwrap().rows().flatten().all(String::is_empty));
        let text = std::fs::read_to_string(&text).unwrap();
        for line in text.trim_start_matches('\u{feff}').lines().skip(1).filter(|line| !line.is_empty()) {
            assert!(line.starts_with(['\'', '"']), "{line:?}");
            assert!(!line.starts_with("\"=") && !line.starts_with("\"+") && !line.starts_with("\"-"), "{line:?}");
        }
    }

    #[test]
    fn numbers_too_long_to_be_exact_stay_text() {
        assert_eq!(exact("91530000000000000X"), None);
        assert_eq!(exact("915300000000000001"), None);
        assert_eq!(exact("12.50"), Some(12.5));
        assert_eq!(field(&Value::Number("-3".to_owned())), "-3");
        assert_eq!(field(&Value::Text("-3".to_owned())), "'-3");
    }
}
