//! Civil days and months of UTC+8 in plain arithmetic, apart from the calendar of the programs on purpose: the oracle must not
//! inherit a mistake of theirs.

use std::fmt;

use changxiao_proto::types::v1 as wire;

/// Milliseconds in a civil day; UTC+8 has no summer time.
pub const DAY_MS: i64 = 86_400_000;
/// UTC+8.
const ZONE_MS: i64 = 8 * 3_600_000;

/// One civil day in UTC+8, counted from 1970-01-01.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Day {
    /// The day with this year, month and day of the month, all counted from one.
    pub const fn new(year: i32, month: u8, day: u8) -> Self {
        // March-based years put the leap day at the end, so every month before it has a fixed offset.
        let shifted = year as i64 - (month <= 2) as i64;
        let era = shifted.div_euclid(400);
        let of_era = shifted.rem_euclid(400);
        let march_month = (month as i64 + 9) % 12;
        let of_year = (153 * march_month + 2) / 5 + day as i64 - 1;
        Day(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
    }

    /// The civil day in which an instant (UTC milliseconds) lies.
    pub fn of(instant_ms: i64) -> Self {
        Day((instant_ms + ZONE_MS).div_euclid(DAY_MS))
    }

    /// Year, month and day of the month.
    pub fn ymd(self) -> (i32, u8, u8) {
        let shifted = self.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year as i32, month as u8, day as u8)
    }

    /// The day this many days later (earlier if negative).
    pub fn plus(self, days: i64) -> Self {
        Day(self.0 + days)
    }

    /// Days from the other day to this one.
    pub fn since(self, other: Day) -> i64 {
        self.0 - other.0
    }

    /// 00:00 of this day, UTC milliseconds.
    pub fn start_ms(self) -> i64 {
        self.0 * DAY_MS - ZONE_MS
    }

    /// This time of the day, UTC milliseconds.
    pub fn at(self, hour: i64, minute: i64) -> i64 {
        self.start_ms() + (hour * 60 + minute) * 60_000
    }

    /// The first instant that no longer belongs to this day, UTC milliseconds.
    pub fn end_ms(self) -> i64 {
        self.plus(1).start_ms()
    }

    /// The month of this day.
    pub fn month(self) -> Month {
        let (year, month, _) = self.ymd();
        Month { year, month }
    }

    /// As it travels.
    pub fn wire(self) -> wire::Date {
        let (year, month, day) = self.ymd();
        wire::Date { year, month: i32::from(month), day: i32::from(day) }
    }

    /// As it travelled.
    pub fn from_wire(date: &wire::Date) -> Self {
        Day::new(date.year, date.month as u8, date.day as u8)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One civil month in UTC+8.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Four digits.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
}

impl Month {
    /// The month with this year and number.
    pub const fn new(year: i32, month: u8) -> Self {
        Month { year, month }
    }

    /// The month after.
    pub fn next(self) -> Self {
        if self.month == 12 { Month::new(self.year + 1, 1) } else { Month::new(self.year, self.month + 1) }
    }

    /// Its first day.
    pub fn first(self) -> Day {
        Day::new(self.year, self.month, 1)
    }

    /// Its last day.
    pub fn last(self) -> Day {
        self.next().first().plus(-1)
    }

    /// 1 to 4.
    pub fn quarter(self) -> u8 {
        (self.month - 1) / 3 + 1
    }

    /// The first instant at which a declaration for this month is late: the end of the 5th of the month after, holiday or not.
    pub fn late_from_ms(self) -> i64 {
        Day::new(self.next().year, self.next().month, 5).end_ms()
    }

    /// From the wire.
    pub fn from_wire(month: &wire::Month) -> Self {
        Month::new(month.year, u8::try_from(month.month).unwrap())
    }

    /// As it travels.
    pub fn wire(self) -> wire::Month {
        wire::Month { year: self.year, month: i32::from(self.month) }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An instant in the words of UTC+8, such as `2015-10-05 23:59:59.999`.
pub fn civil(instant_ms: i64) -> String {
    let day = Day::of(instant_ms);
    let rest = instant_ms - day.start_ms();
    let (hour, minute, second, milli) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60, rest % 1_000);
    if milli == 0 {
        format!("{day} {hour:02}:{minute:02}:{second:02}")
    } else {
        format!("{day} {hour:02}:{minute:02}:{second:02}.{milli:03}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_go_there_and_back() {
        for (year, month, day) in [(1970, 1, 1), (2000, 2, 29), (2015, 8, 1), (2015, 12, 31), (2016, 2, 29), (2100, 3, 1)] {
            assert_eq!(Day::new(year, month, day).ymd(), (year, month, day));
        }
        assert_eq!(Day::new(2015, 8, 1).start_ms(), 1_438_358_400_000);
        for offset in -800..80_000 {
            let day = Day(offset);
            let (year, month, of_month) = day.ymd();
            assert_eq!(Day::new(year, month, of_month), day);
        }
    }

    #[test]
    fn a_millisecond_decides_between_two_days() {
        let late = Month::new(2015, 9).late_from_ms();
        assert_eq!(civil(late), "2015-10-06 00:00:00");
        assert_eq!(civil(late - 1), "2015-10-05 23:59:59.999");
        assert_eq!(Day::of(late - 1), Day::new(2015, 10, 5));
        assert_eq!(Month::new(2015, 12).last(), Day::new(2015, 12, 31));
    }
}
