//! Who answers for what that is open, or for what was struck off: hazards and dossiers in one list by their serial.

use changxiao_domain::{dossier::Dossier, hazard::Hazard, personal::Personal, region::RegionId, scope::Scope, serial::Serial};
use changxiao_proto::{
    convert::scalar::{Parts, Wire},
    county::v1 as pb,
    types::v1::Page,
};
use changxiao_tier::{desk::page, fault::Fault, journal::store::signed};
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    grpc::{after, cut, within},
    store::{dossiers, hazards},
};

/// States that are over, each table's own.
const OVER: [&str; 4] = ["struck_off", "upgraded", "voided", "downgraded"];

/// A page of the list.
pub(super) async fn of(
    db: &DatabaseConnection,
    region: &RegionId,
    scope: Scope,
    (enterprise, struck_off): (Option<Serial>, bool),
    asked: Option<&Page>,
) -> Result<pb::ListResponsibilitiesResponse, Fault> {
    let (size, token) = page(asked)?;
    let from = after(token)?.map_or(0, |after| signed(after.raw()));
    let only = enterprise.map(|serial| signed(serial.raw()));
    let mut filter = within(scope, hazards::Column::Enterprise, Some(hazards::Column::Industry))
        .add(hazards::Column::Serial.gt(from))
        .add_option(only.map(|raw| hazards::Column::Enterprise.eq(raw)));
    filter = if struck_off {
        filter.add(hazards::Column::State.eq("struck_off"))
    } else {
        filter.add(hazards::Column::State.is_not_in(OVER))
    };
    let general = hazards::Entity::find().filter(filter).order_by_asc(hazards::Column::Serial).limit(size + 1).all(db).await?;
    let mut filter = within(scope, dossiers::Column::Enterprise, Some(dossiers::Column::Industry))
        .add(dossiers::Column::Serial.gt(from))
        .add_option(only.map(|raw| dossiers::Column::Enterprise.eq(raw)));
    filter = if struck_off {
        filter.add(dossiers::Column::State.eq("struck_off"))
    } else {
        filter.add(dossiers::Column::State.is_not_in(OVER))
    };
    let major = dossiers::Entity::find().filter(filter).order_by_asc(dossiers::Column::Serial).limit(size + 1).all(db).await?;
    let mut found = Vec::with_capacity(general.len() + major.len());
    for row in general {
        let hazard = hazards::from_row(row).map_err(DbErr::from)?;
        found.push((hazard.serial, of_hazard(region, &hazard)));
    }
    for row in major {
        let dossier = dossiers::from_row(row).map_err(DbErr::from)?;
        found.push((dossier.serial, of_dossier(region, &dossier)));
    }
    found.sort_by_key(|(serial, _)| *serial);
    let next_page_token = cut(&mut found, size, |(serial, _)| serial.to_string());
    Ok(pb::ListResponsibilitiesResponse { responsibilities: found.into_iter().map(|(_, one)| one).collect(), next_page_token })
}

fn of_hazard(region: &RegionId, hazard: &Hazard) -> pb::Responsibility {
    let name = |person: &Personal| person.shown().to_owned();
    let duties = hazard.duties.as_ref();
    pb::Responsibility {
        name: format!("regions/{region}/hazards/{}", hazard.serial),
        enterprise: format!("regions/{region}/enterprises/{}", hazard.enterprise),
        state: hazard.state.words().to_owned(),
        rectifier: duties.map(|duties| name(&duties.rectifier)).unwrap_or_default(),
        reinspector: duties.map(|duties| name(&duties.reinspector)).unwrap_or_default(),
        acceptor: duties.map(|duties| name(&duties.acceptor)).unwrap_or_default(),
        closer: duties.map(|duties| name(&duties.closer)).unwrap_or_default(),
        deadline: hazard.deadline.put(&mut Parts::default()),
        overdue: hazard.overdue,
        evidence: hazard.result.clone(),
    }
}

fn of_dossier(region: &RegionId, dossier: &Dossier) -> pb::Responsibility {
    let plan = dossier.plan.as_ref();
    pb::Responsibility {
        name: format!("regions/{region}/dossiers/{}", dossier.serial),
        enterprise: format!("regions/{region}/enterprises/{}", dossier.enterprise),
        state: dossier.state.words().to_owned(),
        rectifier: plan.map(|plan| plan.responsibility.clone()).unwrap_or_default(),
        // Looked at, accepted and struck off by the listing body.
        reinspector: String::new(),
        acceptor: dossier.notice.as_ref().map(|notice| notice.signer.shown().to_owned()).unwrap_or_default(),
        closer: String::new(),
        deadline: dossier.listed_deadline.or(plan.map(|plan| plan.deadline)).put(&mut Parts::default()),
        overdue: dossier.is_overdue(),
        evidence: dossier.progress.as_ref().map(|progress| progress.text.clone()).unwrap_or_default(),
    }
}
