//! What time has to say about an enterprise: reminders while it fills in, a check that waits too long, a yearly review, data that nobody
//! confirmed (AD3, AD4, AD6, AD14). Time flags and counts; it never decides.

use super::{Enterprise, State};
use crate::{
    clock::Instant,
    event::{EnterpriseFellStale, EnterpriseReminded, Event},
    workday,
};

/// Days after the invitation on which the enterprise is reminded, and after which it stands on the county's list of defaulters [P].
pub const FILL_DAYS: [i64; 3] = [3, 7, 15];
/// Working days in which the county checks what was submitted [P].
pub const CHECK_WORKDAYS: u32 = 5;
/// Days after which an enterprise that was not taken is looked at again [P].
pub const REVIEW_DAYS: i64 = 365;
/// Days after which unconfirmed data are stale [S].
pub const CONFIRM_DAYS: i64 = 31;
/// Working days in which another county answers an offer [P].
pub const TRANSFER_WORKDAYS: u32 = 10;

/// What a reminder is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reminder {
    /// Three days after the invitation nothing is submitted.
    Fill,
    /// Nor seven days after it.
    FillAgain,
    /// Nor fifteen days after it: the enterprise stands on the county's list.
    Unfilled,
    /// What was submitted waits too long for the county's check: the head of the county's group is told.
    CheckOverdue,
    /// An enterprise that was not taken is to be looked at again.
    ReviewDue,
}

impl Reminder {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Fill, Self::FillAgain, Self::Unfilled, Self::CheckOverdue, Self::ReviewDue];

    /// Number in the journal.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            Self::Fill => 1,
            Self::FillAgain => 2,
            Self::Unfilled => 3,
            Self::CheckOverdue => 4,
            Self::ReviewDue => 5,
        }
    }

    /// From its number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|reminder| reminder.number() == number)
    }
}

impl Enterprise {
    /// The next thing that time says, and when.
    fn next(&self) -> Option<(Instant, Option<Reminder>)> {
        if self.merged_into.is_some() {
            return None;
        }
        let in_days = |days: i64| Instant::end_of(self.since.plus_days(days).date());
        match (self.state, self.reminded) {
            (State::Filling, said) => {
                let place = usize::from(said);
                let days = FILL_DAYS.get(place)?;
                Some((in_days(*days), [Reminder::Fill, Reminder::FillAgain, Reminder::Unfilled].get(place).copied()))
            }
            (State::Submitted, 0) => {
                let last = workday::shipped().after(self.since.date(), CHECK_WORKDAYS);
                Some((Instant::end_of(last), Some(Reminder::CheckOverdue)))
            }
            (State::Excluded, 0) => Some((in_days(REVIEW_DAYS), Some(Reminder::ReviewDue))),
            (State::Approved, _) if !self.stale => {
                let confirmed = self.confirmed_at.unwrap_or(self.since);
                Some((Instant::end_of(confirmed.plus_days(CONFIRM_DAYS).date()), None))
            }
            (
                State::Candidate
                | State::Listed
                | State::Excluded
                | State::Submitted
                | State::Checked
                | State::Approved
                | State::Stopped
                | State::Removed
                | State::Moved,
                _,
            ) => None,
        }
    }

    /// Instant at which time itself will change it.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.next().map(|(at, _)| at)
    }

    /// What time has to say by `now`, if anything.
    #[must_use]
    pub fn fall_due(&self, now: Instant) -> Option<Event> {
        let (_, reminder) = self.next().filter(|(at, _)| *at <= now)?;
        match reminder {
            Some(about) => Some(EnterpriseReminded { enterprise: self.serial, about }.into()),
            None => {
                self.step("fall_stale").ok()?;
                Some(EnterpriseFellStale { enterprise: self.serial }.into())
            }
        }
    }

    /// Whether it stands on the county's list of those who did not fill in (AD4).
    #[must_use]
    pub fn is_unfilled(&self) -> bool {
        self.state == State::Filling && usize::from(self.reminded) >= FILL_DAYS.len()
    }
}
