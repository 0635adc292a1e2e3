use super::*;
use crate::{
    actor::{Actor, Role},
    machine::{BEGINNING, prove},
    refusal::Refuse,
    scope::Scope,
    stamp::Moment,
};

fn day(number: i64) -> Date {
    Instant::start_of(Date::constant(2015, 9, 1)).plus_days(number).date()
}

fn at(number: i64) -> Instant {
    Instant::start_of(day(number)).plus_ms(9 * 3_600_000)
}

fn stamp(number: i64) -> Stamp {
    Stamp { at: at(number), received: at(number), actor: "clerk".to_owned(), epoch: 1, position: 900 }
}

fn moment(number: i64) -> Moment {
    Moment { now: at(number), next: Serial::new(1, 900).unwrap() }
}

fn text() -> String {
    "合成".to_owned()
}

fn who(role: Role) -> Actor {
    Actor::Account { id: "somebody".parse().unwrap(), roles: vec![role], scope: Scope::WHOLE }
}

fn wanted(recipient: Recipient, deadline: Option<Date>) -> Draft {
    Draft { about: "hazards/1-7".to_owned(), recipient, demand: text(), deadline, basis: text() }
}

/// A directive to the department in a state, to be answered by day 10.
fn standing(state: State) -> CountyDirective {
    let drafted = draft(None, "K03".parse().unwrap(), wanted(Recipient::Department, Some(day(10))), moment(0)).unwrap();
    let Event::CountyDirectiveDrafted(drafted) = drafted else { panic!("{drafted:?}") };
    CountyDirective { state, ..CountyDirective::drafted(&drafted, &stamp(0)) }
}

#[test]
fn the_rules_do_what_the_table_says() {
    let states: Vec<_> = State::ALL.iter().map(|state| state.id()).collect();
    let officer = who(Role::DepartmentOfficer);
    prove(Machine::Directive, &states, &[], |from, event| {
        if from == BEGINNING {
            let drafted = draft(None, "K03".parse().unwrap(), wanted(Recipient::Department, None), moment(0)).ok()?;
            return matches!(drafted, Event::CountyDirectiveDrafted(_)).then_some("draft");
        }
        let mut directive = standing(State::from_id(from).unwrap());
        let done = match event {
            "issue" => directive.issue(text(), text(), at(1)).ok(),
            "receive" => directive.receive(&officer, text()).ok(),
            "reply" => directive.reply(&officer, text(), text()).ok(),
            "accept" => directive.accept().ok(),
            "reject" => directive.reject(text(), None, at(5)).ok(),
            "fall_overdue" => directive.fall_due(at(11)),
            _ => None,
        }?;
        directive.apply(&done, &stamp(5));
        Some(directive.state.id())
    });
}

#[test]
fn only_the_recipient_receives_and_answers() {
    let to_department = standing(State::Issued);
    for (role, may) in [(Role::DepartmentOfficer, true), (Role::CountyRegulator, false), (Role::LegalRepresentative, false)] {
        assert_eq!(to_department.receive(&who(role), text()).is_ok(), may, "{role:?}");
    }
    let to_enterprise = CountyDirective { recipient: Recipient::Enterprise, ..standing(State::Received) };
    for (role, may) in [(Role::DepartmentOfficer, false), (Role::ResponsiblePerson, true)] {
        assert_eq!(to_enterprise.reply(&who(role), text(), text()).is_ok(), may, "{role:?}");
    }
    let refusal = to_enterprise.reply(&who(Role::CountyRegulator), text(), text()).unwrap_err();
    assert_eq!(refusal.reason(), "COUNTY_DIRECTIVE_NOT_RECIPIENT");
}

#[test]
fn ten_working_days_unless_a_day_is_named() {
    let deadline = |wanted| match draft(None, "K03".parse().unwrap(), wanted, moment(0)) {
        Ok(Event::CountyDirectiveDrafted(event)) => Ok(event.deadline),
        Ok(other) => panic!("{other:?}"),
        Err(refusal) => Err(refusal.reason()),
    };
    // 3 to 5 September 2015 were the Victory Day holiday, the 6th a Sunday that was worked.
    assert_eq!(deadline(wanted(Recipient::Department, None)), Ok(Date::constant(2015, 9, 16)));
    assert_eq!(deadline(wanted(Recipient::Department, Some(day(0)))), Ok(day(0)));
    assert_eq!(deadline(wanted(Recipient::Department, Some(day(-1)))), Err("COUNTY_DIRECTIVE_DEADLINE_OUTSIDE"));
    assert_eq!(deadline(wanted(Recipient::Department, Some(day(400)))), Err("COUNTY_DIRECTIVE_DEADLINE_OUTSIDE"));
    assert_eq!(deadline(wanted(Recipient::Enterprise, None)), Err("COUNTY_DIRECTIVE_NO_RECIPIENT"));
    assert!(standing(State::Draft).issue(text(), text(), at(12)).is_err(), "its day passed while it was a draft");
}

#[test]
fn overdue_is_counted_and_a_new_day_makes_it_overdue_again() {
    let officer = who(Role::DepartmentOfficer);
    let mut directive = standing(State::Received);
    assert!(directive.fall_due(at(10)).is_none(), "the last day counts");
    directive.apply(&directive.fall_due(at(11)).unwrap(), &stamp(11));
    assert_eq!((directive.overdue, directive.overdue_times, directive.due()), (true, 1, None));
    directive.apply(&directive.reply(&officer, text(), text()).unwrap(), &stamp(12));
    assert_eq!((directive.overdue, directive.waiting()), (false, vec![("directive_unaccepted", None)]));
    directive.apply(&directive.reject(text(), Some(day(20)), at(13)).unwrap(), &stamp(13));
    assert_eq!((directive.state, directive.returned), (State::Received, 1));
    directive.apply(&directive.fall_due(at(21)).unwrap(), &stamp(21));
    assert_eq!(directive.overdue_times, 2);
}
