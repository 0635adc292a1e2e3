//! Enforcement documents.

use changxiao_domain::document::{Document, Manner, Receipt, State, Subject};
use changxiao_tier::journal::store::{signed, unsigned};
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "documents")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub serial: i64,
    pub kind: String,
    pub inspection: Option<i64>,
    pub dossier: Option<i64>,
    pub enterprise: i64,
    pub industry: String,
    pub state: String,
    pub body: String,
    pub area: String,
    pub year: i64,
    pub ordinal: i64,
    pub number: String,
    pub drawn_on: String,
    pub rests_on: Option<i64>,
    pub text: Option<String>,
    pub content_hash: Vec<u8>,
    pub code: String,
    pub in_use: bool,
    pub scan: Option<Vec<u8>>,
    pub served_on: Option<String>,
    pub manner: i64,
    pub receiver: Option<String>,
    pub signing_refused: bool,
    pub signing_reason: String,
    pub witnesses: String,
    pub void_reason: String,
    pub acts: String,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{RowFault, acts, date, keyed_by_serial, name_of, optional_date, optional_serial, parse, person, serial, state};

const TABLE: &str = "documents";

keyed_by_serial!("documents", Document);

fn digest(column: &'static str, bytes: &[u8]) -> Result<[u8; 32], RowFault> {
    bytes.try_into().map_err(|_| RowFault { table: TABLE, column, why: format!("{} bytes where 32 belong", bytes.len()) })
}

/// A row as a domain value.
///
/// # Errors
/// A column holds what no document can have.
pub fn from_row(row: Model) -> Result<Document, RowFault> {
    let inspection = optional_serial(TABLE, "inspection", row.inspection)?;
    let dossier = optional_serial(TABLE, "dossier", row.dossier)?;
    let subject = Subject::from_parts(inspection, dossier);
    let receipt = match optional_date(TABLE, "served_on", row.served_on.as_deref())? {
        None => None,
        Some(on) => {
            let manner = u32::try_from(row.manner).ok().and_then(Manner::from_number);
            Some(Receipt {
                on,
                manner: manner.ok_or_else(|| RowFault {
                    table: TABLE,
                    column: "manner",
                    why: format!("{} is none", row.manner),
                })?,
                receiver: person(row.receiver),
                refused: row.signing_refused,
                reason: row.signing_reason,
                witnesses: row.witnesses.lines().map(str::to_owned).collect(),
            })
        }
    };
    Ok(Document {
        serial: serial(TABLE, "serial", row.serial)?,
        kind: parse(TABLE, "kind", &row.kind)?,
        subject: subject.ok_or_else(|| RowFault { table: TABLE, column: "inspection", why: "no subject".to_owned() })?,
        enterprise: serial(TABLE, "enterprise", row.enterprise)?,
        industry: parse(TABLE, "industry", &row.industry)?,
        state: state(TABLE, &row.state, State::from_id)?,
        body: row.body,
        area: row.area,
        year: i16::try_from(row.year).unwrap_or_default(),
        ordinal: u32::try_from(row.ordinal).unwrap_or_default(),
        on: date(TABLE, "drawn_on", &row.drawn_on)?,
        rests_on: optional_serial(TABLE, "rests_on", row.rests_on)?,
        text: person(row.text),
        content_hash: digest("content_hash", &row.content_hash)?,
        code: row.code,
        in_use: row.in_use,
        scan: row.scan.map(|scan| digest("scan", &scan)).transpose()?,
        receipt,
        void_reason: row.void_reason,
        acts: acts(TABLE, &row.acts)?,
        version: unsigned(row.version),
    })
}

/// A domain value as a row. The number is kept as it is printed, so that it can be looked up.
#[must_use]
pub fn to_row(document: &Document) -> Model {
    let (inspection, dossier) = document.subject.parts();
    let receipt = document.receipt.as_ref();
    Model {
        serial: signed(document.serial.raw()),
        kind: document.kind.to_string(),
        inspection: inspection.map(|serial| signed(serial.raw())),
        dossier: dossier.map(|serial| signed(serial.raw())),
        enterprise: signed(document.enterprise.raw()),
        industry: document.industry.to_string(),
        state: document.state.id().to_owned(),
        body: document.body.clone(),
        area: document.area.clone(),
        year: i64::from(document.year),
        ordinal: i64::from(document.ordinal),
        number: document.number(),
        drawn_on: document.on.to_string(),
        rests_on: document.rests_on.map(|serial| signed(serial.raw())),
        text: name_of(&document.text),
        content_hash: document.content_hash.to_vec(),
        code: document.code.clone(),
        in_use: document.in_use,
        scan: document.scan.map(|scan| scan.to_vec()),
        served_on: receipt.map(|receipt| receipt.on.to_string()),
        manner: receipt.map_or(0, |receipt| i64::from(receipt.manner.number())),
        receiver: receipt.and_then(|receipt| name_of(&receipt.receiver)),
        signing_refused: receipt.is_some_and(|receipt| receipt.refused),
        signing_reason: receipt.map(|receipt| receipt.reason.clone()).unwrap_or_default(),
        witnesses: receipt.map(|receipt| receipt.witnesses.join("\n")).unwrap_or_default(),
        void_reason: document.void_reason.clone(),
        acts: document.acts.text(),
        version: signed(document.version),
    }
}
