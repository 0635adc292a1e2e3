//! How one origin stands for a span: reported, stale, quarantined or unknown, and why.

use std::collections::BTreeSet;

use crate::calendar::StatutoryCalendar;
use crate::clock::Instant;
use crate::coverage::Standing;
use crate::period::{Month, Span};

#[cfg(test)]
mod tests;

/// A month is not closed and nothing was verified lately.
pub const SILENT: &str = "SILENT";
/// The month should be closed by now, and its county is there but has not closed it.
pub const MONTH_NOT_CLOSED: &str = "MONTH_NOT_CLOSED";
/// Some of its facts cannot be read here, so its counts are too small.
pub const UNREADABLE: &str = "FACT_UNREADABLE";
/// It does not report on this network, or not yet in the span.
pub const NOT_JOINED: &str = "NOT_JOINED";
/// It should report, but was never heard.
pub const NEVER_REPORTED: &str = "NEVER_REPORTED";

/// A journal whose proof failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// Last instant at which it was good, if that is known.
    pub since: Option<Instant>,
    /// Stable UPPER_SNAKE reason.
    pub reason: String,
}

/// How recently an origin was heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Freshness {
    /// Business time of the answering tier when the origin's facts were last known to be complete.
    pub verified_at: Option<Instant>,
    /// Set while its journal is not trusted.
    pub quarantine: Option<Quarantine>,
}

/// What is stored of an origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Whether there is any fact at all.
    pub facts: bool,
    /// Whether some fact cannot be read.
    pub unreadable: bool,
    /// Months that it has closed.
    pub closed: BTreeSet<Month>,
}

/// What is asked, when, and by which rules.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Span.
    pub span: Span,
    /// Business time of the answering tier.
    pub now: Instant,
    /// Age below which an open month counts as reported, in milliseconds.
    pub fresh_within_ms: i64,
    /// When months are closed.
    pub calendar: &'a StatutoryCalendar,
}

/// Whether an origin that reports since `joined` reports within the span, as far as that has come.
fn has_joined(asked: &Asked<'_>, joined: Option<Month>) -> bool {
    let present = Month::of(asked.now.date());
    let reached = asked.span.last_month().map(|last| last.min(present));
    joined.zip(reached).is_some_and(|(joined, reached)| joined <= reached)
}

/// How an origin stands that reports since `joined`.
///
/// Reported means: every month of the span that has begun is closed by its own statement, or is still open and the origin
/// was verified less than `fresh_within_ms` ago. Months before `joined` are nobody's to report.
pub fn standing(asked: &Asked<'_>, joined: Option<Month>, freshness: Option<&Freshness>, held: &Held) -> Standing {
    let Some(joined) = joined.filter(|_| has_joined(asked, joined)) else {
        return Standing::Unknown;
    };
    if let Some(quarantine) = freshness.and_then(|freshness| freshness.quarantine.as_ref()) {
        return Standing::Quarantined { since: quarantine.since, reason: quarantine.reason.clone() };
    }
    if !heard(freshness, held) {
        return Standing::Unknown;
    }
    let stale = |since, reason: &str| Standing::Stale { since, reason: reason.to_owned() };
    let verified_at = freshness.and_then(|freshness| freshness.verified_at);
    if held.unreadable {
        return stale(verified_at, UNREADABLE);
    }
    let Some(open) = first_open(asked, joined, &held.closed) else {
        return Standing::Reported;
    };
    let fresh = verified_at.is_some_and(|at| asked.now.ms_since(at) < asked.fresh_within_ms);
    let close_at = asked.calendar.close_at(open);
    if !fresh {
        stale(verified_at, SILENT)
    } else if close_at <= asked.now {
        stale(Some(close_at), MONTH_NOT_CLOSED)
    } else {
        Standing::Reported
    }
}

/// Whether anything was ever heard of an origin.
pub fn heard(freshness: Option<&Freshness>, held: &Held) -> bool {
    held.facts || freshness.is_some_and(|freshness| freshness.verified_at.is_some())
}

/// Why an origin that reports since `joined` is unknown.
pub fn unknown_reason(asked: &Asked<'_>, joined: Option<Month>) -> &'static str {
    if has_joined(asked, joined) { NEVER_REPORTED } else { NOT_JOINED }
}

/// The first month of the span, from `joined` on, that has begun and is not closed. Closing instants rise with the months,
/// so if this one need not be closed yet, none behind it must.
fn first_open(asked: &Asked<'_>, joined: Month, closed: &BTreeSet<Month>) -> Option<Month> {
    let first = asked.span.months().next()?.max(joined);
    // A span may reach over thousands of years; only what has begun is looked at.
    let last = asked.span.last_month()?.min(Month::of(asked.now.date()));
    let begun = Span::between(first, last).ok()?;
    begun.months().find(|month| !closed.contains(month))
}
