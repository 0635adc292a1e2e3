use super::*;
use crate::{
    actor::Actor,
    clock::Instant,
    enterprise::{Enterprise, State as Admission, tests as catalogue},
    event::Event,
    refusal::{Refusal as Refused, Refuse},
    scope::Scope,
    stamp::{Moment, Stamp},
    workday,
};

/// Day 0 is a Tuesday.
fn day(number: i64) -> Date {
    Instant::start_of(Date::constant(2015, 9, 1)).plus_days(number).date()
}

fn at(number: i64) -> Instant {
    Instant::start_of(day(number)).plus_ms(9 * 3_600_000)
}

fn serial(position: u64) -> Serial {
    Serial::new(1, position).unwrap()
}

fn stamp(number: i64) -> Stamp {
    Stamp { at: at(number), received: at(number), actor: "reporter".to_owned(), epoch: 1, position: 900 }
}

fn moment(number: i64) -> Moment {
    Moment { now: at(number), next: serial(900) }
}

fn speaks_for(body: FilingBody) -> Actor {
    Actor::Account { id: "officer".parse().unwrap(), roles: vec![body.role()], scope: Scope::WHOLE }
}

fn text() -> String {
    "合成".to_owned()
}

fn known() -> Personal {
    Personal::Known(text())
}

fn enterprise() -> Enterprise {
    let mut enterprise = catalogue::standing(Admission::Approved);
    enterprise.major_open = 1;
    enterprise
}

fn plan() -> Plan {
    Plan { measures: text(), responsibility: text(), funds_yuan: 1, deadline: day(90), emergency_plan: text(), goals: text() }
}

/// A dossier in a state with everything that its steps look at; listed until day 60 with production stopped.
fn standing(state: State) -> Dossier {
    let early = matches!(state, State::Identified | State::Dossier | State::Ready | State::Filing | State::Filed);
    let notice = Notice { number: text(), signer: known(), receiver: known(), suspends: true };
    let confirmed = if state == State::Filing { FilingBody::ALL.into_iter().take(1).collect() } else { BTreeSet::new() };
    Dossier {
        serial: serial(7),
        enterprise: serial(3),
        enterprise_title: text(),
        industry: "K03".parse().unwrap(),
        state,
        found_on: day(0),
        identified_on: day(0),
        open_by: workday::shipped().after(day(0), OPENING_WORKDAYS),
        category: "B01".parse().unwrap(),
        criterion: text(),
        state_and_cause: text(),
        harm_and_difficulty: text(),
        protection: text(),
        ordered: None,
        upgraded_from: None,
        number: if state == State::Identified { String::new() } else { text() },
        undossiered: false,
        plan: None,
        confirmed,
        not_listed: String::new(),
        notice: (!early).then_some(notice),
        listed_deadline: (!early).then(|| day(60)),
        progress: None,
        treatable_since: (!early).then(|| at(0)),
        treated_from: (state == State::Rectifying).then(|| Month::of(day(0))),
        progress_from: (state == State::Rectifying).then(|| Month::of(day(0))),
        progress_missed: 0,
        overdue_since: None,
        escalated: false,
        extension: None,
        extensions: 0,
        assessor: None,
        returned: 0,
        struck_off_on: (state == State::StruckOff).then(|| day(50)),
        closing_number: String::new(),
        resumption: false,
        resumed: false,
        hazard: None,
        acts: Acts::default(),
        version: 8,
    }
}

fn listing(deadline: Date) -> Listing {
    Listing { notice_number: text(), deadline, signer: text(), receiver: text(), suspends: false }
}

fn commission(until: Date) -> Commission {
    Commission { institution: text(), qualification: text(), qualified_until: until, field: text() }
}

fn progress(month: Month) -> Progress {
    Progress { month, percent: 10, spent_yuan: 1, text: text() }
}

fn found(protection: String, number: String) -> Identification {
    Identification {
        found_on: day(0),
        category: "B01".parse().unwrap(),
        criterion: text(),
        state_and_cause: text(),
        harm_and_difficulty: text(),
        protection,
        number,
    }
}

fn one(event: Result<Event, Refusal>) -> Result<Vec<Event>, Refused> {
    Ok(vec![event?])
}

/// Tries an event of the table on a dossier with arguments that satisfy every other guard. The day of the attempt comes back with it.
fn attempt(dossier: &Dossier, event: &str) -> Result<Vec<Event>, Refused> {
    let assess = |passed| dossier.assess(Assessment { report: text(), authors: vec![text()], passed });
    let two = || vec!["甲".to_owned(), "乙".to_owned()];
    let asked = Dossier { extension: Some(day(80)), resumption: true, ..dossier.clone() };
    let no_word = || Refusal::NoExtensionAsked {}.into();
    let said = |dossier: &Dossier, now| dossier.fall_due(now).map(|event| vec![event]).ok_or_else(no_word);
    let no_progress_due = Dossier { progress_from: None, undossiered: true, ..dossier.clone() };
    match event {
        "protect" => one(dossier.protect(text())),
        "open_dossier" => one(dossier.open(text())),
        "complete" => one(dossier.complete(plan(), at(2))),
        "file" => one(dossier.file()),
        "confirm" | "confirm_last" => one(dossier.confirm(FilingBody::DutyDepartment, &speaks_for(FilingBody::DutyDepartment))),
        "list" => one(dossier.list(listing(day(60)), at(2))),
        "decline_listing" => one(dossier.decline_listing(text())),
        "treat" => one(dossier.start(text())),
        "report_progress" => one(dossier.report(progress(Month::of(day(0))), at(2))),
        "miss_progress" => said(&Dossier { undossiered: true, ..dossier.clone() }, at(36)),
        "ask_extension" => one(dossier.ask_extension(day(90), text(), text(), at(55))),
        "decide_extension" => one(asked.decide_extension(true, String::new())),
        "fall_overdue" => said(&no_progress_due, at(62)),
        "escalate" => said(&Dossier { overdue_since: Some(at(61)), ..no_progress_due }, at(92)),
        "finish" => one(dossier.finish(text())),
        "commission" => one(dossier.commission(commission(day(400)), at(2))),
        "assess_pass" => one(assess(true)),
        "assess_fail" => one(assess(false)),
        "apply" => one(dossier.apply_for_acceptance()),
        "accept" => one(dossier.decide(true, String::new(), None, two(), at(2))),
        "refuse" => one(dossier.decide(false, text(), Some(day(90)), two(), at(2))),
        "strike_off" => one(dossier.strike_off(text())),
        "ask_resumption" => one(dossier.ask_resumption()),
        "decide_resumption" => one(asked.decide_resumption(true, String::new())),
        "downgrade" => Ok(dossier.downgrade(text(), text(), text(), "乙".to_owned(), moment(2))?),
        "fall_undossiered" => said(dossier, at(9)),
        other => panic!("the table knows an event `{other}` that no rule carries out"),
    }
}

/// Events of the table that nothing here carries out yet.
const MISSING: &[&str] = &["raise_level"];

#[test]
fn every_state_takes_exactly_the_events_of_the_table_and_goes_where_it_says() {
    let states: Vec<_> = State::ALL.iter().map(|state| state.id()).collect();
    machine::prove(Machine::MajorHazard, &states, MISSING, |from, event| {
        if event == "identify" {
            return identify(&enterprise(), found(text(), String::new()), None, moment(2)).ok().map(|_| State::Identified.id());
        }
        let before = standing(State::from_id(from)?);
        // The last of three confirmations comes after the other two.
        let confirmed =
            FilingBody::ALL.into_iter().take(if event == "confirm_last" { 2 } else { before.confirmed.len() }).collect();
        let mut dossier = Dossier { confirmed, ..before };
        for made in attempt(&dossier, event).ok()? {
            dossier.apply(&made, &stamp(2));
        }
        Some(dossier.state.id())
    });
}

fn reason<T: std::fmt::Debug>(outcome: Result<T, Refusal>) -> &'static str {
    outcome.unwrap_err().reason()
}

#[test]
fn guards_name_what_is_missing() {
    let treated = standing(State::Rectifying);
    let ask = |dossier: &Dossier, to, on| dossier.ask_extension(day(to), text(), text(), at(on));
    assert_eq!(reason(Dossier { protection: String::new(), ..standing(State::Ready) }.file()), "DOSSIER_NOT_PROTECTED");
    assert_eq!(
        reason(standing(State::Filing).confirm(FilingBody::CommissionOffice, &speaks_for(FilingBody::CommissionOffice))),
        "DOSSIER_ALREADY_CONFIRMED"
    );
    let other = speaks_for(FilingBody::IndustryDepartment);
    assert_eq!(reason(standing(State::Filing).confirm(FilingBody::DutyDepartment, &other)), "DOSSIER_NOT_THAT_BODY");
    assert_eq!(reason(standing(State::Filed).downgrade(text(), text(), text(), text(), moment(2))), "DOSSIER_EXPERT_IS_HEAD");
    assert_eq!(reason(standing(State::Filed).list(listing(day(1)), at(2))), "DOSSIER_DEADLINE_OUTSIDE");
    assert_eq!(reason(standing(State::Filed).list(listing(day(369)), at(2))), "DOSSIER_DEADLINE_OUTSIDE");
    assert!(standing(State::Filed).list(listing(day(368)), at(2)).is_ok());
    assert_eq!(reason(treated.report(progress(Month::of(day(0)).next()), at(2))), "DOSSIER_MONTH_OUTSIDE");
    assert_eq!(reason(treated.report(progress(Month::of(day(-1))), at(2))), "DOSSIER_MONTH_OUTSIDE");
    // The listing ends on Saturday 31 October; the twentieth working day before it is 29 September: National Day week does not count,
    // Saturday 10 October does.
    assert_eq!(treated.listed_deadline, Some(Date::constant(2015, 10, 31)));
    assert_eq!(reason(ask(&treated, 90, 27)), "DOSSIER_EXTENSION_OUTSIDE");
    assert!(ask(&treated, 90, 28).is_ok(), "29 September");
    assert_eq!(reason(ask(&treated, 90, 61)), "DOSSIER_EXTENSION_OUTSIDE");
    assert_eq!(reason(ask(&treated, 60, 55)), "DOSSIER_DEADLINE_OUTSIDE");
    assert_eq!(reason(ask(&Dossier { extensions: 2, ..treated.clone() }, 90, 55)), "DOSSIER_EXTENSIONS_SPENT");
    assert_eq!(reason(ask(&Dossier { extension: Some(day(80)), ..treated.clone() }, 90, 55)), "DOSSIER_EXTENSION_PENDING");
    assert_eq!(reason(treated.decide_extension(true, text())), "DOSSIER_NO_EXTENSION_ASKED");
    let expired = standing(State::Completed).commission(commission(day(1)), at(2));
    assert_eq!(reason(expired), "DOSSIER_QUALIFICATION_EXPIRED");
    let applied = standing(State::Applied);
    let twice = vec![text(), text()];
    assert_eq!(reason(applied.decide(true, text(), None, twice, at(2))), "DOSSIER_TOO_FEW_INSPECTORS");
    let two = vec!["甲".to_owned(), "乙".to_owned()];
    assert_eq!(reason(applied.decide(false, text(), None, two, at(2))), "DOSSIER_REFUSAL_INCOMPLETE");
    let closed = standing(State::StruckOff);
    assert_eq!(reason(closed.decide_resumption(true, text())), "DOSSIER_NO_RESUMPTION_ASKED");
    assert_eq!(reason(Dossier { resumption: true, ..closed.clone() }.ask_resumption()), "DOSSIER_RESUMPTION_PENDING");
    assert_eq!(reason(Dossier { resumed: true, ..closed }.ask_resumption()), "DOSSIER_NOT_SUSPENDED");
}

#[test]
fn a_judgement_may_open_its_dossier_and_protect_people_at_once() {
    let made = |protection: &str, number: &str| {
        let events = identify(&enterprise(), found(String::from(protection), String::from(number)), None, moment(0)).unwrap();
        let Some(Event::MajorHazardIdentified(first)) = events.first() else { panic!("no judgement") };
        let mut dossier = Dossier::identified(first, &enterprise(), &stamp(0));
        for event in &events {
            dossier.apply(event, &stamp(0));
        }
        dossier
    };
    assert_eq!(made("", "").state, State::Identified);
    let whole = made("撤人停用", "腾重大〔2015〕1号");
    assert_eq!((whole.state, whole.protection.as_str()), (State::Dossier, "撤人停用"));
}

/// What time says of a dossier day after day.
fn said(mut dossier: Dossier, days: std::ops::Range<i64>) -> Vec<(Date, &'static str)> {
    let mut said = Vec::new();
    for number in days {
        while let Some(event) = dossier.fall_due(at(number)) {
            dossier.apply(&event, &stamp(number));
            said.push((day(number), event.kind()));
        }
    }
    said
}

#[test]
fn no_dossier_after_five_working_days_is_said_once() {
    // Tuesday 1 September; 3 and 4 September are holidays, Sunday the 6th is worked for one of them.
    assert_eq!(said(standing(State::Identified), 0..100), [(Date::constant(2015, 9, 10), "dossier_missing")]);
}

#[test]
fn time_counts_missed_months_then_the_deadline_then_the_province() {
    let expected = [
        (Date::constant(2015, 10, 6), "progress_missed"),
        (Date::constant(2015, 11, 1), "treatment_overdue"),
        (Date::constant(2015, 11, 6), "progress_missed"),
        (Date::constant(2015, 12, 1), "dossier_escalated"),
        (Date::constant(2015, 12, 6), "progress_missed"),
    ];
    assert_eq!(said(standing(State::Rectifying), 0..100), expected);
    // Who reports is not missed.
    let mut reporting = standing(State::Rectifying);
    let report = reporting.report(progress(Month::of(day(0))), at(3)).unwrap();
    reporting.apply(&report, &stamp(3));
    assert_eq!(said(reporting, 0..64), expected[1..2]);
}

#[test]
fn a_failed_assessment_is_treated_again_and_owes_progress_from_then_on() {
    let mut dossier = standing(State::Assessing);
    let failed = dossier.assess(Assessment { report: text(), authors: vec![text()], passed: false }).unwrap();
    dossier.apply(&failed, &stamp(40));
    assert_eq!((dossier.state, dossier.returned), (State::Rectifying, 1));
    assert_eq!(dossier.progress_from, Some(Month::of(day(40))));
}

fn given(dossier: &mut Dossier, on: i64, what: impl FnOnce(&Dossier) -> Result<Event, Refusal>) {
    let event = what(dossier).unwrap();
    dossier.apply(&event, &stamp(on));
}

#[test]
fn what_is_sent_back_after_its_deadline_is_overdue_from_then_on() {
    let mut dossier = standing(State::Rectifying);
    given(&mut dossier, 50, |dossier| dossier.ask_extension(day(90), text(), text(), at(50)));
    given(&mut dossier, 55, |dossier| dossier.finish(text()));
    assert_eq!(dossier.extension, None, "more time for a treatment that has ended");
    assert_eq!(dossier.due(), None);
    given(&mut dossier, 56, |dossier| dossier.commission(commission(day(100)), at(56)));
    given(&mut dossier, 75, |dossier| dossier.assess(Assessment { report: text(), authors: Vec::new(), passed: false }));
    // The deadline, day 60, passed while nobody owed a treatment: September and October keep their figures.
    assert_eq!(dossier.due(), Some(at(75)));
    let overdue = dossier.fall_due(at(75)).unwrap();
    assert_eq!(overdue.kind(), "treatment_overdue");
    dossier.apply(&overdue, &stamp(75));
    assert_eq!(dossier.overdue_since.map(|since| since.plus_days(ESCALATION_DAYS)), Some(at(105)));
    assert_eq!(
        said(dossier, 76..120).into_iter().find(|(_, kind)| *kind == "dossier_escalated"),
        Some((day(105), "dossier_escalated"))
    );
}

#[test]
fn no_month_of_progress_is_skipped_and_a_late_one_does_not_turn_the_clock_back() {
    let (september, october) = (Month::of(day(0)), Month::of(day(0)).next());
    let mut dossier = standing(State::Rectifying);
    assert_eq!(reason(dossier.report(progress(october), at(32))), "DOSSIER_MONTH_OUTSIDE");
    let missed = dossier.fall_due(at(36)).unwrap();
    dossier.apply(&missed, &stamp(36));
    let in_october = Progress { percent: 80, ..progress(october) };
    given(&mut dossier, 40, |dossier| dossier.report(in_october.clone(), at(40)));
    given(&mut dossier, 41, |dossier| dossier.report(Progress { percent: 30, ..progress(september) }, at(41)));
    assert_eq!(dossier.progress, Some(in_october));
    assert_eq!(reason(dossier.report(progress(Month::of(day(-1))), at(41))), "DOSSIER_MONTH_OUTSIDE");
}

#[test]
fn people_can_be_protected_until_it_is_filed() {
    for state in [State::Identified, State::Dossier, State::Ready] {
        let mut dossier = Dossier { protection: String::new(), ..standing(state) };
        given(&mut dossier, 1, |dossier| dossier.protect(text()));
        assert_eq!((dossier.state, dossier.protection.as_str()), (state, text().as_str()));
    }
}
