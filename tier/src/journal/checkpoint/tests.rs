//! Notes that are believed, notes that are not, and agreement with the `signed_note` crate.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use ring::signature::Ed25519KeyPair;

use super::*;
use crate::journal::merkle::leaf_hash;

fn key(seed: u8) -> JournalKey {
    JournalKey::from_file(&[seed; 32]).unwrap()
}

fn head() -> Checkpoint {
    Checkpoint { origin_region: "bs-tengchong".into(), epoch: 1, size: 42, root: leaf_hash(b"x") }
}

fn note() -> String {
    String::from_utf8(head().sign(&key(1)).unwrap()).unwrap()
}

fn read(note: &str) -> Result<Checkpoint, NoteFault> {
    verify(note.as_bytes(), "bs-tengchong", &key(1).public())
}

/// Signs any text as if it were a checkpoint of Tengchong, as a county gone bad could.
fn signed(text: &str) -> String {
    let name = text.lines().next().unwrap();
    let id = key_id(name, SignatureType::Ed25519, &key(1).public());
    let line = signature_line(name, id, &key(1).sign_raw(text.as_bytes()));
    format!("{text}\n{line}")
}

#[test]
fn a_signed_head_comes_back() {
    assert_eq!(read(&note()), Ok(head()));
    let empty = Checkpoint { size: 0, root: empty_root(), ..head() };
    assert_eq!(read(&String::from_utf8(empty.sign(&key(1)).unwrap()).unwrap()), Ok(empty));
}

#[test]
fn another_region_or_key_is_not_believed() {
    let other = verify(note().as_bytes(), "bs-longyang", &key(1).public()).unwrap_err();
    assert_eq!(other.reason(), "CHECKPOINT_OF_OTHER_REGION");
    let other = verify(note().as_bytes(), "bs-tengchong", &key(2).public()).unwrap_err();
    assert_eq!(other.reason(), "CHECKPOINT_UNSIGNED");
}

#[test]
fn only_the_one_spelling_is_believed_even_if_signed() {
    let root = STANDARD.encode(head().root.0);
    let text = |origin: &str, size: &str, rest: &str| signed(&format!("{origin}\n{size}\n{rest}"));
    assert_eq!(read(&text("changxiao/bs-tengchong/1", "42", &format!("{root}\n"))), Ok(head()));
    for (origin, size, rest) in [
        ("changxiao/bs-tengchong/01", "42", format!("{root}\n")),
        ("changxiao/bs-tengchong/0", "42", format!("{root}\n")),
        ("changxiao/bs-tengchong/4294967296", "42", format!("{root}\n")),
        ("changxiao/bs-tengchong", "42", format!("{root}\n")),
        ("changxiao/bs-tengchong/1/1", "42", format!("{root}\n")),
        ("changxiao/Bs-tengchong/1", "42", format!("{root}\n")),
        ("bs-tengchong/1", "42", format!("{root}\n")),
        ("changxiao/bs-tengchong/1", "+42", format!("{root}\n")),
        ("changxiao/bs-tengchong/1", "042", format!("{root}\n")),
        ("changxiao/bs-tengchong/1", "", format!("{root}\n")),
        ("changxiao/bs-tengchong/1", "-1", format!("{root}\n")),
        ("changxiao/bs-tengchong/1", "0", format!("{root}\n")),
        ("changxiao/bs-tengchong/1", "9223372036854775808", format!("{root}\n")),
        ("changxiao/bs-tengchong/1", "99999999999999999999", format!("{root}\n")),
        ("changxiao/bs-tengchong/1", "42", format!("{root}\nextension\n")),
        ("changxiao/bs-tengchong/1", "42", format!("{root}\n\nx\n")),
        ("changxiao/bs-tengchong/1", "42", format!("{}\n", &root[..43])),
        ("changxiao/bs-tengchong/1", "42", format!("{}\n", &root[..40])),
        ("changxiao/bs-tengchong/1", "42", "\n".into()),
    ] {
        let fault = read(&text(origin, size, &rest)).unwrap_err();
        assert_eq!(fault.reason(), "CHECKPOINT_MALFORMED", "{origin} {size} {rest}: {fault}");
    }
}

#[test]
fn the_frame_of_a_note_is_strict() {
    let note = note();
    let (text, line) = note.split_once("\n\n").unwrap();
    for (what, spoiled, reason) in [
        ("no final newline", note.trim_end().to_owned(), "CHECKPOINT_MALFORMED"),
        ("no signature", format!("{text}\n\n"), "CHECKPOINT_MALFORMED"),
        ("no empty line", format!("{text}\n{line}"), "CHECKPOINT_MALFORMED"),
        ("carriage returns", note.replace('\n', "\r\n"), "CHECKPOINT_MALFORMED"),
        ("a hyphen for the dash", note.replace('\u{2014}', "-"), "CHECKPOINT_MALFORMED"),
        ("signed twice", format!("{note}{line}"), "CHECKPOINT_MALFORMED"),
        ("a stray bit in base64", note.replace("=\n", "==\n"), "CHECKPOINT_MALFORMED"),
        ("too many lines", format!("{note}{}", line.repeat(64)), "CHECKPOINT_MALFORMED"),
        ("too large", format!("{note}{}", "x".repeat(65_536)), "CHECKPOINT_MALFORMED"),
        ("another size", note.replace("\n42\n", "\n43\n"), "CHECKPOINT_SIGNATURE_INVALID"),
    ] {
        assert_eq!(read(&spoiled).map_err(|fault| fault.reason()), Err(reason), "{what}");
    }
    let foreign = "\u{2014} example.com/witness AAAAAAAA\n";
    assert_eq!(read(&format!("{note}{foreign}")), Ok(head()), "unknown keys are ignored");
}

#[test]
fn what_could_not_be_verified_is_not_signed() {
    for spoiled in [
        Checkpoint { origin_region: "a b".into(), ..head() },
        Checkpoint { origin_region: "a\n7".into(), ..head() },
        Checkpoint { epoch: 0, ..head() },
        Checkpoint { size: MAX_SIZE + 1, ..head() },
        Checkpoint { size: 0, ..head() },
    ] {
        assert!(spoiled.sign(&key(1)).is_err(), "{spoiled:?}");
    }
}

#[test]
fn a_cosignature_binds_head_time_and_cosigner() {
    let note = note();
    let line = cosign(note.as_bytes(), &key(2), "bs", 1_443_974_400).unwrap();
    let public = key(2).public();
    let check = |note: &str, line: &str, region: &str, key: &PublicKey| {
        verify_cosignature(note.as_bytes(), line, region, key).map_err(|fault| fault.reason())
    };
    assert_eq!(check(&note, &line, "bs", &public), Ok(1_443_974_400));
    let witnessed = format!("{note}{line}");
    assert_eq!(read(&witnessed), Ok(head()), "the line may be appended to the note");
    assert_eq!(check(&witnessed, &line, "bs", &public), Ok(1_443_974_400));

    assert_eq!(check(&note, &line, "yunnan", &public), Err("CHECKPOINT_UNSIGNED"));
    assert_eq!(check(&note, &line, "bs", &key(3).public()), Err("CHECKPOINT_UNSIGNED"));
    assert_eq!(check(&note, line.trim_end(), "bs", &public), Err("CHECKPOINT_MALFORMED"));
    assert_eq!(check(&note, &format!("{line}{line}"), "bs", &public), Err("CHECKPOINT_MALFORMED"));
    let other = note.replace("\n42\n", "\n43\n");
    assert_eq!(check(&other, &line, "bs", &public), Err("CHECKPOINT_SIGNATURE_INVALID"));

    let name = witness_name("bs");
    let id = key_id(&name, SignatureType::CosignatureV1, &public);
    let parsed = note::SignatureLine::parse(line.trim_end()).unwrap().signature;
    let mut later = parsed.clone();
    later[7] += 1;
    let later = signature_line(&name, id, &later);
    assert_eq!(check(&note, &later, "bs", &public), Err("CHECKPOINT_SIGNATURE_INVALID"));
    let beyond = [u64::MAX.to_be_bytes().as_slice(), &parsed[8..]].concat();
    let beyond = signature_line(&name, id, &beyond);
    assert_eq!(check(&note, &beyond, "bs", &public), Err("CHECKPOINT_MALFORMED"));
    let short = signature_line(&name, id, &parsed[..7]);
    assert_eq!(check(&note, &short, "bs", &public), Err("CHECKPOINT_MALFORMED"));
    assert!(cosign(note.as_bytes(), &key(2), "bs", u64::MAX).is_err());
    assert!(cosign(note.as_bytes(), &key(2), "b s", 1).is_err());
    assert!(cosign(b"hello\n\n\xe2\x80\x94 a AAAAAAAA\n", &key(2), "bs", 1).is_err());
}

#[test]
fn a_key_file_may_be_pem_der_or_seed() {
    let (made, pem) = JournalKey::generate(&ring::rand::SystemRandom::new()).unwrap();
    let der = STANDARD.decode(pem.lines().nth(1).unwrap()).unwrap();
    for bytes in [pem.as_bytes(), &der, &der[16..]] {
        assert_eq!(JournalKey::from_file(bytes).unwrap().public(), made.public());
    }
    let ring = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    assert!(JournalKey::from_file(ring.as_ref()).is_ok());
    for wrong in [&b""[..], &[0; 31], b"-----BEGIN PRIVATE KEY-----\n", &der[..47]] {
        assert_eq!(JournalKey::from_file(wrong).unwrap_err(), KeyFault::Malformed);
    }
    assert!(!format!("{made:?}").contains(pem.lines().nth(1).unwrap()));
    let public = made.public();
    assert_eq!(public.to_string().parse(), Ok(public));
    assert_eq!(PublicKey::from_slice(&public.0), Some(public));
}

#[test]
fn a_statement_is_bound_to_its_tag() {
    let signature = key(1).sign_statement("directive/v1", b"do");
    let public = key(1).public();
    assert!(public.verify_statement("directive/v1", b"do", &signature));
    assert!(!public.verify_statement("directive/v2", b"do", &signature));
    assert!(!public.verify_statement("directive/v1", b"undo", &signature));
    assert!(!public.verify_statement("directive/v1", b"do", &signature[1..]));
    assert!(!key(2).public().verify_statement("directive/v1", b"do", &signature));
}

/// The independent implementation reads ours as any C2SP client would, and we read theirs.
mod oracle {
    use signed_note::{Note, StandardSigner, StandardVerifier, Verifier, VerifierList};

    use super::*;

    fn encoded(name: &str, prefix: &str, key: &PublicKey, bytes: &[u8; 32]) -> String {
        let id = signed_note::key_id(name, &[&[1], key.0.as_slice()].concat());
        let bytes = STANDARD.encode([&[1], bytes.as_slice()].concat());
        format!("{prefix}{name}+{id:08x}+{bytes}")
    }

    #[test]
    fn they_believe_our_note() {
        let public = key(1).public();
        let vkey = encoded(&head().origin(), "", &public, &public.0);
        let known = VerifierList::new(vec![Box::new(StandardVerifier::new(&vkey).unwrap())]);
        let cosignature = cosign(note().as_bytes(), &key(2), "bs", 1).unwrap();
        let parsed = Note::from_bytes(format!("{}{cosignature}", note()).as_bytes()).unwrap();
        let (verified, others) = parsed.verify(&known).unwrap();
        assert_eq!((verified.len(), others.len()), (1, 1));
    }

    #[test]
    fn we_believe_their_note() {
        let skey = encoded(&head().origin(), "PRIVATE+KEY+", &key(1).public(), &[1; 32]);
        let signer = StandardSigner::new(&skey).unwrap();
        let mut theirs = Note::new(head().text().as_bytes(), &[]).unwrap();
        theirs.add_sigs(&[&signer]).unwrap();
        assert_eq!(String::from_utf8(theirs.to_bytes()).unwrap(), note());
        assert_eq!(read(&note()), Ok(head()));
    }

    /// The crate knows no cosignatures, but its trait lets one be described independently of ours.
    struct Witness(PublicKey);

    impl Verifier for Witness {
        fn name(&self) -> &str {
            "changxiao/bs/witness"
        }
        fn key_id(&self) -> u32 {
            signed_note::key_id(self.name(), &[&[4], self.0.0.as_slice()].concat())
        }
        fn verify(&self, text: &[u8], stamped: &[u8]) -> bool {
            let (time, signature) = stamped.split_at(8);
            let time = u64::from_be_bytes(time.try_into().unwrap());
            let head = format!("cosignature/v1\ntime {time}\n");
            self.0.verify_raw(&[head.as_bytes(), text].concat(), signature)
        }
    }

    #[test]
    fn they_believe_our_cosignature() {
        let line = cosign(note().as_bytes(), &key(2), "bs", 1_443_974_400).unwrap();
        let known = VerifierList::new(vec![Box::new(Witness(key(2).public()))]);
        let parsed = Note::from_bytes(format!("{}{line}", note()).as_bytes()).unwrap();
        assert_eq!(parsed.verify(&known).unwrap().0[0].name(), "changxiao/bs/witness");
    }
}

proptest! {
    #[test]
    fn a_note_with_any_byte_changed_is_refused(at: prop::sample::Index, bit in 0..8u32) {
        let mut bytes = note().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(verify(&bytes, "bs-tengchong", &key(1).public()).is_err());
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>, text in "(\u{2014} |[a-z+=/ ]|\n|\n\n){0,40}") {
        prop_assert!(verify(&bytes, "bs-tengchong", &key(1).public()).is_err());
        prop_assert!(read(&text).is_err());
        prop_assert!(verify_cosignature(note().as_bytes(), &text, "bs", &key(2).public()).is_err());
    }
}
