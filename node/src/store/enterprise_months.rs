//! One enterprise in one month: what was counted, and its declaration.

use std::collections::BTreeMap;

use changxiao_domain::{
    clock::Instant,
    declaration::{Content, Correction, EnterpriseMonth, Figures, Filed, Proxy, Returned, State},
    period::Month,
    serial::Serial,
};
use changxiao_tier::journal::store::{signed, unsigned};
use sea_orm::{ConnectionTrait, entity::prelude::*};

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
    pub producing: Option<bool>,
    pub zero_statement: String,
    pub confirmed: Option<Vec<u8>>,
    pub signed: Option<Vec<u8>>,
    pub filed_ms: Option<i64>,
    pub filed_hash: Option<Vec<u8>>,
    pub filed_figures: Option<Vec<u8>>,
    pub filed_producing: bool,
    pub filed_statement: String,
    pub filed_late: bool,
    pub late_reason: String,
    pub filed_by_proxy: bool,
    pub accept_by: Option<String>,
    pub corrections: i64,
    pub due_ms: Option<i64>,
    pub returned_reason: String,
    pub returned_as_empty: bool,
    pub correct_by: Option<String>,
    pub exempt_reason: String,
    pub proxy_reason: String,
    pub proxy_paper: Option<Vec<u8>>,
    pub correction_reason: String,
    pub correction_figures: Option<Vec<u8>>,
    pub correction_hash: Option<Vec<u8>>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{CHUNK, Found, RowFault, Table, date, month, serial, state};

const TABLE: &str = "enterprise_months";

/// The table, for the values of a group.
#[derive(Debug)]
pub struct Records;

impl Table for Records {
    const NAME: &'static str = TABLE;
    type Key = (Serial, Month);
    type Value = EnterpriseMonth;
    type Entity = Entity;

    async fn fetch<C: ConnectionTrait>(db: &C, keys: Vec<Self::Key>) -> Found<Self> {
        let mut by_month: BTreeMap<Month, Vec<i64>> = BTreeMap::new();
        for (enterprise, month) in keys {
            by_month.entry(month).or_default().push(signed(enterprise.raw()));
        }
        let mut found = Vec::new();
        for (month, raw) in by_month {
            for raw in raw.chunks(CHUNK) {
                let rows = Entity::find()
                    .filter(Column::Month.eq(month.to_string()))
                    .filter(Column::Enterprise.is_in(raw.iter().copied()));
                for row in rows.all(db).await? {
                    let value = from_row(&row)?;
                    found.push(((value.enterprise, value.month), value));
                }
            }
        }
        Ok(found)
    }

    fn row(_: &Self::Key, value: &Self::Value) -> Model {
        to_row(value)
    }
}

fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

/// Figures lie in one column, four bytes each, big-endian.
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

fn unpack(column: &'static str, bytes: &[u8]) -> Result<Figures, RowFault> {
    let wrong = || RowFault { table: TABLE, column, why: format!("{} bytes where 28 belong", bytes.len()) };
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

fn filed(row: &Model) -> Result<Option<Filed>, RowFault> {
    let (Some(at), Some(hash), Some(figures), Some(accept_by)) =
        (row.filed_ms, &row.filed_hash, &row.filed_figures, &row.accept_by)
    else {
        return Ok(None);
    };
    Ok(Some(Filed {
        at: Instant::from_ms(at),
        content: Content {
            figures: unpack("filed_figures", figures)?,
            producing: row.filed_producing,
            zero_statement: row.filed_statement.clone(),
        },
        content_hash: digest("filed_hash", hash)?,
        late: row.filed_late,
        late_reason: row.late_reason.clone(),
        by_proxy: row.filed_by_proxy,
        accept_by: date(TABLE, "accept_by", accept_by)?,
        corrections: count(row.corrections),
    }))
}

/// A row as a domain value.
///
/// # Errors
/// A column holds what no declaration can have.
pub fn from_row(row: &Model) -> Result<EnterpriseMonth, RowFault> {
    let returned = match &row.correct_by {
        Some(by) => Some(Returned {
            reason: row.returned_reason.clone(),
            as_empty: row.returned_as_empty,
            correct_by: date(TABLE, "correct_by", by)?,
        }),
        None => None,
    };
    let proxy = match &row.proxy_paper {
        Some(paper) => Some(Proxy { reason: row.proxy_reason.clone(), paper: digest("proxy_paper", paper)? }),
        None => None,
    };
    let correction = match (&row.correction_figures, &row.correction_hash) {
        (Some(figures), Some(hash)) => Some(Correction {
            reason: row.correction_reason.clone(),
            figures: unpack("correction_figures", figures)?,
            content_hash: digest("correction_hash", hash)?,
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
        state: state(TABLE, &row.state, State::from_id)?,
        producing: row.producing,
        zero_statement: row.zero_statement.clone(),
        confirmed: row.confirmed.as_deref().map(|bytes| digest("confirmed", bytes)).transpose()?,
        signed: row.signed.as_deref().map(|bytes| digest("signed", bytes)).transpose()?,
        filed: filed(row)?,
        returned,
        exempt: row.exempt_reason.clone(),
        proxy,
        correction,
        version: unsigned(row.version),
    })
}

/// A domain value as a row. `due_ms` is derived, so that the next acceptance by time is one index look-up.
#[must_use]
pub fn to_row(value: &EnterpriseMonth) -> Model {
    let (filed, returned) = (value.filed.as_ref(), value.returned.as_ref());
    let (proxy, correction) = (value.proxy.as_ref(), value.correction.as_ref());
    Model {
        enterprise: signed(value.enterprise.raw()),
        month: value.month.to_string(),
        self_inspections: i64::from(value.counts.self_inspections),
        general_found: i64::from(value.counts.general_found),
        general_struck_off: i64::from(value.counts.general_struck_off),
        major_found: i64::from(value.counts.major_found),
        major_struck_off: i64::from(value.counts.major_struck_off),
        state: value.state.id().to_owned(),
        producing: value.producing,
        zero_statement: value.zero_statement.clone(),
        confirmed: value.confirmed.map(|hash| hash.to_vec()),
        signed: value.signed.map(|hash| hash.to_vec()),
        filed_ms: filed.map(|filed| filed.at.ms()),
        filed_hash: filed.map(|filed| filed.content_hash.to_vec()),
        filed_figures: filed.map(|filed| pack(&filed.content.figures)),
        filed_producing: filed.is_some_and(|filed| filed.content.producing),
        filed_statement: filed.map(|filed| filed.content.zero_statement.clone()).unwrap_or_default(),
        filed_late: filed.is_some_and(|filed| filed.late),
        late_reason: filed.map(|filed| filed.late_reason.clone()).unwrap_or_default(),
        filed_by_proxy: filed.is_some_and(|filed| filed.by_proxy),
        accept_by: filed.map(|filed| filed.accept_by.to_string()),
        corrections: filed.map_or(0, |filed| i64::from(filed.corrections)),
        due_ms: value.due().map(Instant::ms),
        returned_reason: returned.map(|returned| returned.reason.clone()).unwrap_or_default(),
        returned_as_empty: returned.is_some_and(|returned| returned.as_empty),
        correct_by: returned.map(|returned| returned.correct_by.to_string()),
        exempt_reason: value.exempt.clone(),
        proxy_reason: proxy.map(|proxy| proxy.reason.clone()).unwrap_or_default(),
        proxy_paper: proxy.map(|proxy| proxy.paper.to_vec()),
        correction_reason: correction.map(|asked| asked.reason.clone()).unwrap_or_default(),
        correction_figures: correction.map(|asked| pack(&asked.figures)),
        correction_hash: correction.map(|asked| asked.content_hash.to_vec()),
        version: signed(value.version),
    }
}
