//! Tokens, by which programs show who they are. They are journaled by their hash, so that nothing about them is ever forgotten;
//! the secret itself is derived from the request that asked for it, so that a repeated request gets the same one.

use std::collections::{BTreeMap, BTreeSet};

use changxiao_domain::{
    actor::AccountId,
    clock::Instant,
    event::{TokenIssued, TokenRevoked},
    stamp::Stamp,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::{Account, Refusal, account_of, account_row};
use crate::{
    database::upsert,
    journal::{checkpoint::JournalKey, merkle::Hash},
};

/// One token as stored.
pub mod token_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tokens")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub token: String,
        pub hash: Vec<u8>,
        pub account: String,
        pub issued_ms: i64,
        pub expires_ms: i64,
        pub revoked: bool,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Public name of a token: the first half of its hash, 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(String);

impl TokenId {
    /// The name of the token with this hash.
    #[must_use]
    pub fn of(hash: &[u8; 32]) -> Self {
        Self(hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }
}

/// Not the name of a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of a token: 32 hexadecimal digits, as ListTokens shows them")]
pub struct BadTokenId(String);

impl std::str::FromStr for TokenId {
    type Err = BadTokenId;
    fn from_str(text: &str) -> Result<Self, BadTokenId> {
        let good = text.len() == 32 && text.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
        if good { Ok(Self(text.to_owned())) } else { Err(BadTokenId(text.chars().take(80).collect())) }
    }
}

impl std::fmt::Display for TokenId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Bytes that nobody can guess who has not the region's journal key, and that are the same for the same purpose: what a repeated
/// request must get again.
#[must_use]
pub fn derived(key: &JournalKey, purpose: &[&str]) -> [u8; 32] {
    let body: Vec<u8> = purpose.iter().flat_map(|part| [&(part.len() as u64).to_be_bytes(), part.as_bytes()].concat()).collect();
    Hash::of(&[b"changxiao/derived/v1\n", &key.sign_statement("derived-secret/v1", &body)]).0
}

/// What is kept of a token.
#[must_use]
pub fn token_hash(secret: &[u8; 32]) -> [u8; 32] {
    Hash::of(&[b"changxiao/token/v1\n", secret]).0
}

/// One token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What is kept of it.
    pub hash: [u8; 32],
    /// Whom it stands for.
    pub account: AccountId,
    /// When it was made.
    pub issued: Instant,
    /// When it ends by the business clock.
    pub expires: Instant,
    /// Useless from then on.
    pub revoked: bool,
}

impl Token {
    /// Revokes it.
    ///
    /// # Errors
    /// It is revoked already.
    pub fn revoke(&self) -> Result<TokenRevoked, Refusal> {
        if self.revoked {
            return Err(Refusal::TokenRevoked { token: TokenId::of(&self.hash) });
        }
        Ok(TokenRevoked { token_hash: self.hash })
    }
}

fn row_of(token: &Token) -> token_row::Model {
    token_row::Model {
        token: TokenId::of(&token.hash).to_string(),
        hash: token.hash.to_vec(),
        account: token.account.to_string(),
        issued_ms: token.issued.ms(),
        expires_ms: token.expires.ms(),
        revoked: token.revoked,
    }
}

/// A stored row as a token.
///
/// # Errors
/// A column holds what no token can have.
pub fn token_of(row: token_row::Model) -> Result<Token, DbErr> {
    let strange = |what: String| DbErr::Custom(format!("table tokens: {what}"));
    Ok(Token {
        hash: row.hash.try_into().map_err(|_| strange("hash is not 32 bytes".to_owned()))?,
        account: row.account.parse().map_err(|e| strange(format!("{e}")))?,
        issued: Instant::from_ms(row.issued_ms),
        expires: Instant::from_ms(row.expires_ms),
        revoked: row.revoked,
    })
}

/// Tokens of a group.
#[derive(Debug, Default)]
pub struct Tokens {
    known: BTreeMap<TokenId, Token>,
    changed: BTreeSet<TokenId>,
}

impl Tokens {
    /// One token.
    #[must_use]
    pub fn get(&self, id: &TokenId) -> Option<&Token> {
        self.known.get(id)
    }

    /// It was issued.
    pub fn apply_issued(&mut self, event: &TokenIssued, stamp: &Stamp) {
        let id = TokenId::of(&event.token_hash);
        let token = Token {
            hash: event.token_hash,
            account: event.account.clone(),
            issued: stamp.at,
            expires: event.expires,
            revoked: false,
        };
        self.changed.insert(id.clone());
        self.known.insert(id, token);
    }

    /// It was revoked.
    pub fn apply_revoked(&mut self, event: &TokenRevoked) {
        let id = TokenId::of(&event.token_hash);
        if let Some(token) = self.known.get_mut(&id) {
            token.revoked = true;
            self.changed.insert(id);
        }
    }

    /// Loads those that are not known yet.
    ///
    /// # Errors
    /// The database fails.
    pub async fn load(&mut self, db: &impl ConnectionTrait, ids: BTreeSet<TokenId>) -> Result<(), DbErr> {
        let wanted: Vec<String> = ids.into_iter().filter(|id| !self.known.contains_key(id)).map(|id| id.to_string()).collect();
        for wanted in wanted.chunks(10_000) {
            for row in token_row::Entity::find().filter(token_row::Column::Token.is_in(wanted)).all(db).await? {
                let token = token_of(row)?;
                self.known.insert(TokenId::of(&token.hash), token);
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
        upsert::<token_row::Entity>(db, rows).await
    }
}

/// The open account behind a token that has neither ended nor been revoked.
///
/// # Errors
/// The database fails.
pub async fn by_token(db: &impl ConnectionTrait, hash: &[u8; 32], now: Instant) -> Result<Option<(Account, Instant)>, DbErr> {
    let Some(row) = token_row::Entity::find_by_id(TokenId::of(hash).to_string()).one(db).await? else { return Ok(None) };
    let token = token_of(row)?;
    if token.hash != *hash || token.revoked || token.expires <= now {
        return Ok(None);
    }
    let Some(row) = account_row::Entity::find_by_id(token.account.to_string()).one(db).await? else { return Ok(None) };
    let account = account_of(row)?;
    Ok((!account.closed).then_some((account, token.expires)))
}
