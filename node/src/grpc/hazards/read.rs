//! What the requests about hazards say, read field by field, all violations at once.

use changxiao_domain::{
    hazard::{Assignment, Find},
    hazard_category::HazardCategory,
    region::RegionId,
    serial::Serial,
};
use changxiao_proto::{convert::request::Reader, county::v1 as pb};

use crate::{
    app::hazards::{self as app, Upgrade},
    grpc::{
        ENTERPRISE, Envelope, HAZARD,
        step::{Read, bare, begin, one_text, yes_or_no, yuan},
    },
};

/// A name of another hazard of the same region, or none.
fn other_hazard(reader: &mut Reader, field: &'static str, name: &str, region: Option<&RegionId>) -> Option<Option<Serial>> {
    if name.is_empty() {
        return Some(None);
    }
    reader.serial_within(field, name, HAZARD, region).map(Some)
}

pub(crate) fn register(wire: pb::RegisterHazardRequest) -> Read {
    let mut reader = Reader::default();
    let parent = reader.serial_name("parent", &wire.parent, ENTERPRISE);
    let request_id = reader.request_id(&wire.request_id);
    let found_on = reader.date("found_on", wire.found_on);
    let category = reader.parse::<HazardCategory>("category", &wire.category);
    let place = reader.text("place", &wire.place, 1, 200);
    let description = reader.text("description", &wire.description, 10, 2_000);
    let source = match u8::try_from(wire.source) {
        Ok(source @ 1..=8) => Some(source),
        _ => {
            reader.wrong("source", format!("must lie from 1 to 8, is {}", wire.source));
            None
        }
    };
    let finder = reader.text("finder", &wire.finder, 1, 60);
    let general_by = reader.text("general_by", &wire.general_by, 0, 200);
    let repeat_of = other_hazard(&mut reader, "repeat_of", &wire.repeat_of, parent.as_ref().map(|(region, _)| region));
    let find = (|| {
        Some(Find {
            found_on: found_on?,
            category: category?,
            place: place?,
            description: description?,
            source: source?,
            finder: finder?,
            general_by: general_by.map(|by| (!by.is_empty()).then_some(by))?,
            repeat_of: repeat_of?,
        })
    })();
    let envelope = Envelope { region: parent.clone().map(|(region, _)| region), request_id, validate_only: wire.validate_only };
    envelope.parsed(reader, parent.zip(find).map(|((_, enterprise), find)| app::register(enterprise, find)))
}

pub(super) fn assess(wire: pb::AssessHazardRequest) -> Read {
    one_text(begin!(wire, HAZARD), "criteria", &wire.criteria, (1, 200), app::assess)
}

pub(super) fn upgrade(wire: pb::UpgradeHazardRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, HAZARD);
    let reason = reader.text("reason", &wire.reason, 2, 2_000);
    let criterion = reader.text("criterion", &wire.criterion, 2, 200);
    let state_and_cause = reader.text("state_and_cause", &wire.state_and_cause, 2, 2_000);
    let harm_and_difficulty = reader.text("harm_and_difficulty", &wire.harm_and_difficulty, 2, 2_000);
    let protection = reader.text("protection", &wire.protection, 2, 2_000);
    let command = (|| {
        let upgrade = Upgrade {
            reason: reason?,
            criterion: criterion?,
            state_and_cause: state_and_cause?,
            harm_and_difficulty: harm_and_difficulty?,
            protection: protection?,
        };
        Some(app::upgrade(target?, upgrade))
    })();
    envelope.parsed(reader, command)
}

pub(super) fn fix_on_spot(wire: pb::FixOnSpotRequest) -> Read {
    one_text(begin!(wire, HAZARD), "result", &wire.result, (2, 2_000), app::fix_on_spot)
}

pub(super) fn assign(wire: pb::AssignRectificationRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, HAZARD);
    let rectifier = reader.text("responsible", &wire.responsible, 1, 60);
    let reinspector = reader.text("reinspector", &wire.reinspector, 1, 60);
    let acceptor = reader.text("acceptor", &wire.acceptor, 1, 60);
    let closer = reader.text("closer", &wire.closer, 1, 60);
    let measure = reader.text("measure", &wire.measure, 2, 2_000);
    let protection = reader.text("protection", &wire.protection, 0, 2_000);
    let deadline = reader.optional_date("deadline", wire.deadline);
    let reason = reader.text("reason", &wire.reason, 0, 2_000);
    let assignment = (|| {
        Some(Assignment {
            rectifier: rectifier?,
            reinspector: reinspector?,
            acceptor: acceptor?,
            closer: closer?,
            measure: measure?,
            protection: protection?,
            deadline: deadline?,
            reason: reason?,
        })
    })();
    envelope.parsed(reader, target.zip(assignment).map(|(target, assignment)| app::assign(target, assignment)))
}

pub(super) fn rectify(wire: pb::ReportRectificationRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, HAZARD);
    let result = reader.text("result", &wire.result, 2, 2_000);
    let cost = yuan(&mut reader, "cost_yuan", wire.cost_yuan);
    let command = target.zip(result).zip(cost);
    envelope.parsed(reader, command.map(|((target, result), cost)| app::rectify(target, result, cost)))
}

pub(super) fn reinspect(wire: pb::ReinspectHazardRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, HAZARD);
    let reason = reader.text("reason", &wire.reason, 0, 2_000);
    let new_deadline = reader.optional_date("new_deadline", wire.new_deadline);
    let command = target.zip(reason).zip(new_deadline);
    let command = command.map(|((target, reason), deadline)| app::reinspect(target, wire.passed, reason, deadline));
    envelope.parsed(reader, command)
}

pub(super) fn accept(wire: pb::AcceptHazardRequest) -> Read {
    bare(begin!(wire, HAZARD), app::accept)
}

pub(super) fn strike_off(wire: pb::StrikeOffHazardRequest) -> Read {
    bare(begin!(wire, HAZARD), app::strike_off)
}

pub(super) fn ask_extension(wire: pb::AskExtensionRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, HAZARD);
    let deadline = reader.date("deadline", wire.deadline);
    let reason = reader.text("reason", &wire.reason, 2, 2_000);
    let protection = reader.text("protection", &wire.protection, 2, 2_000);
    let command = (|| Some(app::ask_extension(target?, deadline?, reason?, protection?)))();
    envelope.parsed(reader, command)
}

pub(super) fn decide_extension(wire: pb::DecideExtensionRequest) -> Read {
    yes_or_no(begin!(wire, HAZARD), wire.granted, &wire.reason, app::decide_extension)
}

pub(super) fn ask_voiding(wire: pb::AskVoidingRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, HAZARD);
    let reason = reader.text("reason", &wire.reason, 2, 2_000);
    let duplicate_of = other_hazard(&mut reader, "duplicate_of", &wire.duplicate_of, envelope.region.as_ref());
    let command = (|| Some(app::ask_voiding(target?, reason?, duplicate_of?)))();
    envelope.parsed(reader, command)
}

pub(super) fn decide_voiding(wire: pb::DecideVoidingRequest) -> Read {
    yes_or_no(begin!(wire, HAZARD), wire.consented, &wire.reason, app::decide_voiding)
}
