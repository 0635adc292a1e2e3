//! Secrets of accounts as stored: passwords, second factors, recovery codes. Outside the journal, each in a table of its own;
//! the journal knows that they changed, by whom and when. They change in the transaction of that entry.

use changxiao_domain::actor::AccountId;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};

use super::{password::Hashed, session};
use crate::{database::upsert, journal::merkle::Hash};

/// Hash of a password.
pub mod password_row {
    use sea_orm::entity::prelude::*;
    /// Columns; `parameters` are KiB, passes and lanes, such as `19456 2 1`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "passwords")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account: String,
        pub parameters: String,
        pub salt: Vec<u8>,
        pub hash: Vec<u8>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Second factor of an account.
pub mod totp_row {
    use sea_orm::entity::prelude::*;
    /// Columns; `sealed` is encrypted, `used_step` the last step whose code was taken.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "totps")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account: String,
        pub sealed: Vec<u8>,
        pub confirmed: bool,
        pub used_step: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A recovery code that was not used yet.
pub mod recovery_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "recovery_codes")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: Vec<u8>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// A change of secrets, written in the transaction of the entry that tells of it.
#[derive(Clone, Debug)]
pub enum Change {
    /// Another password; the sessions end, but for the one named.
    Password {
        /// Whose.
        account: AccountId,
        /// Its hash.
        hashed: Hashed,
        /// The session that asked for it.
        but: Option<[u8; 32]>,
    },
    /// The second factor counts from now on.
    TotpConfirmed {
        /// Whose.
        account: AccountId,
        /// The step of the code that confirmed it.
        step: i64,
        /// Hashes of the recovery codes.
        codes: Vec<[u8; 32]>,
    },
    /// No second factor any more.
    TotpGone {
        /// Whose.
        account: AccountId,
    },
    /// Nothing is left: the account was closed.
    AllGone {
        /// Whose.
        account: AccountId,
    },
}

impl Change {
    /// Writes it.
    ///
    /// # Errors
    /// The database fails.
    pub async fn write(self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        match self {
            Self::Password { account, hashed, but } => {
                upsert::<password_row::Entity>(db, vec![row_of(&account, &hashed)]).await?;
                session::end_all(db, &account, but).await.map(drop)
            }
            Self::TotpConfirmed { account, step, codes } => {
                totp_row::Entity::update_many()
                    .col_expr(totp_row::Column::Confirmed, Expr::value(true))
                    .col_expr(totp_row::Column::UsedStep, Expr::value(step))
                    .filter(totp_row::Column::Account.eq(account.as_str()))
                    .exec(db)
                    .await?;
                let row = |hash: [u8; 32]| recovery_row::Model { account: account.to_string(), hash: hash.to_vec() };
                upsert::<recovery_row::Entity>(db, codes.into_iter().map(row).collect()).await
            }
            Self::TotpGone { account } => totp_gone(db, &account).await,
            Self::AllGone { account } => {
                totp_gone(db, &account).await?;
                password_row::Entity::delete_by_id(account.to_string()).exec(db).await?;
                session::end_all(db, &account, None).await.map(drop)
            }
        }
    }
}

async fn totp_gone(db: &impl ConnectionTrait, account: &AccountId) -> Result<(), DbErr> {
    totp_row::Entity::delete_by_id(account.to_string()).exec(db).await?;
    let codes = recovery_row::Entity::delete_many().filter(recovery_row::Column::Account.eq(account.as_str()));
    codes.exec(db).await.map(drop)
}

fn row_of(account: &AccountId, hashed: &Hashed) -> password_row::Model {
    password_row::Model {
        account: account.to_string(),
        parameters: format!("{} {} {}", hashed.memory_kib, hashed.passes, hashed.lanes),
        salt: hashed.salt.to_vec(),
        hash: hashed.hash.to_vec(),
    }
}

/// A stored row as a hash.
///
/// # Errors
/// A column holds what no hash can have.
pub fn hashed_of(row: password_row::Model) -> Result<Hashed, DbErr> {
    let strange = || DbErr::Custom(format!("table passwords: the row of {} cannot be read", row.account));
    let mut numbers = row.parameters.split(' ').map(str::parse::<u32>);
    match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
        (Some(Ok(memory_kib)), Some(Ok(passes)), Some(Ok(lanes)), None) => Ok(Hashed {
            memory_kib,
            passes,
            lanes,
            salt: row.salt.as_slice().try_into().map_err(|_| strange())?,
            hash: row.hash.as_slice().try_into().map_err(|_| strange())?,
        }),
        _ => Err(strange()),
    }
}

/// Takes the code of a step, if neither it nor a later one was taken before. Two callers with the same code: one gets it.
///
/// # Errors
/// The database fails.
pub async fn take_step(db: &impl ConnectionTrait, account: &AccountId, step: i64) -> Result<bool, DbErr> {
    let taken = totp_row::Entity::update_many()
        .col_expr(totp_row::Column::UsedStep, Expr::value(step))
        .filter(totp_row::Column::Account.eq(account.as_str()))
        .filter(totp_row::Column::UsedStep.lt(step))
        .exec(db)
        .await?;
    Ok(taken.rows_affected == 1)
}

/// Takes a recovery code, once.
///
/// # Errors
/// The database fails.
pub async fn take_recovery_code(db: &impl ConnectionTrait, account: &AccountId, given: &str) -> Result<bool, DbErr> {
    let key = (account.to_string(), recovery_hash(account, given).to_vec());
    Ok(recovery_row::Entity::delete_by_id(key).exec(db).await?.rows_affected == 1)
}

/// What is kept of a recovery code; hyphens, blanks and small letters do not matter. The codes have 80 bits, so a plain hash will do.
#[must_use]
pub fn recovery_hash(account: &AccountId, code: &str) -> [u8; 32] {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    Hash::of(&[b"changxiao/recovery-code/v1\n", account.as_str().as_bytes(), b"\n", plain.as_bytes()]).0
}
