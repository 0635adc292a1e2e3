//! Each check of the judgement, by one delivery that only that check refuses.

mod fixture;

use bytes::Bytes;

use super::*;
use crate::protocol::delivery::{Delivery, QuarantineMark};
use crate::protocol::digest::Bucket;
use crate::protocol::fact::Audience;
use crate::protocol::held::HeldLink;
use fixture::{Origin, Register, cosigned, region};

fn judge(register: &Register) -> Judge<'_, Register> {
    Judge::new(register)
}

/// A county that published twice: two cells, one for the parent alone.
fn county() -> Origin {
    let mut county = Origin::new("bs-tengchong");
    county.publish(&[("2015-08", "K03", Audience::Above, 1), ("2015-08", "K03", Audience::Parent, 2)]);
    county.note("declaration.filed");
    county.publish(&[("2015-08", "K04", Audience::Above, 3), ("2015-09", "K03", Audience::Above, 4)]);
    county.note("declaration.filed");
    county
}

/// The link and the held facts after a first, full pull.
fn followed(register: &Register, county: &Origin) -> (HeldLink, HeldOrigin) {
    let link = HeldLink::new(region("bs-tengchong"));
    let judgement = judge(register).pull(&link, &link.ask(), &county.answer(&link.ask()), |_| None).unwrap();
    let held = judgement.accepted[0].held_after(&HeldOrigin::default());
    (judgement.link, held)
}

#[test]
fn a_first_pull_takes_everything_and_cosigns_the_head() {
    let (register, county) = (Register::default(), county());
    let link = HeldLink::new(region("bs-tengchong"));
    let judgement = judge(&register).pull(&link, &link.ask(), &county.answer(&link.ask()), |_| None).unwrap();
    assert_eq!(judgement.refused, []);
    assert!(judgement.accepted[0].replace);
    assert_eq!(judgement.accepted[0].facts.len(), 4);
    assert_eq!((judgement.link.epoch, judgement.link.cursor), (1, county.published()));
    assert_eq!(judgement.cosign.size, county.size());
}

#[test]
fn a_later_pull_takes_only_what_changed() {
    let (register, mut county) = (Register::default(), county());
    let (link, held) = followed(&register, &county);
    county.publish(&[("2015-09", "K03", Audience::Above, 9)]);
    let judgement = judge(&register).pull(&link, &link.ask(), &county.answer(&link.ask()), |_| Some(&held)).unwrap();
    assert!(!judgement.accepted[0].replace);
    assert_eq!(judgement.accepted[0].facts.len(), 1);
    assert_eq!(judgement.accepted[0].held_after(&held).buckets.facts(), 4);
}

#[test]
fn a_pull_without_news_still_witnesses_the_growth() {
    let (register, mut county) = (Register::default(), county());
    let (link, held) = followed(&register, &county);
    county.note("declaration.filed");
    let judgement = judge(&register).pull(&link, &link.ask(), &county.answer(&link.ask()), |_| Some(&held)).unwrap();
    assert_eq!((judgement.accepted.len(), judgement.refused.len()), (0, 0));
    assert_eq!(judgement.link.witnessed.unwrap().size, county.size());
}

#[test]
fn a_pull_is_judged_by_its_own_question_only() {
    let (register, county) = (Register::default(), county());
    let (link, held) = followed(&register, &county);
    let earlier = HeldLink::new(region("bs-tengchong")).ask();
    let refused = judge(&register).pull(&link, &earlier, &county.answer(&earlier), |_| Some(&held)).unwrap_err();
    assert_eq!((refused.remedy, refused.reason()), (Remedy::Ignore, "ANSWER_OUTDATED"));
}

/// Spoils the answer to a second pull and expects the whole link to be refused.
fn check_link(reason: &str, spoil: impl FnOnce(&mut Origin, &mut HeldLink)) {
    let (register, mut county) = (Register::default(), county());
    let (mut link, held) = followed(&register, &county);
    spoil(&mut county, &mut link);
    let refused = judge(&register).pull(&link, &link.ask(), &county.answer(&link.ask()), |_| Some(&held)).unwrap_err();
    assert_eq!((refused.remedy, refused.reason()), (Remedy::Quarantine, reason));
}

#[test]
fn a_journal_that_does_not_merely_grow_quarantines_its_child() {
    check_link("JOURNAL_SHRANK", |county, _| county.restore(3));
    check_link("JOURNAL_FORKED", |county, link| {
        let size = link.witnessed.as_ref().unwrap().size;
        county.restore(3);
        while county.size() < size {
            county.note("enterprise.proposed");
        }
    });
    check_link("JOURNAL_INCONSISTENT", |county, _| {
        county.restore(3);
        for _ in 0..9 {
            county.note("enterprise.proposed");
        }
    });
    check_link("EPOCH_CHANGED", |county, _| county.reopen());
    check_link("EPOCH_WENT_BACK", |_, link| link.witnessed.as_mut().unwrap().epoch = 2);
    check_link("CHECKPOINT_INVALID", |county, _| county.sign_with("bs-longyang"));
}

#[test]
fn two_heads_that_contradict_each_other_are_kept_as_evidence() {
    let (register, mut county) = (Register::default(), county());
    let (link, held) = followed(&register, &county);
    county.restore(3);
    let answer = county.answer(&link.ask());
    let refused = judge(&register).pull(&link, &link.ask(), &answer, |_| Some(&held)).unwrap_err();
    assert_eq!(refused.evidence, Some(Box::new((link.witnessed.unwrap().note, answer.head.checkpoint))));
}

#[test]
fn an_admitted_epoch_is_taken_whole() {
    let (register, mut county) = (Register::default(), county());
    let (mut link, held) = followed(&register, &county);
    county.restore(3);
    county.reopen();
    link.release(Some(2));
    let judgement = judge(&register).pull(&link, &link.ask(), &county.answer(&link.ask()), |_| Some(&held)).unwrap();
    assert!(judgement.accepted[0].replace);
    assert_eq!(judgement.accepted[0].held_after(&held).buckets.facts(), 2);
    assert_eq!(judgement.link.epoch, 2);
}

/// Spoils a relayed delivery and expects it, and only it, to be refused.
fn check_relayed(remedy: Remedy, reason: &str, spoil: impl FnOnce(&mut Delivery, &mut HeldOrigin, &mut Register)) {
    let (mut register, mut county) = (Register::default(), county());
    let mut held = HeldOrigin::default();
    let first = cosigned(county.delivery(0, Audience::Above), "bs");
    let relay = region("bs");
    let accepted = judge(&register).delivery(&held, &first, Link::Relayed { relay: &relay }, true).unwrap();
    held = accepted.held_after(&held);
    let after = county.published();
    county.publish(&[("2015-09", "K03", Audience::Above, 9), ("2015-09", "K05", Audience::Above, 9)]);
    let mut delivery = cosigned(county.delivery(after, Audience::Above), "bs");
    judge(&register).delivery(&held, &delivery, Link::Relayed { relay: &relay }, false).unwrap();
    spoil(&mut delivery, &mut held, &mut register);
    let refused = judge(&register).delivery(&held, &delivery, Link::Relayed { relay: &relay }, false).unwrap_err();
    assert_eq!((refused.remedy, refused.reason()), (remedy, reason), "{refused}");
}

#[test]
fn a_relayed_delivery_is_believed_only_as_its_origins_whole_word() {
    use Remedy::{Ignore, Quarantine, TakeFull};
    check_relayed(Quarantine, "ORIGIN_OUTSIDE_SUBTREE", |_, _, register| register.outside = true);
    check_relayed(Quarantine, "JOURNAL_KEY_UNKNOWN", |_, _, register| register.keyless = Some(region("bs-tengchong")));
    check_relayed(Quarantine, "CHECKPOINT_INVALID", |delivery, _, _| delivery.epoch = 2);
    check_relayed(Quarantine, "COSIGNATURE_INVALID", |delivery, _, _| delivery.cosignature = Bytes::new());
    check_relayed(Quarantine, "COSIGNATURE_INVALID", |delivery, _, _| *delivery = cosigned(delivery.clone(), "yunnan"));
    check_relayed(Quarantine, "JOURNAL_FORKED", |_, held, _| {
        let tree = held.tree.as_mut().unwrap();
        (tree.size, tree.root) = (county().size() + 1, crate::journal::merkle::empty_root());
    });
    check_relayed(Quarantine, "JOURNAL_SHRANK", |_, held, _| held.tree.as_mut().unwrap().size += 100);
    check_relayed(Ignore, "DELIVERY_ALREADY_HELD", |delivery, held, _| held.position = delivery.position);
    check_relayed(Ignore, "DELIVERY_ALREADY_HELD", |_, held, _| held.tree.as_mut().unwrap().epoch = 2);
    check_relayed(Quarantine, "ENTRY_NOT_INCLUDED", |delivery, _, _| {
        delivery.inclusion.pop();
    });
    check_relayed(Quarantine, "ENTRY_NOT_INCLUDED", |delivery, _, _| delivery.position += 1);
    check_relayed(Quarantine, "ENTRY_MALFORMED", |delivery, _, _| delivery.entry_body = Bytes::new());
    check_relayed(Quarantine, "ENTRY_MALFORMED", |delivery, _, _| delivery.entry_header = Bytes::new());
    check_relayed(Quarantine, "FACT_AUDIENCE", |delivery, _, _| delivery.facts[0].audience = Audience::Parent);
    check_relayed(Quarantine, "FACT_BEYOND_ENTRY", |delivery, _, _| delivery.facts[0].position += 1);
    check_relayed(TakeFull, "FACTS_DIFFER", |delivery, _, _| {
        delivery.facts.pop();
    });
    check_relayed(TakeFull, "FACTS_DIFFER", |delivery, _, _| delivery.facts[0].body = Bytes::from_static(b"more"));
    check_relayed(TakeFull, "FACTS_DIFFER", |delivery, _, _| delivery.facts[0].withdrawn = true);
    check_relayed(TakeFull, "FACT_OLDER", |delivery, _, _| delivery.facts[0].position = 1);
    check_relayed(TakeFull, "FACTS_DIFFER", |_, held, _| held.buckets = Default::default());
}

#[test]
fn an_unloaded_bucket_is_the_adapters_mistake() {
    check_relayed(Remedy::Retry, "BUCKET_NOT_LOADED", |_, held, _| {
        let closed: Vec<_> = held.buckets.iter().map(|(a, name, b)| (a, name.to_owned(), b.digest(), b.facts())).collect();
        for (audience, name, digest, facts) in closed {
            held.buckets.insert(audience, name, Bucket::closed(digest, facts));
        }
    });
}

#[test]
fn a_full_delivery_that_differs_is_the_childs_whole_word_and_quarantines() {
    let (register, county) = (Register::default(), county());
    let relay = region("bs");
    let mut delivery = cosigned(county.delivery(0, Audience::Above), "bs");
    delivery.facts.pop();
    let refused =
        judge(&register).delivery(&HeldOrigin::default(), &delivery, Link::Relayed { relay: &relay }, true).unwrap_err();
    assert_eq!((refused.remedy, refused.reason()), (Remedy::Quarantine, "FACTS_DIFFER"));
}

#[test]
fn a_mendable_delivery_keeps_the_cursor_and_asks_for_everything() {
    let (register, mut county) = (Register::default(), county());
    let (link, held) = followed(&register, &county);
    county.publish(&[("2015-09", "K03", Audience::Above, 9), ("2015-09", "K05", Audience::Above, 9)]);
    let mut answer = county.answer(&link.ask());
    answer.deliveries[0].facts.pop();
    let judgement = judge(&register).pull(&link, &link.ask(), &answer, |_| Some(&held)).unwrap();
    assert!(judgement.accepted.is_empty() && judgement.link.take_full);
    assert_eq!(judgement.link.cursor, link.cursor);
    let ask = judgement.link.ask();
    assert_eq!(ask.epoch, 0);
    let mended = judge(&register).pull(&judgement.link, &ask, &county.answer(&ask), |_| Some(&held)).unwrap();
    assert!(!mended.link.take_full && mended.accepted[0].replace);
    assert_eq!(mended.link.cursor, county.published());
}

#[test]
fn switched_off_checks_let_through_what_they_would_have_refused() {
    let (register, mut county) = (Register::default(), county());
    let (link, held) = followed(&register, &county);
    let mut short = county.clone();
    short.publish(&[("2015-09", "K05", Audience::Above, 9), ("2015-09", "K06", Audience::Above, 9)]);
    let mut answer = short.answer(&link.ask());
    answer.deliveries[0].facts.pop();
    let blind = Judge::with_controls(&register, Controls::SKIP_DIGEST);
    assert!(!blind.pull(&link, &link.ask(), &answer, |_| Some(&held)).unwrap().accepted.is_empty());
    county.restore(3);
    let trusting = Judge::with_controls(&register, Controls::SKIP_PROOF);
    assert!(trusting.head(&link, &county.answer(&link.ask()).head).is_ok());
}

#[test]
fn a_fact_for_the_parent_does_not_hold_a_relayed_delivery_up() {
    let (register, mut county) = (Register::default(), county());
    let relay = region("bs");
    let first = cosigned(county.delivery(0, Audience::Above), "bs");
    let held = judge(&register).delivery(&HeldOrigin::default(), &first, Link::Relayed { relay: &relay }, true).unwrap();
    let held = held.held_after(&HeldOrigin::default());
    let after = county.published();
    county.publish(&[("2015-09", "K03", Audience::Parent, 9)]);
    let empty = cosigned(county.delivery(after, Audience::Above), "bs");
    assert!(empty.facts.is_empty());
    let accepted = judge(&register).delivery(&held, &empty, Link::Relayed { relay: &relay }, false).unwrap();
    assert_eq!(accepted.position, county.published());
}

#[test]
fn an_earlier_life_verified_later_went_back_and_a_late_word_did_not() {
    let at = Instant::from_ms;
    let said = |epoch, verified_at| Through {
        origin: "bs-tengchong".parse().unwrap(),
        epoch,
        position: 5,
        verified_at: at(verified_at),
        quarantine: None,
    };
    let reason = |refused: Option<Refused>| refused.map(|refused| (refused.reason(), refused.remedy));
    assert_eq!(reason(went_back(2, Some(at(100)), &said(1, 101))), Some(("EPOCH_WENT_BACK", Remedy::Quarantine)));
    assert_eq!(reason(went_back(2, Some(at(100)), &said(1, 100))), None, "a word from before");
    assert_eq!(reason(went_back(2, Some(at(100)), &said(2, 101))), None, "the same life");
    assert_eq!(reason(went_back(2, Some(at(100)), &said(3, 101))), None, "a later one");
    assert_eq!(reason(went_back(2, None, &said(1, 101))), None, "never heard through this child");
    let marked = Through { quarantine: Some(QuarantineMark { reason: "JOURNAL_FORKED".into(), since: at(90) }), ..said(1, 101) };
    assert_eq!(reason(went_back(2, Some(at(100)), &marked)), None, "the child says itself that it does not believe it");
}
