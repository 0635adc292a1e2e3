//! What time has to say in a county: months frozen, overdue, closed and missing, declarations accepted, rectifications and
//! treatments overdue.
//!
//! At one instant months come first, then declarations, then hazards, then dossiers, each in ascending order, so that replay finds the same
//! order.

use std::collections::BTreeMap;

use changxiao_domain::{
    clock::Instant,
    county_month::{self, Step},
    declaration::State,
    event::{DeclarationsAccepted, DeclarationsMissing, DeclarationsOverdue, Event, MonthClosed, MonthFrozen},
    period::Month,
    serial::Serial,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::{
    CountyBook,
    known::{Known, Needs},
};
use crate::store::{county_months, dossiers, enterprise_months, enterprises, hazards, serial};

/// The earliest instant at which time changes one of the values known.
pub fn due_of(known: &Known) -> Option<Instant> {
    let hazards = known.hazards.iter().filter_map(|(_, hazard)| hazard.due());
    let dossiers = known.dossiers.iter().filter_map(|(_, dossier)| dossier.due());
    let declarations = known.enterprise_months.iter().filter_map(|(_, month)| month.due());
    hazards.chain(dossiers).chain(declarations).min()
}

/// The next step of the months and its instant.
async fn next_month(book: &CountyBook, db: &impl ConnectionTrait) -> Result<(Month, Step, Instant), DbErr> {
    let latest = county_months::Entity::find().order_by_desc(county_months::Column::Month).one(db).await?;
    let latest = latest.map(|row| county_months::from_row(&row)).transpose()?;
    Ok(county_month::next(&book.calendar, book.first, latest.as_ref()))
}

/// The earliest value of a column of instants, or the earliest after one.
async fn earliest<E: EntityTrait>(
    db: &DatabaseConnection,
    column: E::Column,
    after: Option<Instant>,
) -> Result<Option<i64>, DbErr> {
    let mut query = E::find().select_only().column_as(column.min(), "due");
    if let Some(after) = after {
        query = query.filter(column.gt(after.ms()));
    }
    Ok(query.into_tuple::<Option<i64>>().one(db).await?.flatten())
}

/// The earliest instant at which time has anything to say, or the earliest after one.
pub async fn due(book: &CountyBook, db: &DatabaseConnection, after: Option<Instant>) -> Result<Option<Instant>, DbErr> {
    let (_, _, month) = next_month(book, db).await?;
    let hazard = earliest::<hazards::Entity>(db, hazards::Column::DueMs, after).await?;
    let dossier = earliest::<dossiers::Entity>(db, dossiers::Column::DueMs, after).await?;
    let declaration = earliest::<enterprise_months::Entity>(db, enterprise_months::Column::DueMs, after).await?;
    Ok([hazard, dossier, declaration].into_iter().flatten().map(Instant::from_ms).chain([month]).min())
}

/// What time says at an instant; the values needed to apply it are loaded.
pub async fn passed(
    book: &CountyBook,
    db: &DatabaseTransaction,
    at: Instant,
    known: &mut Known,
) -> Result<Vec<(Event, String)>, DbErr> {
    let mut said = Vec::new();
    let mut needs = Needs::default();
    let (month, step, when) = next_month(book, db).await?;
    if when <= at {
        let event: Event = match step {
            Step::Freeze => {
                let owing = owing(db, month).await?;
                needs.enterprises.extend(&owing);
                needs.enterprise_months.extend(owing.iter().map(|enterprise| (*enterprise, month)));
                MonthFrozen { month, owing }.into()
            }
            Step::FallOverdue => {
                let enterprises = standing(db, month, &[State::Open, State::Draft, State::Confirmed, State::Signed]).await?;
                needs.enterprise_months.extend(enterprises.iter().map(|enterprise| (*enterprise, month)));
                DeclarationsOverdue { month, enterprises }.into()
            }
            Step::Close => MonthClosed { month }.into(),
            Step::GoMissing => {
                let enterprises = standing(db, month, &[State::Overdue]).await?;
                needs.enterprise_months.extend(enterprises.iter().map(|enterprise| (*enterprise, month)));
                DeclarationsMissing { month, enterprises }.into()
            }
        };
        needs.county_months.insert(month);
        said.push((event, format!("months/{month}")));
    }
    for (month, enterprises) in accepted(db, at).await? {
        needs.enterprise_months.extend(enterprises.iter().map(|enterprise| (*enterprise, month)));
        needs.enterprises.extend(&enterprises);
        said.push((DeclarationsAccepted { month, enterprises }.into(), format!("months/{month}")));
    }
    let due: Vec<i64> = hazards::Entity::find()
        .select_only()
        .column(hazards::Column::Serial)
        .filter(hazards::Column::DueMs.lte(at.ms()))
        .order_by_asc(hazards::Column::Serial)
        .into_tuple()
        .all(db)
        .await?;
    let hazards = due.into_iter().map(|raw| serial("hazards", "serial", raw)).collect::<Result<Vec<_>, _>>()?;
    let due: Vec<i64> = dossiers::Entity::find()
        .select_only()
        .column(dossiers::Column::Serial)
        .filter(dossiers::Column::DueMs.lte(at.ms()))
        .order_by_asc(dossiers::Column::Serial)
        .into_tuple()
        .all(db)
        .await?;
    let dossiers = due.into_iter().map(|raw| serial("dossiers", "serial", raw)).collect::<Result<Vec<_>, _>>()?;
    needs.hazards.extend(&hazards);
    needs.dossiers.extend(&dossiers);
    needs.months.insert(Month::of(at.date()));
    known.load(db, needs).await?;
    for hazard in hazards.iter().filter_map(|serial| known.hazards.get(serial)) {
        said.extend(hazard.fall_due(at).map(|event| (event, format!("hazards/{}", hazard.serial))));
    }
    for dossier in dossiers.iter().filter_map(|serial| known.dossiers.get(serial)) {
        said.extend(dossier.fall_due(at).map(|event| (event, format!("dossiers/{}", dossier.serial))));
    }
    Ok(said)
}

/// Enterprises that owe a month's declaration (R17; dossier §3 point 6).
async fn owing(db: &impl ConnectionTrait, month: Month) -> Result<Vec<Serial>, DbErr> {
    let rows = enterprises::Entity::find()
        .filter(enterprises::Column::State.eq("approved"))
        .order_by_asc(enterprises::Column::Serial)
        .all(db)
        .await?;
    let mut owing = Vec::new();
    for row in rows {
        let enterprise = enterprises::from_row(row)?;
        if enterprise.owes(month) {
            owing.push(enterprise.serial);
        }
    }
    Ok(owing)
}

/// Enterprises whose declaration of a month stands in one of these states.
async fn standing(db: &impl ConnectionTrait, month: Month, states: &[State]) -> Result<Vec<Serial>, DbErr> {
    let raw: Vec<i64> = enterprise_months::Entity::find()
        .select_only()
        .column(enterprise_months::Column::Enterprise)
        .filter(enterprise_months::Column::Month.eq(month.to_string()))
        .filter(enterprise_months::Column::State.is_in(states.iter().map(|state| state.id())))
        .order_by_asc(enterprise_months::Column::Enterprise)
        .into_tuple()
        .all(db)
        .await?;
    Ok(raw.into_iter().map(|raw| serial("enterprise_months", "enterprise", raw)).collect::<Result<_, _>>()?)
}

/// Filed declarations to which nobody objected by an instant, by month (MD8).
async fn accepted(db: &impl ConnectionTrait, at: Instant) -> Result<BTreeMap<Month, Vec<Serial>>, DbErr> {
    let rows = enterprise_months::Entity::find()
        .filter(enterprise_months::Column::DueMs.lte(at.ms()))
        .order_by_asc(enterprise_months::Column::Enterprise)
        .all(db)
        .await?;
    let mut accepted: BTreeMap<Month, Vec<Serial>> = BTreeMap::new();
    for row in &rows {
        let value = enterprise_months::from_row(row)?;
        accepted.entry(value.month).or_default().push(value.enterprise);
    }
    Ok(accepted)
}
