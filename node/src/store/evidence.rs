//! Evidence: which bytes belong to which record.

use changxiao_domain::{
    clock::Instant,
    event::Digest,
    evidence::{Evidence, Phase, hex},
};
use changxiao_tier::journal::store::{signed, unsigned};
use sea_orm::entity::prelude::*;

use super::{RowFault, keyed_by_serial, name_of, parse, person, serial};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evidence")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub serial: i64,
    pub subject: String,
    pub enterprise: i64,
    pub industry: String,
    pub phase: i64,
    pub digest: String,
    pub size: i64,
    pub media: String,
    pub title: Option<String>,
    pub claims: Option<String>,
    pub note: String,
    pub attached_by: String,
    pub attached_ms: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const TABLE: &str = "evidence";

keyed_by_serial!("evidence", Evidence);

/// A digest from 64 hexadecimal digits.
#[must_use]
pub fn digest_of(text: &str) -> Option<Digest> {
    let mut digest = [0; 32];
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
        return None;
    }
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(digest)
}

/// A row as a domain value.
///
/// # Errors
/// A column holds what no evidence can have.
pub fn from_row(row: Model) -> Result<Evidence, RowFault> {
    let wrong = |column, why: String| RowFault { table: TABLE, column, why };
    let phase = u8::try_from(row.phase).ok().and_then(Phase::from_number);
    Ok(Evidence {
        serial: serial(TABLE, "serial", row.serial)?,
        enterprise: serial(TABLE, "enterprise", row.enterprise)?,
        industry: parse(TABLE, "industry", &row.industry)?,
        phase: phase.ok_or_else(|| wrong("phase", format!("{} is no phase", row.phase)))?,
        digest: digest_of(&row.digest).ok_or_else(|| wrong("digest", "is not 64 digits".to_owned()))?,
        subject: row.subject,
        size: unsigned(row.size),
        media: row.media,
        title: person(row.title),
        claims: person(row.claims),
        note: row.note,
        by: row.attached_by,
        at: Instant::from_ms(row.attached_ms),
    })
}

/// A domain value as a row.
#[must_use]
pub fn to_row(value: &Evidence) -> Model {
    Model {
        serial: signed(value.serial.raw()),
        subject: value.subject.clone(),
        enterprise: signed(value.enterprise.raw()),
        industry: value.industry.to_string(),
        phase: i64::from(value.phase.number()),
        digest: hex(&value.digest),
        size: signed(value.size),
        media: value.media.clone(),
        title: name_of(&value.title),
        claims: name_of(&value.claims),
        note: value.note.clone(),
        attached_by: value.by.clone(),
        attached_ms: value.at.ms(),
    }
}
