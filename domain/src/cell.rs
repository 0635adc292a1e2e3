//! Cells: counts of one origin, one civil month, one industry category; and the bookings that fill them.

use std::collections::BTreeMap;

use crate::{
    clock::Date,
    indicator::{Counter, Sum, Within},
    industry::IndustryCode,
    period::Month,
    self_inspection::InspectedMonths,
};

/// Counts by [`Counter`]. Adding cells is associative and commutative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell([i64; Counter::COUNT]);

impl Default for Cell {
    fn default() -> Self {
        Self([0; Counter::COUNT])
    }
}

impl Cell {
    /// From values in order; missing ones are zero, surplus ones (a newer catalogue) are left out.
    #[must_use]
    pub fn from_values(values: &[i64]) -> Self {
        let mut cell = Self::default();
        for (slot, value) in cell.0.iter_mut().zip(values) {
            *slot = *value;
        }
        cell
    }

    /// Values in order, trailing zeros left out.
    #[must_use]
    pub fn values(&self) -> &[i64] {
        let used = self.0.iter().rposition(|value| *value != 0).map_or(0, |last| last + 1);
        self.0.get(..used).unwrap_or_default()
    }

    /// One count.
    #[must_use]
    pub fn get(&self, counter: Counter) -> i64 {
        self.0.get(counter.index()).copied().unwrap_or_default()
    }

    /// Adds to one count.
    pub fn add(&mut self, counter: Counter, n: i64) {
        if let Some(slot) = self.0.get_mut(counter.index()) {
            *slot = slot.saturating_add(n);
        }
    }

    /// Adds another cell.
    pub fn merge(&mut self, other: &Self) {
        for (slot, value) in self.0.iter_mut().zip(other.0) {
            *slot = slot.saturating_add(value);
        }
    }

    /// A signed sum of counts.
    #[must_use]
    pub fn sum(&self, sum: Sum) -> i64 {
        sum.iter().fold(0, |total, (counter, factor)| total.saturating_add(self.get(*counter).saturating_mul(*factor)))
    }

    /// Whether every count is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|value| *value == 0)
    }
}

/// Key of a cell within its origin.
pub type CellKey = (Month, IndustryCode);

/// Changes to cells, folded by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bookings(pub BTreeMap<CellKey, Cell>);

impl Bookings {
    /// Books `n` in a month and category.
    pub fn book(&mut self, month: Month, industry: IndustryCode, counter: Counter, n: i64) {
        self.0.entry((month, industry)).or_default().add(counter, n);
    }

    /// Books an end into the finding month, once for each span that holds both dates.
    pub fn book_cohort(&mut self, found: Date, ended: Date, industry: IndustryCode, counters: [Counter; 3]) {
        let [in_month, in_quarter, in_year] = counters;
        let (from, to) = (Month::of(found), Month::of(ended));
        for (within, counter) in [(Within::Month, in_month), (Within::Quarter, in_quarter), (Within::Year, in_year)] {
            if same(from, to, within) {
                self.book(from, industry, counter, 1);
            }
        }
    }

    /// Books the difference that one more month of self-inspection makes to the first times of month, quarter and year.
    pub fn book_first_inspection(&mut self, before: InspectedMonths, month: Month, industry: IndustryCode) -> InspectedMonths {
        use Counter::{EnterprisesInspectedMonth, EnterprisesInspectedQuarter, EnterprisesInspectedYear};
        let counters = [EnterprisesInspectedMonth, EnterprisesInspectedQuarter, EnterprisesInspectedYear];
        self.book_first(before, month, industry, counters)
    }

    /// The same for a month in which an enterprise was inspected from outside.
    pub fn book_first_check(&mut self, before: InspectedMonths, month: Month, industry: IndustryCode) -> InspectedMonths {
        use Counter::{EnterprisesCheckedMonth, EnterprisesCheckedQuarter, EnterprisesCheckedYear};
        let counters = [EnterprisesCheckedMonth, EnterprisesCheckedQuarter, EnterprisesCheckedYear];
        self.book_first(before, month, industry, counters)
    }

    fn book_first(
        &mut self,
        before: InspectedMonths,
        month: Month,
        industry: IndustryCode,
        [in_month, in_quarter, in_year]: [Counter; 3],
    ) -> InspectedMonths {
        let number = month.month();
        let after = before.with(number);
        let quarter_start = (number.saturating_sub(1) / 3) * 3 + 1;
        let spans = [(number, number, in_month), (quarter_start, quarter_start + 2, in_quarter), (1, 12, in_year)];
        for (from, to, counter) in spans {
            let (old, new) = (before.first_in(from, to), after.first_in(from, to));
            if old != new {
                for (first, n) in [(old, -1), (new, 1)] {
                    if let Some(first) = first.and_then(|m| Month::new(month.year(), m).ok()) {
                        self.book(first, industry, counter, n);
                    }
                }
            }
        }
        after
    }
}

fn same(a: Month, b: Month, within: Within) -> bool {
    match within {
        Within::Month => a == b,
        Within::Quarter => (a.year(), a.quarter()) == (b.year(), b.quarter()),
        Within::Year => a.year() == b.year(),
    }
}
