//! What the requests about enterprises say, read field by field, all violations at once.

use changxiao_domain::{
    actor::AccountId,
    enterprise::{Cause, EnterpriseData, Factor, Factors, Field, FieldReason, Restart, Stop},
    industry::{self, IndustryCode},
};
use changxiao_proto::{
    convert::request::{Name, Reader},
    county::v1 as pb,
};

use super::form;
use crate::{
    app::enterprises as app,
    grpc::{
        ENTERPRISE, Envelope,
        step::{Read, bare, begin, one_text, yes_or_no},
    },
};

pub(crate) fn propose(wire: pb::ProposeEnterpriseRequest) -> Read {
    let mut reader = Reader::default();
    let envelope = Envelope {
        region: reader.region_name("parent", &wire.parent),
        request_id: reader.request_id(&wire.request_id),
        validate_only: wire.validate_only,
    };
    let given = wire.enterprise.unwrap_or_default();
    let blank = industry::all().first().map(|first| EnterpriseData::blank(first.code()));
    let data = blank.and_then(|mut data| {
        let mut good = true;
        for field in Field::ALL.iter().copied() {
            if matches!(field, Field::Identifiers) {
                match form::proposed(&mut reader, &given) {
                    Some((identifiers, reason)) => (data.identifiers, data.no_identifier_reason) = (identifiers, reason),
                    None => good = false,
                }
            } else if !matches!(field, Field::NoIdentifierReason) {
                good &= form::field(&mut reader, field, &given, &mut data).is_some();
            }
        }
        data.industries.retain(|industry| *industry != data.industry);
        data.synthetic = given.synthetic;
        good.then_some(data)
    });
    envelope.parsed(reader, data.map(app::propose))
}

fn factor(reader: &mut Reader, field: &str, given: Option<&pb::Factor>) -> Option<Factor> {
    let empty = pb::Factor::default();
    let given = given.unwrap_or(&empty);
    let score = u8::try_from(given.score).ok().filter(|score| (1..=5).contains(score));
    if score.is_none() {
        reader.wrong(&format!("{field}.score"), format!("must lie from 1 to 5, is {}", given.score));
    }
    let reason = reader.text(&format!("{field}.reason"), &given.reason, 2, 500);
    Some(Factor { score: score?, reason: reason? })
}

pub(super) fn enlist(wire: pb::EnlistEnterpriseRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, ENTERPRISE);
    let size = factor(&mut reader, "size", wire.size.as_ref());
    let danger = factor(&mut reader, "danger", wire.danger.as_ref());
    let safety = factor(&mut reader, "safety", wire.safety.as_ref());
    let reason = reader.text("reason", &wire.reason, 2, 1_000);
    let command = (|| {
        let factors = Factors { size: size?, danger: danger?, safety: safety? };
        Some(app::enlist(target?, factors, reason?))
    })();
    envelope.parsed(reader, command)
}

pub(super) fn exclude(wire: pb::ExcludeEnterpriseRequest) -> Read {
    one_text(begin!(wire, ENTERPRISE), "reason", &wire.reason, (2, 1_000), app::exclude)
}

pub(super) fn invite(wire: pb::InviteEnterpriseRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, ENTERPRISE);
    let contact = form::contact(&mut reader, "contact", wire.contact.as_ref());
    let named = reader.read("account", Name::parse(&wire.account, "regions/{region}/accounts/{account}"));
    if let (Some(named), Some(region)) = (&named, &envelope.region)
        && named.region != *region
    {
        reader.wrong("account", format!("must lie in regions/{region}, as the request does"));
    }
    let account = named.and_then(|named| {
        let id = named.path.first().map_or("", |(_, id)| id.as_str());
        reader.parse::<AccountId>("account", id)
    });
    let command = (|| Some(app::invite(target?, contact?, account?)))();
    envelope.parsed(reader, command)
}

pub(super) fn update(wire: pb::UpdateEnterpriseRequest) -> Read {
    let mut reader = Reader::default();
    let given = wire.enterprise.unwrap_or_default();
    let (region, target) = crate::grpc::target(&mut reader, &given.name, &wire.etag, ENTERPRISE);
    let request_id = reader.request_id(&wire.request_id);
    let envelope = Envelope { region, request_id, validate_only: wire.validate_only };
    let fields = form::mask(&mut reader, &wire.update_mask);
    let blank = industry::all().first().map(|first| EnterpriseData::blank(first.code()));
    let data = blank.zip(fields.as_ref()).and_then(|(mut data, fields)| {
        let mut good = true;
        for field in fields {
            good &= form::field(&mut reader, *field, &given, &mut data).is_some();
        }
        good.then_some(data)
    });
    let command = (|| Some(app::update(target?, data?, fields?)))();
    envelope.parsed(reader, command)
}

pub(super) fn confirm(wire: pb::ConfirmEnterpriseRequest) -> Read {
    bare(begin!(wire, ENTERPRISE), app::confirm)
}

pub(super) fn submit(wire: pb::SubmitEnterpriseRequest) -> Read {
    bare(begin!(wire, ENTERPRISE), app::submit)
}

pub(super) fn send_back(wire: pb::ReturnEnterpriseRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, ENTERPRISE);
    if wire.reasons.is_empty() || wire.reasons.len() > Field::ALL.len() {
        reader.wrong("reasons", format!("must name 1 to {} fields", Field::ALL.len()));
    }
    let mut reasons: Vec<FieldReason> = Vec::new();
    for (place, one) in wire.reasons.iter().enumerate().take(Field::ALL.len()) {
        let field = Field::from_id(&one.field);
        if field.is_none_or(|field| reasons.iter().any(|before| before.field == field)) {
            reader.wrong(&format!("reasons[{place}].field"), "must be the name of a field, each once");
        }
        let reason = reader.text(&format!("reasons[{place}].reason"), &one.reason, 2, 500);
        if let (Some(field), Some(reason)) = (field, reason) {
            reasons.push(FieldReason { field, reason });
        }
    }
    envelope.parsed(reader, target.map(|target| app::send_back(target, reasons)))
}

pub(super) fn admission(wire: pb::RequestAdmissionRequest) -> Read {
    bare(begin!(wire, ENTERPRISE), app::request_admission)
}

pub(super) fn ask_stop(wire: pb::AskStopRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, ENTERPRISE);
    let on = reader.date("on", wire.on);
    let reason = reader.text("reason", &wire.reason, 2, 1_000);
    let guard = reader.text("guard", &wire.guard, 1, 60);
    let command = (|| Some(app::ask_stop(target?, Stop { on: on?, reason: reason?, guard: guard? })))();
    envelope.parsed(reader, command)
}

pub(super) fn decide_stop(wire: pb::DecideStopRequest) -> Read {
    yes_or_no(begin!(wire, ENTERPRISE), wire.confirmed, &wire.reason, app::decide_stop)
}

pub(super) fn ask_restart(wire: pb::AskRestartRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, ENTERPRISE);
    let on = reader.date("on", wire.on);
    let inspected_on = reader.date("inspected_on", wire.inspected_on);
    let command = (|| Some(app::ask_restart(target?, Restart { on: on?, inspected_on: inspected_on? })))();
    envelope.parsed(reader, command)
}

pub(super) fn decide_restart(wire: pb::DecideRestartRequest) -> Read {
    yes_or_no(begin!(wire, ENTERPRISE), wire.confirmed, &wire.reason, app::decide_restart)
}

pub(super) fn ask_removal(wire: pb::AskRemovalRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, ENTERPRISE);
    let cause = u32::try_from(wire.cause).ok().and_then(Cause::from_number);
    if cause.is_none() {
        reader.wrong("cause", "must be closed, moved or merged");
    }
    let reason = reader.text("reason", &wire.reason, 2, 1_000);
    let command = (|| Some(app::ask_removal(target?, cause?, reason?)))();
    envelope.parsed(reader, command)
}

/// The industry of a request to publish, empty for all.
pub(super) fn industry(reader: &mut Reader, given: &str) -> Option<Option<IndustryCode>> {
    if given.is_empty() { Some(None) } else { reader.parse("industry", given).map(Some) }
}

pub(super) fn publish(wire: pb::PublishNameListRequest, serials: Vec<changxiao_domain::serial::Serial>) -> Read {
    let mut reader = Reader::default();
    let envelope = Envelope {
        region: reader.region_name("parent", &wire.parent),
        request_id: reader.request_id(&wire.request_id),
        validate_only: wire.validate_only,
    };
    let title = reader.text("title", &wire.title, 2, 120);
    let industry = industry(&mut reader, &wire.industry);
    envelope.parsed(reader, title.zip(industry).map(|(title, _)| app::publish_name_list(serials, title)))
}
