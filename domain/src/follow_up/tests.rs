use std::collections::BTreeSet;

use super::*;
use crate::{
    event::{DeclarationsMissing, Event, RectificationOverdue},
    serial::Serial,
};

fn serial(position: u64) -> Serial {
    Serial::new(1, position).unwrap()
}

#[test]
fn every_rule_has_its_own_name_and_a_cause_that_can_come() {
    let names: BTreeSet<_> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(names.len(), RULES.len());
    for rule in RULES {
        assert!(!rule.zh.is_empty() && !rule.en.is_empty() && !rule.basis.is_empty(), "{}", rule.id);
        match rule.cause {
            Cause::Event(kind) => assert!(KINDS.contains(&kind), "{}: no such event as {kind}", rule.id),
            Cause::Again(of, least) => assert!(names.contains(of) && least >= 2, "{}", rule.id),
            Cause::Silence => {}
        }
        // Only what can still be waited for comes again.
        assert!(rule.every_days == 0 || rule.cause == Cause::Silence, "{}", rule.id);
    }
}

/// The kinds of event that [`About::of`] knows; a rule with another one would never begin.
const KINDS: &[&str] = &[
    "declarations_overdue",
    "declarations_missing",
    "rectification_overdue",
    "reassessment_proposed",
    "dossier_missing",
    "progress_missed",
    "treatment_overdue",
    "county_directive_overdue",
];

#[test]
fn what_happened_begins_its_rules() {
    let began = |event: &Event| begun_by(event.kind()).map(|rule| rule.id).collect::<Vec<_>>();
    let overdue: Event = RectificationOverdue { hazard: serial(7) }.into();
    assert_eq!(began(&overdue), ["hazard_overdue", "hazard_overdue_notice"]);
    assert_eq!(About::of(&overdue), [About::Hazard(serial(7))]);
    let month = "2015-08".parse().unwrap();
    let missing: Event = DeclarationsMissing { month, enterprises: vec![serial(3), serial(4)] }.into();
    assert_eq!(began(&missing), ["declaration_missing"]);
    assert_eq!(About::of(&missing).len(), 2);
    let other: Event = crate::event::HazardAccepted { hazard: serial(7) }.into();
    assert!(began(&other).is_empty() && About::of(&other).is_empty());
}

#[test]
fn in_a_row_the_highest_rule_applies() {
    let next = |times| again("declaration_missing", times).map(|rule| rule.id);
    assert_eq!(
        [next(1), next(2), next(3), next(9)],
        [None, Some("propose_warning"), Some("propose_interview"), Some("propose_interview")]
    );
    assert_eq!(again("progress_missed", 2).map(|rule| rule.id), Some("progress_interview"));
    assert!(again("hazard_overdue", 5).is_none());
}

#[test]
fn clocks_count_working_days_and_end_with_the_day() {
    // 30 September 2015 is the last working day before the holiday week; the fifth one after it is 13 October.
    let begun = Instant::start_of(Date::constant(2015, 9, 30)).plus_ms(9 * 3_600_000);
    let due = rule("extension_undecided").unwrap().due(begun, None);
    assert_eq!(due, Instant::end_of(Date::constant(2015, 10, 13)));
    let named = rule("blacklist_undecided").unwrap();
    assert_eq!(named.due(begun, Some(Date::constant(2015, 10, 3))), Instant::end_of(Date::constant(2015, 10, 3)));
    assert_eq!(named.due(begun, Some(Date::constant(2015, 9, 3))), begun, "never before it began");
    let sampling = rule("blacklist_sampling").unwrap();
    assert_eq!((sampling.due(begun, None), sampling.again(begun)), (begun, Some(begun.plus_days(184))));
    assert_eq!(rule("hazard_overdue").unwrap().again(begun), None);
    assert_eq!(rule("hazard_overdue_notice").unwrap().answer_by(begun), None);
}

#[test]
fn a_path_says_what_it_is_about() {
    let month = "2015-08".parse().unwrap();
    for about in [
        About::Declaration(serial(3), month),
        About::Hazard(serial(4)),
        About::Dossier(serial(5)),
        About::CountyDirective(serial(6)),
        About::Measure(serial(7)),
        About::Directive("bs/1-17".to_owned()),
        About::Training(serial(8)),
        About::Submission(serial(9)),
        About::Organisation,
    ] {
        assert_eq!(About::from_path(&about.to_string()), Some(about));
    }
    for nothing in ["", "hazards", "hazards/x", "accounts/a", "enterprises/1-3/declarations/2015"] {
        assert_eq!(About::from_path(nothing), None, "{nothing}");
    }
}
