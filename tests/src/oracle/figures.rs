//! From counts to the figures of a span: sums, balances, shares.

use std::collections::BTreeMap;

use super::{counts::Counts, span::Span};
use crate::calendar::Month;

/// One figure as an answer must show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The count, or the numerator.
    pub value: i64,
    /// The denominator of a share.
    pub denominator: Option<i64>,
    /// So many for each instead of a share: a plain number that may exceed 1.
    pub each: bool,
}

impl Figure {
    /// As printed: a count, a percentage with two decimals, or `/` where there is nothing to divide by.
    pub fn text(&self) -> String {
        match self.denominator {
            None => self.value.to_string(),
            Some(0) => "/".to_owned(),
            Some(whole) if self.each => {
                let hundredths = (self.value * 200 + whole) / (2 * whole);
                format!("{}.{:02}", hundredths / 100, hundredths % 100)
            }
            Some(whole) if whole == self.value => "100.00".to_owned(),
            Some(whole) => {
                // Half up, and never 100.00 unless the parts are equal.
                let hundredths = ((self.value * 20_000 + whole) / (2 * whole)).min(9_999);
                format!("{}.{:02}", hundredths / 100, hundredths % 100)
            }
        }
    }
}

/// Counts that add over any months.
const FLOWS: [&str; 54] = [
    "declarations_owed",
    "declarations_exempt",
    "declarations_on_time",
    "declarations_late",
    "zero_reports",
    "general_found",
    "general_struck_off",
    "general_overdue_entered",
    "general_overdue_left",
    "major_found",
    "major_struck_off",
    "major_overdue_entered",
    "major_overdue_left",
    "major_listed_entered",
    "major_listed_left",
    "enterprises_admitted",
    "enterprises_removed",
    "general_upgraded",
    "general_voided",
    "general_recurred",
    "general_entered_late",
    "general_returned",
    "general_extended",
    "major_downgraded",
    "major_returned",
    "major_extended",
    "major_progress_missed",
    "major_undossiered",
    "declarations_proxied",
    "self_inspections_due",
    "self_inspections_done",
    "self_inspections_missed",
    "self_inspections_made_up",
    "self_inspections_cancelled",
    "self_inspections_signed_in_time",
    "inspections_special",
    "inspections_expert",
    "inspections_comprehensive",
    "inspections_covert",
    "inspections_planned",
    "inspections_unfulfilled",
    "findings_hazards",
    "findings_problems",
    "findings_fed_back",
    "orders_issued",
    "orders_overdue",
    "rechecks_due",
    "rechecks_on_time",
    "rechecks_done",
    "inspections_escalated",
    "inspections_transferred",
    "inspections_cases",
    "documents_drawn",
    "documents_voided",
];

/// A stock, what enters it, what leaves it.
type Stock = (&'static str, &'static [&'static str], &'static [&'static str]);

/// Every stock.
const STOCKS: [Stock; 6] = [
    ("general_open", &["general_found", "major_downgraded"], &["general_struck_off", "general_upgraded", "general_voided"]),
    ("general_overdue", &["general_overdue_entered"], &["general_overdue_left"]),
    ("major_open", &["major_found", "general_upgraded"], &["major_struck_off", "major_downgraded"]),
    ("major_overdue", &["major_overdue_entered"], &["major_overdue_left"]),
    ("major_listed", &["major_listed_entered"], &["major_listed_left"]),
    ("enterprises_in_catalogue", &["enterprises_admitted"], &["enterprises_removed"]),
];

/// Measures that may be read over one kind of span only, by the last word of their names.
const CONFINED: [[&str; 3]; 4] = [
    ["general_found_struck_off_month", "general_found_struck_off_quarter", "general_found_struck_off_year"],
    ["major_found_struck_off_month", "major_found_struck_off_quarter", "major_found_struck_off_year"],
    ["enterprises_inspected_month", "enterprises_inspected_quarter", "enterprises_inspected_year"],
    ["enterprises_checked_month", "enterprises_checked_quarter", "enterprises_checked_year"],
];

/// Every figure of a span from counts by month.
pub fn figures(by_month: &BTreeMap<Month, Counts>, span: Span) -> BTreeMap<String, Figure> {
    let (first, last) = span.ends();
    let sum = |name: &str, from: Option<Month>| -> i64 {
        let inside = by_month.iter().filter(|(month, _)| from.is_none_or(|from| **month >= from) && **month <= last);
        inside.map(|(_, counts)| counts.get(name).copied().unwrap_or(0)).sum()
    };
    let mut figures = BTreeMap::new();
    let mut put = |name: &str, value: i64, denominator: Option<i64>| {
        figures.insert(name.to_owned(), Figure { value, denominator, each: name == "inspection_intensity" });
    };
    for name in FLOWS {
        put(name, sum(name, Some(first)), None);
    }
    put("self_inspections", sum("self_inspections", Some(first)), None);
    for (name, enters, leaves) in STOCKS {
        // A stock is the balance of everything up to the end of the span.
        let all = |names: &[&str]| names.iter().map(|name| sum(name, None)).sum::<i64>();
        put(name, all(enters) - all(leaves), None);
    }
    let confined = match span {
        Span::Month(_) => Some(0),
        Span::Quarter(..) => Some(1),
        Span::Year(_) => Some(2),
        Span::Months(..) => None,
    };
    if let Some(kind) = confined {
        for names in CONFINED {
            put(names[kind], sum(names[kind], Some(first)), None);
        }
    }
    let flow = |name: &str| sum(name, Some(first));
    // Everybody who was in the catalogue on some day of the span: who is there at its end, and who left within it.
    let there = sum("enterprises_admitted", None) - sum("enterprises_removed", None) + flow("enterprises_removed");
    if let Some(kind) = confined {
        let word = ["month", "quarter", "year"][kind];
        put(&format!("inspection_coverage_{word}"), flow(CONFINED[3][kind]), Some(there));
    }
    let inspections = flow("inspections_special") + flow("inspections_expert") + flow("inspections_comprehensive");
    let findings = flow("findings_hazards") + flow("findings_problems");
    put("inspections", inspections, None);
    put("findings", findings, None);
    put("inspection_intensity", inspections, Some(there));
    let planned = flow("inspections_planned");
    put("plan_fulfilment_rate", planned - flow("inspections_unfulfilled"), Some(planned));
    put("feedback_rate", flow("findings_fed_back"), Some(findings));
    put("recheck_on_time_rate", flow("rechecks_on_time"), Some(flow("rechecks_due")));
    let due = flow("declarations_owed") - flow("declarations_exempt");
    let filed = flow("declarations_on_time") + flow("declarations_late");
    put("declarations_missing", due - filed, None);
    put("declaration_rate", filed, Some(due));
    put("declaration_on_time_rate", flow("declarations_on_time"), Some(due));
    put("zero_report_rate", flow("zero_reports"), Some(filed));
    put(
        "self_inspection_rate",
        flow("self_inspections_done"),
        Some(flow("self_inspections_due") - flow("self_inspections_cancelled")),
    );
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_round_half_up_and_are_whole_only_when_equal() {
        for (value, whole, text) in
            [(0, 0, "/"), (1, 1, "100.00"), (2_865, 2_866, "99.97"), (99_999, 100_000, "99.99"), (1, 3, "33.33"), (1, 8, "12.50")]
        {
            assert_eq!(Figure { value, denominator: Some(whole), each: false }.text(), text, "{value}/{whole}");
        }
    }

    #[test]
    fn checks_for_each_enterprise_may_exceed_one() {
        assert_eq!(Figure { value: 111, denominator: Some(17), each: true }.text(), "6.53");
    }

    #[test]
    fn a_stock_carries_over_and_a_flow_does_not() {
        let (august, september) = (Month::new(2015, 8), Month::new(2015, 9));
        let by_month = BTreeMap::from([
            (august, Counts::from([("general_found", 3), ("general_struck_off", 1)])),
            (september, Counts::from([("general_struck_off", 1)])),
        ]);
        let figures = figures(&by_month, Span::Month(september));
        assert_eq!((figures["general_found"].value, figures["general_open"].value), (0, 1));
        assert!(figures.contains_key("enterprises_inspected_month") && !figures.contains_key("enterprises_inspected_year"));
    }
}
