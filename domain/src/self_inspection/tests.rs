use super::*;
use crate::{
    actor::{Actor, Role},
    criteria,
    enterprise::{Enterprise, State as Admission, tests as catalogue},
    event::{Event, InspectionRound, SelfInspectionsMissed},
    hazard::{Find, Hazard},
    machine::{BEGINNING, prove},
    refusal::Refuse as _,
    scope::Scope,
    stamp::{Moment, Stamp},
};

fn day(day: i8) -> Date {
    Date::constant(2015, 9, day)
}

fn at(on: i8, hour: i64) -> Instant {
    Instant::start_of(day(on)).plus_ms(hour * 3_600_000)
}

fn serial(position: u64) -> Serial {
    Serial::new(1, position).unwrap()
}

fn industry() -> IndustryCode {
    "K01".parse().unwrap()
}

fn enterprise() -> Enterprise {
    catalogue::standing(Admission::Approved)
}

fn stamp(now: Instant) -> Stamp {
    Stamp { at: now, received: now, actor: "reporter".to_owned(), epoch: 1, position: 900 }
}

fn moment(now: Instant) -> Moment {
    Moment { now, next: serial(900) }
}

fn round() -> InspectionRound {
    let window = crate::frequency::Interval::Monthly.window_of(at(1, 0)).unwrap();
    InspectionRound {
        rule: "coal-monthly".to_owned(),
        opens: window.opens,
        ends: window.ends,
        counts: true,
        enterprises: vec![serial(3)],
    }
}

fn list() -> ListUsed {
    ListUsed { id: "coal".parse().unwrap(), version: 1, own_version: 0 }
}

fn plan() -> Plan {
    Plan { inspectors: vec!["乙".to_owned()], area: "全矿".to_owned(), list: list() }
}

fn task() -> SelfInspection {
    SelfInspection::fallen_due(&round(), 0, serial(3), industry(), &stamp(at(1, 0)))
}

/// A task in a state with everything that its steps look at.
fn standing(state: State) -> SelfInspection {
    SelfInspection { state, on: Some(day(5)), list: Some(list()), missed: state == State::Missed, ..task() }
}

fn items() -> Vec<String> {
    vec!["1".to_owned(), "2".to_owned()]
}

fn all_ok() -> Vec<(String, Finding)> {
    vec![("1".to_owned(), Finding::Ok), ("2".to_owned(), Finding::NotApplicable)]
}

fn nobody(_: Serial) -> Option<Hazard> {
    None
}

fn around<'a>(enterprise: &'a Enterprise, items: &'a [String]) -> Around<'a> {
    Around { enterprise, items, criteria: criteria::shipped(), hazards: &nobody }
}

fn find(by: Option<&str>) -> Box<Find> {
    Box::new(Find {
        found_on: day(5),
        category: "B03".parse().unwrap(),
        place: "井口".to_owned(),
        description: "合成隐患描述,须整改".to_owned(),
        source: 3,
        finder: "乙".to_owned(),
        general_by: by.map(str::to_owned),
        repeat_of: None,
    })
}

fn actor(role: Role) -> Actor {
    Actor::Account { id: "li".parse().unwrap(), roles: vec![role], scope: Scope::WHOLE }
}

/// The last event of a step; those before it are hazards.
fn last<E>(events: Result<Vec<Event>, E>) -> Option<Event> {
    events.ok().and_then(|events| events.last().cloned())
}

fn attempt(from: &SelfInspection, event: &str) -> Option<Event> {
    let (owner, items) = (enterprise(), items());
    match event {
        "plan" => from.plan(day(5), plan(), at(5, 9)).ok(),
        "start" => from.start(Start { on: day(5), plan: None }, at(5, 9)).ok(),
        "finish" => last(from.finish(all_ok(), around(&owner, &items), moment(at(5, 9)))),
        "sign" => from.sign(&actor(Role::ResponsiblePerson), false).ok(),
        "miss" => from.falls_missed(at(30, 24)).then(|| SelfInspectionsMissed { rounds: vec![round()] }.into()),
        "make_up" => last(from.make_up((day(20), plan(), "补".to_owned()), all_ok(), around(&owner, &items), moment(at(30, 30)))),
        "cancel" => from.cancel(true, "停产".to_owned()).ok(),
        other => panic!("no rule for {other}"),
    }
}

#[test]
fn every_state_takes_exactly_the_events_of_the_table_and_goes_where_it_says() {
    let states: Vec<_> = State::ALL.iter().map(|state| state.id()).collect();
    prove(Machine::SelfInspection, &states, &[], |from, event| {
        if from == BEGINNING {
            return (event == "fall_due" && round_id(&round()).is_ok()).then(|| task().state.id());
        }
        let mut before = standing(State::from_id(from).unwrap());
        // The last of three signatures closes the chain.
        before.signatures = vec!["a".to_owned(), "b".to_owned()];
        let legal = before.sign(&actor(Role::LegalRepresentative), false).ok();
        let said = if event == "sign" { legal } else { attempt(&before, event) }?;
        let late = event == "make_up";
        let mut after = before.clone();
        after.apply(&said, &stamp(if late { at(30, 30) } else { at(5, 9) }));
        assert_eq!(after.late, late, "{event}");
        Some(after.state.id())
    });
}

#[test]
fn names_of_tasks_say_rule_and_window() {
    for (id, expected) in [
        (InspectionId::of_task("coal-monthly", at(1, 0)), "coal-monthly.20150901"),
        (InspectionId::of_task("hazchem-patrol", at(1, 2)), "hazchem-patrol.20150901T0200"),
        (InspectionId::of_serial(serial(30)), "1-30"),
    ] {
        assert_eq!(id.to_string(), expected);
        assert_eq!(expected.parse(), Ok(id));
    }
    for wrong in ["", "a/b", "Ä", "a b"] {
        assert!(wrong.parse::<InspectionId>().is_err(), "{wrong}");
    }
}

#[test]
fn every_item_needs_one_result_and_every_not_ok_a_hazard() {
    let (owner, items) = (enterprise(), items());
    let running = standing(State::Running);
    let refused = |findings| {
        let answer = running.finish(findings, around(&owner, &items), moment(at(5, 9)));
        answer.map(|_| String::new()).unwrap_or_else(|no| no.to_string())
    };
    let short = refused(vec![("1".to_owned(), Finding::Ok), ("3".to_owned(), Finding::Ok)]);
    assert!(short.contains("missing: [2]") && short.contains("twice: [3]"), "{short}");
    let twice = refused(vec![("1".to_owned(), Finding::Ok), ("1".to_owned(), Finding::Ok), ("2".to_owned(), Finding::Ok)]);
    assert!(twice.contains("twice: [1]"), "{twice}");
    let unknown = refused(vec![("1".to_owned(), Finding::Known(serial(77))), ("2".to_owned(), Finding::Ok)]);
    assert!(unknown.contains("hazards/1-77"), "{unknown}");
    let old = refused(vec![("1".to_owned(), Finding::New(find(Some("coal-2021-01-01")))), ("2".to_owned(), Finding::Ok)]);
    assert!(old.contains("general-2008-02-01"), "a set of 2021 does not judge in 2015: {old}");

    let found =
        vec![("1".to_owned(), Finding::New(find(Some("general-2008-02-01")))), ("2".to_owned(), Finding::New(find(None)))];
    let events = running.finish(found, around(&owner, &items), moment(at(5, 9))).unwrap();
    let kinds: Vec<_> = events.iter().map(Event::kind).collect();
    assert_eq!(kinds, ["hazard_found", "hazard_assessed", "hazard_found", "self_inspection_finished"]);
    let Some(Event::SelfInspectionFinished(finished)) = events.last() else { panic!() };
    let hazards: Vec<_> = finished.results.iter().map(|result| result.hazard.unwrap().to_string()).collect();
    assert_eq!(hazards, ["1-900", "1-902"], "a hazard is named by the position of its own entry");
}

#[test]
fn the_chain_is_signed_in_order_within_three_days() {
    let sign = |inspection: &SelfInspection, role| inspection.sign(&actor(role), false);
    for (last_day, in_time) in [(8, true), (9, false)] {
        let mut done = standing(State::Done);
        done.finished_at = Some(at(5, 15));
        assert!(sign(&done, Role::LegalRepresentative).unwrap_err().to_string().contains("the inspector"));
        for (role, on) in [(Role::EnterpriseReporter, 5), (Role::ResponsiblePerson, 6), (Role::LegalRepresentative, last_day)] {
            let event = sign(&done, role).unwrap();
            assert_eq!(done.state, State::Done);
            done.apply(&event, &stamp(at(on, 9)));
            if role == Role::EnterpriseReporter {
                assert_eq!(sign(&done, Role::EnterpriseReporter).unwrap_err().reason(), "SELF_INSPECTION_OUT_OF_ORDER");
            }
        }
        assert_eq!((done.state, done.signed_in_time, done.counted().signed), (State::Signed, in_time, true));
    }
    let mut layer = SelfInspection { counts: false, ..standing(State::Done) };
    for role in [Role::EnterpriseReporter, Role::ResponsiblePerson] {
        let event = sign(&layer, role).unwrap();
        layer.apply(&event, &stamp(at(6, 9)));
    }
    assert_eq!(layer.state, State::Signed, "below the comprehensive layer the responsible person's signature is the last");
    assert_eq!(layer.counted(), Counted::default());
}

#[test]
fn days_lie_in_the_window_and_never_ahead() {
    let due = task();
    let reason = |answer: Result<Event, Refusal>| answer.map(|_| "").unwrap_or_else(|no| no.reason());
    assert_eq!(reason(due.plan(day(4), plan(), at(5, 9))), "SELF_INSPECTION_OUTSIDE_WINDOW");
    assert_eq!(reason(due.plan(Date::constant(2015, 10, 1), plan(), at(5, 9))), "SELF_INSPECTION_OUTSIDE_WINDOW");
    assert_eq!(reason(due.plan(day(30), plan(), at(5, 9))), "");
    let start = |on| due.start(Start { on, plan: Some(plan()) }, at(5, 9));
    assert_eq!(reason(start(day(6))), "SELF_INSPECTION_IN_FUTURE");
    assert_eq!(reason(start(Date::constant(2015, 8, 31))), "SELF_INSPECTION_OUTSIDE_WINDOW");
    assert_eq!(reason(due.start(Start { on: day(5), plan: None }, at(5, 9))), "SELF_INSPECTION_PLAN_MISSING");
    assert_eq!(reason(due.cancel(false, "停产".to_owned())), "SELF_INSPECTION_COUNTY_CANCELS");
    assert_eq!(reason(SelfInspection { counts: false, ..due }.cancel(false, "停产".to_owned())), "");
}

#[test]
fn what_began_in_its_window_and_ended_after_it_is_late_and_not_missed() {
    let mut running = standing(State::Running);
    assert_eq!(running.due(), None);
    let (owner, items) = (enterprise(), items());
    let events = running.finish(all_ok(), around(&owner, &items), moment(at(30, 30))).unwrap();
    running.apply(&events[0], &stamp(at(30, 30)));
    let counted = running.counted();
    assert_eq!((counted.due, counted.done, counted.missed, counted.late), (true, false, false, true));
}

#[test]
fn paper_fulfils_the_task_of_its_month() {
    let paper = |reason: &str| Paper {
        on: day(5),
        inspector: "乙".to_owned(),
        responsible: "丙".to_owned(),
        legal_representative: "丁".to_owned(),
        area: "全矿".to_owned(),
        paper: [7; 32],
        late_reason: reason.to_owned(),
    };
    let recorded = |task: Option<&SelfInspection>, reason, now| record(&enterprise(), task, paper(reason), moment(now));
    for (state, now, reason) in [(State::Due, at(6, 9), ""), (State::Planned, at(6, 9), ""), (State::Missed, at(30, 30), "停电")]
    {
        let mut task = standing(state);
        let event = recorded(Some(&task), reason, now).unwrap();
        task.apply(&event, &stamp(now));
        let counted = task.counted();
        assert_eq!((task.state, counted.done, counted.late), (State::Signed, state != State::Missed, state == State::Missed));
        assert_eq!((counted.missed, counted.signed_in_time), (state == State::Missed, state != State::Missed));
    }
    assert_eq!(
        recorded(Some(&standing(State::Missed)), "", at(30, 30)).unwrap_err().reason(),
        "SELF_INSPECTION_LATE_WITHOUT_REASON"
    );
    let Event::SelfInspectionRecorded(event) = recorded(Some(&standing(State::Signed)), "", at(6, 9)).unwrap() else { panic!() };
    assert_eq!(event.task, None, "a second one in the month is one that no rule asked for");
    let mut unasked = SelfInspection::unasked(&event, industry(), &stamp(at(6, 9)));
    unasked.apply(&event.clone().into(), &stamp(at(6, 9)));
    assert_eq!(unasked.counted(), Counted { signed: true, ..Counted::default() });
}
