use bytes::Bytes;
use proptest::prelude::*;

use super::*;

fn fact(audience: Audience, month: u8, key: u8, position: u64, body: u8) -> Fact {
    Fact {
        audience,
        topic: Topic::new("cell", format!("2015-{month:02}/K{key:02}")),
        position,
        withdrawn: false,
        body_version: 1,
        body: Bytes::from(vec![body]),
        bucket: format!("cell/2015-{month:02}"),
    }
}

/// The digest as the module documentation says it, without any structure kept between calls.
fn recomputed(facts: &[Fact], audience: Audience) -> Option<AudienceDigest> {
    let mut buckets: BTreeMap<String, BTreeMap<Topic, Stamp>> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| fact.audience == audience) {
        let stamp = Stamp { position: fact.position, hash: fact_hash(fact) };
        buckets.entry(fact.bucket.clone()).or_default().insert(fact.topic.clone(), stamp);
    }
    let count = buckets.values().map(|members| members.len() as u64).sum();
    let digests: Vec<(String, Hash)> =
        buckets.into_iter().map(|(name, members)| (name, bucket_digest(Hashes(members.iter())))).collect();
    (!digests.is_empty()).then(|| AudienceDigest {
        audience,
        digest: audience_digest(audience, digests.iter().map(|(name, digest)| (name.as_str(), digest))),
        facts: count,
    })
}

fn apply(buckets: &mut Buckets, facts: &[Fact]) -> Overlay {
    let overlay = buckets.overlay(facts).unwrap();
    buckets.commit(&overlay);
    overlay
}

/// Facts whose last value per topic wins, at rising positions.
fn history() -> impl Strategy<Value = Vec<Fact>> {
    proptest::collection::vec((any::<bool>(), 1u8..4, 0u8..4, any::<u8>()), 1..40).prop_map(|changes| {
        changes
            .into_iter()
            .enumerate()
            .map(|(index, (above, month, key, body))| {
                let audience = if above { Audience::Above } else { Audience::Parent };
                fact(audience, month, key, index as u64 + 1, body)
            })
            .collect()
    })
}

proptest! {
    #[test]
    fn touching_only_some_buckets_equals_recomputing_all(history in history(), cut in 0usize..40) {
        let cut = cut.min(history.len());
        let mut latest: BTreeMap<(Audience, Topic), Fact> = BTreeMap::new();
        let mut buckets = Buckets::default();
        for group in [&history[..cut], &history[cut..]] {
            let mut of_group: BTreeMap<(Audience, Topic), Fact> = BTreeMap::new();
            for fact in group {
                of_group.insert((fact.audience, fact.topic.clone()), fact.clone());
            }
            let facts: Vec<Fact> = of_group.values().cloned().collect();
            let overlay = apply(&mut buckets, &facts);
            prop_assert_eq!(overlay.older, None);
            latest.extend(of_group);
            let all: Vec<Fact> = latest.values().cloned().collect();
            let expected: Vec<_> = Audience::ALL.into_iter().filter_map(|audience| recomputed(&all, audience)).collect();
            prop_assert_eq!(&buckets.digests(), &expected);
            prop_assert_eq!(&overlay.digests, &expected);
        }
    }

    #[test]
    fn laying_the_same_facts_again_changes_nothing(history in history()) {
        let mut buckets = Buckets::default();
        let mut latest: BTreeMap<(Audience, Topic), Fact> = BTreeMap::new();
        for fact in history {
            latest.insert((fact.audience, fact.topic.clone()), fact);
        }
        let facts: Vec<Fact> = latest.into_values().collect();
        apply(&mut buckets, &facts);
        let before = buckets.clone();
        let again = apply(&mut buckets, &facts);
        prop_assert!(again.effective.is_empty());
        prop_assert_eq!(buckets, before);
    }
}

#[test]
fn every_field_of_a_fact_is_under_its_hash() {
    let base = fact(Audience::Above, 8, 3, 7, 1);
    let mut others = vec![base.clone(); 8];
    others[0].audience = Audience::Parent;
    others[1].topic.kind = "celk".into();
    others[2].topic.key.push('0');
    others[3].position += 1;
    others[4].withdrawn = true;
    others[5].body_version = 2;
    others[6].body = Bytes::from_static(&[2]);
    others[7].bucket.push('0');
    for other in others {
        assert_ne!(fact_hash(&base), fact_hash(&other), "{other:?}");
    }
}

#[test]
fn a_boundary_cannot_be_moved_between_two_fields() {
    let mut left = fact(Audience::Above, 8, 3, 7, 1);
    let mut right = left.clone();
    left.topic = Topic::new("cell", "x");
    right.topic = Topic::new("cel", "lx");
    assert_ne!(fact_hash(&left), fact_hash(&right));
}

#[test]
fn an_older_value_is_named_and_not_laid() {
    let mut buckets = Buckets::default();
    apply(&mut buckets, &[fact(Audience::Above, 8, 3, 7, 1)]);
    let digests = buckets.digests();
    for (position, body) in [(6, 1), (7, 2)] {
        let overlay = buckets.overlay(&[fact(Audience::Above, 8, 3, position, body)]).unwrap();
        assert_eq!(overlay.older, Some(0));
        assert_eq!(overlay.digests, digests);
    }
}

#[test]
fn a_closed_bucket_counts_but_cannot_be_touched() {
    let (august, september) = (fact(Audience::Above, 8, 3, 7, 1), fact(Audience::Above, 9, 3, 8, 1));
    let mut whole = Buckets::default();
    apply(&mut whole, &[august.clone(), september.clone()]);
    let mut partial = Buckets::default();
    for (audience, name, bucket) in whole.iter() {
        let value = if name == "cell/2015-08" { Bucket::closed(bucket.digest(), bucket.facts()) } else { bucket.clone() };
        partial.insert(audience, name, value);
    }
    assert_eq!(partial.digests(), whole.digests());
    let newer = fact(Audience::Above, 9, 4, 9, 1);
    assert_eq!(partial.overlay(std::slice::from_ref(&newer)).unwrap().digests, whole.overlay(&[newer]).unwrap().digests);
    let refused = partial.overlay(&[fact(Audience::Above, 8, 4, 9, 1)]).unwrap_err();
    assert_eq!(refused.reason(), "BUCKET_NOT_LOADED");
}
