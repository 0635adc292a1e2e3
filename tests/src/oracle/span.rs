//! Spans of months as they are written in a query.

use crate::calendar::Month;

/// `2015-08`, `2015-Q3`, `2015` or `2015-08..2015-10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// One month.
    Month(Month),
    /// Year and quarter.
    Quarter(i32, u8),
    /// Year.
    Year(i32),
    /// First and last month.
    Months(Month, Month),
}

impl Span {
    /// Reads one.
    ///
    /// # Panics
    /// If it is written wrongly: spans here come from tests.
    pub fn parse(text: &str) -> Self {
        let month = |text: &str| Month::new(text[..4].parse().unwrap(), text[5..].parse().unwrap());
        if let Some((from, to)) = text.split_once("..") {
            Span::Months(month(from), month(to))
        } else if let Some((year, quarter)) = text.split_once("-Q") {
            Span::Quarter(year.parse().unwrap(), quarter.parse().unwrap())
        } else if text.len() == 4 {
            Span::Year(text.parse().unwrap())
        } else {
            Span::Month(month(text))
        }
    }

    /// First and last month.
    pub fn ends(self) -> (Month, Month) {
        match self {
            Span::Month(month) => (month, month),
            Span::Quarter(year, quarter) => (Month::new(year, quarter * 3 - 2), Month::new(year, quarter * 3)),
            Span::Year(year) => (Month::new(year, 1), Month::new(year, 12)),
            Span::Months(from, to) => (from, to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_ends() {
        for (text, from, to) in [("2015-08", 8, 8), ("2015-Q3", 7, 9), ("2015", 1, 12), ("2015-08..2015-10", 8, 10)] {
            assert_eq!(Span::parse(text).ends(), (Month::new(2015, from), Month::new(2015, to)));
        }
    }
}
