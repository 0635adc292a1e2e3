//! Instants, civil dates and the clock that is handed in.
//!
//! Instants are stored and compared as UTC milliseconds. Everything civil (dates, months, deadlines) is decided in
//! China Standard Time, which is UTC+8 without daylight saving for every date this system deals with.
//! Nothing here reads a clock: `main` builds one and hands it down.

use std::fmt;

use jiff::SignedDuration;
pub use jiff::civil::Date;

/// Length of a civil day in milliseconds; UTC+8 has no days of another length.
pub const DAY_MS: i64 = 86_400_000;

/// Offset of China Standard Time from UTC, in milliseconds.
const OFFSET_MS: i64 = 8 * 3_600_000;

const UNIX_EPOCH: Date = Date::constant(1970, 1, 1);

/// A point in time: UTC milliseconds since 1970-01-01T00:00:00Z.
///
/// Any `i64` is a valid instant. Civil dates exist only for the years -9999 to 9999; an instant beyond them is shown
/// as the nearest such date, so a hostile number from outside can be ordered and printed but never panics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// The instant `ms` milliseconds after the Unix epoch.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// This instant moved by `ms` milliseconds (negative: earlier), stopping at the ends of the range.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// This instant moved by whole days of 24 hours (negative: earlier), stopping at the ends of the range.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        self.plus_ms(days.saturating_mul(DAY_MS))
    }

    /// Milliseconds from `earlier` to this instant; negative if `earlier` is later, stopping at the ends of the range.
    pub const fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The civil date in UTC+8 at this instant.
    pub fn date(self) -> Date {
        let days = self.0.saturating_add(OFFSET_MS).div_euclid(DAY_MS);
        // At most 1.1e11 days, so the product stays below 9.3e15 seconds.
        UNIX_EPOCH.saturating_add(SignedDuration::from_secs(days * (DAY_MS / 1000)))
    }

    /// 00:00 in UTC+8 on `date`: the first instant of that day.
    pub fn start_of(date: Date) -> Self {
        let seconds = UNIX_EPOCH.duration_until(date).as_secs();
        Self(seconds.saturating_mul(1000).saturating_sub(OFFSET_MS))
    }

    /// 24:00 in UTC+8 on `date`, that is 00:00 of the following day: the first instant that no longer belongs to `date`.
    pub fn end_of(date: Date) -> Self {
        Self::start_of(date).plus_days(1)
    }
}

impl fmt::Display for Instant {
    /// ISO 8601 with milliseconds in UTC+8, such as `2015-10-05T23:59:59.999+08:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.date();
        let of_day = self.0.saturating_add(OFFSET_MS).rem_euclid(DAY_MS);
        let (seconds, millis) = (of_day / 1000, of_day % 1000);
        write!(f, "{date}T{:02}:{:02}:{:02}.{millis:03}+08:00", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

/// The clock everything below `main` is handed; deadlines are tested by moving it.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Instant;
}

impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn now(&self) -> Instant {
        (**self).now()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn instants_print_in_china() {
        for (ms, printed) in [
            (0, "1970-01-01T08:00:00.000+08:00"),
            (-1, "1970-01-01T07:59:59.999+08:00"),
            (-OFFSET_MS - 1, "1969-12-31T23:59:59.999+08:00"),
            (1_444_060_799_999, "2015-10-05T23:59:59.999+08:00"),
            (1_444_060_800_000, "2015-10-06T00:00:00.000+08:00"),
            (1_456_675_200_000, "2016-02-29T00:00:00.000+08:00"),
        ] {
            assert_eq!(Instant::from_ms(ms).to_string(), printed);
        }
    }

    #[test]
    fn a_day_ends_where_the_next_begins() {
        let day = Date::constant(2015, 12, 31);
        assert_eq!(Instant::end_of(day), Instant::start_of(Date::constant(2016, 1, 1)));
        assert_eq!(Instant::end_of(day).plus_ms(-1).date(), day);
        assert_eq!(Instant::start_of(day).date(), day);
    }

    #[test]
    fn out_of_range_is_the_nearest_date() {
        assert_eq!(Instant::from_ms(i64::MAX).date(), Date::MAX);
        assert_eq!(Instant::from_ms(i64::MIN).date(), Date::MIN);
        assert_eq!(Instant::from_ms(i64::MAX).plus_days(1).ms(), i64::MAX);
        assert_eq!(Instant::from_ms(0).plus_days(i64::MIN).ms(), i64::MIN);
        assert_eq!(Instant::from_ms(i64::MAX).ms_since(Instant::from_ms(i64::MIN)), i64::MAX);
        assert!(Instant::start_of(Date::MIN) < Instant::start_of(Date::MAX));
        assert!(Instant::end_of(Date::MAX) > Instant::start_of(Date::MAX));
    }

    proptest! {
        #[test]
        fn any_number_prints_and_has_a_date(ms: i64) {
            let instant = Instant::from_ms(ms);
            prop_assert!(instant.to_string().ends_with("+08:00"));
            prop_assert!(instant.date() >= Date::MIN && instant.date() <= Date::MAX);
        }

        #[test]
        fn an_instant_lies_within_its_day(ms in -60_000_000_000_000i64..250_000_000_000_000) {
            let instant = Instant::from_ms(ms);
            prop_assert!(Instant::start_of(instant.date()) <= instant);
            prop_assert!(instant < Instant::end_of(instant.date()));
        }

        #[test]
        fn dates_go_with_instants(one in -60_000_000_000_000i64..250_000_000_000_000, ahead in 0i64..10_000_000_000) {
            prop_assert!(Instant::from_ms(one).date() <= Instant::from_ms(one + ahead).date());
        }
    }
}
