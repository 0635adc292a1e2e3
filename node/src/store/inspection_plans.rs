//! Plans of inspections. A plan never changes, so its row keeps the body of the event that made it.

use changxiao_domain::{clock::Instant, event::PlanMade, inspection::plan::Plan, stamp::Stamp};
use changxiao_proto::{
    convert::scalar::{Parts, Wire},
    journal::v1 as pb,
};
use changxiao_tier::journal::store::{signed, unsigned};
use prost::Message as _;
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inspection_plans")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub serial: i64,
    pub month: String,
    pub industry: Option<String>,
    pub made: Vec<u8>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{RowFault, keyed_by_serial};

const TABLE: &str = "inspection_plans";

keyed_by_serial!("inspection_plans", Plan);

/// A row as a domain value.
///
/// # Errors
/// The stored body is none.
pub fn from_row(row: Model) -> Result<Plan, RowFault> {
    let broken = |why: String| RowFault { table: TABLE, column: "made", why };
    let wire = pb::PlanMade::decode(row.made.as_slice()).map_err(|fault| broken(fault.to_string()))?;
    let event = PlanMade::take(wire, &Parts::default()).map_err(broken)?;
    let (at, position) = (Instant::from_ms(0), unsigned(row.version));
    Ok(Plan::made(&event, &Stamp { actor: String::new(), at, received: at, epoch: event.plan.epoch(), position }))
}

/// A domain value as a row.
#[must_use]
pub fn to_row(plan: &Plan) -> Model {
    let said = &plan.planning;
    let made = PlanMade {
        plan: plan.serial,
        kind: said.kind,
        covert: said.covert,
        month: said.month,
        body: said.body.clone(),
        area: said.area.clone(),
        departments: said.departments.clone(),
        checklist: said.checklist.clone(),
        letter: said.letter.clone(),
        industry: plan.industry,
        team: plan.team.clone(),
        targets_draw: plan.targets_draw.clone(),
        officers_draw: plan.officers_draw.clone(),
        inspections: plan.inspections,
    };
    Model {
        serial: signed(plan.serial.raw()),
        month: said.month.to_string(),
        industry: plan.industry.map(|code| code.to_string()),
        made: made.put(&mut Parts::default()).encode_to_vec(),
        version: signed(plan.version),
    }
}
