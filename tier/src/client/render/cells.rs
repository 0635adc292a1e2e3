//! The text of one value, and a message as a flat row of named texts.

use prost_reflect::{DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, ReflectMessage as _, Value};

use super::super::{names, values::Shape};

/// Names and texts of a flattened message in the order of field numbers. An absent value is an empty text.
pub type Cells = Vec<(String, String)>;

/// Lists of this message become one column for each indicator, so that figures stand below each other.
const FIGURE: &str = "changxiao.statistics.v1.Figure";

/// Nested messages are flattened this deep; deeper ones do not occur and would only be a trap.
const DEPTH_MAX: usize = 6;

/// Flattens a message.
pub fn of(message: &DynamicMessage) -> Cells {
    let mut out = Vec::new();
    flatten(message, "", true, &mut out);
    out
}

fn flatten(message: &DynamicMessage, prefix: &str, present: bool, out: &mut Cells) {
    for field in message.descriptor().fields() {
        self::field(message, &field, prefix, present, out);
    }
}

/// Adds the cells of one field. `present` is false inside a message that is absent: its columns stay, empty.
pub fn field(message: &DynamicMessage, field: &FieldDescriptor, prefix: &str, present: bool, out: &mut Cells) {
    let name = format!("{prefix}{}", heading(field));
    let value = message.get_field(field);
    if let (Some(shape), false) = (Shape::of(field), field.is_list()) {
        let set = present && (!field.supports_presence() || message.has_field(field));
        out.push((name, if set { one(&shape, &value) } else { String::new() }));
        return;
    }
    match (&*value, field.kind()) {
        (Value::List(items), Kind::Message(of)) if of.full_name() == FIGURE => figures(items, prefix, out),
        (Value::List(items), _) => out.push((name, list(field, items))),
        (Value::Message(inner), _) if prefix.matches('.').count() < DEPTH_MAX => {
            flatten(inner, &format!("{name}."), present && message.has_field(field), out);
        }
        // Maps do not occur on this wire; JSON shows them.
        _ => {}
    }
}

/// Field name; instants lose the unit that their text no longer has.
fn heading(field: &FieldDescriptor) -> &str {
    match Shape::of(field) {
        Some(Shape::Instant) => field.name().trim_end_matches("_ms"),
        _ => field.name(),
    }
}

fn figures(items: &[Value], prefix: &str, out: &mut Cells) {
    for figure in items.iter().filter_map(Value::as_message) {
        let text = |name: &str| figure.get_field_by_name(name).and_then(|value| value.as_str().map(plain)).unwrap_or_default();
        out.push((format!("{prefix}{}", text("indicator")), text("text")));
    }
}

fn list(field: &FieldDescriptor, items: &[Value]) -> String {
    match Shape::of(field) {
        Some(shape) => items.iter().map(|item| one(&shape, item)).collect::<Vec<_>>().join(", "),
        None => items.iter().filter_map(Value::as_message).map(compact).collect::<Vec<_>>().join("; "),
    }
}

/// A message in one cell: its texts that are not empty, in order.
fn compact(message: &DynamicMessage) -> String {
    let texts: Vec<String> = of(message).into_iter().map(|(_, text)| text).filter(|text| !text.is_empty()).collect();
    texts.join(" ")
}

fn one(shape: &Shape, value: &Value) -> String {
    match (shape, value) {
        (Shape::Hex, Value::Bytes(bytes)) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        (Shape::Choice(of), Value::EnumNumber(number)) => choice(of, *number),
        (Shape::Month(_), Value::Message(month)) => civil(month, &["year", "month"]),
        (Shape::Date(_), Value::Message(date)) => civil(date, &["year", "month", "day"]),
        (Shape::Instant, Value::I64(milliseconds)) => instant(*milliseconds),
        (_, Value::String(text)) => plain(text),
        (_, Value::Bool(yes)) => yes.to_string(),
        (_, Value::I32(number)) => number.to_string(),
        (_, Value::I64(number)) => number.to_string(),
        (_, Value::U32(number)) => number.to_string(),
        (_, Value::U64(number)) => number.to_string(),
        (_, Value::F32(number)) => number.to_string(),
        (_, Value::F64(number)) => number.to_string(),
        // A value of another type than its field cannot be decoded.
        _ => String::new(),
    }
}

/// Short name; empty for “unspecified”, the number for a value that a newer server knows.
fn choice(of: &EnumDescriptor, number: i32) -> String {
    match of.get_value(number) {
        Some(_) if number == 0 => String::new(),
        Some(value) => names::short(&value),
        None => number.to_string(),
    }
}

fn civil(message: &DynamicMessage, parts: &[&str]) -> String {
    let part = |name: &&str| message.get_field_by_name(name).and_then(|value| value.as_i32()).unwrap_or_default();
    let parts: Vec<String> = parts
        .iter()
        .map(|name| if *name == "year" { format!("{:04}", part(name)) } else { format!("{:02}", part(name)) })
        .collect();
    parts.join("-")
}

/// `2015-10-05 23:59:59 +08:00`; empty for 0, which means “not yet” or “never” everywhere on this wire.
fn instant(milliseconds: i64) -> String {
    if milliseconds == 0 {
        return String::new();
    }
    match jiff::Timestamp::from_millisecond(milliseconds) {
        Ok(at) => {
            let local = jiff::tz::Offset::constant(8).to_datetime(at);
            let (date, time) = (local.date(), local.time());
            format!("{date} {:02}:{:02}:{:02} +08:00", time.hour(), time.minute(), time.second())
        }
        Err(_) => milliseconds.to_string(),
    }
}

/// Text that cannot break a line or drive a terminal: it came from somebody else.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '\n' | '\r' | '\t' => ' ',
            letter if letter.is_control() => '\u{fffd}',
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            letter => letter,
        })
        .collect()
}
