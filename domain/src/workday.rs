//! Working days: Monday to Friday, with the official holidays and the weekend days worked for them.
//!
//! The table is `deploy/data/workdays.csv`, whose head states its source. A year that it does not list has plain weeks: clocks that
//! count working days then err by the holidays, towards the stricter side.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Weekday;

use crate::clock::Date;
use crate::csv_table::{TableFault, rows};

const TABLE: &str = include_str!("../../deploy/data/workdays.csv");

/// A test proves that the shipped table parses; a broken one would leave plain weeks.
static EXCEPTIONS: LazyLock<BTreeMap<Date, bool>> = LazyLock::new(|| parse(TABLE).unwrap_or_default());

fn parse(text: &str) -> Result<BTreeMap<Date, bool>, TableFault> {
    rows("workdays.csv", text)?
        .iter()
        .map(|row| {
            let works = match row.field(1) {
                "work" => true,
                "off" => false,
                other => return Err(row.fault(format!("`{other}` is neither work nor off"))),
            };
            Ok((row.parse::<Date>(0)?, works))
        })
        .collect()
}

/// Whether offices work on that day.
#[must_use]
pub fn is_working_day(date: Date) -> bool {
    let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    EXCEPTIONS.get(&date).copied().unwrap_or(!weekend)
}

/// The `count`-th working day after a day; the day itself if `count` is 0.
#[must_use]
pub fn after(date: Date, count: u32) -> Date {
    walk(date, count, Date::tomorrow)
}

/// The `count`-th working day before a day; the day itself if `count` is 0.
#[must_use]
pub fn before(date: Date, count: u32) -> Date {
    walk(date, count, Date::yesterday)
}

/// At the ends of the calendar it stays where it is.
fn walk(date: Date, count: u32, step: fn(Date) -> Result<Date, jiff::Error>) -> Date {
    let mut at = date;
    for _ in 0..count {
        loop {
            let Ok(next) = step(at) else { return at };
            at = next;
            if is_working_day(at) {
                break;
            }
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(year: i16, month: i8, day: i8) -> Date {
        Date::constant(year, month, day)
    }

    #[test]
    fn the_shipped_table_parses_and_every_row_is_an_exception() {
        let exceptions = parse(TABLE).unwrap();
        assert!(exceptions.len() > 40);
        for (date, works) in exceptions {
            let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
            assert_eq!(weekend, works, "{date} is what its weekday says");
        }
    }

    #[test]
    fn national_day_week_and_its_saturday() {
        assert!(!is_working_day(day(2015, 10, 5)), "a Monday in the holiday");
        assert!(is_working_day(day(2015, 10, 10)), "a Saturday worked for it");
        assert_eq!(after(day(2015, 9, 30), 1), day(2015, 10, 8));
        assert_eq!(after(day(2015, 9, 30), 5), day(2015, 10, 13));
        assert_eq!(before(day(2015, 10, 8), 1), day(2015, 9, 30));
        assert_eq!(after(day(2017, 3, 3), 1), day(2017, 3, 6), "a plain week in a year that is not listed");
    }

    proptest! {
        #[test]
        fn there_and_back_between_working_days(offset in 0_i64..1_000, count in 0_u32..60) {
            let start = crate::clock::Instant::start_of(day(2015, 1, 1)).plus_days(offset).date();
            prop_assume!(is_working_day(start));
            let there = after(start, count);
            prop_assert!(is_working_day(there));
            prop_assert_eq!(before(there, count), start);
        }
    }
}
