//! Whether somebody knows an account's password and holds its second factor.
//!
//! An account that does not exist, has no password or is closed costs the same time and statements as one that does, and gives the
//! same answer.

use std::net::IpAddr;

use changxiao_domain::{
    actor::{AccountId, Actor},
    clock::Instant,
    event::AccountLocked,
};
use sea_orm::EntityTrait as _;

use crate::{
    accounts::{
        Account, account_of, account_row,
        lockout::Lock,
        password::{Hashed, Hasher},
        secrets::{hashed_of, password_row, take_recovery_code, take_step, totp_row},
        token::derived,
        totp::Secret,
    },
    desk::Host,
    fault::Fault,
    policy::locked_fault,
    service::accounts::commands::{AccountBook, OnAccount},
};

/// What somebody says of themselves.
pub struct Asked<'a> {
    /// Whom they say they are.
    pub account: &'a AccountId,
    /// Where they come from.
    pub source: IpAddr,
    /// What they know.
    pub password: &'a str,
    /// What they hold, or a recovery code; may be empty.
    pub totp: &'a str,
}

/// They are who they say.
pub struct Proven {
    /// The account.
    pub account: Account,
    /// Whether a second factor was shown.
    pub code: bool,
}

/// Looks at password and code. `None` says that something was wrong, and not what.
///
/// # Errors
/// The account or the source is locked, too many are being looked at, or the database fails.
pub async fn prove<B: AccountBook>(host: &Host<B>, hasher: &Hasher, asked: &Asked<'_>) -> Result<Option<Proven>, Fault> {
    let turn = hasher.turn().await?;
    let now = host.door.real.now();
    let charged = host.door.charge(asked.account, asked.source)?;
    let id = asked.account.to_string();
    let account = account_row::Entity::find_by_id(id.clone()).one(&host.read).await?.map(account_of).transpose()?;
    let password = password_row::Entity::find_by_id(id.clone()).one(&host.read).await?.map(hashed_of).transpose()?;
    let totp = totp_row::Entity::find_by_id(id).one(&host.read).await?;
    // A lock that a restart did not forget.
    if let Some(until) = account.as_ref().and_then(|account| account.locked_until).filter(|until| *until > now) {
        return Err(locked_fault("ACCOUNT_LOCKED", until, now));
    }
    let right = hasher.verify(turn, password.unwrap_or_else(Hashed::of_nobody), asked.password.to_owned()).await?;
    let known = account.filter(|account| !account.closed);
    let code = match (right, &known) {
        (true, Some(_)) => holds(host, asked, totp, now).await?,
        (true, None) | (false, _) => None,
    };
    match (code, known) {
        (Some(code), Some(account)) => {
            host.door.clear(asked.account, asked.source);
            Ok(Some(Proven { account, code }))
        }
        (_, known) => {
            tracing::info!(account = %asked.account, source = %asked.source, "a sign-in was refused");
            if let (Some(lock), Some(_)) = (charged.locks, known) {
                journal_lock(host, asked.account.clone(), lock);
            }
            Ok(None)
        }
    }
}

/// Whether the second factor was shown, if there is one; `None` if it should have been.
async fn holds<B: AccountBook>(
    host: &Host<B>,
    asked: &Asked<'_>,
    totp: Option<totp_row::Model>,
    now: Instant,
) -> Result<Option<bool>, Fault> {
    let Some(totp) = totp.filter(|totp| totp.confirmed) else { return Ok(Some(false)) };
    let secret = Secret::open(&totp.sealed, &sealing_key(host), asked.account.as_str()).map_err(Fault::Internal)?;
    let shown = match secret.step_of(asked.totp.trim(), now) {
        Some(step) => take_step(&host.write, asked.account, step).await?,
        None if asked.totp.len() > 8 => take_recovery_code(&host.write, asked.account, asked.totp).await?,
        None => false,
    };
    Ok(shown.then_some(true))
}

/// Key under which the second factors of a region are kept.
pub fn sealing_key<B: AccountBook>(host: &Host<B>) -> [u8; 32] {
    derived(&host.key, &["totp-sealing-key", host.place.region.as_str()])
}

/// Writes the lock into the journal without letting the caller wait, who would see from it that the account exists.
fn journal_lock<B: AccountBook>(host: &Host<B>, account: AccountId, lock: Lock) {
    tracing::warn!(%account, failures = lock.failures, everywhere = lock.everywhere, "an account is locked after wrong passwords");
    let event =
        AccountLocked { account: account.clone(), until: lock.until, failures: lock.failures, everywhere: lock.everywhere };
    let command = OnAccount::new(account, move |_| Ok(event.into()));
    let writer = host.writer.clone();
    tokio::spawn(async move {
        let submission =
            crate::writer::Submission { command: Box::new(command), actor: Actor::Door, request: None, validate_only: false };
        if let Err(fault) = writer.submit(submission).await {
            tracing::error!(error = %fault, "a lock could not be journaled; it holds until the next start");
        }
    });
}
