//! Answers as frames and back: nothing lost, nothing too large, nothing half.

use bytes::Bytes;
use changxiao_domain::clock::Instant;
use changxiao_proto::federation::v1 as pb;
use changxiao_proto::federation::v1::pull_response::Frame;
use changxiao_tier::channel::limits::DELIVERY_BYTES_MAX;
use changxiao_tier::feed::wire::{WireFault, frames_of, pull_from_frames};
use changxiao_tier::journal::merkle::Hash;
use changxiao_tier::protocol::delivery::{Delivery, Head, Pull, QuarantineMark, Through};
use changxiao_tier::protocol::fact::{Audience, Fact, Topic};
use proptest::prelude::*;
use prost::Message as _;
use tonic::Status;

use crate::toy::{CITY, COUNTY, id};

fn fact(key: String, bytes: usize) -> Fact {
    Fact {
        audience: Audience::Above,
        topic: Topic::new("cell", key),
        position: 3,
        withdrawn: bytes == 0,
        body_version: 1,
        body: vec![7; bytes].into(),
        bucket: "cell/2015-08".to_owned(),
    }
}

fn delivery(origin: &str, sizes: &[usize]) -> Delivery {
    let facts = sizes.iter().enumerate().map(|(n, bytes)| fact(format!("2015-08/{n:06}"), *bytes)).collect();
    Delivery {
        origin: id(origin),
        epoch: 1,
        position: 9,
        entry_header: Bytes::from_static(b"header"),
        entry_body: Bytes::from_static(b"body"),
        checkpoint: Bytes::from_static(b"note"),
        inclusion: vec![Hash([1; 32]), Hash([2; 32])],
        cosignature: Bytes::from_static(b"line"),
        facts,
    }
}

fn answer(deliveries: Vec<Delivery>) -> Pull {
    let mark = QuarantineMark { reason: "JOURNAL_FORKED".to_owned(), since: Instant::from_ms(5) };
    let through =
        |quarantine| Through { origin: id(COUNTY), epoch: 1, position: 9, verified_at: Instant::from_ms(7), quarantine };
    let head = Head {
        epoch: 1,
        checkpoint: Bytes::from_static(b"note"),
        consistency: vec![Hash([3; 32])],
        full: true,
        cursor: 11,
        now: Instant::from_ms(13),
        through: vec![through(None), through(Some(mark))],
    };
    Pull { head, deliveries }
}

async fn read(frames: Vec<pb::PullResponse>) -> Result<Pull, WireFault> {
    pull_from_frames(tokio_stream::iter(frames.into_iter().map(Ok))).await
}

fn block<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

proptest! {
    #[test]
    fn frames_give_the_same_answer_back_and_none_is_too_large(
        sizes in prop::collection::vec(prop::collection::vec(0usize..400_000, 0..12), 0..3)
    ) {
        let pull = answer(sizes.iter().map(|sizes| delivery(CITY, sizes)).collect());
        let frames = frames_of(&pull).unwrap();
        prop_assert!(frames.iter().all(|frame| frame.encoded_len() <= DELIVERY_BYTES_MAX));
        prop_assert_eq!(block(read(frames)).unwrap(), pull);
    }

    #[test]
    fn an_answer_that_breaks_off_anywhere_is_no_answer(cut in 0usize..7) {
        let mut frames = frames_of(&answer(vec![delivery(CITY, &[600_000, 600_000]), delivery(COUNTY, &[1])])).unwrap();
        prop_assert_eq!(frames.len(), 7);
        frames.truncate(cut);
        let fault = block(read(frames)).unwrap_err();
        prop_assert_eq!(fault.reason(), "PULL_BROKE_OFF");
    }
}

#[test]
fn a_fact_that_fits_into_no_frame_is_not_sent() {
    let fault = frames_of(&answer(vec![delivery(CITY, &[DELIVERY_BYTES_MAX])])).unwrap_err();
    assert_eq!(fault.reason(), "PULL_TOO_LARGE");
}

/// Frames of one delivery of two facts: head, delivery, facts, tail.
fn spoiled(how: impl FnOnce(&mut Vec<pb::PullResponse>)) -> WireFault {
    let mut frames = frames_of(&answer(vec![delivery(CITY, &[1, 2])])).unwrap();
    assert_eq!(frames.len(), 4);
    how(&mut frames);
    block(read(frames)).unwrap_err()
}

fn head_of(frame: &mut pb::PullResponse) -> &mut pb::DeliveryHead {
    match frame.frame.as_mut() {
        Some(Frame::Delivery(head)) => head,
        other => panic!("{other:?}"),
    }
}

fn facts_of(frame: &mut pb::PullResponse) -> &mut Vec<pb::Fact> {
    match frame.frame.as_mut() {
        Some(Frame::Facts(batch)) => &mut batch.facts,
        other => panic!("{other:?}"),
    }
}

#[test]
fn frames_that_make_no_answer_are_refused_in_words() {
    type How = fn(&mut Vec<pb::PullResponse>);
    let cases: [(&str, How); 13] = [
        ("the first frame is not the head", |frames| drop(frames.remove(0))),
        ("a second head", |frames| frames.insert(1, frames[0].clone())),
        ("a frame of an unknown kind", |frames| frames[1].frame = None),
        ("a delivery lacks 2 facts", |frames| drop(frames.remove(2))),
        ("a delivery lacks 1 facts", |frames| head_of(&mut frames[1]).facts = 3),
        ("facts that no delivery announced", |frames| head_of(&mut frames[1]).facts = 1),
        ("facts that no delivery announced", |frames| drop(frames.remove(1))),
        ("is out of order", |frames| facts_of(&mut frames[2]).reverse()),
        ("is out of order", |frames| {
            let facts = facts_of(&mut frames[2]);
            facts[1] = facts[0].clone();
        }),
        ("audience 3 is unknown", |frames| facts_of(&mut frames[2])[0].audience = 3),
        ("a hash is not 32 bytes", |frames| head_of(&mut frames[1]).inclusion[0] = Bytes::from_static(b"x")),
        ("a proof is longer than any proof", |frames| head_of(&mut frames[1]).inclusion = vec![Bytes::from(vec![0; 32]); 129]),
        ("1 deliveries were announced, 2 came", |frames| {
            let again = frames[1..3].to_vec();
            frames.splice(3..3, again);
        }),
    ];
    for (words, how) in cases {
        let fault = spoiled(how);
        assert_eq!(fault.reason(), "PULL_MALFORMED", "{words}");
        assert!(fault.to_string().contains(words), "{words}: {fault}");
    }
}

#[test]
fn a_stranger_cannot_make_a_follower_keep_more_than_its_bounds() {
    assert_eq!(spoiled(|frames| head_of(&mut frames[1]).facts = 1_000_001).reason(), "PULL_TOO_LARGE");
    let mut huge = frames_of(&answer(vec![delivery(CITY, &[1_000_000])])).unwrap();
    let (begin, facts) = (huge.remove(1), huge.remove(1));
    let endless = std::iter::once(huge.remove(0)).chain((0..).flat_map(|_| [begin.clone(), facts.clone()]));
    let fault = block(pull_from_frames(tokio_stream::iter(endless.map(Ok)))).unwrap_err();
    assert_eq!(fault.reason(), "PULL_TOO_LARGE", "{fault}");
}

#[test]
fn the_peers_status_is_kept() {
    let fault = block(pull_from_frames(tokio_stream::iter([Err(Status::data_loss("x"))]))).unwrap_err();
    assert!(matches!(fault, WireFault::Status(status) if status.code() == tonic::Code::DataLoss));
}
