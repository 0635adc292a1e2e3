//! Enterprises of the catalogue.

use changxiao_domain::{
    clock::Instant,
    enterprise::{Enterprise, EnterpriseData, Identity, State},
    personal::Personal,
};
use changxiao_tier::journal::store::{signed, unsigned};
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "enterprises")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub serial: i64,
    pub title: String,
    pub address: String,
    pub township: String,
    pub industry: String,
    pub identity_kind: String,
    pub identity: String,
    pub organisation_code: Option<String>,
    pub legal_representative: Option<String>,
    pub synthetic: bool,
    pub state: String,
    pub requested_ms: Option<i64>,
    pub approved_ms: Option<i64>,
    pub returned_reason: String,
    pub general_open: i64,
    pub major_open: i64,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{RowFault, keyed_by_serial, parse, serial, text_of, value_of};

const TABLE: &str = "enterprises";

keyed_by_serial!("enterprises", Enterprise);

/// States as stored.
pub const STATES: &[(State, &str)] =
    &[(State::Candidate, "candidate"), (State::Checked, "checked"), (State::Approved, "approved")];

/// A row as a domain value.
///
/// # Errors
/// A column holds what no enterprise can have.
pub fn from_row(row: Model) -> Result<Enterprise, RowFault> {
    let identity = match row.identity_kind.as_str() {
        "credit_code" => Identity::Unified(parse(TABLE, "identity", &row.identity)?),
        "registration_number" => Identity::Registered(
            parse(TABLE, "identity", &row.identity)?,
            parse(TABLE, "organisation_code", row.organisation_code.as_deref().unwrap_or_default())?,
        ),
        _ => Identity::None(row.identity),
    };
    Ok(Enterprise {
        serial: serial(TABLE, "serial", row.serial)?,
        data: EnterpriseData {
            title: row.title,
            address: row.address,
            township: row.township,
            industry: parse(TABLE, "industry", &row.industry)?,
            identity,
            legal_representative: row.legal_representative.map_or(Personal::Erased, Personal::Known),
            synthetic: row.synthetic,
        },
        state: value_of(STATES, TABLE, "state", &row.state)?,
        requested_at: row.requested_ms.map(Instant::from_ms),
        approved_at: row.approved_ms.map(Instant::from_ms),
        returned_reason: row.returned_reason,
        general_open: u32::try_from(row.general_open).unwrap_or_default(),
        major_open: u32::try_from(row.major_open).unwrap_or_default(),
        version: unsigned(row.version),
    })
}

/// A domain value as a row.
#[must_use]
pub fn to_row(enterprise: &Enterprise) -> Model {
    let data = &enterprise.data;
    let (identity_kind, identity, organisation_code) = match &data.identity {
        Identity::Unified(code) => ("credit_code", code.to_string(), None),
        Identity::Registered(number, organisation) => ("registration_number", number.to_string(), Some(organisation.to_string())),
        Identity::None(reason) => ("none", reason.clone(), None),
    };
    Model {
        serial: signed(enterprise.serial.raw()),
        title: data.title.clone(),
        address: data.address.clone(),
        township: data.township.clone(),
        industry: data.industry.to_string(),
        identity_kind: identity_kind.to_owned(),
        identity,
        organisation_code,
        legal_representative: match &data.legal_representative {
            Personal::Known(name) => Some(name.clone()),
            Personal::Erased => None,
        },
        synthetic: data.synthetic,
        state: text_of(STATES, enterprise.state).to_owned(),
        requested_ms: enterprise.requested_at.map(Instant::ms),
        approved_ms: enterprise.approved_at.map(Instant::ms),
        returned_reason: enterprise.returned_reason.clone(),
        general_open: i64::from(enterprise.general_open),
        major_open: i64::from(enterprise.major_open),
        version: signed(enterprise.version),
    }
}
