//! A row of a sheet as the request that it stands for, or everything that is wrong with it.

use changxiao_domain::{clock::Date, import::Kind, refusal::Refusal};
use changxiao_proto::{convert::request::Invalid, county::v1::RowError};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind as FieldKind, MessageDescriptor, Value};

use super::{
    child::letters,
    columns::{Column, Form},
    frames::Row,
    heading::Plan,
};

/// Reason of a cell that cannot be read; the same as that of a request's field.
const INVALID: &str = "REQUEST_INVALID";

/// What is wrong with one cell.
#[must_use]
pub fn cell_error(row: u32, at: u32, column: &Column, zh: &str, en: &str) -> RowError {
    RowError {
        row,
        cell: format!("{}{row}", letters(at)),
        heading: column.heading.to_owned(),
        reason: INVALID.to_owned(),
        message_zh: format!("《{}》{zh}:{}", column.heading, column.rule),
        message: format!("{} {en}; it must be {}", column.english, column.rule_en),
    }
}

/// What a rule says no to.
#[must_use]
pub fn refused(row: u32, refusal: &Refusal) -> RowError {
    RowError {
        row,
        reason: refusal.reason().to_owned(),
        message_zh: refusal.zh(),
        message: refusal.to_string(),
        ..RowError::default()
    }
}

/// Violations of a request, by the cells that its fields came from.
#[must_use]
pub fn invalid(row: u32, plan: &Plan, invalid: &Invalid) -> Vec<RowError> {
    let of = |violation: &changxiao_proto::convert::request::Violation| {
        let found = plan.columns.iter().find(|(_, column)| column.path == violation.field);
        match found {
            Some((at, column)) => cell_error(row, *at, column, "不符合要求", &violation.why),
            None => RowError {
                row,
                reason: INVALID.to_owned(),
                message_zh: format!("本行不符合要求({}):{}", violation.field, violation.why),
                message: format!("{}: {}", violation.field, violation.why),
                ..RowError::default()
            },
        }
    };
    invalid.0.iter().map(of).collect()
}

/// Who is the enterprise that a cell names: its resource name, or nobody.
pub type Enterprises<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Fills the request of a row.
///
/// # Errors
/// Everything that is wrong with its cells.
pub fn fill(
    request: &mut DynamicMessage,
    kind: Kind,
    plan: &Plan,
    row: &Row,
    enterprises: Enterprises<'_>,
) -> Result<(), Vec<RowError>> {
    let mut errors = Vec::new();
    let absent = super::columns::sheet(kind).columns.iter().filter(|column| column.required);
    debug_assert!(absent.clone().all(|column| plan.columns.iter().any(|(_, known)| known.path == column.path)));
    for (at, column) in &plan.columns {
        let text = row.text(*at);
        if text.is_empty() {
            if column.required {
                errors.push(cell_error(row.number, *at, column, "不能为空", "is empty"));
            }
            continue;
        }
        let read = match column.form {
            Form::Enterprise => enterprises(text).ok_or(("没有找到该企业", "names no enterprise here")),
            form => said(form, text),
        };
        let put = read.and_then(|text| put(request, column.path, &text).ok_or(("无法识别", "cannot be read")));
        if let Err((zh, en)) = put {
            errors.push(cell_error(row.number, *at, column, zh, en));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// A cell's text as the wire writes it.
fn said(form: Form, text: &str) -> Result<String, (&'static str, &'static str)> {
    match form {
        Form::Text | Form::Number | Form::Enterprise | Form::Industries => Ok(text.to_owned()),
        Form::Digest => {
            let digest = text.to_ascii_lowercase();
            let good = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
            good.then_some(digest).ok_or(("不是64位十六进制数", "is not 64 hexadecimal digits"))
        }
        Form::Date => date(text).map(|date| date.to_string()).ok_or(("不是日期", "is not a date")),
        Form::Flag => match text {
            "是" | "true" | "TRUE" | "1" => Ok("true".to_owned()),
            "否" | "false" | "FALSE" | "0" => Ok("false".to_owned()),
            _ => Err(("无法识别", "is neither 是 nor 否")),
        },
        // A code may be followed by its name, as the drop-down writes it.
        Form::Industry | Form::HazardCategory => {
            Ok(text.split([' ', '\u{3000}', '-', ':']).next().unwrap_or_default().to_owned())
        }
        Form::Choice(words) => words
            .iter()
            .find(|(word, number)| *word == text || number.to_string() == text)
            .map(|(_, number)| number.to_string())
            .ok_or(("不在列表中", "is not in the list")),
    }
}

/// A date as people and spreadsheet programs write it.
#[must_use]
pub fn date(text: &str) -> Option<Date> {
    let day = text.split(['T', ' ']).next().unwrap_or_default();
    let day = day.replace(['/', '.', '年', '月'], "-");
    let day = day.trim_end_matches('日');
    let parts: Vec<&str> = day.split('-').collect();
    let [year, month, day] = parts[..] else { return None };
    let digits = |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if year.len() != 4 || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
        return None;
    }
    format!("{year}-{month:0>2}-{day:0>2}").parse().ok()
}

/// Puts a text into a field, at any depth, in the field's own form.
fn put(message: &mut DynamicMessage, path: &str, text: &str) -> Option<()> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let field = message.descriptor_of().get_field_by_name(name)?;
    match rest {
        Some(rest) => self::put(message.get_field_mut(&field).as_message_mut()?, rest, text),
        None => {
            let value = if field.is_list() {
                let items = text.split(['、', ',', '，', ';', '；', ' ']).map(str::trim).filter(|item| !item.is_empty());
                Value::List(items.map(|item| value(&field, item)).collect::<Option<_>>()?)
            } else {
                value(&field, text)?
            };
            message.set_field(&field, value);
            Some(())
        }
    }
}

trait Described {
    fn descriptor_of(&self) -> MessageDescriptor;
}

impl Described for DynamicMessage {
    fn descriptor_of(&self) -> MessageDescriptor {
        prost_reflect::ReflectMessage::descriptor(self)
    }
}

fn value(field: &FieldDescriptor, text: &str) -> Option<Value> {
    Some(match field.kind() {
        FieldKind::String => Value::String(text.to_owned()),
        FieldKind::Bytes => {
            let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
            Value::Bytes((0..text.len()).step_by(2).map(pair).collect::<Option<Vec<u8>>>()?.into())
        }
        FieldKind::Bool => Value::Bool(text.parse().ok()?),
        FieldKind::Uint32 => Value::U32(text.parse().ok()?),
        FieldKind::Uint64 => Value::U64(text.parse().ok()?),
        FieldKind::Int32 => Value::I32(text.parse().ok()?),
        FieldKind::Int64 => Value::I64(text.parse().ok()?),
        FieldKind::Enum(_) => Value::EnumNumber(text.parse().ok()?),
        FieldKind::Message(of) if of.full_name() == "changxiao.types.v1.Date" => {
            let date: Date = text.parse().ok()?;
            let mut wire = DynamicMessage::new(of);
            wire.set_field_by_name("year", Value::I32(date.year().into()));
            wire.set_field_by_name("month", Value::I32(date.month().into()));
            wire.set_field_by_name("day", Value::I32(date.day().into()));
            Value::Message(wire)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use changxiao_proto::DESCRIPTORS;
    use prost_reflect::DescriptorPool;

    use super::*;
    use crate::workbook::{columns::sheet, frames::Cell};

    #[test]
    fn dates_as_people_write_them() {
        let expected: Date = "2015-08-05".parse().unwrap();
        for text in
            ["2015-08-05", "2015-8-5", "2015/8/5", "2015.08.05", "2015年8月5日", "2015-08-05 00:00:00", "2015-08-05T10:00:00"]
        {
            assert_eq!(date(text), Some(expected), "{text}");
        }
        for text in ["", "8月5日", "2015-13-01", "42221", "2015-08", "15-08-05", "2015-08-05-01", "=TODAY()"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn every_column_of_every_sheet_fills_its_field_with_its_example() {
        let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
        for kind in Kind::ALL {
            let sheet = sheet(kind);
            let mut request = DynamicMessage::new(pool.get_message_by_name(sheet.message).unwrap());
            let columns: Vec<_> = (0_u32..).zip(sheet.columns).collect();
            let cells = columns.iter().map(|(at, column)| {
                let text = if column.example.is_empty() { "K03" } else { column.example }.to_owned();
                Cell { column: *at, number: false, text }
            });
            let row = Row { number: 2, cells: cells.collect() };
            let plan = Plan { row: 1, columns, errors: 30 };
            fill(&mut request, kind, &plan, &row, &|_| Some("regions/x/enterprises/1-17".to_owned())).unwrap();
            let nobody = fill(&mut request, kind, &plan, &Row { number: 2, cells: Vec::new() }, &|_| None).unwrap_err();
            assert_eq!(nobody.len(), sheet.columns.iter().filter(|column| column.required).count());
            assert!(nobody.iter().all(|error| error.message_zh.contains("不能为空") && !error.cell.is_empty()));
        }
    }
}
