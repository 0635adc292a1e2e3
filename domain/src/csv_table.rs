//! Reads the comma-separated tables that are compiled into the program.
//!
//! Only what those tables use: `#` comment lines, one header line, fields in double quotes without quotes inside.

/// A line of a compiled-in table that cannot be read: a mistake in the shipped data, found by the tests.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{table} line {line}: {what}")]
pub struct TableFault {
    pub table: &'static str,
    /// Line of the file, from 1.
    pub line: usize,
    pub what: String,
}

impl TableFault {
    /// Stable name of this fault for programs.
    pub fn reason(&self) -> &'static str {
        "TABLE_MALFORMED"
    }
}

/// One row with its place, so that a fault can name it.
pub(crate) struct Row<'a> {
    table: &'static str,
    line: usize,
    fields: Vec<&'a str>,
}

impl<'a> Row<'a> {
    /// The field in column `index`, from 0; empty if the row is shorter (row lengths were checked against the header).
    pub(crate) fn field(&self, index: usize) -> &'a str {
        self.fields.get(index).copied().unwrap_or_default()
    }

    /// The field in column `index`, parsed.
    pub(crate) fn parse<T: std::str::FromStr>(&self, index: usize) -> Result<T, TableFault> {
        let text = self.field(index);
        text.parse().map_err(|_| self.fault(format!("column {} cannot be `{text}`", index + 1)))
    }

    /// A fault on this row.
    pub(crate) fn fault(&self, what: impl Into<String>) -> TableFault {
        TableFault { table: self.table, line: self.line, what: what.into() }
    }
}

/// Every row below the header, each with as many fields as the header.
pub(crate) fn rows<'a>(table: &'static str, text: &'a str) -> Result<Vec<Row<'a>>, TableFault> {
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let columns = lines.next().map_or(0, |(_, header)| header.split(',').count());
    lines
        .map(|(line, content)| match split(content) {
            Some(fields) if fields.len() == columns => Ok(Row { table, line, fields }),
            _ => Err(TableFault { table, line, what: format!("is not {columns} fields") }),
        })
        .collect()
}

/// The fields of one line; `None` if a quote is not closed where the field ends.
fn split(line: &str) -> Option<Vec<&str>> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => rest.split_at(rest.find(',').unwrap_or(rest.len())),
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None => return after.is_empty().then_some(fields),
        }
    }
}
