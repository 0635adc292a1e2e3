//! The C2SP signed note: a text, an empty line, and signature lines.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{NoteFault, PublicKey};
use crate::journal::merkle::Hash;

/// A checkpoint with all its cosignatures is far below this.
const MAX_BYTES: usize = 64 * 1024;
/// C2SP asks verifiers to take at least 16.
const MAX_SIGNATURES: usize = 64;
/// Every signature line begins with an em dash and a space.
const DASH: &str = "\u{2014} ";

/// What a key is used for; part of the key id, so that a line says what kind it is.
#[derive(Clone, Copy)]
pub(super) enum SignatureType {
    /// A plain Ed25519 signature over the text.
    Ed25519 = 0x01,
    /// A timestamped Ed25519 cosignature.
    CosignatureV1 = 0x04,
}

/// The first four bytes of SHA-256 over name, newline, type and public key.
pub(super) fn key_id(name: &str, kind: SignatureType, key: &PublicKey) -> [u8; 4] {
    let hash = Hash::of(&[name.as_bytes(), b"\n", &[kind as u8], &key.0]);
    let [a, b, c, d, ..] = hash.0;
    [a, b, c, d]
}

/// One line with its newline: dash, name, base64 of key id and signature.
pub(super) fn signature_line(name: &str, id: [u8; 4], signature: &[u8]) -> String {
    let encoded = STANDARD.encode([&id, signature].concat());
    format!("{DASH}{name} {encoded}\n")
}

/// A line taken apart; nothing has been verified.
pub(super) struct SignatureLine<'a> {
    pub name: &'a str,
    pub id: [u8; 4],
    pub signature: Vec<u8>,
}

impl<'a> SignatureLine<'a> {
    /// Reads a line without its newline. Base64 has one spelling here: padded, no stray bits.
    pub fn parse(line: &'a str) -> Result<Self, NoteFault> {
        let malformed = || NoteFault::malformed("signature line");
        let (name, encoded) = line.strip_prefix(DASH).and_then(|rest| rest.split_once(' ')).ok_or_else(malformed)?;
        if name.is_empty() || name.contains('+') || name.contains(char::is_whitespace) {
            return Err(malformed());
        }
        let bytes = STANDARD.decode(encoded).map_err(|_| malformed())?;
        match bytes.split_first_chunk::<4>() {
            Some((id, signature)) if !signature.is_empty() => Ok(SignatureLine { name, id: *id, signature: signature.to_vec() }),
            _ => Err(malformed()),
        }
    }
}

/// A note taken apart; nothing has been verified.
pub(super) struct Note<'a> {
    /// The signed text with its final newline.
    pub text: &'a str,
    signatures: Vec<SignatureLine<'a>>,
}

impl<'a> Note<'a> {
    pub fn parse(note: &'a [u8]) -> Result<Self, NoteFault> {
        if note.len() > MAX_BYTES {
            return Err(NoteFault::TooLarge);
        }
        let note = std::str::from_utf8(note).map_err(|_| NoteFault::malformed("UTF-8"))?;
        if note.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NoteFault::malformed("control character"));
        }
        // The last empty line divides text and signatures; the text keeps its own newline.
        let divider = note.rfind("\n\n").ok_or(NoteFault::malformed("empty line"))?;
        let (text, rest) = note.split_at(divider + 1);
        let lines =
            rest.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n')).ok_or(NoteFault::malformed("signature line"))?;
        if lines.split('\n').count() > MAX_SIGNATURES {
            return Err(NoteFault::TooLarge);
        }
        let signatures = lines.split('\n').map(SignatureLine::parse).collect::<Result<_, _>>()?;
        Ok(Note { text, signatures })
    }

    /// The signature under this name and key id.
    ///
    /// Two of them are refused: no honest log signs twice, and the second could hide from readers
    /// that look at the first only.
    pub fn only_signature(&self, name: &str, id: [u8; 4]) -> Result<&[u8], NoteFault> {
        let mut lines = self.signatures.iter().filter(|line| line.name == name && line.id == id);
        match (lines.next(), lines.next()) {
            (Some(line), None) => Ok(&line.signature),
            (Some(_), Some(_)) => Err(NoteFault::malformed("two signatures by one key")),
            (None, _) => Err(NoteFault::Unsigned { name: name.to_owned() }),
        }
    }
}
