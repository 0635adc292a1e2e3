use super::*;
use crate::clock::Instant;
use crate::indicator::Counter::{self, *};
use crate::refusal::{Kind as RefusalKind, Refuse};

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn span(text: &str) -> Span {
    text.parse().unwrap()
}

fn region(text: &str) -> RegionId {
    text.parse().unwrap()
}

fn at(text: &str) -> Instant {
    let (date, hour) = text.split_once('T').unwrap();
    Instant::start_of(date.parse().unwrap()).plus_ms(hour.parse::<i64>().unwrap() * 3_600_000)
}

fn cell(counts: &[(Counter, i64)]) -> Cell {
    let mut cell = Cell::default();
    for (counter, n) in counts {
        cell.add(*counter, *n);
    }
    cell
}

fn select(of: &str, ids: &[&str]) -> Selection {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    Selection::new(span(of), &ids).unwrap()
}

/// An origin that reported these cells of one category.
fn origin(name: &str, of: Span, cells: &[(&str, &[(Counter, i64)])]) -> Origin {
    let mut counts = Counts::default();
    for (month_of_cell, given) in cells {
        counts.book(of, month(month_of_cell), &cell(given));
    }
    Origin { region: region(name), standing: Standing::Reported, heard: true, counts: [(Category::of("K03"), counts)].into() }
}

fn texts(rollup: &Rollup, selection: &Selection) -> Option<Vec<String>> {
    let (figures, _) = rollup.read(selection);
    figures.map(|figures| figures.iter().map(Figure::text).collect())
}

#[test]
fn flows_take_the_span_and_stocks_everything_up_to_its_end() {
    let cells: &[(&str, &[(Counter, i64)])] = &[
        ("2015-06", &[(GeneralFound, 2)]),
        ("2015-08", &[(GeneralFound, 5), (GeneralStruckOff, 3)]),
        ("2015-09", &[(GeneralFound, 1), (GeneralStruckOff, 4)]),
        ("2015-10", &[(GeneralFound, 9)]),
    ];
    for (asked, found, open) in [
        ("2015-07", "0", "2"),
        ("2015-08", "5", "4"),
        ("2015-09", "1", "1"),
        ("2015-08..2015-09", "6", "1"),
        ("2015-Q3", "6", "1"),
        ("2015", "17", "10"),
    ] {
        let selection = select(asked, &["general_found", "general_open"]);
        let rollup = Rollup::sum(&[origin("bs-longyang", selection.span(), cells)], |_| true);
        assert_eq!(texts(&rollup, &selection).unwrap(), [found, open], "{asked}");
    }
}

#[test]
fn ratios_carry_both_numbers_and_print_a_stroke_where_there_is_none() {
    let selection = select("2015-08", &["declaration_rate", "declarations_missing"]);
    for (owed, exempt, on_time, late, printed, missing) in [
        (0, 0, 0, 0, "/", "0"),
        (3, 3, 0, 0, "/", "0"),
        (3, 0, 1, 1, "66.67", "1"),
        (4, 1, 2, 1, "100.00", "0"),
        (141_911, 0, 137_354, 0, "96.79", "4557"),
        // Only an origin that contradicts itself says this; the figures stay visible.
        (1, 0, 2, 0, "/", "-1"),
        (-1, 0, -1, 0, "/", "0"),
    ] {
        let counts: &[(Counter, i64)] =
            &[(DeclarationsOwed, owed), (DeclarationsExempt, exempt), (DeclarationsOnTime, on_time), (DeclarationsLate, late)];
        let rollup = Rollup::sum(&[origin("bs-longyang", selection.span(), &[("2015-08", counts)])], |_| true);
        assert_eq!(texts(&rollup, &selection).unwrap(), [printed, missing]);
        let rate = rollup.read(&selection).0.unwrap()[0];
        assert_eq!((rate.value, rate.denominator), (on_time + late, Some(owed - exempt)));
    }
}

/// Dossier §11.4: 111 checks on 17 enterprises were once printed as a coverage of 652.94 %.
#[test]
fn coverage_counts_enterprises_and_intensity_counts_checks() {
    let selection = select("2015-09", &["inspection_coverage_month", "inspection_intensity"]);
    let checks: &[(Counter, i64)] = &[(InspectionsSpecial, 100), (InspectionsExpert, 11), (EnterprisesCheckedMonth, 15)];
    let july: &[(Counter, i64)] = &[(EnterprisesAdmitted, 17)];
    let rollup = Rollup::sum(&[origin("bs-longyang", selection.span(), &[("2015-07", july), ("2015-09", checks)])], |_| true);
    assert_eq!(texts(&rollup, &selection).unwrap(), ["88.24", "6.53"]);
    // Inspected and then removed within the month: still there once, so never above the whole.
    let removed: &[(Counter, i64)] = &[(EnterprisesCheckedMonth, 17), (EnterprisesRemoved, 5), (InspectionsSpecial, 17)];
    let rollup = Rollup::sum(&[origin("bs-longyang", selection.span(), &[("2015-07", july), ("2015-09", removed)])], |_| true);
    assert_eq!(texts(&rollup, &selection).unwrap(), ["100.00", "1.00"]);
    let nobody = Rollup::sum(&[origin("bs-longyang", selection.span(), &[])], |_| true);
    assert_eq!(texts(&nobody, &selection).unwrap(), ["/", "/"]);
}

#[test]
fn zero_is_what_a_heard_origin_did_not_count_and_absent_is_what_nobody_reported() {
    let selection = select("2015-08", &["general_found"]);
    let silent = |name: &str, heard| Origin {
        region: region(name),
        standing: if heard { Standing::Stale { since: None, reason: SILENT.to_owned() } } else { Standing::Unknown },
        heard,
        counts: BTreeMap::new(),
    };
    let rollup = Rollup::sum(&[silent("bs-shidian", false)], |_| true);
    assert_eq!(texts(&rollup, &selection), None);
    assert_eq!(rollup.coverage().unknown(), [region("bs-shidian")]);

    let rollup = Rollup::sum(&[silent("bs-shidian", false), silent("bs-longling", true)], |_| true);
    assert_eq!(texts(&rollup, &selection).unwrap(), ["0"]);
    assert_eq!((rollup.coverage().expected(), rollup.coverage().reported()), (2, 0));

    assert_eq!(texts(&Rollup::default(), &selection), None);
}

#[test]
fn counts_of_an_origin_unknown_for_the_span_stay_out() {
    // A hazard found in July and entered in August stands in a July cell of a county that reports since August.
    let selection = select("2015-07", &["general_found"]);
    let mut early = origin("bs-tengchong", selection.span(), &[("2015-07", &[(GeneralFound, 1)])]);
    early.standing = Standing::Unknown;
    assert_eq!(texts(&Rollup::sum(&[early], |_| true), &selection), None);
}

#[test]
fn an_origin_given_twice_counts_once() {
    let selection = select("2015-08", &["general_found"]);
    let one = origin("bs-longyang", selection.span(), &[("2015-08", &[(GeneralFound, 3)])]);
    let rollup = Rollup::sum([&one, &one], |_| true);
    assert_eq!(texts(&rollup, &selection).unwrap(), ["3"]);
    assert_eq!(rollup.coverage().expected(), 1);
}

#[test]
fn categories_that_are_not_in_the_table_are_counted() {
    let selection = select("2015-08", &["general_found"]);
    let mut mixed = origin("bs-longyang", selection.span(), &[("2015-08", &[(GeneralFound, 3)])]);
    let mut newer = Counts::default();
    newer.book(selection.span(), month("2015-08"), &cell(&[(GeneralFound, 4)]));
    mixed.counts.insert(Category::of("Q77"), newer);
    let only = |code: &str| {
        let wanted = Category::of(code);
        texts(&Rollup::sum([&mixed], |category| *category == wanted), &selection).unwrap()
    };
    assert_eq!(texts(&Rollup::sum([&mixed], |_| true), &selection).unwrap(), ["7"]);
    assert_eq!((only("K03"), only("Q77"), only("K01")), (vec!["3".into()], vec!["4".into()], vec!["0".into()]));
}

/// What may be summed over one kind of span only.
const STEMS: [&str; 5] =
    ["general_found_struck_off", "major_found_struck_off", "enterprises_inspected", "enterprises_checked", "inspection_coverage"];

#[test]
fn cohorts_and_distinct_counts_are_refused_over_any_span_but_their_own() {
    let ids = ["month", "quarter", "year"];
    for (asked, allowed) in [
        ("2015-08", Some("month")),
        ("2015-Q3", Some("quarter")),
        ("2015", Some("year")),
        // Three months are not a quarter asked for by name, and one month listed as a range is none either.
        ("2015-07..2015-09", None),
        ("2015-08..2015-10", None),
        ("2015-08..2015-08", None),
        ("2015-01..2015-12", None),
    ] {
        for id in ids {
            for stem in STEMS {
                let name = format!("{stem}_{id}");
                let selected = Selection::new(span(asked), std::slice::from_ref(&name));
                assert_eq!(selected.is_ok(), allowed == Some(id), "{name} over {asked}");
            }
        }
        let all = Selection::new(span(asked), &[]).unwrap();
        let bounded = all.indicators().iter().filter(|one| one.within().is_some()).count();
        assert_eq!(bounded, if allowed.is_some() { STEMS.len() } else { 0 }, "{asked}");
    }
    let refused = Selection::new(
        span("2015-08..2015-10"),
        &["general_found".into(), "enterprises_inspected_quarter".into(), "major_found_struck_off_year".into()],
    )
    .unwrap_err();
    assert_eq!((refused.reason(), refused.kind()), ("INDICATOR_SPAN_REFUSED", RefusalKind::InvalidArgument));
    assert_eq!(
        refused.to_string(),
        "2015-08..2015-10 is the wrong span for enterprises_inspected_quarter (2015-Q3), major_found_struck_off_year (2015); \
         ask for each over one span like the one in brackets"
    );
}

#[test]
fn unknown_indicators_are_named_together() {
    let refused = Selection::new(span("2015"), &["nonsense".into(), "general_found".into(), "x".repeat(900)]).unwrap_err();
    assert_eq!(refused.reason(), "INDICATOR_UNKNOWN");
    assert!(refused.to_string().contains("`nonsense`, `xxx"), "{refused}");
    assert!(refused.to_string().len() < 300);
}

#[test]
fn a_span_that_has_not_begun_has_no_figures() {
    let selection = select("2015-09", &["general_found"]);
    assert!(selection.begun(at("2015-09-01T0")).is_ok());
    let refused = selection.begun(at("2015-09-01T0").plus_ms(-1)).unwrap_err();
    assert_eq!(refused.to_string(), "there are no figures of 2015-09 yet, today is 2015-08-31");
    assert_eq!(REASONS, ["INDICATOR_UNKNOWN", "INDICATOR_SPAN_REFUSED", "SPAN_NOT_BEGUN"]);
}
