//! A month of the county: open, then frozen, overdue, closed. Its instants come from the statutory calendar.

use crate::{calendar::StatutoryCalendar, clock::Instant, period::Month};

/// What time does next to a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The set that owes is frozen.
    Freeze,
    /// Who has not declared is reminded, so many days before the due instant.
    Remind(u32),
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

/// Days before the due instant on which reminders go out [P].
pub const REMINDER_DAYS: [u32; 3] = [4, 3, 1];

/// One month with its frozen set's size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountyMonth {
    /// Month.
    pub month: Month,
    /// How far it is.
    pub state: State,
    /// Enterprises that owe it.
    pub owing: u32,
    /// Days before the due instant of the last reminder; 0 if none went out.
    pub reminded: u32,
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
            State::Frozen => (last.month, reminder(calendar, last).map_or(Step::FallOverdue, Step::Remind)),
            State::Overdue => (last.month, Step::Close),
            State::Closed => (last.month, Step::GoMissing),
            State::Lapsed => (last.month.next(), Step::Freeze),
        },
    };
    let at = match step {
        Step::Freeze => calendar.freeze_at(month),
        Step::Remind(days) => calendar.due_at(month).plus_days(-i64::from(days)),
        Step::FallOverdue => calendar.due_at(month),
        Step::Close => calendar.close_at(month),
        // The same instant as the next month's freezing, and before it.
        Step::GoMissing => month.next().end(),
    };
    (month, step, at)
}

/// The next reminder of a frozen month. What a shifted deadline puts before the freezing is left out, and none is repeated.
fn reminder(calendar: &StatutoryCalendar, frozen: &CountyMonth) -> Option<u32> {
    let (due, from) = (calendar.due_at(frozen.month), calendar.freeze_at(frozen.month));
    let open = |days: &u32| frozen.reminded == 0 || *days < frozen.reminded;
    REMINDER_DAYS.into_iter().filter(open).find(|days| due.plus_days(-i64::from(*days)) > from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Date;

    /// Every step of a month with the day on which it comes.
    fn steps(calendar: &StatutoryCalendar) -> Vec<String> {
        let month: Month = "2015-09".parse().unwrap();
        let (mut latest, mut seen) = (None::<CountyMonth>, Vec::new());
        loop {
            let (of, step, at) = next(calendar, month, latest.as_ref());
            if of != month {
                return seen;
            }
            seen.push(format!("{step:?} {}", at.date()));
            let mut now = latest.unwrap_or(CountyMonth { month, state: State::Frozen, owing: 1, reminded: 0, version: 1 });
            match step {
                Step::Freeze => now.state = State::Frozen,
                Step::Remind(days) => now.reminded = days,
                Step::FallOverdue => now.state = State::Overdue,
                Step::Close => now.state = State::Closed,
                Step::GoMissing => now.state = State::Lapsed,
            }
            latest = Some(now);
        }
    }

    #[test]
    fn reminders_go_out_four_three_and_one_day_before_the_due_instant() {
        assert_eq!(
            steps(&StatutoryCalendar::default()),
            [
                "Freeze 2015-10-01",
                "Remind(4) 2015-10-02",
                "Remind(3) 2015-10-03",
                "Remind(1) 2015-10-05",
                "FallOverdue 2015-10-06",
                "Close 2015-10-07",
                "GoMissing 2015-11-01",
            ]
        );
    }

    #[test]
    fn they_follow_a_shifted_deadline() {
        let shifted = |day| StatutoryCalendar::default().with_shift("2015-09".parse().unwrap(), Date::constant(2015, 10, day));
        assert_eq!(steps(&shifted(10).unwrap())[1], "Remind(4) 2015-10-07");
        assert_eq!(steps(&shifted(2).unwrap())[..3], ["Freeze 2015-10-01", "Remind(1) 2015-10-02", "FallOverdue 2015-10-03"]);
    }
}
