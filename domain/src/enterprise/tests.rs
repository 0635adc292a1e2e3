use super::*;
use crate::{
    clock::{Date, Instant},
    event::Event,
    machine::{BEGINNING, prove},
    refusal::Refuse,
    stamp::{Moment, Stamp},
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
    Stamp { at: at(number), received: at(number), actor: "regulator".to_owned(), epoch: 1, position: 900 }
}

fn moment(number: i64) -> Moment {
    Moment { now: at(number), next: serial(900) }
}

fn text() -> String {
    "合成".to_owned()
}

fn contact() -> Contact {
    Contact { name: Personal::Known(text()), phone: Personal::Known("13800000000".to_owned()) }
}

fn factors() -> Factors {
    let factor = |score| Factor { score, reason: text() };
    Factors { size: factor(1), danger: factor(5), safety: factor(3) }
}

/// Basic information in which nothing is missing.
pub(crate) fn complete() -> EnterpriseData {
    EnterpriseData {
        title: "合成水泥厂".to_owned(),
        address: "合成路1号".to_owned(),
        township: "530522101".to_owned(),
        industry: "K03".parse().unwrap(),
        industries: Vec::new(),
        identifiers: Vec::new(),
        no_identifier_reason: "synthetic".to_owned(),
        legal_representative: Personal::Known("合成人".to_owned()),
        legal_phone: Some(Personal::Known("13800000000".to_owned())),
        reporting_body: "安全科".to_owned(),
        responsible: Some(contact()),
        information_officer: Some(contact()),
        employees: Some(20),
        turnover_wan: Some(300),
        assets_wan: Some(100),
        operating_since: Some(Date::constant(2010, 1, 1)),
        regulators: Vec::new(),
        synthetic: true,
    }
}

/// An enterprise in a state with everything that its steps look at: what is asked for is what the state's decision is about.
pub(crate) fn standing(state: State) -> Enterprise {
    let event = crate::event::EnterpriseProposed { enterprise: serial(3), data: complete() };
    let mut enterprise = Enterprise::proposed(&event, &Stamp { position: 1, ..stamp(-20) });
    enterprise.state = state;
    enterprise.since = at(0);
    enterprise
}

fn apply(mut enterprise: Enterprise, event: &Event, number: i64) -> Enterprise {
    enterprise.apply(event, &stamp(number));
    enterprise
}

/// Asks for something and decides on it, as two events of one step of the table.
fn asked(enterprise: &Enterprise, ask: Result<Event, Refusal>) -> Result<Enterprise, Refusal> {
    ask.map(|event| apply(enterprise.clone(), &event, 1))
}

fn stop() -> Stop {
    Stop { on: day(1), reason: text(), guard: text() }
}

fn attempt(from: &str, event: &str) -> Option<&'static str> {
    if from == BEGINNING {
        let event = propose(complete(), None, moment(0)).ok()?;
        let Event::EnterpriseProposed(event) = event else { return None };
        return Some(Enterprise::proposed(&event, &stamp(0)).state.id());
    }
    let enterprise = standing(State::from_id(from).unwrap());
    let now = at(1);
    let restart = Restart { on: day(1), inspected_on: day(1) };
    let (enterprise, event) = match event {
        "enlist" => (enterprise.clone(), enterprise.enlist(factors(), text())),
        "exclude" => (enterprise.clone(), enterprise.exclude(text())),
        "invite" => (enterprise.clone(), enterprise.invite(contact(), "reporter".parse().unwrap(), true)),
        "submit" => (enterprise.clone(), enterprise.submit()),
        "check" => (enterprise.clone(), enterprise.request_admission(now)),
        "return" => (enterprise.clone(), enterprise.send_back(vec![FieldReason { field: Field::Address, reason: text() }])),
        "approve" => (enterprise.clone(), enterprise.decide_admission("bs/1-1", true, "")),
        "refuse" => (enterprise.clone(), enterprise.decide_admission("bs/1-1", false, "no")),
        "stop" => {
            let asked = asked(&enterprise, enterprise.ask_stop(stop(), now)).ok()?;
            let decided = asked.decide_stop(true, String::new());
            (asked, decided)
        }
        "resume" => {
            let asked = asked(&enterprise, enterprise.ask_restart(restart, &[], now)).ok()?;
            let decided = asked.decide_restart(true, String::new(), &[]);
            (asked, decided)
        }
        "remove" => {
            let asked = asked(&enterprise, enterprise.ask_removal(Cause::Closed, text())).ok()?;
            let decided = asked.decide_removal("bs/1-1", true, "");
            (asked, decided)
        }
        "transfer" => {
            let (here, there) = ("bs-longling".parse().unwrap(), "bs-tengchong".parse().unwrap());
            let asked = asked(&enterprise, enterprise.offer_transfer(&here, there, text(), now)).ok()?;
            let decided = asked.hand_over(&"bs-longling".parse().unwrap(), "bs/1-1", &[], &[]).map_err(|_| Refusal::NotMerged {});
            (asked, decided)
        }
        "fall_stale" => (enterprise.clone(), enterprise.fall_due(at(40)).ok_or(Refusal::NotMerged {})),
        other => panic!("no rule for {other}"),
    };
    let event = event.ok()?;
    // What time says of other states is another event.
    if matches!(event, Event::EnterpriseReminded(_)) {
        return None;
    }
    let after = apply(enterprise, &event, 1);
    assert_eq!(after.version, 900, "{event:?}");
    Some(after.state.id())
}

#[test]
fn the_rules_are_the_table() {
    let states: Vec<&'static str> = State::ALL.iter().map(|state| state.id()).collect();
    prove(Machine::Admission, &states, &[], attempt);
}

#[test]
fn an_incomplete_enterprise_is_told_every_missing_field_at_once() {
    let mut enterprise = standing(State::Filling);
    enterprise.data.responsible = None;
    enterprise.data.information_officer = None;
    enterprise.data.employees = None;
    let refusal = enterprise.submit().unwrap_err();
    assert_eq!(refusal.reason(), "ENTERPRISE_INCOMPLETE");
    assert_eq!(
        refusal.to_string(),
        "11 of 14 mandatory fields are filled; missing: responsible (自查自报责任人), information_officer (信息员), employees (从业人员)"
    );
    enterprise.state = State::Submitted;
    assert_eq!(enterprise.request_admission(at(1)).unwrap_err().reason(), "ENTERPRISE_INCOMPLETE");
}

#[test]
fn identifiers_identify_on_the_day() {
    let number = |kind, value| Number::read(kind, value).unwrap().unwrap();
    let credit = Identifier { from: Some(day(30)), ..Identifier::undated(number("credit_code", "91530581YYYY00012N")) };
    let organisation = Identifier::undated(number("organisation_code", "YYYY00012"));
    let other = Identifier::undated(number("organisation_code", "YYYY00020"));
    let check = |identifiers: &[Identifier], reason, on, good: bool| {
        assert_eq!(identity::fault(identifiers, reason, on).is_none(), good, "{identifiers:?} {reason} {on}");
    };
    check(&[], "", day(0), false);
    check(&[], "个体户办理中", day(0), true);
    check(std::slice::from_ref(&credit), "", day(29), false);
    check(std::slice::from_ref(&credit), "", day(30), true);
    check(std::slice::from_ref(&credit), "办理中", day(29), false);
    check(std::slice::from_ref(&organisation), "", day(0), false);
    check(&[credit.clone(), organisation], "", day(30), true);
    check(&[credit, other], "", day(30), false);
}

#[test]
fn time_reminds_three_times_while_it_fills_in_and_no_more() {
    let mut enterprise = standing(State::Filling);
    let mut said = Vec::new();
    for number in 0..60 {
        while let Some(event) = enterprise.fall_due(at(number)) {
            let Event::EnterpriseReminded(reminded) = &event else { panic!("{event:?}") };
            said.push((number, reminded.about, enterprise.is_unfilled()));
            enterprise.apply(&event, &stamp(number));
        }
    }
    assert_eq!(said, [(4, Reminder::Fill, false), (8, Reminder::FillAgain, false), (16, Reminder::Unfilled, false)]);
    assert!(enterprise.is_unfilled());
}

#[test]
fn a_check_that_waits_five_working_days_is_told_once_and_a_refusal_by_the_city_begins_anew() {
    let mut enterprise = standing(State::Submitted);
    // Tuesday; Saturday, Sunday and the holiday of Thursday and Friday do not count, a Sunday worked for them does.
    let due = enterprise.due().unwrap();
    let event = enterprise.fall_due(due).unwrap();
    enterprise.apply(&event, &Stamp { at: due, ..stamp(0) });
    assert_eq!(enterprise.due(), None);
    enterprise.state = State::Checked;
    let refused = enterprise.decide_admission("bs/1-1", false, "地址不详").unwrap();
    enterprise.apply(&refused, &stamp(20));
    assert_eq!((enterprise.state, enterprise.returned_reason.as_str()), (State::Submitted, "地址不详"));
    assert!(enterprise.due().is_some());
}

#[test]
fn unconfirmed_data_fall_stale_after_31_days_and_a_declaration_confirms_them() {
    let checked = standing(State::Checked);
    let enterprise = apply(checked.clone(), &checked.decide_admission("bs/1-1", true, "").unwrap(), 0);
    assert!(enterprise.fall_due(at(31)).is_none());
    let stale = apply(enterprise.clone(), &enterprise.fall_due(at(32)).unwrap(), 32);
    assert!(stale.stale && stale.due().is_none());
    let confirmed = apply(stale.clone(), &stale.confirm().unwrap(), 33);
    assert!(!confirmed.stale && confirmed.fall_due(at(64)).is_none() && confirmed.fall_due(at(65)).is_some());
}

#[test]
fn who_changes_which_field_when() {
    let filling = standing(State::Filling);
    let given = EnterpriseData { address: "合成路2号".to_owned(), industry: "H03".parse().unwrap(), ..complete() };
    let reason = |enterprise: &Enterprise, fields: &[Field], county: bool| {
        enterprise.update(&given, fields, county, None).map_or_else(|refusal| refusal.reason(), |_| "")
    };
    assert_eq!(reason(&filling, &[Field::Address], false), "");
    assert_eq!(reason(&filling, &[Field::Title], false), "ENTERPRISE_NOTHING_CHANGED");
    assert_eq!(reason(&filling, &[Field::Address, Field::Industry], false), "ENTERPRISE_FIELD_OF_COUNTY");
    assert_eq!(reason(&filling, &[Field::Address, Field::Industry], true), "");
    assert_eq!(reason(&standing(State::Approved), &[Field::Industry], true), "ENTERPRISE_INDUSTRY_FIXED");
    assert_eq!(reason(&standing(State::Submitted), &[Field::Address], true), "ENTERPRISE_UNDER_REVIEW");
    assert_eq!(reason(&standing(State::Candidate), &[Field::Address], false), "ENTERPRISE_WRONG_STATE");
    assert_eq!(reason(&standing(State::Candidate), &[Field::Address], true), "");
    assert_eq!(reason(&standing(State::Removed), &[Field::Address], true), "ENTERPRISE_WRONG_STATE");
    let taken = filling.update(&given, &[Field::Address], true, Some(("X".to_owned(), serial(8)))).unwrap_err();
    assert_eq!(taken.reason(), "ENTERPRISE_IDENTIFIER_TAKEN");
}

#[test]
fn a_stop_and_a_restart_leave_intervals_of_operation() {
    let checked = standing(State::Checked);
    let mut enterprise = apply(checked.clone(), &checked.decide_admission("bs/1-1", true, "").unwrap(), 0);
    for (ask, decide) in [(1, 2), (10, 11)] {
        let (asked, decided) = if enterprise.state == State::Approved {
            let asked = apply(enterprise.clone(), &enterprise.ask_stop(Stop { on: day(ask), ..stop() }, at(ask)).unwrap(), ask);
            let decided = asked.decide_stop(true, String::new()).unwrap();
            (asked, decided)
        } else {
            let restart = Restart { on: day(ask + 1), inspected_on: day(ask) };
            let early = Restart { inspected_on: day(0), ..restart };
            assert_eq!(enterprise.ask_restart(early, &[], at(ask)).unwrap_err().reason(), "ENTERPRISE_DAY_OUTSIDE");
            let suspending = ["dossiers/1-7".to_owned()];
            assert_eq!(enterprise.ask_restart(restart, &suspending, at(ask)).unwrap_err().reason(), "ENTERPRISE_SUSPENDED");
            let asked = apply(enterprise.clone(), &enterprise.ask_restart(restart, &[], at(ask)).unwrap(), ask);
            assert_eq!(asked.decide_restart(true, String::new(), &suspending).unwrap_err().reason(), "ENTERPRISE_SUSPENDED");
            let decided = asked.decide_restart(true, String::new(), &[]).unwrap();
            (asked, decided)
        };
        assert_eq!(asked.ask_removal(Cause::Closed, text()).unwrap_err().reason(), "ENTERPRISE_REQUEST_PENDING");
        enterprise = apply(asked, &decided, decide);
    }
    let operation = |from, to| Operation { from, to };
    assert_eq!(enterprise.operation, [operation(Date::constant(2010, 1, 1), Some(day(1))), operation(day(11), None)]);
}

#[test]
fn open_hazards_keep_an_enterprise_also_those_found_while_the_city_thinks() {
    let mut enterprise = standing(State::Approved);
    enterprise.general_open = 1;
    assert_eq!(enterprise.ask_removal(Cause::Closed, text()).unwrap_err().reason(), "ENTERPRISE_HAZARDS_OPEN");
    enterprise.general_open = 0;
    let mut asked = apply(enterprise.clone(), &enterprise.ask_removal(Cause::Closed, text()).unwrap(), 1);
    asked.major_open = 1;
    let kept = apply(asked.clone(), &asked.decide_removal("bs/1-1", true, "").unwrap(), 2);
    assert_eq!((kept.state, kept.pending.is_none()), (State::Approved, true));
    assert_eq!(kept.decide_stop(true, String::new()).unwrap_err().reason(), "ENTERPRISE_NOTHING_PENDING");
}

#[test]
fn only_the_supervised_owe() {
    for state in State::ALL {
        let mut enterprise = standing(*state);
        enterprise.approved_at = Some(at(0));
        let owes = enterprise.owes("2015-09".parse().unwrap(), Date::constant(2015, 8, 1));
        assert_eq!(owes, matches!(state, State::Approved | State::Stopped), "{state:?}");
        assert_eq!(owes, enterprise.must_be_approved().is_ok());
    }
}
