use super::{kinds::all, *};
use crate::{
    clock::Instant,
    event::Event,
    refusal::Refuse as _,
    stamp::{Moment, Stamp},
};

fn day(number: i64) -> Date {
    Instant::start_of(Date::constant(2015, 9, 1)).plus_days(number).date()
}

fn serial(position: u64) -> Serial {
    Serial::new(1, position).unwrap()
}

fn moment(position: u64) -> Moment {
    Moment { now: Instant::start_of(day(0)).plus_ms(1), next: serial(position) }
}

fn stamp(actor: &str) -> Stamp {
    Stamp { at: moment(1).now, received: moment(1).now, actor: actor.to_owned(), epoch: 1, position: 900 }
}

fn place(subject: Subject) -> Place {
    Place { subject, enterprise: serial(50), body: "合成局".to_owned(), area: "合".to_owned() }
}

const OF_INSPECTION: fn() -> Subject = || Subject::Inspection(serial(7));

fn try_draw(code: &str, subject: Subject, beside: &[Document], position: u64) -> Result<Document, Refusal> {
    let kind = code.parse().unwrap();
    let drawing = Drawing { kind, text: "合成".to_owned(), content_hash: [1; 32], code: "ABCDEFGHJK".to_owned() };
    let last = u32::try_from(beside.len()).unwrap();
    let event = draw_up(&place(subject), drawing, beside.iter(), last, moment(position))?;
    let Event::DocumentDrawn(event) = event else { panic!() };
    Ok(Document::drawn(&event, "K03".parse().unwrap(), &stamp("officer-1")).unwrap())
}

fn approved(code: &str, position: u64) -> Document {
    let kind: DocumentKind = code.parse().unwrap();
    let first = try_draw("D02", OF_INSPECTION(), &[], position).unwrap();
    Document { kind, state: State::Approved, ..first }
}

fn service(on: i64, refused: bool) -> Service {
    let witnesses = vec!["测试-1".to_owned(), "测试-2".to_owned()];
    let (reason, witnesses) = if refused { ("拒签".to_owned(), witnesses) } else { (String::new(), Vec::new()) };
    Service {
        on: day(on),
        manner: Manner::Direct,
        receiver: "合成人".to_owned(),
        refused,
        reason,
        witnesses,
        scan: Some([2; 32]),
    }
}

/// Every kind alone, then with each other kind approved before it: exactly what the table names lets it pass.
#[test]
fn every_kind_is_drawn_up_exactly_after_what_the_table_names() {
    for kind in all() {
        let subject = if kind.of_dossier() { Subject::Dossier(serial(7)) } else { OF_INSPECTION() };
        let wanted: Vec<&str> = match kind.requires {
            kinds::Requires::Nothing => Vec::new(),
            kinds::Requires::AnyOf(codes) => codes.split('|').collect(),
            kinds::Requires::AnyServed | kinds::Requires::AllApproved => continue,
        };
        assert_eq!(try_draw(kind.code, subject, &[], 9).is_ok(), wanted.is_empty(), "{} alone", kind.code);
        for other in all() {
            let before = Document { subject, ..approved(other.code, 8) };
            let drawn = try_draw(kind.code, subject, std::slice::from_ref(&before), 9);
            let allowed = wanted.is_empty() || wanted.contains(&other.code);
            assert_eq!(drawn.is_ok(), allowed, "{} after {}", kind.code, other.code);
            if !wanted.is_empty() && allowed {
                assert_eq!(drawn.unwrap().rests_on, Some(serial(8)));
            }
            for state in [State::Drawn, State::Voided] {
                let before = [Document { state, ..before.clone() }];
                assert_eq!(try_draw(kind.code, subject, &before, 9).is_ok(), wanted.is_empty(), "{} after {state:?}", kind.code);
            }
        }
    }
    let elsewhere = Document { subject: Subject::Inspection(serial(8)), ..approved("D04", 8) };
    let missing = try_draw("D05", OF_INSPECTION(), &[elsewhere], 9).unwrap_err();
    assert_eq!(missing.reason(), "DOCUMENT_PREDECESSOR_MISSING", "of another inspection");
    assert_eq!(try_draw("S01", OF_INSPECTION(), &[], 9).unwrap_err().reason(), "DOCUMENT_OTHER_SUBJECT");
    assert_eq!(try_draw("D02", Subject::Dossier(serial(7)), &[], 9).unwrap_err().reason(), "DOCUMENT_OTHER_SUBJECT");
}

#[test]
fn a_case_is_closed_when_every_document_is_approved_and_a_receipt_needs_a_service() {
    let drawn = Document { state: State::Drawn, ..approved("D07", 9) };
    let served = Document { state: State::Served, ..approved("D04", 8) };
    let voided = Document { state: State::Voided, ..approved("D03", 7) };
    let refused = |code, beside: &[Document]| try_draw(code, OF_INSPECTION(), beside, 12).map_err(|refusal| refusal.reason());
    let missing = Err("DOCUMENT_PREDECESSOR_MISSING");
    assert_eq!(refused("D20", &[]).map(drop), missing);
    assert_eq!(refused("D20", &[served.clone(), drawn.clone()]).map(drop), missing);
    assert!(refused("D20", &[served.clone(), voided.clone()]).is_ok());
    assert_eq!(refused("D21", &[drawn, voided]).map(drop), missing);
    assert!(refused("D21", &[served]).is_ok());
}

#[test]
fn a_voided_document_keeps_its_number_and_the_next_one_has_the_next() {
    let first = try_draw("D02", OF_INSPECTION(), &[], 8).unwrap();
    let mut void = first.clone();
    void.apply(&first.void("误填".to_owned(), [].iter()).unwrap(), &stamp("officer-1"));
    assert_eq!((void.state, void.number()), (State::Voided, "(合)安监检记〔2015〕1号".to_owned()));
    let second = try_draw("D02", OF_INSPECTION(), &[void], 9).unwrap();
    assert_eq!(second.number(), "(合)安监检记〔2015〕2号");
}

#[test]
fn what_something_rests_on_is_not_voided() {
    let record = approved("D02", 8);
    let order = try_draw("D04", OF_INSPECTION(), std::slice::from_ref(&record), 9).unwrap();
    let reason =
        |beside: &[Document], document: &Document| document.void("误填".to_owned(), beside.iter()).map_err(|no| no.reason());
    assert_eq!(reason(std::slice::from_ref(&order), &record).map(drop), Err("DOCUMENT_IN_USE"));
    let voided = Document { state: State::Voided, ..order };
    assert!(reason(&[voided], &record).is_ok());
    let used = Document { in_use: true, ..record.clone() };
    assert_eq!(reason(&[], &used).map(drop), Err("DOCUMENT_IN_USE"));
    let served = Document { state: State::Served, ..record };
    assert_eq!(reason(&[], &served).map(drop), Err("DOCUMENT_WRONG_STATE"));
}

#[test]
fn service_and_refusal_to_sign_are_told_in_full() {
    let order = approved("D04", 8);
    let now = Instant::start_of(day(2));
    let reason = |document: &Document, service| document.serve(service, now).map_err(|refusal| refusal.reason()).map(drop);
    assert_eq!(reason(&order, service(1, false)), Ok(()));
    assert_eq!(reason(&order, service(1, true)), Ok(()));
    assert_eq!(
        reason(&order, Service { witnesses: vec!["测试-1".to_owned()], ..service(1, true) }),
        Err("DOCUMENT_REFUSAL_INCOMPLETE")
    );
    let twice = vec!["测试-1".to_owned(), "测试-1".to_owned()];
    assert_eq!(reason(&order, Service { witnesses: twice, ..service(1, true) }), Err("DOCUMENT_REFUSAL_INCOMPLETE"));
    assert_eq!(reason(&order, Service { reason: String::new(), ..service(1, true) }), Err("DOCUMENT_REFUSAL_INCOMPLETE"));
    assert_eq!(reason(&order, service(3, false)), Err("DOCUMENT_DAY_OUTSIDE"));
    assert_eq!(reason(&order, service(-1, false)), Err("DOCUMENT_DAY_OUTSIDE"));
    assert_eq!(reason(&Document { state: State::Drawn, ..order.clone() }, service(1, false)), Err("DOCUMENT_WRONG_STATE"));
    assert_eq!(reason(&approved("D07", 8), service(1, false)), Err("DOCUMENT_INTERNAL"));
    let mut told = order.clone();
    told.apply(&order.serve(service(1, true), now).unwrap(), &stamp("officer-1"));
    assert_eq!((told.state, told.scan), (State::Served, Some([2; 32])));
    assert!(told.receipt.unwrap().refused);
}

#[test]
fn the_officer_is_not_the_approving_head() {
    let record = try_draw("D02", OF_INSPECTION(), &[], 8).unwrap();
    let approve = [record.approve().unwrap()];
    assert_eq!(record.acts.allow(&approve, "officer-1").unwrap_err().reason(), "FOUR_EYES_SAME_PERSON");
    assert!(record.acts.allow(&approve, "head-1").is_ok());
    let mut signed = try_draw("D02", OF_INSPECTION(), &[], 8).unwrap();
    let by_another: Event = crate::event::RecordSigned {
        inspection: serial(7),
        document: signed.serial,
        site_head: Personal::Erased,
        refused: false,
        reason: String::new(),
    }
    .into();
    signed.apply(&by_another, &stamp("officer-2"));
    assert!(signed.in_use);
    assert_eq!(signed.acts.allow(&approve, "officer-2").unwrap_err().reason(), "FOUR_EYES_SAME_PERSON");
}

#[test]
fn the_canonical_content_tells_every_part_apart() {
    let content = |number: &str, body: &str, text: &str| canonical(DocumentKind::ORDER, number, body, day(0), text);
    assert_ne!(content("ab", "c", "t"), content("a", "bc", "t"));
    assert_ne!(content("a", "b", "t"), content("a", "b", "u"));
}
