use proptest::prelude::*;

use super::*;
use crate::{
    dossier::Identification,
    enterprise::{Enterprise, State as Admission, tests as catalogue},
    event::Event,
    refusal::{Refusal as Refused, Refuse},
    stamp::{Moment, Stamp},
};

fn day(number: i64) -> Date {
    Instant::start_of(Date::constant(2015, 9, 1)).plus_days(number).date()
}

fn at(number: i64) -> Instant {
    Instant::start_of(day(number)).plus_ms(9 * 3_600_000)
}

fn serial(position: u64) -> Serial {
    Serial::new(1, position).unwrap()
}

fn stamp(number: i64, actor: &str) -> Stamp {
    Stamp { at: at(number), received: at(number), actor: actor.to_owned(), epoch: 1, position: 900 }
}

fn moment(number: i64) -> Moment {
    Moment { now: at(number), next: serial(900) }
}

fn known(name: &str) -> Personal {
    Personal::Known(name.to_owned())
}

fn enterprise() -> Enterprise {
    let mut enterprise = catalogue::standing(Admission::Approved);
    enterprise.general_open = 1;
    enterprise
}

/// A hazard in a state with everything that its steps look at: rectified by the reporter, an extension and a voiding asked for where
/// only a decision could follow.
fn standing(state: State) -> Hazard {
    Hazard {
        serial: serial(7),
        enterprise: serial(3),
        industry: "K03".parse().unwrap(),
        state,
        found_on: day(0),
        category: "B04".parse().unwrap(),
        place: "窑头".to_owned(),
        description: "防护栏缺失一段".to_owned(),
        source: 3,
        finder: known("合成人"),
        ordered: None,
        late_entry: false,
        repeat_of: None,
        downgraded_from: None,
        recurred: false,
        criteria: String::new(),
        duties: None,
        measure: String::new(),
        protection: String::new(),
        deadline: Some(day(10)),
        overdue: false,
        reassess: false,
        extension: None,
        extensions: 0,
        result: String::new(),
        cost_yuan: 0,
        returned: 0,
        acts: Acts::default(),
        voiding: None,
        dossier: None,
        struck_off_on: (state == State::StruckOff).then(|| day(5)),
        version: 8,
    }
}

fn assignment(deadline: Option<Date>, reason: &str) -> Assignment {
    let name = || "合成人".to_owned();
    Assignment {
        rectifier: name(),
        reinspector: name(),
        acceptor: name(),
        closer: name(),
        measure: "补装防护栏".to_owned(),
        protection: "拉警戒线".to_owned(),
        deadline,
        reason: reason.to_owned(),
    }
}

fn find(repeat_of: Option<Serial>) -> Find {
    Find {
        found_on: day(1),
        category: "B04".parse().unwrap(),
        place: "窑头".to_owned(),
        description: "防护栏又缺失一段".to_owned(),
        source: 3,
        finder: "合成人".to_owned(),
        general_by: None,
        repeat_of,
    }
}

fn one(event: Result<Event, Refusal>) -> Result<Vec<Event>, Refused> {
    Ok(vec![event?])
}

/// Tries an event of the table on a hazard with arguments that satisfy every other guard.
fn attempt(hazard: &Hazard, event: &str) -> Result<Vec<Event>, Refused> {
    let text = || "合成".to_owned();
    let asked = Hazard {
        extension: Some(Extension { deadline: day(20), reason: text() }),
        voiding: Some(Voiding { reason: text(), duplicate_of: None }),
        ..hazard.clone()
    };
    let major = || Identification {
        found_on: hazard.found_on,
        category: hazard.category,
        criterion: text(),
        state_and_cause: text(),
        harm_and_difficulty: text(),
        protection: text(),
        number: String::new(),
    };
    match event {
        "assess_general" => one(hazard.assess_general(text())),
        // One decision stands for both: which of the two it is follows from the state.
        "assess_major" if hazard.state != State::Registered => Err(Refusal::NoVoidingAsked {}.into()),
        "upgrade" if hazard.state == State::Registered => Err(Refusal::NoVoidingAsked {}.into()),
        "assess_major" | "upgrade" => hazard.upgrade(&enterprise(), major(), text(), moment(2)),
        "fix_on_spot" => one(hazard.fix_on_spot(text())),
        "assign" => one(hazard.assign(assignment(None, ""), at(2))),
        "rectify" => one(hazard.rectify(text(), 5)),
        "reinspect_pass" => one(hazard.reinspect(false, false, true, String::new(), None, at(2))),
        "reinspect_fail" => one(hazard.reinspect(false, false, false, text(), Some(day(9)), at(2))),
        "accept" => one(hazard.accept(false)),
        "strike_off" => one(hazard.strike_off(false)),
        "fall_overdue" => hazard.fall_due(at(11)).map(|event| vec![event]).ok_or_else(|| Refusal::NoVoidingAsked {}.into()),
        "ask_extension" => one(hazard.ask_extension(day(20), text(), text(), at(2))),
        "decide_extension" => one(asked.decide_extension(true, String::new())),
        "ask_void" => one(hazard.ask_voiding(text(), None, None)),
        "consent_void" => one(asked.decide_voiding(true, String::new())),
        "refuse_void" => one(asked.decide_voiding(false, text())),
        "recur" => register(&enterprise(), find(Some(hazard.serial)), Some(hazard), moment(2)),
        other => panic!("the table knows an event `{other}` that no rule carries out"),
    }
}

#[test]
fn every_state_takes_exactly_the_events_of_the_table_and_goes_where_it_says() {
    let states: Vec<_> = State::ALL.iter().map(|state| state.id()).collect();
    machine::prove(Machine::GeneralHazard, &states, &[], |from, event| {
        if event == "register" {
            return register(&enterprise(), find(None), None, moment(2)).ok().map(|_| State::Registered.id());
        }
        let mut hazard = standing(State::from_id(from)?);
        for made in attempt(&hazard, event).ok()? {
            hazard.apply(&made, &stamp(2, "reporter"));
        }
        Some(hazard.state.id())
    });
}

fn reason<T: std::fmt::Debug>(outcome: Result<T, Refusal>) -> &'static str {
    outcome.unwrap_err().reason()
}

#[test]
fn guards_name_what_is_missing() {
    let rectified = standing(State::Rectified);
    let rectifying = standing(State::Rectifying);
    let general = standing(State::General);
    let inspected = |state| Hazard { source: SOURCE_INSPECTION, ..standing(state) };
    let text = || "合成".to_owned();
    let look = |hazard: &Hazard, outside, authority| hazard.reinspect(outside, authority, true, String::new(), None, at(2));
    for (hazard, outside, stood_in) in
        [(&rectified, false, false), (&rectified, true, true), (&inspected(State::Rectified), true, false)]
    {
        let Ok(Event::HazardReinspected(event)) = look(hazard, outside, true) else { panic!("it may be looked at") };
        assert_eq!(event.stood_in, stood_in, "the record says who stood in for the enterprise");
    }
    assert_eq!(reason(look(&inspected(State::Rectified), false, false)), "HAZARD_AUTHORITY_REQUIRED");
    assert!(look(&inspected(State::Rectified), true, true).is_ok());
    assert_eq!(reason(inspected(State::Reinspected).accept(false)), "HAZARD_AUTHORITY_REQUIRED");
    assert_eq!(reason(inspected(State::Accepted).strike_off(false)), "HAZARD_AUTHORITY_REQUIRED");
    assert_eq!(reason(rectified.reinspect(false, false, false, String::new(), Some(day(9)), at(2))), "HAZARD_FAILURE_INCOMPLETE");
    assert_eq!(reason(rectified.reinspect(false, false, false, text(), None, at(2))), "HAZARD_FAILURE_INCOMPLETE");
    assert_eq!(reason(general.assign(assignment(Some(day(1)), ""), at(2))), "HAZARD_DEADLINE_OUTSIDE");
    assert_eq!(reason(general.assign(assignment(Some(day(33)), ""), at(2))), "HAZARD_LONG_WITHOUT_REASON");
    assert!(general.assign(assignment(Some(day(32)), ""), at(2)).is_ok());
    assert!(general.assign(assignment(Some(day(33)), "parts come from abroad"), at(2)).is_ok());
    assert_eq!(reason(rectifying.ask_extension(day(10), text(), text(), at(2))), "HAZARD_DEADLINE_OUTSIDE");
    assert_eq!(reason(rectifying.ask_extension(day(20), text(), text(), at(11))), "HAZARD_EXTENSION_TOO_LATE");
    assert!(rectifying.ask_extension(day(11), text(), text(), at(10)).is_ok(), "on the last day");
    assert_eq!(reason(rectifying.decide_extension(true, text())), "HAZARD_NO_EXTENSION_ASKED");
    let asked = Hazard { extension: Some(Extension { deadline: day(20), reason: text() }), ..rectifying.clone() };
    assert_eq!(reason(asked.ask_extension(day(21), text(), text(), at(2))), "HAZARD_EXTENSION_PENDING");
    assert_eq!(reason(general.decide_voiding(true, text())), "HAZARD_NO_VOIDING_ASKED");
    let asked = Hazard { voiding: Some(Voiding { reason: text(), duplicate_of: None }), ..general.clone() };
    assert_eq!(reason(asked.ask_voiding(text(), None, None)), "HAZARD_VOIDING_PENDING");
    assert_eq!(reason(general.ask_voiding(text(), Some(serial(9)), None)), "HAZARD_DUPLICATE_UNKNOWN");
    assert_eq!(reason(general.ask_voiding(text(), Some(general.serial), Some(&general))), "HAZARD_DUPLICATE_UNKNOWN");
    let foreign = Hazard { serial: serial(9), enterprise: serial(4), ..general.clone() };
    assert_eq!(reason(general.ask_voiding(text(), Some(foreign.serial), Some(&foreign))), "HAZARD_DUPLICATE_UNKNOWN");
    let open = register(&enterprise(), find(Some(general.serial)), Some(&general), moment(2));
    assert_eq!(open.unwrap_err().reason(), "HAZARD_REPEATS_NOTHING");
    let foreign = Hazard { enterprise: serial(4), ..standing(State::StruckOff) };
    let foreign = register(&enterprise(), find(Some(foreign.serial)), Some(&foreign), moment(2));
    assert_eq!(foreign.unwrap_err().reason(), "HAZARD_REPEATS_NOTHING");
}

#[test]
fn a_deadline_that_nobody_names_is_the_seventh_day() {
    let Ok(Event::RectificationAssigned(event)) = standing(State::General).assign(assignment(None, ""), at(2)) else {
        panic!("not assigned")
    };
    assert_eq!(event.deadline, day(9));
}

#[test]
fn an_entry_is_late_from_the_fourth_day_after_discovery() {
    let found = |entered| {
        let Ok(events) = register(&enterprise(), find(None), None, moment(entered)) else { panic!("not registered") };
        let Some(Event::HazardFound(event)) = events.first() else { panic!("no find") };
        Hazard::found(event, "K03".parse().unwrap(), &stamp(entered, "reporter")).late_entry
    };
    assert!(!found(4), "three days after day 1");
    assert!(found(5));
}

#[test]
fn time_says_overdue_then_proposes_reassessment_and_then_nothing() {
    let mut hazard = standing(State::Rectifying);
    assert_eq!(hazard.fall_due(at(10)), None, "the last day is not over");
    let mut said = Vec::new();
    for number in 11..60 {
        while let Some(event) = hazard.fall_due(at(number)) {
            hazard.apply(&event, &stamp(number, "system:time"));
            said.push((number, event.kind()));
        }
    }
    assert_eq!(said, [(11, "rectification_overdue"), (26, "reassessment_proposed")]);
}

#[test]
fn an_extension_that_is_granted_late_still_counts_from_its_own_day() {
    let mut hazard = standing(State::Rectifying);
    let asked = hazard.ask_extension(day(12), "rain".to_owned(), "fence".to_owned(), at(9)).unwrap();
    hazard.apply(&asked, &stamp(9, "reporter"));
    let late = hazard.fall_due(at(11)).unwrap();
    hazard.apply(&late, &stamp(11, "system:time"));
    assert!(hazard.overdue, "silence is not consent");
    let granted = hazard.decide_extension(true, String::new()).unwrap();
    let mut in_time = hazard.clone();
    in_time.apply(&granted, &stamp(12, "regulator"));
    assert!(!in_time.overdue);
    hazard.apply(&granted, &stamp(13, "regulator"));
    assert!(hazard.overdue, "the new day has passed as well");
    assert_eq!((hazard.deadline, hazard.extensions), (Some(day(12)), 1));
}

proptest! {
    /// Whatever is tried in whatever order, an ended hazard stays ended, and only a rectifying one is overdue.
    #[test]
    fn no_order_of_events_breaks_a_law(tried in prop::collection::vec(0_usize..18, 1..60)) {
        const EVENTS: [&str; 18] = [
            "assess_general", "assess_major", "upgrade", "fix_on_spot", "assign", "rectify", "reinspect_pass", "reinspect_fail",
            "accept", "strike_off", "fall_overdue", "ask_extension", "decide_extension", "ask_void", "consent_void", "refuse_void",
            "recur", "rectify",
        ];
        let mut hazard = standing(State::Registered);
        for event in tried.into_iter().filter_map(|index| EVENTS.get(index)) {
            let before = hazard.clone();
            for made in attempt(&hazard, event).unwrap_or_default() {
                hazard.apply(&made, &stamp(2, "reporter"));
            }
            prop_assert!(before.state.is_open() || hazard.state == before.state, "{event} reopened {:?}", before.state);
            prop_assert!(!hazard.overdue || hazard.state == State::Rectifying, "{event} left {:?} overdue", hazard.state);
            prop_assert_eq!(hazard.struck_off_on.is_some(), hazard.state == State::StruckOff);
        }
    }
}
