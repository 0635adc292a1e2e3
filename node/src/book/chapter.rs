//! A chapter of the county's book: what one noun has to say about events, time and facts.

use changxiao_domain::{clock::Instant, event::Event, region::RegionId, stamp::Stamp};
use changxiao_tier::{
    facts::Change,
    protocol::fact::{Audience, Topic},
};
use sea_orm::{ColumnTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    CountyBook,
    known::{Known, Needs},
};
use crate::store::serial;

/// What time says: an event and its subject, such as `hazards/1-204`.
pub(super) type Said = (Event, String);

/// One noun of the book. A chapter minds its own events and lets all others pass.
pub(super) trait Chapter {
    /// Names what an event needs to be applied.
    fn needs_of(_: &Event, _: &mut Needs) {}

    /// The record that an event makes or changes, where that can be another one than the command's.
    fn subject_of(_: &Event) -> Option<String> {
        None
    }

    /// Lets an event take effect: the same for the writer and for replay.
    fn apply(_: &mut Known, _: &Event, _: &Stamp) {}

    /// The earliest instant at which time changes one of the values known.
    fn due_of(_: &Known) -> Option<Instant> {
        None
    }

    /// The same over everything stored, or over what is due after an instant.
    fn due(
        _: &CountyBook,
        _: &DatabaseConnection,
        _: Option<Instant>,
    ) -> impl Future<Output = Result<Option<Instant>, DbErr>> + Send {
        async { Ok(None) }
    }

    /// What time says at an instant, in ascending order; the values needed to apply it are loaded.
    fn passed(
        _: &CountyBook,
        _: &DatabaseTransaction,
        _: Instant,
        _: &mut Known,
    ) -> impl Future<Output = Result<Vec<Said>, DbErr>> + Send {
        async { Ok(Vec::new()) }
    }

    /// Facts that follow from what changed in a group. Called before it is written.
    fn facts(_: &RegionId, _: &mut Known, _: &mut Vec<Change>) {}
}

/// A fact, or its withdrawal.
pub(super) fn change(audience: Audience, kind: &str, key: String, bucket: String, body: Option<Vec<u8>>) -> Change {
    Change { audience, topic: Topic::new(kind, key), bucket, body_version: 1, body: body.map(Into::into) }
}

/// The earliest value of a column of instants, or the earliest after one.
pub(super) async fn earliest<E: EntityTrait>(
    db: &DatabaseConnection,
    column: E::Column,
    after: Option<Instant>,
) -> Result<Option<Instant>, DbErr> {
    let mut query = E::find().select_only().column_as(column.min(), "due");
    if let Some(after) = after {
        query = query.filter(column.gt(after.ms()));
    }
    Ok(query.into_tuple::<Option<i64>>().one(db).await?.flatten().map(Instant::from_ms))
}

/// Serials of the records that are due by an instant, in ascending order.
pub(super) async fn due_by<E: EntityTrait>(
    db: &DatabaseTransaction,
    table: &'static str,
    (key, due): (E::Column, E::Column),
    at: Instant,
) -> Result<Vec<changxiao_domain::serial::Serial>, DbErr> {
    let query = E::find().select_only().column(key).filter(due.lte(at.ms())).order_by_asc(key);
    let raw: Vec<i64> = query.into_tuple().all(db).await?;
    Ok(raw.into_iter().map(|raw| serial(table, "serial", raw)).collect::<Result<_, _>>()?)
}
