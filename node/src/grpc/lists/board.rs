//! The mechanism board (R13): which of the eight parts of 1+3+4 run, and when something last happened in each.

use changxiao_domain::{
    clock::{Date, Instant},
    scope::Scope,
};
use changxiao_proto::county::v1::{Mechanism, MechanismBoard};
use changxiao_tier::fault::Fault;
use sea_orm::{ColumnTrait, Condition, DatabaseConnection, EntityTrait, QueryFilter, QuerySelect, sea_query::Query};

use crate::{
    grpc::within,
    store::{dossiers, enterprise_months, enterprises, hazards, self_inspections},
};

/// How many records there are, and the last activity.
type Activity = (u64, Option<Instant>);

/// Of the enterprises within a sight.
pub(super) async fn of(db: &DatabaseConnection, scope: Scope) -> Result<MechanismBoard, Fault> {
    let inspected = self_inspections(db, scope).await?;
    let catalogue = catalogue(db, scope).await?;
    let declared = declarations(db, scope).await?;
    let (listed, assigned) = hazards(db, scope).await?;
    let none: Activity = (0, None);
    let mechanisms = [
        ("self_inspection", "企业自检自查", "R14", inspected),
        ("department_inspection", "部门专项检查", "R19", none),
        ("expert_visit", "专家明查暗访", "R20", none),
        ("government_supervision", "政府综合督查", "R21", none),
        ("catalogue", "监管对象目录化管理", "R26", catalogue),
        ("declaration", "企业自查情况月度申报", "R27", declared),
        ("lists", "隐患和问题清单化管理", "R28", listed),
        ("responsibility", "隐患整改责任落实", "R29", assigned),
    ];
    let mechanisms = mechanisms.map(|(id, title, requirement, (records, last))| Mechanism {
        id: id.to_owned(),
        title: title.to_owned(),
        requirement: requirement.to_owned(),
        runs: records > 0,
        records: u32::try_from(records).unwrap_or(u32::MAX),
        last_at_ms: last.map_or(0, Instant::ms),
    });
    Ok(MechanismBoard { mechanisms: mechanisms.into() })
}

/// Enterprises within a sight, for tables that name nothing but the enterprise.
fn owned<C: ColumnTrait>(scope: Scope, enterprise: C) -> Condition {
    if scope.is_whole() {
        return Condition::all();
    }
    let owners = Query::select()
        .column(enterprises::Column::Serial)
        .from(enterprises::Entity)
        .cond_where(within(scope, enterprises::Column::Serial, Some(enterprises::Column::Industry)))
        .to_owned();
    Condition::all().add(enterprise.in_subquery(owners))
}

fn day(text: Option<String>) -> Option<Instant> {
    text.and_then(|text| text.parse::<Date>().ok()).map(Instant::start_of)
}

fn counted(found: Option<(i64, Option<String>)>) -> Activity {
    found.map_or((0, None), |(count, last)| (u64::try_from(count).unwrap_or_default(), day(last)))
}

async fn self_inspections(db: &DatabaseConnection, scope: Scope) -> Result<Activity, Fault> {
    use self_inspections::{Column, Entity};
    let query = Entity::find()
        .select_only()
        .column_as(Column::Inspection.count(), "records")
        .column_as(Column::HeldOn.max(), "last")
        .filter(Column::FinishedMs.is_not_null())
        .filter(owned(scope, Column::Enterprise));
    Ok(counted(query.into_tuple().one(db).await?))
}

async fn catalogue(db: &DatabaseConnection, scope: Scope) -> Result<Activity, Fault> {
    use enterprises::{Column, Entity};
    let query = Entity::find()
        .select_only()
        .column_as(Column::Serial.count(), "records")
        .column_as(Column::ApprovedMs.max(), "last")
        .filter(within(scope, Column::Serial, Some(Column::Industry)));
    let found: Option<(i64, Option<i64>)> = query.into_tuple().one(db).await?;
    Ok(found.map_or((0, None), |(count, last)| (u64::try_from(count).unwrap_or_default(), last.map(Instant::from_ms))))
}

async fn declarations(db: &DatabaseConnection, scope: Scope) -> Result<Activity, Fault> {
    use enterprise_months::{Column, Entity};
    let query = Entity::find()
        .select_only()
        .column_as(Column::FiledMs.count(), "records")
        .column_as(Column::FiledMs.max(), "last")
        .filter(owned(scope, Column::Enterprise));
    let found: Option<(i64, Option<i64>)> = query.into_tuple().one(db).await?;
    Ok(found.map_or((0, None), |(count, last)| (u64::try_from(count).unwrap_or_default(), last.map(Instant::from_ms))))
}

/// Hazards and dossiers on the lists; of these, hazards for which somebody answers.
async fn hazards(db: &DatabaseConnection, scope: Scope) -> Result<(Activity, Activity), Fault> {
    use hazards::{Column, Entity};
    let seen = || within(scope, Column::Enterprise, Some(Column::Industry));
    let query = || {
        Entity::find()
            .select_only()
            .column_as(Column::Serial.count(), "records")
            .column_as(Column::FoundOn.max(), "last")
            .filter(seen())
    };
    let general = counted(query().into_tuple().one(db).await?);
    let assigned = counted(query().filter(Column::Assigned.eq(true)).into_tuple().one(db).await?);
    let major = dossiers::Entity::find()
        .select_only()
        .column_as(dossiers::Column::Serial.count(), "records")
        .column_as(dossiers::Column::FoundOn.max(), "last")
        .filter(within(scope, dossiers::Column::Enterprise, Some(dossiers::Column::Industry)));
    let major = counted(major.into_tuple().one(db).await?);
    Ok(((general.0 + major.0, general.1.max(major.1)), assigned))
}
