//! What the tier above reads: true, complete, and for the parent alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use changxiao_domain::event::DeliveryReceived;
use changxiao_domain::region::RegionId;
use changxiao_domain::register::Register;
use changxiao_proto::federation::v1 as pb;
use changxiao_proto::federation::v1::feed_client::FeedClient;
use changxiao_proto::federation::v1::feed_server::{Feed, FeedServer};
use changxiao_tier::channel::{PeerInfo, Routes};
use changxiao_tier::database::upsert;
use changxiao_tier::facts::{self, origin_row};
use changxiao_tier::feed::wire::pull_from_frames;
use changxiao_tier::feed::{FeedRegion, FeedService, witness};
use changxiao_tier::identity::SpiffeId;
use changxiao_tier::journal::checkpoint::{PublicKey, cosign};
use changxiao_tier::protocol::delivery::{Ask, Pull};
use changxiao_tier::protocol::held::{HeldLink, HeldOrigin};
use changxiao_tier::protocol::judge::{Accepted, Authority, Judge, Judgement};
use tokio_stream::StreamExt as _;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use crate::toy::{CITY, COUNTY, Host, PROVINCE, SIBLING, id, key, morning, register};
use crate::world::{World, aggregator, node, soon};

const EVERYTHING: Ask = Ask { epoch: 0, cursor: 0, witnessed_size: 0 };

struct Rules(Register);

impl Authority for Rules {
    fn in_subtree(&self, child: &RegionId, origin: &RegionId) -> bool {
        self.0.contains(child, origin, morning().date())
    }

    fn key(&self, region: &RegionId) -> Option<PublicKey> {
        self.0.journal_key(region).copied().map(PublicKey)
    }
}

fn service(host: &Host) -> FeedService {
    let region = FeedRegion {
        refresh: None,
        place: host.place.clone(),
        signer: host.signer.clone(),
        read: host.db.read.clone(),
        write: host.db.write.clone(),
        through: Arc::new(Vec::new),
        software: "test".to_owned(),
    };
    FeedService::new(BTreeMap::from([(host.place.region.clone(), region)]))
}

/// A request as the federation listener hands it on.
fn from<T>(peer: Option<SpiffeId>, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let addr = "127.0.0.1:1".parse().unwrap();
    request.extensions_mut().insert(PeerInfo { addr, spiffe: peer, account: None, serial: None, not_after_ms: None });
    request
}

fn asked(region: &str, ask: &Ask) -> pb::PullRequest {
    pb::PullRequest {
        region: region.to_owned(),
        epoch: ask.epoch,
        cursor: ask.cursor,
        witnessed_size: ask.witnessed_size,
        refresh: false,
    }
}

async fn pull(host: &Host, parent: &str, ask: &Ask) -> Result<Pull, Status> {
    let request = from(Some(aggregator(parent)), asked(host.place.region.as_str(), ask));
    let stream = service(host).pull(request).await?.into_inner();
    Ok(pull_from_frames(stream).await.unwrap())
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().map_or_else(String::new, |info| info.reason)
}

/// One tier's side of a link, without a database.
struct Follower {
    link: HeldLink,
    held: BTreeMap<RegionId, HeldOrigin>,
}

impl Follower {
    fn of(child: &str) -> Self {
        Self { link: HeldLink::new(id(child)), held: BTreeMap::new() }
    }

    fn judge(&mut self, pull: &Pull) -> Judgement {
        let rules = Rules(register());
        let judgement = Judge::new(&rules).pull(&self.link, &self.link.ask(), pull, |origin| self.held.get(origin)).unwrap();
        assert_eq!(judgement.refused, Vec::new());
        for accepted in &judgement.accepted {
            let held = self.held.entry(accepted.origin.clone()).or_default();
            *held = accepted.held_after(held);
        }
        self.link = judgement.link.clone();
        judgement
    }
}

fn keys(accepted: &Accepted) -> Vec<String> {
    accepted.facts.iter().map(|fact| format!("{}:{}", fact.audience.number(), fact.topic.key)).collect()
}

#[tokio::test]
async fn a_follower_believes_the_first_answer_and_every_later_one() {
    let host = Host::new(COUNTY).await;
    host.accounts(0..2).await;
    let mut city = Follower::of(COUNTY);
    let first = pull(&host, CITY, &EVERYTHING).await.unwrap();
    assert!(first.head.full);
    let judged = city.judge(&first);
    assert_eq!(keys(&judged.accepted[0]), ["1:a0", "1:a1", "2:a0", "2:a1"]);
    assert_eq!((city.link.cursor, judged.cosign.size), (4, 5));

    host.accounts(2..3).await;
    let second = pull(&host, CITY, &city.link.ask()).await.unwrap();
    assert!(!second.head.full && !second.head.consistency.is_empty());
    assert_eq!(keys(&city.judge(&second).accepted[0]), ["1:a2", "2:a2"]);

    let third = pull(&host, CITY, &city.link.ask()).await.unwrap();
    assert!(third.deliveries.is_empty(), "nothing changed");
    assert!(city.judge(&third).accepted.is_empty());
}

#[tokio::test]
async fn an_answer_is_the_same_in_whatever_page_its_facts_lie() {
    let host = Host::new(COUNTY).await;
    host.accounts(0..2).await;
    // More than two pages of facts in one bucket, as one group would write them.
    let accounts = (100..1_200).map(|n| host.account_of(n));
    for outcome in futures_all(accounts).await {
        outcome.unwrap();
    }
    let judged = Follower::of(COUNTY).judge(&pull(&host, CITY, &EVERYTHING).await.unwrap());
    assert_eq!(judged.accepted[0].facts.len(), 2 * 1_102);
}

/// Waits for all at once, so that the writer takes them in groups.
async fn futures_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, done) in waiting.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(cx)
            {
                *done = Some(output);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

/// What a follower's adapter writes for one accepted delivery.
async fn store(city: &Host, held: &HeldOrigin, pulled: &Pull, accepted: &Accepted) {
    let delivery = pulled.deliveries.iter().find(|delivery| delivery.origin == accepted.origin).unwrap();
    let received = DeliveryReceived {
        child: accepted.origin.clone(),
        origin: accepted.origin.clone(),
        epoch: accepted.epoch,
        position: accepted.position,
        tree_size: accepted.tree.size,
        tree_root: accepted.tree.root.0,
        digest: [0; 32],
        facts: u32::try_from(accepted.facts.len()).unwrap(),
    };
    let receipt = city.say(received.into()).await.unwrap();
    assert!(held.epoch == accepted.epoch);
    let origin = accepted.origin.as_str();
    facts::store(&city.db.write, origin, accepted.epoch, receipt.position, &accepted.facts, &accepted.overlay).await.unwrap();
    let line = cosign(&delivery.checkpoint, &key(CITY), CITY, 1_438_563_600).unwrap();
    let row = origin_row::Model {
        origin: origin.to_owned(),
        epoch: i64::from(accepted.epoch),
        position: i64::try_from(accepted.position).unwrap(),
        entry_header: delivery.entry_header.to_vec(),
        entry_body: delivery.entry_body.to_vec(),
        checkpoint: delivery.checkpoint.to_vec(),
        inclusion: delivery.inclusion.iter().flat_map(|hash| hash.0).collect(),
        cosignature: line.into_bytes(),
        local: i64::try_from(receipt.position).unwrap(),
    };
    upsert::<origin_row::Entity>(&city.db.write, vec![row]).await.unwrap();
}

/// A city that took everything its county shows.
async fn relay() -> (Host, Host, Follower) {
    let (county, city) = (Host::new(COUNTY).await, Host::new(CITY).await);
    county.accounts(0..3).await;
    let mut follower = Follower::of(COUNTY);
    let pulled = pull(&county, CITY, &EVERYTHING).await.unwrap();
    let judged = follower.judge(&pulled);
    store(&city, &follower.held[&id(COUNTY)], &pulled, &judged.accepted[0]).await;
    (county, city, follower)
}

#[tokio::test]
async fn a_relay_passes_on_what_is_for_all_tiers_and_the_next_tier_believes_it() {
    let (county, city, mut follower) = relay().await;
    city.account("own").await.unwrap();
    let mut province = Follower::of(CITY);
    let judged = province.judge(&pull(&city, PROVINCE, &EVERYTHING).await.unwrap());
    let shown: Vec<_> = judged.accepted.iter().map(|accepted| (accepted.origin.to_string(), keys(accepted))).collect();
    let texts = |keys: &[&str]| keys.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(shown, [(CITY.to_owned(), texts(&["1:own", "2:own"])), (COUNTY.to_owned(), texts(&["2:a0", "2:a1", "2:a2"]))]);

    county.account("late").await.unwrap();
    let pulled = pull(&county, CITY, &follower.link.ask()).await.unwrap();
    let judged = follower.judge(&pulled);
    store(&city, &follower.held[&id(COUNTY)], &pulled, &judged.accepted[0]).await;
    let judged = province.judge(&pull(&city, PROVINCE, &province.link.ask()).await.unwrap());
    assert_eq!(judged.accepted.iter().map(keys).collect::<Vec<_>>(), [texts(&["2:late"])]);
    assert_eq!(city.verify().await.fault, None);
}

#[tokio::test]
async fn received_facts_that_were_changed_are_named() {
    for (statement, words) in [
        ("UPDATE facts SET body = x'00' WHERE key = 'a1'", "fact account/a1 of `bs-tengchong` is not the one"),
        ("DELETE FROM facts WHERE key = 'a1'", "bucket account/2015"),
        ("UPDATE fact_buckets SET facts = 9", "bucket account/2015"),
        ("DELETE FROM fact_buckets", "bucket account/2015"),
        ("DELETE FROM facts; DELETE FROM fact_buckets", "do not give the digest that was published"),
        ("DELETE FROM origins", "no published entry is kept"),
        ("UPDATE origins SET position = 1", "is not the one that it says it is"),
        ("UPDATE origins SET entry_body = x'00'", "is not the one that it says it is"),
        ("UPDATE origins SET local = 0", "entry 0 does not say that they were received"),
    ] {
        let (_, city, _) = relay().await;
        assert_eq!(city.verify().await.fault, None);
        city.sql(statement).await;
        let fault = city.verify().await.fault.expect(statement);
        assert!(fault.what.contains(words), "{statement}: {fault}");
    }
}

#[tokio::test]
async fn only_the_parent_may_ask() {
    let host = Host::new(COUNTY).await;
    let service = service(&host);
    for (peer, code) in [
        (Some(aggregator(CITY)), None),
        (None, Some(Code::PermissionDenied)),
        (Some(node(CITY)), Some(Code::PermissionDenied)),
        (Some(aggregator(PROVINCE)), Some(Code::PermissionDenied)),
        (Some(aggregator(COUNTY)), Some(Code::PermissionDenied)),
        (Some(node(SIBLING)), Some(Code::PermissionDenied)),
    ] {
        let region = COUNTY.to_owned();
        let outcomes = [
            service.describe(from(peer.clone(), pb::DescribeRequest { region: region.clone() })).await.map(drop),
            service.watch(from(peer.clone(), pb::WatchRequest { region })).await.map(drop),
            service.pull(from(peer.clone(), asked(COUNTY, &EVERYTHING))).await.map(drop),
        ];
        for outcome in outcomes {
            assert_eq!(outcome.err().map(|status| status.code()), code, "{peer:?}");
        }
        let word = pb::CosignRequest { region: COUNTY.to_owned(), refusal: "X".to_owned(), ..Default::default() };
        assert_eq!(service.cosign(from(peer, word)).await.err().map(|status| status.code()), code);
    }
    let nowhere = service.pull(from(Some(aggregator(CITY)), asked(SIBLING, &EVERYTHING))).await.err().unwrap();
    assert_eq!(nowhere.code(), Code::NotFound, "not hosted here");
    let top = Host::new(PROVINCE).await;
    assert_eq!(pull(&top, CITY, &EVERYTHING).await.unwrap_err().code(), Code::PermissionDenied, "nothing stands above it");
}

#[tokio::test]
async fn a_parent_that_witnessed_more_is_told_so() {
    let host = Host::new(COUNTY).await;
    let status = pull(&host, CITY, &Ask { epoch: 1, cursor: 8, witnessed_size: 9 }).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::DataLoss, "JOURNAL_ROLLED_BACK"));
    assert!(status.message().contains("holds 1 entries, the parent witnessed 9"), "{}", status.message());
    host.account("a").await.expect("a county works whatever its parent says");
}

#[tokio::test]
async fn a_damaged_journal_says_so_instead_of_answering() {
    let host = Host::new(COUNTY).await;
    host.accounts(0..2).await;
    host.sql("UPDATE entries SET body = x'00' WHERE position = 3").await;
    let status = pull(&host, CITY, &EVERYTHING).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::DataLoss, "JOURNAL_DAMAGED"));
    assert!(status.message().contains("position 3"), "{}", status.message());
    let described =
        service(&host).describe(from(Some(aggregator(CITY)), pb::DescribeRequest { region: COUNTY.to_owned() })).await;
    let described = described.unwrap().into_inner();
    assert_eq!((described.size, described.refusal.as_str()), (5, "JOURNAL_DAMAGED"));
}

#[tokio::test]
async fn a_proof_that_would_not_hold_is_found_before_it_leaves() {
    let host = Host::new(COUNTY).await;
    host.accounts(0..4).await;
    host.signer.checkpoint(9).await.unwrap();
    // Behind the signed head, where signing does not look again.
    host.sql("UPDATE nodes SET hash = zeroblob(32) WHERE level = 2 AND number = 0").await;
    let status = pull(&host, CITY, &Ask { epoch: 1, cursor: 4, witnessed_size: 5 }).await.unwrap_err();
    assert_eq!(reason(&status), "JOURNAL_DAMAGED", "{}", status.message());
}

#[tokio::test]
async fn the_parents_word_is_checked_and_kept() {
    let host = Host::new(COUNTY).await;
    let service = service(&host);
    let note = |size| host.signer.checkpoint(size);
    host.accounts(0..1).await;
    let (small, large) = (note(1).await.unwrap(), note(3).await.unwrap());
    let word = |checkpoint: &Bytes, cosignature: String| pb::CosignRequest {
        region: COUNTY.to_owned(),
        checkpoint: checkpoint.clone(),
        cosignature: cosignature.into(),
        ..Default::default()
    };
    let line = |note: &Bytes, region: &str, signer: &str| cosign(note, &key(signer), region, 1_438_563_600).unwrap();
    let say = |word| service.cosign(from(Some(aggregator(CITY)), word));
    let held = || async { witness(&host.db.read, &id(CITY)).await.unwrap() };

    for forged in [line(&large, CITY, SIBLING), line(&large, PROVINCE, PROVINCE), line(&small, CITY, CITY), "— x".to_owned()] {
        let status = say(word(&large, forged)).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "COSIGNATURE_INVALID"));
    }
    let foreign = Host::new(SIBLING).await.signer.checkpoint(1).await.unwrap();
    assert_eq!(say(word(&foreign, line(&foreign, CITY, CITY))).await.unwrap_err().code(), Code::FailedPrecondition);
    assert_eq!(held().await, None);

    say(word(&large, line(&large, CITY, CITY))).await.unwrap();
    assert_eq!(held().await.unwrap().size, 3);
    say(word(&small, line(&small, CITY, CITY))).await.unwrap();
    assert_eq!(held().await.unwrap().size, 3, "a word that was overtaken changes nothing");

    let refusal = pb::CosignRequest {
        region: COUNTY.to_owned(),
        refusal: "JOURNAL_FORKED".to_owned(),
        detail: "two histories\nof 3 entries".to_owned(),
        ..Default::default()
    };
    say(refusal).await.unwrap();
    let kept = held().await.unwrap();
    assert_eq!((kept.size, kept.refusal.as_str()), (3, "JOURNAL_FORKED: two histories of 3 entries"));
    say(word(&large, line(&large, CITY, CITY))).await.unwrap();
    assert_eq!(held().await.unwrap().refusal, "");
}

#[tokio::test]
async fn a_watch_begins_with_the_head_and_tells_each_change() {
    let host = Host::new(COUNTY).await;
    let service = service(&host);
    let watch = || service.watch(from(Some(aggregator(CITY)), pb::WatchRequest { region: COUNTY.to_owned() }));
    let mut heads = watch().await.unwrap().into_inner();
    assert_eq!(soon(heads.next()).await.unwrap().unwrap().head, 0);
    host.account("a").await.unwrap();
    let said = loop {
        let said = soon(heads.next()).await.unwrap().unwrap();
        if said.head > 0 {
            break said;
        }
    };
    assert_eq!((said.epoch, said.head, said.now_ms), (1, 2, morning().ms()));
    let pulled = pull(&host, CITY, &EVERYTHING).await.unwrap();
    assert_eq!(pulled.head.cursor, said.head, "a watch and a pull speak of the same head");

    let mut more = Vec::new();
    let refused = loop {
        match watch().await {
            Ok(stream) => more.push(stream),
            Err(status) => break status,
        }
        assert!(more.len() < 100, "watches must be bounded");
    };
    assert_eq!(refused.code(), Code::ResourceExhausted);
}

#[tokio::test]
async fn the_same_over_a_mutual_tls_connection() {
    let host = Host::new(COUNTY).await;
    host.accounts(0..2).await;
    let world = World::new();
    let server = world.serve_routes(&node(COUNTY), Routes::default().with(FeedServer::new(service(&host)))).await;
    let mut parent = FeedClient::new(world.channel(&server, &aggregator(CITY), &node(COUNTY)));
    let frames = soon(parent.pull(asked(COUNTY, &EVERYTHING))).await.unwrap().into_inner();
    let pulled = soon(pull_from_frames(frames)).await.unwrap();
    assert_eq!(Follower::of(COUNTY).judge(&pulled).accepted[0].facts.len(), 4);
    let mut heads = soon(parent.watch(pb::WatchRequest { region: COUNTY.to_owned() })).await.unwrap().into_inner();
    assert_eq!(soon(heads.message()).await.unwrap().unwrap().head, 4);
    let mut stranger = FeedClient::new(world.channel(&server, &node(SIBLING), &node(COUNTY)));
    let status = soon(stranger.pull(asked(COUNTY, &EVERYTHING))).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "PERMISSION_DENIED"));
}
