//! A region's door: which account stands behind a token or a session, remembered for a while; who guessed, and who proved themselves.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use changxiao_domain::{
    actor::{AccountId, Actor},
    clock::{Clock, Instant},
};
use sea_orm::{DatabaseConnection, EntityTrait as _};

use crate::{
    accounts::{
        PasswordState, account_of, account_row,
        bearer::Kind,
        lockout::{Charged, Guesses, Locked, Rules},
        proofs::Proofs,
        session::{self, Lifetimes, session_row},
        token::by_token,
    },
    clock::BusinessClock,
    database::Pen,
    fault::Fault,
};

/// How a caller showed who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A token.
    Token,
    /// A session.
    Session {
        /// What is kept of it.
        hash: [u8; 32],
        /// Whether the password behind it is a one-time password, to be changed before anything else.
        one_time: bool,
    },
    /// A client certificate.
    Certificate,
}

/// Rules of signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInRules {
    /// When to lock.
    pub lockout: Rules,
    /// How long sessions last.
    pub sessions: Lifetimes,
}

/// A region's accounts as the door sees them.
pub struct Door {
    /// Reads accounts and tokens.
    pub read: DatabaseConnection,
    /// Notes that sessions were used.
    pub write: Pen,
    /// Business clock, by which tokens end.
    pub clock: Arc<BusinessClock>,
    /// Real time, by which sessions, locks and proofs end.
    pub real: Arc<dyn Clock>,
    /// How long sessions last.
    pub lifetimes: Lifetimes,
    /// Fresh proofs.
    pub proofs: Arc<Proofs>,
    guesses: Mutex<Guesses>,
    memory: Mutex<Memory>,
}

/// Who was let in. The generation rises with every forgetting, so that what was looked up before is not remembered after it.
#[derive(Default)]
struct Memory {
    generation: u64,
    seen: HashMap<(Kind, [u8; 32]), Seen>,
}

#[derive(Clone)]
struct Seen {
    actor: Actor,
    by: By,
    /// Of a token.
    ends: Instant,
    /// Of a session.
    begun: Instant,
    used: Instant,
    written: Instant,
}

/// Tokens and sessions remembered at a time.
const REMEMBERED: usize = 20_000;

impl Door {
    /// A door of one region.
    #[must_use]
    pub fn new(
        read: DatabaseConnection,
        write: Pen,
        clock: Arc<BusinessClock>,
        real: Arc<dyn Clock>,
        rules: SignInRules,
    ) -> Self {
        let (guesses, memory) = (Mutex::new(Guesses::new(rules.lockout)), Mutex::default());
        Self { read, write, clock, real, lifetimes: rules.sessions, proofs: Arc::default(), guesses, memory }
    }

    /// Forgets who was let in, so that closed accounts and ended tokens and sessions stop at once.
    pub fn forget(&self) {
        let mut memory = self.memory();
        memory.generation += 1;
        memory.seen.clear();
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an attempt to sign in before it is looked at.
    ///
    /// # Errors
    /// The account or the source is locked.
    pub fn charge(&self, account: &AccountId, source: IpAddr) -> Result<Charged, Fault> {
        let now = self.real.now();
        let charged = self.guesses().charge(account, source, now);
        charged.map_err(|locked| match locked {
            Locked::Account { until } => locked_fault("ACCOUNT_LOCKED", until, now),
            Locked::Source { until } => locked_fault("SOURCE_LOCKED", until, now),
        })
    }

    /// The attempt was none.
    pub fn clear(&self, account: &AccountId, source: IpAddr) {
        self.guesses().clear(account, source);
    }

    /// Forgets what was guessed about an account.
    pub fn unlock(&self, account: &AccountId) {
        self.guesses().unlock(account);
    }

    fn guesses(&self) -> MutexGuard<'_, Guesses> {
        self.guesses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The account behind a secret's hash, if it may act now.
    pub(super) async fn actor(&self, kind: Kind, hash: [u8; 32]) -> Result<Option<(Actor, By)>, Fault> {
        match kind {
            Kind::Token => self.behind_token(hash).await,
            Kind::Session => self.behind_session(hash).await,
        }
    }

    /// The account of a client certificate, if it may act.
    pub(super) async fn named(&self, account: &AccountId) -> Result<Option<Actor>, Fault> {
        let Some(row) = account_row::Entity::find_by_id(account.to_string()).one(&self.read).await? else { return Ok(None) };
        let account = account_of(row)?;
        Ok((!account.closed).then(|| account.actor()))
    }

    async fn behind_token(&self, hash: [u8; 32]) -> Result<Option<(Actor, By)>, Fault> {
        let now = self.clock.now();
        let (generation, remembered) = self.remembered(Kind::Token, &hash);
        if let Some(seen) = remembered {
            return Ok((seen.ends > now).then_some((seen.actor, seen.by)));
        }
        let Some((account, ends)) = by_token(&self.read, &hash, now).await? else { return Ok(None) };
        let (actor, by) = (account.actor(), By::Token);
        self.remember(
            generation,
            Kind::Token,
            hash,
            Seen { actor: actor.clone(), by, ends, begun: now, used: now, written: now },
        );
        Ok(Some((actor, by)))
    }

    async fn behind_session(&self, hash: [u8; 32]) -> Result<Option<(Actor, By)>, Fault> {
        let now = self.real.now();
        let (generation, remembered) = self.remembered(Kind::Session, &hash);
        let seen = match remembered {
            Some(seen) => seen,
            None => match self.stored_session(hash).await? {
                Some(seen) => seen,
                None => return Ok(None),
            },
        };
        if !self.lifetimes.hold(seen.begun, seen.used, now) {
            return Ok(None);
        }
        let (actor, by) = (seen.actor.clone(), seen.by);
        let write = now >= seen.written.plus_ms(self.lifetimes.written_every_ms());
        let written = if write { now } else { seen.written };
        self.remember(generation, Kind::Session, hash, Seen { used: now, written, ..seen });
        if write {
            session::touch(&self.write, &hash, now).await?;
        }
        Ok(Some((actor, by)))
    }

    async fn stored_session(&self, hash: [u8; 32]) -> Result<Option<Seen>, Fault> {
        let Some(row) = session_row::Entity::find_by_id(hash.to_vec()).one(&self.read).await? else { return Ok(None) };
        let Some(owner) = account_row::Entity::find_by_id(row.account).one(&self.read).await? else { return Ok(None) };
        let account = account_of(owner)?;
        let by = match account.password {
            // Without a password there is nothing that the session could stand for any more.
            PasswordState::None => return Ok(None),
            PasswordState::OneTime => By::Session { hash, one_time: true },
            PasswordState::Own => By::Session { hash, one_time: false },
        };
        let (begun, used) = (Instant::from_ms(row.begun_ms), Instant::from_ms(row.seen_ms));
        let seen = Seen { actor: account.actor(), by, ends: begun, begun, used, written: used };
        Ok((!account.closed).then_some(seen))
    }

    fn remembered(&self, kind: Kind, hash: &[u8; 32]) -> (u64, Option<Seen>) {
        let memory = self.memory();
        (memory.generation, memory.seen.get(&(kind, *hash)).cloned())
    }

    fn remember(&self, generation: u64, kind: Kind, hash: [u8; 32], value: Seen) {
        let mut memory = self.memory();
        if memory.generation != generation {
            return;
        }
        if memory.seen.len() >= REMEMBERED {
            memory.seen.clear();
        }
        memory.seen.insert((kind, hash), value);
    }
}

/// How long a lock still holds, in whole seconds.
pub(crate) fn locked_fault(reason: &'static str, until: Instant, now: Instant) -> Fault {
    let seconds = u64::try_from((until.ms() - now.ms() + 999) / 1_000).unwrap_or_default();
    Fault::Locked { reason, seconds: seconds.max(1) }
}
