//! How fresh each origin below is, as last written. What is newer lives in memory only: see [`crate::freshness`].

use std::collections::BTreeMap;

use changxiao_domain::{clock::Instant, region::RegionId};
use changxiao_tier::{
    database::upsert,
    journal::store::{signed, unsigned},
    protocol::delivery::{QuarantineMark, Through},
};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

/// One origin's freshness.
pub mod through_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "through")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub origin: String,
        pub child: String,
        pub epoch: i64,
        pub position: i64,
        pub verified_ms: i64,
        pub quarantine: String,
        pub quarantined_ms: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

fn row_of((child, through): &(RegionId, Through)) -> through_row::Model {
    through_row::Model {
        origin: through.origin.to_string(),
        child: child.to_string(),
        epoch: i64::from(through.epoch),
        position: signed(through.position),
        verified_ms: through.verified_at.ms(),
        quarantine: through.quarantine.as_ref().map(|mark| mark.reason.clone()).unwrap_or_default(),
        quarantined_ms: through.quarantine.as_ref().map_or(0, |mark| mark.since.ms()),
    }
}

fn through_of(row: through_row::Model) -> Result<(RegionId, Through), DbErr> {
    let strange = |what: String| DbErr::Custom(format!("table through: {what}"));
    let region = |text: &str| text.parse::<RegionId>().map_err(|fault| strange(fault.to_string()));
    let mark = || QuarantineMark { reason: row.quarantine.clone(), since: Instant::from_ms(row.quarantined_ms) };
    let through = Through {
        origin: region(&row.origin)?,
        epoch: u32::try_from(row.epoch).map_err(|_| strange("an epoch is out of range".to_owned()))?,
        position: unsigned(row.position),
        verified_at: Instant::from_ms(row.verified_ms),
        quarantine: (!row.quarantine.is_empty()).then(mark),
    };
    Ok((region(&row.child)?, through))
}

/// Writes the freshness of origins, each with the child through which it came; of several for one origin the last counts.
///
/// # Errors
/// The database fails.
pub async fn write(db: &impl ConnectionTrait, rows: Vec<(RegionId, Through)>) -> Result<(), DbErr> {
    let rows: BTreeMap<String, through_row::Model> = rows.iter().map(|row| (row.1.origin.to_string(), row_of(row))).collect();
    upsert::<through_row::Entity>(db, rows.into_values().collect()).await
}

/// Everything written.
///
/// # Errors
/// The database fails or holds malformed rows.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<(RegionId, Through)>, DbErr> {
    through_row::Entity::find().all(db).await?.into_iter().map(through_of).collect()
}
