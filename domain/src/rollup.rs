//! Rollups: the counts of many origins taken together, and the figures read from them.
//!
//! An origin's cells are folded for one span ([`Counts`]); origins are added up ([`Rollup::sum`], [`Rollup::merge`]).
//! Adding is associative and commutative, so neither the order of origins nor the tiers between them can change a figure.
//! Values are read only together with the [`Coverage`] they rest on, and a rollup behind which nobody ever reported has no
//! values at all: absent is not zero.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use crate::cell::Cell;
use crate::coverage::{Coverage, Standing};
use crate::indicator::{Indicator, Kind, Sum, Whole};
use crate::industry::IndustryCode;
use crate::period::{Month, Span};
use crate::ratio::{Ratio, quotient};
use crate::region::RegionId;

mod selection;
mod standing;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

pub use selection::{REASONS, Refusal, Selection};
pub use standing::{
    Asked, Freshness, Held, MONTH_NOT_CLOSED, NEVER_REPORTED, NOT_JOINED, Quarantine, SILENT, UNREADABLE, heard, standing,
    unknown_reason,
};

/// Supervision category of a cell as its origin wrote it. A code that is not in the table here is kept and counted, because
/// a newer county must not lose figures at an older tier above.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Category(Cow<'static, str>);

impl Category {
    /// The category that `code` names.
    pub fn of(code: &str) -> Self {
        code.parse::<IndustryCode>().map_or_else(|_| Self(Cow::Owned(code.to_owned())), Self::from)
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<IndustryCode> for Category {
    fn from(code: IndustryCode) -> Self {
        Self(Cow::Borrowed(code.as_str()))
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Cells folded for one span: the sum over the span, and the sum of everything up to its end for running balances.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    within: Cell,
    up_to: Cell,
}

impl Counts {
    /// Takes in the cell of `month`. One that lies behind the span counts nowhere.
    pub fn book(&mut self, span: Span, month: Month, cell: &Cell) {
        if span.last_month().is_some_and(|last| month <= last) {
            self.up_to.merge(cell);
        }
        if span.contains(month) {
            self.within.merge(cell);
        }
    }

    /// Adds counts of other origins or categories over the same span.
    pub fn merge(&mut self, other: &Self) {
        self.within.merge(&other.within);
        self.up_to.merge(&other.up_to);
    }

    /// The figure of one indicator.
    fn figure(&self, indicator: &'static Indicator) -> Figure {
        let (value, denominator) = match indicator.kind {
            Kind::Flow(counter) | Kind::Cohort(counter, _) | Kind::Distinct(counter, _) => (self.within.get(counter), None),
            Kind::Derived(sum) => (self.within.sum(sum), None),
            Kind::Stock(sum) => (self.up_to.sum(sum), None),
            Kind::Ratio(part, whole) => self.ratio(part, whole),
            Kind::Reach(counter, _, whole) => (self.within.get(counter), Some(self.whole(whole))),
            Kind::Intensity(part, whole) => (self.within.sum(part), Some(self.whole(whole))),
        };
        Figure { indicator, value, denominator }
    }

    /// All that were there at any time of the span.
    fn whole(&self, whole: Whole) -> i64 {
        self.up_to.sum(whole.stock).saturating_add(self.within.sum(whole.left))
    }

    fn ratio(&self, part: Sum, whole: Sum) -> (i64, Option<i64>) {
        (self.within.sum(part), Some(self.within.sum(whole)))
    }
}

/// The value of one indicator.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// What is counted.
    pub indicator: &'static Indicator,
    /// The count; of a ratio the numerator.
    pub value: i64,
    /// Of a ratio the denominator.
    pub denominator: Option<i64>,
}

impl Figure {
    /// As printed: a count as a number, a ratio in percent with two decimals, an intensity as a number with two decimals.
    ///
    /// A ratio prints as `/` where there is none: nothing to divide by, or a part that is none of the whole, which only an
    /// origin with contradictory counts can bring about. Both numbers stay beside it.
    pub fn text(&self) -> String {
        let Some(denominator) = self.denominator else {
            return self.value.to_string();
        };
        if matches!(self.indicator.kind, Kind::Intensity(..)) {
            return quotient(self.value, denominator);
        }
        u64::try_from(self.value)
            .ok()
            .zip(u64::try_from(denominator).ok())
            .and_then(|(part, whole)| Ratio::new(part, whole).ok())
            .map_or_else(|| "/".to_owned(), Ratio::percent)
    }
}

impl PartialEq for Figure {
    fn eq(&self, other: &Self) -> bool {
        (self.indicator.id, self.value, self.denominator) == (other.indicator.id, other.value, other.denominator)
    }
}

impl Eq for Figure {}

/// One expected origin: how it stands for the span, and its counts by category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Region that owns the counts.
    pub region: RegionId,
    /// How it stands.
    pub standing: Standing,
    /// Whether it was ever heard. Only then a cell that is not there means zero.
    pub heard: bool,
    /// Counts of the categories that have any.
    pub counts: BTreeMap<Category, Counts>,
}

/// Counts of disjoint origins together with the coverage they rest on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rollup {
    counts: Counts,
    heard: bool,
    coverage: Coverage,
}

impl Rollup {
    /// Adds up `origins`, each of which stands in the coverage whether or not it has counts; of its counts only those of
    /// the categories `wanted`. An origin given twice counts once.
    pub fn sum<'a>(origins: impl IntoIterator<Item = &'a Origin>, wanted: impl Fn(&Category) -> bool) -> Self {
        let origins: BTreeMap<&RegionId, &Origin> = origins.into_iter().map(|origin| (&origin.region, origin)).collect();
        let mut counts = Counts::default();
        for origin in origins.values().filter(|origin| origin.counts_here()) {
            for (_, more) in origin.counts.iter().filter(|(category, _)| wanted(category)) {
                counts.merge(more);
            }
        }
        let coverage = Coverage::classify(origins.keys().map(|&region| region.clone()), |region| {
            origins.get(region).map_or(Standing::Unknown, |origin| origin.standing.clone())
        });
        Self { counts, heard: origins.values().any(|origin| origin.counts_here()), coverage }
    }

    /// Two rollups of disjoint regions over the same span taken together.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.counts.merge(&other.counts);
        self.heard |= other.heard;
        self.coverage = self.coverage.merge(other.coverage);
        self
    }

    /// The figures selected, in that order, and what they rest on. `None` if no origin behind them was ever heard.
    pub fn read(&self, selection: &Selection) -> (Option<Vec<Figure>>, &Coverage) {
        let figures = self.heard.then(|| {
            let indicators = selection.indicators().iter();
            indicators.map(|&one| self.counts.figure(one)).collect()
        });
        (figures, &self.coverage)
    }

    /// What the figures rest on.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }
}

impl Origin {
    /// Counts of an origin that is not known for the span stay out, so that figures and coverage speak of the same origins.
    fn counts_here(&self) -> bool {
        self.heard && self.standing != Standing::Unknown
    }
}
