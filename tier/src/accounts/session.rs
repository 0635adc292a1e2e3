//! Sessions of people who signed in: outside the journal, in real time. Of the secret only a hash is kept.

use changxiao_domain::{actor::AccountId, clock::Instant};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};

use crate::{database::insert, journal::merkle::Hash};

/// Sessions that an account may have open; one more ends the oldest.
const OPEN_MAX: usize = 20;

/// One session as stored.
pub mod session_row {
    use sea_orm::entity::prelude::*;
    /// Columns. Times are real, UTC milliseconds.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "sessions")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: Vec<u8>,
        pub account: String,
        pub source: String,
        pub begun_ms: i64,
        pub seen_ms: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// Without being used, milliseconds.
    pub idle_ms: i64,
    /// However they are used, milliseconds.
    pub absolute_ms: i64,
}

impl Lifetimes {
    /// Whether a session that was begun and seen then still holds.
    #[must_use]
    pub fn hold(&self, begun: Instant, seen: Instant, now: Instant) -> bool {
        now < begun.plus_ms(self.absolute_ms) && now < seen.plus_ms(self.idle_ms)
    }

    /// How old the stored word of the last use may grow: a minute, or less where sessions are short.
    #[must_use]
    pub fn written_every_ms(&self) -> i64 {
        (self.idle_ms / 30).min(60_000)
    }
}

/// What is kept of a session.
#[must_use]
pub fn session_hash(secret: &[u8; 32]) -> [u8; 32] {
    Hash::of(&[b"changxiao/session/v1\n", secret]).0
}

/// Public name of a session within its account: 16 hexadecimal digits.
#[must_use]
pub fn session_name(hash: &[u8]) -> String {
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Opens a session, and lets go of what is over or too many.
///
/// # Errors
/// The database fails.
pub async fn open(
    db: &impl ConnectionTrait,
    hash: [u8; 32],
    account: &AccountId,
    source: String,
    now: Instant,
    lifetimes: Lifetimes,
) -> Result<(), DbErr> {
    let over = Condition::any()
        .add(session_row::Column::BegunMs.lte(now.ms() - lifetimes.absolute_ms))
        .add(session_row::Column::SeenMs.lte(now.ms() - lifetimes.idle_ms));
    session_row::Entity::delete_many().filter(over).exec(db).await?;
    let held = of_account(db, account).await?;
    for row in held.into_iter().skip(OPEN_MAX - 1) {
        session_row::Entity::delete_by_id(row.hash).exec(db).await?;
    }
    let row =
        session_row::Model { hash: hash.to_vec(), account: account.to_string(), source, begun_ms: now.ms(), seen_ms: now.ms() };
    insert::<session_row::Entity>(db, vec![row]).await
}

/// Sessions of an account, the newest first, those that are over too.
///
/// # Errors
/// The database fails.
pub async fn of_account(db: &impl ConnectionTrait, account: &AccountId) -> Result<Vec<session_row::Model>, DbErr> {
    session_row::Entity::find()
        .filter(session_row::Column::Account.eq(account.as_str()))
        .order_by_desc(session_row::Column::BegunMs)
        .order_by_asc(session_row::Column::Hash)
        .all(db)
        .await
}

/// Notes that a session was used. One that was ended meanwhile stays ended.
///
/// # Errors
/// The database fails.
pub async fn touch(db: &impl ConnectionTrait, hash: &[u8; 32], now: Instant) -> Result<(), DbErr> {
    session_row::Entity::update_many()
        .col_expr(session_row::Column::SeenMs, Expr::value(now.ms()))
        .filter(session_row::Column::Hash.eq(hash.to_vec()))
        .exec(db)
        .await?;
    Ok(())
}

/// Ends one session.
///
/// # Errors
/// The database fails.
pub async fn end(db: &impl ConnectionTrait, hash: &[u8; 32]) -> Result<(), DbErr> {
    session_row::Entity::delete_by_id(hash.to_vec()).exec(db).await.map(drop)
}

/// Ends the sessions of an account, but for one if it is named. The answer says how many.
///
/// # Errors
/// The database fails.
pub async fn end_all(db: &impl ConnectionTrait, account: &AccountId, but: Option<[u8; 32]>) -> Result<u64, DbErr> {
    let mut these = Condition::all().add(session_row::Column::Account.eq(account.as_str()));
    if let Some(but) = but {
        these = these.add(session_row::Column::Hash.ne(but.to_vec()));
    }
    Ok(session_row::Entity::delete_many().filter(these).exec(db).await?.rows_affected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_idle_or_old_whichever_comes_first() {
        let (minute, hour) = (60_000, 3_600_000);
        let lifetimes = Lifetimes { idle_ms: 30 * minute, absolute_ms: 12 * hour };
        let at = |ms: i64| Instant::from_ms(1_800_000_000_000 + ms);
        for (seen, now, holds) in [
            (0, 0, true),
            (0, 30 * minute - 1, true),
            (0, 30 * minute, false),
            (12 * hour - minute, 12 * hour - 1, true),
            (12 * hour - minute, 12 * hour, false),
            (0, 400 * 24 * hour, false),
        ] {
            assert_eq!(lifetimes.hold(at(0), at(seen), at(now)), holds, "seen {seen}, now {now}");
        }
    }
}
