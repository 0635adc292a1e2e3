//! The oracle itself, on a few records worked out by hand.

use std::collections::BTreeMap;

use changxiao_proto::{
    county::v1::*,
    statistics::v1::{Breakdown, Coverage, Figure, Gap, QueryResponse, Row},
    types::v1::Receipt,
};

use super::{Ledger, Question, Span, View};
use crate::calendar::{Day, Month};

const COUNTY: &str = "bs-longyang";

/// Clients of one county, with business time and positions counted here.
struct Clients {
    ledger: Ledger,
    position: u64,
    now_ms: i64,
}

impl Clients {
    fn at(day: Day) -> Self {
        let mut clients = Clients { ledger: Ledger::default(), position: 0, now_ms: 0 };
        clients.now(day.at(10, 0));
        clients
    }

    fn now(&mut self, now_ms: i64) {
        self.now_ms = now_ms;
        self.ledger.clock_set(COUNTY, now_ms);
    }

    fn receipt(&mut self, resource: &str) -> Receipt {
        self.position += 1;
        Receipt {
            resource: resource.to_owned(),
            region: COUNTY.to_owned(),
            position: self.position,
            received_at_ms: self.now_ms,
            ..Receipt::default()
        }
    }

    fn enterprise(&mut self, name: &str, industry: &str) {
        let enterprise = Enterprise { industry: industry.to_owned(), ..Enterprise::default() };
        let told = self.receipt(name);
        self.ledger.proposed(&ProposeEnterpriseRequest { enterprise: Some(enterprise), ..Default::default() }, &told);
        let shown = Enterprise {
            name: name.to_owned(),
            state: EnterpriseState::Approved.into(),
            approved_at_ms: self.now_ms,
            ..Enterprise::default()
        };
        self.ledger.shown(&shown);
    }

    fn inspect(&mut self, enterprise: &str, on: Day) {
        let told = self.receipt("");
        let sent = RecordSelfInspectionRequest { parent: enterprise.to_owned(), on: Some(on.wire()), ..Default::default() };
        self.ledger.inspected(&sent, &told);
    }

    fn declare(&mut self, enterprise: &str, month: Month, zero_statement: &str) {
        let told = self.receipt("");
        let sent = FileDeclarationRequest { name: format!("{enterprise}/declarations/{month}"), ..Default::default() };
        self.ledger.declared(&sent, !zero_statement.is_empty(), &told);
    }

    fn find(&mut self, enterprise: &str, hazard: &str, found_on: Day, deadline: Day) {
        let told = self.receipt(hazard);
        let sent = RegisterHazardRequest { parent: enterprise.to_owned(), found_on: Some(found_on.wire()), ..Default::default() };
        self.ledger.hazard_found(&sent, &told);
        let told = self.receipt(hazard);
        let sent = AssignRectificationRequest { name: hazard.to_owned(), deadline: Some(deadline.wire()), ..Default::default() };
        self.ledger.hazard_assigned(&sent, &told);
    }

    fn rectify(&mut self, hazard: &str) {
        let told = self.receipt(hazard);
        self.ledger.hazard_reported(&ReportRectificationRequest { name: hazard.to_owned(), ..Default::default() }, &told);
    }

    fn strike_off(&mut self, hazard: &str) {
        let told = self.receipt(hazard);
        self.ledger.hazard_struck_off(&StrikeOffHazardRequest { name: hazard.to_owned(), ..Default::default() }, &told);
    }

    fn figure(&self, span: &str, name: &str) -> i64 {
        let view = View::of(&self.ledger);
        let figures = view.figures(&view.below("bs"), None, Span::parse(span));
        figures.get(name).unwrap_or_else(|| panic!("{span} has no {name}")).value
    }
}

#[test]
fn a_millisecond_decides_between_on_time_and_late() {
    let mut clients = Clients::at(Day::new(2015, 9, 10));
    for enterprise in ["a", "b", "c"] {
        clients.enterprise(enterprise, "K03");
    }
    clients.enterprise("not rolled out", "G01");
    let september = Month::new(2015, 9);
    assert_eq!(clients.figure("2015-09", "declarations_owed"), 0);
    clients.now(Day::new(2015, 10, 1).start_ms());
    assert_eq!(clients.figure("2015-09", "declarations_owed"), 3);
    clients.now(september.late_from_ms() - 1);
    clients.declare("a", september, "nothing found");
    clients.now(september.late_from_ms());
    clients.declare("b", september, "");
    let names = ["declarations_on_time", "declarations_late", "declarations_missing", "zero_reports"];
    assert_eq!(names.map(|name| clients.figure("2015-09", name)), [1; 4]);
    assert_eq!(clients.figure("2015-08", "declarations_owed"), 0);
}

#[test]
fn a_late_closing_counts_in_its_own_month_and_in_no_cohort_that_it_missed() {
    let mut clients = Clients::at(Day::new(2015, 8, 20));
    clients.enterprise("a", "K03");
    clients.find("a", "h", Day::new(2015, 8, 28), Day::new(2015, 9, 30));
    clients.now(Day::new(2015, 10, 8).at(10, 0));
    clients.rectify("h");
    clients.strike_off("h");
    // The deadline's day ended with September, so October is the month in which the hazard became overdue.
    assert_eq!((clients.figure("2015-09", "general_overdue"), clients.figure("2015-10", "general_overdue_entered")), (0, 1));
    assert_eq!((clients.figure("2015-10", "general_overdue_left"), clients.figure("2015-10", "general_overdue")), (1, 0));
    assert_eq!((clients.figure("2015-08", "general_found"), clients.figure("2015-10", "general_struck_off")), (1, 1));
    assert_eq!(["2015-08", "2015-09", "2015-10"].map(|month| clients.figure(month, "general_open")), [1, 1, 0]);
    assert_eq!(clients.figure("2015-08", "general_found_struck_off_month"), 0);
    assert_eq!(clients.figure("2015-Q3", "general_found_struck_off_quarter"), 0);
    assert_eq!(clients.figure("2015", "general_found_struck_off_year"), 1);
}

#[test]
fn an_enterprise_is_counted_once_in_every_span_however_often_it_inspects() {
    let mut clients = Clients::at(Day::new(2015, 9, 30));
    clients.enterprise("a", "K03");
    for day in [Day::new(2015, 9, 12), Day::new(2015, 9, 3), Day::new(2015, 8, 30)] {
        clients.inspect("a", day);
    }
    assert_eq!(clients.figure("2015-09", "enterprises_inspected_month"), 1);
    assert_eq!(clients.figure("2015-Q3", "enterprises_inspected_quarter"), 1);
    assert_eq!(clients.figure("2015-Q3", "self_inspections"), 3);
}

#[test]
#[should_panic(expected = "given for two commands")]
fn one_position_for_two_commands_is_a_finding() {
    let mut clients = Clients::at(Day::new(2015, 9, 1));
    clients.enterprise("a", "K03");
    clients.position -= 1;
    clients.enterprise("b", "K03");
}

/// An answer that says exactly what the oracle counts.
fn answer(view: &View, question: &Question) -> QueryResponse {
    let figures = view.figures(&view.below("bs"), None, Span::parse(&question.span));
    let figures = figures.iter().map(|(indicator, figure)| Figure {
        indicator: indicator.clone(),
        value: figure.value,
        denominator: figure.denominator,
        text: figure.text(),
    });
    let coverage = Coverage { expected: 5, reported: 1, unknown: vec![Gap::default(); 4], ..Coverage::default() };
    let total = Row { figures: figures.collect(), coverage: Some(coverage), ..Row::default() };
    QueryResponse { total: Some(total), ..QueryResponse::default() }
}

#[test]
fn a_right_answer_passes_and_every_kind_of_wrong_one_is_told() {
    let mut clients = Clients::at(Day::new(2015, 8, 20));
    clients.enterprise("a", "K03");
    clients.find("a", "h", Day::new(2015, 8, 20), Day::new(2015, 8, 27));
    let question = Question { region: "bs".into(), span: "2015-08".into(), breakdown: Breakdown::None };
    let view = View::of(&clients.ledger);
    let right = answer(&view, &question);
    assert_eq!(view.differences(&question, &right), []);

    type Spoil = (&'static str, fn(&mut Row));
    let spoil: [Spoil; 5] = [
        ("general_found", |row| row.figures.iter_mut().find(|figure| figure.indicator == "general_found").unwrap().value += 1),
        ("declaration_rate", |row| {
            row.figures.iter_mut().find(|figure| figure.indicator == "declaration_rate").unwrap().text = "0".into()
        }),
        ("major_open", |row| row.figures.retain(|figure| figure.indicator != "major_open")),
        ("invented", |row| row.figures.push(Figure { indicator: "invented".into(), ..Figure::default() })),
        ("coverage", |row| row.coverage.as_mut().unwrap().reported = 2),
    ];
    for (what, spoil) in spoil {
        let mut wrong = right.clone();
        spoil(wrong.total.as_mut().unwrap());
        let differences = view.differences(&question, &wrong);
        assert_eq!(differences.len(), 1, "{what}: {differences:?}");
        assert!(differences[0].what.ends_with(what), "{differences:?}");
    }
}

#[test]
fn a_county_cut_off_is_old_for_open_months_only_and_its_figures_stand_still() {
    let mut clients = Clients::at(Day::new(2015, 9, 18));
    clients.enterprise("a", "K03");
    let snapshot = clients.ledger.clone();
    clients.find("a", "h", Day::new(2015, 9, 18), Day::new(2015, 9, 27));
    let view = View::with_stale(&clients.ledger, &BTreeMap::from([(COUNTY.to_owned(), snapshot)]));
    let september = Span::parse("2015-09");
    assert_eq!(view.figures(&view.below("bs"), None, september)["general_found"].value, 0);
    assert_eq!(view.coverage("bs", september).text(), "0 of 5, stale: bs-longyang");
    assert_eq!(view.coverage("bs", Span::parse("2015-08")).text(), "1 of 5");
}
