//! The spans of months over which figures are asked for.

use std::fmt;
use std::str::FromStr;

use super::{Month, PeriodFault, YEARS, digits};
use crate::clock::Instant;

/// The months that a figure is asked for.
///
/// Variants differ in meaning even where they cover the same months: a distinct count for the third quarter may be read
/// over [`Span::Quarter`], not over three months listed one by one. Build spans with the constructors or by parsing;
/// a span written by hand with impossible parts covers no month at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Span {
    /// One month, `2015-08`.
    Month(Month),
    /// One quarter, `2015-Q3`; `quarter` is 1 to 4.
    Quarter { year: i16, quarter: u8 },
    /// One civil year, `2015`.
    Year(i16),
    /// Consecutive months, both ends included, `2015-08..2015-10`.
    Months { from: Month, to: Month },
}

impl Span {
    /// Quarter `quarter` (1 to 4) of `year`.
    ///
    /// # Errors
    /// [`PeriodFault::YearOutOfRange`] or [`PeriodFault::QuarterOutOfRange`].
    pub fn quarter(year: i16, quarter: u8) -> Result<Self, PeriodFault> {
        if !(1..=4).contains(&quarter) {
            return Err(PeriodFault::QuarterOutOfRange { quarter });
        }
        if !YEARS.contains(&year) {
            return Err(PeriodFault::YearOutOfRange { year });
        }
        Ok(Self::Quarter { year, quarter })
    }

    /// The civil year `year`.
    ///
    /// # Errors
    /// [`PeriodFault::YearOutOfRange`].
    pub fn year(year: i16) -> Result<Self, PeriodFault> {
        if YEARS.contains(&year) { Ok(Self::Year(year)) } else { Err(PeriodFault::YearOutOfRange { year }) }
    }

    /// The months `from` to `to`, both included.
    ///
    /// # Errors
    /// [`PeriodFault::Reversed`] if `to` lies before `from`.
    pub fn between(from: Month, to: Month) -> Result<Self, PeriodFault> {
        if from <= to { Ok(Self::Months { from, to }) } else { Err(PeriodFault::Reversed { from, to }) }
    }

    /// The quarter that `month` lies in.
    pub fn quarter_of(month: Month) -> Self {
        Self::Quarter { year: month.year(), quarter: month.quarter() }
    }

    /// The year that `month` lies in.
    pub fn year_of(month: Month) -> Self {
        Self::Year(month.year())
    }

    /// The first and the last month, or `None` for a span written by hand with impossible parts.
    fn ends(self) -> Option<(Month, Month)> {
        let (from, to) = match self {
            Self::Month(month) => (month, month),
            Self::Quarter { year, quarter } => {
                if !(1..=4).contains(&quarter) {
                    return None;
                }
                (Month::new(year, quarter * 3 - 2).ok()?, Month::new(year, quarter * 3).ok()?)
            }
            Self::Year(year) => (Month::new(year, 1).ok()?, Month::new(year, 12).ok()?),
            Self::Months { from, to } => (from, to),
        };
        (from <= to).then_some((from, to))
    }

    /// The months of the span in order.
    pub fn months(self) -> impl Iterator<Item = Month> + Clone {
        let last = self.ends().map(|(_, last)| last);
        std::iter::successors(self.ends().map(|(first, _)| first), move |&month| {
            last.filter(|&last| month < last).map(|_| month.next())
        })
    }

    /// Whether `month` is one of the span's months.
    pub fn contains(self, month: Month) -> bool {
        self.ends().is_some_and(|(first, last)| first <= month && month <= last)
    }

    /// The last month; the register is read on its last day. `None` only for a span written by hand with impossible parts.
    pub fn last_month(self) -> Option<Month> {
        self.ends().map(|(_, last)| last)
    }

    /// 00:00 in UTC+8 on the first day. A span written by hand with impossible parts begins and ends at the Unix epoch.
    pub fn start(self) -> Instant {
        self.ends().map_or(Instant::from_ms(0), |(first, _)| first.start())
    }

    /// 24:00 in UTC+8 on the last day: the first instant after the span.
    pub fn end(self) -> Instant {
        self.ends().map_or(Instant::from_ms(0), |(_, last)| last.end())
    }
}

impl From<Month> for Span {
    fn from(month: Month) -> Self {
        Self::Month(month)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(month) => month.fmt(f),
            Self::Quarter { year, quarter } => write!(f, "{year:04}-Q{quarter}"),
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Months { from, to } => write!(f, "{from}..{to}"),
        }
    }
}

impl FromStr for Span {
    type Err = PeriodFault;

    /// Reads `2015-08`, `2015-Q3`, `2015` or `2015-08..2015-10`.
    fn from_str(text: &str) -> Result<Self, PeriodFault> {
        let not_a_span = || PeriodFault::NotASpan { text: text.to_owned() };
        if let Some((from, to)) = text.split_once("..") {
            return Self::between(from.parse()?, to.parse()?);
        }
        if let Some((year, quarter)) = text.split_once("-Q") {
            let year = digits(year, 4).ok_or_else(not_a_span)?;
            let quarter = digits(quarter, 1).ok_or_else(not_a_span)?;
            return Self::quarter(year as i16, quarter as u8);
        }
        if text.contains('-') {
            return text.parse().map(Self::Month);
        }
        Self::year(digits(text, 4).ok_or_else(not_a_span)? as i16)
    }
}
