//! Which enterprise a cell means: by serial, by an identifier, or by its exact name within the caller's sight.

use std::collections::HashMap;

use changxiao_domain::{actor::Actor, region::RegionId, serial::Serial};
use changxiao_tier::journal::store::unsigned;
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QuerySelect};

use crate::{
    grpc::within,
    store::{claims, enterprises},
};

/// Enterprises looked up so far: names by what was written.
#[derive(Debug, Default)]
pub struct Enterprises(HashMap<String, Option<String>>);

impl Enterprises {
    /// Looks a text up, unless it was before.
    ///
    /// # Errors
    /// The database fails.
    pub async fn look_up(&mut self, db: &DatabaseConnection, actor: &Actor, region: &RegionId, text: &str) -> Result<(), DbErr> {
        if text.is_empty() || self.0.contains_key(text) {
            return Ok(());
        }
        let serial = match text.rsplit('/').next().and_then(|id| id.parse::<Serial>().ok()) {
            Some(serial) => Some(serial),
            None => found(db, actor, text).await?,
        };
        self.0.insert(text.to_owned(), serial.map(|serial| format!("regions/{region}/enterprises/{serial}")));
        Ok(())
    }

    /// Name of an enterprise that was looked up.
    #[must_use]
    pub fn name(&self, text: &str) -> Option<String> {
        self.0.get(text).cloned().flatten()
    }
}

async fn found(db: &DatabaseConnection, actor: &Actor, text: &str) -> Result<Option<Serial>, DbErr> {
    for kind in ["credit_code", "registration_number"] {
        if let Some(row) = claims::Entity::find_by_id((kind.to_owned(), text.to_ascii_uppercase())).one(db).await? {
            return Ok(Serial::from_raw(unsigned(row.holder)));
        }
    }
    let sight = within(actor.scope(), enterprises::Column::Serial, Some(enterprises::Column::Industry));
    let named = enterprises::Entity::find().filter(sight).filter(enterprises::Column::Title.eq(text)).limit(2).all(db).await?;
    // Two of one name are nobody: the clerk has to say which.
    match named.as_slice() {
        [only] => Ok(Serial::from_raw(unsigned(only.serial))),
        _ => Ok(None),
    }
}
