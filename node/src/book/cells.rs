//! Cells in the book, and the statement of each month that they belong to.

use std::collections::{BTreeMap, BTreeSet};

use changxiao_domain::{
    cell::{Cell, CellKey},
    county_month,
    period::Month,
};
use changxiao_proto::statistics::v1 as statistics;
use changxiao_tier::{database::upsert, facts::Change, protocol::fact::Audience};
use prost::Message as _;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::{chapter::change, known::Known};
use crate::store::{cells, county_months};

/// Writes the cells that were booked and says which facts follow, for them and for every month touched.
pub(super) async fn flush(db: &impl ConnectionTrait, known: &mut Known, months: BTreeSet<Month>) -> Result<Vec<Change>, DbErr> {
    let mut changes = Vec::new();
    let totals = write(db, known).await?;
    for ((month, industry), cell) in &totals {
        let body = if cell.is_zero() { None } else { Some(cells::pack(cell)) };
        changes.push(change(Audience::Above, "cell", format!("{month}/{industry}"), format!("cell/{month}"), body));
    }
    let stated: BTreeSet<Month> = totals.keys().map(|(month, _)| *month).chain(months).collect();
    for month in stated {
        changes.push(month_fact(db, known, month).await?);
    }
    Ok(changes)
}

/// Adds what was booked to the cells; those that changed with their new totals are the answer.
async fn write(db: &impl ConnectionTrait, known: &mut Known) -> Result<BTreeMap<CellKey, Cell>, DbErr> {
    let bookings = std::mem::take(&mut known.bookings).0;
    let mut totals = BTreeMap::new();
    let months: BTreeSet<String> = bookings.keys().map(|(month, _)| month.to_string()).collect();
    if months.is_empty() {
        return Ok(totals);
    }
    let rows = cells::Entity::find().filter(cells::Column::Month.is_in(months)).all(db).await?;
    let held = rows.iter().map(cells::from_row).collect::<Result<BTreeMap<_, _>, _>>()?;
    for (key, change) in bookings.into_iter().filter(|(_, change)| !change.is_zero()) {
        let mut total = held.get(&key).cloned().unwrap_or_default();
        total.merge(&change);
        totals.insert(key, total);
    }
    let rows = totals.iter().map(|(key, cell)| cells::to_row(key, cell)).collect();
    upsert::<cells::Entity>(db, rows).await?;
    Ok(totals)
}

/// The month's statement: its state, and that every cell not named is zero.
async fn month_fact(db: &impl ConnectionTrait, known: &Known, month: Month) -> Result<Change, DbErr> {
    let state = match known.county_months.get(&month) {
        Some(held) => Some(held.state),
        None => match county_months::Entity::find_by_id(month.to_string()).one(db).await? {
            Some(row) => Some(county_months::from_row(&row)?.state),
            None => None,
        },
    };
    let state = match state {
        None => 1,
        Some(county_month::State::Frozen | county_month::State::Overdue) => 2,
        Some(county_month::State::Closed | county_month::State::Lapsed) => 3,
    };
    let mut industries: Vec<String> = cells::Entity::find()
        .select_only()
        .column(cells::Column::Industry)
        .filter(cells::Column::Month.eq(month.to_string()))
        .into_tuple()
        .all(db)
        .await?;
    industries.sort_unstable();
    let body = statistics::MonthStatement { state, industries }.encode_to_vec();
    Ok(change(Audience::Above, "month", month.to_string(), format!("month/{}", month.year()), Some(body)))
}
