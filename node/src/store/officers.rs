//! The register of officers and experts.

use changxiao_domain::officer::{Kind, Officer};
use changxiao_tier::journal::store::{signed, unsigned};
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "officers")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub serial: i64,
    pub kind: i64,
    pub certificate: String,
    pub name: Option<String>,
    pub body: String,
    pub industry: Option<String>,
    pub account: Option<String>,
    pub valid_from: String,
    pub valid_until: String,
    pub withdrawn: String,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{RowFault, date, keyed_by_serial, name_of, parse, person, serial};

const TABLE: &str = "officers";

keyed_by_serial!("officers", Officer);

/// A row as a domain value.
///
/// # Errors
/// A column holds what no officer can have.
pub fn from_row(row: Model) -> Result<Officer, RowFault> {
    let kind = u32::try_from(row.kind).ok().and_then(Kind::from_number);
    Ok(Officer {
        serial: serial(TABLE, "serial", row.serial)?,
        kind: kind.ok_or_else(|| RowFault { table: TABLE, column: "kind", why: format!("{} is no kind", row.kind) })?,
        certificate: row.certificate,
        name: person(row.name),
        body: row.body,
        industry: row.industry.map(|code| parse(TABLE, "industry", &code)).transpose()?,
        account: row.account.map(|account| parse(TABLE, "account", &account)).transpose()?,
        valid_from: date(TABLE, "valid_from", &row.valid_from)?,
        valid_until: date(TABLE, "valid_until", &row.valid_until)?,
        withdrawn: row.withdrawn,
        version: unsigned(row.version),
    })
}

/// A domain value as a row.
#[must_use]
pub fn to_row(officer: &Officer) -> Model {
    Model {
        serial: signed(officer.serial.raw()),
        kind: i64::from(officer.kind.number()),
        certificate: officer.certificate.clone(),
        name: name_of(&officer.name),
        body: officer.body.clone(),
        industry: officer.industry.map(|code| code.to_string()),
        account: officer.account.as_ref().map(ToString::to_string),
        valid_from: officer.valid_from.to_string(),
        valid_until: officer.valid_until.to_string(),
        withdrawn: officer.withdrawn.clone(),
        version: signed(officer.version),
    }
}
