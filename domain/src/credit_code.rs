//! Identifiers of enterprises: unified social credit code, organisation code, registration number.
//!
//! None of them is ever a primary key: enterprises that entered before 1 October 2015 have no credit code, and all three
//! can change. Codes are read as printed: upper case, no blanks.

use std::fmt;
use std::str::FromStr;

#[cfg(test)]
mod tests;

/// The 31 characters of GB 32100-2015, each standing for its index: no I, O, S, V, Z.
const CREDIT_ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Weights of GB 11714 for the eight characters of the body.
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// Why a text is not a valid identifier. Positions count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeFault {
    #[error("has {got} characters instead of {expected}")]
    Length { expected: usize, got: usize },
    #[error("`{character}` at position {position} is not allowed there")]
    ForbiddenCharacter { position: usize, character: char },
    #[error("check character of the organisation code: expected {expected}, got {got}")]
    OrganisationCheck { expected: char, got: char },
    #[error("check character of the code: expected {expected}, got {got}")]
    CodeCheck { expected: char, got: char },
}

impl CodeFault {
    /// Stable name of this fault for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Length { .. } => "CODE_LENGTH",
            Self::ForbiddenCharacter { .. } => "CODE_FORBIDDEN_CHARACTER",
            Self::OrganisationCheck { .. } => "CODE_ORGANISATION_CHECK",
            Self::CodeCheck { .. } => "CODE_CHECK",
        }
    }
}

/// Unified social credit code (统一社会信用代码), 18 characters. Source: GB 32100-2015.
///
/// Positions: 1 registering authority, 2 kind of entity, 3–8 division code at registration (never updated when
/// divisions change), 9–17 organisation code with its own check character, 18 check character. The first two positions
/// may be any character of the alphabet (`N` for agriculture as well); who may register what is not judged here.
///
/// Every single changed character and every swap of two different neighbours is found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnifiedSocialCreditCode([u8; 18]);

/// Organisation code (组织机构代码), 8 characters and a check character. Source: GB 11714-1997.
///
/// Read with or without the hyphen before the check character, written without. The check is modulo 11 over letters that
/// count up to 35, so it misses two characters of the body whose values are equal modulo 11 (such as `0` and `B`), changed
/// one for the other or swapped, and a swap of `1` and `X` in the last two places. Within a credit code the outer check
/// finds all of these.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganisationCode([u8; 9]);

/// Registration number of industry and commerce (工商注册号): 15 digits, the last an ISO 7064 MOD 11,10 check digit.
///
/// The check finds every single changed digit. It misses a swap of neighbours only if they differ by one (9 and 0 as well),
/// and then in one of the ten states that the digits before can leave it in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistrationNumber([u8; 15]);

impl UnifiedSocialCreditCode {
    /// The code as text.
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }

    /// Character 1: the registering authority, for example `9` industry and commerce, `N` agriculture.
    pub fn authority(&self) -> char {
        char::from(self.0[0])
    }

    /// The organisation code within, characters 9 to 17.
    pub fn organisation_code(&self) -> OrganisationCode {
        let mut inner = [0; 9];
        inner.copy_from_slice(&self.0[8..17]);
        OrganisationCode(inner)
    }
}

impl FromStr for UnifiedSocialCreditCode {
    type Err = CodeFault;

    fn from_str(text: &str) -> Result<Self, CodeFault> {
        let code: [u8; 18] = characters(text, |position, byte| {
            let registered_in = (3..=8).contains(&position);
            if registered_in { byte.is_ascii_digit() } else { CREDIT_ALPHABET.contains(&byte) }
        })?;
        check_organisation(&code[8..17])?;
        let (expected, got) = (credit_check(&code[..17]), char::from(code[17]));
        if expected == got { Ok(Self(code)) } else { Err(CodeFault::CodeCheck { expected, got }) }
    }
}

impl OrganisationCode {
    /// The nine characters without hyphen.
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }
}

impl FromStr for OrganisationCode {
    type Err = CodeFault;

    fn from_str(text: &str) -> Result<Self, CodeFault> {
        let joined = match text.split_once('-') {
            Some((body, check)) if body.len() == 8 && check.len() == 1 => format!("{body}{check}"),
            _ => text.to_owned(),
        };
        let code: [u8; 9] = characters(&joined, |position, byte| {
            let check = position == 9;
            byte.is_ascii_digit() || if check { byte == b'X' } else { byte.is_ascii_uppercase() }
        })?;
        check_organisation(&code)?;
        Ok(Self(code))
    }
}

impl RegistrationNumber {
    /// The fifteen digits.
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }
}

impl FromStr for RegistrationNumber {
    type Err = CodeFault;

    fn from_str(text: &str) -> Result<Self, CodeFault> {
        let code: [u8; 15] = characters(text, |_, byte| byte.is_ascii_digit())?;
        let (expected, got) = (registration_check(&code[..14]), char::from(code[14]));
        if expected == got { Ok(Self(code)) } else { Err(CodeFault::CodeCheck { expected, got }) }
    }
}

/// Text and debug form of a code: its characters.
macro_rules! shown_as_text {
    ($($code:ty),*) => {$(
        impl fmt::Display for $code {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl fmt::Debug for $code {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}
shown_as_text!(UnifiedSocialCreditCode, OrganisationCode, RegistrationNumber);

/// Check character of GB 32100: weights 3^(i−1) mod 31, remainder to 31.
fn credit_check(body: &[u8]) -> char {
    let mut weight = 1;
    let mut sum = 0;
    for &byte in body {
        let value = CREDIT_ALPHABET.iter().position(|&letter| letter == byte).unwrap_or_default();
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    char::from(CREDIT_ALPHABET[(31 - sum % 31) % 31])
}

/// Check character of GB 11714: remainder to 11, 10 written X and 11 written 0. Letters count A = 10 to Z = 35.
fn organisation_check(body: &[u8]) -> char {
    let sum: u32 = body
        .iter()
        .zip(ORGANISATION_WEIGHTS)
        .map(|(&byte, weight)| char::from(byte).to_digit(36).unwrap_or_default() * weight)
        .sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from(b'0' + digit as u8),
    }
}

/// Check digit of ISO 7064 MOD 11,10.
fn registration_check(body: &[u8]) -> char {
    let carry = body.iter().fold(10, |carry, &byte| match (carry + u32::from(byte - b'0')) % 10 {
        0 => 10 * 2 % 11,
        sum => sum * 2 % 11,
    });
    char::from(b'0' + ((11 - carry) % 10) as u8)
}

/// Refuses nine characters whose last is not the check character of the first eight.
fn check_organisation(code: &[u8]) -> Result<(), CodeFault> {
    let (body, check) = code.split_at(8);
    let (expected, got) = (organisation_check(body), check.first().copied().map_or(' ', char::from));
    if expected == got { Ok(()) } else { Err(CodeFault::OrganisationCheck { expected, got }) }
}

/// The `N` characters of `text`, each allowed at its position (from 1).
fn characters<const N: usize>(text: &str, allowed: impl Fn(usize, u8) -> bool) -> Result<[u8; N], CodeFault> {
    let got = text.chars().count();
    if got != N {
        return Err(CodeFault::Length { expected: N, got });
    }
    let mut code = [0; N];
    for (index, character) in text.chars().enumerate() {
        let position = index + 1;
        match u8::try_from(character) {
            Ok(byte) if byte.is_ascii() && allowed(position, byte) => code[index] = byte,
            _ => {
                return Err(CodeFault::ForbiddenCharacter { position, character });
            }
        }
    }
    Ok(code)
}

/// The characters as text; they were checked to be ASCII when the code was read.
fn text(code: &[u8]) -> &str {
    std::str::from_utf8(code).unwrap_or_default()
}
