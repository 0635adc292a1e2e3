//! What the requests about self-inspections say, read field by field, all violations at once.

use changxiao_domain::{
    checklist::ChecklistId,
    clock::Date,
    hazard::Find,
    hazard_category::HazardCategory,
    region::RegionId,
    self_inspection::{Finding, Paper},
};
use changxiao_proto::{convert::request::Reader, county::v1 as pb};

use super::inspection_name;
use crate::{
    app::self_inspections::{self as app, Planned, Target},
    grpc::{ENTERPRISE, Envelope, HAZARD, step::Read},
};

/// Most inspectors of one inspection.
const MOST_INSPECTORS: usize = 20;
/// Most results of one request; more than any list has.
const MOST_FINDINGS: usize = 400;
/// 企业检查: what an enterprise finds by itself.
const SOURCE_ENTERPRISE: u8 = 3;

/// Begins to read a step: the inspection as the caller saw it, request id.
macro_rules! begin {
    ($wire:ident) => {{
        let mut reader = Reader::default();
        let name = inspection_name(&mut reader, "name", &$wire.name);
        let seen = if $wire.etag.is_empty() {
            Some(None)
        } else {
            let read = $wire.etag.parse::<u64>().map(Some);
            reader.read("etag", read.map_err(|_| "is not one that was given out; leave it empty or look again"))
        };
        let request_id = reader.request_id(&$wire.request_id);
        let region = name.as_ref().map(|(region, ..)| region.clone());
        let target = name.zip(seen).map(|((_, enterprise, id), seen)| Target { enterprise, id, seen });
        (reader, target, Envelope { region, request_id, validate_only: $wire.validate_only })
    }};
}

pub(crate) fn record(wire: pb::RecordSelfInspectionRequest) -> Read {
    let mut reader = Reader::default();
    let parent = reader.serial_name("parent", &wire.parent, ENTERPRISE);
    let request_id = reader.request_id(&wire.request_id);
    let on = reader.date("on", wire.on);
    let inspector = reader.text("inspector", &wire.inspector, 1, 60);
    let area = reader.text("scope", &wire.scope, 2, 500);
    let responsible = reader.text("responsible", &wire.responsible, 1, 60);
    let legal_representative = reader.text("legal_representative", &wire.legal_representative, 1, 60);
    let paper = reader.digest("paper", &wire.paper);
    let late_reason = reader.text("late_reason", &wire.late_reason, 0, 500);
    let envelope = Envelope { region: parent.clone().map(|(region, _)| region), request_id, validate_only: wire.validate_only };
    let command = (|| {
        let paper = Paper {
            on: on?,
            inspector: inspector?,
            responsible: responsible?,
            legal_representative: legal_representative?,
            area: area?,
            paper: paper?,
            late_reason: late_reason?,
        };
        Some(app::record(parent?.1, paper))
    })();
    envelope.parsed(reader, command)
}

/// Who inspects what by which list.
fn planned(reader: &mut Reader, inspectors: &[String], area: &str, checklist: &str) -> Option<Planned> {
    if inspectors.is_empty() || inspectors.len() > MOST_INSPECTORS {
        reader.wrong("inspectors", format!("must be 1 to {MOST_INSPECTORS} names, are {}", inspectors.len()));
        return None;
    }
    let names: Vec<_> =
        inspectors.iter().enumerate().map(|(at, name)| reader.text(&format!("inspectors[{at}]"), name, 1, 60)).collect();
    let area = reader.text("area", area, 2, 500);
    let checklist = reader.parse::<ChecklistId>("checklist", checklist);
    Some(Planned { inspectors: names.into_iter().collect::<Option<_>>()?, area: area?, checklist: checklist? })
}

pub(super) fn plan(wire: pb::PlanSelfInspectionRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire);
    let on = reader.date("on", wire.on);
    let planned = planned(&mut reader, &wire.inspectors, &wire.area, &wire.checklist);
    envelope.parsed(reader, (|| Some(app::plan(target?, on?, planned?)))())
}

pub(super) fn start(wire: pb::StartSelfInspectionRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire);
    let on = reader.date("on", wire.on);
    let unplanned = wire.inspectors.is_empty() && wire.area.is_empty() && wire.checklist.is_empty();
    let planned =
        if unplanned { Some(None) } else { planned(&mut reader, &wire.inspectors, &wire.area, &wire.checklist).map(Some) };
    envelope.parsed(reader, (|| Some(app::start(target?, on?, planned?)))())
}

/// One finding with its item.
fn finding(reader: &mut Reader, at: usize, wire: pb::ItemFinding, region: Option<&RegionId>) -> Option<(String, Finding)> {
    let field = |name: &str| format!("findings[{at}].{name}");
    let item = reader.text(&field("item"), &wire.item, 1, 40);
    let named = (!wire.hazard.is_empty(), wire.found.is_some());
    let finding = match pb::ItemVerdict::try_from(wire.verdict) {
        Ok(pb::ItemVerdict::Ok) if named == (false, false) => Some(Finding::Ok),
        Ok(pb::ItemVerdict::NotApplicable) if named == (false, false) => Some(Finding::NotApplicable),
        Ok(pb::ItemVerdict::NotOk) if named == (true, false) => {
            reader.serial_within(&field("hazard"), &wire.hazard, HAZARD, region).map(Finding::Known)
        }
        Ok(pb::ItemVerdict::NotOk) if named == (false, true) => {
            wire.found.and_then(|found| new_hazard(reader, at, &found)).map(|find| Finding::New(Box::new(find)))
        }
        Ok(pb::ItemVerdict::NotOk) => {
            reader.wrong(&field("hazard"), "an item that is not ok names a registered hazard or one to be registered, not both");
            None
        }
        Ok(pb::ItemVerdict::Ok | pb::ItemVerdict::NotApplicable) => {
            reader.wrong(&field("hazard"), "only an item that is not ok has a hazard");
            None
        }
        Ok(pb::ItemVerdict::Unspecified) | Err(_) => {
            reader.wrong(&field("verdict"), "must be ok, not ok or not applicable");
            None
        }
    };
    item.zip(finding)
}

/// A hazard to be registered; its day is that of the inspection.
fn new_hazard(reader: &mut Reader, at: usize, wire: &pb::FoundHazard) -> Option<Find> {
    let field = |name: &str| format!("findings[{at}].found.{name}");
    let category = reader.parse::<HazardCategory>(&field("category"), &wire.category);
    let place = reader.text(&field("place"), &wire.place, 1, 200);
    let description = reader.text(&field("description"), &wire.description, 10, 2_000);
    let finder = reader.text(&field("finder"), &wire.finder, 1, 60);
    let general_by = reader.text(&field("general_by"), &wire.general_by, 0, 200);
    Some(Find {
        found_on: Date::MIN,
        category: category?,
        place: place?,
        description: description?,
        source: SOURCE_ENTERPRISE,
        finder: finder?,
        general_by: general_by.map(|by| (!by.is_empty()).then_some(by))?,
        repeat_of: None,
    })
}

fn findings(reader: &mut Reader, wire: Vec<pb::ItemFinding>, region: Option<&RegionId>) -> Option<Vec<(String, Finding)>> {
    if wire.is_empty() || wire.len() > MOST_FINDINGS {
        reader.wrong("findings", format!("must be 1 to {MOST_FINDINGS}, are {}", wire.len()));
        return None;
    }
    let read: Vec<_> = wire.into_iter().enumerate().map(|(at, one)| finding(reader, at, one, region)).collect();
    read.into_iter().collect()
}

pub(super) fn finish(wire: pb::FinishSelfInspectionRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire);
    let findings = findings(&mut reader, wire.findings, envelope.region.as_ref());
    envelope.parsed(reader, target.zip(findings).map(|(target, findings)| app::finish(target, findings)))
}

pub(super) fn sign(wire: pb::SignSelfInspectionRequest) -> Read {
    let (reader, target, envelope) = begin!(wire);
    envelope.parsed(reader, target.map(app::sign))
}

pub(super) fn make_up(wire: pb::MakeUpSelfInspectionRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire);
    let on = reader.date("on", wire.on);
    let planned = planned(&mut reader, &wire.inspectors, &wire.area, &wire.checklist);
    let findings = findings(&mut reader, wire.findings, envelope.region.as_ref());
    let reason = reader.text("reason", &wire.reason, 2, 500);
    envelope.parsed(reader, (|| Some(app::make_up(target?, on?, planned?, findings?, reason?)))())
}

pub(super) fn cancel(wire: pb::CancelSelfInspectionRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire);
    let reason = reader.text("reason", &wire.reason, 2, 500);
    envelope.parsed(reader, target.zip(reason).map(|(target, reason)| app::cancel(target, reason)))
}
