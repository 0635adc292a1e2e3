use proptest::prelude::*;

use super::*;
use crate::indicator::Counter;

/// One cell as drawn: origin, months after 2015-07, category, counts.
type Drawn = (u8, u8, u8, Vec<i64>);

const CATEGORIES: [&str; 3] = ["K01", "K03", "Q77"];

fn month(after: u8) -> Month {
    (0..after).fold(Month::new(2015, 7).unwrap(), |month, _| month.next())
}

fn cells() -> impl Strategy<Value = Vec<Drawn>> {
    let counts = prop::collection::vec(-50i64..1_000, 0..Counter::COUNT + 3);
    prop::collection::vec((0u8..5, 0u8..8, 0u8..3, counts), 0..24)
}

fn spans() -> impl Strategy<Value = Span> {
    prop_oneof![
        (0u8..8).prop_map(|after| Span::Month(month(after))),
        (0u8..8).prop_map(|after| Span::quarter_of(month(after))),
        (0u8..8).prop_map(|after| Span::year_of(month(after))),
        (0u8..8, 0u8..8).prop_map(|(one, other)| { Span::between(month(one.min(other)), month(one.max(other))).unwrap() }),
    ]
}

/// Standings that differ by origin, so that coverage is compared as well.
fn standing_of(number: u8) -> Standing {
    match number {
        0 | 1 => Standing::Reported,
        2 => Standing::Stale { since: None, reason: SILENT.to_owned() },
        3 => Standing::Quarantined { since: None, reason: "PROOF_FAILED".to_owned() },
        _ => Standing::Unknown,
    }
}

/// Five origins over one span, from cells in the order given.
fn origins(span: Span, cells: &[Drawn]) -> Vec<Origin> {
    let mut origins: Vec<Origin> = (0..5)
        .map(|number| Origin {
            region: format!("bs-{number}").parse().unwrap(),
            standing: standing_of(number),
            heard: number < 4,
            counts: BTreeMap::new(),
        })
        .collect();
    for (origin, after, category, counts) in cells {
        let category = Category::of(CATEGORIES[usize::from(*category)]);
        origins[usize::from(*origin)].counts.entry(category).or_default().book(span, month(*after), &Cell::from_values(counts));
    }
    origins
}

fn all(origins: &[Origin]) -> Rollup {
    Rollup::sum(origins, |_| true)
}

fn value(rollup: &Rollup, span: Span, id: &str) -> Option<i64> {
    let selection = Selection::new(span, &[id.to_owned()]).unwrap();
    rollup.read(&selection).0.map(|figures| figures[0].value)
}

proptest! {
    #[test]
    fn the_order_of_cells_and_origins_is_irrelevant(
        (given, shuffled) in cells().prop_flat_map(|cells| (Just(cells.clone()), Just(cells).prop_shuffle())),
        span in spans(),
    ) {
        let mut turned = origins(span, &shuffled);
        turned.reverse();
        prop_assert_eq!(all(&origins(span, &given)), all(&turned));
    }

    #[test]
    fn any_partition_of_the_regions_adds_up_to_the_whole(given in cells(), span in spans(), tiers in prop::collection::vec(0u8..3, 5)) {
        let origins = origins(span, &given);
        let part = |tier: u8| {
            Rollup::sum(origins.iter().zip(&tiers).filter(|(_, of)| **of == tier).map(|(origin, _)| origin), |_| true)
        };
        let (a, b, c) = (part(0), part(1), part(2));
        let whole = all(&origins);
        prop_assert_eq!(&a.clone().merge(b.clone()).merge(c.clone()), &whole);
        prop_assert_eq!(&a.clone().merge(b.clone().merge(c.clone())), &whole);
        prop_assert_eq!(&c.merge(a).merge(b), &whole);
        prop_assert_eq!(&whole.clone().merge(Rollup::default()), &whole);
    }

    #[test]
    fn categories_add_up_to_the_whole_and_share_its_coverage(given in cells(), span in spans()) {
        let origins = origins(span, &given);
        let whole = all(&origins);
        let mut counts = Counts::default();
        for code in CATEGORIES {
            let wanted = Category::of(code);
            let row = Rollup::sum(&origins, |category| *category == wanted);
            prop_assert_eq!(&row.coverage, &whole.coverage);
            prop_assert_eq!(row.heard, whole.heard);
            counts.merge(&row.counts);
        }
        prop_assert_eq!(&counts, &whole.counts);
    }

    #[test]
    fn opening_and_new_less_closed_is_closing(given in cells(), after in 1u8..8) {
        let at = |after: u8| {
            let span = Span::Month(month(after));
            (span, all(&origins(span, &given)))
        };
        let ((before, opening), (now, closing)) = (at(after - 1), at(after));
        type Names = &'static [&'static str];
        let laws: [(&'static str, Names, Names); 4] = [
            (
                "general_open",
                &["general_found", "major_downgraded", "general_moved_in"],
                &["general_struck_off", "general_upgraded", "general_voided", "general_moved_out"],
            ),
            ("general_overdue", &["general_overdue_entered"], &["general_overdue_left"]),
            (
                "major_open",
                &["major_found", "general_upgraded", "major_moved_in"],
                &["major_struck_off", "major_downgraded", "major_moved_out"],
            ),
            (
                "enterprises_in_catalogue",
                &["enterprises_admitted", "enterprises_moved_in"],
                &["enterprises_removed", "enterprises_moved_out"],
            ),
        ];
        for (stock, entered, left) in laws {
            let of = |rollup: &Rollup, span, id| value(rollup, span, id).unwrap();
            let sum = |ids: Names| ids.iter().map(|id| of(&closing, now, *id)).sum::<i64>();
            prop_assert_eq!(
                of(&opening, before, stock) + sum(entered) - sum(left),
                of(&closing, now, stock),
                "{}", stock
            );
        }
    }

    #[test]
    fn months_add_up_to_their_span(given in cells(), span in spans()) {
        let whole = value(&all(&origins(span, &given)), span, "general_found").unwrap();
        let months = span.months().map(|month| {
            let span = Span::Month(month);
            value(&all(&origins(span, &given)), span, "general_found").unwrap()
        });
        prop_assert_eq!(months.sum::<i64>(), whole);
    }

    #[test]
    fn values_and_coverage_speak_of_the_same_origins(given in cells(), span in spans()) {
        let origins = origins(span, &given);
        let rollup = all(&origins);
        let (figures, coverage) = rollup.read(&Selection::new(span, &[]).unwrap());
        prop_assert!(figures.is_some());
        prop_assert_eq!((coverage.expected(), coverage.reported()), (5, 2));
        // What the unknown origin holds changes nothing, what the quarantined one holds stays in.
        let without = |number: usize| {
            let mut fewer = origins.clone();
            fewer[number].counts.clear();
            all(&fewer).counts
        };
        prop_assert_eq!(&without(4), &rollup.counts);
        let quarantined = Rollup::sum([&origins[3]], |_| true).counts;
        let mut again = without(3);
        again.merge(&quarantined);
        prop_assert_eq!(&again, &rollup.counts);
    }
}
