use proptest::prelude::*;

use super::*;

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn span(text: &str) -> Span {
    text.parse().unwrap()
}

#[test]
fn months_begin_and_end_in_china() {
    for (text, first, last, end) in [
        ("2015-08", "2015-08-01", "2015-08-31", "2015-09-01T00:00:00.000+08:00"),
        ("2015-12", "2015-12-01", "2015-12-31", "2016-01-01T00:00:00.000+08:00"),
        ("2016-02", "2016-02-01", "2016-02-29", "2016-03-01T00:00:00.000+08:00"),
        ("2015-02", "2015-02-01", "2015-02-28", "2015-03-01T00:00:00.000+08:00"),
        ("2000-02", "2000-02-01", "2000-02-29", "2000-03-01T00:00:00.000+08:00"),
        ("1900-02", "1900-02-01", "1900-02-28", "1900-03-01T00:00:00.000+08:00"),
    ] {
        let month = month(text);
        assert_eq!(month.first_day().to_string(), first);
        assert_eq!(month.last_day().to_string(), last);
        assert_eq!(month.end().to_string(), end);
        assert_eq!(month.end(), month.next().start());
        assert!(month.contains(month.first_day()) && month.contains(month.last_day()));
        assert!(!month.contains(month.last_day().tomorrow().unwrap()));
    }
}

#[test]
fn a_month_is_read_strictly() {
    for text in ["", "2015", "2015-8", "15-08", "2015-008", "2015-+8", "+015-08", "2015-08 ", "2015/08", "２０15-08"] {
        assert_eq!(text.parse::<Month>(), Err(PeriodFault::NotAMonth { text: text.to_owned() }), "{text}");
    }
    assert_eq!("2015-00".parse::<Month>(), Err(PeriodFault::MonthOutOfRange { month: 0 }));
    assert_eq!("2015-13".parse::<Month>(), Err(PeriodFault::MonthOutOfRange { month: 13 }));
    assert_eq!("0000-01".parse::<Month>(), Err(PeriodFault::YearOutOfRange { year: 0 }));
    assert_eq!(Month::new(-1, 1), Err(PeriodFault::YearOutOfRange { year: -1 }));
    assert_eq!(Month::new(10_000, 1), Err(PeriodFault::YearOutOfRange { year: 10_000 }));
}

#[test]
fn the_ends_of_time_hold_still() {
    assert_eq!(month("9999-12").next(), month("9999-12"));
    assert_eq!(month("0001-01").prev(), month("0001-01"));
    assert_eq!(Month::of(Date::MIN), month("0001-01"));
    assert_eq!(Month::of(Date::MAX), month("9999-12"));
    assert!(month("9999-12").end() > month("9999-12").start());
}

#[test]
fn spans_list_their_months() {
    for (text, months) in [
        ("2015-08", vec!["2015-08"]),
        ("2015-Q3", vec!["2015-07", "2015-08", "2015-09"]),
        ("2015-Q4", vec!["2015-10", "2015-11", "2015-12"]),
        ("2015-12..2016-02", vec!["2015-12", "2016-01", "2016-02"]),
        ("2015-08..2015-08", vec!["2015-08"]),
        ("9999-12..9999-12", vec!["9999-12"]),
    ] {
        let months: Vec<Month> = months.into_iter().map(month).collect();
        assert_eq!(span(text).months().collect::<Vec<_>>(), months, "{text}");
    }
    assert_eq!(span("2016").months().count(), 12);
    assert_eq!(span("2016").start().to_string(), "2016-01-01T00:00:00.000+08:00");
    assert_eq!(span("2016").end().to_string(), "2017-01-01T00:00:00.000+08:00");
}

#[test]
fn a_span_is_read_strictly() {
    for (text, reason) in [
        ("", "PERIOD_NOT_A_SPAN"),
        ("201", "PERIOD_NOT_A_SPAN"),
        ("2015-Q", "PERIOD_NOT_A_SPAN"),
        ("2015-Q12", "PERIOD_NOT_A_SPAN"),
        ("2015-Q0", "PERIOD_QUARTER_OUT_OF_RANGE"),
        ("2015-Q5", "PERIOD_QUARTER_OUT_OF_RANGE"),
        ("2015-q3", "PERIOD_NOT_A_MONTH"),
        ("0000", "PERIOD_YEAR_OUT_OF_RANGE"),
        ("2015-10..2015-08", "PERIOD_REVERSED"),
        ("2015-08..", "PERIOD_NOT_A_MONTH"),
        ("2015-08..2015-09..2015-10", "PERIOD_NOT_A_MONTH"),
        ("2015..2016", "PERIOD_NOT_A_MONTH"),
    ] {
        assert_eq!(text.parse::<Span>().unwrap_err().reason(), reason, "{text}");
    }
}

#[test]
fn a_span_written_by_hand_with_impossible_parts_covers_nothing() {
    for span in [
        Span::Quarter { year: 2015, quarter: 0 },
        Span::Quarter { year: 2015, quarter: 255 },
        Span::Quarter { year: -5, quarter: 1 },
        Span::Year(0),
        Span::Months { from: month("2015-02"), to: month("2015-01") },
    ] {
        assert_eq!(span.months().count(), 0);
        assert_eq!(span.start(), span.end());
        assert!(!span.contains(month("2015-01")));
    }
}

fn months() -> impl Strategy<Value = Month> {
    (1..=9999i16, 1..=12u8).prop_map(|(year, month)| Month::new(year, month).unwrap())
}

proptest! {
    #[test]
    fn a_month_reads_back_as_written(month in months()) {
        prop_assert_eq!(month.to_string().parse::<Month>(), Ok(month));
        prop_assert_eq!(Month::of(month.first_day()), month);
        prop_assert_eq!(Month::of(month.last_day()), month);
        prop_assert!(Span::quarter_of(month).contains(month));
        prop_assert!(Span::year_of(month).contains(month));
    }

    #[test]
    fn next_and_prev_undo_each_other(month in months()) {
        if month.next() != month {
            prop_assert_eq!(month.next().prev(), month);
            prop_assert!(month < month.next());
            prop_assert_eq!(month.end(), month.next().start());
        }
    }

    #[test]
    fn a_span_reads_back_as_written(from in months(), length in 0..40usize, kind in 0..4u8) {
        let to = (0..length).fold(from, |month, _| month.next());
        let span = match kind {
            0 => Span::Month(from),
            1 => Span::quarter_of(from),
            2 => Span::year_of(from),
            _ => Span::between(from, to).unwrap(),
        };
        prop_assert_eq!(span.to_string().parse::<Span>(), Ok(span));
        let months: Vec<Month> = span.months().collect();
        prop_assert!(months.windows(2).all(|pair| pair[0].next() == pair[1]));
        prop_assert_eq!(months.first().map(|month| month.start()), Some(span.start()));
        prop_assert_eq!(months.last().map(|month| month.end()), Some(span.end()));
        prop_assert_eq!(span.last_month(), months.last().copied());
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,24}") {
        let _ = text.parse::<Month>();
        let _ = text.parse::<Span>();
    }
}
