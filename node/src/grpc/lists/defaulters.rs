//! Who stands on which list of defaulters, with the records that put them there.

use std::collections::BTreeMap;

use changxiao_domain::{enterprise::Enterprise, measure, period::Month, serial::Serial};
use changxiao_proto::county::v1::DefaultKind;
use changxiao_tier::{fault::Fault, journal::store::unsigned};
use sea_orm::{ColumnTrait, Condition, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::store::{dossiers, enterprise_months, enterprises, hazards, measures};

/// Enterprises by their raw serial, each with the paths of its records.
type Found = BTreeMap<i64, Vec<String>>;

/// Whether a list is one of a month.
pub(super) const fn is_monthly(kind: DefaultKind) -> bool {
    matches!(
        kind,
        DefaultKind::DeclarationOverdue
            | DefaultKind::DeclarationMissing
            | DefaultKind::DeclarationLate
            | DefaultKind::NoSelfInspection
            | DefaultKind::ZeroReports
    )
}

/// The enterprises on a list.
pub(super) async fn of(db: &DatabaseConnection, kind: DefaultKind, month: Month) -> Result<Found, Fault> {
    use enterprise_months::Column as M;
    let open = Condition::all().add(dossiers::Column::State.is_not_in(["struck_off", "downgraded"]));
    match kind {
        DefaultKind::DeclarationOverdue => declarations(db, month, M::State.eq("overdue").into()).await,
        DefaultKind::DeclarationMissing => declarations(db, month, M::State.eq("missing").into()).await,
        DefaultKind::DeclarationLate => {
            let filed = Condition::all().add(M::FiledMs.is_not_null()).add(M::FiledLate.eq(true));
            declarations(db, month, filed).await
        }
        DefaultKind::NoSelfInspection => {
            let idle = Condition::all().add(M::SelfInspections.eq(0)).add(M::State.is_not_in(["-", "exempt"]));
            declarations(db, month, idle).await
        }
        DefaultKind::ZeroReports => zero_reports(db, month).await,
        DefaultKind::HazardOverdue => hazards(db).await,
        DefaultKind::TreatmentOverdue => dossiers(db, open.add(dossiers::Column::Overdue.eq(true))).await,
        DefaultKind::Undossiered => {
            let none = open.add(dossiers::Column::Undossiered.eq(true)).add(dossiers::Column::State.eq("identified"));
            dossiers(db, none).await
        }
        DefaultKind::ProgressMissed => dossiers(db, open.add(dossiers::Column::ProgressMissed.gt(0))).await,
        DefaultKind::NotListed => {
            dossiers(db, open.add(dossiers::Column::State.eq("filed")).add(dossiers::Column::Listed.eq(false))).await
        }
        DefaultKind::Blacklisted => blacklisted(db).await,
        DefaultKind::Unfilled => owners(db, Enterprise::is_unfilled).await,
        DefaultKind::Stale => owners(db, |owner| owner.stale && owner.state.is_supervised()).await,
        DefaultKind::Unspecified => Ok(Found::new()),
    }
}

fn serial(raw: i64) -> String {
    Serial::from_raw(unsigned(raw)).map(|serial| serial.to_string()).unwrap_or_default()
}

async fn declarations(db: &DatabaseConnection, month: Month, wanted: Condition) -> Result<Found, Fault> {
    let found: Vec<i64> = enterprise_months::Entity::find()
        .select_only()
        .column(enterprise_months::Column::Enterprise)
        .filter(enterprise_months::Column::Month.eq(month.to_string()))
        .filter(wanted)
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.into_iter().map(|raw| (raw, vec![format!("enterprises/{}/declarations/{month}", serial(raw))])).collect())
}

/// Nothing found in this month and the two before it, or longer (§8.3: three in a row).
async fn zero_reports(db: &DatabaseConnection, month: Month) -> Result<Found, Fault> {
    let months = [month, month.prev(), month.prev().prev()];
    let rows: Vec<(i64, String)> = enterprise_months::Entity::find()
        .select_only()
        .columns([enterprise_months::Column::Enterprise, enterprise_months::Column::Month])
        .filter(enterprise_months::Column::Month.is_in(months.map(|month| month.to_string())))
        .filter(enterprise_months::Column::FiledStatement.ne(""))
        .order_by_asc(enterprise_months::Column::Month)
        .into_tuple()
        .all(db)
        .await?;
    let mut found = Found::new();
    for (raw, month) in rows {
        found.entry(raw).or_default().push(format!("enterprises/{}/declarations/{month}", serial(raw)));
    }
    found.retain(|_, months| months.len() == 3);
    Ok(found)
}

async fn hazards(db: &DatabaseConnection) -> Result<Found, Fault> {
    let rows: Vec<(i64, i64)> = hazards::Entity::find()
        .select_only()
        .columns([hazards::Column::Enterprise, hazards::Column::Serial])
        .filter(hazards::Column::Overdue.eq(true))
        .order_by_asc(hazards::Column::Serial)
        .into_tuple()
        .all(db)
        .await?;
    Ok(grouped(rows, "hazards"))
}

async fn dossiers(db: &DatabaseConnection, wanted: Condition) -> Result<Found, Fault> {
    let rows: Vec<(i64, i64)> = dossiers::Entity::find()
        .select_only()
        .columns([dossiers::Column::Enterprise, dossiers::Column::Serial])
        .filter(wanted)
        .order_by_asc(dossiers::Column::Serial)
        .into_tuple()
        .all(db)
        .await?;
    Ok(grouped(rows, "dossiers"))
}

/// Enterprises that are on a list by their own record.
async fn owners(db: &DatabaseConnection, listed: fn(&Enterprise) -> bool) -> Result<Found, Fault> {
    let mut found = Found::new();
    for row in enterprises::Entity::find().all(db).await? {
        let raw = row.serial;
        let owner = enterprises::from_row(row).map_err(DbErr::from)?;
        if listed(&owner) {
            found.insert(raw, vec![format!("enterprises/{}", owner.serial)]);
        }
    }
    Ok(found)
}

async fn blacklisted(db: &DatabaseConnection) -> Result<Found, Fault> {
    let listed = [measure::State::Blacklisted, measure::State::Expiring].map(measure::State::id);
    let rows: Vec<(Option<i64>, i64)> = measures::Entity::find()
        .select_only()
        .columns([measures::Column::Enterprise, measures::Column::Serial])
        .filter(measures::Column::State.is_in(listed))
        .into_tuple()
        .all(db)
        .await?;
    Ok(grouped(rows.into_iter().filter_map(|(enterprise, serial)| Some((enterprise?, serial))), "measures"))
}

fn grouped(rows: impl IntoIterator<Item = (i64, i64)>, collection: &str) -> Found {
    let mut found = Found::new();
    for (enterprise, record) in rows {
        found.entry(enterprise).or_default().push(format!("{collection}/{}", serial(record)));
    }
    found
}
