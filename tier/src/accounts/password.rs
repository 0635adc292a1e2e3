//! Passwords: what may be one, and its Argon2id hash, of which only a few are computed at a time.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::fault::Fault;

/// Fewest characters.
pub const CHARACTERS_MIN: usize = 10;
/// Most characters; longer ones are no better and cost more.
pub const CHARACTERS_MAX: usize = 128;

/// Memory of one hash, KiB. With [`PASSES`] and [`LANES`] the smallest that OWASP's cheat sheet allows (19 MiB, 2, 1).
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes computed at a time: 38 MiB, and never more than two cores.
const AT_A_TIME: usize = 2;
/// Callers that wait for their turn; whoever comes then is told to come again.
const WAITING_MAX: usize = 32;

/// The passwords that everybody uses, one in a line, in small letters.
const COMMON: &str = include_str!("common_passwords.txt");

/// What is wrong with a new password; empty if nothing is.
#[must_use]
pub fn violations(password: &str, account: &str, region: &str) -> Vec<&'static str> {
    let mut wrong = Vec::new();
    let characters = password.chars().count();
    let small = password.to_lowercase();
    if characters < CHARACTERS_MIN {
        wrong.push("must have at least 10 characters");
    }
    if characters > CHARACTERS_MAX {
        wrong.push("must have at most 128 characters");
    }
    if password.chars().any(char::is_control) {
        wrong.push("must not hold control characters");
    }
    if COMMON.lines().any(|common| common == small) {
        wrong.push("is one of the passwords that everybody uses");
    }
    // What could not be read is empty, and every text holds that.
    if [account, region].iter().any(|name| !name.is_empty() && small.contains(name)) {
        wrong.push("must not hold the name of the account or of the region");
    }
    let first = small.chars().next();
    if characters >= CHARACTERS_MIN && (small.chars().all(|c| Some(c) == first) || is_run(&small)) {
        wrong.push("must not be one character repeated or counted on");
    }
    wrong
}

/// Every character is the next of the one before it, such as `abcdefghij`.
fn is_run(text: &str) -> bool {
    text.chars().zip(text.chars().skip(1)).all(|(one, next)| u32::from(one) + 1 == u32::from(next))
}

/// A hash with all that is needed to compute it again.
#[derive(Clone, PartialEq, Eq)]
pub struct Hashed {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
    /// Salt.
    pub salt: [u8; 16],
    /// Argon2id, version 0x13, 32 bytes.
    pub hash: [u8; 32],
}

impl std::fmt::Debug for Hashed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hashed({} KiB, {} passes)", self.memory_kib, self.passes)
    }
}

impl Hashed {
    /// Hashes with today's parameters.
    ///
    /// # Errors
    /// The library refuses, for instance for want of memory.
    pub fn new(password: &str, salt: [u8; 16]) -> Result<Self, String> {
        let empty = Self { memory_kib: MEMORY_KIB, passes: PASSES, lanes: LANES, salt, hash: [0; 32] };
        Ok(Self { hash: empty.compute(password)?, ..empty })
    }

    /// What an account without a password is compared with, so that it takes the same time.
    #[must_use]
    pub fn of_nobody() -> Self {
        Self { memory_kib: MEMORY_KIB, passes: PASSES, lanes: LANES, salt: [0; 16], hash: [0; 32] }
    }

    /// Whether the password is this one. The comparison takes the same time for every hash.
    ///
    /// # Errors
    /// The library refuses.
    pub fn is_of(&self, password: &str) -> Result<bool, String> {
        let computed = self.compute(password)?;
        Ok(computed.iter().zip(&self.hash).fold(0, |differing, (one, other)| differing | (one ^ other)) == 0)
    }

    fn compute(&self, password: &str) -> Result<[u8; 32], String> {
        let mut hash = [0; 32];
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(hash.len())).map_err(|e| e.to_string())?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon2.hash_password_into(password.as_bytes(), &self.salt, &mut hash).map_err(|e| e.to_string())?;
        Ok(hash)
    }
}

/// Computes hashes, a few at a time, away from the threads that serve.
#[derive(Clone, Debug)]
pub struct Hasher {
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

/// The right to compute one hash.
#[derive(Debug)]
pub struct Turn {
    _permit: OwnedSemaphorePermit,
}

impl Default for Hasher {
    fn default() -> Self {
        Self { permits: Arc::new(Semaphore::new(AT_A_TIME)), waiting: Arc::default() }
    }
}

/// Counts a caller that waits for as long as it lives, also when the caller goes away.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Hasher {
    /// Waits for a turn.
    ///
    /// # Errors
    /// Too many wait already.
    pub async fn turn(&self) -> Result<Turn, Fault> {
        let before = self.waiting.fetch_add(1, Ordering::SeqCst);
        let _waiting = Waiting(&self.waiting);
        if before >= WAITING_MAX {
            return Err(Fault::Overloaded);
        }
        let permit = self.permits.clone().acquire_owned().await;
        permit.map(|_permit| Turn { _permit }).map_err(|_| Fault::Internal("nobody hashes passwords any more".to_owned()))
    }

    /// Whether the password is the one of the hash.
    ///
    /// # Errors
    /// The library refuses.
    pub async fn verify(&self, turn: Turn, stored: Hashed, password: String) -> Result<bool, Fault> {
        blocking(turn, move || stored.is_of(&password)).await
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// The library refuses.
    pub async fn hash(&self, turn: Turn, password: String, salt: [u8; 16]) -> Result<Hashed, Fault> {
        blocking(turn, move || Hashed::new(&password, salt)).await
    }
}

/// The turn ends with the work, not with the caller, who may hang up.
async fn blocking<T: Send + 'static>(turn: Turn, work: impl FnOnce() -> Result<T, String> + Send + 'static) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(move || {
        let done = work();
        drop(turn);
        done
    });
    match done.await {
        Ok(done) => done.map_err(|why| Fault::Internal(format!("a password could not be hashed: {why}"))),
        Err(error) => Err(Fault::Internal(format!("a password could not be hashed: {error}"))),
    }
}

#[cfg(test)]
mod tests;
