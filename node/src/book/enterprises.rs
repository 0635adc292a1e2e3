//! Enterprises in the book: the catalogue, its identifiers, its requests to the city.

use changxiao_domain::{
    clock::Instant,
    enterprise::{Enterprise, NameList, Pending, State},
    event::{Event, NameListPublished},
    indicator::Counter as C,
    period::Month,
    region::RegionId,
    serial::Serial,
    stamp::Stamp,
};
use changxiao_proto::oversight::v1 as oversight;
use changxiao_tier::{facts::Change, protocol::fact::Audience};
use prost::Message as _;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};

use super::{
    CountyBook,
    chapter::{Chapter, Said, change, due_by, earliest},
    count::book,
    known::{Known, Needs},
    transfers,
};
use crate::{grpc::view, store::enterprises};

/// The chapter.
pub(super) struct Enterprises;

impl Chapter for Enterprises {
    fn needs_of(event: &Event, needs: &mut Needs) {
        needs.enterprises.extend(enterprise_of(event));
        if let Event::EnterpriseMovedOut(event) = event {
            needs.hazards.extend(&event.hazards);
            needs.dossiers.extend(&event.dossiers);
        }
        if let Event::EnterpriseMerged(event) = event {
            needs.enterprises.insert(event.enterprise);
        }
    }

    fn subject_of(event: &Event) -> Option<String> {
        let made = if let Event::EnterpriseMovedIn(event) = event { Some(event.enterprise) } else { None };
        made.or_else(|| enterprise_of(event)).map(|serial| format!("enterprises/{serial}"))
    }

    fn apply(known: &mut Known, event: &Event, stamp: &Stamp) {
        match event {
            Event::EnterpriseProposed(event) => {
                known.enterprises.put(event.enterprise, Enterprise::proposed(event, stamp));
                claim(known, event.enterprise);
            }
            Event::EnterpriseMovedIn(event) => {
                known.enterprises.put(event.enterprise, Enterprise::moved_in(event, stamp));
                claim(known, event.enterprise);
                book(known, event.enterprise, Month::of(stamp.at.date()), C::EnterprisesMovedIn, 1);
            }
            Event::EnterpriseMerged(merged) => {
                apply_step(known, merged.enterprise, event, stamp);
                apply_step(known, merged.double, event, stamp);
            }
            Event::NameListPublished(NameListPublished { list, on, title, enterprises }) => {
                let list = NameList { serial: *list, on: *on, title: title.clone(), enterprises: enterprises.clone() };
                known.name_lists.put(list.serial, list);
            }
            Event::DeclarationFiled(filed) => known.enterprises.change(&filed.enterprise, |one| one.apply(event, stamp)),
            other => {
                if let Some(serial) = enterprise_of(other) {
                    apply_step(known, serial, other, stamp);
                }
            }
        }
    }

    fn due_of(known: &Known) -> Option<Instant> {
        known.enterprises.iter().filter_map(|(_, enterprise)| enterprise.due()).min()
    }

    async fn due(_: &CountyBook, db: &DatabaseConnection, after: Option<Instant>) -> Result<Option<Instant>, DbErr> {
        earliest::<enterprises::Entity>(db, enterprises::Column::DueMs, after).await
    }

    async fn passed(_: &CountyBook, db: &DatabaseTransaction, at: Instant, known: &mut Known) -> Result<Vec<Said>, DbErr> {
        let columns = (enterprises::Column::Serial, enterprises::Column::DueMs);
        let due = due_by::<enterprises::Entity>(db, "enterprises", columns, at).await?;
        let needs = Needs { enterprises: due.iter().copied().collect(), ..Needs::default() };
        known.load(db, needs).await?;
        let due = due.iter().filter_map(|serial| known.enterprises.get(serial));
        let said = due.filter_map(|enterprise| Some((enterprise.fall_due(at)?, format!("enterprises/{}", enterprise.serial))));
        Ok(said.collect())
    }

    fn facts(region: &RegionId, known: &mut Known, changes: &mut Vec<Change>) {
        let asked = std::mem::take(&mut known.admissions);
        for enterprise in asked.iter().filter_map(|serial| known.enterprises.get(serial)) {
            let asked = (enterprise.state == State::Checked).then_some(enterprise.requested_at).flatten();
            let body = asked.map(|at| {
                let enterprise = Some(view::enterprise(region, enterprise));
                oversight::Admission { enterprise, requested_at_ms: at.ms(), ..Default::default() }.encode_to_vec()
            });
            changes.push(request("admission", enterprise, body));
        }
        let moves = std::mem::take(&mut known.moves);
        for (serial, package) in moves {
            if let Some(enterprise) = known.enterprises.get(&serial) {
                changes.push(request("transfer", enterprise, transfers::outgoing(region, enterprise, package)));
            }
        }
        let asked = std::mem::take(&mut known.removals);
        for enterprise in asked.iter().filter_map(|serial| known.enterprises.get(serial)) {
            let body = match &enterprise.pending {
                Some(Pending::Removal { cause, reason, asked_at }) => Some(
                    oversight::Removal {
                        enterprise: Some(view::enterprise(region, enterprise)),
                        requested_at_ms: asked_at.ms(),
                        cause: view::removal_cause(*cause).into(),
                        reason: reason.clone(),
                        ..Default::default()
                    }
                    .encode_to_vec(),
                ),
                Some(Pending::Stop { .. } | Pending::Restart { .. } | Pending::Transfer { .. }) | None => None,
            };
            changes.push(request("removal", enterprise, body));
        }
    }
}

/// What the county asks of its parent, withdrawn once it is decided. The bucket must not move with the answer: it follows from the entry
/// that made the enterprise known.
fn request(kind: &'static str, enterprise: &Enterprise, body: Option<Vec<u8>>) -> Change {
    let bucket = format!("{kind}/{}", enterprise.serial.position() / 1_000);
    change(Audience::Parent, kind, enterprise.serial.to_string(), bucket, body)
}

/// An enterprise stands under every number it ever had: none of them goes to somebody else.
fn claim(known: &mut Known, serial: Serial) {
    let Some(enterprise) = known.enterprises.get(&serial) else { return };
    let claims: Vec<_> = enterprise.data.claims().collect();
    for claim in claims {
        known.claims.put(claim, serial);
    }
}

fn apply_step(known: &mut Known, serial: Serial, event: &Event, stamp: &Stamp) {
    let Some(before) = known.enterprises.get(&serial).map(Enterprise::is_counted) else { return };
    if let Event::EnterpriseMovedOut(event) = event {
        // What travels is how the records stand now, before they have moved.
        let package = transfers::package(known, serial, event);
        known.moves.insert(serial, package);
    }
    known.enterprises.change(&serial, |enterprise| enterprise.apply(event, stamp));
    let Some(enterprise) = known.enterprises.get(&serial) else { return };
    let (counted, state, industry) = (enterprise.is_counted(), enterprise.state, enterprise.data.industry);
    let today = Month::of(stamp.at.date());
    match event {
        Event::EnterpriseUpdated(_) => claim(known, serial),
        Event::AdmissionRequested(_) | Event::AdmissionDecided(_) => {
            known.admissions.insert(serial);
        }
        Event::RemovalAsked(_) | Event::RemovalDecided(_) => {
            known.removals.insert(serial);
        }
        Event::TransferOffered(_) | Event::TransferEnded(_) | Event::TransferClosed(_) => {
            known.moves.entry(serial).or_default();
        }
        _ => {}
    }
    match (before, counted) {
        (false, true) => known.bookings.book(today, industry, C::EnterprisesAdmitted, 1),
        (true, false) if state == State::Moved => known.bookings.book(today, industry, C::EnterprisesMovedOut, 1),
        (true, false) => known.bookings.book(today, industry, C::EnterprisesRemoved, 1),
        (true, true) | (false, false) => {}
    }
}

/// The enterprise that a step belongs to.
fn enterprise_of(event: &Event) -> Option<Serial> {
    match event {
        Event::EnterpriseEnlisted(event) => Some(event.enterprise),
        Event::EnterpriseExcluded(event) => Some(event.enterprise),
        Event::EnterpriseInvited(event) => Some(event.enterprise),
        Event::EnterpriseUpdated(event) => Some(event.enterprise),
        Event::EnterpriseConfirmed(event) => Some(event.enterprise),
        Event::EnterpriseSubmitted(event) => Some(event.enterprise),
        Event::EnterpriseReturned(event) => Some(event.enterprise),
        Event::AdmissionRequested(event) => Some(event.enterprise),
        Event::AdmissionDecided(event) => Some(event.enterprise),
        Event::EnterpriseReminded(event) => Some(event.enterprise),
        Event::EnterpriseFellStale(event) => Some(event.enterprise),
        Event::StopAsked(event) => Some(event.enterprise),
        Event::StopDecided(event) => Some(event.enterprise),
        Event::RestartAsked(event) => Some(event.enterprise),
        Event::RestartDecided(event) => Some(event.enterprise),
        Event::RemovalAsked(event) => Some(event.enterprise),
        Event::RemovalDecided(event) => Some(event.enterprise),
        Event::TransferOffered(event) => Some(event.enterprise),
        Event::TransferEnded(event) => Some(event.enterprise),
        Event::EnterpriseMovedOut(event) => Some(event.enterprise),
        Event::TransferClosed(event) => Some(event.enterprise),
        Event::EnterpriseMerged(event) => Some(event.double),
        _ => None,
    }
}
