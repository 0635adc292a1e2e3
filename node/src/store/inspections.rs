//! Inspections with what they found.

use changxiao_domain::{
    clock::Instant,
    inspection::{Escalation, FedBack, Finding, Handover, Inspection, Kind, Order, OrderKind, Reminder, Signed, State, Tally},
    serial::Serial,
};
use changxiao_proto::{
    convert::scalar::{Parts, Wire},
    journal::v1 as pb,
};
use changxiao_tier::journal::store::{signed, unsigned};
use prost::Message as _;
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inspections")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub serial: i64,
    pub plan: i64,
    pub kind: i64,
    pub covert: bool,
    pub month: String,
    pub body: String,
    pub area: String,
    pub letter: String,
    pub enterprise: i64,
    pub industry: String,
    pub state: String,
    pub assigned_on: Option<String>,
    pub officers: String,
    pub certificates: String,
    pub accounts: String,
    pub started_ms: Option<i64>,
    pub ended_ms: Option<i64>,
    pub visited_on: Option<String>,
    pub place: String,
    pub findings: Vec<u8>,
    pub hazards_found: i64,
    pub problems_found: i64,
    pub record: Option<i64>,
    pub signed_on: Option<String>,
    pub site_head: Option<String>,
    pub signing_refused: bool,
    pub signing_reason: String,
    pub order_kind: i64,
    pub order_document: Option<i64>,
    pub ordered_on: Option<String>,
    pub order_deadline: Option<String>,
    pub order_items: String,
    pub orders: i64,
    pub overdue: bool,
    pub fed_back_on: Option<String>,
    pub department: String,
    pub enterprise_received: bool,
    pub enterprise_receiver: Option<String>,
    pub department_received: bool,
    pub department_receiver: Option<String>,
    pub escalated_on: Option<String>,
    pub office: String,
    pub leaders: String,
    pub escalation_reason: String,
    pub recheck_due_on: Option<String>,
    pub applied: bool,
    pub rechecked_on: Option<String>,
    pub opinion: Option<i64>,
    pub handed_on: Option<String>,
    pub handed_to: String,
    pub notice: Option<i64>,
    pub reply: Option<i64>,
    pub outcome: Option<i64>,
    pub case_form: Option<i64>,
    pub times_overdue: i64,
    pub times_due: i64,
    pub times_rechecked: i64,
    pub times_on_time: i64,
    pub reminders: i64,
    pub closed_on: Option<String>,
    pub acts: String,
    pub due_ms: Option<i64>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{
    RowFault, acts, date, keyed_by_serial, name_of, optional_date, optional_serial, parse, person, serial, serials, state,
};

const TABLE: &str = "inspections";

keyed_by_serial!("inspections", Inspection);

fn fault(column: &'static str, why: impl ToString) -> RowFault {
    RowFault { table: TABLE, column, why: why.to_string() }
}

fn numbered<T>(column: &'static str, raw: i64, of: fn(u32) -> Option<T>) -> Result<T, RowFault> {
    u32::try_from(raw).ok().and_then(of).ok_or_else(|| fault(column, format!("{raw} is none of its numbers")))
}

fn findings(bytes: &[u8]) -> Result<Vec<Finding>, RowFault> {
    let kept = pb::KeptFindings::decode(bytes).map_err(|why| fault("findings", why))?;
    let taken = kept.findings.into_iter().map(|finding| Finding::take(finding, &Parts::default()));
    taken.collect::<Result<_, _>>().map_err(|why| fault("findings", why))
}

/// Receiver of the feedback: nobody, somebody, or somebody whose name was erased.
fn receiver(received: bool, name: Option<String>) -> Option<changxiao_domain::personal::Personal> {
    received.then(|| person(name))
}

fn order(row: &Model) -> Result<Option<Order>, RowFault> {
    let (Some(issued_on), Some(deadline)) = (row.ordered_on.as_deref(), row.order_deadline.as_deref()) else { return Ok(None) };
    let items = row.order_items.split_whitespace().map(|item| parse(TABLE, "order_items", item));
    Ok(Some(Order {
        kind: numbered("order_kind", row.order_kind, OrderKind::from_number)?,
        document: optional_serial(TABLE, "order_document", row.order_document)?,
        issued_on: date(TABLE, "ordered_on", issued_on)?,
        deadline: date(TABLE, "order_deadline", deadline)?,
        items: items.collect::<Result<_, _>>()?,
    }))
}

fn signing(row: &Model) -> Result<Option<Signed>, RowFault> {
    let (Some(record), Some(on)) = (row.record, row.signed_on.as_deref()) else { return Ok(None) };
    Ok(Some(Signed {
        record: serial(TABLE, "record", record)?,
        on: date(TABLE, "signed_on", on)?,
        site_head: person(row.site_head.clone()),
        refused: row.signing_refused,
        reason: row.signing_reason.clone(),
    }))
}

fn handover(row: &Model) -> Result<Option<Handover>, RowFault> {
    let (Some(on), Some(notice)) = (row.handed_on.as_deref(), row.notice) else { return Ok(None) };
    Ok(Some(Handover {
        on: date(TABLE, "handed_on", on)?,
        department: row.handed_to.clone(),
        notice: serial(TABLE, "notice", notice)?,
        reply: optional_serial(TABLE, "reply", row.reply)?,
        result: optional_serial(TABLE, "outcome", row.outcome)?,
    }))
}

/// A row as a domain value.
///
/// # Errors
/// A column holds what no inspection can have.
pub fn from_row(row: Model) -> Result<Inspection, RowFault> {
    let (order, signed, handover) = (order(&row)?, signing(&row)?, handover(&row)?);
    let fed_back = optional_date(TABLE, "fed_back_on", row.fed_back_on.as_deref())?.map(|on| FedBack {
        on,
        department: row.department,
        enterprise_receiver: receiver(row.enterprise_received, row.enterprise_receiver),
        department_receiver: receiver(row.department_received, row.department_receiver),
    });
    let escalation = optional_date(TABLE, "escalated_on", row.escalated_on.as_deref())?.map(|on| Escalation {
        on,
        office: row.office,
        leaders: row.leaders,
        reason: row.escalation_reason,
    });
    Ok(Inspection {
        serial: serial(TABLE, "serial", row.serial)?,
        plan: serial(TABLE, "plan", row.plan)?,
        kind: numbered("kind", row.kind, Kind::from_number)?,
        covert: row.covert,
        month: parse(TABLE, "month", &row.month)?,
        body: row.body,
        area: row.area,
        letter: row.letter,
        enterprise: serial(TABLE, "enterprise", row.enterprise)?,
        industry: parse(TABLE, "industry", &row.industry)?,
        state: state(TABLE, &row.state, State::from_id)?,
        on: optional_date(TABLE, "assigned_on", row.assigned_on.as_deref())?,
        officers: serials(TABLE, "officers", &row.officers)?,
        certificates: row.certificates.lines().map(str::to_owned).collect(),
        accounts: row.accounts.split_whitespace().map(str::to_owned).collect(),
        started: row.started_ms.map(Instant::from_ms),
        ended: row.ended_ms.map(Instant::from_ms),
        place: row.place,
        findings: findings(&row.findings)?,
        signed,
        order,
        orders: u32::try_from(row.orders).unwrap_or_default(),
        overdue: row.overdue,
        fed_back,
        escalation,
        recheck_due_on: optional_date(TABLE, "recheck_due_on", row.recheck_due_on.as_deref())?,
        applied: row.applied,
        rechecked_on: optional_date(TABLE, "rechecked_on", row.rechecked_on.as_deref())?,
        opinion: optional_serial(TABLE, "opinion", row.opinion)?,
        handover,
        case: optional_serial(TABLE, "case_form", row.case_form)?,
        tally: Tally {
            overdue: u32::try_from(row.times_overdue).unwrap_or_default(),
            due: u32::try_from(row.times_due).unwrap_or_default(),
            rechecked: u32::try_from(row.times_rechecked).unwrap_or_default(),
            on_time: u32::try_from(row.times_on_time).unwrap_or_default(),
        },
        reminders: Reminder::ALL.into_iter().filter(|reminder| row.reminders & bit(*reminder) != 0).collect(),
        closed_on: optional_date(TABLE, "closed_on", row.closed_on.as_deref())?,
        acts: acts(TABLE, &row.acts)?,
        version: unsigned(row.version),
    })
}

/// Bit of a reminder in its column.
#[must_use]
pub fn bit(reminder: Reminder) -> i64 {
    1 << reminder.number()
}

/// A word of the column of accounts: with a blank on each side, so that one name is not found in another.
#[must_use]
pub fn word(account: &str) -> String {
    format!(" {account} ")
}

/// A domain value as a row. `due_ms` is derived, so that the next deadline is one index look-up.
#[must_use]
pub fn to_row(inspection: &Inspection) -> Model {
    let raw = |serial: Serial| signed(serial.raw());
    let (signing, order) = (inspection.signed.as_ref(), inspection.order.as_ref());
    let (told, escalation) = (inspection.fed_back.as_ref(), inspection.escalation.as_ref());
    let handover = inspection.handover.as_ref();
    let hazards = inspection.findings.iter().filter(|finding| finding.found.category.is_some()).count();
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    Model {
        serial: raw(inspection.serial),
        plan: raw(inspection.plan),
        kind: i64::from(inspection.kind.number()),
        covert: inspection.covert,
        month: inspection.month.to_string(),
        body: inspection.body.clone(),
        area: inspection.area.clone(),
        letter: inspection.letter.clone(),
        enterprise: raw(inspection.enterprise),
        industry: inspection.industry.to_string(),
        state: inspection.state.id().to_owned(),
        assigned_on: inspection.on.map(|on| on.to_string()),
        officers: inspection.officers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        certificates: inspection.certificates.join("\n"),
        accounts: inspection.accounts.iter().map(|account| word(account)).collect(),
        started_ms: inspection.started.map(Instant::ms),
        ended_ms: inspection.ended.map(Instant::ms),
        visited_on: inspection.visited_on().map(|on| on.to_string()),
        place: inspection.place.clone(),
        findings: kept(&inspection.findings),
        hazards_found: i64::try_from(hazards).unwrap_or_default(),
        problems_found: i64::try_from(inspection.findings.len() - hazards).unwrap_or_default(),
        record: signing.map(|signing| raw(signing.record)),
        signed_on: signing.map(|signing| signing.on.to_string()),
        site_head: signing.and_then(|signing| name_of(&signing.site_head)),
        signing_refused: signing.is_some_and(|signing| signing.refused),
        signing_reason: text(signing.map(|signing| &signing.reason)),
        order_kind: order.map_or(0, |order| i64::from(order.kind.number())),
        order_document: order.and_then(|order| order.document).map(raw),
        ordered_on: order.map(|order| order.issued_on.to_string()),
        order_deadline: order.map(|order| order.deadline.to_string()),
        order_items: order
            .map(|order| order.items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
            .unwrap_or_default(),
        orders: i64::from(inspection.orders),
        overdue: inspection.overdue,
        fed_back_on: told.map(|told| told.on.to_string()),
        department: text(told.map(|told| &told.department)),
        enterprise_received: told.is_some_and(|told| told.enterprise_receiver.is_some()),
        enterprise_receiver: told.and_then(|told| told.enterprise_receiver.as_ref()).and_then(name_of),
        department_received: told.is_some_and(|told| told.department_receiver.is_some()),
        department_receiver: told.and_then(|told| told.department_receiver.as_ref()).and_then(name_of),
        escalated_on: escalation.map(|escalation| escalation.on.to_string()),
        office: text(escalation.map(|escalation| &escalation.office)),
        leaders: text(escalation.map(|escalation| &escalation.leaders)),
        escalation_reason: text(escalation.map(|escalation| &escalation.reason)),
        recheck_due_on: inspection.recheck_due_on.map(|on| on.to_string()),
        applied: inspection.applied,
        rechecked_on: inspection.rechecked_on.map(|on| on.to_string()),
        opinion: inspection.opinion.map(raw),
        handed_on: handover.map(|handover| handover.on.to_string()),
        handed_to: text(handover.map(|handover| &handover.department)),
        notice: handover.map(|handover| raw(handover.notice)),
        reply: handover.and_then(|handover| handover.reply).map(raw),
        outcome: handover.and_then(|handover| handover.result).map(raw),
        case_form: inspection.case.map(raw),
        times_overdue: i64::from(inspection.tally.overdue),
        times_due: i64::from(inspection.tally.due),
        times_rechecked: i64::from(inspection.tally.rechecked),
        times_on_time: i64::from(inspection.tally.on_time),
        reminders: inspection.reminders.iter().map(|reminder| bit(*reminder)).sum(),
        closed_on: inspection.closed_on.map(|on| on.to_string()),
        acts: inspection.acts.text(),
        due_ms: inspection.due().map(Instant::ms),
        version: signed(inspection.version),
    }
}

fn kept(findings: &[Finding]) -> Vec<u8> {
    let findings = findings.iter().map(|finding| finding.put(&mut Parts::default())).collect();
    pb::KeptFindings { findings }.encode_to_vec()
}
