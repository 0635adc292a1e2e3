//! What flows down is judged before the program sees it, and takes effect once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use changxiao_domain::clock::Instant;
use changxiao_domain::directive::{Directive, Order};
use changxiao_domain::event::DirectiveReceived;
use changxiao_domain::serial::Serial;
use changxiao_proto::convert::directive::{DIRECTIVE_TAG, encode};
use changxiao_proto::federation::v1 as pb;
use changxiao_proto::federation::v1::directives_server::Directives;
use changxiao_tier::channel::PeerInfo;
use changxiao_tier::directives::serve::{DirectivesRegion, DirectivesService, Receive, Received};
use changxiao_tier::identity::SpiffeId;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use crate::toy::{CITY, COUNTY, Host, PROVINCE, SIBLING, id, key, morning};
use crate::world::{aggregator, node};

fn order(issuer: &str, addressee: &str, expires_at: Option<Instant>) -> Directive {
    Directive {
        id: format!("{issuer}/1-17"),
        issuer: id(issuer),
        addressee: id(addressee),
        issued_at: morning(),
        expires_at,
        order: Order::Supervision {
            dossier: Serial::new(1, 5).unwrap(),
            demand: "报告".to_owned(),
            answer_by: morning().plus_days(9),
        },
    }
}

fn sealed(directive: &Directive, signer: &str) -> pb::SignedDirective {
    let bytes = encode(directive);
    let signature = key(signer).sign_statement(DIRECTIVE_TAG, &bytes).to_vec();
    pb::SignedDirective { directive: bytes.into(), signature: signature.into() }
}

struct Desk {
    host: Arc<Host>,
    service: DirectivesService,
    received: Arc<Mutex<Vec<Received>>>,
}

/// A region whose program journals what it is handed.
async fn desk(region: &str) -> Desk {
    let host = Arc::new(Host::new(region).await);
    let received: Arc<Mutex<Vec<Received>>> = Arc::default();
    let (program, noted) = (host.clone(), received.clone());
    let receive: Receive = Arc::new(move |taken: Received| {
        let (program, noted) = (program.clone(), noted.clone());
        Box::pin(async move {
            noted.lock().unwrap().push(taken.clone());
            let event = DirectiveReceived { directive: taken.directive.id, signed: taken.signed };
            let receipt = program.say(event.into()).await?;
            Ok(pb::DeliverResponse { region: receipt.region, epoch: receipt.epoch, position: receipt.position, repeated: false })
        })
    });
    let served = DirectivesRegion { place: host.place.clone(), read: host.db.read.clone(), receive };
    Desk { service: DirectivesService::new(BTreeMap::from([(id(region), served)])), host, received }
}

impl Desk {
    async fn deliver(&self, from: SpiffeId, directive: pb::SignedDirective) -> Result<pb::DeliverResponse, Status> {
        let region = self.host.place.region.to_string();
        let mut request = Request::new(pb::DeliverRequest { region, directive: Some(directive) });
        let addr = "127.0.0.1:1".parse().unwrap();
        request.extensions_mut().insert(PeerInfo { addr, spiffe: Some(from), account: None, serial: None, not_after_ms: None });
        self.service.deliver(request).await.map(tonic::Response::into_inner)
    }
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().map_or_else(String::new, |info| info.reason)
}

#[tokio::test]
async fn a_good_directive_reaches_the_program_once() {
    let desk = desk(COUNTY).await;
    // Issued by the province, handed over by the city.
    let directive = order(PROVINCE, COUNTY, Some(morning().plus_days(1)));
    let first = desk.deliver(aggregator(CITY), sealed(&directive, PROVINCE)).await.unwrap();
    assert_eq!((first.region.as_str(), first.epoch, first.position, first.repeated), (COUNTY, 1, 1, false));
    {
        let received = desk.received.lock().unwrap();
        assert_eq!((&received[0].directive, &received[0].from), (&directive, &id(CITY)));
    }
    // Its receipt was lost, and in the meantime it expired: it did take effect.
    desk.host.place.clock.drive(morning().plus_days(2)).unwrap();
    let again = desk.deliver(aggregator(CITY), sealed(&directive, PROVINCE)).await.unwrap();
    assert_eq!((again.epoch, again.position, again.repeated), (1, 1, true));
    assert_eq!(desk.received.lock().unwrap().len(), 1);
    let other = Directive { issued_at: morning().plus_ms(1), ..directive };
    let status = desk.deliver(aggregator(CITY), sealed(&other, PROVINCE)).await.unwrap_err();
    assert_eq!(reason(&status), "DIRECTIVE_ID_REUSED");
}

#[tokio::test]
async fn a_carrier_takes_what_is_meant_for_a_region_below_it() {
    let desk = desk(CITY).await;
    let taken = desk.deliver(aggregator(PROVINCE), sealed(&order(PROVINCE, COUNTY, None), PROVINCE)).await.unwrap();
    assert_eq!((taken.region.as_str(), taken.position), (CITY, 1));
}

#[tokio::test]
async fn what_is_not_good_is_refused_with_its_reason_and_journals_nothing() {
    let desk = desk(COUNTY).await;
    let good = order(CITY, COUNTY, None);
    let mut torn = sealed(&good, CITY);
    torn.directive = torn.directive.slice(..5);
    let mut short = sealed(&good, CITY);
    short.signature = short.signature.slice(..63);
    for (what, directive, expected) in [
        ("another's signature", sealed(&good, SIBLING), "DIRECTIVE_SIGNATURE_INVALID"),
        ("a signature cut short", short, "DIRECTIVE_SIGNATURE_INVALID"),
        ("torn bytes", torn, "DIRECTIVE_MALFORMED"),
        ("nothing", pb::SignedDirective::default(), "DIRECTIVE_MALFORMED"),
        ("of a sibling", sealed(&order(SIBLING, COUNTY, None), SIBLING), "DIRECTIVE_ISSUER_NOT_ABOVE"),
        ("of itself", sealed(&order(COUNTY, COUNTY, None), COUNTY), "DIRECTIVE_ISSUER_NOT_ABOVE"),
        ("of nobody", sealed(&order("nowhere", COUNTY, None), CITY), "DIRECTIVE_ISSUER_NOT_ABOVE"),
        ("for a sibling", sealed(&order(CITY, SIBLING, None), CITY), "DIRECTIVE_NOT_ADDRESSED"),
        ("for its own parent", sealed(&order(PROVINCE, CITY, None), PROVINCE), "DIRECTIVE_NOT_ADDRESSED"),
        ("expired now", sealed(&order(CITY, COUNTY, Some(morning())), CITY), "DIRECTIVE_EXPIRED"),
    ] {
        let status = desk.deliver(aggregator(CITY), directive).await.unwrap_err();
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::FailedPrecondition, expected),
            "{what}: {}",
            status.message()
        );
    }
    for stranger in [aggregator(PROVINCE), aggregator(SIBLING), node(CITY)] {
        let status = desk.deliver(stranger, sealed(&good, CITY)).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied);
    }
    assert!(desk.received.lock().unwrap().is_empty());
    assert_eq!(desk.host.verify().await.entries, 1);
}
