//! Transfers in the book: what leaves this county, and what other counties offer it.

use changxiao_domain::{
    directive::Packed,
    enterprise::{
        Enterprise, Pending,
        incoming::{Incoming, Standing},
        transfer::Holdings,
    },
    event::{EnterpriseMovedOut, Event},
    region::RegionId,
    serial::Serial,
    stamp::Stamp,
};
use changxiao_proto::{
    convert::{
        directive::pack,
        event::packed,
        scalar::{Parts, Wire},
    },
    oversight::v1 as oversight,
};
use changxiao_tier::{facts::Change, protocol::fact::Audience};
use prost::Message as _;

use super::{
    chapter::{Chapter, change},
    known::{Known, Needs},
};
use crate::grpc::view;

/// The chapter: offers of other counties.
pub(super) struct Transfers;

impl Chapter for Transfers {
    fn needs_of(event: &Event, needs: &mut Needs) {
        match event {
            Event::TransferAnswered(event) => drop(needs.transfers.insert(event.offer.clone())),
            Event::TransferCompleted(event) => drop(needs.transfers.insert(event.offer.clone())),
            _ => {}
        }
    }

    fn apply(known: &mut Known, event: &Event, stamp: &Stamp) {
        match event {
            Event::TransferReceived(received) => {
                known.transfers.put(received.offer.clone(), Incoming::received(received, stamp));
            }
            Event::TransferAnswered(answered) => known.transfers.change(&answered.offer, |offer| offer.apply(event, stamp)),
            Event::TransferCompleted(completed) => known.transfers.change(&completed.offer, |offer| offer.apply(event, stamp)),
            _ => {}
        }
    }

    fn facts(region: &RegionId, known: &mut Known, changes: &mut Vec<Change>) {
        for (_, offer) in known.transfers.changed() {
            let stage = match offer.standing {
                Standing::Offered => continue,
                Standing::Accepted => oversight::TransferStage::Accepted,
                Standing::Refused => oversight::TransferStage::Refused,
                Standing::Taken => oversight::TransferStage::Taken,
            };
            let body = oversight::Transfer {
                from: offer.from.to_string(),
                to: region.to_string(),
                stage: stage.into(),
                offer: offer.offer.clone(),
                answer_reason: offer.answer_reason.clone(),
                taken_as: offer.enterprise.map(|serial| format!("regions/{region}/enterprises/{serial}")).unwrap_or_default(),
                ..Default::default()
            };
            let key = format!("{}~{}", offer.from, offer.there);
            let bucket = format!("transfer_answer/{}", offer.from);
            changes.push(change(Audience::Parent, "transfer_answer", key, bucket, Some(body.encode_to_vec())));
        }
    }
}

/// What travels with an enterprise, as its records stand before they move.
pub(super) fn package(known: &Known, serial: Serial, event: &EnterpriseMovedOut) -> Vec<Packed> {
    let Some(enterprise) = known.enterprises.get(&serial) else { return Vec::new() };
    let holdings = Holdings {
        hazards: event.hazards.iter().filter_map(|serial| known.hazards.get(serial)).cloned().collect(),
        dossiers: event.dossiers.iter().filter_map(|serial| known.dossiers.get(serial)).cloned().collect(),
    };
    enterprise.package(&event.from, &holdings).iter().map(packed).collect()
}

/// What this county shows its parent of an enterprise that leaves; nothing once it stays or has arrived.
pub(super) fn outgoing(region: &RegionId, enterprise: &Enterprise, package: Vec<Packed>) -> Option<Vec<u8>> {
    let shown = Some(view::enterprise(region, enterprise));
    let transfer = match &enterprise.pending {
        Some(Pending::Transfer { to, reason, answer_by, .. }) => {
            let preview = enterprise.package(region, &Holdings { hazards: Vec::new(), dossiers: Vec::new() });
            oversight::Transfer {
                to: to.to_string(),
                reason: reason.clone(),
                answer_by: answer_by.put(&mut Parts::default()),
                stage: oversight::TransferStage::Offered.into(),
                package: pack(&preview.iter().map(packed).collect::<Vec<_>>()),
                ..Default::default()
            }
        }
        Some(Pending::Stop { .. } | Pending::Restart { .. } | Pending::Removal { .. }) | None if enterprise.offer.is_empty() => {
            return None;
        }
        Some(Pending::Stop { .. } | Pending::Restart { .. } | Pending::Removal { .. }) | None => oversight::Transfer {
            to: enterprise.moved_to.clone(),
            stage: oversight::TransferStage::HandedOver.into(),
            offer: enterprise.offer.clone(),
            package: pack(&package),
            ..Default::default()
        },
    };
    Some(oversight::Transfer { from: region.to_string(), enterprise: shown, ..transfer }.encode_to_vec())
}
