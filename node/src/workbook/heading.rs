//! Which column of a sheet is which: the row of headings is found by its words, wherever a title stands above it.

use std::collections::BTreeMap;

use changxiao_domain::import::Refusal;

use super::{
    columns::{Column, Sheet},
    frames::Row,
};

/// Heading of the column in which errors are written back.
pub const ERRORS: &str = "错误";
/// Rows among which the headings are looked for.
pub const LOOKED_AT: usize = 10;

/// Where the columns of a sheet are.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Row of the headings.
    pub row: u32,
    /// Column of the sheet by what it means.
    pub columns: Vec<(u32, &'static Column)>,
    /// Column for errors.
    pub errors: u32,
}

/// A heading without what people add to it: stars, notes in parentheses, a second line.
fn bare(text: &str) -> &str {
    let end = text.find(['(', '（', '*', '＊', '\n', '\r', ' ', '\u{3000}']).unwrap_or(text.len());
    text[..end].trim()
}

impl Plan {
    /// The plan of a sheet by one of its rows; none if that row is not the headings.
    ///
    /// # Errors
    /// A heading stands twice.
    pub fn of(sheet: &'static Sheet, row: &Row) -> Result<Option<Self>, Refusal> {
        let mut found: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for cell in &row.cells {
            found.entry(bare(&cell.text)).or_default().push(cell.column);
        }
        if sheet.columns.iter().any(|column| column.required && !found.contains_key(column.heading)) {
            return Ok(None);
        }
        let mut columns = Vec::new();
        for column in sheet.columns {
            match found.get(column.heading).map(Vec::as_slice) {
                Some([at]) => columns.push((*at, column)),
                Some(_) => return Err(Refusal::Headings { what: format!("《{}》重复 (stands twice)", column.heading) }),
                None => {}
            }
        }
        let last = row.cells.last().map_or(0, |cell| cell.column);
        let errors = found.get(ERRORS).and_then(|at| at.first().copied()).unwrap_or(last + 1);
        Ok(Some(Self { row: row.number, columns, errors }))
    }

    /// What is missing in the best of some rows.
    #[must_use]
    pub fn missing(sheet: &'static Sheet, rows: &[Row]) -> Refusal {
        let lacks = |row: &Row| {
            let has = |column: &&Column| row.cells.iter().any(|cell| bare(&cell.text) == column.heading);
            sheet.columns.iter().filter(|column| column.required && !has(column)).map(|column| column.heading).collect::<Vec<_>>()
        };
        let all = || sheet.columns.iter().filter(|column| column.required).map(|column| column.heading).collect();
        let least = rows.iter().map(lacks).min_by_key(Vec::len).unwrap_or_else(all);
        Refusal::Headings { what: format!("缺少{} (missing)", least.join("、")) }
    }
}

#[cfg(test)]
mod tests {
    use changxiao_domain::import::Kind;

    use super::*;
    use crate::workbook::{columns::sheet, frames::Cell};

    fn row(texts: &[&str]) -> Row {
        let cells = texts.iter().zip(0..).map(|(text, column)| Cell { column, number: false, text: (*text).to_owned() });
        Row { number: 3, cells: cells.collect() }
    }

    const ALL: [&str; 7] = ["企业", "检查日期", "检查人", "检查范围", "责任人", "法定代表人", "扫描件SHA-256"];

    #[test]
    fn headings_are_found_by_their_words() {
        let sheet = sheet(Kind::SelfInspections);
        let people = ["责任人", "法定代表人", "扫描件SHA-256"];
        let heads = ["序号", "检查日期*", "企业 enterprise", "检查人", "检查范围(车间)"];
        let plan = Plan::of(sheet, &row(&[&heads[..], &people[..]].concat())).unwrap().unwrap();
        let paths: Vec<_> = plan.columns.iter().map(|(at, column)| (*at, column.path)).collect();
        let people = [(5, "responsible"), (6, "legal_representative"), (7, "paper")];
        assert_eq!(paths, [&[(2, "parent"), (1, "on"), (3, "inspector"), (4, "scope")][..], &people[..]].concat());
        assert_eq!((plan.row, plan.errors), (3, 8));
        assert!(Plan::of(sheet, &row(&ALL[..6])).unwrap().is_none());
        let what = Plan::missing(sheet, &[row(&["台账"]), row(&ALL[..5])]).to_string();
        assert!(what.contains("法定代表人、扫描件SHA-256"), "{what}");
        assert!(Plan::of(sheet, &row(&[&ALL[..], &["检查人"][..]].concat())).is_err());
        let again = Plan::of(sheet, &row(&[&["错误"][..], &ALL[..]].concat())).unwrap().unwrap();
        assert_eq!(again.errors, 0, "a returned sheet sent again");
    }
}
