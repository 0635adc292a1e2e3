//! The one-time code as people read it out and type it: nine groups of five characters that hold the secret, the fingerprint of the
//! authority to be believed, and a checksum over both and the region, so that a slip is noticed before anything is sent.

use std::fmt;

use changxiao_domain::region::RegionId;
use rustls::pki_types::CertificateDer;

use super::Fault;
use crate::journal::merkle::Hash;

/// Crockford's base 32: no letter looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SECRET: usize = 10;
const PIN: usize = 16;
const CHECK: usize = 2;
const BYTES: usize = SECRET + PIN + CHECK;
/// 224 bits in groups of 5.
const CHARACTERS: usize = 45;
const GROUP: usize = 5;

/// The beginning of the SHA-256 of an authority's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin(pub [u8; PIN]);

impl Pin {
    /// That of a certificate.
    #[must_use]
    pub fn of(authority: &CertificateDer<'_>) -> Self {
        let mut pin = [0; PIN];
        pin.iter_mut().zip(fingerprint(authority).0).for_each(|(to, from)| *to = from);
        Self(pin)
    }
}

/// SHA-256 over a certificate, which people compare by telephone.
#[must_use]
pub fn fingerprint(authority: &CertificateDer<'_>) -> Hash {
    Hash::of(&[authority])
}

/// A code. It cannot be printed by accident: only [`Code::told`] gives it out.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    secret: [u8; SECRET],
    /// The authority to be believed.
    pub pin: Pin,
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(hidden)")
    }
}

fn check(region: &RegionId, bytes: &[u8]) -> [u8; CHECK] {
    let hash = Hash::of(&[b"changxiao/enrolment-check/v1\n", region.as_str().as_bytes(), b"\n", bytes]).0;
    [hash[0], hash[1]]
}

impl Code {
    /// A code around the first bytes of a secret.
    #[must_use]
    pub fn new(secret: &[u8; 32], pin: Pin) -> Self {
        let mut short = [0; SECRET];
        short.iter_mut().zip(secret).for_each(|(to, from)| *to = *from);
        Self { secret: short, pin }
    }

    /// What the region above keeps of it.
    #[must_use]
    pub fn hash(&self, region: &RegionId) -> [u8; 32] {
        Hash::of(&[b"changxiao/enrolment-code/v1\n", region.as_str().as_bytes(), b"\n", &self.secret]).0
    }

    /// As it is read out to the region.
    #[must_use]
    pub fn told(&self, region: &RegionId) -> String {
        let mut bytes: Vec<u8> = self.secret.iter().chain(&self.pin.0).copied().collect();
        bytes.extend(check(region, &bytes));
        let mut told = String::new();
        for place in 0..CHARACTERS {
            if place > 0 && place % GROUP == 0 {
                told.push('-');
            }
            told.push(char::from(ALPHABET[usize::from(five(&bytes, place))]));
        }
        told
    }

    /// A code as it was typed: capitals or not, with or without hyphens, O for 0 and I or L for 1.
    ///
    /// # Errors
    /// `ENROLMENT_CODE_MISTYPED`.
    pub fn typed(region: &RegionId, text: &str) -> Result<Self, Fault> {
        let mistyped = || Fault::Mistyped { region: region.clone() };
        let mut bytes = [0_u8; BYTES + 1];
        let mut place = 0;
        for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            let c = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let value = ALPHABET.iter().position(|known| char::from(*known) == c).ok_or_else(mistyped)?;
            if place >= CHARACTERS {
                return Err(mistyped());
            }
            put_five(&mut bytes, place, u8::try_from(value).unwrap_or(0));
            place += 1;
        }
        // The last character holds one bit too many, which must be zero.
        if place != CHARACTERS || bytes[BYTES] != 0 {
            return Err(mistyped());
        }
        let (secret, rest) = bytes.split_at(SECRET);
        let (pin, rest) = rest.split_at(PIN);
        if rest[..CHECK] != check(region, &bytes[..SECRET + PIN]) {
            return Err(mistyped());
        }
        let secret = secret.try_into().map_err(|_| mistyped())?;
        Ok(Self { secret, pin: Pin(pin.try_into().map_err(|_| mistyped())?) })
    }
}

/// The five bits at a place; past the end there are zeros.
fn five(bytes: &[u8], place: usize) -> u8 {
    let bit = place * 5;
    let at = |index: usize| u16::from(bytes.get(index).copied().unwrap_or(0));
    let two = at(bit / 8) << 8 | at(bit / 8 + 1);
    u8::try_from(two >> (11 - bit % 8) & 31).unwrap_or(0)
}

fn put_five(bytes: &mut [u8], place: usize, value: u8) {
    let bit = place * 5;
    let two = u16::from(value) << (11 - bit % 8);
    for (offset, byte) in two.to_be_bytes().into_iter().enumerate() {
        if let Some(to) = bytes.get_mut(bit / 8 + offset) {
            *to |= byte;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn region(text: &str) -> RegionId {
        text.parse().unwrap()
    }

    fn code() -> Code {
        Code::new(&[0xa5; 32], Pin([0x3c; PIN]))
    }

    #[test]
    fn a_code_is_typed_as_people_type() {
        let (here, told) = (region("bs-tengchong"), code().told(&region("bs-tengchong")));
        assert_eq!((told.len(), told.split('-').count()), (53, 9));
        for typed in [told.clone(), told.to_lowercase(), told.replace('-', " "), told.replace('0', "o").replace('1', "l")] {
            assert_eq!(Code::typed(&here, &typed).unwrap(), code(), "{typed}");
        }
        assert!(!format!("{:?}", code()).contains("165"));
    }

    #[test]
    fn one_slip_is_noticed() {
        let (here, told) = (region("bs-tengchong"), code().told(&region("bs-tengchong")));
        for place in 0..told.len() {
            let mut typed = told.clone().into_bytes();
            if typed[place] == b'-' {
                continue;
            }
            typed[place] = if typed[place] == b'7' { b'8' } else { b'7' };
            let typed = String::from_utf8(typed).unwrap();
            assert!(Code::typed(&here, &typed).is_err(), "{typed}");
        }
        for typed in ["", "ABCDE", &told[1..], &format!("{told}0"), "U".repeat(45).as_str()] {
            assert!(Code::typed(&here, typed).is_err(), "{typed}");
        }
        assert!(Code::typed(&region("bs-longling"), &told).is_err(), "another region's code");
    }

    #[test]
    fn the_hash_is_the_regions_own() {
        assert_ne!(code().hash(&region("bs-tengchong")), code().hash(&region("bs-longling")));
    }

    proptest! {
        #[test]
        fn whatever_is_told_is_read(secret: [u8; 32], pin: [u8; PIN]) {
            let (here, code) = (region("bs"), Code::new(&secret, Pin(pin)));
            prop_assert_eq!(Code::typed(&here, &code.told(&here)).unwrap(), code);
        }
    }
}
