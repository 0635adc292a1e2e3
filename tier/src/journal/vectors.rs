//! The vectors of `docs/adr/0001-journal-formats.md`, read out of the page itself.
//!
//! They were made with other tools. If one of these tests fails, the code is wrong: the page
//! describes bytes that are already stored.

use std::collections::HashMap;
use std::fs;

use super::checkpoint::{Checkpoint, JournalKey, PublicKey, cosign, verify, verify_cosignature};
use super::entry::{Entry, Header, Part, body_commitment, leaf, part_commitment};
use super::guard::{Guard, Signed};
use super::merkle::{Frontier, Hash, Node, consistency, inclusion, verify_consistency, verify_inclusion};

const PAGE: &str = include_str!("../../../docs/adr/0001-journal-formats.md");

/// The block of this name, each line with its newline.
fn block(name: &str) -> &'static str {
    let head = format!("```text {name}\n");
    let start = PAGE.find(&head).expect(name) + head.len();
    let end = PAGE[start..].find("```\n").expect(name);
    &PAGE[start..start + end]
}

struct Vectors(HashMap<&'static str, &'static str>);

impl Vectors {
    fn read() -> Self {
        let lines = block("vectors").lines();
        Vectors(lines.map(|line| line.split_once(" =").expect(line)).collect())
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        let digits = self.0[name].trim();
        (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
    }

    fn hash(&self, name: &str) -> Hash {
        Hash::from_slice(&self.bytes(name)).expect(name)
    }

    fn hashes(&self, name: &str) -> Vec<Hash> {
        let bytes = self.bytes(name);
        bytes.chunks(32).filter_map(Hash::from_slice).collect()
    }

    fn part(&self, index: usize) -> Part {
        Part {
            salt: self.bytes(&format!("entry-1.part-{index}.salt")).try_into().unwrap(),
            bytes: self.bytes(&format!("entry-1.part-{index}.bytes")),
        }
    }

    fn entry(&self, index: usize) -> Entry {
        let parts = if index == 1 { vec![self.part(0), self.part(1)] } else { vec![] };
        Entry {
            header_bytes: self.bytes(&format!("entry-{index}.header")),
            body: self.bytes(&format!("entry-{index}.body")),
            parts: parts.into_iter().map(Some).collect(),
        }
    }

    fn key(&self, whose: &str) -> JournalKey {
        JournalKey::from_file(&self.bytes(&format!("{whose}.seed"))).unwrap()
    }

    fn public(&self, whose: &str) -> PublicKey {
        PublicKey::from_slice(&self.bytes(&format!("{whose}.public"))).unwrap()
    }

    fn head(&self, epoch: u32, size: u64) -> Checkpoint {
        Checkpoint { origin_region: "bs-tengchong".into(), epoch, size, root: self.hash(&format!("root-{size}")) }
    }
}

/// The headers as the table on the page gives them, with the commitments recomputed.
fn headers(vectors: &Vectors) -> [Header; 3] {
    let body = |index| body_commitment(&vectors.entry(index).body);
    let parts = [vectors.part(0), vectors.part(1)];
    let first = Header {
        region: "bs-tengchong".into(),
        epoch: 1,
        position: 0,
        received_ms: 0,
        effective_ms: 0,
        actor: "system".into(),
        on_behalf_of: None,
        request_id: None,
        subject: "regions/bs-tengchong".into(),
        kind: "journal.opened".into(),
        kind_version: 1,
        body_commitment: body(0),
        part_commitments: vec![],
    };
    let second = Header {
        position: 1,
        received_ms: 1_443_974_400_000,
        effective_ms: -1,
        actor: "accounts/17".into(),
        on_behalf_of: Some("enterprises/3".into()),
        request_id: Some("r-1".into()),
        subject: "regions/bs-tengchong/hazards/1".into(),
        kind: "hazard.found".into(),
        kind_version: 2,
        body_commitment: body(1),
        part_commitments: parts.map(|part| part_commitment(&part.salt, &part.bytes)).to_vec(),
        ..first.clone()
    };
    let third = Header {
        epoch: 2,
        position: 2,
        received_ms: 1_443_974_400_001,
        effective_ms: 1_443_974_400_001,
        actor: "accounts/1".into(),
        request_id: Some("r-2".into()),
        kind: "epoch.opened".into(),
        body_commitment: body(2),
        ..first.clone()
    };
    [first, second, third]
}

#[test]
fn entries_have_the_bytes_on_the_page() {
    let vectors = Vectors::read();
    for (index, header) in headers(&vectors).into_iter().enumerate() {
        let entry = vectors.entry(index);
        assert_eq!(header.encode().unwrap(), entry.header_bytes, "entry {index}");
        let commitment = vectors.hash(&format!("entry-{index}.body-commitment"));
        assert_eq!(header.body_commitment, commitment);
        assert_eq!(entry.check(), Ok(header), "entry {index}");
        assert_eq!(entry.leaf(), vectors.hash(&format!("entry-{index}.leaf")));
    }
    for index in 0..2 {
        let part = vectors.part(index);
        let commitment = vectors.hash(&format!("entry-1.part-{index}.commitment"));
        assert_eq!(part_commitment(&part.salt, &part.bytes), commitment);
    }
    let erased = Entry { parts: vec![None, None], ..vectors.entry(1) };
    assert!(erased.check().is_ok());
}

#[test]
fn the_tree_has_the_roots_and_proofs_on_the_page() {
    let vectors = Vectors::read();
    let mut frontier = Frontier::new();
    let mut stored: HashMap<Node, Hash> = HashMap::new();
    for index in 0..3 {
        assert_eq!(frontier.root(), vectors.hash(&format!("root-{index}")));
        stored.extend(frontier.push(leaf(&vectors.entry(index).header_bytes)));
    }
    let root = vectors.hash("root-3");
    assert_eq!(frontier.root(), root);
    let stored = |node| stored.get(&node).copied();
    let path = vectors.hashes("inclusion-1-in-3");
    assert_eq!(inclusion(1, 3, &stored).unwrap(), path);
    assert_eq!(verify_inclusion(&vectors.hash("entry-1.leaf"), 1, 3, &path, &root), Ok(()));
    for old in [1, 2] {
        let proof = vectors.hashes(&format!("consistency-{old}-to-3"));
        assert_eq!(consistency(old, 3, &stored).unwrap(), proof);
        let old_root = vectors.hash(&format!("root-{old}"));
        assert_eq!(verify_consistency(old, 3, &old_root, &root, &proof), Ok(()));
    }
}

#[test]
fn heads_and_cosignature_are_those_on_the_page() {
    let vectors = Vectors::read();
    let (county, city) = (vectors.key("county"), vectors.key("city"));
    assert_eq!(county.public(), vectors.public("county"));
    assert_eq!(county.fingerprint(), vectors.hash("county.fingerprint").to_string());
    assert_eq!(city.public(), vectors.public("city"));
    for head in [vectors.head(1, 2), vectors.head(2, 3)] {
        let note = block(&format!("checkpoint-{}", head.size));
        assert_eq!(head.sign(&county).unwrap(), note.as_bytes());
        assert_eq!(verify(note.as_bytes(), "bs-tengchong", &county.public()), Ok(head));
    }
    let (note, line) = (block("checkpoint-2").as_bytes(), block("cosignature-2"));
    assert_eq!(cosign(note, &city, "bs", 1_443_974_460).unwrap(), line);
    assert_eq!(verify_cosignature(note, line, "bs", &city.public()), Ok(1_443_974_460));
    let statement = vectors.bytes("county.statement");
    assert_eq!(county.sign_statement("directive/v1", b"do")[..], statement);
}

#[test]
fn the_guard_is_the_line_on_the_page() {
    let room = tempfile::tempdir().unwrap();
    let path = room.path().join("guard");
    let signed = Signed::from(&Vectors::read().head(1, 2));
    Guard::open(&path).unwrap().advance(signed).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), block("guard-2"));
    assert_eq!(Guard::open(&path).unwrap().last(), Some(signed));
}
