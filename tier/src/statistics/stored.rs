//! Reading cells and month statements of many origins.
//!
//! Bodies are decoded anew for every question, and running balances need every month up to the span's end: 129 counties
//! with 37 categories make about 57,000 rows a year, some tenths of a second. A decoded view in memory can take this
//! place once that is too slow; nothing outside this file would notice.

use std::collections::BTreeMap;

use changxiao_domain::{
    cell::Cell,
    period::{Month, Span},
    region::RegionId,
    rollup::{Category, Counts, Held},
};
use changxiao_proto::statistics::v1 as pb;
use prost::Message as _;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use crate::{
    facts::fact_row::{Column, Entity},
    protocol::fact::Audience,
};

/// Kind of the facts that hold counts; key `2015-08/K03`.
pub const CELL: &str = "cell";
/// Kind of the facts that hold how far a month is; key `2015-08`.
pub const MONTH: &str = "month";
/// [`pb::MonthStatement::state`] of a closed month.
pub const CLOSED: u32 = 3;

/// What is stored of one origin up to the end of a span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// How far its months are.
    pub held: Held,
    /// Its counts.
    pub counts: BTreeMap<Category, Counts>,
}

/// What is stored of `origins` for a span, in one statement and therefore of one moment: a month must not look closed with
/// the cells of a minute before. Origins of which nothing is stored are left out.
///
/// # Errors
/// The database fails. A fact that cannot be read is its origin's fault, not an error here: it is noted with the origin.
pub async fn stored(
    db: &impl ConnectionTrait,
    origins: impl IntoIterator<Item = &RegionId>,
    span: Span,
) -> Result<BTreeMap<RegionId, Stored>, DbErr> {
    let mut query = Entity::find()
        .select_only()
        .columns([Column::Origin, Column::Kind, Column::Key, Column::Body])
        .filter(Column::Origin.is_in(origins.into_iter().map(RegionId::as_str)))
        .filter(Column::Audience.eq(i32::try_from(Audience::Above.number()).unwrap_or_default()))
        .filter(Column::Kind.is_in([CELL, MONTH]))
        .filter(Column::Withdrawn.eq(false));
    // Keys begin with their month, so they sort like months. The last month there is has no month behind it.
    if let Some(behind) = span.last_month().filter(|last| last.next() > *last).map(Month::next) {
        query = query.filter(Column::Key.lt(behind.to_string()));
    }
    let rows: Vec<(String, String, String, Vec<u8>)> = query.into_tuple().all(db).await?;
    let mut by_origin: BTreeMap<RegionId, Stored> = BTreeMap::new();
    for (origin, kind, key, body) in rows {
        let Ok(region) = origin.parse::<RegionId>() else {
            return Err(DbErr::Custom(format!("table facts: `{origin}` is not a region id")));
        };
        let stored = by_origin.entry(region).or_default();
        stored.held.facts = true;
        if stored.take(span, &kind, &key, &body).is_none() {
            stored.held.unreadable = true;
            tracing::warn!(fact.origin = %origin, fact.kind = %kind, fact.key = %key, "a fact of `{origin}` cannot be read");
        }
    }
    Ok(by_origin)
}

impl Stored {
    /// Takes in one fact; `None` if it cannot be read.
    pub(super) fn take(&mut self, span: Span, kind: &str, key: &str, body: &[u8]) -> Option<()> {
        if kind == MONTH {
            let statement = pb::MonthStatement::decode(body).ok()?;
            let month = key.parse().ok()?;
            if statement.state == CLOSED {
                self.held.closed.insert(month);
            }
        } else {
            let (month, category) = key.split_once('/')?;
            let month: Month = month.parse().ok()?;
            // Counters of a newer catalogue stand behind those known here and are left out; the bytes stay as they came.
            let cell = Cell::from_values(&pb::Cell::decode(body).ok()?.values);
            self.counts.entry(Category::of(category)).or_default().book(span, month, &cell);
        }
        Some(())
    }
}
