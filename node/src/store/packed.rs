//! Short lists within one column: lines of fields, parted by the characters that are made for it (U+001E, U+001F). No text that people give
//! can hold them.

use std::fmt::Display;

const LINE: char = '\u{1e}';
const FIELD: char = '\u{1f}';

/// Fields as one line.
pub fn line<const N: usize>(fields: [&dyn Display; N]) -> String {
    fields.map(ToString::to_string).join(&FIELD.to_string())
}

/// Lines as a column.
pub fn column(lines: impl IntoIterator<Item = String>) -> String {
    lines.into_iter().collect::<Vec<_>>().join(&LINE.to_string())
}

/// The lines of a column, each as its fields.
pub fn lines(column: &str) -> impl Iterator<Item = Vec<&str>> {
    column.split(LINE).filter(|line| !line.is_empty()).map(|line| line.split(FIELD).collect())
}
