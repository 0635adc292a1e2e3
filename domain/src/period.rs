//! Civil months and the spans of months over which figures are asked for.

use std::fmt;
use std::str::FromStr;

use crate::clock::{Date, Instant};

mod span;
#[cfg(test)]
mod tests;

pub use span::Span;

/// First and last year a period may lie in: those that print as four digits.
const YEARS: std::ops::RangeInclusive<i16> = 1..=9999;

/// Why a month or a span was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodFault {
    #[error("`{text}` is not a month; write it like 2015-08")]
    NotAMonth { text: String },
    #[error("`{text}` is not a span; write 2015-08, 2015-Q3, 2015 or 2015-08..2015-10")]
    NotASpan { text: String },
    #[error("year {year} is outside 1 to 9999")]
    YearOutOfRange { year: i16 },
    #[error("month {month} is outside 1 to 12")]
    MonthOutOfRange { month: u8 },
    #[error("quarter {quarter} is outside 1 to 4")]
    QuarterOutOfRange { quarter: u8 },
    #[error("the span ends in {to}, before it begins in {from}")]
    Reversed { from: Month, to: Month },
}

impl PeriodFault {
    /// Stable name of this fault for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotAMonth { .. } => "PERIOD_NOT_A_MONTH",
            Self::NotASpan { .. } => "PERIOD_NOT_A_SPAN",
            Self::YearOutOfRange { .. } => "PERIOD_YEAR_OUT_OF_RANGE",
            Self::MonthOutOfRange { .. } => "PERIOD_MONTH_OUT_OF_RANGE",
            Self::QuarterOutOfRange { .. } => "PERIOD_QUARTER_OUT_OF_RANGE",
            Self::Reversed { .. } => "PERIOD_REVERSED",
        }
    }
}

/// A civil month in UTC+8 such as `2015-08`, from 0001-01 to 9999-12.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: u8,
}

impl Month {
    /// The month `month` (1 to 12) of `year` (1 to 9999).
    ///
    /// # Errors
    /// [`PeriodFault::YearOutOfRange`] or [`PeriodFault::MonthOutOfRange`].
    pub const fn new(year: i16, month: u8) -> Result<Self, PeriodFault> {
        if year < *YEARS.start() || year > *YEARS.end() {
            return Err(PeriodFault::YearOutOfRange { year });
        }
        if month < 1 || month > 12 {
            return Err(PeriodFault::MonthOutOfRange { month });
        }
        Ok(Self { year, month })
    }

    /// The month that contains `date`; a date outside the years 1 to 9999 falls into the nearest month.
    pub fn of(date: Date) -> Self {
        if date.year() < *YEARS.start() {
            return Self { year: *YEARS.start(), month: 1 };
        }
        Self { year: date.year(), month: date.month().unsigned_abs() }
    }

    /// The civil year.
    pub const fn year(self) -> i16 {
        self.year
    }

    /// The month of the year, 1 to 12.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// The quarter of the year, 1 to 4.
    pub const fn quarter(self) -> u8 {
        self.month.div_ceil(3)
    }

    /// The month after this one; the last possible month is followed by itself.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.month < 12 {
            Self { year: self.year, month: self.month + 1 }
        } else if self.year < *YEARS.end() {
            Self { year: self.year + 1, month: 1 }
        } else {
            self
        }
    }

    /// The month before this one; the first possible month is preceded by itself.
    #[must_use]
    pub const fn prev(self) -> Self {
        if self.month > 1 {
            Self { year: self.year, month: self.month - 1 }
        } else if self.year > *YEARS.start() {
            Self { year: self.year - 1, month: 12 }
        } else {
            self
        }
    }

    /// The 1st of the month.
    pub const fn first_day(self) -> Date {
        // Year and month were checked by the only constructors, and every month has a 1st.
        Date::constant(self.year, self.month as i8, 1)
    }

    /// The 28th to 31st, whichever ends the month.
    pub fn last_day(self) -> Date {
        self.first_day().last_of_month()
    }

    /// Whether `date` lies in this month.
    pub fn contains(self, date: Date) -> bool {
        date.year() == self.year && date.month() == self.month as i8
    }

    /// 00:00 in UTC+8 on the 1st.
    pub fn start(self) -> Instant {
        Instant::start_of(self.first_day())
    }

    /// 24:00 in UTC+8 on the last day: the first instant after the month.
    pub fn end(self) -> Instant {
        Instant::end_of(self.last_day())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = PeriodFault;

    /// Reads exactly `YYYY-MM`.
    fn from_str(text: &str) -> Result<Self, PeriodFault> {
        let not_a_month = || PeriodFault::NotAMonth { text: text.to_owned() };
        let (year, month) = text.split_once('-').ok_or_else(not_a_month)?;
        let year = digits(year, 4).ok_or_else(not_a_month)?;
        let month = digits(month, 2).ok_or_else(not_a_month)?;
        // Four and two digits fit i16 and u8.
        Self::new(year as i16, month as u8)
    }
}

/// The number written by exactly `count` (at most four) decimal digits, without sign or blanks.
fn digits(text: &str, count: usize) -> Option<u16> {
    let plain = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}
