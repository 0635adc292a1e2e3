use super::*;
use crate::{
    enterprise::Enterprise,
    event::Event,
    machine::{BEGINNING, prove},
    refusal::Refuse,
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

fn stamp(number: i64) -> Stamp {
    Stamp { at: at(number), received: at(number), actor: "clerk".to_owned(), epoch: 1, position: 900 }
}

fn moment(number: i64) -> Moment {
    Moment { now: at(number), next: serial(900) }
}

fn text() -> String {
    "合成".to_owned()
}

fn enterprise() -> Enterprise {
    crate::enterprise::tests::standing(crate::enterprise::State::Approved)
}

/// A measure in a state; a proposal's hearing is over on day 3, a listing's term on day 365.
fn standing(state: State) -> Measure {
    let proposal = Proposal { ground: text(), evidence: text() };
    let proposed = propose_blacklist(&enterprise(), None, proposal, moment(0)).unwrap();
    let mut measure = Measure::begun(&proposed, None, 0, &stamp(0)).unwrap();
    measure.state = state;
    measure.until = matches!(state, State::Blacklisted | State::Expiring | State::Removed).then(|| day(365));
    measure
}

fn begin(event: &str) -> Option<Event> {
    let firm = enterprise();
    let proposal = Proposal { ground: text(), evidence: text() };
    let interviewed = Interview { on: day(0), persons: vec![text()], minutes: text(), commitments: vec![(text(), day(9))] };
    let consultation = Consultation { on: day(0), experts: vec![text()], question: text(), opinion: text() };
    match event {
        "warn" => warn(Some(&firm), Warning { facts: text(), addressees: text() }, moment(1)).ok(),
        "interview" => interview(&firm, interviewed, moment(1)).ok().and_then(|events| events.into_iter().next()),
        "publicise" => publicise(&firm, Publicity { text: text(), medium: text(), legal_check: text() }, moment(1)).ok(),
        "consult" => consult(&firm, consultation, moment(1)).ok(),
        "propose_blacklist" => propose_blacklist(&firm, None, proposal, moment(1)).ok(),
        _ => None,
    }
}

#[test]
fn the_rules_do_what_the_table_says() {
    let states: Vec<_> = State::ALL.iter().map(|state| state.id()).collect();
    prove(Machine::Measure, &states, &[], |from, event| {
        if from == BEGINNING {
            return begin(event).and_then(|event| Measure::begun(&event, None, 0, &stamp(1))).map(|measure| measure.state.id());
        }
        let mut measure = standing(State::from_id(from).unwrap());
        let done = match event {
            "blacklist" => measure.blacklist(0, text(), text(), at(9)).ok(),
            "term_ends" => {
                // Time looks only at what stands on the list; the other states have no due instant and so no event.
                measure.fall_due(0, at(400))
            }
            "exit" => measure.exit(text()).ok(),
            _ => None,
        }?;
        measure.apply(&done, &stamp(9));
        Some(measure.state.id())
    });
}

#[test]
fn the_enterprise_is_heard_before_the_decision() {
    let mut proposed = standing(State::Proposed);
    assert_eq!(proposed.hearing_until, Some(day(3)));
    assert_eq!(proposed.blacklist(0, text(), text(), at(3)).unwrap_err().reason(), "MEASURE_HEARING_RUNNING");
    assert!(proposed.blacklist(0, text(), text(), at(4)).is_ok(), "the three days are over");
    proposed.apply(&proposed.hear(text()).unwrap(), &stamp(1));
    assert!(proposed.blacklist(0, text(), text(), at(1)).is_ok(), "it has spoken");
    assert_eq!(standing(State::Blacklisted).hear(text()).unwrap_err().reason(), "MEASURE_WRONG_STATE");
}

#[test]
fn one_year_and_three_the_second_time() {
    let until = |times, on: Date| {
        let now = Instant::start_of(on);
        match standing(State::Proposed).blacklist(times, text(), text(), now).unwrap() {
            Event::EnterpriseBlacklisted(event) => event.until,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(until(0, Date::constant(2015, 9, 10)), Date::constant(2016, 9, 10));
    assert_eq!(until(1, Date::constant(2015, 9, 10)), Date::constant(2018, 9, 10));
    assert_eq!(until(0, Date::constant(2016, 2, 29)), Date::constant(2017, 2, 28));
}

#[test]
fn the_term_is_held_while_a_major_hazard_is_open_and_never_ends_the_listing() {
    let mut listed = standing(State::Blacklisted);
    assert!(listed.fall_due(0, at(365)).is_none(), "the last day counts");
    let held = listed.fall_due(1, at(366)).unwrap();
    listed.apply(&held, &stamp(366));
    assert_eq!((listed.state, listed.until), (State::Blacklisted, Some(day(395))));
    listed.apply(&listed.fall_due(0, at(396)).unwrap(), &stamp(396));
    assert_eq!((listed.state, listed.award_veto(), listed.due()), (State::Expiring, true, None));
    listed.apply(&listed.exit(text()).unwrap(), &stamp(400));
    assert_eq!((listed.state, listed.award_veto()), (State::Removed, false));
}

#[test]
fn one_proposal_at_a_time_and_the_listings_are_counted() {
    let firm = enterprise();
    let mut standing = Blacklisting { enterprise: firm.serial, current: None, times: 0 };
    let mut measure = super::tests::standing(State::Proposed);
    standing.follow(&measure, false);
    let again = propose_blacklist(&firm, Some(&standing), Proposal { ground: text(), evidence: text() }, moment(1));
    assert_eq!(again.unwrap_err().reason(), "MEASURE_ALREADY_BLACKLISTED");
    let listed = measure.blacklist(standing.times, text(), text(), at(9)).unwrap();
    measure.apply(&listed, &stamp(9));
    standing.follow(&measure, false);
    assert_eq!((standing.current, standing.times), (Some(measure.serial), 1));
    measure.state = State::Expiring;
    standing.follow(&measure, true);
    assert_eq!(standing.times, 1, "the same time");
    measure.state = State::Removed;
    standing.follow(&measure, true);
    assert_eq!((standing.current, standing.times), (None, 1));
}

#[test]
fn commitments_become_directives_with_serials_of_their_own() {
    let held = |by: i64| Interview {
        on: day(0),
        persons: vec![text()],
        minutes: text(),
        commitments: vec![(text(), day(9)), (text(), day(by))],
    };
    let events = interview(&enterprise(), held(20), moment(1)).unwrap();
    let directives: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::CountyDirectiveDrafted(event) => Some((event.directive, event.deadline, event.to_enterprise)),
            _ => None,
        })
        .collect();
    assert_eq!(directives, [(serial(901), day(9), true), (serial(902), day(20), true)]);
    assert_eq!(interview(&enterprise(), held(0), moment(1)).unwrap_err().reason(), "MEASURE_COMMITMENT_OUTSIDE");
    let future = Interview { on: day(2), ..held(20) };
    assert_eq!(interview(&enterprise(), future, moment(1)).unwrap_err().reason(), "MEASURE_IN_FUTURE");
}
