//! Enterprises of the catalogue.

use changxiao_domain::{
    actor::AccountId,
    clock::Instant,
    enterprise::{Cause, Contact, Enterprise, EnterpriseData, Invitation, Pending, State},
    personal::Personal,
    serial::Serial,
};
use changxiao_tier::journal::store::{signed, unsigned};
use sea_orm::entity::prelude::*;

mod lists;

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
    pub industries: String,
    pub identifiers: String,
    pub no_identifier_reason: String,
    pub legal_representative: Option<String>,
    pub legal_phone: Option<String>,
    pub reporting_body: String,
    pub responsible: Option<String>,
    pub responsible_phone: Option<String>,
    pub officer: Option<String>,
    pub officer_phone: Option<String>,
    pub employees: Option<i64>,
    pub turnover_wan: Option<i64>,
    pub assets_wan: Option<i64>,
    pub operating_since: Option<String>,
    pub regulators: String,
    pub synthetic: bool,
    pub state: String,
    pub since_ms: i64,
    pub reminded: i64,
    pub unfilled: bool,
    pub factors: String,
    pub choice_reason: String,
    pub contact: Option<String>,
    pub contact_phone: Option<String>,
    pub account: Option<String>,
    pub returned: String,
    pub requested_ms: Option<i64>,
    pub approved_ms: Option<i64>,
    pub returned_reason: String,
    pub confirmed_ms: Option<i64>,
    pub stale: bool,
    pub operation: String,
    pub pending: String,
    pub pending_on: Option<String>,
    pub pending_until: Option<String>,
    pub pending_reason: String,
    pub pending_guard: Option<String>,
    pub pending_cause: i64,
    pub pending_to: String,
    pub pending_ms: Option<i64>,
    pub merged_into: Option<i64>,
    pub doubles: String,
    pub moved_from: String,
    pub moved_to: String,
    pub offer: String,
    pub removed_for: i64,
    pub taken_hazards: String,
    pub taken_dossiers: String,
    pub general_open: i64,
    pub major_open: i64,
    pub acts: String,
    pub due_ms: Option<i64>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{RowFault, acts, date, keyed_by_serial, optional_date, parse, person, serial, state};

const TABLE: &str = "enterprises";

keyed_by_serial!("enterprises", Enterprise);

/// A person who need not be named: nothing is nobody, an empty text somebody who was erased.
fn optional_person(name: Option<String>) -> Option<Personal> {
    name.map(|name| if name.is_empty() { Personal::Erased } else { Personal::Known(name) })
}

fn optional_name(person: Option<&Personal>) -> Option<String> {
    person.map(|person| person.shown().to_owned())
}

fn optional_contact(name: Option<String>, phone: Option<String>) -> Option<Contact> {
    Some(Contact { name: optional_person(name)?, phone: optional_person(phone)? })
}

fn optional_names(contact: Option<&Contact>) -> (Option<String>, Option<String>) {
    (optional_name(contact.map(|contact| &contact.name)), optional_name(contact.map(|contact| &contact.phone)))
}

fn cause(number: i64) -> Option<Cause> {
    u32::try_from(number).ok().and_then(Cause::from_number)
}

fn pending(row: &Model) -> Result<Option<Pending>, RowFault> {
    let wrong = |column: &'static str| RowFault { table: TABLE, column, why: format!("is missing for `{}`", row.pending) };
    let day = |column: &'static str, text: &Option<String>| date(TABLE, column, text.as_deref().unwrap_or_default());
    let reason = row.pending_reason.clone();
    let at = || row.pending_ms.map(Instant::from_ms).ok_or_else(|| wrong("pending_ms"));
    Ok(match row.pending.as_str() {
        "" => None,
        "stop" => Some(Pending::Stop {
            on: day("pending_on", &row.pending_on)?,
            reason,
            guard: optional_person(row.pending_guard.clone()).ok_or_else(|| wrong("pending_guard"))?,
        }),
        "restart" => Some(Pending::Restart {
            on: day("pending_on", &row.pending_on)?,
            inspected_on: day("pending_until", &row.pending_until)?,
        }),
        "removal" => Some(Pending::Removal {
            cause: cause(row.pending_cause).ok_or_else(|| wrong("pending_cause"))?,
            reason,
            asked_at: at()?,
        }),
        "transfer" => Some(Pending::Transfer {
            to: parse(TABLE, "pending_to", &row.pending_to)?,
            reason,
            offered_at: at()?,
            answer_by: day("pending_until", &row.pending_until)?,
        }),
        _ => return Err(wrong("pending")),
    })
}

/// A row as a domain value.
///
/// # Errors
/// A column holds what no enterprise can have.
pub fn from_row(row: Model) -> Result<Enterprise, RowFault> {
    let contact = optional_contact(row.contact.clone(), row.contact_phone.clone());
    let account = row.account.as_deref().map(|account| parse::<AccountId>(TABLE, "account", account)).transpose()?;
    Ok(Enterprise {
        serial: serial(TABLE, "serial", row.serial)?,
        state: state(TABLE, &row.state, State::from_id)?,
        since: Instant::from_ms(row.since_ms),
        reminded: u8::try_from(row.reminded).unwrap_or_default(),
        factors: lists::factors(&row.factors)?,
        invitation: contact.zip(account).map(|(contact, account)| Invitation { contact, account }),
        returned: lists::returned(&row.returned)?,
        requested_at: row.requested_ms.map(Instant::from_ms),
        approved_at: row.approved_ms.map(Instant::from_ms),
        confirmed_at: row.confirmed_ms.map(Instant::from_ms),
        stale: row.stale,
        operation: lists::operation(&row.operation)?,
        pending: pending(&row)?,
        merged_into: row.merged_into.map(|raw| serial(TABLE, "merged_into", raw)).transpose()?,
        doubles: lists::serials(&row.doubles)?,
        removed_for: cause(row.removed_for),
        taken_along: (lists::serials(&row.taken_hazards)?, lists::serials(&row.taken_dossiers)?),
        general_open: u32::try_from(row.general_open).unwrap_or_default(),
        major_open: u32::try_from(row.major_open).unwrap_or_default(),
        acts: acts(TABLE, &row.acts)?,
        version: unsigned(row.version),
        data: EnterpriseData {
            title: row.title,
            address: row.address,
            township: row.township,
            industry: parse(TABLE, "industry", &row.industry)?,
            industries: lists::industries(&row.industries)?,
            identifiers: lists::identifiers(&row.identifiers)?,
            no_identifier_reason: row.no_identifier_reason,
            legal_representative: person(row.legal_representative),
            legal_phone: optional_person(row.legal_phone),
            reporting_body: row.reporting_body,
            responsible: optional_contact(row.responsible, row.responsible_phone),
            information_officer: optional_contact(row.officer, row.officer_phone),
            employees: row.employees.map(unsigned),
            turnover_wan: row.turnover_wan.map(unsigned),
            assets_wan: row.assets_wan.map(unsigned),
            operating_since: optional_date(TABLE, "operating_since", row.operating_since.as_deref())?,
            regulators: lists::regulators(&row.regulators)?,
            synthetic: row.synthetic,
        },
        choice_reason: row.choice_reason,
        returned_reason: row.returned_reason,
        moved_from: row.moved_from,
        moved_to: row.moved_to,
        offer: row.offer,
    })
}

/// A domain value as a row. `due_ms` and `unfilled` are derived, so that lists and deadlines are one index look-up.
#[must_use]
pub fn to_row(enterprise: &Enterprise) -> Model {
    let data = &enterprise.data;
    let (responsible, responsible_phone) = optional_names(data.responsible.as_ref());
    let (officer, officer_phone) = optional_names(data.information_officer.as_ref());
    let (contact, contact_phone) = optional_names(enterprise.invitation.as_ref().map(|invitation| &invitation.contact));
    let mut row = Model {
        serial: signed(enterprise.serial.raw()),
        title: data.title.clone(),
        address: data.address.clone(),
        township: data.township.clone(),
        industry: data.industry.to_string(),
        industries: lists::from_industries(&data.industries),
        identifiers: lists::from_identifiers(&data.identifiers),
        no_identifier_reason: data.no_identifier_reason.clone(),
        legal_representative: super::name_of(&data.legal_representative),
        legal_phone: optional_name(data.legal_phone.as_ref()),
        reporting_body: data.reporting_body.clone(),
        responsible,
        responsible_phone,
        officer,
        officer_phone,
        employees: data.employees.map(signed),
        turnover_wan: data.turnover_wan.map(signed),
        assets_wan: data.assets_wan.map(signed),
        operating_since: data.operating_since.map(|date| date.to_string()),
        regulators: lists::from_regulators(&data.regulators),
        synthetic: data.synthetic,
        state: enterprise.state.id().to_owned(),
        since_ms: enterprise.since.ms(),
        reminded: i64::from(enterprise.reminded),
        unfilled: enterprise.is_unfilled(),
        factors: lists::from_factors(enterprise.factors.as_ref()),
        choice_reason: enterprise.choice_reason.clone(),
        contact,
        contact_phone,
        account: enterprise.invitation.as_ref().map(|invitation| invitation.account.to_string()),
        returned: lists::from_returned(&enterprise.returned),
        requested_ms: enterprise.requested_at.map(Instant::ms),
        approved_ms: enterprise.approved_at.map(Instant::ms),
        returned_reason: enterprise.returned_reason.clone(),
        confirmed_ms: enterprise.confirmed_at.map(Instant::ms),
        stale: enterprise.stale,
        operation: lists::from_operation(&enterprise.operation),
        pending: String::new(),
        pending_on: None,
        pending_until: None,
        pending_reason: String::new(),
        pending_guard: None,
        pending_cause: 0,
        pending_to: String::new(),
        pending_ms: None,
        merged_into: enterprise.merged_into.map(|serial: Serial| signed(serial.raw())),
        doubles: lists::from_serials(&enterprise.doubles),
        moved_from: enterprise.moved_from.clone(),
        moved_to: enterprise.moved_to.clone(),
        offer: enterprise.offer.clone(),
        removed_for: enterprise.removed_for.map_or(0, |cause| i64::from(cause.number())),
        taken_hazards: lists::from_serials(&enterprise.taken_along.0),
        taken_dossiers: lists::from_serials(&enterprise.taken_along.1),
        general_open: i64::from(enterprise.general_open),
        major_open: i64::from(enterprise.major_open),
        acts: enterprise.acts.text(),
        due_ms: enterprise.due().map(Instant::ms),
        version: signed(enterprise.version),
    };
    put_pending(&mut row, enterprise.pending.as_ref());
    row
}

fn put_pending(row: &mut Model, pending: Option<&Pending>) {
    match pending {
        None => {}
        Some(Pending::Stop { on, reason, guard }) => {
            row.pending = "stop".to_owned();
            row.pending_on = Some(on.to_string());
            row.pending_reason.clone_from(reason);
            row.pending_guard = optional_name(Some(guard));
        }
        Some(Pending::Restart { on, inspected_on }) => {
            row.pending = "restart".to_owned();
            row.pending_on = Some(on.to_string());
            row.pending_until = Some(inspected_on.to_string());
        }
        Some(Pending::Removal { cause, reason, asked_at }) => {
            row.pending = "removal".to_owned();
            row.pending_cause = i64::from(cause.number());
            row.pending_reason.clone_from(reason);
            row.pending_ms = Some(asked_at.ms());
        }
        Some(Pending::Transfer { to, reason, offered_at, answer_by }) => {
            row.pending = "transfer".to_owned();
            row.pending_to = to.to_string();
            row.pending_reason.clone_from(reason);
            row.pending_ms = Some(offered_at.ms());
            row.pending_until = Some(answer_by.to_string());
        }
    }
}
