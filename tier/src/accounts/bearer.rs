//! Secrets as they are sent: a prefix by which each kind is recognised in a leaked file, the region, 64 hexadecimal digits.

use super::{session::session_hash, token::token_hash};
use crate::journal::merkle::Hash;

/// Kinds of secrets in `authorization: Bearer …`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Of a program, for weeks.
    Token,
    /// Of a person who signed in, for hours.
    Session,
}

const TOKEN: &str = "cx1";
const SESSION: &str = "cxs1";

/// A secret as shown once.
#[must_use]
pub fn text(kind: Kind, region: &str, secret: &[u8; 32]) -> String {
    let prefix = match kind {
        Kind::Token => TOKEN,
        Kind::Session => SESSION,
    };
    format!("{prefix}.{region}.{}", Hash(*secret))
}

/// Kind, region and hash of a secret, if it looks like one.
#[must_use]
pub fn parts(text: &str) -> Option<(Kind, &str, [u8; 32])> {
    let (prefix, rest) = text.split_once('.')?;
    let (region, secret) = rest.split_once('.')?;
    let secret: Hash = secret.parse().ok()?;
    match prefix {
        TOKEN => Some((Kind::Token, region, token_hash(&secret.0))),
        SESSION => Some((Kind::Session, region, session_hash(&secret.0))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_kind_is_not_taken_for_the_other() {
        let secret = [9; 32];
        let token = text(Kind::Token, "bs-tengchong", &secret);
        let session = text(Kind::Session, "bs-tengchong", &secret);
        assert_eq!(parts(&token).unwrap(), (Kind::Token, "bs-tengchong", token_hash(&secret)));
        assert_eq!(parts(&session).unwrap(), (Kind::Session, "bs-tengchong", session_hash(&secret)));
        assert_ne!(parts(&token).unwrap().2, parts(&session).unwrap().2);
        for strange in ["", "cx1", "cx1.bs", "cx2.bs.00", &token[..token.len() - 1], &token.to_uppercase()] {
            assert_eq!(parts(strange), None, "{strange}");
        }
    }
}
