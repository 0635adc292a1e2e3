//! The days on which a month is frozen, due, closed and sealed.

use std::collections::BTreeMap;

use crate::clock::{Date, Instant};
use crate::period::Month;
use crate::region::RegionKind;

/// Why a calendar was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarFault {
    #[error("days {due} (due), {close} (close), {city} (city) and {province} (province) must rise within 1 to 28")]
    DaysOutOfOrder { due: u8, close: u8, city: u8, province: u8 },
    #[error("{month} cannot be due on {date}: the day must lie after the month and at most 28 days behind it")]
    ShiftOutOfRange { month: Month, date: Date },
}

impl CalendarFault {
    /// Stable name of this fault for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::DaysOutOfOrder { .. } => "CALENDAR_DAYS_OUT_OF_ORDER",
            Self::ShiftOutOfRange { .. } => "CALENDAR_SHIFT_OUT_OF_RANGE",
        }
    }
}

/// When month M is frozen, due, closed and sealed. All days lie in the month after M and end at 24:00 in UTC+8.
///
/// Defaults: due on the 5th inclusive (每月5日前; dossier §3 no. 4), the county closes on the 6th, the city seals on the
/// 8th, the province on the 10th. A deadline in a holiday does not move by itself (dossier §3 no. 5); the shift list
/// moves single months. Closing and sealing keep their distance to a shifted deadline, so that nobody closes a month
/// that is not yet due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatutoryCalendar {
    due_day: u8,
    close_day: u8,
    city_seal_day: u8,
    province_seal_day: u8,
    /// By declared month: the last day of the declaration.
    shifts: BTreeMap<Month, Date>,
}

impl Default for StatutoryCalendar {
    fn default() -> Self {
        Self { due_day: 5, close_day: 6, city_seal_day: 8, province_seal_day: 10, shifts: BTreeMap::new() }
    }
}

impl StatutoryCalendar {
    /// A calendar without shifts. Every day is the last day that still counts.
    ///
    /// # Errors
    /// [`CalendarFault::DaysOutOfOrder`] unless 1 ≤ due ≤ close ≤ city ≤ province ≤ 28.
    pub fn new(due_day: u8, close_day: u8, city_seal_day: u8, province_seal_day: u8) -> Result<Self, CalendarFault> {
        let days = [1, due_day, close_day, city_seal_day, province_seal_day, 28];
        if !days.is_sorted() {
            return Err(CalendarFault::DaysOutOfOrder {
                due: due_day,
                close: close_day,
                city: city_seal_day,
                province: province_seal_day,
            });
        }
        Ok(Self { due_day, close_day, city_seal_day, province_seal_day, shifts: BTreeMap::new() })
    }

    /// The same calendar with the declaration of `month` due on `date` (inclusive) instead.
    ///
    /// # Errors
    /// [`CalendarFault::ShiftOutOfRange`] unless `date` is the 1st to 28th of the month after `month`.
    pub fn with_shift(mut self, month: Month, date: Date) -> Result<Self, CalendarFault> {
        if !month.next().contains(date) || date.day() > 28 {
            return Err(CalendarFault::ShiftOutOfRange { month, date });
        }
        self.shifts.insert(month, date);
        Ok(self)
    }

    /// The shifted deadlines by declared month.
    pub fn shifts(&self) -> impl Iterator<Item = (Month, Date)> {
        self.shifts.iter().map(|(&month, &date)| (month, date))
    }

    /// When the set that owes `month` is fixed: 00:00 on the 1st of the next month.
    pub fn freeze_at(&self, month: Month) -> Instant {
        month.end()
    }

    /// The last day on which a declaration of `month` is on time.
    pub fn due_date(&self, month: Month) -> Date {
        self.due_at(month).plus_ms(-1).date()
    }

    /// The first instant at which a declaration of `month` is late.
    pub fn due_at(&self, month: Month) -> Instant {
        match self.shifts.get(&month) {
            Some(&date) => Instant::end_of(date),
            None => end_of_day(month, self.due_day),
        }
    }

    /// When the county closes `month`.
    pub fn close_at(&self, month: Month) -> Instant {
        self.shifted(month, self.close_day)
    }

    /// When a region of level `tier` seals its statement of `month`; for a county that is its closing.
    pub fn seal_at(&self, month: Month, tier: RegionKind) -> Instant {
        match tier {
            RegionKind::County => self.close_at(month),
            RegionKind::Prefecture => self.shifted(month, self.city_seal_day),
            RegionKind::Province => self.shifted(month, self.province_seal_day),
        }
    }

    /// 24:00 of `day`, moved by as much as the deadline of `month` is moved.
    fn shifted(&self, month: Month, day: u8) -> Instant {
        let moved_ms = self.due_at(month).ms_since(end_of_day(month, self.due_day));
        end_of_day(month, day).plus_ms(moved_ms)
    }
}

/// 24:00 on the `day`-th of the month after `month`.
fn end_of_day(month: Month, day: u8) -> Instant {
    month.end().plus_days(i64::from(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    /// `due` is the last millisecond on time; one later is late.
    fn check_due(calendar: &StatutoryCalendar, declared: &str, on_time: &str, late: &str) {
        let due = calendar.due_at(month(declared));
        assert_eq!(due.plus_ms(-1).to_string(), on_time, "{declared}");
        assert_eq!(due.to_string(), late, "{declared}");
        assert_eq!(calendar.due_date(month(declared)), due.plus_ms(-1).date());
    }

    #[test]
    fn the_fifth_counts_to_its_last_millisecond() {
        let calendar = StatutoryCalendar::default();
        for (declared, on_time, late) in [
            ("2015-08", "2015-09-05T23:59:59.999+08:00", "2015-09-06T00:00:00.000+08:00"),
            // The 5th of October lies in National Day week and does not move by itself.
            ("2015-09", "2015-10-05T23:59:59.999+08:00", "2015-10-06T00:00:00.000+08:00"),
            ("2015-12", "2016-01-05T23:59:59.999+08:00", "2016-01-06T00:00:00.000+08:00"),
            // Leap February is declared in March and frozen on the 1st, not on the 29th.
            ("2016-02", "2016-03-05T23:59:59.999+08:00", "2016-03-06T00:00:00.000+08:00"),
            ("2016-01", "2016-02-05T23:59:59.999+08:00", "2016-02-06T00:00:00.000+08:00"),
        ] {
            check_due(&calendar, declared, on_time, late);
        }
    }

    #[test]
    fn a_month_is_frozen_then_due_then_closed_then_sealed() {
        let calendar = StatutoryCalendar::default();
        for (declared, frozen, closed, city, province) in [
            ("2015-12", "2016-01-01", "2016-01-06", "2016-01-08", "2016-01-10"),
            ("2016-02", "2016-03-01", "2016-03-06", "2016-03-08", "2016-03-10"),
        ] {
            let declared = month(declared);
            let last_day = |tier| calendar.seal_at(declared, tier).plus_ms(-1).date().to_string();
            assert_eq!(calendar.freeze_at(declared).to_string(), format!("{frozen}T00:00:00.000+08:00"));
            assert_eq!(calendar.close_at(declared), calendar.seal_at(declared, RegionKind::County));
            assert_eq!(last_day(RegionKind::County), closed);
            assert_eq!(last_day(RegionKind::Prefecture), city);
            assert_eq!(last_day(RegionKind::Province), province);
        }
    }

    #[test]
    fn the_shift_list_moves_one_month_and_what_follows_it() {
        let calendar = StatutoryCalendar::default().with_shift(month("2015-09"), Date::constant(2015, 10, 10)).unwrap();
        check_due(&calendar, "2015-09", "2015-10-10T23:59:59.999+08:00", "2015-10-11T00:00:00.000+08:00");
        check_due(&calendar, "2015-10", "2015-11-05T23:59:59.999+08:00", "2015-11-06T00:00:00.000+08:00");
        assert_eq!(calendar.freeze_at(month("2015-09")), month("2015-10").start());
        assert_eq!(calendar.close_at(month("2015-09")).to_string(), "2015-10-12T00:00:00.000+08:00");
        assert_eq!(calendar.seal_at(month("2015-09"), RegionKind::Province).to_string(), "2015-10-16T00:00:00.000+08:00");
        assert_eq!(calendar.shifts().collect::<Vec<_>>(), [(month("2015-09"), Date::constant(2015, 10, 10))]);
    }

    #[test]
    fn impossible_calendars_are_refused() {
        for (due, close, city, province) in [(0, 6, 8, 10), (7, 6, 8, 10), (5, 9, 8, 10), (5, 6, 11, 10), (5, 6, 8, 29)] {
            let fault = StatutoryCalendar::new(due, close, city, province).unwrap_err();
            assert_eq!(fault, CalendarFault::DaysOutOfOrder { due, close, city, province });
        }
        assert_eq!(StatutoryCalendar::new(5, 6, 8, 10), Ok(StatutoryCalendar::default()));
        for date in [Date::constant(2015, 9, 30), Date::constant(2015, 11, 1), Date::constant(2015, 10, 29)] {
            let fault = StatutoryCalendar::default().with_shift(month("2015-09"), date).unwrap_err();
            assert_eq!(fault.reason(), "CALENDAR_SHIFT_OUT_OF_RANGE");
        }
    }
}
