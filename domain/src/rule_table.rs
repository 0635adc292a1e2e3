//! Reference tables (规则表) that a county may put in force in versions of its own: frequencies, criteria, rollout dates, working days, shifted
//! deadlines.
//!
//! Each table is shipped as version 0. What a county adopts, or what comes from above, is an event with its whole text, so that a record can
//! name the version by which it was judged and anybody can read it years later. No version reaches into the past.

use std::collections::BTreeMap;

use crate::{
    calendar::StatutoryCalendar,
    clock::{Date, Instant},
    criteria::{self, Criteria},
    csv_table::{TableFault, rows},
    event::{Event, TableAdopted},
    frequency::{self, Frequencies, Window},
    industry::{self, IndustryCode},
    period::Month,
    refusals,
    workday::{self, Workdays},
};

/// Header of the table of shifted deadlines, which ships without a row: a deadline in a holiday does not move by itself.
const DEADLINES: &str = "month,last_day,source\n";
/// Header of the table of rollout dates, which ships without a row: `industry_categories.csv` has them.
const ROLLOUTS: &str = "code,rollout_date,source\n";
/// Longest text of a table, characters.
pub const MOST_TEXT: usize = 60_000;

/// A kind of table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableKind {
    /// 自查频次
    Frequencies,
    /// 重大隐患判定标准
    Criteria,
    /// 启用日期
    Rollouts,
    /// 工作日
    Workdays,
    /// 申报期限调整
    Deadlines,
}

impl TableKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Frequencies, Self::Criteria, Self::Rollouts, Self::Workdays, Self::Deadlines];

    /// Identifier in names and in the journal.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Frequencies => "inspection-frequency",
            Self::Criteria => "major-hazard-criteria",
            Self::Rollouts => "industry-rollout",
            Self::Workdays => "workdays",
            Self::Deadlines => "deadlines",
        }
    }

    /// From its identifier.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }

    /// The text that is shipped.
    #[must_use]
    pub const fn shipped(self) -> &'static str {
        match self {
            Self::Frequencies => frequency::SHIPPED,
            Self::Criteria => criteria::SHIPPED,
            Self::Rollouts => ROLLOUTS,
            Self::Workdays => workday::SHIPPED,
            Self::Deadlines => DEADLINES,
        }
    }

    /// Whether a text can be read as this table.
    ///
    /// # Errors
    /// The line and what is wrong with it.
    pub fn check(self, text: &str) -> Result<(), TableFault> {
        // Columns are read by their places: another order would be read as other things.
        if header(text) != header(self.shipped()) {
            let what = format!("must begin with the header `{}`", header(self.shipped()).unwrap_or_default());
            return Err(TableFault { table: self.id(), line: 1, what });
        }
        match self {
            Self::Frequencies => Frequencies::parse(text).map(|_| ()),
            Self::Criteria => Criteria::parse(text).map(|_| ()),
            Self::Rollouts => rollouts(text).map(|_| ()),
            Self::Workdays => Workdays::parse(text).map(|_| ()),
            Self::Deadlines => deadlines(text).map(|_| ()),
        }
    }
}

/// The first line that is no comment.
fn header(text: &str) -> Option<&str> {
    text.lines().find(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Rollout dates that differ from the shipped ones.
fn rollouts(text: &str) -> Result<BTreeMap<IndustryCode, Date>, TableFault> {
    rows("industry_rollout.csv", text)?.iter().map(|row| Ok((row.parse(0)?, row.parse(1)?))).collect()
}

/// The calendar with the shifted deadlines of a table.
fn deadlines(text: &str) -> Result<StatutoryCalendar, TableFault> {
    rows("deadlines.csv", text)?.iter().try_fold(StatutoryCalendar::default(), |calendar, row| {
        calendar.with_shift(row.parse::<Month>(0)?, row.parse::<Date>(1)?).map_err(|fault| row.fault(fault.to_string()))
    })
}

/// One version as adopted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// 1 for the first after the shipped one.
    pub number: u32,
    /// First day in force.
    pub valid_from: Date,
    /// Document on which it rests.
    pub source: String,
    /// The table.
    pub text: String,
    /// Directive that ordered it, empty if the county decided by itself.
    pub directive: String,
    /// When it was adopted.
    pub adopted_at: Instant,
}

/// Versions of one kind beside the shipped one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions(pub Vec<Version>);

impl Versions {
    /// The version in force on a day: the newest that has begun; nothing means the shipped one.
    #[must_use]
    pub fn in_force(&self, on: Date) -> Option<&Version> {
        self.0.iter().filter(|version| version.valid_from <= on).max_by_key(|version| version.number)
    }

    /// Number of the version in force on a day, 0 for the shipped one.
    #[must_use]
    pub fn number(&self, on: Date) -> u32 {
        self.in_force(on).map_or(0, |version| version.number)
    }

    fn text(&self, kind: TableKind, on: Date) -> &str {
        self.in_force(on).map_or(kind.shipped(), |version| &version.text)
    }

    /// Frequencies in force on a day.
    #[must_use]
    pub fn frequencies(&self, on: Date) -> Frequencies {
        match self.in_force(on) {
            None => frequency::shipped().clone(),
            // It was checked when it was adopted.
            Some(version) => Frequencies::parse(&version.text).unwrap_or_default(),
        }
    }

    /// Criteria in force on a day.
    #[must_use]
    pub fn criteria(&self, on: Date) -> Criteria {
        self.in_force(on)
            .map_or_else(|| criteria::shipped().clone(), |version| Criteria::parse(&version.text).unwrap_or_default())
    }

    /// Working days as the newest version has them; none of them changed a day that had begun.
    #[must_use]
    pub fn workdays(&self) -> Workdays {
        self.0.last().map_or_else(|| workday::shipped().clone(), |version| Workdays::parse(&version.text).unwrap_or_default())
    }

    /// The calendar with the shifts of the newest version; none of them moved a deadline that had passed.
    #[must_use]
    pub fn calendar(&self) -> StatutoryCalendar {
        self.0.last().and_then(|version| deadlines(&version.text).ok()).unwrap_or_default()
    }

    /// The day on which an industry's enterprises enter the mechanism (R31, R32), as in force on a day.
    #[must_use]
    pub fn rollout(&self, industry: IndustryCode, on: Date) -> Date {
        let own = rollouts(self.text(TableKind::Rollouts, on)).unwrap_or_default();
        own.get(&industry).copied().unwrap_or(industry.industry().rollout)
    }

    /// The first instant after another at which a window opens that has tasks; each version speaks for the days on which it is in force.
    #[must_use]
    pub fn next_opening(&self, after: Instant) -> Option<Instant> {
        let numbers = std::iter::once((0, Date::MIN)).chain(self.0.iter().map(|version| (version.number, version.valid_from)));
        let openings = numbers.filter_map(|(number, valid_from)| {
            let base = after.max(Instant::start_of(valid_from).plus_ms(-1));
            let table = match number {
                0 => frequency::shipped().clone(),
                _ => self.0.iter().find(|v| v.number == number).and_then(|v| Frequencies::parse(&v.text).ok())?,
            };
            let first = table
                .rules()
                .iter()
                .filter(|rule| rule.tasks)
                .filter_map(|rule| rule.interval.after(base))
                .map(|w| w.opens)
                .min()?;
            (self.number(first.date()) == number).then_some(first)
        });
        openings.min()
    }

    /// Rules with tasks whose window opens at an instant, with the number of the version that says so.
    #[must_use]
    pub fn opening_at(&self, at: Instant) -> (u32, Vec<(frequency::Rule, Window)>) {
        let rules = self.frequencies(at.date()).rules().to_vec();
        let opening = rules.into_iter().filter(|rule| rule.tasks).filter_map(|rule| {
            let window = rule.interval.window_of(at).filter(|window| window.opens == at)?;
            Some((rule, window))
        });
        (self.number(at.date()), opening.collect())
    }
}

refusals! {
    /// No such table, or no such version of it.
    NotFound { name: String } NotFound "RULE_TABLE_NOT_FOUND"
        "there is no table or version `{name}` here", "没有该规则表或该版本:{name}";
    /// The text is not that table.
    Unreadable { line: usize, what: String } InvalidArgument "RULE_TABLE_UNREADABLE"
        "line {line} of the table {what}", "规则表第{line}行有误:{what}";
    /// It would change what has happened.
    Retroactive { what: String, today: Date } FailedPrecondition "RULE_TABLE_RETROACTIVE"
        "{what} lies before {today} or has begun; a table changes what is to come only", "{what}早于{today}或已开始,规则表只能改变今后的事项";
}

/// Adopts a version of a table. `directive` names what ordered it, empty if the county decided by itself.
///
/// # Errors
/// [`Refusal::Unreadable`], or [`Refusal::Retroactive`].
pub fn adopt(
    (kind, held): (TableKind, &Versions),
    valid_from: Date,
    text: String,
    source: String,
    directive: String,
    now: Instant,
) -> Result<Event, Refusal> {
    let today = now.date();
    kind.check(&text).map_err(|fault| Refusal::Unreadable { line: fault.line, what: fault.what })?;
    if valid_from < today {
        return Err(Refusal::Retroactive { what: valid_from.to_string(), today });
    }
    match kind {
        TableKind::Workdays => {
            let (old, new) = (held.workdays(), Workdays::parse(&text).unwrap_or_default());
            let days = old.exceptions().chain(new.exceptions()).map(|(day, _)| day).filter(|day| *day <= today);
            if let Some(day) = days.into_iter().find(|day| old.is_working_day(*day) != new.is_working_day(*day)) {
                return Err(Refusal::Retroactive { what: day.to_string(), today });
            }
        }
        TableKind::Deadlines => {
            let (old, new) = (held.calendar(), deadlines(&text).unwrap_or_default());
            let mut months = old.shifts().chain(new.shifts()).map(|(month, _)| month);
            let past = months
                .find(|month| old.due_at(*month) != new.due_at(*month) && old.due_at(*month).min(new.due_at(*month)) <= now);
            if let Some(month) = past {
                return Err(Refusal::Retroactive { what: month.to_string(), today });
            }
        }
        TableKind::Frequencies | TableKind::Criteria | TableKind::Rollouts => {}
    }
    let number = held.0.last().map_or(0, |version| version.number).saturating_add(1);
    Ok(TableAdopted { table: kind.id().to_owned(), version: number, valid_from, source, text, directive }.into())
}

impl Versions {
    /// A version was adopted.
    pub fn apply(&mut self, event: &TableAdopted, at: Instant) {
        self.0.push(Version {
            number: event.version,
            valid_from: event.valid_from,
            source: event.source.clone(),
            text: event.text.clone(),
            directive: event.directive.clone(),
            adopted_at: at,
        });
    }
}

/// Every industry category with its rollout date, as in force on a day.
#[must_use]
pub fn rollout_dates(held: &Versions, on: Date) -> BTreeMap<IndustryCode, Date> {
    let own = rollouts(held.text(TableKind::Rollouts, on)).unwrap_or_default();
    industry::all().iter().map(|row| (row.code(), own.get(&row.code()).copied().unwrap_or(row.rollout))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Refuse as _;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn adopted(kind: TableKind, held: &Versions, from: &str, text: &str, now: &str) -> Result<Versions, &'static str> {
        let now = Instant::start_of(day(now)).plus_ms(1);
        match adopt((kind, held), day(from), text.to_owned(), "测试".to_owned(), String::new(), now).map_err(|no| no.reason())?
        {
            Event::TableAdopted(event) => {
                let mut after = held.clone();
                after.apply(&event, now);
                Ok(after)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_shipped_table_can_be_read() {
        for kind in TableKind::ALL {
            kind.check(kind.shipped()).unwrap();
            assert_eq!(TableKind::from_id(kind.id()), Some(kind));
            assert!(kind.check("nonsense\n").unwrap_err().what.contains("header"), "an empty table of another kind is none");
        }
    }

    #[test]
    fn a_version_is_in_force_from_its_day_on_and_never_before() {
        let text = frequency::SHIPPED.replace("other-monthly,其他月查,monthly", "other-weekly,其他周查,weekly");
        let kind = TableKind::Frequencies;
        let held = adopted(kind, &Versions::default(), "2015-09-10", &text, "2015-09-01").unwrap();
        assert_eq!((held.number(day("2015-09-09")), held.number(day("2015-09-10"))), (0, 1));
        assert!(held.frequencies(day("2015-09-09")).get("other-weekly").is_none());
        assert!(held.frequencies(day("2015-09-10")).get("other-weekly").is_some());
        assert_eq!(adopted(kind, &held, "2015-08-31", &text, "2015-09-01"), Err("RULE_TABLE_RETROACTIVE"));
        assert_eq!(adopted(kind, &held, "2015-10-01", "x", "2015-09-01"), Err("RULE_TABLE_UNREADABLE"));
        // Weeks begin on Mondays: the 7th by the shipped table, the 14th by the new one too, where `other` opens then.
        let opens = |after: &str| held.next_opening(Instant::start_of(day(after))).unwrap().date().to_string();
        assert_eq!([opens("2015-09-01"), opens("2015-09-07"), opens("2015-09-11")], ["2015-09-07", "2015-09-11", "2015-09-14"]);
        let (version, rules) = held.opening_at(Instant::start_of(day("2015-09-14")));
        assert_eq!(version, 1);
        assert!(rules.iter().any(|(rule, _)| rule.id == "other-weekly"));
        assert!(!held.opening_at(Instant::start_of(day("2015-09-07"))).1.iter().any(|(rule, _)| rule.id.starts_with("other")));
    }

    #[test]
    fn a_daily_rule_opens_on_the_first_day_of_its_version() {
        let text = frequency::SHIPPED
            .replace("tailings-daily,尾矿库日查,times_a_day:1,no,no", "tailings-daily,尾矿库日查,times_a_day:1,no,yes");
        let held = adopted(TableKind::Frequencies, &Versions::default(), "2015-09-03", &text, "2015-09-01").unwrap();
        let opens = |after: &str| held.next_opening(Instant::start_of(day(after))).unwrap().date().to_string();
        assert_eq!([opens("2015-09-01"), opens("2015-09-03")], ["2015-09-03", "2015-09-04"]);
    }

    #[test]
    fn a_deadline_moves_only_while_it_is_to_come() {
        let kind = TableKind::Deadlines;
        let text = "month,last_day,source\n2015-09,2015-10-10,州府通知\n";
        let held = adopted(kind, &Versions::default(), "2015-09-20", text, "2015-09-20").unwrap();
        assert_eq!(held.calendar().due_date("2015-09".parse().unwrap()), day("2015-10-10"));
        assert_eq!(held.calendar().due_date("2015-10".parse().unwrap()), day("2015-11-05"));
        assert_eq!(Versions::default().calendar(), StatutoryCalendar::default());
        // The 5th has passed; nobody makes late what was in time, or the other way round.
        assert_eq!(adopted(kind, &Versions::default(), "2015-10-07", text, "2015-10-07"), Err("RULE_TABLE_RETROACTIVE"));
        assert_eq!(adopted(kind, &held, "2015-10-12", DEADLINES, "2015-10-12"), Err("RULE_TABLE_RETROACTIVE"));
        assert!(adopted(kind, &held, "2015-10-12", text, "2015-10-12").is_ok());
        let outside = "month,last_day,source\n2015-09,2015-11-10,州府通知\n";
        assert_eq!(adopted(kind, &held, "2015-09-21", outside, "2015-09-21"), Err("RULE_TABLE_UNREADABLE"));
    }

    #[test]
    fn working_days_and_rollouts_follow_their_tables() {
        let text = format!("{}2017-10-02,off,国庆节\n", workday::SHIPPED);
        let held = adopted(TableKind::Workdays, &Versions::default(), "2016-12-01", &text, "2016-12-01").unwrap();
        assert_eq!(held.workdays().after(day("2017-09-29"), 1), day("2017-10-03"));
        let past = format!("{}2015-11-02,off,补休\n", workday::SHIPPED);
        assert_eq!(adopted(TableKind::Workdays, &held, "2016-12-01", &past, "2016-12-01"), Err("RULE_TABLE_RETROACTIVE"));
        let early = "code,rollout_date,source\nG01,2015-10-01,测试\n";
        let held = adopted(TableKind::Rollouts, &Versions::default(), "2015-09-15", early, "2015-09-15").unwrap();
        let metal: IndustryCode = "G01".parse().unwrap();
        assert_eq!(held.rollout(metal, day("2015-09-14")), day("2016-01-01"));
        assert_eq!(held.rollout(metal, day("2015-09-15")), day("2015-10-01"));
        assert_eq!(rollout_dates(&held, day("2015-09-15"))[&metal], day("2015-10-01"));
        assert_eq!(TableKind::Rollouts.check("code,rollout_date,source\nZ01,2015-10-01,x\n").unwrap_err().line, 2);
    }
}
