//! SYNTHETIC behaviour of enterprises, read from the tables that their authors invented.

use std::collections::BTreeMap;

use super::catalogue::COUNTIES;
use crate::{calendar::Month, tables};

/// How enterprises of one county behave. Numbers are probabilities.
#[derive(Clone, Debug)]
pub struct County {
    /// Declares by the 5th.
    pub on_time: f64,
    /// Declares later.
    pub late: f64,
    /// Finds nothing in a month.
    pub zero_report: f64,
    /// Rectifies a general hazard at all.
    pub rectifies: f64,
    /// Rectifies by the deadline.
    pub by_deadline: f64,
    /// Share of declarations on each day from the 1st to the 10th.
    pub days: [f64; 10],
}

/// Hazards of one industry group.
#[derive(Clone, Debug)]
pub struct Group {
    /// Mean per inspection that finds any.
    pub mean_hazards: f64,
    /// Dispersion of the negative binomial.
    pub dispersion: f64,
    /// Median days to rectify.
    pub median_days: f64,
}

/// All of it.
pub struct Behaviour {
    counties: BTreeMap<&'static str, County>,
    groups: BTreeMap<char, Group>,
    months: BTreeMap<u8, f64>,
}

impl Behaviour {
    /// Reads the tables.
    pub fn read() -> Self {
        let number = |text: &String| text.parse::<f64>().unwrap();
        let curve: Vec<(f64, f64)> = tables::rows(tables::DEADLINE_CURVE).map(|row| (number(&row[1]), number(&row[2]))).collect();
        let counties = tables::rows(tables::COUNTY_BEHAVIOUR).map(|row| {
            let (county, _) = *COUNTIES.iter().find(|(_, code)| *code == row[0]).unwrap();
            // Between the disciplined and the slack curve by the county's rank, 9 to 131.
            let slack = (number(&row[8]) - 9.0) / (131.0 - 9.0);
            let mut days = [0.0; 10];
            for (day, (disciplined, other)) in days.iter_mut().zip(&curve) {
                *day = disciplined * (1.0 - slack) + other * slack;
            }
            let behaviour = County {
                on_time: number(&row[2]),
                late: number(&row[3]),
                zero_report: number(&row[5]),
                rectifies: number(&row[6]),
                by_deadline: number(&row[7]),
                days,
            };
            (county, behaviour)
        });
        let groups = tables::rows(tables::HAZARD_PARAMETERS).map(|row| {
            let group = Group { mean_hazards: number(&row[1]), dispersion: number(&row[2]), median_days: number(&row[4]) };
            (row[0].chars().next().unwrap(), group)
        });
        let months = tables::rows(tables::MONTH_FACTORS).map(|row| (row[0].parse().unwrap(), number(&row[1])));
        Behaviour { counties: counties.collect(), groups: groups.collect(), months: months.collect() }
    }

    /// Of one county.
    pub fn county(&self, county: &str) -> &County {
        &self.counties[county]
    }

    /// Of one industry group.
    pub fn group(&self, group: char) -> &Group {
        &self.groups[&group]
    }

    /// Multiplier of hazards in a month.
    pub fn month_factor(&self, month: Month) -> f64 {
        self.months[&month.month]
    }
}
