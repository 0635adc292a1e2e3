//! Accounts of a region: who may act, and the secrets by which they show who they are.
//!
//! Accounts and the hashes of tokens are journaled. Passwords, second factors and sessions are not: they lie in tables of their own,
//! and the journal knows that they changed. Everything about signing in happens in real time, whatever drives the business clock.

pub mod bearer;
pub mod lockout;
pub mod password;
pub mod proofs;
pub mod secrets;
pub mod session;
pub mod token;
pub mod totp;

use std::collections::{BTreeMap, BTreeSet};

use changxiao_domain::{
    actor::{AccountId, Actor, Role},
    clock::Instant,
    event::{AccountClosed, AccountCreated, AccountLocked, AccountUnlocked, Event, PasswordSet, TotpEnrolled, TotpRemoved},
    industry::IndustryCode,
    personal::Personal,
    refusals,
    scope::Scope,
    serial::Serial,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use crate::{
    database::upsert,
    journal::store::{signed, unsigned},
};
pub use token::{TokenId, token_row};

/// One account as stored.
pub mod account_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "accounts")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account: String,
        pub roles: String,
        pub enterprise: Option<i64>,
        pub industry: Option<String>,
        pub holder: Option<String>,
        pub closed: bool,
        pub password: String,
        pub totp: bool,
        pub locked_until_ms: Option<i64>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Whether an account has a password, and whose choice it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PasswordState {
    /// None: a program, or a person who only has a token.
    None,
    /// One-time password of an administrator, to be changed at the first sign-in.
    OneTime,
    /// Chosen by its holder.
    Own,
}

impl PasswordState {
    const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::OneTime => "one_time",
            Self::Own => "own",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::None, Self::OneTime, Self::Own].into_iter().find(|state| state.word() == word)
    }
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Name within the region.
    pub id: AccountId,
    /// What it may do.
    pub roles: Vec<Role>,
    /// Enterprise to which it is confined.
    pub enterprise: Option<Serial>,
    /// Industry category to which it is confined.
    pub industry: Option<IndustryCode>,
    /// Who holds it.
    pub holder: Personal,
    /// Closed accounts may not act.
    pub closed: bool,
    /// Its password.
    pub password: PasswordState,
    /// Whether signing in needs a second factor.
    pub totp: bool,
    /// It may not sign in before this instant of real time.
    pub locked_until: Option<Instant>,
}

refusals! {
    /// The name is in use.
    Exists { account: AccountId } AlreadyExists "ACCOUNT_EXISTS"
        "account {account} already exists; names are never used twice", "账号{account}已存在,账号名不得重复使用";
    /// Unknown.
    NotFound { account: AccountId } NotFound "ACCOUNT_NOT_FOUND"
        "there is no account {account} here", "没有账号{account}";
    /// Closed already.
    Closed { account: AccountId } FailedPrecondition "ACCOUNT_CLOSED"
        "account {account} is closed", "账号{account}已停用";
    /// Roles of an enterprise belong to one.
    EnterpriseMissing {} InvalidArgument "ACCOUNT_ENTERPRISE_MISSING"
        "the roles of an enterprise need the enterprise they belong to", "企业角色的账号须指明所属企业";
    /// One answer for an unknown account, a wrong password, a wrong or missing code: nobody learns which.
    SignInRefused {} Unauthenticated "SIGN_IN_REFUSED"
        "account, password or code is wrong", "账号、口令或动态码有误";
    /// Nothing to prove oneself by.
    NoPassword { account: AccountId } FailedPrecondition "PASSWORD_MISSING"
        "account {account} has no password; an administrator gives it a first one", "账号{account}未设口令,请由管理员设置初始口令";
    /// The same again is no change.
    SamePassword {} InvalidArgument "PASSWORD_UNCHANGED"
        "the new password is the old one", "新口令不得与原口令相同";
    /// There is a second factor already.
    TotpEnrolled { account: AccountId } FailedPrecondition "TOTP_ENROLLED"
        "account {account} has a second factor; remove it first", "账号{account}已绑定动态码,须先解除";
    /// There is no second factor.
    TotpMissing { account: AccountId } FailedPrecondition "TOTP_NOT_ENROLLED"
        "account {account} has no second factor; ask for one with EnrolTotp", "账号{account}未绑定动态码";
    /// The code is not the one that is shown now.
    TotpWrong {} InvalidArgument "TOTP_CODE_WRONG"
        "the code is not one of the secret's codes of now; check the clock of the device", "动态码不正确,请核对设备时间";
    /// Unknown.
    TokenUnknown { token: TokenId } NotFound "TOKEN_NOT_FOUND"
        "there is no token {token} here", "没有令牌{token}";
    /// Revoked already.
    TokenRevoked { token: TokenId } FailedPrecondition "TOKEN_REVOKED"
        "token {token} is revoked already", "令牌{token}已注销";
}

impl Account {
    /// As the first event makes it.
    #[must_use]
    pub fn created(event: &AccountCreated) -> Self {
        Self {
            id: event.account.clone(),
            roles: event.roles.clone(),
            enterprise: event.enterprise,
            industry: event.industry,
            holder: event.holder.clone(),
            closed: false,
            password: PasswordState::None,
            totp: false,
            locked_until: None,
        }
    }

    /// Whether it may still be given something.
    ///
    /// # Errors
    /// It is closed.
    pub fn open(&self) -> Result<&Self, Refusal> {
        if self.closed { Err(Refusal::Closed { account: self.id.clone() }) } else { Ok(self) }
    }

    /// Closes it.
    ///
    /// # Errors
    /// It is closed already.
    pub fn close(&self) -> Result<AccountClosed, Refusal> {
        if self.closed {
            Err(Refusal::Closed { account: self.id.clone() })
        } else {
            Ok(AccountClosed { account: self.id.clone() })
        }
    }

    /// Gives it another password, whose hash lies elsewhere.
    ///
    /// # Errors
    /// It is closed.
    pub fn set_password(&self, one_time: bool) -> Result<PasswordSet, Refusal> {
        Ok(PasswordSet { account: self.open()?.id.clone(), one_time })
    }

    /// Lets it sign in again.
    ///
    /// # Errors
    /// It is closed.
    pub fn unlock(&self) -> Result<AccountUnlocked, Refusal> {
        Ok(AccountUnlocked { account: self.open()?.id.clone() })
    }

    /// Asks for a second factor from now on.
    ///
    /// # Errors
    /// It is closed, or has one.
    pub fn enrol_totp(&self) -> Result<TotpEnrolled, Refusal> {
        let account = self.open()?.id.clone();
        if self.totp { Err(Refusal::TotpEnrolled { account }) } else { Ok(TotpEnrolled { account }) }
    }

    /// Asks for no second factor any more.
    ///
    /// # Errors
    /// It is closed, or has none.
    pub fn remove_totp(&self) -> Result<TotpRemoved, Refusal> {
        let account = self.open()?.id.clone();
        if self.totp { Ok(TotpRemoved { account }) } else { Err(Refusal::TotpMissing { account }) }
    }

    fn apply_closed(&mut self) {
        self.closed = true;
        self.password = PasswordState::None;
        self.totp = false;
    }

    fn apply_locked(&mut self, event: &AccountLocked) {
        if event.everywhere {
            self.locked_until = Some(event.until);
        }
    }

    /// The account as an actor.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let scope = Scope { enterprise: self.enterprise, industry: self.industry };
        Actor::Account { id: self.id.clone(), roles: self.roles.clone(), scope }
    }
}

/// A stored row as an account.
///
/// # Errors
/// A column holds what no account can have.
pub fn account_of(row: account_row::Model) -> Result<Account, DbErr> {
    let strange = |what: String| DbErr::Custom(format!("table accounts: {what}"));
    let roles =
        row.roles.split(' ').filter(|role| !role.is_empty()).map(|role| role.parse().map_err(|e| strange(format!("{e}"))));
    Ok(Account {
        id: row.account.parse().map_err(|e| strange(format!("{e}")))?,
        roles: roles.collect::<Result<_, _>>()?,
        enterprise: row.enterprise.and_then(|raw| Serial::from_raw(unsigned(raw))),
        industry: row.industry.map(|code| code.parse().map_err(|e| strange(format!("{e}")))).transpose()?,
        holder: row.holder.map_or(Personal::Erased, Personal::Known),
        closed: row.closed,
        password: PasswordState::of(&row.password).ok_or_else(|| strange(format!("`{}` is no state", row.password)))?,
        totp: row.totp,
        locked_until: row.locked_until_ms.map(Instant::from_ms),
    })
}

fn row_of(account: &Account) -> account_row::Model {
    account_row::Model {
        account: account.id.to_string(),
        roles: account.roles.iter().map(|role| role.id()).collect::<Vec<_>>().join(" "),
        enterprise: account.enterprise.map(|serial| signed(serial.raw())),
        industry: account.industry.map(|code| code.to_string()),
        holder: match &account.holder {
            Personal::Known(name) => Some(name.clone()),
            Personal::Erased => None,
        },
        closed: account.closed,
        password: account.password.word().to_owned(),
        totp: account.totp,
        locked_until_ms: account.locked_until.map(Instant::ms),
    }
}

/// Accounts of a group.
#[derive(Debug, Default)]
pub struct Accounts {
    known: BTreeMap<AccountId, Account>,
    changed: BTreeSet<AccountId>,
}

impl Accounts {
    /// One account.
    #[must_use]
    pub fn get(&self, id: &AccountId) -> Option<&Account> {
        self.known.get(id)
    }

    /// Puts a new or changed account.
    pub fn put(&mut self, account: Account) {
        self.changed.insert(account.id.clone());
        self.known.insert(account.id.clone(), account);
    }

    /// Lets an event about an account take effect; others change nothing.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::AccountCreated(event) => self.put(Account::created(event)),
            Event::AccountClosed(event) => self.change(&event.account, Account::apply_closed),
            Event::PasswordSet(event) => self.change(&event.account, |account| {
                account.password = if event.one_time { PasswordState::OneTime } else { PasswordState::Own };
            }),
            Event::AccountLocked(event) => self.change(&event.account, |account| account.apply_locked(event)),
            Event::AccountUnlocked(event) => self.change(&event.account, |account| account.locked_until = None),
            Event::TotpEnrolled(event) => self.change(&event.account, |account| account.totp = true),
            Event::TotpRemoved(event) => self.change(&event.account, |account| account.totp = false),
            _ => {}
        }
    }

    fn change(&mut self, id: &AccountId, how: impl FnOnce(&mut Account)) {
        if let Some(account) = self.known.get_mut(id) {
            how(account);
            self.changed.insert(id.clone());
        }
    }

    /// Loads those that are not known yet.
    ///
    /// # Errors
    /// The database fails.
    pub async fn load(&mut self, db: &impl ConnectionTrait, ids: BTreeSet<AccountId>) -> Result<(), DbErr> {
        let wanted: Vec<String> = ids.into_iter().filter(|id| !self.known.contains_key(id)).map(|id| id.to_string()).collect();
        for wanted in wanted.chunks(10_000) {
            for row in account_row::Entity::find().filter(account_row::Column::Account.is_in(wanted)).all(db).await? {
                let account = account_of(row)?;
                self.known.insert(account.id.clone(), account);
            }
        }
        Ok(())
    }

    /// Writes what changed.
    ///
    /// # Errors
    /// The database fails.
    pub async fn flush(&mut self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        let rows = std::mem::take(&mut self.changed).iter().filter_map(|id| self.known.get(id)).map(row_of).collect();
        upsert::<account_row::Entity>(db, rows).await
    }
}
