//! The six "in place" checks: records gathered with one question for each table, judged by the domain.

use std::collections::BTreeMap;

use changxiao_domain::{
    declaration::{self, EnterpriseMonth},
    enterprise::Enterprise,
    hazard,
    in_place::{Check, Records, Verdict, judge},
    period::Month,
    scope::Scope,
    serial::Serial,
};
use changxiao_proto::county::v1 as pb;
use changxiao_tier::{fault::Fault, journal::store::signed};
use sea_orm::{ColumnTrait, Condition, DatabaseConnection, DbErr, EntityTrait, QueryFilter};

use crate::{
    grpc::within,
    store::{enterprise_months, enterprises, hazards},
};

/// Shortest description of a hazard that tells anything (R97), in characters.
const LEAST_DESCRIPTION: usize = 10;

/// Of one enterprise, or of those within a sight that owe the month.
pub(super) async fn of(db: &DatabaseConnection, scope: Scope, one: Option<Serial>, month: Month) -> Result<pb::InPlace, Fault> {
    let records = gather(db, scope, one, month).await?;
    let checks = Check::ALL.iter().map(|(check, requirement, title)| {
        let verdicts: Vec<Verdict> = records.values().map(|records| judge(*check, records)).collect();
        let count = |wanted: &[Verdict]| {
            u32::try_from(verdicts.iter().filter(|verdict| wanted.contains(verdict)).count()).unwrap_or(u32::MAX)
        };
        let verdict = match (one, verdicts.as_slice()) {
            (Some(_), [Verdict::Passed]) => pb::Verdict::Passed,
            (Some(_), [Verdict::Failed]) => pb::Verdict::Failed,
            (Some(_), _) => pb::Verdict::Unknown,
            (None, _) => pb::Verdict::Unspecified,
        };
        pb::InPlaceCheck {
            requirement: (*requirement).to_owned(),
            title: (*title).to_owned(),
            verdict: verdict.into(),
            passed: count(&[Verdict::Passed]),
            judged: count(&[Verdict::Passed, Verdict::Failed]),
        }
    });
    Ok(pb::InPlace { checks: checks.collect(), enterprises: u32::try_from(records.len()).unwrap_or(u32::MAX) })
}

fn of_month(owner: &Enterprise, value: &EnterpriseMonth) -> Records {
    let filed = value.filed.as_ref();
    Records {
        fields_filled: owner.data.completeness().missing.is_empty(),
        // A declaration says that the basic data still hold.
        confirmed: !owner.stale && (owner.confirmed_at.is_some() || value.confirmed.is_some() || filed.is_some()),
        inspections: value.counts.self_inspections,
        declaration_signed: value.signed.is_some() || filed.is_some(),
        reported: value.state == declaration::State::Accepted && filed.is_some_and(|filed| !filed.late),
        ..Records::default()
    }
}

async fn gather(
    db: &DatabaseConnection,
    scope: Scope,
    one: Option<Serial>,
    month: Month,
) -> Result<BTreeMap<Serial, Records>, Fault> {
    let only = |column: enterprises::Column| one.map(|serial| column.eq(signed(serial.raw())));
    let owners = enterprises::Entity::find()
        .filter(within(scope, enterprises::Column::Serial, Some(enterprises::Column::Industry)))
        .filter(Condition::all().add_option(only(enterprises::Column::Serial)))
        .all(db)
        .await?;
    let mut months = BTreeMap::new();
    let rows = enterprise_months::Entity::find().filter(enterprise_months::Column::Month.eq(month.to_string())).all(db).await?;
    for row in &rows {
        let value = enterprise_months::from_row(row).map_err(DbErr::from)?;
        months.insert(value.enterprise, value);
    }
    let mut gathered = BTreeMap::new();
    for row in owners {
        let owner = enterprises::from_row(row).map_err(DbErr::from)?;
        let owes = |value: &&EnterpriseMonth| !matches!(value.state, declaration::State::NotOwed | declaration::State::Exempt);
        if let Some(value) = months.get(&owner.serial).filter(owes) {
            gathered.insert(owner.serial, of_month(&owner, value));
        }
    }
    let only = one.map(|serial| hazards::Column::Enterprise.eq(signed(serial.raw())));
    for row in hazards::Entity::find().filter(Condition::all().add_option(only)).all(db).await? {
        let hazard = hazards::from_row(row).map_err(DbErr::from)?;
        if let Some(records) = gathered.get_mut(&hazard.enterprise) {
            count_hazard(records, &hazard, month);
        }
    }
    Ok(gathered)
}

fn count_hazard(records: &mut Records, hazard: &hazard::Hazard, month: Month) {
    if month.contains(hazard.found_on) && hazard.state != hazard::State::Voided {
        records.hazards += 1;
        let told = !hazard.place.is_empty() && hazard.description.chars().count() >= LEAST_DESCRIPTION;
        records.hazards_incomplete += u32::from(!told);
    }
    if matches!(hazard.state, hazard::State::Registered | hazard::State::General | hazard::State::Rectifying) {
        records.without_duty += u32::from(hazard.duties.is_none() || hazard.deadline.is_none());
        records.overdue += u32::from(hazard.overdue);
    }
}
