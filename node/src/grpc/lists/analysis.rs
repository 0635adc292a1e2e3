//! Problems in rectification by category (R49): what came back, what took longer, what was sent back again and again.

use std::collections::BTreeMap;

use changxiao_domain::{
    hazard::{Hazard, State},
    period::Month,
    scope::Scope,
};
use changxiao_proto::county::v1::{RectificationAnalysis, RectificationProblem};
use changxiao_tier::fault::Fault;
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter};

use crate::{grpc::within, store::hazards};

/// Sent back so often, a hazard is a problem to look into (GH8).
const OFTEN: u32 = 2;

/// Of the hazards found in a span, within a sight; void ones were none.
pub(super) async fn of(
    db: &DatabaseConnection,
    scope: Scope,
    (first, last): (Month, Month),
) -> Result<RectificationAnalysis, Fault> {
    let filter = within(scope, hazards::Column::Enterprise, Some(hazards::Column::Industry))
        .add(hazards::Column::FoundOn.gte(first.first_day().to_string()))
        .add(hazards::Column::FoundOn.lte(last.last_day().to_string()))
        .add(hazards::Column::State.ne(State::Voided.id()));
    let mut problems: BTreeMap<String, RectificationProblem> = BTreeMap::new();
    let mut total = RectificationProblem::default();
    for row in hazards::Entity::find().filter(filter).all(db).await? {
        let hazard = hazards::from_row(row).map_err(DbErr::from)?;
        let category = hazard.category.to_string();
        let of_category = problems.entry(category.clone()).or_insert(RectificationProblem { category, ..Default::default() });
        count(of_category, &hazard);
        count(&mut total, &hazard);
    }
    Ok(RectificationAnalysis { problems: problems.into_values().collect(), total: Some(total) })
}

fn count(problem: &mut RectificationProblem, hazard: &Hazard) {
    problem.found += 1;
    problem.returned += u32::from(hazard.returned > 0);
    problem.returned_often += u32::from(hazard.returned >= OFTEN);
    problem.extended += u32::from(hazard.extensions > 0);
    problem.overdue += u32::from(hazard.overdue);
    problem.recurred += u32::from(hazard.recurred);
    problem.late_entry += u32::from(hazard.late_entry);
}
