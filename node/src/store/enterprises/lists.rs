//! Columns of an enterprise that hold short lists.

use changxiao_domain::{
    clock::Date,
    enterprise::{Factor, Factors, Field, FieldReason, Ground, Identifier, Number, Operation, Regulator},
    industry::IndustryCode,
    serial::Serial,
};

use super::TABLE;
use crate::store::{
    RowFault,
    packed::{column, line, lines},
    parse,
};

fn wrong(column: &'static str, fields: &[&str]) -> RowFault {
    RowFault { table: TABLE, column, why: format!("cannot be {fields:?}") }
}

/// A day that may be absent, as a field.
fn day(date: Option<Date>) -> String {
    date.map_or_else(String::new, |date| date.to_string())
}

fn from_day(column: &'static str, text: &str) -> Result<Option<Date>, RowFault> {
    if text.is_empty() { Ok(None) } else { parse(TABLE, column, text).map(Some) }
}

pub(super) fn industries(text: &str) -> Result<Vec<IndustryCode>, RowFault> {
    text.split_whitespace().map(|code| parse(TABLE, "industries", code)).collect()
}

pub(super) fn from_industries(industries: &[IndustryCode]) -> String {
    industries.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

pub(super) fn serials(text: &str) -> Result<Vec<Serial>, RowFault> {
    text.split_whitespace().map(|serial| parse(TABLE, "taken", serial)).collect()
}

pub(super) fn from_serials(serials: &[Serial]) -> String {
    serials.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

pub(super) fn identifiers(text: &str) -> Result<Vec<Identifier>, RowFault> {
    lines(text)
        .map(|fields| match fields.as_slice() {
            [kind, value, from, to] => {
                let number = Number::read(kind, value).and_then(Result::ok).ok_or_else(|| wrong("identifiers", &fields))?;
                Ok(Identifier { number, from: from_day("identifiers", from)?, to: from_day("identifiers", to)? })
            }
            _ => Err(wrong("identifiers", &fields)),
        })
        .collect()
}

pub(super) fn from_identifiers(identifiers: &[Identifier]) -> String {
    column(identifiers.iter().map(|identifier| {
        let (kind, value) = identifier.number.claim();
        line([&kind, &value, &day(identifier.from), &day(identifier.to)])
    }))
}

pub(super) fn regulators(text: &str) -> Result<Vec<Regulator>, RowFault> {
    lines(text)
        .map(|fields| match fields.as_slice() {
            [title, ground, from, to] => Ok(Regulator {
                title: (*title).to_owned(),
                ground: ground.parse().ok().and_then(Ground::from_number).ok_or_else(|| wrong("regulators", &fields))?,
                from: parse(TABLE, "regulators", from)?,
                to: from_day("regulators", to)?,
            }),
            _ => Err(wrong("regulators", &fields)),
        })
        .collect()
}

pub(super) fn from_regulators(regulators: &[Regulator]) -> String {
    column(
        regulators
            .iter()
            .map(|regulator| line([&regulator.title, &regulator.ground.number(), &regulator.from, &day(regulator.to)])),
    )
}

pub(super) fn factors(text: &str) -> Result<Option<Factors>, RowFault> {
    let mut read = Vec::new();
    for fields in lines(text) {
        match fields.as_slice() {
            [score, reason] => {
                read.push(Factor { score: parse(TABLE, "factors", score)?, reason: (*reason).to_owned() });
            }
            _ => return Err(wrong("factors", &fields)),
        }
    }
    match <[Factor; 3]>::try_from(read) {
        Ok([size, danger, safety]) => Ok(Some(Factors { size, danger, safety })),
        Err(read) if read.is_empty() => Ok(None),
        Err(read) => Err(RowFault { table: TABLE, column: "factors", why: format!("holds {} factors", read.len()) }),
    }
}

pub(super) fn from_factors(factors: Option<&Factors>) -> String {
    let all = factors.map(|factors| [&factors.size, &factors.danger, &factors.safety]);
    column(all.into_iter().flatten().map(|factor| line([&factor.score, &factor.reason])))
}

pub(super) fn returned(text: &str) -> Result<Vec<FieldReason>, RowFault> {
    lines(text)
        .map(|fields| match fields.as_slice() {
            [field, reason] => {
                let field = Field::from_id(field).ok_or_else(|| wrong("returned", &fields))?;
                Ok(FieldReason { field, reason: (*reason).to_owned() })
            }
            _ => Err(wrong("returned", &fields)),
        })
        .collect()
}

pub(super) fn from_returned(returned: &[FieldReason]) -> String {
    column(returned.iter().map(|returned| line([&returned.field.id(), &returned.reason])))
}

pub(super) fn operation(text: &str) -> Result<Vec<Operation>, RowFault> {
    lines(text)
        .map(|fields| match fields.as_slice() {
            [from, to] => Ok(Operation { from: parse(TABLE, "operation", from)?, to: from_day("operation", to)? }),
            _ => Err(wrong("operation", &fields)),
        })
        .collect()
}

pub(super) fn from_operation(operation: &[Operation]) -> String {
    column(operation.iter().map(|operation| line([&operation.from, &day(operation.to)])))
}
