//! Counting again, from the records, into county × month × industry.

use std::collections::{BTreeMap, BTreeSet};

use super::ledger::{EnterpriseRecord, Ledger};
use crate::calendar::{Day, Month};

/// The flows, cohorts and distinct counts of one county, month and industry. A missing name is zero.
pub type Counts = BTreeMap<&'static str, i64>;

/// Counts by county, month and industry.
pub type Cells = BTreeMap<(String, Month, String), Counts>;

struct Tally {
    cells: Cells,
    county: String,
    industry: String,
}

impl Tally {
    fn add(&mut self, month: Month, indicator: &'static str) {
        let key = (self.county.clone(), month, self.industry.clone());
        *self.cells.entry(key).or_default().entry(indicator).or_default() += 1;
    }

    fn at(&mut self, county: &str, industry: &str) {
        county.clone_into(&mut self.county);
        industry.clone_into(&mut self.industry);
    }
}

impl Ledger {
    /// Every cell, counted from the first record to the last.
    pub fn cells(&self) -> Cells {
        let mut tally = Tally { cells: Cells::new(), county: String::new(), industry: String::new() };
        for enterprise in self.enterprises.values() {
            let now_ms = self.clocks.get(&enterprise.county).copied().unwrap_or(i64::MIN);
            tally.at(&enterprise.county, &enterprise.industry);
            enterprise_counts(enterprise, now_ms, &mut tally);
        }
        for hazard in self.hazards.values() {
            let Some((county, industry)) = self.home(&hazard.enterprise) else { continue };
            let now_ms = self.clocks.get(county).copied().unwrap_or(i64::MIN);
            tally.at(county, industry);
            tally.add(hazard.found_on.month(), "general_found");
            if Day::of(hazard.entered_at_ms).since(hazard.found_on) > 3 {
                tally.add(Day::of(hazard.entered_at_ms).month(), "general_entered_late");
            }
            for at in &hazard.returned_at_ms {
                tally.add(Day::of(*at).month(), "general_returned");
            }
            for round in &hazard.rounds {
                if let Some(from) = round.overdue_from_ms(now_ms) {
                    tally.add(Day::of(from).month(), "general_overdue_entered");
                    if let Some(at) = round.reported_at_ms {
                        tally.add(Day::of(at).month(), "general_overdue_left");
                    }
                }
            }
            if let Some(at) = hazard.struck_off_at_ms {
                let names =
                    ["general_found_struck_off_month", "general_found_struck_off_quarter", "general_found_struck_off_year"];
                struck_off(&mut tally, hazard.found_on, at, "general_struck_off", names);
            }
        }
        for dossier in self.dossiers.values() {
            let Some((county, industry)) = self.home(&dossier.enterprise) else { continue };
            let now_ms = self.clocks.get(county).copied().unwrap_or(i64::MIN);
            tally.at(county, industry);
            tally.add(dossier.found_on.month(), "major_found");
            if let Some(at) = dossier.listed_at_ms {
                tally.add(Day::of(at).month(), "major_listed_entered");
            }
            for at in &dossier.returned_at_ms {
                tally.add(Day::of(*at).month(), "major_returned");
            }
            for at in dossier.missed_at_ms(now_ms) {
                tally.add(Day::of(at).month(), "major_progress_missed");
            }
            // Treated is not enough: a major hazard stays overdue, through further treatments, until it is struck off or gets a new deadline.
            let mut overdue = false;
            for round in &dossier.rounds {
                if let Some(from) = round.overdue_from_ms(now_ms).filter(|_| !overdue) {
                    tally.add(Day::of(from).month(), "major_overdue_entered");
                    overdue = true;
                }
                if let Some(at) = round.replaced_at_ms.filter(|_| overdue) {
                    tally.add(Day::of(at).month(), "major_overdue_left");
                    overdue = false;
                }
            }
            if let Some(at) = dossier.struck_off_at_ms.filter(|_| overdue) {
                tally.add(Day::of(at).month(), "major_overdue_left");
            }
            if let Some(at) = dossier.struck_off_at_ms {
                tally.add(Day::of(at).month(), "major_listed_left");
                let names = ["major_found_struck_off_month", "major_found_struck_off_quarter", "major_found_struck_off_year"];
                struck_off(&mut tally, dossier.found_on, at, "major_struck_off", names);
            }
        }
        tally.cells
    }

    /// Counties that clients have heard of.
    pub fn counties(&self) -> BTreeSet<String> {
        self.clocks.keys().cloned().collect()
    }
}

/// A closing counts in its own month; the cohorts count it in the month of discovery.
fn struck_off(tally: &mut Tally, found_on: Day, at_ms: i64, flow: &'static str, cohorts: [&'static str; 3]) {
    let (found, off) = (found_on.month(), Day::of(at_ms).month());
    tally.add(off, flow);
    if found == off {
        tally.add(found, cohorts[0]);
    }
    if (found.year, found.quarter()) == (off.year, off.quarter()) {
        tally.add(found, cohorts[1]);
    }
    if found.year == off.year {
        tally.add(found, cohorts[2]);
    }
}

fn enterprise_counts(enterprise: &EnterpriseRecord, now_ms: i64, tally: &mut Tally) {
    let mut months = BTreeSet::new();
    let mut quarters = BTreeSet::new();
    let mut years = BTreeSet::new();
    let mut days: Vec<Day> = enterprise.inspected.iter().map(|(day, _)| *day).collect();
    days.sort();
    for day in days {
        let month = day.month();
        tally.add(month, "self_inspections");
        // The first inspection of a span counts in its own month, so the months of the span add up to enterprises.
        if months.insert(month) {
            tally.add(month, "enterprises_inspected_month");
        }
        if quarters.insert((month.year, month.quarter())) {
            tally.add(month, "enterprises_inspected_quarter");
        }
        if years.insert(month.year) {
            tally.add(month, "enterprises_inspected_year");
        }
    }
    let Some(approved_at_ms) = enterprise.approved_at_ms else { return };
    tally.add(Day::of(approved_at_ms).month(), "enterprises_admitted");
    let mut month = Day::of(approved_at_ms.max(enterprise.rollout_ms)).month();
    while month.next().first().start_ms() <= now_ms {
        tally.add(month, "declarations_owed");
        if let Some(declared) = enterprise.declared.get(&month) {
            let on_time = declared.at_ms < month.late_from_ms();
            tally.add(month, if on_time { "declarations_on_time" } else { "declarations_late" });
            if declared.zero {
                tally.add(month, "zero_reports");
            }
        }
        month = month.next();
    }
    tasks(enterprise, approved_at_ms, now_ms, tally);
}

/// The comprehensive inspection of each month that began with the enterprise in the catalogue and its industry rolled out.
fn tasks(enterprise: &EnterpriseRecord, approved_at_ms: i64, now_ms: i64, tally: &mut Tally) {
    let begun = approved_at_ms.max(enterprise.rollout_ms);
    let mut month = Day::of(begun).month();
    if month.first().start_ms() < begun {
        month = month.next();
    }
    while month.first().start_ms() <= now_ms {
        tally.add(month, "self_inspections_due");
        let ends_ms = month.last().end_ms();
        // The first one entered for the month is the one that was asked for.
        match enterprise.inspected.iter().find(|(day, _)| day.month() == month) {
            Some((day, at_ms)) => {
                if *at_ms < ends_ms {
                    tally.add(month, "self_inspections_done");
                } else {
                    tally.add(month, "self_inspections_missed");
                    tally.add(month, "self_inspections_made_up");
                }
                if *at_ms < day.plus(3).end_ms() {
                    tally.add(month, "self_inspections_signed_in_time");
                }
            }
            None if ends_ms <= now_ms => tally.add(month, "self_inspections_missed"),
            None => {}
        }
        month = month.next();
    }
}
