//! The second factor: time-based one-time passwords (RFC 6238) as every authenticator app makes them: SHA-1, 6 digits, 30 s.
//!
//! A few lines over the HMAC that is linked already, instead of a library; the test vectors of RFC 4226 and RFC 6238 hold them.

use changxiao_domain::clock::Instant;
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
    rand::SecureRandom,
};

/// Bytes of a secret: as many as the hash has (RFC 4226 §4).
pub const SECRET_BYTES: usize = 20;
/// Length of a step, milliseconds.
const STEP_MS: i64 = 30_000;
/// Steps before and after the present in which a code is good: clocks differ, and fingers are slow.
const WINDOW: i64 = 1;
const DIGITS: u32 = 6;

/// A secret. It is never printed but on purpose.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub [u8; SECRET_BYTES]);

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn generate(random: &dyn SecureRandom) -> Result<Self, String> {
        let mut bytes = [0; SECRET_BYTES];
        random.fill(&mut bytes).map_err(|_| "no randomness for a secret".to_owned())?;
        Ok(Self(bytes))
    }

    /// In base 32 (RFC 4648), as people type it in.
    #[must_use]
    pub fn base32(&self) -> String {
        base32(&self.0)
    }

    /// As a QR code carries it. Region and account consist of characters that need no escaping.
    #[must_use]
    pub fn uri(&self, region: &str, account: &str) -> String {
        let secret = self.base32();
        format!("otpauth://totp/Changxiao:{account}@{region}?secret={secret}&issuer=Changxiao&algorithm=SHA1&digits=6&period=30")
    }

    /// The code of a step (RFC 4226 §5.3).
    #[must_use]
    pub fn code(&self, step: i64) -> String {
        code(&self.0, step)
    }

    /// The step whose code was given, if it is one of those around now.
    #[must_use]
    pub fn step_of(&self, given: &str, now: Instant) -> Option<i64> {
        let present = step_at(now);
        (present - WINDOW..=present + WINDOW).find(|step| self.code(*step) == given)
    }

    /// Encrypted for the database, bound to the account, so that a copy of the database alone makes no codes.
    ///
    /// # Errors
    /// There is no randomness, or the library refuses.
    pub fn seal(&self, key: &[u8; 32], account: &str, random: &dyn SecureRandom) -> Result<Vec<u8>, String> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce).map_err(|_| "no randomness for a nonce".to_owned())?;
        let mut sealed = self.0.to_vec();
        cipher(key)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(account.as_bytes()), &mut sealed)
            .map_err(|_| "a secret could not be encrypted".to_owned())?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Back from the database.
    ///
    /// # Errors
    /// The bytes were not sealed with this key for this account.
    pub fn open(sealed: &[u8], key: &[u8; 32], account: &str) -> Result<Self, String> {
        let wrong = || format!("the second factor of {account} was sealed with another key; reset it");
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
        let mut sealed = sealed.to_vec();
        let opened = cipher(key)?.open_in_place(nonce, Aad::from(account.as_bytes()), &mut sealed).map_err(|_| wrong())?;
        opened.try_into().map(Self).map_err(|_| wrong())
    }
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, String> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| "the cipher takes no key".to_owned())
}

/// The step that an instant lies in.
#[must_use]
pub fn step_at(now: Instant) -> i64 {
    now.ms().div_euclid(STEP_MS)
}

fn code(secret: &[u8], step: i64) -> String {
    let number = truncated(secret, step) % 10_u32.pow(DIGITS);
    format!("{number:06}")
}

/// Dynamic truncation (RFC 4226 §5.3): four bytes from where the last half byte says, without the sign.
fn truncated(secret: &[u8], step: i64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let mac = hmac::sign(&key, &step.to_be_bytes());
    let mac = mac.as_ref();
    let from = usize::from(mac.last().copied().unwrap_or_default() & 0xf);
    let bytes = mac.iter().skip(from).take(4);
    bytes.fold(0, |number: u32, byte| number << 8 | u32::from(*byte)) & 0x7fff_ffff
}

/// RFC 4648 without padding.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut out, mut held, mut bits) = (String::new(), 0_u32, 0);
    let letter = |five: u32| char::from(LETTERS.get((five & 31) as usize).copied().unwrap_or_default());
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(letter(held >> bits));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        out.push(letter(held << (5 - bits)));
    }
    out
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;

    use super::*;

    /// RFC 6238 appendix B, the SHA-1 rows; we print six digits of the eight.
    #[test]
    fn the_vectors_of_rfc_6238_hold() {
        let secret = Secret(*b"12345678901234567890");
        for (seconds, eight) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let step = step_at(Instant::from_ms(seconds * 1_000));
            assert_eq!(format!("{:08}", truncated(&secret.0, step) % 100_000_000), eight, "{seconds}");
            assert_eq!(secret.code(step), eight[2..], "{seconds}");
        }
    }

    /// RFC 4648 §10, without the padding.
    #[test]
    fn the_vectors_of_rfc_4648_hold() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn a_code_is_good_one_step_early_and_one_step_late() {
        let (secret, now) = (Secret(*b"12345678901234567890"), Instant::from_ms(1_111_111_111_000));
        let present = step_at(now);
        for (step, good) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let found = secret.step_of(&secret.code(present + step), now);
            assert_eq!(found, good.then_some(present + step), "{step}");
        }
        assert_eq!(secret.step_of("", now), None);
        assert_eq!(secret.step_of("１２３４５６", now), None);
    }

    #[test]
    fn a_sealed_secret_opens_for_its_account_with_its_key_only() {
        let (secret, random) = (Secret::generate(&SystemRandom::new()).unwrap(), SystemRandom::new());
        let sealed = secret.seal(&[7; 32], "clerk", &random).unwrap();
        assert!(!sealed.windows(SECRET_BYTES).any(|window| window == secret.0));
        assert!(Secret::open(&sealed, &[7; 32], "clerk").unwrap() == secret);
        assert!(Secret::open(&sealed, &[8; 32], "clerk").is_err());
        assert!(Secret::open(&sealed, &[7; 32], "other").is_err());
        assert!(Secret::open(&sealed[..5], &[7; 32], "clerk").is_err());
    }

    #[test]
    fn the_uri_is_what_authenticators_read() {
        let uri = Secret(*b"12345678901234567890").uri("bs-tengchong", "clerk-1");
        assert_eq!(
            uri,
            "otpauth://totp/Changxiao:clerk-1@bs-tengchong?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Changxiao&algorithm=SHA1&digits=6&period=30"
        );
    }
}
