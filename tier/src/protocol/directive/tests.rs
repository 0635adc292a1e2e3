use prost::Message;

use super::*;
use crate::journal::merkle::{Hash, empty_root};

fn region(name: &str) -> RegionId {
    name.parse().unwrap()
}

fn key(name: &str) -> JournalKey {
    JournalKey::from_file(&Hash::of(&[name.as_bytes()]).0).unwrap()
}

/// Province `yunnan` over city `bs` over its two counties.
struct Register;

impl Authority for Register {
    fn in_subtree(&self, above: &RegionId, below: &RegionId) -> bool {
        above == below || above.as_str() == "yunnan" || (above.as_str() == "bs" && below.as_str().starts_with("bs-"))
    }

    fn key(&self, region: &RegionId) -> Option<PublicKey> {
        (region.as_str() != "keyless").then(|| key(region.as_str()).public())
    }
}

fn outside() -> Outside {
    Outside {
        id: "yunnan/1-17".into(),
        issuer: "yunnan".into(),
        addressee: "bs-tengchong".into(),
        issued_at_ms: 1_000,
        expires_at_ms: 5_000,
    }
}

fn signed(outside: &Outside) -> SignedDirective {
    SignedDirective::sign(Bytes::from(outside.encode_to_vec()), &key(&outside.issuer))
}

fn arrives(signed: &SignedDirective, me: &str, now: i64, known: Option<&Known>) -> Result<Arrival, Refusal> {
    arrive(signed, &region(me), Instant::from_ms(now), &Register, |_| known)
}

fn witness(epoch: u32, size: u64) -> Witness {
    Witness { epoch, size, root: empty_root(), note: Bytes::new() }
}

fn receipt(child: &str, epoch: u32, position: u64) -> Receipt {
    Receipt { region: region(child), epoch, position }
}

#[test]
fn the_tier_between_carries_on_and_the_addressee_carries_out() {
    let directive = signed(&outside());
    assert!(matches!(arrives(&directive, "bs", 1_000, None), Ok(Arrival::CarryOn(_))));
    assert!(matches!(arrives(&directive, "bs-tengchong", 1_000, None), Ok(Arrival::CarryOut(_))));
}

#[test]
fn only_the_addressee_declares_a_directive_expired() {
    let directive = signed(&outside());
    assert!(matches!(arrives(&directive, "bs", 9_000, None), Ok(Arrival::CarryOn(_))));
    assert_eq!(arrives(&directive, "bs-tengchong", 9_000, None).unwrap_err().reason(), "DIRECTIVE_EXPIRED");
}

#[test]
fn a_directive_that_is_not_in_order_is_refused_by_name() {
    fn check(reason: &str, me: &str, now: i64, spoil: impl FnOnce(&mut Outside)) {
        let mut outside = outside();
        spoil(&mut outside);
        let refusal = arrives(&signed(&outside), me, now, None).unwrap_err();
        assert_eq!(refusal.reason(), reason, "{refusal}");
    }
    check("DIRECTIVE_EXPIRED", "bs-tengchong", 5_000, |_| {});
    check("DIRECTIVE_NOT_ADDRESSED", "bs-longyang", 1_000, |_| {});
    check("DIRECTIVE_ISSUER_NOT_ABOVE", "bs-tengchong", 1_000, |outside| outside.issuer = "bs-longyang".into());
    check("DIRECTIVE_ISSUER_NOT_ABOVE", "yunnan", 1_000, |_| {});
    check("DIRECTIVE_MALFORMED", "bs", 1_000, |outside| outside.id.clear());
    check("DIRECTIVE_MALFORMED", "bs", 1_000, |outside| outside.addressee = "腾冲".into());
    let mut forged = signed(&outside());
    forged.signature = signed(&Outside { id: "yunnan/1-18".into(), ..outside() }).signature;
    assert_eq!(arrives(&forged, "bs", 1_000, None).unwrap_err().reason(), "DIRECTIVE_SIGNATURE_INVALID");
}

#[test]
fn what_came_before_is_answered_with_its_receipt_even_after_expiry() {
    let known = Known { signed: signed(&outside()), receipt: receipt("bs-tengchong", 1, 7) };
    let again = arrives(&known.signed, "bs-tengchong", 9_000, Some(&known));
    assert_eq!(again, Ok(Arrival::Repeated(known.receipt.clone())));
    let other = signed(&Outside { expires_at_ms: 0, ..outside() });
    assert_eq!(arrives(&other, "bs-tengchong", 1_000, Some(&known)).unwrap_err().reason(), "DIRECTIVE_ID_REUSED");
}

#[test]
fn delivered_means_that_the_receipt_lies_in_a_witnessed_tree() {
    let (bs, id) = (region("bs"), "yunnan/1-17");
    let mut outbox = Outbox::default();
    outbox.put(id, bs.clone(), signed(&outside()));
    assert_eq!(outbox.due(&bs).count(), 1);
    outbox.received(id, receipt("bs-tengchong", 1, 7));
    assert_eq!(outbox.sent(id), Some(&Sent::Pending), "only the child it was handed to may receipt");
    outbox.received(id, receipt("bs", 1, 7));
    assert_eq!(outbox.due(&bs).count(), 0);
    assert!(outbox.witnessed(&bs, &witness(1, 7)).is_empty(), "position 7 is not in a tree of 7");
    assert_eq!(outbox.witnessed(&bs, &witness(1, 8)), [id]);
    assert_eq!(outbox.due(&bs).count(), 1, "handed over once more");
    outbox.received(id, receipt("bs", 1, 7));
    assert_eq!(outbox.sent(id), Some(&Sent::Witnessed(receipt("bs", 1, 7))), "a late copy of the first answer proves nothing");
    outbox.confirmed(id, receipt("bs", 1, 9));
    assert_eq!(
        outbox.sent(id),
        Some(&Sent::Received(receipt("bs", 1, 9))),
        "the first receipt was lost and the directive taken anew"
    );
    outbox.witnessed(&bs, &witness(2, 10));
    outbox.confirmed(id, receipt("bs", 1, 9));
    assert_eq!(outbox.sent(id), Some(&Sent::Delivered(receipt("bs", 1, 9))));
    outbox.refused(id, "DIRECTIVE_EXPIRED");
    assert_eq!(outbox.sent(id), Some(&Sent::Delivered(receipt("bs", 1, 9))), "a late refusal changes nothing");
}

#[test]
fn a_new_epoch_makes_every_earlier_receipt_be_seen_again() {
    let (bs, id) = (region("bs"), "yunnan/1-17");
    let mut outbox = Outbox::default();
    outbox.put(id, bs.clone(), signed(&outside()));
    outbox.received(id, receipt("bs", 1, 7));
    assert!(outbox.readmitted(&bs, 1).is_empty(), "the same epoch");
    assert_eq!(outbox.readmitted(&bs, 2), [id]);
    assert_eq!(outbox.due(&bs).count(), 1);
    outbox.confirmed(id, receipt("bs", 2, 9));
    assert_eq!(outbox.sent(id), Some(&Sent::Received(receipt("bs", 2, 9))), "it was lost and taken anew");
    outbox.witnessed(&bs, &witness(2, 10));
    outbox.refused(id, "DIRECTIVE_EXPIRED");
    assert_eq!(outbox.due(&bs).count(), 0);
    assert_eq!(outbox.readmitted(&bs, 3), [id], "refused by a history that is gone");
    assert_eq!(outbox.sent(id), Some(&Sent::Pending));
}

#[test]
fn a_receipt_that_a_later_tree_does_not_reach_is_asked_for_again() {
    let mut outbox = Outbox::default();
    let child = region("bs");
    outbox.put("yunnan/1-17", child.clone(), signed(&outside()));
    outbox.received("yunnan/1-17", receipt("bs", 1, 50));
    assert!(outbox.witnessed(&child, &witness(1, 45)).is_empty());
    assert_eq!(outbox.due(&child).count(), 0);
    outbox.doubted("yunnan/1-17");
    assert_eq!(outbox.due(&child).count(), 1, "the child may have lost it and stood still since");
    // It had lost it: the new receipt is witnessed and confirmed like a first one.
    outbox.received("yunnan/1-17", receipt("bs", 1, 45));
    assert_eq!(outbox.sent("yunnan/1-17"), Some(&Sent::Received(receipt("bs", 1, 45))));
    assert_eq!(outbox.witnessed(&child, &witness(1, 46)), ["yunnan/1-17"]);
    outbox.confirmed("yunnan/1-17", receipt("bs", 1, 45));
    assert_eq!(outbox.sent("yunnan/1-17"), Some(&Sent::Delivered(receipt("bs", 1, 45))));
    outbox.doubted("yunnan/1-17");
    assert_eq!(outbox.due(&child).count(), 0, "what is delivered is not doubted");
}
