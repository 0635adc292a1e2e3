//! One encoding per header, one meaning per byte string, and nothing that panics.

use proptest::prelude::*;

use super::*;
use crate::journal::merkle::MAX_SIZE;

fn header() -> Header {
    Header {
        region: "bs-tengchong".into(),
        epoch: 1,
        position: 7,
        received_ms: 1_443_974_400_000,
        effective_ms: 1_443_974_399_000,
        actor: "accounts/17".into(),
        on_behalf_of: None,
        request_id: Some("r-1".into()),
        subject: "regions/bs-tengchong/enterprises/3".into(),
        kind: "enterprise.proposed".into(),
        kind_version: 1,
        body_commitment: body_commitment(b"body"),
        part_commitments: vec![part_commitment(&[1; 32], "张三".as_bytes())],
    }
}

fn entry() -> Entry {
    Entry {
        header_bytes: header().encode().unwrap(),
        body: b"body".to_vec(),
        parts: vec![Some(Part { salt: [1; 32], bytes: "张三".into() })],
    }
}

fn text(max: usize) -> impl Strategy<Value = String> {
    // Up to `max` characters of up to four bytes each; longer ones are cut below.
    proptest::collection::vec(any::<char>().prop_filter("control", |c| !c.is_control()), 1..=max / 4).prop_map(String::from_iter)
}

prop_compose! {
    fn headers()(
        region in "[a-z][a-z0-9-]{0,62}",
        (epoch, position) in (1u32.., 0..MAX_SIZE),
        (received_ms, effective_ms) in any::<(i64, i64)>(),
        (actor, on_behalf_of) in (text(255), proptest::option::of(text(255))),
        (request_id, subject) in (proptest::option::of(text(255)), text(256)),
        (kind, kind_version) in (text(128), any::<u16>()),
        body in any::<[u8; 32]>(),
        parts in proptest::collection::vec(any::<[u8; 32]>(), 0..4),
    ) -> Header {
        Header {
            region, epoch, position, received_ms, effective_ms, actor, on_behalf_of, request_id,
            subject, kind, kind_version,
            body_commitment: Hash(body),
            part_commitments: parts.into_iter().map(Hash).collect(),
        }
    }
}

proptest! {
    #[test]
    fn a_header_comes_back_as_it_was(header in headers()) {
        prop_assert_eq!(Header::decode(&header.encode().unwrap()), Ok(header));
    }

    #[test]
    fn bytes_that_decode_are_the_only_ones_for_their_header(
        header in headers(), at: prop::sample::Index, byte: u8,
    ) {
        let mut bytes = header.encode().unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = Header::decode(&bytes) {
            prop_assert_eq!(read.encode().unwrap(), bytes);
        }
    }

    #[test]
    fn a_cut_or_a_longer_header_is_refused(header in headers(), at: prop::sample::Index, byte: u8) {
        let mut bytes = header.encode().unwrap();
        prop_assert!(Header::decode(&bytes[..at.index(bytes.len())]).is_err());
        bytes.push(byte);
        prop_assert_eq!(Header::decode(&bytes), Err(Malformed::Trailing { extra: 1 }));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>, behind in any::<bool>()) {
        let bytes = if behind { [b"CXJ\x01".as_slice(), &bytes].concat() } else { bytes };
        prop_assert!(Header::decode(&bytes).is_err(), "too short to be one by chance");
    }
}

#[test]
fn a_header_outside_its_bounds_is_not_written() {
    fn check(field: &str, spoil: impl FnOnce(&mut Header)) {
        let mut header = header();
        spoil(&mut header);
        let fault = header.encode().unwrap_err();
        assert!(fault.to_string().contains(field), "{field}: {fault}");
    }
    check("region", |h| h.region = "".into());
    check("region", |h| h.region = "Tengchong".into());
    check("region", |h| h.region = "a/1".into());
    check("region", |h| h.region = "a".repeat(64));
    check("epoch", |h| h.epoch = 0);
    check("position", |h| h.position = MAX_SIZE);
    check("actor", |h| h.actor = "".into());
    check("actor", |h| h.actor = "a".repeat(256));
    check("actor", |h| h.actor = "a\nb".into());
    check("on_behalf_of", |h| h.on_behalf_of = Some("".into()));
    check("request_id", |h| h.request_id = Some("é".repeat(128)));
    check("subject", |h| h.subject = "a".repeat(70_000));
    check("kind", |h| h.kind = "a\u{7f}".into());
    check("part_commitments", |h| h.part_commitments = vec![Hash([0; 32]); MAX_PARTS + 1]);
}

#[test]
fn foreign_bytes_are_told_apart() {
    let bytes = header().encode().unwrap();
    let with = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        Header::decode(&bytes)
    };
    assert_eq!(Header::decode(b""), Err(Malformed::Magic));
    assert_eq!(with(0, b'X'), Err(Malformed::Magic));
    assert_eq!(with(3, 2), Err(Malformed::Format { format: 2 }));
    assert_eq!(with(3, 2).unwrap_err().reason(), "JOURNAL_FORMAT_UNKNOWN");
    assert_eq!(with(6, 0xff), Err(Malformed::Text { field: "region" }));
}

#[test]
fn an_entry_matches_its_header_and_may_have_erased_parts() {
    assert_eq!(entry().check(), Ok(header()));
    let erased = Entry { parts: vec![None], ..entry() };
    assert_eq!(erased.check(), Ok(header()));
    assert_eq!(erased.leaf(), entry().leaf());
}

#[test]
fn a_changed_entry_says_where() {
    fn check(spoil: impl FnOnce(&mut Entry), fault: EntryFault) {
        let mut entry = entry();
        spoil(&mut entry);
        assert_eq!(entry.check(), Err(fault));
    }
    check(|e| e.body.push(0), EntryFault::Body);
    check(|e| e.body = b"".to_vec(), EntryFault::Body);
    check(|e| e.parts.clear(), EntryFault::PartCount { expected: 1, actual: 0 });
    check(|e| e.parts.push(None), EntryFault::PartCount { expected: 1, actual: 2 });
    let part = |salt, bytes: &str| Some(Part { salt, bytes: bytes.into() });
    check(|e| e.parts[0] = part([1; 32], "李四"), EntryFault::Part { index: 0 });
    check(|e| e.parts[0] = part([2; 32], "张三"), EntryFault::Part { index: 0 });
    check(|e| e.header_bytes.clear(), EntryFault::Header(Malformed::Magic));
}

#[test]
fn a_part_is_not_shown() {
    assert!(!format!("{:?}", entry()).contains("张三"));
}
