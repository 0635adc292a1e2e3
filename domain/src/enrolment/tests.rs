use super::*;
use crate::{
    refusal::Refuse as _,
    region::{RegionCode, RegionKind},
    register::{Dated, Region},
};

fn id(text: &str) -> RegionId {
    text.parse().unwrap()
}

fn at(minutes: i64) -> Instant {
    Instant::from_ms(1_700_000_000_000 + minutes * 60_000)
}

fn register(key: Option<Digest>) -> Register {
    let region = |name: &str, kind, parent: Option<&str>, code: &str, key| Region {
        id: id(name),
        kind,
        journal_key: key,
        federation_address: None,
        joined: None,
        attributes: vec![Dated {
            from: Date::new(2000, 1, 1).unwrap(),
            to: None,
            code: code.parse::<RegionCode>().unwrap(),
            name_zh: name.to_owned(),
            name_en: name.to_owned(),
            parent: parent.map(id),
            basis: "test".to_owned(),
        }],
    };
    let regions = vec![
        region("yn", RegionKind::Province, None, "530000", Some([1; 32])),
        region("bs", RegionKind::Prefecture, Some("yn"), "530500", None),
        region("km", RegionKind::Prefecture, Some("yn"), "530100", None),
        region("bs-tengchong", RegionKind::County, Some("bs"), "530522", key),
    ];
    Register::new(1, regions).unwrap()
}

fn enrolment() -> Enrolment {
    Enrolment::requested(&EnrolmentRequested {
        enrolment: Serial::new(1, 7).unwrap(),
        region: id("bs-tengchong"),
        way: Way::Code,
        digest: [5; 32],
        request: vec![1],
        journal_key: [3; 32],
        address: "10.0.0.1:7443".into(),
        code_hash: [4; 32],
    })
}

#[test]
fn a_code_serves_one_request_in_time() {
    let issued = EnrolmentCodeIssued { region: id("bs-tengchong"), code_hash: [4; 32], expires: at(10) };
    let fresh = Code::issued(&issued);
    let used = Code { used: Some([5; 32]), ..fresh.clone() };
    for (code, hash, now, reason) in [
        (&fresh, [4; 32], at(10), None),
        (&fresh, [9; 32], at(0), Some("ENROLMENT_CODE_UNKNOWN")),
        (&fresh, [4; 32], at(11), Some("ENROLMENT_CODE_EXPIRED")),
        (&used, [4; 32], at(0), Some("ENROLMENT_CODE_USED")),
        (&used, [9; 32], at(11), Some("ENROLMENT_CODE_UNKNOWN")),
    ] {
        assert_eq!(code.admits(&hash, now).err().map(|refusal| refusal.reason()), reason, "{hash:?}");
    }
}

/// Every state against both decisions and a later request.
#[test]
fn only_an_open_request_is_decided() {
    for state in State::ALL {
        let mut one = Enrolment { state, ..enrolment() };
        let open = state == State::Requested;
        assert_eq!(one.approve("AA:bb cc", "aabbcc", &register(None)).is_ok(), open, "{state:?}");
        assert_eq!(one.refuse("no".into()).is_ok(), open, "{state:?}");
        one.apply_superseded();
        assert_eq!(one.state, if open { State::Superseded } else { state });
    }
    assert_eq!(enrolment().approve("aabbcd", "aabbcc", &register(None)).unwrap_err().reason(), "ENROLMENT_FINGERPRINT_WRONG");
}

#[test]
fn a_decision_takes_effect_and_the_register_ends_the_proposal() {
    let mut one = enrolment();
    let decided = one.approve("aa", "aa", &register(None)).unwrap();
    one.apply_decided(&decided);
    assert!(one.is_proposed());
    one.apply_register(&register(Some([3; 32])));
    assert!(one.is_proposed(), "the address is not in the register");
    one.entered = true;
    assert!(!one.is_proposed());
    let mut refused = enrolment();
    refused.apply_decided(&refused.refuse("unknown".into()).unwrap());
    assert!(!refused.is_proposed() && refused.reason == "unknown");
}

#[test]
fn only_direct_children_enrol() {
    let today = Date::new(2026, 1, 1).unwrap();
    for (here, region, reason) in [
        ("bs", "bs-tengchong", None),
        ("yn", "bs", None),
        ("bs", "atlantis", Some("ENROLMENT_REGION_UNKNOWN")),
        ("yn", "bs-tengchong", Some("ENROLMENT_NOT_BELOW")),
        ("km", "bs-tengchong", Some("ENROLMENT_NOT_BELOW")),
        ("bs", "yn", Some("ENROLMENT_NOT_BELOW")),
        ("bs", "bs", Some("ENROLMENT_NOT_BELOW")),
    ] {
        let outcome = below(&register(None), &id(here), &id(region), today);
        assert_eq!(outcome.err().map(|refusal| refusal.reason()), reason, "{region} at {here}");
    }
}

#[test]
fn the_key_must_be_the_registers_where_it_has_one() {
    let here = id("bs-tengchong");
    for (held, way, reason) in [
        (None, Way::Code, None),
        (None, Way::File, None),
        (None, Way::OldKey, Some("ENROLMENT_KEY_UNKNOWN")),
        (Some([3; 32]), Way::Code, None),
        (Some([3; 32]), Way::OldKey, None),
        (Some([8; 32]), Way::Code, Some("ENROLMENT_KEY_DIFFERS")),
        (Some([8; 32]), Way::OldKey, Some("ENROLMENT_KEY_DIFFERS")),
    ] {
        let outcome = key_fits(&register(held), &here, &[3; 32], way);
        assert_eq!(outcome.err().map(|refusal| refusal.reason()), reason, "{held:?} {way:?}");
    }
}

#[test]
fn a_wrong_clock_is_told_by_how_much() {
    assert!(about_now(at(0), at(10)).is_ok() && about_now(at(10), at(0)).is_ok());
    for (made, now, words) in
        [(0, 11, "11 minutes ago"), (61, 0, "1 hour 1 minute in the future"), (0, 3 * 1_440 + 61, "3 days 1 hour ago")]
    {
        let told = about_now(at(made), at(now)).unwrap_err().to_string();
        assert!(told.contains(words), "{told}");
    }
    assert_eq!(span_in_words(1_500), "1 second");
}

#[test]
fn renewal_lies_around_half_life_and_is_spread() {
    let (from, until) = (at(0), at(1_000));
    let due = |spread| renew_at(from, until, spread).ms_since(from) / 60_000;
    assert_eq!((due(0), due(127), due(255)), (400, 499, 600));
}

#[test]
fn fingerprints_are_read_out_in_groups_and_compared_without() {
    assert_eq!(grouped("0123456789"), "0123 4567 89");
    assert_eq!(normal(&grouped("abCD0123")), "abcd0123");
}

#[test]
fn ways_and_states_keep_their_numbers() {
    assert!(Way::ALL.iter().all(|way| Way::from_number(way.number()) == Some(*way)));
    assert!(State::ALL.iter().all(|state| State::from_number(state.number()) == Some(*state)));
    assert_eq!((Way::from_number(0), State::from_number(5)), (None, None));
}
