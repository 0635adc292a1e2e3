//! One enterprise in one month: what was counted, and its declaration.

use changxiao_domain::{
    clock::Instant,
    declaration::{EnterpriseMonth, Figures, Filed, State},
};
use changxiao_tier::journal::store::{signed, unsigned};
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enterprise_months")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub enterprise: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: String,
    pub self_inspections: i64,
    pub general_found: i64,
    pub general_struck_off: i64,
    pub major_found: i64,
    pub major_struck_off: i64,
    pub state: String,
    pub signed: Option<Vec<u8>>,
    pub filed_ms: Option<i64>,
    pub filed_hash: Option<Vec<u8>>,
    pub filed_figures: Option<Vec<u8>>,
    pub zero_statement: String,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{RowFault, month, serial, text_of, value_of};

const TABLE: &str = "enterprise_months";

/// States as stored.
pub const STATES: &[(State, &str)] = &[
    (State::NotOwed, "not_owed"),
    (State::Open, "open"),
    (State::OnTime, "on_time"),
    (State::Overdue, "overdue"),
    (State::Late, "late"),
];

fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

/// Filed figures lie in one column, four bytes each, big-endian.
fn pack(figures: &Figures) -> Vec<u8> {
    let numbers = [
        figures.self_inspections,
        figures.general_found,
        figures.general_struck_off,
        figures.general_open,
        figures.major_found,
        figures.major_struck_off,
        figures.major_open,
    ];
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

fn unpack(bytes: &[u8]) -> Result<Figures, RowFault> {
    let wrong = || RowFault { table: TABLE, column: "filed_figures", why: format!("{} bytes where 28 belong", bytes.len()) };
    let mut numbers = [0_u32; 7];
    if bytes.len() != 28 {
        return Err(wrong());
    }
    for (slot, chunk) in numbers.iter_mut().zip(bytes.chunks_exact(4)) {
        *slot = u32::from_be_bytes(chunk.try_into().map_err(|_| wrong())?);
    }
    let [self_inspections, general_found, general_struck_off, general_open, major_found, major_struck_off, major_open] = numbers;
    Ok(Figures { self_inspections, general_found, general_struck_off, general_open, major_found, major_struck_off, major_open })
}

fn digest(column: &'static str, bytes: &[u8]) -> Result<[u8; 32], RowFault> {
    bytes.try_into().map_err(|_| RowFault { table: TABLE, column, why: format!("{} bytes where 32 belong", bytes.len()) })
}

/// A row as a domain value.
///
/// # Errors
/// A column holds what no declaration can have.
pub fn from_row(row: &Model) -> Result<EnterpriseMonth, RowFault> {
    let filed = match (row.filed_ms, &row.filed_hash, &row.filed_figures) {
        (Some(at), Some(hash), Some(figures)) => Some(Filed {
            at: Instant::from_ms(at),
            figures: unpack(figures)?,
            content_hash: digest("filed_hash", hash)?,
            zero_statement: row.zero_statement.clone(),
        }),
        _ => None,
    };
    Ok(EnterpriseMonth {
        enterprise: serial(TABLE, "enterprise", row.enterprise)?,
        month: month(TABLE, "month", &row.month)?,
        counts: Figures {
            self_inspections: count(row.self_inspections),
            general_found: count(row.general_found),
            general_struck_off: count(row.general_struck_off),
            general_open: 0,
            major_found: count(row.major_found),
            major_struck_off: count(row.major_struck_off),
            major_open: 0,
        },
        state: value_of(STATES, TABLE, "state", &row.state)?,
        signed: row.signed.as_deref().map(|bytes| digest("signed", bytes)).transpose()?,
        filed,
        version: unsigned(row.version),
    })
}

/// A domain value as a row.
#[must_use]
pub fn to_row(value: &EnterpriseMonth) -> Model {
    let filed = value.filed.as_ref();
    Model {
        enterprise: signed(value.enterprise.raw()),
        month: value.month.to_string(),
        self_inspections: i64::from(value.counts.self_inspections),
        general_found: i64::from(value.counts.general_found),
        general_struck_off: i64::from(value.counts.general_struck_off),
        major_found: i64::from(value.counts.major_found),
        major_struck_off: i64::from(value.counts.major_struck_off),
        state: text_of(STATES, value.state).to_owned(),
        signed: value.signed.map(|hash| hash.to_vec()),
        filed_ms: filed.map(|filed| filed.at.ms()),
        filed_hash: filed.map(|filed| filed.content_hash.to_vec()),
        filed_figures: filed.map(|filed| pack(&filed.figures)),
        zero_statement: filed.map(|filed| filed.zero_statement.clone()).unwrap_or_default(),
        version: signed(value.version),
    }
}
