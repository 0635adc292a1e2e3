//! Versions of the register that took effect here.

use changxiao_domain::{event::RegisterAdopted, stamp::Stamp};
use changxiao_tier::database::upsert;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, QueryOrder};

/// One version as adopted.
pub mod register_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "registers")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub version: i64,
        pub digest: Vec<u8>,
        pub signed: Vec<u8>,
        pub adopted_ms: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Registers of a group.
#[derive(Debug, Default)]
pub struct Registers {
    newest: Option<u32>,
    adopted: Vec<register_row::Model>,
}

impl Registers {
    /// The newest version adopted here, if any was.
    #[must_use]
    pub const fn newest(&self) -> Option<u32> {
        self.newest
    }

    /// A version took effect.
    pub fn apply_adopted(&mut self, event: &RegisterAdopted, stamp: &Stamp) {
        self.newest = self.newest.max(Some(event.version));
        self.adopted.push(register_row::Model {
            version: i64::from(event.version),
            digest: event.digest.to_vec(),
            signed: event.signed_register.clone(),
            adopted_ms: stamp.at.ms(),
        });
    }

    /// Loads the newest version.
    ///
    /// # Errors
    /// The database fails.
    pub async fn load(&mut self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        let stored = newest(db).await?.and_then(|row| u32::try_from(row.version).ok());
        self.newest = self.newest.max(stored);
        Ok(())
    }

    /// Writes what was adopted.
    ///
    /// # Errors
    /// The database fails.
    pub async fn flush(&mut self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        for row in std::mem::take(&mut self.adopted) {
            upsert::<register_row::Entity>(db, vec![row]).await?;
        }
        Ok(())
    }
}

/// The newest register adopted here.
///
/// # Errors
/// The database fails.
pub async fn newest(db: &impl ConnectionTrait) -> Result<Option<register_row::Model>, DbErr> {
    register_row::Entity::find().order_by_desc(register_row::Column::Version).one(db).await
}
