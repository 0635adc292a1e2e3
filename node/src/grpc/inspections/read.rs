//! What the requests about inspections say, read field by field, all violations at once.

use std::collections::BTreeSet;

use changxiao_domain::{
    clock::Instant,
    hazard_category::HazardCategory,
    industry::IndustryCode,
    inspection::{Feedback, Found, Kind, OrderKind, Ordering, Recheck, Signature, Transfer, plan::Planning},
    region::RegionId,
    serial::Serial,
};
use changxiao_proto::{convert::request::Reader, county::v1 as pb};

use crate::{
    app::inspections::{self as app, Selecting},
    grpc::{
        CountyDesk, DOCUMENT, ENTERPRISE, Envelope, INSPECTION, OFFICER,
        documents::pepper,
        officers::line,
        optional,
        step::{Read, bare, begin},
    },
};

/// Most findings of one inspection.
const MOST_FINDINGS: usize = 200;
/// Longest text of a document, in characters.
const LONGEST_TEXT: usize = 20_000;

/// Values read one by one; the outer `None` means that one of them is wrong.
fn each<W, T>(wires: &[W], mut read: impl FnMut(&W) -> Option<T>) -> Option<Vec<T>> {
    // Every one is read before the first wrong one counts, so that all violations come at once.
    let read: Vec<Option<T>> = wires.iter().map(&mut read).collect();
    read.into_iter().collect()
}

fn serials(
    reader: &mut Reader,
    field: &'static str,
    names: &[String],
    pattern: &'static str,
    region: Option<&RegionId>,
) -> Option<Vec<Serial>> {
    each(names, |name| reader.serial_within(field, name, pattern, region))
}

fn numbered<T>(reader: &mut Reader, field: &'static str, number: i32, of: fn(u32) -> Option<T>) -> Option<T> {
    let found = u32::try_from(number).ok().and_then(of);
    if found.is_none() {
        reader.wrong(field, format!("{number} is none of its values"));
    }
    found
}

/// An instant in milliseconds; 0 is left to the program. Years far from now are slips of the keyboard.
fn instant(reader: &mut Reader, field: &'static str, ms: i64) -> Option<Option<Instant>> {
    if !(0..=253_402_300_799_999).contains(&ms) {
        reader.wrong(field, "must be UTC milliseconds between the years 1970 and 9999");
        return None;
    }
    Some((ms != 0).then(|| Instant::from_ms(ms)))
}

pub(super) fn plan(wire: pb::PlanInspectionsRequest) -> Read {
    let mut reader = Reader::default();
    let region = reader.region_name("parent", &wire.parent);
    let request_id = reader.request_id(&wire.request_id);
    let kind = numbered(&mut reader, "kind", wire.kind, Kind::from_number);
    let month = reader.month("month", wire.month);
    let body = line(&mut reader, "body", &wire.body, 100);
    let area = line(&mut reader, "area", &wire.area, 20);
    let departments = each(&wire.departments, |department| line(&mut reader, "departments", department, 100));
    let checklist = reader.text("checklist", &wire.checklist, 1, 200);
    let letter = reader.text("letter", &wire.letter, 0, 200);
    let enterprises = serials(&mut reader, "enterprises", &wire.enterprises, ENTERPRISE, region.as_ref());
    let officers = serials(&mut reader, "officers", &wire.officers, OFFICER, region.as_ref());
    let drawn = wire.draw_enterprises > 0 || wire.draw_officers > 0;
    // Short seeds are tried out by hand; what is drawn by lot is at least this long.
    let seed = reader.text("seed", &wire.seed, if drawn { 6 } else { 0 }, 200);
    for (field, count, named) in [
        ("draw_enterprises", wire.draw_enterprises, !wire.enterprises.is_empty()),
        ("draw_officers", wire.draw_officers, !wire.officers.is_empty()),
    ] {
        if count > 0 && named {
            reader.wrong(field, "must be 0 where they are named");
        }
        if count > 500 {
            reader.wrong(field, "must be at most 500");
        }
    }
    let industries = each(&wire.draw_industries, |code| reader.parse::<IndustryCode>("draw_industries", code));
    let command = (|| {
        let planning = Planning {
            kind: kind?,
            covert: wire.covert,
            month: month?,
            body: body?,
            area: area?,
            departments: departments?,
            checklist: checklist?,
            letter: letter?,
        };
        let selecting = Selecting {
            enterprises: enterprises?,
            officers: officers?,
            seed: seed?,
            draw_enterprises: wire.draw_enterprises,
            draw_officers: wire.draw_officers,
            industries: industries?,
        };
        Some(app::plan(planning, selecting))
    })();
    Envelope { region, request_id, validate_only: wire.validate_only }.parsed(reader, command)
}

pub(super) fn assign(wire: pb::AssignInspectionRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, INSPECTION);
    let on = reader.date("on", wire.on);
    let officers = serials(&mut reader, "officers", &wire.officers, OFFICER, envelope.region.as_ref());
    envelope.parsed(reader, (|| Some(app::assign(target?, on?, officers?)))())
}

pub(super) fn begin(wire: pb::BeginInspectionRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, INSPECTION);
    let started = instant(&mut reader, "started_at_ms", wire.started_at_ms);
    let place = reader.text("place", &wire.place, 1, 200);
    envelope.parsed(reader, (|| Some(app::begin(target?, started?, place?, wire.certificates_shown)))())
}

fn finding(reader: &mut Reader, at: usize, wire: &pb::Finding) -> Option<Found> {
    let field = |name: &str| format!("findings[{at}].{name}");
    let category = optional::<HazardCategory>(reader, &field("category"), &wire.category);
    let place = reader.text(&field("place"), &wire.place, 1, 200);
    let description = reader.text(&field("description"), &wire.description, 10, 2_000);
    let demand = reader.text(&field("demand"), &wire.demand, 2, 2_000);
    let major = usize::from(wire.major);
    let criterion = reader.text(&field("criterion"), &wire.criterion, 2 * major, 200);
    let harm = reader.text(&field("harm"), &wire.harm, 2 * major, 2_000);
    if wire.major && wire.category.is_empty() {
        reader.wrong(&field("category"), "a major hazard has a category; a problem is no hazard");
    }
    if wire.photos.len() > 20 {
        reader.wrong(&field("photos"), "must be at most 20");
    }
    let photos = each(&wire.photos, |photo| reader.digest(&field("photos"), photo));
    Some(Found {
        item: u32::try_from(at).ok()?.checked_add(1)?,
        category: category?,
        major: wire.major,
        place: place?,
        description: description?,
        demand: demand?,
        criterion: criterion?,
        harm: harm?,
        photos: photos?,
    })
}

pub(super) fn record(wire: pb::RecordFindingsRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, INSPECTION);
    let ended = instant(&mut reader, "ended_at_ms", wire.ended_at_ms);
    if wire.findings.len() > MOST_FINDINGS {
        reader.wrong("findings", format!("must be at most {MOST_FINDINGS}"));
    }
    let mut place = 0;
    let findings = each(&wire.findings, |wire| {
        place += 1;
        finding(&mut reader, place - 1, wire)
    });
    envelope.parsed(reader, (|| Some(app::record(target?, ended?, findings?)))())
}

pub(super) fn sign(wire: pb::SignRecordRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, INSPECTION);
    let record = reader.serial_within("record", &wire.record, DOCUMENT, envelope.region.as_ref());
    let site_head = reader.text("site_head", &wire.site_head, 1, 60);
    let reason = reader.text("reason", &wire.reason, 0, 500);
    let command = (|| {
        let signature = Signature { site_head: site_head?, refused: wire.refused, reason: reason? };
        Some(app::sign(target?, record?, signature))
    })();
    envelope.parsed(reader, command)
}

/// Numbers of findings, each once.
fn items(reader: &mut Reader, field: &'static str, given: &[u32]) -> Option<Vec<u32>> {
    let different: BTreeSet<u32> = given.iter().copied().collect();
    if given.len() > MOST_FINDINGS || different.len() != given.len() || different.contains(&0) {
        reader.wrong(field, format!("must be numbers of findings from 1, each once, at most {MOST_FINDINGS}"));
        return None;
    }
    Some(given.to_vec())
}

pub(super) fn order(desk: &CountyDesk, wire: pb::IssueOrderRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, INSPECTION);
    let kind = numbered(&mut reader, "kind", wire.kind, OrderKind::from_number);
    let items = items(&mut reader, "items", &wire.items);
    let deadline = reader.optional_date("deadline", wire.deadline);
    let least = if kind == Some(OrderKind::OnTheSpot) { 0 } else { 2 };
    let text = reader.text("text", &wire.text, least, LONGEST_TEXT);
    let pepper = pepper(desk, envelope.region.as_ref());
    let command = (|| {
        let ordering = Ordering { kind: kind?, items: items?, deadline: deadline? };
        Some(app::order(target?, ordering, text?, pepper?))
    })();
    envelope.parsed(reader, command)
}

pub(super) fn feed_back(wire: pb::FeedBackRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, INSPECTION);
    let department = reader.text("department", &wire.department, 1, 100);
    let finder = reader.text("finder", &wire.finder, 1, 60);
    let command = (|| Some(app::feed_back(target?, Feedback { department: department?, finder: finder? })))();
    envelope.parsed(reader, command)
}

pub(super) fn receive(wire: pb::ConfirmFeedbackRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, INSPECTION);
    let receiver = reader.text("receiver", &wire.receiver, 1, 60);
    envelope.parsed(reader, (|| Some(app::receive(target?, receiver?)))())
}

pub(super) fn escalate(wire: pb::EscalateInspectionRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, INSPECTION);
    let office = reader.text("office", &wire.office, 1, 100);
    let leaders = reader.text("leaders", &wire.leaders, 1, 200);
    let reason = reader.text("reason", &wire.reason, 2, 2_000);
    envelope.parsed(reader, (|| Some(app::escalate(target?, office?, leaders?, reason?)))())
}

pub(super) fn apply_for_recheck(wire: pb::ApplyForRecheckRequest) -> Read {
    bare(begin!(wire, INSPECTION), app::apply_for_recheck)
}

pub(super) fn recheck(desk: &CountyDesk, wire: pb::RecheckInspectionRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, INSPECTION);
    let officers = serials(&mut reader, "officers", &wire.officers, OFFICER, envelope.region.as_ref());
    let passed = items(&mut reader, "passed", &wire.passed);
    let failed = items(&mut reader, "failed", &wire.failed);
    let text = reader.text("text", &wire.text, 0, LONGEST_TEXT);
    let pepper = pepper(desk, envelope.region.as_ref());
    let command = (|| {
        let recheck = Recheck { passed: passed?, failed: failed? };
        Some(app::recheck(target?, officers?, recheck, text?, pepper?))
    })();
    envelope.parsed(reader, command)
}

pub(super) fn close(wire: pb::CloseInspectionRequest) -> Read {
    bare(begin!(wire, INSPECTION), app::close)
}

pub(super) fn file_case(desk: &CountyDesk, wire: pb::FileCaseRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, INSPECTION);
    let text = reader.text("text", &wire.text, 2, LONGEST_TEXT);
    let pepper = pepper(desk, envelope.region.as_ref());
    envelope.parsed(reader, (|| Some(app::file_case(target?, text?, pepper?)))())
}

pub(super) fn transfer(desk: &CountyDesk, wire: pb::TransferInspectionRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, INSPECTION);
    let department = reader.text("department", &wire.department, 1, 100);
    let reason = reader.text("reason", &wire.reason, 2, 2_000);
    let text = reader.text("text", &wire.text, 2, LONGEST_TEXT);
    let pepper = pepper(desk, envelope.region.as_ref());
    let command = (|| {
        let handed = Transfer { department: department?, reason: reason? };
        Some(app::transfer(target?, handed, text?, pepper?))
    })();
    envelope.parsed(reader, command)
}

pub(super) fn reply(desk: &CountyDesk, wire: pb::RecordTransferReplyRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, INSPECTION);
    let text = reader.text("text", &wire.text, 2, LONGEST_TEXT);
    let pepper = pepper(desk, envelope.region.as_ref());
    envelope.parsed(reader, (|| Some(app::reply(target?, text?, pepper?)))())
}

pub(super) fn settle(desk: &CountyDesk, wire: pb::RecordTransferResultRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, INSPECTION);
    let text = reader.text("text", &wire.text, 2, LONGEST_TEXT);
    let pepper = pepper(desk, envelope.region.as_ref());
    envelope.parsed(reader, (|| Some(app::settle(target?, text?, pepper?)))())
}
