//! What a flag's text means, by the field that it fills.

use prost_reflect::{DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, Value};

use super::names;

/// How one value of a field is written and read by people.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Any text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A number of the field's own width.
    Number(Kind),
    /// Bytes as hexadecimal digits.
    Hex,
    /// One of an enum's short names.
    Choice(EnumDescriptor),
    /// `2015-08`.
    Month(MessageDescriptor),
    /// `2015-08-05`.
    Date(MessageDescriptor),
    /// UTC milliseconds, written as `2015-10-05T23:59:59+08:00`.
    Instant,
}

impl Shape {
    /// Shape of one value of the field; `None` for messages that have no short form.
    pub fn of(field: &FieldDescriptor) -> Option<Self> {
        if field.is_map() {
            return None;
        }
        Some(match field.kind() {
            Kind::Message(message) if message.full_name() == "changxiao.types.v1.Month" => Self::Month(message),
            Kind::Message(message) if message.full_name() == "changxiao.types.v1.Date" => Self::Date(message),
            Kind::Message(_) => return None,
            Kind::Enum(of) => Self::Choice(of),
            Kind::String => Self::Text,
            Kind::Bytes => Self::Hex,
            Kind::Bool => Self::Boolean,
            Kind::Int64 if field.name().ends_with("_ms") => Self::Instant,
            number => Self::Number(number),
        })
    }

    /// Placeholder in help.
    pub fn placeholder(&self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::Boolean => "true|false",
            Self::Number(_) => "NUMBER",
            Self::Hex => "HEX",
            Self::Choice(_) => "NAME",
            Self::Month(_) => "YYYY-MM",
            Self::Date(_) => "YYYY-MM-DD",
            Self::Instant => "INSTANT",
        }
    }

    /// Reads one value. The error says what was expected, to stand after “is not”.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        match self {
            Self::Text => Ok(Value::String(text.to_owned())),
            Self::Boolean => text.parse().map(Value::Bool).map_err(|_| "true or false".to_owned()),
            Self::Number(kind) => number(kind, text),
            Self::Hex => {
                hex(text).map(|bytes| Value::Bytes(bytes.into())).ok_or_else(|| "an even number of hexadecimal digits".to_owned())
            }
            Self::Choice(of) => {
                names::value_named(of, text).map(|value| Value::EnumNumber(value.number())).ok_or_else(|| choices(of))
            }
            Self::Month(message) => month(message, text).ok_or_else(|| "a month such as 2015-08".to_owned()),
            Self::Date(message) => date(message, text).ok_or_else(|| "a date such as 2015-08-05".to_owned()),
            Self::Instant => instant(text)
                .map(Value::I64)
                .ok_or_else(|| "an instant such as 2015-10-05T23:59:59+08:00, or UTC milliseconds".to_owned()),
        }
    }
}

fn choices(of: &EnumDescriptor) -> String {
    let names: Vec<String> = of.values().filter(|value| value.number() != 0).map(|value| names::short(&value)).collect();
    format!("one of {}", names.join(", "))
}

fn number(kind: &Kind, text: &str) -> Result<Value, String> {
    let whole = |limits: String| format!("a whole number {limits}");
    match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
            text.parse().map(Value::I32).map_err(|_| whole(format!("from {} to {}", i32::MIN, i32::MAX)))
        }
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
            text.parse().map(Value::I64).map_err(|_| whole(format!("from {} to {}", i64::MIN, i64::MAX)))
        }
        Kind::Uint32 | Kind::Fixed32 => text.parse().map(Value::U32).map_err(|_| whole(format!("from 0 to {}", u32::MAX))),
        Kind::Uint64 | Kind::Fixed64 => text.parse().map(Value::U64).map_err(|_| whole(format!("from 0 to {}", u64::MAX))),
        Kind::Float => text.parse().map(Value::F32).map_err(|_| "a number".to_owned()),
        Kind::Double => text.parse().map(Value::F64).map_err(|_| "a number".to_owned()),
        Kind::Bool | Kind::String | Kind::Bytes | Kind::Message(_) | Kind::Enum(_) => Err("a number".to_owned()),
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok())).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

fn digits(text: &str, count: usize) -> Option<i32> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn month(message: &MessageDescriptor, text: &str) -> Option<Value> {
    let (year, month) = text.split_once('-')?;
    let (year, month) = (digits(year, 4)?, digits(month, 2)?);
    (1..=12).contains(&month).then(|| civil(message, &[("year", year), ("month", month)]))
}

fn date(message: &MessageDescriptor, text: &str) -> Option<Value> {
    // jiff also reads `20150805`; one spelling is enough for people.
    digits(text.get(..4)?, 4).filter(|_| text.len() == 10)?;
    let date: jiff::civil::Date = text.parse().ok()?;
    let parts = [("year", i32::from(date.year())), ("month", i32::from(date.month())), ("day", i32::from(date.day()))];
    Some(civil(message, &parts))
}

fn civil(message: &MessageDescriptor, parts: &[(&str, i32)]) -> Value {
    let mut out = DynamicMessage::new(message.clone());
    for (name, part) in parts {
        out.set_field_by_name(name, Value::I32(*part));
    }
    Value::Message(out)
}

fn instant(text: &str) -> Option<i64> {
    if let Ok(milliseconds) = text.parse() {
        return Some(milliseconds);
    }
    // The form that tables print, `2015-10-05 23:59:59 +08:00`, may be pasted back.
    let joined = match text.rsplit_once(' ') {
        Some((time, offset)) if offset.starts_with(['+', '-']) => format!("{time}{offset}"),
        _ => text.to_owned(),
    };
    joined.parse::<jiff::Timestamp>().ok().map(|at| at.as_millisecond())
}
