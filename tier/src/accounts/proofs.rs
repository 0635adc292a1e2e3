//! Fresh proofs of who acts, each over the content that is about to be signed, for one signature within two minutes of real time.
//! They live in memory: after a restart one proves oneself again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use changxiao_domain::{
    actor::{AccountId, Proof},
    clock::{Clock, Instant},
    refusals,
};

use super::{Account, PasswordState};
use crate::journal::merkle::Hash;

/// How long a proof is fresh, milliseconds.
pub const FRESH_MS: i64 = 120_000;
/// Proofs that one account may have waiting.
const WAITING_MAX: usize = 16;
const PREFIX: &str = "cxp1";

refusals! {
    /// The account has a password and did not use it.
    Required {} FailedPrecondition "PROOF_REQUIRED"
        "this account has a password: prove it freshly with Sessions/Reauthenticate over the content hash, and send the proof", "该账号设有口令,签字前须就所示内容重新验证身份并附上凭证";
    /// Nobody was given this proof, or somebody else was.
    Unknown {} FailedPrecondition "PROOF_UNKNOWN"
        "this proof was not given to this account here; prove yourself again", "该身份凭证无效,请重新验证身份";
    /// It was given for something else.
    OtherContent {} FailedPrecondition "PROOF_OTHER_CONTENT"
        "this proof was given for another content hash; prove yourself again over what is shown now", "身份凭证对应的内容与所签内容不一致,请就现在所示内容重新验证";
    /// It is too old.
    TooOld {} FailedPrecondition "PROOF_TOO_OLD"
        "this proof is older than 120 seconds; prove yourself again", "身份凭证已超过120秒,请重新验证身份";
    /// It was used.
    Used {} FailedPrecondition "PROOF_USED"
        "this proof was used already; prove yourself again for another signature", "身份凭证已使用,再次签字须重新验证身份";
}

#[derive(Clone, Debug)]
struct Held {
    account: AccountId,
    content: [u8; 32],
    kind: Proof,
    at: Instant,
    used: bool,
}

/// Proofs given out in one region.
#[derive(Debug, Default)]
pub struct Proofs(Mutex<HashMap<[u8; 32], Held>>);

fn hash_of(secret: &[u8; 32]) -> [u8; 32] {
    Hash::of(&[b"changxiao/proof/v1\n", secret]).0
}

impl Proofs {
    /// Gives one out; `secret` comes from the machine's randomness. The text goes to the caller, a hash is kept.
    pub fn give(&self, secret: &[u8; 32], account: &AccountId, content: [u8; 32], kind: Proof, now: Instant) -> String {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, held| now < held.at.plus_ms(2 * FRESH_MS));
        let mut own: Vec<([u8; 32], Instant)> =
            held.iter().filter(|(_, held)| held.account == *account).map(|(hash, held)| (*hash, held.at)).collect();
        if own.len() >= WAITING_MAX {
            own.sort_by_key(|(_, at)| *at);
            own.first().map(|(oldest, _)| held.remove(oldest));
        }
        held.insert(hash_of(secret), Held { account: account.clone(), content, kind, at: now, used: false });
        format!("{PREFIX}.{}", Hash(*secret))
    }

    /// Takes a proof for one signature over `content`; `keep` looks only.
    ///
    /// # Errors
    /// It is not this account's, not over this content, too old or used.
    pub fn take(&self, text: &str, account: &AccountId, content: [u8; 32], now: Instant, keep: bool) -> Result<Proof, Refusal> {
        let secret: Option<Hash> = text.strip_prefix(PREFIX).and_then(|rest| rest.strip_prefix('.')?.parse().ok());
        let hash = hash_of(&secret.ok_or(Refusal::Unknown {})?.0);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let held = held.get_mut(&hash).filter(|held| held.account == *account).ok_or(Refusal::Unknown {})?;
        if now >= held.at.plus_ms(FRESH_MS) {
            return Err(Refusal::TooOld {});
        }
        if held.used {
            return Err(Refusal::Used {});
        }
        if held.content != content {
            return Err(Refusal::OtherContent {});
        }
        held.used = !keep;
        Ok(held.kind)
    }
}

/// Who is about to sign, as far as the door knows. It decides inside the writer, after a repeated request got its first receipt.
pub struct Signer {
    /// What an account without a password signs by.
    pub plain: Proof,
    /// What the request brought; may be empty.
    pub text: String,
    /// Where proofs are known.
    pub proofs: Arc<Proofs>,
    /// Real time.
    pub real: Arc<dyn Clock>,
    /// Look, and change nothing.
    pub keep: bool,
}

impl Signer {
    /// How this account shows that it signs this content.
    ///
    /// # Errors
    /// It has a password and brings no proof that holds.
    pub fn proof(&self, account: Option<&Account>, content: [u8; 32]) -> Result<Proof, Refusal> {
        let Some(account) = account else { return Err(Refusal::Required {}) };
        match account.password {
            PasswordState::None => Ok(self.plain),
            PasswordState::OneTime | PasswordState::Own if self.text.is_empty() => Err(Refusal::Required {}),
            PasswordState::OneTime | PasswordState::Own => {
                self.proofs.take(&self.text, &account.id, content, self.real.now(), self.keep)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Instant {
        Instant::from_ms(1_800_000_000_000 + ms)
    }

    #[test]
    fn a_proof_holds_once_for_its_account_its_content_and_its_two_minutes() {
        let (one, other): (AccountId, AccountId) = ("legal-1".parse().unwrap(), "legal-2".parse().unwrap());
        let (shown, changed) = ([1; 32], [2; 32]);
        let proofs = Proofs::default();
        let text = proofs.give(&[5; 32], &one, shown, Proof::Password, at(0));
        assert_eq!(proofs.take("", &one, shown, at(1), false), Err(Refusal::Unknown {}));
        assert_eq!(proofs.take(&text, &other, shown, at(1), false), Err(Refusal::Unknown {}));
        assert_eq!(proofs.take(&text, &one, changed, at(1), false), Err(Refusal::OtherContent {}));
        assert_eq!(proofs.take(&text, &one, shown, at(FRESH_MS), false), Err(Refusal::TooOld {}));
        assert_eq!(proofs.take(&text, &one, shown, at(FRESH_MS - 1), true), Ok(Proof::Password), "looking keeps it");
        assert_eq!(proofs.take(&text, &one, shown, at(FRESH_MS - 1), false), Ok(Proof::Password));
        assert_eq!(proofs.take(&text, &one, shown, at(FRESH_MS - 1), false), Err(Refusal::Used {}));
    }

    #[test]
    fn one_account_cannot_fill_the_memory() {
        let proofs = Proofs::default();
        let account: AccountId = "legal-1".parse().unwrap();
        for nth in 0..=255 {
            let _ = proofs.give(&[nth; 32], &account, [0; 32], Proof::Password, at(i64::from(nth)));
        }
        assert_eq!(proofs.0.lock().unwrap().len(), WAITING_MAX);
    }
}
