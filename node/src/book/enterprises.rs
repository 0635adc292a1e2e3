//! The catalogue in the book.

use changxiao_domain::{
    enterprise::{Enterprise, State},
    event::Event,
    indicator::Counter as C,
    period::Month,
    region::RegionId,
    stamp::Stamp,
};
use changxiao_proto::oversight::v1 as oversight;
use changxiao_tier::{facts::Change, protocol::fact::Audience};
use prost::Message as _;

use super::{
    chapter::{Chapter, change},
    count::book,
    known::{Known, Needs},
};
use crate::grpc::view;

/// The chapter.
pub(super) struct Enterprises;

impl Chapter for Enterprises {
    fn needs_of(event: &Event, needs: &mut Needs) {
        match event {
            Event::AdmissionRequested(event) => {
                needs.enterprises.insert(event.enterprise);
            }
            Event::AdmissionDecided(event) => {
                needs.enterprises.insert(event.enterprise);
            }
            _ => {}
        }
    }

    fn apply(known: &mut Known, event: &Event, stamp: &Stamp) {
        match event {
            Event::EnterpriseProposed(event) => {
                if let Some((kind, value)) = event.data.identity.claim() {
                    known.claims.put((kind.to_owned(), value), event.enterprise);
                }
                known.enterprises.put(event.enterprise, Enterprise::proposed(event, stamp));
            }
            Event::AdmissionRequested(event) => {
                known.enterprises.change(&event.enterprise, |enterprise| enterprise.apply_requested(stamp));
                known.admissions.insert(event.enterprise);
            }
            Event::AdmissionDecided(event) => {
                known.enterprises.change(&event.enterprise, |enterprise| enterprise.apply_decided(event, stamp));
                known.admissions.insert(event.enterprise);
                if event.approved {
                    book(known, event.enterprise, Month::of(stamp.at.date()), C::EnterprisesAdmitted, 1);
                }
            }
            _ => {}
        }
    }

    fn facts(region: &RegionId, known: &mut Known, changes: &mut Vec<Change>) {
        let asked = std::mem::take(&mut known.admissions);
        for enterprise in asked.iter().filter_map(|serial| known.enterprises.get(serial)) {
            let asked = (enterprise.state == State::Checked).then_some(enterprise.requested_at).flatten();
            let body = asked.map(|at| {
                oversight::Admission {
                    name: String::new(),
                    enterprise: Some(view::enterprise(region, enterprise)),
                    requested_at_ms: at.ms(),
                }
                .encode_to_vec()
            });
            // The bucket must not move with the answer: it is the month of the entry that made the enterprise known.
            let bucket = format!("admission/{}", enterprise.serial.position() / 1_000);
            changes.push(change(Audience::Parent, "admission", enterprise.serial.to_string(), bucket, body));
        }
    }
}
