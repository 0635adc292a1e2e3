use proptest::prelude::*;

use super::{
    draw::{Draw, Urn, digest, draw},
    plan::{Chosen, Planning},
    *,
};
use crate::{
    document::{Document, DocumentKind, State as Paper, Subject},
    enterprise::{Enterprise, State as Admission, tests as catalogue},
    event::Event,
    officer::{self, Officer},
    refusal::Refusal as Refused,
    stamp::{Moment, Stamp},
};

/// Day 0 is 1 September 2015, a Tuesday.
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
    Stamp { at: at(number), received: at(number), actor: "officer-1".to_owned(), epoch: 1, position: 900 }
}

fn moment(number: i64) -> Moment {
    Moment { now: at(number), next: serial(900) }
}

fn text() -> String {
    "合成说明文字不少于十个字".to_owned()
}

fn enterprise(position: u64) -> Enterprise {
    let mut enterprise = catalogue::standing(Admission::Approved);
    enterprise.serial = serial(position);
    enterprise
}

fn officer(position: u64, kind: officer::Kind) -> Officer {
    Officer {
        serial: serial(position),
        kind,
        certificate: format!("测试-{position}"),
        name: Personal::Known("合成人".to_owned()),
        body: "合成局".to_owned(),
        industry: None,
        account: format!("officer-{position}").parse().ok(),
        valid_from: day(-100),
        valid_until: day(20),
        withdrawn: String::new(),
        version: 1,
    }
}

fn officers() -> (Officer, Officer, Officer) {
    (officer(1, officer::Kind::Officer), officer(2, officer::Kind::Officer), officer(3, officer::Kind::Expert))
}

fn paper(position: u64, kind: DocumentKind, state: Paper) -> Document {
    Document {
        serial: serial(position),
        kind,
        subject: Subject::Inspection(serial(7)),
        enterprise: serial(50),
        industry: "K03".parse().unwrap(),
        state,
        body: "合成局".to_owned(),
        area: "合".to_owned(),
        year: 2015,
        ordinal: 1,
        on: day(0),
        rests_on: None,
        text: Personal::Known(text()),
        content_hash: [0; 32],
        code: "ABCDEFGHJK".to_owned(),
        in_use: true,
        scan: None,
        receipt: None,
        void_reason: String::new(),
        acts: Acts::default(),
        version: 1,
    }
}

fn finding(item: u32, category: Option<&str>, major: bool) -> Found {
    Found {
        item,
        category: category.map(|code| code.parse().unwrap()),
        major,
        place: text(),
        description: text(),
        demand: text(),
        criterion: if major { text() } else { String::new() },
        harm: text(),
        photos: Vec::new(),
    }
}

fn held(item: u32, category: Option<&str>, major: bool) -> Finding {
    Finding { found: finding(item, category, major), deadline: Some(day(10)), hazard: None, dossier: None, passed: None }
}

/// An inspection in a state with everything that its steps look at.
fn standing(state: State) -> Inspection {
    let ordered = !matches!(state, State::Planned | State::Assigned | State::OnSite | State::Recorded | State::Signed);
    Inspection {
        serial: serial(7),
        plan: serial(6),
        kind: Kind::Special,
        covert: false,
        month: Month::of(day(0)),
        body: "合成局".to_owned(),
        area: "合".to_owned(),
        letter: String::new(),
        enterprise: serial(50),
        industry: "K03".parse().unwrap(),
        state,
        on: Some(day(1)),
        officers: vec![serial(1), serial(2)],
        certificates: vec!["测试-1".to_owned(), "测试-2".to_owned()],
        accounts: BTreeSet::from(["officer-1".to_owned(), "officer-2".to_owned()]),
        started: Some(at(1)),
        ended: None,
        place: text(),
        findings: vec![held(1, Some("B04"), false), held(2, None, false), held(3, Some("B04"), true)],
        signed: None,
        order: ordered.then(|| Order {
            kind: OrderKind::Deadline,
            document: Some(serial(31)),
            issued_on: day(1),
            deadline: day(10),
            items: vec![1, 2, 3],
        }),
        orders: 1,
        overdue: false,
        fed_back: None,
        escalation: None,
        recheck_due_on: (state == State::RecheckDue).then(|| day(10)),
        applied: false,
        rechecked_on: None,
        opinion: None,
        handover: None,
        case: None,
        tally: Tally::default(),
        reminders: BTreeSet::new(),
        closed_on: None,
        acts: Acts::default(),
        version: 8,
    }
}

fn planning(kind: Kind) -> Planning {
    Planning {
        kind,
        covert: false,
        month: Month::of(day(0)),
        body: "合成局".to_owned(),
        area: "合".to_owned(),
        departments: vec!["合成一局".to_owned(), "合成二局".to_owned()],
        checklist: "合成检查表".to_owned(),
        letter: String::new(),
    }
}

fn make(planning: Planning, targets: &[u64], team: Vec<&Officer>) -> Result<Vec<Event>, Refused> {
    let targets: Vec<_> = targets.iter().map(|position| enterprise(*position)).collect();
    let chosen = Chosen { targets: targets.iter().collect(), targets_draw: None, team, officers_draw: None, industry: None };
    plan::make(planning, chosen, moment(0))
}

fn one<R: Into<Refused>>(event: Result<Event, R>) -> Result<Vec<Event>, Refused> {
    event.map(|event| vec![event]).map_err(Into::into)
}

/// One that took place on a day and found so much.
pub(crate) fn visited(on: &str, findings: u32) -> Inspection {
    let findings = (1..=findings).map(|item| held(item, Some("B04"), false)).collect();
    Inspection { started: Some(Instant::start_of(on.parse().unwrap())), findings, ..standing(State::Recorded) }
}

const BY: &str = "officer-1";

/// Tries an event of the table with everything else in order.
fn attempt(inspection: &Inspection, event: &str) -> Result<Vec<Event>, Refused> {
    let (first, second, _) = officers();
    let team = vec![&first, &second];
    let record = paper(30, DocumentKind::RECORD, Paper::Approved);
    let order = paper(31, DocumentKind::ORDER, Paper::Approved);
    let clean = Inspection { findings: Vec::new(), ..inspection.clone() };
    let with = |passed: bool| {
        let findings = inspection.findings.iter().map(|one| Finding { passed: Some(passed), ..one.clone() }).collect();
        Inspection { findings, ..inspection.clone() }
    };
    let ordering = Ordering { kind: OrderKind::Deadline, items: Vec::new(), deadline: None };
    match event {
        "assign" => one(inspection.assign(&Assignment { on: day(2), team }, moment(1))),
        "begin" => {
            let visit = Visit { started: at(1), place: text(), certificates_shown: true };
            one(inspection.begin(visit, &team, BY, at(1)))
        }
        "record" => one(inspection.record(at(1).plus_ms(1), Vec::new(), BY, at(2))),
        "sign" => {
            let signature = Signature { site_head: text(), refused: true, reason: text() };
            one(inspection.sign(Some(&record), signature, BY))
        }
        "close_clean" if inspection.state == State::Rechecked => Err(Refusal::NothingFailed {}.into()),
        "close" if inspection.state == State::Signed => Err(Refusal::NothingFailed {}.into()),
        "close_clean" => one(clean.close(BY)),
        "close" => one(with(true).close(BY)),
        "order" if inspection.state == State::Rechecked => Err(Refusal::NothingFailed {}.into()),
        "reorder" if inspection.state == State::Signed => Err(Refusal::NothingFailed {}.into()),
        "order" => one(inspection.order(&ordering, Some(&record), Some(serial(31)), BY, at(2))),
        "reorder" => one(with(false).order(&ordering, Some(&record), Some(serial(32)), BY, at(2))),
        "feed_back" => {
            let feedback = Feedback { department: text(), finder: text() };
            inspection.feed_back(feedback, Some(&order), &enterprise(50), BY, moment(2)).map(|mut events| vec![events.remove(0)])
        }
        "open_hazard" => one(inspection.step("open_hazard").map(|_| {
            crate::event::FindingOpened {
                inspection: serial(7),
                item: 1,
                hazard: Some(serial(9)),
                dossier: None,
                deadline: day(9),
            }
            .into()
        })),
        "escalate" => one(inspection.escalate(text(), text(), text(), "head-1")),
        "fall_due" => one(inspection.apply_for_recheck()),
        "recheck" => one(inspection.recheck(Recheck { passed: vec![1, 2], failed: vec![3] }, &team, None, BY, at(11))),
        "file_case" => one(with(false).file_case(serial(33), BY)),
        "transfer" => one(inspection.transfer(Transfer { department: text(), reason: text() }, serial(34), BY)),
        "fall_overdue" => {
            let reminders = BTreeSet::from(Reminder::ALL);
            let said = Inspection { reminders, ..inspection.clone() }.fall_due(at(40));
            one(said.filter(|event| matches!(event, Event::OrderOverdue(_))).ok_or(Refusal::NotFedBack {}))
        }
        other => panic!("{other} is not tried"),
    }
}

#[test]
fn every_state_takes_exactly_the_events_of_the_table_and_goes_where_it_says() {
    let states: Vec<_> = State::ALL.iter().map(|state| state.id()).collect();
    machine::prove(Machine::Inspection, &states, &[], |from, event| {
        if event == "plan" {
            let (first, second, _) = officers();
            return make(planning(Kind::Special), &[50], vec![&first, &second]).ok().map(|_| State::Planned.id());
        }
        let mut inspection = standing(State::from_id(from)?);
        for made in attempt(&inspection, event).ok()? {
            inspection.apply(&made, &stamp(2));
        }
        Some(inspection.state.id())
    });
}

fn reason<T: std::fmt::Debug, R: Into<Refused>>(outcome: Result<T, R>) -> &'static str {
    outcome.map_err(Into::into).unwrap_err().reason()
}

#[test]
fn a_plan_names_who_goes_and_where() {
    let (first, second, expert) = officers();
    let two = || vec![&first, &second];
    let events = make(planning(Kind::Comprehensive), &[50, 51, 52], two()).unwrap();
    let made: Vec<_> = events.iter().map(Event::kind).collect();
    assert_eq!(made, ["plan_made", "inspection_planned", "inspection_planned", "inspection_planned"]);
    let Event::InspectionPlanned(third) = &events[3] else { panic!() };
    assert_eq!((third.inspection, third.enterprise), (serial(903), serial(52)), "its own entry's position");

    let covert = |kind| Planning { covert: true, ..planning(kind) };
    let month = |days| Planning { month: Month::of(day(days)), ..planning(Kind::Special) };
    let departments = |names: &[&str]| Planning {
        departments: names.iter().map(ToString::to_string).collect(),
        ..planning(Kind::Comprehensive)
    };
    let letter = Planning { letter: text(), ..planning(Kind::Expert) };
    for (planning, targets, team, wanted) in [
        (planning(Kind::Special), vec![50], vec![&first], "INSPECTION_TOO_FEW_OFFICERS"),
        (planning(Kind::Special), vec![50], vec![&first, &first], "INSPECTION_TOO_FEW_OFFICERS"),
        (planning(Kind::Comprehensive), vec![50], vec![&first, &expert], "INSPECTION_TOO_FEW_OFFICERS"),
        (planning(Kind::Expert), vec![50], vec![&expert], "INSPECTION_LETTER_MISSING"),
        (covert(Kind::Special), vec![50], two(), "INSPECTION_COVERT_NOT_EXPERT"),
        (month(-1), vec![50], two(), "INSPECTION_MONTH_OUTSIDE"),
        (month(400), vec![50], two(), "INSPECTION_MONTH_OUTSIDE"),
        (departments(&["合成一局", "合成一局"]), vec![50], two(), "INSPECTION_DEPARTMENTS_MISSING"),
        (planning(Kind::Special), vec![], two(), "INSPECTION_TARGETS_OUTSIDE"),
        (planning(Kind::Special), vec![50, 50], two(), "INSPECTION_TARGETS_OUTSIDE"),
    ] {
        assert_eq!(reason(make(planning, &targets, team)), wanted, "{targets:?}");
    }
    assert!(make(letter, &[50], vec![&expert]).is_ok(), "a letter of commission stands for the officer");
    assert!(make(covert(Kind::Expert), &[50], vec![&first]).is_ok());
}

#[test]
fn certificates_hold_on_the_day_of_the_visit() {
    let (first, second, expert) = officers();
    let planned = standing(State::Planned);
    let on = |number, team| planned.assign(&Assignment { on: day(number), team }, moment(1));
    assert!(on(20, vec![&first, &second]).is_ok());
    assert_eq!(reason(on(21, vec![&first, &second])), "OFFICER_NOT_VALID");
    assert_eq!(reason(on(0, vec![&first, &second])), "INSPECTION_DAY_OUTSIDE", "yesterday");
    assert_eq!(reason(on(30, vec![&first, &second])), "INSPECTION_DAY_OUTSIDE", "another month");
    assert_eq!(reason(on(2, vec![&first, &expert])), "INSPECTION_TOO_FEW_OFFICERS");
    let visit = Inspection { kind: Kind::Expert, ..standing(State::Planned) };
    let send = |team| visit.assign(&Assignment { on: day(2), team }, moment(1));
    assert_eq!(reason(send(vec![&first, &second])), "INSPECTION_EXPERT_MISSING");
    assert!(send(vec![&first, &expert]).is_ok());

    let assigned = standing(State::Assigned);
    let begin = |started, shown, by| {
        let visit = Visit { started, place: text(), certificates_shown: shown };
        assigned.begin(visit, &[&first, &second], by, at(25))
    };
    assert_eq!(reason(begin(at(1), false, BY)), "INSPECTION_CERTIFICATES_NOT_SHOWN");
    assert_eq!(reason(begin(at(1), true, "officer-9")), "INSPECTION_NOT_ASSIGNED");
    assert_eq!(reason(begin(at(22), true, BY)), "OFFICER_NOT_VALID");
    assert_eq!(reason(begin(at(26), true, BY)), "INSPECTION_TIMES_REVERSED");
    assert_eq!(reason(begin(at(-5), true, BY)), "INSPECTION_DAY_OUTSIDE");
}

#[test]
fn orders_rest_on_an_approved_record_and_name_every_finding() {
    let signed = standing(State::Signed);
    let record = |state| paper(30, DocumentKind::RECORD, state);
    let order = |ordering: Ordering, record: Option<&Document>, by| signed.order(&ordering, record, None, by, at(2));
    let plain =
        |kind, items: &[u32], deadline: Option<i64>| Ordering { kind, items: items.to_vec(), deadline: deadline.map(day) };
    let full = || plain(OrderKind::Deadline, &[], None);
    let approved = record(Paper::Approved);
    let Event::OrderIssued(event) = order(full(), Some(&approved), BY).unwrap() else { panic!() };
    assert_eq!((event.deadline, event.items), (day(2 + ORDER_DAYS), vec![1, 2, 3]));
    assert_eq!(reason(order(full(), Some(&record(Paper::Drawn)), BY)), "INSPECTION_DOCUMENT_NOT_APPROVED");
    assert_eq!(reason(order(full(), Some(&record(Paper::Voided)), BY)), "INSPECTION_OTHER_DOCUMENT");
    assert_eq!(reason(order(full(), None, BY)), "INSPECTION_OTHER_DOCUMENT");
    let elsewhere = Document { subject: Subject::Inspection(serial(8)), ..record(Paper::Approved) };
    assert_eq!(reason(order(full(), Some(&elsewhere), BY)), "INSPECTION_OTHER_DOCUMENT");
    for (kind, items, deadline, wanted) in [
        (OrderKind::Deadline, vec![1, 2], None, "INSPECTION_ITEMS_WRONG"),
        (OrderKind::Deadline, vec![1, 2, 3, 4], None, "INSPECTION_ITEMS_WRONG"),
        (OrderKind::Deadline, vec![1, 2, 3, 3], None, "INSPECTION_ITEMS_WRONG"),
        (OrderKind::Deadline, vec![], Some(33), "INSPECTION_DEADLINE_OUTSIDE"),
        (OrderKind::Deadline, vec![], Some(1), "INSPECTION_DEADLINE_OUTSIDE"),
        (OrderKind::Measures, vec![], Some(186), "INSPECTION_DEADLINE_OUTSIDE"),
        (OrderKind::OnTheSpot, vec![], Some(3), "INSPECTION_DEADLINE_OUTSIDE"),
    ] {
        assert_eq!(reason(order(plain(kind, &items, deadline), Some(&approved), BY)), wanted, "{items:?} {deadline:?}");
    }
    assert!(order(plain(OrderKind::Measures, &[], Some(185)), Some(&approved), BY).is_ok());
    let clean = Inspection { findings: Vec::new(), ..standing(State::Signed) };
    assert_eq!(reason(clean.order(&full(), Some(&approved), None, BY, at(2))), "INSPECTION_ITEMS_WRONG");
    assert_eq!(reason(signed.close(BY)), "INSPECTION_HAS_FINDINGS");
}

#[test]
fn a_refusal_to_sign_is_written_down_by_two() {
    let record = paper(30, DocumentKind::RECORD, Paper::Drawn);
    let refused = |reason: &str| Signature { site_head: text(), refused: true, reason: reason.to_owned() };
    let alone = Inspection { certificates: vec!["测试-1".to_owned()], ..standing(State::Recorded) };
    assert_eq!(reason(alone.sign(Some(&record), refused("拒签"), BY)), "INSPECTION_REFUSAL_INCOMPLETE");
    assert_eq!(reason(standing(State::Recorded).sign(Some(&record), refused(""), BY)), "INSPECTION_REFUSAL_INCOMPLETE");
    assert!(standing(State::Recorded).sign(Some(&record), refused("拒签"), BY).is_ok());
}

#[test]
fn what_was_found_goes_on_as_hazards_of_their_own_with_the_order_s_day() {
    let ordered = standing(State::Ordered);
    let feedback = || Feedback { department: text(), finder: text() };
    let order = paper(31, DocumentKind::ORDER, Paper::Approved);
    let events = ordered.feed_back(feedback(), Some(&order), &enterprise(50), BY, moment(2)).unwrap();
    let kinds: Vec<_> = events.iter().map(Event::kind).collect();
    assert_eq!(
        kinds,
        ["findings_fed_back", "hazard_found", "hazard_assessed", "finding_opened", "major_hazard_identified", "finding_opened"]
    );
    let Event::HazardFound(found) = &events[1] else { panic!() };
    assert_eq!((found.hazard, found.source, found.found_on), (serial(901), hazard_source(), day(1)));
    let Event::FindingOpened(general) = &events[3] else { panic!() };
    assert_eq!((general.item, general.hazard, general.deadline), (1, Some(serial(901)), day(10)));
    let Event::FindingOpened(major) = &events[5] else { panic!() };
    assert_eq!((major.item, major.dossier), (3, Some(serial(904))), "the problem in between is no hazard");
    let mut after = ordered.clone();
    events.iter().for_each(|event| after.apply(event, &stamp(2)));
    let again = Inspection { state: State::Ordered, ..after };
    let events = again.feed_back(feedback(), Some(&order), &enterprise(50), BY, moment(2)).unwrap();
    assert_eq!(events.len(), 1, "nothing is opened twice");
    let drawn = paper(31, DocumentKind::ORDER, Paper::Drawn);
    let unapproved = ordered.feed_back(feedback(), Some(&drawn), &enterprise(50), BY, moment(2));
    assert_eq!(reason(unapproved), "INSPECTION_DOCUMENT_NOT_APPROVED");
}

fn hazard_source() -> u8 {
    crate::hazard::SOURCE_INSPECTION
}

#[test]
fn a_re_inspection_is_of_two_officers_over_every_item() {
    let due = standing(State::RecheckDue);
    let (first, second, expert) = officers();
    let look = |passed: &[u32], failed: &[u32], team: &[&Officer]| {
        due.recheck(Recheck { passed: passed.to_vec(), failed: failed.to_vec() }, team, None, BY, at(11))
    };
    assert!(look(&[1, 2, 3], &[], &[&first, &second]).is_ok());
    assert_eq!(reason(look(&[1, 2, 3], &[], &[&first])), "INSPECTION_TOO_FEW_OFFICERS");
    assert_eq!(reason(look(&[1, 2, 3], &[], &[&first, &expert])), "INSPECTION_TOO_FEW_OFFICERS");
    assert_eq!(reason(look(&[1, 2], &[], &[&first, &second])), "INSPECTION_ITEMS_WRONG");
    assert_eq!(reason(look(&[1, 2, 3], &[3], &[&first, &second])), "INSPECTION_ITEMS_WRONG");
    let closing =
        Inspection { findings: vec![Finding { passed: Some(false), ..held(1, None, false) }], ..standing(State::Rechecked) };
    assert_eq!(reason(closing.close(BY)), "INSPECTION_HAS_FINDINGS");
    assert_eq!(reason(standing(State::Rechecked).file_case(serial(33), BY)), "INSPECTION_NOTHING_FAILED");
}

#[test]
fn the_head_was_not_there_and_reports_once() {
    let signed = standing(State::Signed);
    assert_eq!(reason(signed.escalate(text(), text(), text(), BY)), "INSPECTION_HEAD_ON_SITE");
    let mut escalated = signed.clone();
    escalated.apply(&signed.escalate(text(), text(), text(), "head-1").unwrap(), &stamp(2));
    assert_eq!(reason(escalated.escalate(text(), text(), text(), "head-1")), "INSPECTION_ALREADY_ESCALATED");
}

#[test]
fn a_handover_goes_notice_reply_result() {
    let mut handed = standing(State::Recorded);
    assert_eq!(reason(handed.reply(serial(35))), "INSPECTION_NOT_TRANSFERRED");
    let transfer = handed.transfer(Transfer { department: text(), reason: text() }, serial(34), BY).unwrap();
    handed.apply(&transfer, &stamp(2));
    assert_eq!(reason(handed.settle(serial(36))), "INSPECTION_NOT_TRANSFERRED", "no reply yet");
    // Ten working days after Thursday 3 September 2015, which was a holiday that year.
    assert_eq!(handed.due(), Some(Instant::end_of(crate::workday::shipped().after(day(2), REPLY_WORKDAYS))));
    let replied = handed.reply(serial(35)).unwrap();
    handed.apply(&replied, &stamp(3));
    assert_eq!(handed.due(), None);
    assert_eq!(reason(handed.reply(serial(35))), "INSPECTION_TRANSFER_STEP_DONE");
    assert!(handed.settle(serial(36)).is_ok());
}

#[test]
fn time_reminds_once_and_closes_nothing() {
    let said = |mut inspection: Inspection, until: i64| {
        let mut said = Vec::new();
        while let Some(event) = inspection.fall_due(at(until)) {
            let due = inspection.due().unwrap();
            inspection.apply(&event, &Stamp { at: due, ..stamp(0) });
            said.push(match event {
                Event::InspectionReminded(event) => format!("{:?} {}", event.of, due.plus_ms(-1).date()),
                other => format!("{} {}", other.kind(), due.plus_ms(-1).date()),
            });
            assert!(said.len() < 9);
        }
        assert!(inspection.state != State::Closed);
        said
    };
    assert_eq!(said(standing(State::Planned), 29), Vec::<String>::new());
    assert_eq!(said(standing(State::Assigned), 60), ["Unfulfilled 2015-09-30"]);
    // The third working day after 2 September: the 3rd and 4th were holidays, the Sunday was worked.
    assert_eq!(said(standing(State::Ordered), 60), ["FeedbackLate 2015-09-08", "order_overdue 2015-09-11"]);
    let told = FedBack { on: day(1), department: text(), enterprise_receiver: None, department_receiver: None };
    let fed_back = Inspection { fed_back: Some(told), ..standing(State::FedBack) };
    assert_eq!(said(fed_back, 60), ["ReceiptMissing 2015-09-08", "recheck_fell_due 2015-09-11", "RecheckLate 2015-09-21"]);
}

/// Not a hash that anybody should use; it only spreads.
fn spread(parts: &[&[u8]]) -> Digest {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.iter().flat_map(|part| part.iter()) {
        state = (state ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    let mut digest = [0; 32];
    for chunk in digest.chunks_mut(8) {
        state = (state ^ (state >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        chunk.copy_from_slice(&state.to_be_bytes());
    }
    digest
}

proptest! {
    #[test]
    fn a_draw_is_the_same_again_and_does_not_depend_on_the_order_of_the_list(
        mut positions in prop::collection::vec(1..900_u64, 1..60), count in 1..20_u32, seed in "[a-z0-9]{1,12}"
    ) {
        let list: Vec<_> = positions.iter().map(|position| serial(*position)).collect();
        let drawn = draw(Urn::Targets, &seed, &list, count, spread);
        let made = Draw::of(seed.clone(), &list, count, spread);
        prop_assert!(made.is_sound(spread));
        prop_assert_eq!(&made.again(Urn::Targets, spread), &drawn);
        positions.reverse();
        let reversed: Vec<_> = positions.iter().map(|position| serial(*position)).collect();
        prop_assert_eq!(&draw(Urn::Targets, &seed, &reversed, count, spread), &drawn);
        prop_assert_eq!(digest(&reversed, spread), made.digest);
        let different: BTreeSet<_> = drawn.iter().collect();
        prop_assert_eq!(different.len(), drawn.len());
        prop_assert_eq!(drawn.len(), made.candidates.len().min(count as usize));
        let forged = Draw { candidates: made.candidates.iter().skip(1).copied().collect(), ..made };
        prop_assert!(!forged.is_sound(spread));
    }
}

#[test]
fn a_covert_visit_is_nobody_s_business_before_it_happened() {
    use crate::{
        actor::{Actor, Role},
        scope::Scope,
    };
    let actor = |id: &str, role, scope| Actor::Account { id: id.parse().unwrap(), roles: vec![role], scope };
    let own = Scope { enterprise: Some(serial(50)), industry: None };
    let other = Scope { enterprise: Some(serial(51)), industry: None };
    let elsewhere = Scope { enterprise: None, industry: "G06".parse().ok() };
    let here = Scope { enterprise: None, industry: "K03".parse().ok() };
    let told = FedBack { on: day(1), department: text(), enterprise_receiver: None, department_receiver: None };
    let covert = |state, told: Option<&FedBack>| Inspection { covert: true, fed_back: told.cloned(), ..standing(state) };
    let (planned, on_site, recorded) = (covert(State::Planned, None), covert(State::OnSite, None), covert(State::Recorded, None));
    let fed_back = covert(State::FedBack, Some(&told));
    for (who, seen) in [
        (actor("regulator-1", Role::CountyRegulator, Scope::WHOLE), [true; 4]),
        (actor("department-1", Role::DepartmentOfficer, here), [true; 4]),
        (actor("department-2", Role::DepartmentOfficer, elsewhere), [false; 4]),
        (actor("officer-1", Role::Expert, Scope::WHOLE), [true; 4]),
        (actor("expert-9", Role::Expert, Scope::WHOLE), [false; 4]),
        (actor("reporter-1", Role::EnterpriseReporter, own), [false, false, false, true]),
        (actor("reporter-2", Role::EnterpriseReporter, other), [false; 4]),
        (actor("township-1", Role::TownshipProxy, Scope::WHOLE), [false, false, true, true]),
        (actor("client-1", Role::Client, Scope::WHOLE), [false, false, true, true]),
    ] {
        let given = [&planned, &on_site, &recorded, &fed_back].map(|inspection| inspection.is_seen_by(&who));
        assert_eq!(given, seen, "{}", who.id());
    }
    let open = standing(State::Planned);
    assert!(open.is_seen_by(&actor("client-1", Role::Client, Scope::WHOLE)));
    assert!(!open.is_seen_by(&actor("reporter-1", Role::EnterpriseReporter, own)), "told after the visit, not before");
}
