//! A month of the county: open, then frozen, overdue, closed. Its instants come from the statutory calendar.

use crate::{calendar::StatutoryCalendar, clock::Instant, period::Month};

/// What time does next to a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The set that owes is frozen.
    Freeze,
    /// The due instant passes.
    FallOverdue,
    /// The county closes it.
    Close,
    /// The month in which it could be filed late is over (MD11).
    GoMissing,
}

/// How far a month is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Its set is frozen.
    Frozen,
    /// The due instant passed.
    Overdue,
    /// Closed.
    Closed,
    /// Closed, and what nobody declared is missing.
    Lapsed,
}

/// One month with its frozen set's size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountyMonth {
    /// Month.
    pub month: Month,
    /// How far it is.
    pub state: State,
    /// Enterprises that owe it.
    pub owing: u32,
    /// Position of the last change.
    pub version: u64,
}

/// What comes next after the latest month (`None` before the first freeze), and when. `first` is the month in which the
/// region was opened.
#[must_use]
pub fn next(calendar: &StatutoryCalendar, first: Month, latest: Option<&CountyMonth>) -> (Month, Step, Instant) {
    let (month, step) = match latest {
        None => (first, Step::Freeze),
        Some(last) => match last.state {
            State::Frozen => (last.month, Step::FallOverdue),
            State::Overdue => (last.month, Step::Close),
            State::Closed => (last.month, Step::GoMissing),
            State::Lapsed => (last.month.next(), Step::Freeze),
        },
    };
    let at = match step {
        Step::Freeze => calendar.freeze_at(month),
        Step::FallOverdue => calendar.due_at(month),
        Step::Close => calendar.close_at(month),
        // The same instant as the next month's freezing, and before it.
        Step::GoMissing => month.next().end(),
    };
    (month, step, at)
}
