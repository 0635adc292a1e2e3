//! The journal key: Ed25519, apart from every TLS key, so that a stolen TLS key signs no history.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SecureRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;

use crate::journal::merkle::{Hash, MalformedHash};

/// PKCS#8 version 1 around an Ed25519 seed (RFC 8410 §7): these bytes, then the 32 of the seed.
const PKCS8_HEAD: [u8; 16] = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// First line of everything that is signed and is neither a checkpoint nor a cosignature.
const STATEMENT_TAG: &str = "changxiao-statement/v1";

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// The file is neither PEM nor DER of an Ed25519 key in PKCS#8, nor a seed of 32 bytes.
    #[error("this is not an Ed25519 private key in PKCS#8")]
    Malformed,
    /// The operating system gave no random bytes.
    #[error("no randomness to make a key from")]
    Randomness,
}

impl KeyFault {
    /// The stable name of this fault.
    pub fn reason(&self) -> &'static str {
        match self {
            KeyFault::Malformed => "JOURNAL_KEY_MALFORMED",
            KeyFault::Randomness => "JOURNAL_KEY_NO_RANDOMNESS",
        }
    }
}

/// A region's private journal key.
pub struct JournalKey(Ed25519KeyPair);

impl JournalKey {
    /// Makes a new key; the text is its file, PKCS#8 in PEM, which other tools read as well.
    ///
    /// # Errors
    /// [`KeyFault::Randomness`].
    pub fn generate(rng: &dyn SecureRandom) -> Result<(Self, String), KeyFault> {
        let mut seed = [0; 32];
        rng.fill(&mut seed).map_err(|_| KeyFault::Randomness)?;
        let key = Self::from_file(&seed)?;
        let body = STANDARD.encode([PKCS8_HEAD.as_slice(), &seed].concat());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
        Ok((key, pem))
    }

    /// Reads a key file: PKCS#8 as PEM or DER, or the 32 bytes of a seed.
    ///
    /// # Errors
    /// [`KeyFault::Malformed`]; the file's contents are never repeated in it.
    pub fn from_file(bytes: &[u8]) -> Result<Self, KeyFault> {
        let pair = if bytes.len() == 32 {
            Ed25519KeyPair::from_seed_unchecked(bytes)
        } else if let Ok(der) = PrivatePkcs8KeyDer::from_pem_slice(bytes) {
            Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der())
        } else {
            Ed25519KeyPair::from_pkcs8_maybe_unchecked(bytes)
        };
        pair.map(JournalKey).map_err(|_| KeyFault::Malformed)
    }

    /// The public half, as the register carries it.
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; 32];
        // An Ed25519 public key is 32 bytes; `zip` says so without a panic.
        let public = self.0.public_key().as_ref();
        bytes.iter_mut().zip(public).for_each(|(to, from)| *to = *from);
        PublicKey(bytes)
    }

    /// See [`PublicKey::fingerprint`].
    pub fn fingerprint(&self) -> String {
        self.public().fingerprint()
    }

    /// Signs what is neither a checkpoint nor a cosignature: a directive, a publication, a rotation.
    ///
    /// `tag` names the kind of statement and its version, without a newline, such as
    /// `directive/v1`. No statement can be taken for one of another tag or for a checkpoint.
    pub fn sign_statement(&self, tag: &'static str, body: &[u8]) -> [u8; 64] {
        self.sign_raw(&statement(tag, body))
    }

    pub(super) fn sign_raw(&self, message: &[u8]) -> [u8; 64] {
        let mut bytes = [0; 64];
        let signature = self.0.sign(message);
        bytes.iter_mut().zip(signature.as_ref()).for_each(|(to, from)| *to = *from);
        bytes
    }
}

/// Only the public half is ever shown.
impl fmt::Debug for JournalKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JournalKey({})", self.public())
    }
}

/// The public half of a journal key. Written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// The key whose bytes these are; `None` unless there are exactly 32.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(PublicKey)
    }

    /// SHA-256 over the 32 bytes in hexadecimal, for comparing by telephone at enrolment.
    pub fn fingerprint(&self) -> String {
        Hash::of(&[&self.0]).to_string()
    }

    /// Whether the holder of this key signed `body` under `tag`; see [`JournalKey::sign_statement`].
    #[must_use]
    pub fn verify_statement(&self, tag: &'static str, body: &[u8], signature: &[u8]) -> bool {
        self.verify_raw(&statement(tag, body), signature)
    }

    pub(super) fn verify_raw(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

fn statement(tag: &str, body: &[u8]) -> Vec<u8> {
    [STATEMENT_TAG.as_bytes(), b"\n", tag.as_bytes(), b"\n", body].concat()
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hash(self.0), f)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = MalformedHash;

    fn from_str(text: &str) -> Result<Self, MalformedHash> {
        text.parse().map(|Hash(bytes)| PublicKey(bytes))
    }
}
