use super::*;

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn span(text: &str) -> Span {
    text.parse().unwrap()
}

/// 2015-08-20T23 is 23:00 in UTC+8 on that day.
fn at(text: &str) -> Instant {
    let (date, hour) = text.split_once('T').unwrap();
    Instant::start_of(date.parse().unwrap()).plus_ms(hour.parse::<i64>().unwrap() * 3_600_000)
}

const MINUTE: i64 = 60_000;

/// How an origin stands that reports since August, was verified so many minutes ago, and closed these months.
fn stands(asked: &str, now: &str, minutes_ago: Option<i64>, closed: &[&str]) -> String {
    let calendar = StatutoryCalendar::default();
    let now = at(now);
    let asked = Asked { span: span(asked), now, fresh_within_ms: 15 * MINUTE, calendar: &calendar };
    let freshness = minutes_ago.map(|minutes| Freshness { verified_at: Some(now.plus_ms(-minutes * MINUTE)), quarantine: None });
    let held = Held { facts: !closed.is_empty(), unreadable: false, closed: closed.iter().map(|text| month(text)).collect() };
    let joined = Some(month("2015-08"));
    match standing(&asked, joined, freshness.as_ref(), &held) {
        Standing::Reported => "reported".to_owned(),
        Standing::Unknown => unknown_reason(&asked, joined).to_owned(),
        Standing::Stale { since, reason } | Standing::Quarantined { since, reason } => {
            format!("{reason} {}", since.map_or_else(|| "ever".to_owned(), |since| since.date().to_string()))
        }
    }
}

#[test]
fn an_origin_stands_by_its_closed_months_and_by_when_it_was_last_heard() {
    let august = &["2015-08"];
    for (asked, now, minutes_ago, closed, wanted) in [
        // Before it joined.
        ("2015-07", "2015-09-10T0", Some(0), &august[..], "NOT_JOINED"),
        ("2015", "2015-07-10T0", Some(0), &[][..], "NOT_JOINED"),
        ("2015-08", "2015-09-10T0", None, &[], "NEVER_REPORTED"),
        // A closed month stands whatever became of its county.
        ("2015-08", "2015-12-10T0", None, august, "reported"),
        ("2015-08", "2015-12-10T0", Some(99), august, "reported"),
        // An open month stands as long as its county is heard.
        ("2015-08", "2015-08-10T0", Some(0), &[], "reported"),
        ("2015-08", "2015-08-10T0", Some(14), &[], "reported"),
        ("2015-08", "2015-08-10T0", Some(15), &[], "SILENT 2015-08-09"),
        ("2015-08", "2015-09-06T23", Some(0), &[], "reported"),
        ("2015-08", "2015-09-07T0", Some(0), &[], "MONTH_NOT_CLOSED 2015-09-07"),
        ("2015-08", "2015-09-07T0", Some(15), &[], "SILENT 2015-09-06"),
        // Every month that has begun counts; those before joining and those to come do not.
        ("2015-Q3", "2015-09-10T0", Some(0), august, "reported"),
        ("2015-Q3", "2015-09-10T0", Some(0), &[], "MONTH_NOT_CLOSED 2015-09-07"),
        ("2015-Q3", "2015-09-10T0", None, august, "SILENT ever"),
        ("2015-Q3", "2015-10-07T0", Some(0), august, "MONTH_NOT_CLOSED 2015-10-07"),
        ("2015-Q3", "2015-12-10T0", None, &["2015-08", "2015-09"], "reported"),
        ("2015", "2015-10-07T0", Some(1), &["2015-08", "2015-09"], "reported"),
        ("0001-01..9999-12", "2015-10-07T0", Some(1), &["2015-08", "2015-09"], "reported"),
    ] {
        assert_eq!(stands(asked, now, minutes_ago, closed), wanted, "{asked} at {now}, {minutes_ago:?}");
    }
}

#[test]
fn quarantine_and_unreadable_facts_are_told_before_silence() {
    let calendar = StatutoryCalendar::default();
    let now = at("2015-09-10T0");
    let asked = Asked { span: span("2015-08"), now, fresh_within_ms: 15 * MINUTE, calendar: &calendar };
    let mut freshness = Freshness { verified_at: Some(now), quarantine: None };
    let mut held = Held { facts: true, unreadable: true, closed: [month("2015-08")].into() };
    let joined = Some(month("2015-08"));
    let reason = |freshness: &Freshness, held: &Held| match standing(&asked, joined, Some(freshness), held) {
        Standing::Stale { reason, .. } => format!("stale {reason}"),
        Standing::Quarantined { reason, .. } => format!("quarantined {reason}"),
        other => format!("{other:?}"),
    };
    assert_eq!(reason(&freshness, &held), "stale FACT_UNREADABLE");
    freshness.quarantine = Some(Quarantine { since: Some(now), reason: "PROOF_FAILED".to_owned() });
    assert_eq!(reason(&freshness, &held), "quarantined PROOF_FAILED");
    held.unreadable = false;
    freshness.quarantine = None;
    assert_eq!(reason(&freshness, &held), "Reported");
}
