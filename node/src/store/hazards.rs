//! General hazards.

use changxiao_domain::{
    clock::Instant,
    hazard::{Duties, Extension, Hazard, State, Voiding},
    personal::Personal,
    serial::Serial,
};
use changxiao_tier::journal::store::{signed, unsigned};
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "hazards")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub serial: i64,
    pub enterprise: i64,
    pub industry: String,
    pub state: String,
    pub found_on: String,
    pub category: String,
    pub place: String,
    pub description: String,
    pub source: i64,
    pub finder: Option<String>,
    pub late_entry: bool,
    pub repeat_of: Option<i64>,
    pub downgraded_from: Option<i64>,
    pub recurred: bool,
    pub criteria: String,
    pub assigned: bool,
    pub rectifier: Option<String>,
    pub reinspector: Option<String>,
    pub acceptor: Option<String>,
    pub closer: Option<String>,
    pub measure: String,
    pub protection: String,
    pub deadline: Option<String>,
    pub due_ms: Option<i64>,
    pub overdue: bool,
    pub reassess: bool,
    pub extension: Option<String>,
    pub extension_reason: String,
    pub extensions: i64,
    pub result: String,
    pub cost_yuan: i64,
    pub returned: i64,
    pub acts: String,
    pub voiding_reason: Option<String>,
    pub duplicate_of: Option<i64>,
    pub dossier: Option<i64>,
    pub struck_off_on: Option<String>,
    pub inspection: Option<i64>,
    pub ordered_by: Option<String>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{RowFault, acts, date, keyed_by_serial, name_of, optional_date, ordered, parse, person, serial, state};

const TABLE: &str = "hazards";

keyed_by_serial!("hazards", Hazard);

fn optional_serial(column: &'static str, raw: Option<i64>) -> Result<Option<Serial>, RowFault> {
    raw.map(|raw| serial(TABLE, column, raw)).transpose()
}

/// A row as a domain value.
///
/// # Errors
/// A column holds what no hazard can have.
pub fn from_row(row: Model) -> Result<Hazard, RowFault> {
    let duplicate_of = optional_serial("duplicate_of", row.duplicate_of)?;
    let extension = optional_date(TABLE, "extension", row.extension.as_deref())?;
    let duties = Duties {
        rectifier: person(row.rectifier),
        reinspector: person(row.reinspector),
        acceptor: person(row.acceptor),
        closer: person(row.closer),
    };
    Ok(Hazard {
        serial: serial(TABLE, "serial", row.serial)?,
        enterprise: serial(TABLE, "enterprise", row.enterprise)?,
        industry: parse(TABLE, "industry", &row.industry)?,
        state: state(TABLE, &row.state, State::from_id)?,
        found_on: date(TABLE, "found_on", &row.found_on)?,
        category: parse(TABLE, "category", &row.category)?,
        place: row.place,
        description: row.description,
        source: u8::try_from(row.source).unwrap_or_default(),
        finder: person(row.finder),
        late_entry: row.late_entry,
        repeat_of: optional_serial("repeat_of", row.repeat_of)?,
        downgraded_from: optional_serial("downgraded_from", row.downgraded_from)?,
        recurred: row.recurred,
        criteria: row.criteria,
        duties: row.assigned.then_some(duties),
        measure: row.measure,
        protection: row.protection,
        deadline: optional_date(TABLE, "deadline", row.deadline.as_deref())?,
        overdue: row.overdue,
        reassess: row.reassess,
        extension: extension.map(|deadline| Extension { deadline, reason: row.extension_reason }),
        extensions: u32::try_from(row.extensions).unwrap_or_default(),
        result: row.result,
        cost_yuan: unsigned(row.cost_yuan),
        returned: u32::try_from(row.returned).unwrap_or_default(),
        acts: acts(TABLE, &row.acts)?,
        voiding: row.voiding_reason.map(|reason| Voiding { reason, duplicate_of }),
        dossier: optional_serial("dossier", row.dossier)?,
        struck_off_on: optional_date(TABLE, "struck_off_on", row.struck_off_on.as_deref())?,
        ordered: ordered(TABLE, row.inspection, row.ordered_by.as_deref())?,
        version: unsigned(row.version),
    })
}

/// A domain value as a row. `due_ms` is derived, so that the next deadline is one index look-up.
#[must_use]
pub fn to_row(hazard: &Hazard) -> Model {
    let duty = |which: fn(&Duties) -> &Personal| hazard.duties.as_ref().map(which).and_then(name_of);
    Model {
        serial: signed(hazard.serial.raw()),
        enterprise: signed(hazard.enterprise.raw()),
        industry: hazard.industry.to_string(),
        state: hazard.state.id().to_owned(),
        found_on: hazard.found_on.to_string(),
        category: hazard.category.to_string(),
        place: hazard.place.clone(),
        description: hazard.description.clone(),
        source: i64::from(hazard.source),
        finder: name_of(&hazard.finder),
        late_entry: hazard.late_entry,
        repeat_of: hazard.repeat_of.map(|serial| signed(serial.raw())),
        downgraded_from: hazard.downgraded_from.map(|serial| signed(serial.raw())),
        recurred: hazard.recurred,
        criteria: hazard.criteria.clone(),
        assigned: hazard.duties.is_some(),
        rectifier: duty(|duties| &duties.rectifier),
        reinspector: duty(|duties| &duties.reinspector),
        acceptor: duty(|duties| &duties.acceptor),
        closer: duty(|duties| &duties.closer),
        measure: hazard.measure.clone(),
        protection: hazard.protection.clone(),
        deadline: hazard.deadline.map(|date| date.to_string()),
        due_ms: hazard.due().map(Instant::ms),
        overdue: hazard.overdue,
        reassess: hazard.reassess,
        extension: hazard.extension.as_ref().map(|extension| extension.deadline.to_string()),
        extension_reason: hazard.extension.as_ref().map(|extension| extension.reason.clone()).unwrap_or_default(),
        extensions: i64::from(hazard.extensions),
        result: hazard.result.clone(),
        cost_yuan: signed(hazard.cost_yuan),
        returned: i64::from(hazard.returned),
        acts: hazard.acts.text(),
        voiding_reason: hazard.voiding.as_ref().map(|voiding| voiding.reason.clone()),
        duplicate_of: hazard.voiding.as_ref().and_then(|voiding| voiding.duplicate_of).map(|serial| signed(serial.raw())),
        dossier: hazard.dossier.map(|serial| signed(serial.raw())),
        struck_off_on: hazard.struck_off_on.map(|date| date.to_string()),
        inspection: hazard.ordered.map(|ordered| signed(ordered.inspection.raw())),
        ordered_by: hazard.ordered.map(|ordered| ordered.deadline.to_string()),
        version: signed(hazard.version),
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
