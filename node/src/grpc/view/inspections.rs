//! Inspections, officers and documents as the wire shows them.

use changxiao_domain::{
    clock::{Date, Instant},
    document::{self, Document, DocumentType, kinds::Requires},
    inspection::{
        self, Finding, Inspection,
        draw::{Draw, Urn},
        plan::Plan,
    },
    officer::Officer,
    region::RegionId,
    serial::Serial,
};
use changxiao_proto::{
    convert::scalar::{Parts, Wire},
    county::v1 as pb,
    types::v1 as types,
};

use crate::app::inspections::sha256;

/// Days before the end of a certificate from which it is said.
const ENDS_SOON_DAYS: i64 = 30;

fn day(date: impl Into<Option<Date>>) -> Option<types::Date> {
    date.into().put(&mut Parts::default())
}

fn name(region: &RegionId, collection: &str, serial: Option<Serial>) -> String {
    serial.map(|serial| format!("regions/{region}/{collection}/{serial}")).unwrap_or_default()
}

fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or_default()
}

/// An officer or expert.
#[must_use]
pub fn officer(region: &RegionId, value: &Officer, now: Instant) -> pb::Officer {
    pb::Officer {
        name: name(region, "officers", Some(value.serial)),
        kind: number(value.kind.number()),
        certificate: value.certificate.clone(),
        title: value.name.shown().to_owned(),
        body: value.body.clone(),
        industry: value.industry.map(|code| code.to_string()).unwrap_or_default(),
        account: value.account.as_ref().map(ToString::to_string).unwrap_or_default(),
        valid_from: day(value.valid_from),
        valid_until: day(value.valid_until),
        withdrawn: value.withdrawn.clone(),
        ends_soon: value.ends_soon(now, ENDS_SOON_DAYS),
        etag: value.version.to_string(),
    }
}

/// State of a document.
#[must_use]
pub const fn document_state(state: document::State) -> pb::DocumentState {
    match state {
        document::State::Drawn => pb::DocumentState::Drawn,
        document::State::Approved => pb::DocumentState::Approved,
        document::State::Served => pb::DocumentState::Served,
        document::State::Voided => pb::DocumentState::Voided,
    }
}

/// A document, with or without what it says.
#[must_use]
pub fn document(region: &RegionId, value: &Document, with_text: bool) -> pb::Document {
    let receipt = value.receipt.as_ref();
    pb::Document {
        name: name(region, "documents", Some(value.serial)),
        kind: value.kind.to_string(),
        title: value.kind.of().name_zh.to_owned(),
        number: value.number(),
        subject: format!("regions/{region}/{}", value.subject.name()),
        enterprise: name(region, "enterprises", Some(value.enterprise)),
        state: document_state(value.state).into(),
        body: value.body.clone(),
        on: day(value.on),
        rests_on: name(region, "documents", value.rests_on),
        text: if with_text { value.text.shown().to_owned() } else { String::new() },
        content_hash: value.content_hash.to_vec().into(),
        code: value.code.clone(),
        served_on: day(receipt.map(|receipt| receipt.on)),
        manner: receipt.map_or(0, |receipt| number(receipt.manner.number())),
        receiver: receipt.map(|receipt| receipt.receiver.shown().to_owned()).unwrap_or_default(),
        signing_refused: receipt.is_some_and(|receipt| receipt.refused),
        signing_reason: receipt.map(|receipt| receipt.reason.clone()).unwrap_or_default(),
        witnesses: receipt.map(|receipt| receipt.witnesses.clone()).unwrap_or_default(),
        scan: value.scan.map(|scan| scan.to_vec()).unwrap_or_default().into(),
        void_reason: value.void_reason.clone(),
        etag: value.version.to_string(),
    }
}

/// What anybody may know of a document; the same message is the body of its fact.
#[must_use]
pub fn document_record(value: &Document) -> pb::DocumentRecord {
    pb::DocumentRecord {
        kind: value.kind.to_string(),
        title: value.kind.of().name_zh.to_owned(),
        number: value.number(),
        body: value.body.clone(),
        on: day(value.on),
        content_hash: value.content_hash.to_vec().into(),
        state: document_state(value.state).into(),
    }
}

/// A kind of document.
#[must_use]
pub fn document_kind(value: &DocumentType) -> pb::DocumentKind {
    let requires = match value.requires {
        Requires::Nothing => String::new(),
        Requires::AnyOf(codes) => codes.to_owned(),
        Requires::AnyServed => "any served document".to_owned(),
        Requires::AllApproved => "all documents approved".to_owned(),
    };
    pb::DocumentKind {
        code: value.code.to_owned(),
        name_zh: value.name_zh.to_owned(),
        name_en: value.name_en.to_owned(),
        prefix: value.prefix().to_owned(),
        requires,
        internal: value.internal,
    }
}

/// State of an inspection.
#[must_use]
pub const fn inspection_state(state: inspection::State) -> pb::InspectionState {
    match state {
        inspection::State::Planned => pb::InspectionState::Planned,
        inspection::State::Assigned => pb::InspectionState::Assigned,
        inspection::State::OnSite => pb::InspectionState::OnSite,
        inspection::State::Recorded => pb::InspectionState::Recorded,
        inspection::State::Signed => pb::InspectionState::Signed,
        inspection::State::Ordered => pb::InspectionState::Ordered,
        inspection::State::FedBack => pb::InspectionState::FedBack,
        inspection::State::RecheckDue => pb::InspectionState::RecheckDue,
        inspection::State::Rechecked => pb::InspectionState::Rechecked,
        inspection::State::Closed => pb::InspectionState::Closed,
        inspection::State::Case => pb::InspectionState::Case,
        inspection::State::Transferred => pb::InspectionState::Transferred,
    }
}

/// A draw made again from its seed and candidates.
fn drawn(region: &RegionId, draw: Option<&Draw>, urn: Urn, full: bool) -> Option<pb::Draw> {
    let collection = match urn {
        Urn::Targets => "enterprises",
        Urn::Officers => "officers",
    };
    let names = |serials: &[Serial]| serials.iter().map(|serial| name(region, collection, Some(*serial))).collect();
    draw.map(|draw| pb::Draw {
        seed: draw.seed.clone(),
        count: draw.count,
        candidates_digest: draw.digest.to_vec().into(),
        candidates: if full { names(&draw.candidates) } else { Vec::new() },
        drawn: names(&draw.again(urn, sha256)),
        sound: draw.is_sound(sha256),
    })
}

/// A plan, with or without the lists of candidates.
#[must_use]
pub fn inspection_plan(region: &RegionId, value: &Plan, full: bool) -> pb::InspectionPlan {
    let said = &value.planning;
    pb::InspectionPlan {
        name: name(region, "inspectionPlans", Some(value.serial)),
        kind: number(said.kind.number()),
        covert: said.covert,
        month: said.month.put(&mut Parts::default()),
        body: said.body.clone(),
        area: said.area.clone(),
        departments: said.departments.clone(),
        checklist: said.checklist.clone(),
        letter: said.letter.clone(),
        industry: value.industry.map(|code| code.to_string()).unwrap_or_default(),
        team: value.team.iter().map(|serial| name(region, "officers", Some(*serial))).collect(),
        targets_draw: drawn(region, value.targets_draw.as_ref(), Urn::Targets, full),
        officers_draw: drawn(region, value.officers_draw.as_ref(), Urn::Officers, full),
        inspections: value.inspections,
    }
}

fn finding(region: &RegionId, value: &Finding) -> pb::Finding {
    let found = &value.found;
    let outcome = match value.passed {
        None => pb::FindingOutcome::Unspecified,
        Some(true) => pb::FindingOutcome::Passed,
        Some(false) => pb::FindingOutcome::Failed,
    };
    pb::Finding {
        item: found.item,
        category: found.category.map(|category| category.to_string()).unwrap_or_default(),
        major: found.major,
        place: found.place.clone(),
        description: found.description.clone(),
        demand: found.demand.clone(),
        criterion: found.criterion.clone(),
        harm: found.harm.clone(),
        photos: found.photos.iter().map(|photo| photo.to_vec().into()).collect(),
        deadline: day(value.deadline),
        hazard: name(region, "hazards", value.hazard),
        dossier: name(region, "dossiers", value.dossier),
        outcome: outcome.into(),
    }
}

/// An inspection in full.
#[must_use]
pub fn inspection(region: &RegionId, value: &Inspection) -> pb::Inspection {
    let (signed, order, told) = (value.signed.as_ref(), value.order.as_ref(), value.fed_back.as_ref());
    let (escalation, handover) = (value.escalation.as_ref(), value.handover.as_ref());
    let document = |serial: Option<Serial>| name(region, "documents", serial);
    pb::Inspection {
        name: name(region, "inspections", Some(value.serial)),
        plan: name(region, "inspectionPlans", Some(value.plan)),
        kind: number(value.kind.number()),
        covert: value.covert,
        month: value.month.put(&mut Parts::default()),
        enterprise: name(region, "enterprises", Some(value.enterprise)),
        industry: value.industry.to_string(),
        state: inspection_state(value.state).into(),
        body: value.body.clone(),
        on: day(value.on),
        officers: value.officers.iter().map(|serial| name(region, "officers", Some(*serial))).collect(),
        certificates: value.certificates.clone(),
        started_at_ms: value.started.map_or(0, Instant::ms),
        ended_at_ms: value.ended.map_or(0, Instant::ms),
        place: value.place.clone(),
        findings: value.findings.iter().map(|one| finding(region, one)).collect(),
        record: document(signed.map(|signed| signed.record)),
        signed_on: day(signed.map(|signed| signed.on)),
        site_head: signed.map(|signed| signed.site_head.shown().to_owned()).unwrap_or_default(),
        signing_refused: signed.is_some_and(|signed| signed.refused),
        signing_reason: signed.map(|signed| signed.reason.clone()).unwrap_or_default(),
        order_kind: order.map_or(0, |order| number(order.kind.number())),
        order_document: document(order.and_then(|order| order.document)),
        order_deadline: day(order.map(|order| order.deadline)),
        overdue: value.overdue,
        fed_back_on: day(told.map(|told| told.on)),
        department: told.map(|told| told.department.clone()).unwrap_or_default(),
        enterprise_received: told.is_some_and(|told| told.enterprise_receiver.is_some()),
        department_received: told.is_some_and(|told| told.department_receiver.is_some()),
        escalated_on: day(escalation.map(|escalation| escalation.on)),
        escalation_office: escalation.map(|escalation| escalation.office.clone()).unwrap_or_default(),
        escalation_leaders: escalation.map(|escalation| escalation.leaders.clone()).unwrap_or_default(),
        recheck_due_on: day(value.recheck_due_on),
        recheck_applied: value.applied,
        rechecked_on: day(value.rechecked_on),
        opinion: document(value.opinion),
        transferred_to: handover.map(|handover| handover.department.clone()).unwrap_or_default(),
        transfer_notice: document(handover.map(|handover| handover.notice)),
        transfer_reply: document(handover.and_then(|handover| handover.reply)),
        transfer_result: document(handover.and_then(|handover| handover.result)),
        case_form: document(value.case),
        reminders: value.reminders.iter().map(|reminder| number(reminder.number())).collect(),
        closed_on: day(value.closed_on),
        etag: value.version.to_string(),
    }
}
