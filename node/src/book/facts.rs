//! What a county shows above: cells, month statements, dossiers, requests for admission, answers.
//!
//! | fact | key | audience |
//! |---|---|---|
//! | cell | month/category | above |
//! | month | month | above |
//! | dossier | serial | parent; above once escalated |
//! | admission | enterprise serial | parent, withdrawn when decided |
//! | answer | directive | above |

use std::collections::BTreeSet;

use changxiao_domain::{county_month, dossier::Dossier, enterprise, period::Month, region::RegionId};
use changxiao_proto::{oversight::v1 as oversight, statistics::v1 as statistics};
use changxiao_tier::{
    database::upsert,
    facts::Change,
    protocol::fact::{Audience, Topic},
};
use prost::Message as _;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::known::Known;
use crate::{
    grpc::view,
    store::{cells, county_months, dossiers},
};

fn change(audience: Audience, kind: &str, key: String, bucket: String, body: Option<Vec<u8>>) -> Change {
    Change { audience, topic: Topic::new(kind, key), bucket, body_version: 1, body: body.map(Into::into) }
}

/// Writes changed rows and says which facts follow.
pub async fn flush(region: &RegionId, db: &impl ConnectionTrait, known: &mut Known) -> Result<Vec<Change>, DbErr> {
    let mut changes = known.common.flush(db).await?;
    let touched = known.dossiers.changed_keys();
    let rows: Vec<_> = touched.iter().filter_map(|serial| known.dossiers.get(serial)).map(dossiers::to_row).collect();
    upsert::<dossiers::Entity>(db, rows).await?;
    for dossier in touched.iter().filter_map(|serial| known.dossiers.get(serial)) {
        changes.extend(dossier_facts(region, dossier));
    }
    let months = known.county_months.changed_keys();
    let rows: Vec<_> = months.iter().filter_map(|month| known.county_months.get(month)).map(county_months::to_row).collect();
    upsert::<county_months::Entity>(db, rows).await?;
    let admissions = std::mem::take(&mut known.admissions);
    for enterprise in admissions.iter().filter_map(|serial| known.enterprises.get(serial)) {
        let asked = (enterprise.state == enterprise::State::Checked).then_some(enterprise.requested_at).flatten();
        let body = asked.map(|at| {
            oversight::Admission {
                name: String::new(),
                enterprise: Some(view::enterprise(region, enterprise)),
                requested_at_ms: at.ms(),
            }
            .encode_to_vec()
        });
        // The bucket must not move with the answer: it is the month of the entry that made the enterprise known.
        let bucket = format!("admission/{}", enterprise.serial.position() / 1_000);
        changes.push(change(Audience::Parent, "admission", enterprise.serial.to_string(), bucket, body));
    }
    let totals = known.write(db).await?;
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

fn dossier_facts(region: &RegionId, dossier: &Dossier) -> Vec<Change> {
    let body = view::dossier(region, dossier).encode_to_vec();
    let (key, bucket) = (dossier.serial.to_string(), format!("dossier/{}", dossier.found_on.year()));
    let mut facts = vec![change(Audience::Parent, "dossier", key.clone(), bucket.clone(), Some(body.clone()))];
    if dossier.escalated {
        facts.push(change(Audience::Above, "dossier", key, bucket, Some(body)));
    }
    facts
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
