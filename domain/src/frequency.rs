//! How often each layer of an enterprise must look for hazards (自检自查周期和频次): rules by industry, windows by the calendar.
//!
//! Source: R15, R16; dossier §7. The shipped table is `deploy/data/inspection_frequency.csv`, whose head states its sources; a county may put a
//! version of its own in force ([`crate::rule_table`]). A window tiles time: where one ends the next one opens.

use std::{collections::BTreeSet, fmt, str::FromStr, sync::LazyLock};

use crate::{
    clock::{DAY_MS, Date, Instant},
    csv_table::{TableFault, rows},
    industry,
};

/// The shipped table.
pub const SHIPPED: &str = include_str!("../../deploy/data/inspection_frequency.csv");
/// Name of the table in faults.
const NAME: &str = "inspection_frequency.csv";
const HOUR_MS: i64 = 3_600_000;

/// A test proves that the shipped table parses; a broken one would give no task at all rather than panic.
static TABLE: LazyLock<Frequencies> = LazyLock::new(|| Frequencies::parse(SHIPPED).unwrap_or_default());

/// How long a window is and where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interval {
    /// Every so many hours, from midnight on.
    Hours(u8),
    /// So many times a day, evenly.
    TimesADay(u8),
    /// Monday to Sunday.
    Weekly,
    /// 每旬: days 1 to 10, 11 to 20, 21 to the end.
    TenDays,
    /// Civil months.
    Monthly,
    /// Quarters.
    Quarterly,
    /// January to June, July to December.
    HalfYearly,
    /// So many years, beginning with a year that the number divides.
    Years(u8),
    /// On an occasion that no calendar knows: no window opens by itself.
    OnEvent,
}

/// Not an interval.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no interval: hours:N or times_a_day:N with N dividing 24, weekly, ten_days, monthly, quarterly, half_yearly, years:N, event"
)]
pub struct UnknownInterval(pub String);

impl FromStr for Interval {
    type Err = UnknownInterval;

    fn from_str(text: &str) -> Result<Self, UnknownInterval> {
        let wrong = || UnknownInterval(text.chars().take(60).collect());
        let (kind, number) = text.split_once(':').map_or((text, None), |(kind, number)| (kind, number.parse::<u8>().ok()));
        let divides = number.filter(|number| *number > 0 && 24 % number == 0);
        match (kind, text.contains(':')) {
            ("hours", true) => divides.map(Self::Hours).ok_or_else(wrong),
            ("times_a_day", true) => divides.map(Self::TimesADay).ok_or_else(wrong),
            ("years", true) => number.filter(|number| (1..=10).contains(number)).map(Self::Years).ok_or_else(wrong),
            ("weekly", false) => Ok(Self::Weekly),
            ("ten_days", false) => Ok(Self::TenDays),
            ("monthly", false) => Ok(Self::Monthly),
            ("quarterly", false) => Ok(Self::Quarterly),
            ("half_yearly", false) => Ok(Self::HalfYearly),
            ("event", false) => Ok(Self::OnEvent),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hours(n) => write!(f, "hours:{n}"),
            Self::TimesADay(n) => write!(f, "times_a_day:{n}"),
            Self::Weekly => f.write_str("weekly"),
            Self::TenDays => f.write_str("ten_days"),
            Self::Monthly => f.write_str("monthly"),
            Self::Quarterly => f.write_str("quarterly"),
            Self::HalfYearly => f.write_str("half_yearly"),
            Self::Years(n) => write!(f, "years:{n}"),
            Self::OnEvent => f.write_str("event"),
        }
    }
}

/// The time within which something is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    /// First instant.
    pub opens: Instant,
    /// First instant that no longer belongs to it.
    pub ends: Instant,
}

impl Window {
    /// Its last civil day.
    #[must_use]
    pub fn last_day(&self) -> Date {
        self.ends.plus_ms(-1).date()
    }

    /// Whether some of a civil day lies in it.
    #[must_use]
    pub fn touches(&self, day: Date) -> bool {
        Instant::end_of(day) > self.opens && Instant::start_of(day) < self.ends
    }
}

impl Interval {
    /// The window in which an instant lies; none for what no calendar knows.
    #[must_use]
    pub fn window_of(self, at: Instant) -> Option<Window> {
        let today = at.date();
        let of_hours = |hours: i64| {
            let (day, length) = (Instant::start_of(today), hours * HOUR_MS);
            let opens = day.plus_ms(at.ms_since(day).div_euclid(length).saturating_mul(length));
            Some(Window { opens, ends: opens.plus_ms(length) })
        };
        let of_months = |length: i32| {
            let since = i32::from(today.year()) * 12 + i32::from(today.month()) - 1;
            let first = since - since.rem_euclid(length);
            Some(Window { opens: month_start(first)?, ends: month_start(first + length)? })
        };
        match self {
            Self::Hours(n) => of_hours(i64::from(n)),
            Self::TimesADay(n) => of_hours(24 / i64::from(n.max(1))),
            Self::Weekly => {
                let opens = Instant::start_of(today).plus_days(-i64::from(today.weekday().to_monday_zero_offset()));
                Some(Window { opens, ends: opens.plus_ms(7 * DAY_MS) })
            }
            Self::TenDays => {
                let whole = Self::Monthly.window_of(at)?;
                let third = i64::from(((today.day() - 1) / 10).min(2));
                let ends = if third == 2 { whole.ends } else { whole.opens.plus_days((third + 1) * 10) };
                Some(Window { opens: whole.opens.plus_days(third * 10), ends })
            }
            Self::Monthly => of_months(1),
            Self::Quarterly => of_months(3),
            Self::HalfYearly => of_months(6),
            Self::Years(n) => {
                let first = today.year() - today.year().rem_euclid(i16::from(n.max(1)));
                let start = |year| Date::new(year, 1, 1).ok().map(Instant::start_of);
                Some(Window { opens: start(first)?, ends: start(first.saturating_add(i16::from(n.max(1))))? })
            }
            Self::OnEvent => None,
        }
    }

    /// The first window that opens after an instant.
    #[must_use]
    pub fn after(self, at: Instant) -> Option<Window> {
        self.window_of(self.window_of(at)?.ends)
    }

    /// Whether its windows are whole days.
    #[must_use]
    pub const fn is_dated(self) -> bool {
        !matches!(self, Self::Hours(_) | Self::TimesADay(_) | Self::OnEvent)
    }
}

/// 00:00 on the first day of a month counted from the year 0.
fn month_start(months: i32) -> Option<Instant> {
    let month = i8::try_from(months.rem_euclid(12) + 1).ok()?;
    Date::new(i16::try_from(months.div_euclid(12)).ok()?, month, 1).ok().map(Instant::start_of)
}

/// One rule: a layer of an industry, how often, who.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Key that industry categories name.
    pub category: String,
    /// Identifier, part of the names of its tasks.
    pub id: String,
    /// Chinese name.
    pub name_zh: String,
    /// How often.
    pub interval: Interval,
    /// The comprehensive layer (综合检查), which alone counts as "self-inspection carried out".
    pub counts: bool,
    /// Whether tasks are opened for it.
    pub tasks: bool,
    /// Who does it.
    pub who_zh: String,
    /// What is done.
    pub what: String,
    /// Whether a source was read.
    pub basis: String,
}

/// A whole table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frequencies {
    rules: Vec<Rule>,
}

/// The shipped table, parsed.
#[must_use]
pub fn shipped() -> &'static Frequencies {
    &TABLE
}

impl Frequencies {
    /// Reads a table and checks that it is whole: every industry category finds its rules, and exactly one layer of each counts.
    ///
    /// # Errors
    /// The line and what is wrong with it; line 0 for what is missing.
    pub fn parse(text: &str) -> Result<Self, TableFault> {
        let mut rules = Vec::new();
        let mut ids = BTreeSet::new();
        for row in rows(NAME, text)? {
            let yes = |column: usize| match row.field(column) {
                "yes" => Ok(true),
                "no" => Ok(false),
                other => Err(row.fault(format!("`{other}` is neither yes nor no"))),
            };
            let rule = Rule {
                category: row.field(0).to_owned(),
                id: row.field(1).to_owned(),
                name_zh: row.field(2).to_owned(),
                interval: row.field(3).parse().map_err(|wrong: UnknownInterval| row.fault(wrong.to_string()))?,
                counts: yes(4)?,
                tasks: yes(5)?,
                who_zh: row.field(6).to_owned(),
                what: row.field(7).to_owned(),
                basis: row.field(8).to_owned(),
            };
            let good = (1..=40).contains(&rule.id.len())
                && rule.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            if !good {
                return Err(row.fault(format!("`{}` is no identifier: 1 to 40 lower-case letters, digits and hyphens", rule.id)));
            }
            if !ids.insert(rule.id.clone()) {
                return Err(row.fault(format!("`{}` stands twice", rule.id)));
            }
            if rule.counts && !(rule.tasks && rule.interval.is_dated()) {
                return Err(row.fault("the layer that counts needs tasks with windows of whole days"));
            }
            if rule.tasks && rule.interval == Interval::OnEvent {
                return Err(row.fault("no window opens on an event: it cannot have tasks"));
            }
            rules.push(rule);
        }
        let table = Self { rules };
        for industry in industry::all() {
            let counting = table.of(industry.frequency).filter(|rule| rule.counts).count();
            if counting != 1 {
                let what = format!("category `{}` needs exactly one layer that counts, has {counting}", industry.frequency);
                return Err(TableFault { table: NAME, line: 0, what });
            }
        }
        Ok(table)
    }

    /// Every rule in the order of the table.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Rules of one category.
    pub fn of<'a>(&'a self, category: &'a str) -> impl Iterator<Item = &'a Rule> {
        self.rules.iter().filter(move |rule| rule.category == category)
    }

    /// A rule by its identifier.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Instant {
        let (day, hour) = text.split_once(' ').unwrap_or((text, "0"));
        Instant::start_of(day.parse().unwrap()).plus_ms(hour.parse::<i64>().unwrap() * HOUR_MS)
    }

    #[test]
    fn every_kind_of_interval_has_its_windows() {
        for (interval, inside, opens, ends) in [
            ("hours:2", "2015-09-03 13", "2015-09-03 12", "2015-09-03 14"),
            ("times_a_day:3", "2015-09-03 9", "2015-09-03 8", "2015-09-03 16"),
            ("times_a_day:1", "2015-09-03 9", "2015-09-03", "2015-09-04"),
            ("weekly", "2015-09-06 23", "2015-08-31", "2015-09-07"),
            ("ten_days", "2015-09-10", "2015-09-01", "2015-09-11"),
            ("ten_days", "2015-09-11", "2015-09-11", "2015-09-21"),
            ("ten_days", "2015-08-31", "2015-08-21", "2015-09-01"),
            ("ten_days", "2016-02-29", "2016-02-21", "2016-03-01"),
            ("monthly", "2015-12-31", "2015-12-01", "2016-01-01"),
            ("quarterly", "2015-08-15", "2015-07-01", "2015-10-01"),
            ("half_yearly", "2015-07-01", "2015-07-01", "2016-01-01"),
            ("years:1", "2015-07-01", "2015-01-01", "2016-01-01"),
            ("years:3", "2015-07-01", "2013-01-01", "2016-01-01"),
        ] {
            let interval: Interval = interval.parse().unwrap();
            let window = interval.window_of(at(inside)).unwrap();
            assert_eq!((window.opens, window.ends), (at(opens), at(ends)), "{interval} {inside}");
            assert_eq!(interval.after(at(inside)).unwrap().opens, window.ends);
            assert_eq!(interval.to_string().parse(), Ok(interval));
        }
        assert_eq!(Interval::OnEvent.window_of(at("2015-09-03")), None);
        for wrong in ["", "daily", "hours", "hours:0", "hours:5", "hours:300", "times_a_day:7", "years:0", "years:11", "weekly:2"]
        {
            assert!(wrong.parse::<Interval>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_shipped_table_gives_every_category_one_layer_that_counts() {
        let table = Frequencies::parse(SHIPPED).unwrap();
        assert_eq!(&table, shipped());
        for industry in industry::all() {
            let counting = table.of(industry.frequency).find(|rule| rule.counts).unwrap();
            assert_eq!(counting.interval, Interval::Monthly, "{}: at least once a month (R16)", industry.code);
        }
        let kinds: BTreeSet<_> =
            table.rules().iter().map(|rule| std::mem::discriminant(&rule.interval)).map(|kind| format!("{kind:?}")).collect();
        assert_eq!(kinds.len(), 9, "every kind of interval of dossier §7 is used");
    }

    #[test]
    fn a_damaged_table_names_its_line() {
        let header = "category,rule,name_zh,interval,counts,tasks,who_zh,what,basis\n";
        for (line, what) in [
            ("other,x,名,sometimes,yes,yes,谁,什么,源", "interval"),
            ("other,X,名,monthly,yes,yes,谁,什么,源", "identifier"),
            ("other,x,名,monthly,yes,maybe,谁,什么,源", "neither"),
            ("other,x,名,times_a_day:1,yes,yes,谁,什么,源", "whole days"),
            ("other,x,名,event,no,yes,谁,什么,源", "event"),
        ] {
            let fault = Frequencies::parse(&format!("{header}{line}\n")).unwrap_err();
            assert!(fault.line == 2 && fault.what.contains(what), "{fault}");
        }
        let fault = Frequencies::parse(&format!("{header}other,x,名,monthly,yes,yes,谁,什么,源\n")).unwrap_err();
        assert!(fault.what.contains("`coal` needs exactly one"), "{fault}");
    }

    proptest! {
        #[test]
        fn windows_tile_time(hours in 0_i64..200_000, which in 0_usize..8) {
            let intervals = [
                Interval::Hours(4), Interval::TimesADay(2), Interval::Weekly, Interval::TenDays, Interval::Monthly,
                Interval::Quarterly, Interval::HalfYearly, Interval::Years(3),
            ];
            let now = at("2010-01-01").plus_ms(hours * HOUR_MS);
            let window = intervals[which].window_of(now).unwrap();
            prop_assert!(window.opens <= now && now < window.ends);
            prop_assert_eq!(intervals[which].window_of(window.opens), Some(window));
            prop_assert_eq!(intervals[which].window_of(window.ends.plus_ms(-1)), Some(window));
        }
    }
}
