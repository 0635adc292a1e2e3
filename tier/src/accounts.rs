//! Accounts and tokens of a region: who may act, and the secrets by which they show it.
//!
//! Accounts are journaled. Tokens are not: only their hashes are kept, outside the journal.

use std::collections::{BTreeMap, BTreeSet};

use changxiao_domain::{
    actor::{AccountId, Actor, Role},
    clock::Instant,
    event::{AccountClosed, AccountCreated},
    industry::IndustryCode,
    personal::Personal,
    refusals,
    scope::Scope,
    serial::Serial,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use crate::{
    database::upsert,
    journal::{
        merkle::Hash,
        store::{signed, unsigned},
    },
};

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
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// One token as stored: its hash, never the secret.
pub mod token_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tokens")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: Vec<u8>,
        pub account: String,
        pub expires_ms: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
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
        }
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

    /// Changes one that is known.
    pub fn change(&mut self, id: &AccountId, how: impl FnOnce(&mut Account)) {
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

/// Prefix by which a token is recognised in a leaked file.
const TOKEN_PREFIX: &str = "cx1";

/// A token as shown once: prefix, region, secret.
#[must_use]
pub fn token_text(region: &str, secret: &[u8; 32]) -> String {
    format!("{TOKEN_PREFIX}.{region}.{}", Hash(*secret))
}

/// Region and hash of a token, if it looks like one.
#[must_use]
pub fn token_parts(text: &str) -> Option<(&str, [u8; 32])> {
    let (prefix, rest) = text.split_once('.')?;
    let (region, secret) = rest.split_once('.')?;
    let secret: Hash = secret.parse().ok()?;
    (prefix == TOKEN_PREFIX).then(|| (region, token_hash(&secret.0)))
}

/// What is kept of a token.
#[must_use]
pub fn token_hash(secret: &[u8; 32]) -> [u8; 32] {
    Hash::of(&[b"changxiao/token/v1\n", secret]).0
}

/// The open account behind a token that has not ended.
///
/// # Errors
/// The database fails.
pub async fn by_token(db: &impl ConnectionTrait, hash: &[u8; 32], now: Instant) -> Result<Option<(Account, Instant)>, DbErr> {
    let Some(token) = token_row::Entity::find_by_id(hash.to_vec()).one(db).await? else { return Ok(None) };
    let Some(row) = account_row::Entity::find_by_id(token.account).one(db).await? else { return Ok(None) };
    let (account, ends) = (account_of(row)?, Instant::from_ms(token.expires_ms));
    Ok((!account.closed && ends > now).then_some((account, ends)))
}
