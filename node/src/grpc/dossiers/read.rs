//! What the requests about dossiers say, read field by field, all violations at once.

use changxiao_domain::{
    dossier::{Assessment, Commission, FilingBody, Identification, Listing, Plan, Progress},
    hazard_category::HazardCategory,
};
use changxiao_proto::{convert::request::Reader, county::v1 as pb};

use crate::{
    app::dossiers as app,
    grpc::{
        DOSSIER, ENTERPRISE, Envelope,
        step::{Read, bare, begin, one_text, yes_or_no, yuan},
    },
};

/// Most persons named at once.
const MOST_PERSONS: usize = 20;

pub(super) fn identify(wire: pb::IdentifyMajorHazardRequest) -> Read {
    let mut reader = Reader::default();
    let parent = reader.serial_name("parent", &wire.parent, ENTERPRISE);
    let request_id = reader.request_id(&wire.request_id);
    let found_on = reader.date("found_on", wire.found_on);
    let category = reader.parse::<HazardCategory>("category", &wire.category);
    let criterion = reader.text("criterion", &wire.criterion, 2, 500);
    let state_and_cause = reader.text("state_and_cause", &wire.state_and_cause, 10, 2_000);
    let harm_and_difficulty = reader.text("harm_and_difficulty", &wire.harm_and_difficulty, 10, 2_000);
    let protection = reader.text("protection", &wire.protection, 0, 2_000);
    let number = reader.text("number", &wire.number, 0, 100);
    let found = (|| {
        Some(Identification {
            found_on: found_on?,
            category: category?,
            criterion: criterion?,
            state_and_cause: state_and_cause?,
            harm_and_difficulty: harm_and_difficulty?,
            protection: protection?,
            number: number?,
        })
    })();
    let envelope = Envelope { region: parent.clone().map(|(region, _)| region), request_id, validate_only: wire.validate_only };
    envelope.parsed(reader, parent.zip(found).map(|((_, enterprise), found)| app::identify(enterprise, found)))
}

pub(super) fn complete(wire: pb::CompleteDossierRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, DOSSIER);
    let given = wire.plan.unwrap_or_default();
    let measures = reader.text("plan.measures", &given.measures, 2, 2_000);
    let responsibility = reader.text("plan.responsibility", &given.responsibility, 2, 1_000);
    if given.funds_yuan == 0 {
        reader.wrong("plan.funds_yuan", "must be more than 0; all five elements are required");
    }
    let funds_yuan = yuan(&mut reader, "plan.funds_yuan", given.funds_yuan);
    let deadline = reader.date("plan.deadline", given.deadline);
    let emergency_plan = reader.text("plan.emergency_plan", &given.emergency_plan, 2, 2_000);
    let goals = reader.text("plan.goals", &given.goals, 2, 2_000);
    let plan = (|| {
        Some(Plan {
            measures: measures?,
            responsibility: responsibility?,
            funds_yuan: funds_yuan?,
            deadline: deadline?,
            emergency_plan: emergency_plan?,
            goals: goals?,
        })
    })();
    let command = target.zip(plan).map(|(target, plan)| app::complete(target, plan));
    envelope.parsed(reader, command)
}

pub(super) fn file(wire: pb::FileDossierRequest) -> Read {
    bare(begin!(wire, DOSSIER), app::file)
}

pub(super) fn confirm(wire: pb::ConfirmFilingRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, DOSSIER);
    let body = u32::try_from(wire.body).ok().and_then(FilingBody::from_number);
    if body.is_none() {
        reader.wrong("body", format!("{} is not a filing body; use 1, 2 or 3", wire.body));
    }
    let command = target.zip(body).map(|(target, body)| app::confirm(target, body));
    envelope.parsed(reader, command)
}

pub(super) fn list(wire: pb::ListForSupervisionRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, DOSSIER);
    let notice_number = reader.text("notice_number", &wire.notice_number, 2, 100);
    let deadline = reader.date("deadline", wire.deadline);
    let signer = reader.text("signer", &wire.signer, 1, 60);
    let receiver = reader.text("receiver", &wire.receiver, 1, 60);
    let listing = (|| {
        Some(Listing {
            notice_number: notice_number?,
            deadline: deadline?,
            signer: signer?,
            receiver: receiver?,
            suspends: wire.suspends,
        })
    })();
    envelope.parsed(reader, target.zip(listing).map(|(target, listing)| app::list(target, listing)))
}

pub(super) fn protect(wire: pb::RecordProtectionRequest) -> Read {
    one_text(begin!(wire, DOSSIER), "protection", &wire.protection, (2, 2_000), app::protect)
}

pub(super) fn open(wire: pb::OpenDossierRequest) -> Read {
    one_text(begin!(wire, DOSSIER), "number", &wire.number, (2, 100), app::open)
}

pub(super) fn decline_listing(wire: pb::DeclineListingRequest) -> Read {
    one_text(begin!(wire, DOSSIER), "reason", &wire.reason, (2, 2_000), app::decline_listing)
}

pub(super) fn start(wire: pb::StartTreatmentRequest) -> Read {
    one_text(begin!(wire, DOSSIER), "log", &wire.log, (2, 2_000), app::start)
}

pub(super) fn ask_extension(wire: pb::AskTreatmentExtensionRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, DOSSIER);
    let deadline = reader.date("deadline", wire.deadline);
    let reason = reader.text("reason", &wire.reason, 2, 2_000);
    let protection = reader.text("protection", &wire.protection, 2, 2_000);
    let command = (|| Some(app::ask_extension(target?, deadline?, reason?, protection?)))();
    envelope.parsed(reader, command)
}

pub(super) fn decide_extension(wire: pb::DecideTreatmentExtensionRequest) -> Read {
    yes_or_no(begin!(wire, DOSSIER), wire.granted, &wire.reason, app::decide_extension)
}

pub(super) fn commission(wire: pb::CommissionAssessmentRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, DOSSIER);
    let institution = reader.text("institution", &wire.institution, 2, 200);
    let qualification = reader.text("qualification", &wire.qualification, 2, 100);
    let qualified_until = reader.date("qualified_until", wire.qualified_until);
    let field = reader.text("field", &wire.field, 2, 200);
    let commission = (|| {
        Some(Commission {
            institution: institution?,
            qualification: qualification?,
            qualified_until: qualified_until?,
            field: field?,
        })
    })();
    envelope.parsed(reader, target.zip(commission).map(|(target, commission)| app::commission(target, commission)))
}

pub(super) fn ask_resumption(wire: pb::AskResumptionRequest) -> Read {
    bare(begin!(wire, DOSSIER), app::ask_resumption)
}

pub(super) fn decide_resumption(wire: pb::DecideResumptionRequest) -> Read {
    yes_or_no(begin!(wire, DOSSIER), wire.consented, &wire.reason, app::decide_resumption)
}

pub(super) fn downgrade(wire: pb::DowngradeDossierRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, DOSSIER);
    let place = reader.text("place", &wire.place, 1, 200);
    let reason = reader.text("reason", &wire.reason, 2, 200);
    let expert = reader.text("expert", &wire.expert, 1, 60);
    let head = reader.text("head", &wire.head, 1, 60);
    let command = (|| Some(app::downgrade(target?, place?, reason?, expert?, head?)))();
    envelope.parsed(reader, command)
}

pub(super) fn report(wire: pb::ReportProgressRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, DOSSIER);
    let given = wire.progress.unwrap_or_default();
    let month = reader.month("progress.month", given.month);
    let percent = u8::try_from(given.percent).ok().filter(|percent| *percent <= 100);
    if percent.is_none() {
        reader.wrong("progress.percent", format!("must lie from 0 to 100, is {}", given.percent));
    }
    let spent_yuan = yuan(&mut reader, "progress.spent_yuan", given.spent_yuan);
    let text = reader.text("progress.text", &given.text, 2, 2_000);
    let progress = (|| Some(Progress { month: month?, percent: percent?, spent_yuan: spent_yuan?, text: text? }))();
    let command = target.zip(progress).map(|(target, progress)| app::report(target, progress));
    envelope.parsed(reader, command)
}

pub(super) fn finish(wire: pb::CompleteTreatmentRequest) -> Read {
    one_text(begin!(wire, DOSSIER), "statement", &wire.statement, (2, 2_000), app::finish)
}

pub(super) fn assess(wire: pb::RecordAssessmentRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, DOSSIER);
    let report = reader.text("report", &wire.report, 2, 100);
    let authors = persons(&mut reader, "authors", &wire.authors);
    if authors.is_empty() {
        reader.wrong("authors", "name at least one");
    }
    let command = target.zip(report);
    let command = command.map(|(target, report)| app::assess(target, Assessment { report, authors, passed: wire.passed }));
    envelope.parsed(reader, command)
}

/// Names of persons, twenty at most.
fn persons(reader: &mut Reader, field: &'static str, names: &[String]) -> Vec<String> {
    if names.len() > MOST_PERSONS {
        reader.wrong(field, "name at most 20");
    }
    names.iter().take(MOST_PERSONS).filter_map(|name| reader.text(field, name, 1, 60)).collect()
}

pub(super) fn apply(wire: pb::ApplyForAcceptanceRequest) -> Read {
    bare(begin!(wire, DOSSIER), app::apply_for_acceptance)
}

pub(super) fn decide(wire: pb::DecideAcceptanceRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, DOSSIER);
    let reason = reader.text("reason", &wire.reason, 0, 2_000);
    let new_deadline = reader.optional_date("new_deadline", wire.new_deadline);
    let inspectors = persons(&mut reader, "inspectors", &wire.inspectors);
    let command = target.zip(reason).zip(new_deadline);
    let command = command.map(|((target, reason), deadline)| app::decide(target, wire.accepted, reason, deadline, inspectors));
    envelope.parsed(reader, command)
}

pub(super) fn strike_off(wire: pb::StrikeOffDossierRequest) -> Read {
    one_text(begin!(wire, DOSSIER), "closing_number", &wire.closing_number, (2, 100), app::strike_off)
}
