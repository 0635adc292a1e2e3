//! What the requests about documents say, read field by field, all violations at once.

use changxiao_domain::{
    document::{DocumentKind, Manner, Service, Subject},
    region::RegionId,
    serial::Serial,
};
use changxiao_proto::{
    convert::request::{Name, Reader},
    county::v1 as pb,
};

use crate::{
    app::documents::{self as app, Draft, Pepper},
    grpc::{
        CountyDesk, DOCUMENT, DOSSIER, Envelope, INSPECTION,
        officers::line,
        step::{Read, bare, begin, one_text},
    },
};

/// What codes of a region's documents are made from.
pub(in crate::grpc) fn pepper(desk: &CountyDesk, region: Option<&RegionId>) -> Option<Pepper> {
    // A region that is not hosted here is refused before anything is decided, so any key will do for it.
    let host = region.and_then(|region| desk.host(region).ok()).or_else(|| desk.hosts().next());
    host.map(|host| Pepper::of(&host.key))
}

/// An inspection or a dossier by its name.
fn subject(reader: &mut Reader, field: &'static str, given: &str) -> Option<(RegionId, Subject)> {
    if let Ok(name) = Name::parse(given, DOSSIER)
        && name.path.first().is_some_and(|(collection, _)| collection == "dossiers")
        && let Some(serial) = name.id::<Serial>(0)
    {
        return Some((name.region, Subject::Dossier(serial)));
    }
    reader.serial_name(field, given, INSPECTION).map(|(region, serial)| (region, Subject::Inspection(serial)))
}

/// The same within the region that the request speaks of, or nothing.
pub(super) fn optional_subject(
    reader: &mut Reader,
    field: &'static str,
    given: &str,
    region: Option<&RegionId>,
) -> Option<Option<Subject>> {
    if given.is_empty() {
        return Some(None);
    }
    let (named, subject) = subject(reader, field, given)?;
    if region.is_some_and(|region| *region != named) {
        reader.wrong(field, format!("must lie in the region that the request speaks of, not in regions/{named}"));
        return None;
    }
    Some(Some(subject))
}

pub(super) fn draw_up(desk: &CountyDesk, wire: pb::DrawUpDocumentRequest) -> Read {
    let mut reader = Reader::default();
    let parent = subject(&mut reader, "parent", &wire.parent);
    let request_id = reader.request_id(&wire.request_id);
    let kind = reader.parse::<DocumentKind>("kind", &wire.kind);
    let text = reader.text("text", &wire.text, 2, 20_000);
    let own = matches!(parent, Some((_, Subject::Inspection(_)))) && wire.body.is_empty() && wire.area.is_empty();
    let issuer = if own {
        Some(None)
    } else {
        let body = line(&mut reader, "body", &wire.body, 100);
        let area = line(&mut reader, "area", &wire.area, 20);
        body.zip(area).map(Some)
    };
    let region = parent.as_ref().map(|(region, _)| region.clone());
    let pepper = pepper(desk, region.as_ref());
    let command = (|| {
        let (_, subject) = parent?;
        let draft = Draft { subject, kind: kind?, text: text?, issuer: issuer? };
        Some(app::draw_up(draft, pepper?))
    })();
    Envelope { region, request_id, validate_only: wire.validate_only }.parsed(reader, command)
}

pub(super) fn approve(wire: pb::ApproveDocumentRequest) -> Read {
    bare(begin!(wire, DOCUMENT), app::approve)
}

pub(super) fn void(wire: pb::VoidDocumentRequest) -> Read {
    one_text(begin!(wire, DOCUMENT), "reason", &wire.reason, (2, 500), app::void)
}

pub(super) fn serve(wire: pb::ServeDocumentRequest) -> Read {
    let (mut reader, target, envelope) = begin!(wire, DOCUMENT);
    let on = reader.date("on", wire.on);
    let manner = u32::try_from(wire.manner).ok().and_then(Manner::from_number);
    if manner.is_none() {
        reader.wrong("manner", "must be direct, left, posted or announced");
    }
    let receiver = reader.text("receiver", &wire.receiver, 1, 60);
    let reason = reader.text("reason", &wire.reason, 0, 500);
    let mut witnesses = Some(Vec::new());
    for witness in &wire.witnesses {
        let read = line(&mut reader, "witnesses", witness, 60);
        witnesses = witnesses.zip(read).map(|(mut all, one)| {
            all.push(one);
            all
        });
    }
    let scan = if wire.scan.is_empty() { Some(None) } else { reader.digest("scan", &wire.scan).map(Some) };
    let service = (|| {
        Some(Service {
            on: on?,
            manner: manner?,
            receiver: receiver?,
            refused: wire.refused,
            reason: reason?,
            witnesses: witnesses?,
            scan: scan?,
        })
    })();
    envelope.parsed(reader, target.zip(service).map(|(target, service)| app::serve(target, service)))
}
