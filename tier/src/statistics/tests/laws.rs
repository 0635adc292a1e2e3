//! From deliveries to figures: facts replace by position, counts add, and neither depends on how they came.

use std::collections::BTreeMap;

use bytes::Bytes;
use changxiao_domain::period::{Month, Span};
use changxiao_proto::statistics::v1 as pb;
use proptest::prelude::*;
use prost::Message as _;

use crate::{
    protocol::fact::{Audience, Fact, Topic, Versioned},
    statistics::stored::{CELL, MONTH, Stored},
};

fn facts() -> impl Strategy<Value = Vec<Versioned>> {
    let values = prop::collection::vec(0i64..50, 0..6);
    let fact = (0usize..4, 0u32..2, 0u64..6, any::<bool>(), values, 1u32..4).prop_map(
        |(key, epoch, position, withdrawn, values, state)| {
            let (kind, key) = [(CELL, "2015-08/K03"), (CELL, "2015-09/K03"), (CELL, "2015-08/Q77"), (MONTH, "2015-08")][key];
            let body = if kind == CELL {
                pb::Cell { catalogue: 1, values }.encode_to_vec()
            } else {
                pb::MonthStatement { state, industries: Vec::new() }.encode_to_vec()
            };
            let fact = Fact {
                audience: Audience::Above,
                topic: Topic::new(kind, key),
                position,
                withdrawn,
                body_version: 1,
                body: Bytes::from(body),
                bucket: String::new(),
            };
            Versioned { epoch, fact }
        },
    );
    prop::collection::vec(fact, 0..16)
}

/// What an upper tier ends with after these deliveries.
fn joined(facts: impl IntoIterator<Item = Versioned>) -> BTreeMap<Topic, Versioned> {
    let mut held: BTreeMap<Topic, Versioned> = BTreeMap::new();
    for fact in facts {
        let topic = fact.fact.topic.clone();
        let now = match held.remove(&topic) {
            Some(before) => before.join(fact),
            None => fact,
        };
        held.insert(topic, now);
    }
    held
}

fn folded(held: &BTreeMap<Topic, Versioned>) -> Stored {
    let span = Span::Month(Month::new(2015, 9).unwrap());
    let mut stored = Stored::default();
    for Versioned { fact, .. } in held.values().filter(|held| !held.fact.withdrawn) {
        stored.take(span, &fact.topic.kind, &fact.topic.key, &fact.body).unwrap();
    }
    stored
}

proptest! {
    #[test]
    fn deliveries_late_twice_in_pieces_or_out_of_order_give_the_same_counts(
        (sent, shuffled) in facts().prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle())),
        cut in 0usize..16,
    ) {
        let once = joined(sent.clone());
        let cut = cut.min(sent.len());
        let again = shuffled.iter().chain(&sent[cut..]).chain(&sent[..cut]).cloned();
        prop_assert_eq!(folded(&joined(again)), folded(&once));
        // A part applied to the whole changes nothing: join is idempotent.
        let on_top = once.values().cloned().chain(shuffled.iter().take(cut).cloned());
        prop_assert_eq!(folded(&joined(on_top)), folded(&once));
    }
}
