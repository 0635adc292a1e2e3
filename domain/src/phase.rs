//! The phases of the rollout (阶段): a calendar that may overlap; each is planned, running or closed on a day.
//!
//! The table is `deploy/data/phases.csv`, whose head states its source. Source: R31–R33, R39–R40, R45, R71, R74; dossier OR9 and §3 points 1 to 3.

use std::sync::LazyLock;

use crate::{
    clock::Date,
    csv_table::{TableFault, rows},
};

const TABLE: &str = include_str!("../../deploy/data/phases.csv");

/// A test proves that the shipped table parses; a broken one would show no phase at all.
static PHASES: LazyLock<Vec<Phase>> = LazyLock::new(|| parse(TABLE).unwrap_or_default());

/// A month and a day of some year.
type Day = (i8, i8);

/// One phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phase {
    /// Stable name.
    pub id: &'static str,
    /// Requirement that names it.
    pub requirement: &'static str,
    /// Chinese term.
    pub zh: &'static str,
    /// English term.
    pub en: &'static str,
    /// Its year; every year if there is none.
    year: Option<i16>,
    begins: Day,
    ends: Option<Day>,
}

/// How a phase stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// 未开始
    Planned,
    /// 进行中
    Running,
    /// 已结束
    Closed,
}

/// Every phase.
#[must_use]
pub fn all() -> &'static [Phase] {
    &PHASES
}

impl Phase {
    /// First day, and last day if there is one, as they concern a day: of its year where it comes every year.
    #[must_use]
    pub fn days(&self, on: Date) -> (Date, Option<Date>) {
        let year = self.year.unwrap_or_else(|| on.year());
        let day = |(month, day): Day| Date::new(year, month, day).unwrap_or(Date::MAX);
        (day(self.begins), self.ends.map(day))
    }

    /// How it stands on a day.
    #[must_use]
    pub fn state(&self, on: Date) -> State {
        match self.days(on) {
            (begins, _) if on < begins => State::Planned,
            (_, Some(ends)) if on > ends => State::Closed,
            _ => State::Running,
        }
    }
}

fn parse(text: &'static str) -> Result<Vec<Phase>, TableFault> {
    rows("phases.csv", text)?
        .iter()
        .map(|row| {
            let day = |text: &str| {
                let (month, day) = text.split_once('-').ok_or_else(|| row.fault(format!("`{text}` is no day")))?;
                let wrong = |_| row.fault(format!("`{text}` is no day"));
                Ok((month.parse::<i8>().map_err(wrong)?, day.parse::<i8>().map_err(wrong)?))
            };
            Ok(Phase {
                id: row.field(0),
                requirement: row.field(1),
                zh: row.field(2),
                en: row.field(3),
                year: if row.field(4).is_empty() { None } else { Some(row.parse(4)?) },
                begins: day(row.field(5))?,
                ends: if row.field(6).is_empty() { None } else { Some(day(row.field(6))?) },
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_table_parses_and_phases_overlap() {
        assert_eq!(parse(TABLE).unwrap().len(), 8);
        let on = Date::constant(2015, 8, 28);
        let running =
            |on: Date| all().iter().filter(|phase| phase.state(on) == State::Running).map(|phase| phase.id).collect::<Vec<_>>();
        assert_eq!(running(on), ["pilot", "training", "catalogue"]);
        assert_eq!(running(Date::constant(2015, 11, 15)), ["pilot", "treatment"], "no sub-step, still the hazard phase");
        assert_eq!(running(Date::constant(2015, 12, 31)), ["pilot"], "31 December is in no phase");
        assert_eq!(running(Date::constant(2017, 12, 5)), ["pilot", "summary", "rollout", "full"], "every year");
        assert_eq!(all()[1].state(Date::constant(2015, 8, 30)), State::Running, "its last day counts");
        assert_eq!(all()[1].state(Date::constant(2015, 8, 31)), State::Closed);
    }
}
