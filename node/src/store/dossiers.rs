//! Dossiers of major hazards.

use changxiao_domain::{
    clock::Instant,
    dossier::{Assessor, Dossier, FilingBody, Notice, Plan, Progress, State},
    serial::Serial,
};
use changxiao_tier::journal::store::{signed, unsigned};
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dossiers")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub serial: i64,
    pub enterprise: i64,
    pub enterprise_title: String,
    pub industry: String,
    pub state: String,
    pub found_on: String,
    pub category: String,
    pub identified_on: String,
    pub open_by: String,
    pub criterion: String,
    pub state_and_cause: String,
    pub harm_and_difficulty: String,
    pub protection: String,
    pub upgraded_from: Option<i64>,
    pub number: String,
    pub undossiered: bool,
    pub planned: bool,
    pub measures: String,
    pub responsibility: String,
    pub funds_yuan: i64,
    pub plan_deadline: Option<String>,
    pub emergency_plan: String,
    pub goals: String,
    pub confirmed: i64,
    pub not_listed: String,
    pub listed: bool,
    pub notice_number: String,
    pub notice_signer: Option<String>,
    pub notice_receiver: Option<String>,
    pub suspends: bool,
    pub listed_deadline: Option<String>,
    pub progress_month: Option<String>,
    pub progress_percent: i64,
    pub progress_spent_yuan: i64,
    pub progress_text: String,
    pub treatable_ms: Option<i64>,
    pub treated_from: Option<String>,
    pub progress_from: Option<String>,
    pub progress_missed: i64,
    pub extension: Option<String>,
    pub extensions: i64,
    pub institution: String,
    pub qualification: String,
    pub qualified_until: Option<String>,
    pub field: String,
    pub due_ms: Option<i64>,
    pub overdue: bool,
    pub overdue_ms: Option<i64>,
    pub escalated: bool,
    pub returned: i64,
    pub struck_off_on: Option<String>,
    pub closing_number: String,
    pub resumption: bool,
    pub resumed: bool,
    pub hazard: Option<i64>,
    pub acts: String,
    pub inspection: Option<i64>,
    pub ordered_by: Option<String>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{RowFault, acts, date, keyed_by_serial, month, name_of, optional_date, ordered, parse, person, serial, state};

const TABLE: &str = "dossiers";

keyed_by_serial!("dossiers", Dossier);

fn bit(body: FilingBody) -> i64 {
    1 << body.number()
}

/// A row as a domain value.
///
/// # Errors
/// A column holds what no dossier can have.
pub fn from_row(row: Model) -> Result<Dossier, RowFault> {
    let plan = match row.plan_deadline.as_deref() {
        Some(deadline) if row.planned => Some(Plan {
            measures: row.measures,
            responsibility: row.responsibility,
            funds_yuan: unsigned(row.funds_yuan),
            deadline: date(TABLE, "plan_deadline", deadline)?,
            emergency_plan: row.emergency_plan,
            goals: row.goals,
        }),
        _ => None,
    };
    let progress = match row.progress_month.as_deref() {
        Some(of) => Some(Progress {
            month: month(TABLE, "progress_month", of)?,
            percent: u8::try_from(row.progress_percent).unwrap_or_default(),
            spent_yuan: unsigned(row.progress_spent_yuan),
            text: row.progress_text,
        }),
        None => None,
    };
    let notice = row.listed.then(|| Notice {
        number: row.notice_number,
        signer: person(row.notice_signer),
        receiver: person(row.notice_receiver),
        suspends: row.suspends,
    });
    let assessor = match row.qualified_until.as_deref() {
        Some(until) => Some(Assessor {
            institution: row.institution,
            qualification: row.qualification,
            qualified_until: date(TABLE, "qualified_until", until)?,
            field: row.field,
        }),
        None => None,
    };
    Ok(Dossier {
        serial: serial(TABLE, "serial", row.serial)?,
        enterprise: serial(TABLE, "enterprise", row.enterprise)?,
        enterprise_title: row.enterprise_title,
        industry: parse(TABLE, "industry", &row.industry)?,
        state: state(TABLE, &row.state, State::from_id)?,
        found_on: date(TABLE, "found_on", &row.found_on)?,
        identified_on: date(TABLE, "identified_on", &row.identified_on)?,
        open_by: date(TABLE, "open_by", &row.open_by)?,
        category: parse(TABLE, "category", &row.category)?,
        criterion: row.criterion,
        state_and_cause: row.state_and_cause,
        harm_and_difficulty: row.harm_and_difficulty,
        protection: row.protection,
        upgraded_from: row.upgraded_from.map(|raw| serial(TABLE, "upgraded_from", raw)).transpose()?,
        number: row.number,
        undossiered: row.undossiered,
        plan,
        confirmed: FilingBody::ALL.into_iter().filter(|body| row.confirmed & bit(*body) != 0).collect(),
        not_listed: row.not_listed,
        notice,
        listed_deadline: optional_date(TABLE, "listed_deadline", row.listed_deadline.as_deref())?,
        progress,
        treatable_since: row.treatable_ms.map(Instant::from_ms),
        treated_from: row.treated_from.as_deref().map(|of| month(TABLE, "treated_from", of)).transpose()?,
        progress_from: row.progress_from.as_deref().map(|of| month(TABLE, "progress_from", of)).transpose()?,
        progress_missed: u32::try_from(row.progress_missed).unwrap_or_default(),
        overdue_since: row.overdue_ms.map(Instant::from_ms),
        escalated: row.escalated,
        extension: optional_date(TABLE, "extension", row.extension.as_deref())?,
        extensions: u32::try_from(row.extensions).unwrap_or_default(),
        assessor,
        returned: u32::try_from(row.returned).unwrap_or_default(),
        struck_off_on: optional_date(TABLE, "struck_off_on", row.struck_off_on.as_deref())?,
        closing_number: row.closing_number,
        resumption: row.resumption,
        resumed: row.resumed,
        hazard: row.hazard.map(|raw| serial(TABLE, "hazard", raw)).transpose()?,
        acts: acts(TABLE, &row.acts)?,
        ordered: ordered(TABLE, row.inspection, row.ordered_by.as_deref())?,
        version: unsigned(row.version),
    })
}

/// A domain value as a row. `due_ms` is derived, so that the next deadline is one index look-up.
#[must_use]
pub fn to_row(dossier: &Dossier) -> Model {
    let (plan, progress) = (dossier.plan.as_ref(), dossier.progress.as_ref());
    let (notice, assessor) = (dossier.notice.as_ref(), dossier.assessor.as_ref());
    Model {
        serial: signed(dossier.serial.raw()),
        enterprise: signed(dossier.enterprise.raw()),
        enterprise_title: dossier.enterprise_title.clone(),
        industry: dossier.industry.to_string(),
        state: dossier.state.id().to_owned(),
        found_on: dossier.found_on.to_string(),
        identified_on: dossier.identified_on.to_string(),
        open_by: dossier.open_by.to_string(),
        category: dossier.category.to_string(),
        criterion: dossier.criterion.clone(),
        state_and_cause: dossier.state_and_cause.clone(),
        harm_and_difficulty: dossier.harm_and_difficulty.clone(),
        protection: dossier.protection.clone(),
        upgraded_from: dossier.upgraded_from.map(|serial| signed(serial.raw())),
        number: dossier.number.clone(),
        undossiered: dossier.undossiered,
        planned: plan.is_some(),
        measures: plan.map(|plan| plan.measures.clone()).unwrap_or_default(),
        responsibility: plan.map(|plan| plan.responsibility.clone()).unwrap_or_default(),
        funds_yuan: plan.map_or(0, |plan| signed(plan.funds_yuan)),
        plan_deadline: plan.map(|plan| plan.deadline.to_string()),
        emergency_plan: plan.map(|plan| plan.emergency_plan.clone()).unwrap_or_default(),
        goals: plan.map(|plan| plan.goals.clone()).unwrap_or_default(),
        confirmed: dossier.confirmed.iter().map(|body| bit(*body)).sum(),
        not_listed: dossier.not_listed.clone(),
        listed: notice.is_some(),
        notice_number: notice.map(|notice| notice.number.clone()).unwrap_or_default(),
        notice_signer: notice.and_then(|notice| name_of(&notice.signer)),
        notice_receiver: notice.and_then(|notice| name_of(&notice.receiver)),
        suspends: notice.is_some_and(|notice| notice.suspends),
        listed_deadline: dossier.listed_deadline.map(|date| date.to_string()),
        progress_month: progress.map(|progress| progress.month.to_string()),
        progress_percent: progress.map_or(0, |progress| i64::from(progress.percent)),
        progress_spent_yuan: progress.map_or(0, |progress| signed(progress.spent_yuan)),
        progress_text: progress.map(|progress| progress.text.clone()).unwrap_or_default(),
        treatable_ms: dossier.treatable_since.map(Instant::ms),
        treated_from: dossier.treated_from.map(|month| month.to_string()),
        progress_from: dossier.progress_from.map(|month| month.to_string()),
        progress_missed: i64::from(dossier.progress_missed),
        extension: dossier.extension.map(|date| date.to_string()),
        extensions: i64::from(dossier.extensions),
        institution: assessor.map(|assessor| assessor.institution.clone()).unwrap_or_default(),
        qualification: assessor.map(|assessor| assessor.qualification.clone()).unwrap_or_default(),
        qualified_until: assessor.map(|assessor| assessor.qualified_until.to_string()),
        field: assessor.map(|assessor| assessor.field.clone()).unwrap_or_default(),
        due_ms: dossier.due().map(Instant::ms),
        overdue: dossier.is_overdue(),
        overdue_ms: dossier.overdue_since.map(Instant::ms),
        escalated: dossier.escalated,
        returned: i64::from(dossier.returned),
        struck_off_on: dossier.struck_off_on.map(|date| date.to_string()),
        closing_number: dossier.closing_number.clone(),
        resumption: dossier.resumption,
        resumed: dossier.resumed,
        hazard: dossier.hazard.map(|serial| signed(serial.raw())),
        acts: dossier.acts.text(),
        inspection: dossier.ordered.map(|ordered| signed(ordered.inspection.raw())),
        ordered_by: dossier.ordered.map(|ordered| ordered.deadline.to_string()),
        version: signed(dossier.version),
    }
}

/// Serials of the open ones of an enterprise, ascending.
///
/// # Errors
/// The database fails, or a row is none.
pub async fn open_of(db: &impl sea_orm::ConnectionTrait, enterprise: Serial) -> Result<Vec<Serial>, DbErr> {
    use sea_orm::{QueryOrder as _, QuerySelect as _};
    let query = Entity::find().select_only().column(Column::Serial).filter(Column::Enterprise.eq(signed(enterprise.raw())));
    let query = query.filter(Column::State.is_not_in(State::ALL.iter().filter(|state| !state.is_open()).map(|state| state.id())));
    let raw: Vec<i64> = query.order_by_asc(Column::Serial).into_tuple().all(db).await?;
    Ok(raw.into_iter().map(|raw| serial(TABLE, "serial", raw)).collect::<Result<_, _>>()?)
}
