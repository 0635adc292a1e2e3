use super::*;
use crate::{four_eyes::Act, refusal::Refuse};

fn day(number: i8) -> Date {
    Date::constant(2015, 9, number)
}

fn at(number: i8) -> Instant {
    Instant::start_of(day(number))
}

fn stamp() -> Stamp {
    Stamp { at: at(7), received: at(7), actor: "clerk-1".to_owned(), epoch: 1, position: 90 }
}

fn task(state: State) -> Task {
    let opened = TaskOpened {
        rule: "hazard_overdue".to_owned(),
        about: "hazards/1-7".to_owned(),
        enterprise: Serial::new(1, 3),
        industry: None,
        to: Addressee::Regulator,
        demand: String::new(),
        due: day(11),
    };
    Task { state, assignee: "clerk-1".to_owned(), ..Task::opened(&opened, Serial::new(1, 80).unwrap(), &stamp()) }
}

#[test]
fn every_step_on_every_state() {
    for state in State::ALL {
        let task = task(*state);
        let steps: [(&str, Result<Event, Refusal>, &[State]); 5] = [
            ("assign", task.assign("clerk-2".to_owned(), None, at(8)), &[State::Open, State::Assigned, State::Working]),
            ("work", task.work("clerk-1", String::new()), &[State::Assigned, State::Working]),
            ("answer", task.answer("clerk-1", String::new()), &[State::Assigned, State::Working]),
            ("send_back", task.send_back(String::new()), &[State::Answered]),
            ("close", task.close(String::new()), &[State::Answered]),
        ];
        for (name, outcome, from) in steps {
            assert_eq!(outcome.is_ok(), from.contains(state), "{name} from {}", state.id());
            if let Err(refusal) = outcome {
                assert_eq!(refusal.reason(), "TASK_WRONG_STATE");
            }
        }
    }
}

#[test]
fn only_the_assignee_works_on_it_and_the_acts_are_noted() {
    let mut held = task(State::Open);
    let assigned = held.assign("clerk-2".to_owned(), Some(day(15)), at(8)).unwrap();
    held.apply(&assigned, &stamp());
    assert_eq!((held.state, held.due), (State::Assigned, day(15)));
    assert_eq!(held.work("clerk-1", String::new()).unwrap_err().reason(), "TASK_NOT_ASSIGNEE");
    held.apply(&held.work("clerk-2", "(测试)".to_owned()).unwrap(), &stamp());
    held.apply(&held.answer("clerk-2", "(测试)".to_owned()).unwrap(), &stamp());
    assert_eq!(held.acts.by(Act::AnswerTask), Some("clerk-1"), "whoever the stamp names");
    held.apply(&held.send_back("(测试)".to_owned()).unwrap(), &stamp());
    assert_eq!(held.state, State::Working);
    held.apply(&held.answer("clerk-2", "(测试)".to_owned()).unwrap(), &stamp());
    held.apply(&held.close("(测试)".to_owned()).unwrap(), &stamp());
    assert_eq!(held.state, State::Closed);
}

#[test]
fn to_assign_a_late_task_does_not_hide_that_it_is_late() {
    let late = task(State::Open);
    assert!(!late.is_overdue(at(11)) && late.is_overdue(at(12)));
    assert!(late.assign("clerk-2".to_owned(), None, at(20)).is_ok());
    assert_eq!(late.assign("clerk-2".to_owned(), Some(day(12)), at(20)).unwrap_err().reason(), "TASK_DUE_PAST");
    assert!(!task(State::Answered).is_overdue(at(20)));
}
