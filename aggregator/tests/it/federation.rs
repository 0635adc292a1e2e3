//! Facts climb, silence and broken proofs are named, directives come down once.

use changxiao_aggregator::{
    app::{
        issuer::Issuer,
        links::{ChangeLink, ReleaseChild},
        registers::PublishRegister,
        supervision::IssueSupervisionOrder,
    },
    store::{links, shown},
};
use changxiao_domain::{clock::Date, event::LinkState, register::Register};
use changxiao_proto::{county::v1::Dossier, statistics::v1::Link};
use changxiao_tier::{
    database::upsert,
    directives::{directive_row, handover_row, held_of},
    facts,
    feed::witness,
    protocol::{
        digest::Buckets,
        fact::{Audience, Fact, Topic},
    },
    region::Files,
};
use prost::Message as _;
use sea_orm::EntityTrait as _;

use crate::world::{Running, World, begin, eventually, id};

const COUNTY: &str = "bs-tengchong";
const SIBLING: &str = "bs-longyang";

/// Makes a region show something above: the state of a link that only it knows.
async fn show(region: &Running, child: &str, reason: &str) {
    let command = ChangeLink { child: id(child), state: LinkState::Paused, since: begin(), reason: reason.to_owned() };
    region.submit(command).await.unwrap();
}

/// The body that `above` holds of what `origin` shows about `child`.
async fn shown_at(above: &Running, origin: &str, child: &str) -> Option<Vec<u8>> {
    shown::one(&above.host.read, &id(origin), "link", child).await.unwrap()
}

async fn state(above: &Running, child: &str) -> links::Link {
    links::one(&above.host.read, &id(child)).await.unwrap()
}

async fn becomes(above: &Running, child: &str, wanted: LinkState) -> links::Link {
    eventually("a change of the link", || async {
        let link = state(above, child).await;
        link.is(wanted).then_some(link)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn facts_climb_two_tiers_byte_for_byte() {
    let world = World::new(&["yn", "bs", COUNTY]).await;
    let (county, _city, province) = (world.start(COUNTY).await, world.start("bs").await, world.start("yn").await);
    show(&county, "bs-x", "FIRST").await;
    let body = eventually("the fact at the province", || shown_at(&province, COUNTY, "bs-x")).await;
    assert_eq!(Some(&body), shown_at(&county, COUNTY, "bs-x").await.as_ref());
    show_again(&county).await;
    let later = eventually("the changed fact at the province", || async {
        shown_at(&province, COUNTY, "bs-x").await.filter(|later| *later != body)
    })
    .await;
    assert_eq!(Link::decode(later.as_slice()).unwrap().reason, "SECOND");
    eventually("the county's freshness at the province", || async {
        let heard = (province.rooms.heard[&id("yn")])();
        heard.get(&id(COUNTY)).filter(|heard| heard.verified_at == Some(begin()) && heard.quarantine.is_none()).map(drop)
    })
    .await;
    let own = shown_at(&province, "bs", COUNTY).await.map(|body| Link::decode(body.as_slice()).unwrap().state);
    assert_eq!(own, Some(LinkState::Up.number()), "the city shows the state of its own link above");
    let row = eventually("the city's word at the county", || async {
        witness(&county.host.read, &id("bs")).await.unwrap().filter(|row| !row.cosignature.is_empty())
    })
    .await;
    assert_eq!(row.refusal, "");
}

async fn show_again(county: &Running) {
    let up = ChangeLink { child: id("bs-x"), state: LinkState::Up, since: begin(), reason: "SECOND".to_owned() };
    county.submit(up).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_child_is_named_its_sibling_goes_on_and_it_comes_back() {
    let world = World::new(&["yn", "bs", COUNTY, SIBLING]).await;
    let (county, sibling, city) = (world.start(COUNTY).await, world.start(SIBLING).await, world.start("bs").await);
    becomes(&city, COUNTY, LinkState::Up).await;
    county.stop().await;
    let link = becomes(&city, COUNTY, LinkState::Silent).await;
    assert_eq!(link.state, Some((LinkState::Silent, begin())), "since it was heard last");
    assert_eq!(link.reason, "CONNECTION_FAILED");
    show(&sibling, "bs-y", "STILL").await;
    eventually("the sibling's fact", || shown_at(&city, SIBLING, "bs-y")).await;
    let county = world.start(COUNTY).await;
    becomes(&city, COUNTY, LinkState::Up).await;
    show(&county, "bs-x", "BACK").await;
    eventually("the fact of the county that came back", || shown_at(&city, COUNTY, "bs-x")).await;
}

/// A copy of a region's database as it lies on disk. What `init` wrote may lie in the log only.
struct Copy(tempfile::TempDir);

const ON_DISK: [&str; 2] = ["journal.db", "journal.db-wal"];

impl Copy {
    fn of(files: &Files) -> Self {
        let copy = tempfile::tempdir().unwrap();
        for name in ON_DISK {
            let _ = std::fs::copy(files.directory.join(name), copy.path().join(name));
        }
        Self(copy)
    }

    /// Puts it back, and forgets the guard: the whole machine goes back, only the parent can know.
    fn put_back(&self, files: &Files) {
        for name in ["journal.db", "journal.db-wal", "journal.db-shm", "guard"] {
            let _ = std::fs::remove_file(files.directory.join(name));
        }
        for name in ON_DISK {
            let _ = std::fs::copy(self.0.path().join(name), files.directory.join(name));
        }
    }
}

/// What the county keeps of the city's refusal.
async fn told(county: &Running) -> String {
    let row = eventually("the refusal at the county", || async {
        witness(&county.host.read, &id("bs")).await.unwrap().filter(|row| !row.refusal.is_empty())
    });
    row.await.refusal
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_copy_put_back_is_quarantined_and_both_sides_say_why() {
    let world = World::new(&["yn", "bs", COUNTY]).await;
    let files = world.files(COUNTY);
    let copy = Copy::of(&files);
    let (county, city) = (world.start(COUNTY).await, world.start("bs").await);
    show(&county, "bs-x", "LOST").await;
    let held = eventually("the fact at the city", || shown_at(&city, COUNTY, "bs-x")).await;
    county.stop().await;
    copy.put_back(&files);
    let county = world.start(COUNTY).await;
    let link = becomes(&city, COUNTY, LinkState::Quarantined).await;
    assert_eq!(link.reason, "JOURNAL_ROLLED_BACK", "{}", link.detail);
    assert!(told(&county).await.starts_with("JOURNAL_ROLLED_BACK"));
    assert_eq!(shown_at(&city, COUNTY, "bs-x").await, Some(held), "the last good facts stay");
    let heard = (city.rooms.heard[&id("bs")])();
    assert_eq!(heard[&id(COUNTY)].quarantine.as_ref().map(|mark| mark.reason.as_str()), Some("JOURNAL_ROLLED_BACK"));
    // A release without a repair does not help: the same proof fails again.
    city.submit(ReleaseChild { child: id(COUNTY), reason: "let us see".to_owned() }).await.unwrap();
    becomes(&city, COUNTY, LinkState::Quarantined).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_written_anew_is_found_by_the_parent_alone() {
    let world = World::new(&["yn", "bs", COUNTY]).await;
    let files = world.files(COUNTY);
    let copy = Copy::of(&files);
    let (county, city) = (world.start(COUNTY).await, world.start("bs").await);
    show(&county, "bs-x", "TRUE").await;
    let held = eventually("the fact at the city", || shown_at(&city, COUNTY, "bs-x")).await;
    becomes(&city, COUNTY, LinkState::Up).await;
    city.stop().await;
    county.stop().await;
    copy.put_back(&files);
    let county = world.start(COUNTY).await;
    for child in ["bs-x", "bs-y", "bs-z"] {
        show(&county, child, "FALSE").await;
    }
    let city = world.start("bs").await;
    let link = becomes(&city, COUNTY, LinkState::Quarantined).await;
    assert_eq!(link.reason, "JOURNAL_INCONSISTENT", "{}", link.detail);
    assert!(told(&county).await.starts_with("JOURNAL_INCONSISTENT"));
    assert_eq!(shown_at(&city, COUNTY, "bs-x").await, Some(held), "nothing of the new history was taken");
}

/// Puts a dossier of the county into a tier's database as if it had been delivered.
async fn dossier_at(above: &Running) {
    let body = Dossier { name: format!("regions/{COUNTY}/dossiers/1-7"), industry: "K03".to_owned(), ..Dossier::default() };
    let fact = Fact {
        audience: Audience::Above,
        topic: Topic::new("dossier", "1-7"),
        position: 0,
        withdrawn: false,
        body_version: 1,
        body: body.encode_to_vec().into(),
        bucket: "dossier/2015".to_owned(),
    };
    let overlay = Buckets::default().overlay(std::slice::from_ref(&fact)).unwrap();
    facts::store(&above.host.write, COUNTY, 1, 0, &[fact], &overlay).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_of_the_province_is_carried_to_the_county_once_and_marked_when_witnessed() {
    let world = World::new(&["yn", "bs", COUNTY]).await;
    let (county, city, province) = (world.start(COUNTY).await, world.start("bs").await, world.start("yn").await);
    dossier_at(&province).await;
    let order = IssueSupervisionOrder {
        issuer: Issuer::new(&province.host.place, province.host.key.clone()),
        origin: id(COUNTY),
        dossier: "1-7".parse().unwrap(),
        demand: "see to it".to_owned(),
        answer_by: Date::constant(2015, 8, 20),
    };
    let receipt = province.submit(order).await.unwrap();
    let directive = format!("yn/1-{}", receipt.position);
    assert_eq!(receipt.resource, format!("regions/yn/directives/yn~1-{}", receipt.position));
    let at = |region: &Running| {
        let (read, directive) = (region.host.read.clone(), directive.clone());
        async move { directive_row::Entity::find_by_id(directive).one(&read).await.unwrap() }
    };
    let issued = at(&province).await.unwrap();
    let arrived = eventually("the order in the county", || at(&county)).await;
    assert_eq!(arrived.signed, issued.signed, "carried unopened");
    for carrier in [&city, &province] {
        eventually("the receipt in a witnessed tree", || async { at(carrier).await.filter(|row| row.delivered.is_some()) }).await;
    }
    let carried = held_of(at(&city).await.unwrap()).unwrap();
    assert_eq!(carried.delivered, Some(u64::try_from(arrived.position).unwrap()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_that_the_child_lost_is_not_taken_for_delivery() {
    // Other entries stand at that position now; or it grew so little since that the position is not reached.
    lost_receipt(0).await;
    lost_receipt(1_000_000).await;
}

async fn lost_receipt(position: i64) {
    let world = World::new(&["yn", "bs", COUNTY]).await;
    let city = world.start("bs").await;
    dossier_at(&city).await;
    let order = IssueSupervisionOrder {
        issuer: Issuer::new(&city.host.place, city.host.key.clone()),
        origin: id(COUNTY),
        dossier: "1-7".parse().unwrap(),
        demand: "see to it".to_owned(),
        answer_by: Date::constant(2015, 8, 20),
    };
    let issued = city.submit(order).await.unwrap();
    let directive = format!("bs/1-{}", issued.position);
    // The county answered before it lost what it had not yet shown.
    let lost = handover_row::Model { directive: directive.clone(), child: COUNTY.to_owned(), epoch: 1, position };
    upsert::<handover_row::Entity>(&city.host.write, vec![lost]).await.unwrap();
    let county = world.start(COUNTY).await;
    let at = |region: &Running| {
        let (read, directive) = (region.host.read.clone(), directive.clone());
        async move { directive_row::Entity::find_by_id(directive).one(&read).await.unwrap() }
    };
    let delivered = eventually("the mark of delivery", || async { at(&city).await.and_then(|row| row.delivered) }).await;
    let arrived = at(&county).await.map(|row| row.position);
    assert_eq!(arrived, Some(delivered), "marked as delivered, so it is there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_register_is_in_force_everywhere() {
    let world = World::new(&["yn", "bs", COUNTY]).await;
    let (county, city, province) = (world.start(COUNTY).await, world.start("bs").await, world.start("yn").await);
    let next = Register::new(2, world.register.regions().cloned().collect()).unwrap();
    let publish = |region: &Running, register: &Register| PublishRegister {
        issuer: Issuer::new(&region.host.place, region.host.key.clone()),
        register: register.clone(),
    };
    assert_eq!(city.submit(publish(&city, &next)).await.unwrap_err().reason(), "REGISTER_NOT_YOURS");
    assert_eq!(province.submit(publish(&province, &world.register)).await.unwrap_err().reason(), "REGISTER_VERSION_WRONG");
    province.submit(publish(&province, &next)).await.unwrap();
    for below in [&city, &county] {
        let registers = &below.host.place.registers;
        eventually("the new register", || async { (registers.current().version() == 2).then_some(()) }).await;
    }
}
