//! Working days: Monday to Friday, with the official holidays and the weekend days worked for them.
//!
//! The shipped table is `deploy/data/workdays.csv`, whose head states its source; a county may put a version of its own in force
//! ([`crate::rule_table`]). A year that it does not list has plain weeks: clocks that count working days then err by the holidays, towards
//! the stricter side.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Weekday;

use crate::clock::Date;
use crate::csv_table::{TableFault, rows};

/// The shipped table.
pub const SHIPPED: &str = include_str!("../../deploy/data/workdays.csv");

/// A test proves that the shipped table parses; a broken one would leave plain weeks.
static TABLE: LazyLock<Workdays> = LazyLock::new(|| Workdays::parse(SHIPPED).unwrap_or_default());

/// Days that are not what their weekday says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workdays {
    exceptions: BTreeMap<Date, bool>,
}

/// The shipped table, parsed.
#[must_use]
pub fn shipped() -> &'static Workdays {
    &TABLE
}

impl Workdays {
    /// Reads a table.
    ///
    /// # Errors
    /// The line and what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, TableFault> {
        let read = rows("workdays.csv", text)?;
        let exceptions = read.iter().map(|row| {
            let works = match row.field(1) {
                "work" => true,
                "off" => false,
                other => return Err(row.fault(format!("`{other}` is neither work nor off"))),
            };
            Ok((row.parse::<Date>(0)?, works))
        });
        Ok(Self { exceptions: exceptions.collect::<Result<_, _>>()? })
    }

    /// The days, with whether offices work.
    pub fn exceptions(&self) -> impl Iterator<Item = (Date, bool)> {
        self.exceptions.iter().map(|(date, works)| (*date, *works))
    }

    /// Whether offices work on that day.
    #[must_use]
    pub fn is_working_day(&self, date: Date) -> bool {
        let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
        self.exceptions.get(&date).copied().unwrap_or(!weekend)
    }

    /// The `count`-th working day after a day; the day itself if `count` is 0.
    #[must_use]
    pub fn after(&self, date: Date, count: u32) -> Date {
        self.walk(date, count, Date::tomorrow)
    }

    /// The `count`-th working day before a day; the day itself if `count` is 0.
    #[must_use]
    pub fn before(&self, date: Date, count: u32) -> Date {
        self.walk(date, count, Date::yesterday)
    }

    /// At the ends of the calendar it stays where it is.
    fn walk(&self, date: Date, count: u32, step: fn(Date) -> Result<Date, jiff::Error>) -> Date {
        let mut at = date;
        for _ in 0..count {
            loop {
                let Ok(next) = step(at) else { return at };
                at = next;
                if self.is_working_day(at) {
                    break;
                }
            }
        }
        at
    }
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
        let exceptions = Workdays::parse(SHIPPED).unwrap().exceptions;
        assert!(exceptions.len() > 40);
        for (date, works) in exceptions {
            let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
            assert_eq!(weekend, works, "{date} is what its weekday says");
        }
    }

    #[test]
    fn national_day_week_and_its_saturday() {
        assert!(!shipped().is_working_day(day(2015, 10, 5)), "a Monday in the holiday");
        assert!(shipped().is_working_day(day(2015, 10, 10)), "a Saturday worked for it");
        assert_eq!(shipped().after(day(2015, 9, 30), 1), day(2015, 10, 8));
        assert_eq!(shipped().after(day(2015, 9, 30), 5), day(2015, 10, 13));
        assert_eq!(shipped().before(day(2015, 10, 8), 1), day(2015, 9, 30));
        assert_eq!(shipped().after(day(2017, 3, 3), 1), day(2017, 3, 6), "a plain week in a year that is not listed");
    }

    proptest! {
        #[test]
        fn there_and_back_between_working_days(offset in 0_i64..1_000, count in 0_u32..60) {
            let start = crate::clock::Instant::start_of(day(2015, 1, 1)).plus_days(offset).date();
            prop_assume!(shipped().is_working_day(start));
            let there = shipped().after(start, count);
            prop_assert!(shipped().is_working_day(there));
            prop_assert_eq!(shipped().before(there, count), start);
        }
    }
}
