//! Aligned columns.

use super::{cells::Cells, width::width};

/// Between two columns.
const GAP: &str = "  ";

/// Rows that may not all have the same cells; a column exists if any row has it.
#[derive(Debug, Default)]
pub struct Columns {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
    /// Index of the row that sums the others.
    total: Option<usize>,
}

impl Columns {
    /// Adds a row.
    pub fn push(&mut self, cells: Cells) {
        let mut row = vec![String::new(); self.names.len()];
        // A new column goes behind the one that its own row has before it, so that figures stay together.
        let mut before = 0;
        for (name, text) in cells {
            let at = match self.names.iter().position(|known| *known == name) {
                Some(at) => at,
                None => {
                    self.names.insert(before, name);
                    self.rows.iter_mut().for_each(|known| known.insert(before, String::new()));
                    row.insert(before, String::new());
                    before
                }
            };
            if let Some(cell) = row.get_mut(at) {
                *cell = text;
            }
            before = at + 1;
        }
        self.rows.push(row);
    }

    /// Adds the row that sums the others, below a line.
    pub fn total(&mut self, cells: Cells) {
        self.push(cells);
        self.total = Some(self.rows.len() - 1);
    }

    /// The table; columns that are empty everywhere are left out.
    pub fn text(&self) -> String {
        let shown: Vec<Column<'_>> = (0..self.names.len()).filter_map(|at| self.column(at)).collect();
        if shown.is_empty() {
            return "(none)\n".to_owned();
        }
        let mut out = line(shown.iter().map(|column| column.cell(column.name)));
        for row in 0..self.rows.len() {
            if self.total == Some(row) {
                out.push_str(&line(shown.iter().map(|column| "-".repeat(column.width))));
            }
            out.push_str(&line(shown.iter().map(|column| column.cell(column.texts.get(row).copied().unwrap_or_default()))));
        }
        out
    }

    fn column(&self, at: usize) -> Option<Column<'_>> {
        let name = self.names.get(at)?;
        let texts: Vec<&str> = self.rows.iter().map(|row| row.get(at).map_or("", String::as_str)).collect();
        let mut filled = texts.iter().filter(|text| !text.is_empty()).peekable();
        filled.peek()?;
        let right = filled.all(|text| numeric(text));
        let width = texts.iter().map(|text| width(text)).chain([width(name)]).max()?;
        Some(Column { name, texts, width, right })
    }
}

struct Column<'a> {
    name: &'a str,
    texts: Vec<&'a str>,
    width: usize,
    right: bool,
}

impl Column<'_> {
    fn cell(&self, text: &str) -> String {
        let space = " ".repeat(self.width.saturating_sub(width(text)));
        if self.right { format!("{space}{text}") } else { format!("{text}{space}") }
    }
}

/// Counts and ratios, `/` for a ratio without denominator; no dates, codes with letters or instants.
fn numeric(text: &str) -> bool {
    text == "/" || text.parse::<f64>().is_ok()
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let mut text = cells.collect::<Vec<_>>().join(GAP);
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// One line for each cell that is not empty: name, text.
pub fn pairs(cells: &Cells) -> String {
    let filled: Vec<&(String, String)> = cells.iter().filter(|(_, text)| !text.is_empty()).collect();
    let widest = filled.iter().map(|(name, _)| width(name)).max().unwrap_or_default();
    filled.iter().map(|(name, text)| format!("{name}{}{GAP}{text}\n", " ".repeat(widest - width(name)))).collect()
}
