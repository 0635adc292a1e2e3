//! Commands of one region: what they refuse, and that the journal alone gives the tables again.

use changxiao_aggregator::{
    app::{
        admissions::DecideAdmission,
        directives::{MarkDelivered, ReceiveDirective},
        issuer::Issuer,
        links::{ChangeLink, QuarantineChild, ReleaseChild},
        supervision::IssueSupervisionOrder,
    },
    book::Ledger,
    store::{decisions, links, shown},
};
use changxiao_domain::{
    clock::Date,
    directive::{Directive, Order},
    event::LinkState,
};
use changxiao_proto::{
    convert::directive::{encode, seal},
    county::v1::{Dossier, Enterprise},
    oversight::v1::Admission,
};
use changxiao_tier::{
    database::scratch,
    facts,
    journal::store::size,
    protocol::{
        digest::Buckets,
        fact::{Audience, Fact, Topic, Version},
    },
    region::migrate,
    writer::replay,
};
use prost::Message as _;

use crate::world::{Running, World, begin, id};

const COUNTY: &str = "bs-tengchong";

fn issuer(region: &Running) -> Issuer {
    Issuer::new(&region.host.place, region.host.key.clone())
}

/// Puts what the county shows its parent into the city's database as if it had been delivered.
async fn put(city: &Running, kind: &str, key: &str, body: Vec<u8>, position: u64, withdrawn: bool) {
    let fact = Fact {
        audience: Audience::Parent,
        topic: Topic::new(kind, key),
        position,
        withdrawn,
        body_version: 1,
        body: body.into(),
        bucket: format!("{kind}/2015"),
    };
    let overlay = Buckets::default().overlay(std::slice::from_ref(&fact)).unwrap();
    facts::store(&city.host.write, COUNTY, 1, 0, &[fact], &overlay).await.unwrap();
}

/// The county's clock stands still; only its journal tells one request from the next.
async fn ask_for_admission(city: &Running, position: u64, withdrawn: bool) {
    let enterprise = Some(Enterprise { industry: "K03".to_owned(), ..Enterprise::default() });
    let body = Admission { enterprise, requested_at_ms: begin().ms(), ..Admission::default() }.encode_to_vec();
    put(city, "admission", "1-17", body, position, withdrawn).await;
}

fn decide(city: &Running, approve: bool) -> DecideAdmission {
    DecideAdmission {
        issuer: issuer(city),
        origin: id(COUNTY),
        enterprise: "1-17".parse().unwrap(),
        approve,
        reason: String::new(),
    }
}

#[tokio::test]
async fn an_admission_is_decided_once_for_each_request() {
    let world = World::new(&["yn", "bs", COUNTY]).await;
    let city = world.start("bs").await;
    assert_eq!(city.submit(decide(&city, true)).await.unwrap_err().reason(), "ADMISSION_NOT_FOUND");
    ask_for_admission(&city, 500, true).await;
    assert_eq!(city.submit(decide(&city, true)).await.unwrap_err().reason(), "ADMISSION_NOT_FOUND", "withdrawn");
    ask_for_admission(&city, 1_000, false).await;
    let receipt = city.submit(decide(&city, false)).await.unwrap();
    assert!(receipt.resource.starts_with("regions/bs/directives/bs~1-"), "{}", receipt.resource);
    assert_eq!(city.submit(decide(&city, true)).await.unwrap_err().reason(), "ADMISSION_ALREADY_DECIDED");
    let decided = decisions::decided(&city.host.read, [COUNTY.to_owned()].into()).await.unwrap();
    assert_eq!(decided.values().copied().collect::<Vec<_>>(), [Version { epoch: 1, position: 1_000 }]);
    ask_for_admission(&city, 2_000, false).await;
    city.submit(decide(&city, true)).await.unwrap();
    ask_for_admission(&city, 3_000, true).await;
    assert_eq!(city.submit(decide(&city, true)).await.unwrap_err().reason(), "ADMISSION_ALREADY_DECIDED", "carried out");
}

#[tokio::test]
async fn orders_need_a_dossier_a_day_to_come_and_a_region_below() {
    let world = World::new(&["yn", "bs", COUNTY]).await;
    let city = world.start("bs").await;
    let order = |day| IssueSupervisionOrder {
        issuer: issuer(&city),
        origin: id(COUNTY),
        dossier: "1-7".parse().unwrap(),
        demand: "see to it".to_owned(),
        answer_by: Date::constant(2015, 8, day),
    };
    assert_eq!(city.submit(order(10)).await.unwrap_err().reason(), "DOSSIER_NOT_FOUND");
    let list = shown::list(&city.host.read, &id("bs"), shown::DOSSIER, None, 10).await.unwrap();
    assert!(list.is_empty());
    put(&city, "dossier", "1-7", Dossier { industry: "K03".to_owned(), ..Dossier::default() }.encode_to_vec(), 1, false).await;
    let late = IssueSupervisionOrder { answer_by: Date::constant(2015, 7, 31), ..order(10) };
    assert_eq!(city.submit(late).await.unwrap_err().reason(), "ANSWER_DATE_PAST");
    city.submit(order(1)).await.unwrap();
    assert!(issuer(&city).reach(&id("yn"), begin()).unwrap_err().to_string().contains("does not lie below"));
    assert!(issuer(&city).reach(&id(COUNTY), begin()).is_ok());
}

#[tokio::test]
async fn a_link_keeps_its_first_quarantine_until_people_end_it() {
    let world = World::new(&["yn", "bs", COUNTY]).await;
    let city = world.start("bs").await;
    let quarantine =
        |reason: &'static str, offered| QuarantineChild { child: id(COUNTY), reason, detail: "why".to_owned(), offered };
    let release = || ReleaseChild { child: id(COUNTY), reason: "looked at it".to_owned() };
    let silent =
        || ChangeLink { child: id(COUNTY), state: LinkState::Silent, since: begin(), reason: "CONNECTION_FAILED".to_owned() };
    let link = || async { links::one(&city.host.read, &id(COUNTY)).await.unwrap() };
    assert_eq!(city.submit(release()).await.unwrap_err().reason(), "CHILD_NOT_QUARANTINED");
    city.submit(quarantine("EPOCH_CHANGED", Some(2))).await.unwrap();
    city.submit(quarantine("JOURNAL_FORKED", None)).await.unwrap();
    city.submit(silent()).await.unwrap();
    let held = link().await;
    assert!(held.is(LinkState::Quarantined) && held.reason == "EPOCH_CHANGED", "{held:?}");
    city.submit(release()).await.unwrap();
    let held = link().await;
    assert_eq!((held.held.admitted, held.held.take_full, held.held.quarantine), (Some(2), true, None));
    assert_eq!(held.reason, "RELEASED");
}

#[tokio::test]
async fn a_directive_is_received_once_and_delivered_only_when_witnessed() {
    let world = World::new(&["yn", "bs", COUNTY]).await;
    let city = world.start("bs").await;
    let order = Order::Supervision { dossier: "1-7".parse().unwrap(), demand: "see to it".to_owned(), answer_by: begin() };
    let (issuer, addressee) = (id("yn"), id(COUNTY));
    let directive = Directive { id: "yn/1-9".to_owned(), issuer, addressee, issued_at: begin(), expires_at: None, order };
    let receive = |tail: u8| ReceiveDirective {
        here: id("bs"),
        in_force: 1,
        directive: directive.clone(),
        signed: seal(encode(&directive), &[tail; 64]),
    };
    let before = size(&city.host.read).await.unwrap();
    city.submit(receive(1)).await.unwrap();
    city.submit(receive(1)).await.unwrap();
    assert_eq!(size(&city.host.read).await.unwrap(), before + 1, "the second time changed nothing");
    assert_eq!(city.submit(receive(2)).await.unwrap_err().reason(), "DIRECTIVE_ID_REUSED");
    let mark = MarkDelivered { directive: "yn/1-9".to_owned(), child: id(COUNTY), epoch: 1, position: 0 };
    assert_eq!(city.submit(mark).await.unwrap_err().reason(), "RECEIPT_NOT_WITNESSED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_journal_alone_gives_the_tables_again() {
    let world = World::new(&["yn", "bs", COUNTY]).await;
    let (county, city) = (world.start(COUNTY).await, world.start("bs").await);
    crate::world::eventually("the county up", || async {
        links::one(&city.host.read, &id(COUNTY)).await.unwrap().is(LinkState::Up).then_some(())
    })
    .await;
    let change = ChangeLink { child: id("bs-x"), state: LinkState::Paused, since: begin(), reason: "SHOWN".to_owned() };
    county.submit(change).await.unwrap();
    crate::world::eventually("the fact at the city", || async {
        shown::one(&city.host.read, &id(COUNTY), "link", "bs-x").await.unwrap()
    })
    .await;
    ask_for_admission(&city, 1_000, false).await;
    city.submit(decide(&city, true)).await.unwrap();
    let quarantine =
        QuarantineChild { child: id(COUNTY), reason: "JOURNAL_FORKED", detail: "two heads".to_owned(), offered: None };
    city.submit(quarantine).await.unwrap();
    city.stop().await;
    let opened = world.files("bs").database.look().await.unwrap();
    let into = scratch().await.unwrap();
    migrate(&into, changxiao_aggregator::migration::all).await.unwrap();
    let entries = size(&opened.db).await.unwrap();
    let difference = replay(&Ledger, "bs", &opened.db, &into, entries).await.unwrap();
    assert_eq!(difference, None);
    county.stop().await;
}
