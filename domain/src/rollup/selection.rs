//! Which indicators over which span: the only place that knows what may be summed over what.

use crate::clock::{Date, Instant};
use crate::indicator::{Indicator, TABLE, Within, find};
use crate::period::Span;
use crate::refusals;

refusals! {
    /// Not in the catalogue.
    Unknown { indicators: String } InvalidArgument "INDICATOR_UNKNOWN"
        "the catalogue has no indicator {indicators}; list the indicators to see their identifiers",
        "指标目录中没有{indicators}";
    /// A cohort or distinct count over a span that would count twice.
    SpanRefused { span: Span, indicators: String } InvalidArgument "INDICATOR_SPAN_REFUSED"
        "{span} is the wrong span for {indicators}; ask for each over one span like the one in brackets",
        "下列指标不能按{span}汇总,请按括号内所示的单个期间查询:{indicators}";
    /// No day of the span has begun.
    SpanNotBegun { span: Span, today: Date } FailedPrecondition "SPAN_NOT_BEGUN"
        "there are no figures of {span} yet, today is {today}", "今天是{today},{span}尚未开始";
}

/// Indicators, each of which may be summed over the span.
#[derive(Clone, Debug)]
pub struct Selection {
    span: Span,
    indicators: Vec<&'static Indicator>,
}

impl Selection {
    /// The indicators named, in that order; every one that the span allows if none is named.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] or [`Refusal::SpanRefused`], each with every indicator that it concerns.
    pub fn new(span: Span, ids: &[String]) -> Result<Self, Refusal> {
        if ids.is_empty() {
            let indicators = TABLE.iter().filter(|one| allows(span, one)).collect();
            return Ok(Self { span, indicators });
        }
        let indicators = named(ids)?;
        let refused: Vec<String> = indicators
            .iter()
            .filter(|one| !allows(span, one))
            .map(|one| format!("{} ({})", one.id, one.within().map_or("any", example)))
            .collect();
        if refused.is_empty() {
            Ok(Self { span, indicators })
        } else {
            Err(Refusal::SpanRefused { span, indicators: refused.join(", ") })
        }
    }

    /// Refuses a span that lies wholly in the future: its figures would be zeros that nobody reported.
    ///
    /// # Errors
    /// [`Refusal::SpanNotBegun`].
    pub fn begun(&self, now: Instant) -> Result<(), Refusal> {
        if self.span.start() <= now {
            return Ok(());
        }
        Err(Refusal::SpanNotBegun { span: self.span, today: now.date() })
    }

    /// The span.
    pub const fn span(&self) -> Span {
        self.span
    }

    /// The indicators in the order asked for.
    pub fn indicators(&self) -> &[&'static Indicator] {
        &self.indicators
    }
}

/// The indicators of these identifiers.
fn named(ids: &[String]) -> Result<Vec<&'static Indicator>, Refusal> {
    let unknown: Vec<String> =
        ids.iter().filter(|id| find(id).is_none()).map(|id| format!("`{}`", id.chars().take(60).collect::<String>())).collect();
    if unknown.is_empty() {
        Ok(ids.iter().filter_map(|id| find(id)).collect())
    } else {
        Err(Refusal::Unknown { indicators: unknown.join(", ") })
    }
}

/// Whether an indicator may be summed over a span.
///
/// First times of a quarter are booked in their month: three months added would be right only by chance of being one
/// quarter, so the quarter must be asked for by name. The same goes for months and years.
fn allows(span: Span, indicator: &Indicator) -> bool {
    match indicator.within() {
        None => true,
        Some(Within::Month) => matches!(span, Span::Month(_)),
        Some(Within::Quarter) => matches!(span, Span::Quarter { .. }),
        Some(Within::Year) => matches!(span, Span::Year(_)),
    }
}

const fn example(within: Within) -> &'static str {
    match within {
        Within::Month => "2015-08",
        Within::Quarter => "2015-Q3",
        Within::Year => "2015",
    }
}
