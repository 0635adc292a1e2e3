//! Columns as domain values.

use std::{fmt::Display, str::FromStr};

use changxiao_domain::{clock::Date, four_eyes::Acts, hazard::Ordered, period::Month, personal::Personal, serial::Serial};
use changxiao_tier::journal::store::unsigned;
use sea_orm::DbErr;

/// A row that no value of the domain can stand behind.
#[derive(Debug, thiserror::Error)]
#[error("table {table}, column {column}: {why}")]
pub struct RowFault {
    /// Table.
    pub table: &'static str,
    /// Column.
    pub column: &'static str,
    /// What is wrong.
    pub why: String,
}

impl From<RowFault> for DbErr {
    fn from(fault: RowFault) -> Self {
        Self::Custom(fault.to_string())
    }
}

/// A value stored as text.
///
/// # Errors
/// It cannot be read.
pub fn parse<T: FromStr>(table: &'static str, column: &'static str, text: &str) -> Result<T, RowFault>
where
    T::Err: Display,
{
    text.parse().map_err(|why: T::Err| RowFault { table, column, why: why.to_string() })
}

/// A serial.
///
/// # Errors
/// The number is none.
pub fn serial(table: &'static str, column: &'static str, raw: i64) -> Result<Serial, RowFault> {
    Serial::from_raw(unsigned(raw)).ok_or_else(|| RowFault { table, column, why: format!("{raw} is not a serial") })
}

/// A serial that may be absent.
///
/// # Errors
/// The number is none.
pub fn optional_serial(table: &'static str, column: &'static str, raw: Option<i64>) -> Result<Option<Serial>, RowFault> {
    raw.map(|raw| serial(table, column, raw)).transpose()
}

/// What an inspection ordered, if one found the record.
///
/// # Errors
/// A column cannot be read.
pub fn ordered(table: &'static str, inspection: Option<i64>, deadline: Option<&str>) -> Result<Option<Ordered>, RowFault> {
    let inspection = optional_serial(table, "inspection", inspection)?;
    let deadline = optional_date(table, "ordered_by", deadline)?;
    Ok(inspection.zip(deadline).map(|(inspection, deadline)| Ordered { inspection, deadline }))
}

/// Serials with a blank between them.
///
/// # Errors
/// One of them is none.
pub fn serials(table: &'static str, column: &'static str, text: &str) -> Result<Vec<Serial>, RowFault> {
    text.split_whitespace().map(|one| parse(table, column, one)).collect()
}

/// Who did what on a record.
///
/// # Errors
/// It cannot be read.
pub fn acts(table: &'static str, text: &str) -> Result<Acts, RowFault> {
    Acts::from_text(text).ok_or_else(|| RowFault { table, column: "acts", why: "is not `act=account` by spaces".to_owned() })
}

/// A date.
///
/// # Errors
/// It cannot be read.
pub fn date(table: &'static str, column: &'static str, text: &str) -> Result<Date, RowFault> {
    parse(table, column, text)
}

/// A date that may be absent.
///
/// # Errors
/// It cannot be read.
pub fn optional_date(table: &'static str, column: &'static str, text: Option<&str>) -> Result<Option<Date>, RowFault> {
    text.map(|text| date(table, column, text)).transpose()
}

/// A month.
///
/// # Errors
/// It cannot be read.
pub fn month(table: &'static str, column: &'static str, text: &str) -> Result<Month, RowFault> {
    parse(table, column, text)
}

/// A person's name as stored: nothing once it is erased.
pub fn name_of(person: &Personal) -> Option<String> {
    match person {
        Personal::Known(name) => Some(name.clone()),
        Personal::Erased => None,
    }
}

/// A person from the stored name.
pub fn person(name: Option<String>) -> Personal {
    name.map_or(Personal::Erased, Personal::Known)
}

/// One of a closed list of words, by its place in `all`; the word is in `words` at the same place.
pub fn text_of<T: PartialEq + Copy>(all: &[(T, &'static str)], value: T) -> &'static str {
    all.iter().find(|(candidate, _)| *candidate == value).map_or("", |(_, word)| word)
}

/// A state from its identifier.
///
/// # Errors
/// No state has it.
pub fn state<S>(table: &'static str, text: &str, of: fn(&str) -> Option<S>) -> Result<S, RowFault> {
    of(text).ok_or_else(|| RowFault { table, column: "state", why: format!("`{text}` is no state") })
}

/// The value of a word of a closed list.
///
/// # Errors
/// The word is not in the list.
pub fn value_of<T: Copy>(
    all: &[(T, &'static str)],
    table: &'static str,
    column: &'static str,
    text: &str,
) -> Result<T, RowFault> {
    let found = all.iter().find(|(_, word)| *word == text).map(|(value, _)| *value);
    found.ok_or_else(|| RowFault { table, column, why: format!("`{text}` is not one of its words") })
}
