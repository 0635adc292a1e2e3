use super::*;
use crate::{
    actor::Proof,
    event::{DeclarationsAccepted, DeclarationsMissing, DeclarationsOverdue, Event, MonthFrozen},
    machine::{self, BEGINNING, Machine},
    refusal::Refuse,
    stamp::Stamp,
};

const SHOWN: Digest = [7; 32];
const OTHER: Digest = [8; 32];

fn at(day: i8, hour: i64) -> Instant {
    Instant::start_of(Date::constant(2015, 9, day)).plus_ms(hour * 3_600_000)
}

fn month() -> Month {
    "2015-08".parse().unwrap()
}

fn serial() -> Serial {
    Serial::new(1, 3).unwrap()
}

fn stamp() -> Stamp {
    Stamp { at: at(2, 9), received: at(2, 9), actor: "reporter".to_owned(), epoch: 1, position: 900 }
}

fn figures() -> Figures {
    Figures { self_inspections: 2, general_found: 3, ..Figures::default() }
}

fn content() -> Content {
    Content { figures: figures(), producing: true, zero_statement: String::new() }
}

fn text() -> String {
    "合成".to_owned()
}

/// A declaration in a state with everything that its steps look at: edited, confirmed and signed over [`SHOWN`].
fn standing(state: State) -> EnterpriseMonth {
    let is_filed = matches!(state, State::OnTime | State::Late | State::Accepted | State::Returned);
    let filed = Filed {
        at: at(2, 9),
        content: Content { figures: Figures { general_found: 2, ..figures() }, ..content() },
        content_hash: SHOWN,
        late: state == State::Late,
        late_reason: String::new(),
        by_proxy: false,
        accept_by: Date::constant(2015, 9, 10),
        corrections: 0,
    };
    let returned = Returned { reason: text(), as_empty: false, correct_by: Date::constant(2015, 9, 8) };
    EnterpriseMonth {
        counts: figures(),
        state,
        producing: Some(true),
        confirmed: Some(SHOWN),
        signed: Some(SHOWN),
        filed: is_filed.then_some(filed),
        returned: (state == State::Returned).then_some(returned),
        ..EnterpriseMonth::empty(serial(), month())
    }
}

fn filing(now: Instant) -> Filing {
    Filing {
        frozen: true,
        content: content(),
        current: SHOWN,
        shown: SHOWN,
        late_reason: text(),
        by_proxy: false,
        now,
        due: at(6, 0),
        accept_by: Date::constant(2015, 9, 10),
    }
}

/// Time says something of one declaration; nothing if the table does not let it.
fn said(from: &EnterpriseMonth, event: &'static str, says: Event) -> Result<Event, Refusal> {
    match machine::step(Machine::Declaration, from.state.id(), event) {
        Some(_) => Ok(says),
        None => Err(Refusal::NotOwed { month: month() }),
    }
}

fn attempt(from: &EnterpriseMonth, event: &str) -> Result<Event, Refusal> {
    let enterprises = vec![serial()];
    match event {
        "open" => Ok(MonthFrozen { month: month(), owing: enterprises }.into()),
        "edit" => from.edit(true, true, text()),
        "confirm" => from.confirm(true, (SHOWN, SHOWN, SHOWN), &figures(), String::new()),
        "sign" => from.signable(true, SHOWN, SHOWN).map(|()| from.sign(SHOWN, Proof::Token, false)),
        // Filing is one method; which event it is follows from the state.
        "file" | "file_late" => {
            let filed = from.file(filing(at(2, 9)))?;
            let late = matches!(&filed, Event::DeclarationFiled(filed) if filed.late);
            if from.state != State::Returned && late == (event == "file_late") {
                Ok(filed)
            } else {
                Err(Refusal::NotOwed { month: month() })
            }
        }
        "refile" if from.state == State::Returned => from.file(filing(at(8, 9))),
        "refile_late" if from.state == State::Returned => {
            let returned = from.returned.clone().map(|returned| Returned { as_empty: true, ..returned });
            EnterpriseMonth { returned, ..from.clone() }.file(filing(at(8, 9)))
        }
        "fall_overdue" => said(from, "fall_overdue", DeclarationsOverdue { month: month(), enterprises }.into()),
        "go_missing" => said(from, "go_missing", DeclarationsMissing { month: month(), enterprises }.into()),
        "accept" => from.accept(true),
        "return" => from.send_back(true, text(), false, Date::constant(2015, 9, 8)),
        "exempt" => from.exempt(true, text()),
        "proxy" => from.proxy(true, text(), SHOWN),
        "correct" => {
            let asked = from.ask_correction(true, text(), SHOWN, (&content(), SHOWN))?;
            let mut asking = from.clone();
            asking.apply(&asked, &stamp());
            asking.decide_correction(true, true, String::new())
        }
        _ => Err(Refusal::NotOwed { month: month() }),
    }
}

#[test]
fn every_state_takes_exactly_the_events_of_the_table_and_goes_where_it_says() {
    let states: Vec<&'static str> = State::ALL.iter().map(|state| state.id()).collect();
    machine::prove(Machine::Declaration, &states, &[], |from, event| {
        let mut value =
            if from == BEGINNING { EnterpriseMonth::empty(serial(), month()) } else { standing(State::from_id(from)?) };
        let made = attempt(&value, event).ok()?;
        value.apply(&made, &stamp());
        Some(value.state.id())
    });
}

#[test]
fn time_accepts_what_is_filed_and_nothing_else() {
    for state in State::ALL {
        let waits = matches!(state, State::OnTime | State::Late);
        assert_eq!(standing(*state).due().is_some(), waits, "{state:?}");
        assert_eq!(machine::step(Machine::Declaration, state.id(), "accept").is_some(), waits, "{state:?}");
    }
    let mut filed = standing(State::OnTime);
    assert_eq!(filed.due(), Some(Instant::end_of(Date::constant(2015, 9, 10))));
    filed.apply(&DeclarationsAccepted { month: month(), enterprises: vec![serial()] }.into(), &stamp());
    assert_eq!((filed.state, filed.due()), (State::Accepted, None));
}

fn reason<T: std::fmt::Debug>(outcome: Result<T, Refusal>) -> &'static str {
    outcome.unwrap_err().reason()
}

#[test]
fn guards_name_what_is_missing() {
    let draft = EnterpriseMonth { confirmed: None, signed: None, ..standing(State::Draft) };
    let confirm = |figures: &Figures, statement: &str| draft.confirm(true, (SHOWN, SHOWN, SHOWN), figures, statement.to_owned());
    let nothing = Figures { self_inspections: 1, ..Figures::default() };
    assert_eq!(reason(confirm(&nothing, "")), "DECLARATION_ZERO_WITHOUT_STATEMENT");
    assert_eq!(reason(confirm(&figures(), "无隐患")), "DECLARATION_STATEMENT_WITHOUT_ZERO");
    assert_eq!(reason(confirm(&Figures::default(), "无隐患")), "DECLARATION_ZERO_WITHOUT_INSPECTION");
    assert!(confirm(&nothing, "无隐患").is_ok());
    assert_eq!(reason(draft.confirm(true, (SHOWN, OTHER, OTHER), &figures(), String::new())), "DECLARATION_CONTENT_CHANGED");
    assert_eq!(reason(standing(State::Confirmed).signable(true, SHOWN, OTHER)), "DECLARATION_CONTENT_CHANGED");
    assert_eq!(reason(standing(State::Confirmed).signable(true, OTHER, OTHER)), "DECLARATION_CONFIRMATION_VOID");
    let overdue = standing(State::Overdue);
    assert_eq!(
        reason(EnterpriseMonth { confirmed: None, ..overdue.clone() }.signable(true, SHOWN, SHOWN)),
        "DECLARATION_WRONG_STATE"
    );
    assert_eq!(
        reason(overdue.file(Filing { late_reason: String::new(), ..filing(at(7, 0)) })),
        "DECLARATION_LATE_WITHOUT_REASON"
    );
    assert_eq!(reason(overdue.file(Filing { current: OTHER, ..filing(at(7, 0)) })), "DECLARATION_SIGNATURE_VOID");
    assert_eq!(reason(standing(State::Draft).file(filing(at(2, 0)))), "DECLARATION_NOT_SIGNED");
    assert_eq!(reason(standing(State::Accepted).file(filing(at(2, 0)))), "DECLARATION_ALREADY_FILED");
    assert_eq!(reason(standing(State::NotOwed).edit(false, true, text())), "MONTH_NOT_FROZEN");
    assert_eq!(reason(standing(State::NotOwed).edit(true, true, text())), "DECLARATION_NOT_OWED");
    assert_eq!(reason(standing(State::Open).must_speak_for(false)), "DECLARATION_NOT_PROXIED");
    let accepted = standing(State::Accepted);
    assert_eq!(reason(accepted.decide_correction(true, true, text())), "DECLARATION_NO_CORRECTION_ASKED");
    let same = Content { figures: Figures { general_found: 2, ..figures() }, ..content() };
    assert_eq!(reason(accepted.ask_correction(true, text(), SHOWN, (&same, SHOWN))), "DECLARATION_NOTHING_TO_CORRECT");
    assert_eq!(reason(accepted.ask_correction(true, text(), OTHER, (&content(), SHOWN))), "DECLARATION_CONTENT_CHANGED");
}

#[test]
fn what_it_adds_to_the_figures_follows_from_how_it_stands() {
    let mut value = standing(State::OnTime);
    let on_time = Counted { on_time: true, ..Counted::default() };
    assert_eq!(value.counted(), on_time);
    // Sent back it keeps its mark, and filed again after the due instant it still has it.
    value.apply(&value.clone().send_back(true, text(), false, Date::constant(2015, 9, 10)).unwrap(), &stamp());
    assert_eq!(value.counted(), on_time);
    let mut prepared = EnterpriseMonth { producing: Some(true), confirmed: Some(SHOWN), signed: Some(SHOWN), ..value.clone() };
    prepared.apply(&prepared.clone().file(filing(at(8, 9))).unwrap(), &stamp());
    assert_eq!((prepared.state, prepared.counted()), (State::OnTime, on_time));
    // Sent back as empty it counts for nothing until it is filed, and then late.
    let mut empty = standing(State::OnTime);
    empty.apply(&empty.clone().send_back(true, text(), true, Date::constant(2015, 9, 10)).unwrap(), &stamp());
    assert_eq!(empty.counted(), Counted::default());
    let mut prepared = EnterpriseMonth { producing: Some(true), confirmed: Some(SHOWN), signed: Some(SHOWN), ..empty };
    let by_proxy = Filing { by_proxy: true, ..filing(at(8, 9)) };
    prepared.apply(&prepared.clone().file(by_proxy).unwrap(), &stamp());
    assert_eq!(prepared.counted(), Counted { late: true, by_proxy: true, ..Counted::default() });
    assert_eq!(standing(State::Exempt).counted(), Counted { exempt: true, ..Counted::default() });
    for state in [State::Open, State::Draft, State::Confirmed, State::Signed, State::Overdue, State::Missing] {
        assert_eq!(standing(state).counted(), Counted::default(), "{state:?}");
    }
}

#[test]
fn editing_voids_what_was_confirmed_and_signed() {
    let mut value = standing(State::Signed);
    value.apply(&value.clone().edit(true, false, text()).unwrap(), &stamp());
    assert_eq!((value.state, value.producing, value.confirmed, value.signed), (State::Draft, Some(false), None, None));
}

#[test]
fn the_signature_covers_everything_that_is_declared() {
    let bytes = |content: &Content| content.canonical(serial(), month());
    let signed = bytes(&content());
    assert_ne!(signed, bytes(&Content { producing: false, ..content() }));
    assert_ne!(signed, bytes(&Content { zero_statement: text(), ..content() }));
    assert_ne!(signed, bytes(&Content { figures: Figures::default(), ..content() }));
    assert_ne!(signed, content().canonical(serial(), month().next()));
}
