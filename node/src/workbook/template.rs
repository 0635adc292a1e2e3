//! The workbook to fill in: headings, drop-downs, and a sheet that says what belongs into each column.

use rust_xlsxwriter::{Color, DataValidation, Format, Formula, Workbook, XlsxError};

use super::columns::{Column, Sheet};

/// Rows with drop-downs.
const ROWS: u32 = 5_000;
const NOTES: &str = "填写说明";
const CODES: &str = "代码表";

/// Makes the template of a sheet.
///
/// # Errors
/// The writer of workbooks refuses, which a test excludes.
pub fn make(sheet: &'static Sheet) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (head, must) = (Format::new().set_bold(), Format::new().set_bold().set_background_color(Color::RGB(0xFF_EB9C)));
    let rows = book.add_worksheet();
    rows.set_name(sheet.title)?.set_freeze_panes(1, 0)?;
    let text = Format::new().set_num_format("@");
    for (at, column) in (0_u16..).zip(sheet.columns) {
        let heading = if column.required { format!("{}*", column.heading) } else { column.heading.to_owned() };
        // Text from the start: a spreadsheet program would round a number of 18 digits.
        rows.set_column_format(at, &text)?.set_column_width(at, 22)?;
        rows.write_string_with_format(0, at, heading, if column.required { &must } else { &head })?;
    }
    let mut lists = 0_u16;
    for (at, column) in (0_u16..).zip(sheet.columns) {
        let choices = column.form.choices();
        if choices.is_empty() {
            continue;
        }
        let letter = super::child::letters(lists.into());
        let range = format!("={CODES}!${letter}$2:${letter}${}", choices.len() + 1);
        let list = DataValidation::new().allow_list_formula(Formula::new(range)).ignore_blank(true);
        rows.add_data_validation(1, at, ROWS, at, &list.set_error_message("请从下拉列表选择")?)?;
        lists += 1;
    }
    notes(&mut book, sheet, &head)?;
    codes(&mut book, sheet, &head)?;
    book.save_to_buffer()
}

fn notes(book: &mut Workbook, sheet: &'static Sheet, head: &Format) -> Result<(), XlsxError> {
    let page = book.add_worksheet();
    page.set_name(NOTES)?;
    let intro = format!("{}导入模板。请在第一张表填写,不要改动表头;带*的列必填。示例均为虚构(模拟数据)。", sheet.title);
    page.write_string(0, 0, intro)?;
    page.write_string(1, 0, format!("Template of the {}. Fill in the first sheet and leave the headings as they are; columns with a star are required. Examples are synthetic.", sheet.english))?;
    for (at, heading) in (0_u16..).zip(["列名", "必填", "填写要求", "示例", "column", "rule"]) {
        page.write_string_with_format(3, at, heading, head)?;
        page.set_column_width(at, 26)?;
    }
    let line = |column: &Column| {
        let required = if column.required { "是" } else { "否" };
        [column.heading, required, column.rule, column.example, column.english, column.rule_en].map(str::to_owned)
    };
    for (row, column) in (4_u32..).zip(sheet.columns) {
        for (at, text) in (0_u16..).zip(line(column)) {
            page.write_string(row, at, text)?;
        }
    }
    Ok(())
}

fn codes(book: &mut Workbook, sheet: &'static Sheet, head: &Format) -> Result<(), XlsxError> {
    let page = book.add_worksheet();
    page.set_name(CODES)?;
    let listed = sheet.columns.iter().map(|column| (column, column.form.choices())).filter(|(_, choices)| !choices.is_empty());
    for (at, (column, choices)) in (0_u16..).zip(listed) {
        page.write_string_with_format(0, at, column.heading, head)?;
        page.set_column_width(at, 40)?;
        for (row, choice) in (1_u32..).zip(choices) {
            page.write_string(row, at, choice)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Reader as _, Xlsx};
    use changxiao_domain::import::Kind;

    use super::*;
    use crate::workbook::{
        columns::sheet,
        frames::{Cell, Row},
        heading::Plan,
    };

    #[test]
    fn a_template_is_read_back_by_the_same_table() {
        for kind in Kind::ALL {
            let bytes = make(sheet(kind)).unwrap();
            assert!(bytes.len() < 64 * 1_024, "{} bytes", bytes.len());
            let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
            assert_eq!(book.sheet_names(), [sheet(kind).title, NOTES, CODES]);
            let range = book.worksheet_range(sheet(kind).title).unwrap();
            let heads = range.rows().next().unwrap();
            let cells = heads.iter().zip(0..).map(|(text, column)| Cell { column, number: false, text: text.to_string() });
            let plan = Plan::of(sheet(kind), &Row { number: 1, cells: cells.collect() }).unwrap().unwrap();
            assert_eq!(plan.columns.len(), sheet(kind).columns.len());
        }
    }
}
