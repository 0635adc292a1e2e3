//! Self-inspections: tasks, and those that no rule asked for.

use std::collections::BTreeMap;

use changxiao_domain::{
    clock::Instant,
    frequency::Window,
    personal::Personal,
    self_inspection::{InspectionId, ItemResult, ListUsed, SelfInspection, State, Task, Verdict},
    serial::Serial,
};
use changxiao_tier::journal::store::{signed, unsigned};
use sea_orm::{ConnectionTrait, entity::prelude::*};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "self_inspections")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub enterprise: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub inspection: String,
    pub industry: String,
    pub state: String,
    pub rule: Option<String>,
    pub table_version: i64,
    pub opens_ms: Option<i64>,
    pub ends_ms: Option<i64>,
    pub counts: bool,
    pub held_on: Option<String>,
    pub inspectors: String,
    pub area: String,
    pub list: Option<String>,
    pub list_version: i64,
    pub own_version: i64,
    pub results: String,
    pub finished_ms: Option<i64>,
    pub missed: bool,
    pub late: bool,
    pub late_reason: String,
    pub paper: Option<Vec<u8>>,
    pub signatures: String,
    pub signed_in_time: bool,
    pub cancelled: String,
    pub due_ms: Option<i64>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{CHUNK, Found, RowFault, Table, name_of, optional_date, parse, person, serial, state};

const TABLE: &str = "self_inspections";

/// The table, for the values of a group.
#[derive(Debug)]
pub struct Records;

impl Table for Records {
    const NAME: &'static str = TABLE;
    type Key = (Serial, InspectionId);
    type Value = SelfInspection;
    type Entity = Entity;

    async fn fetch<C: ConnectionTrait>(db: &C, keys: Vec<Self::Key>) -> Found<Self> {
        // Tasks of one rule and window share their name, so that a round is one statement.
        let mut by_name: BTreeMap<InspectionId, Vec<i64>> = BTreeMap::new();
        for (enterprise, id) in keys {
            by_name.entry(id).or_default().push(signed(enterprise.raw()));
        }
        let mut found = Vec::new();
        for (id, raw) in by_name {
            for raw in raw.chunks(CHUNK) {
                let rows = Entity::find()
                    .filter(Column::Inspection.eq(id.as_str()))
                    .filter(Column::Enterprise.is_in(raw.iter().copied()));
                for row in rows.all(db).await? {
                    let value = from_row(row)?;
                    found.push(((value.enterprise, value.id.clone()), value));
                }
            }
        }
        Ok(found)
    }

    fn row(_: &Self::Key, value: &Self::Value) -> Model {
        to_row(value)
    }
}

fn json<T: serde::de::DeserializeOwned>(column: &'static str, text: &str) -> Result<T, RowFault> {
    serde_json::from_str(text).map_err(|why| RowFault { table: TABLE, column, why: why.to_string() })
}

fn results(text: &str) -> Result<Vec<ItemResult>, RowFault> {
    let rows: Vec<(String, u8, Option<i64>)> = json("results", text)?;
    let wrong = |why: String| RowFault { table: TABLE, column: "results", why };
    rows.into_iter()
        .map(|(item, verdict, hazard)| {
            let verdict = Verdict::from_number(verdict).ok_or_else(|| wrong(format!("{verdict} is no verdict")))?;
            let hazard = hazard.map(|raw| serial(TABLE, "results", raw)).transpose()?;
            Ok(ItemResult { item, verdict, hazard })
        })
        .collect()
}

/// A row as a domain value.
///
/// # Errors
/// A column holds what no self-inspection can have.
pub fn from_row(row: Model) -> Result<SelfInspection, RowFault> {
    let window = row.opens_ms.zip(row.ends_ms);
    let window = window.map(|(opens, ends)| Window { opens: Instant::from_ms(opens), ends: Instant::from_ms(ends) });
    let task = row.rule.zip(window).map(|(rule, window)| Task {
        rule,
        table: u32::try_from(row.table_version).unwrap_or_default(),
        window,
    });
    let list = row.list.as_deref().map(|id| parse(TABLE, "list", id)).transpose()?.map(|id| ListUsed {
        id,
        version: u32::try_from(row.list_version).unwrap_or_default(),
        own_version: u32::try_from(row.own_version).unwrap_or_default(),
    });
    let inspectors: Vec<Option<String>> = json("inspectors", &row.inspectors)?;
    let paper = row.paper.map(|bytes| {
        let why = format!("{} bytes where 32 belong", bytes.len());
        <[u8; 32]>::try_from(bytes).map_err(|_| RowFault { table: TABLE, column: "paper", why })
    });
    Ok(SelfInspection {
        enterprise: serial(TABLE, "enterprise", row.enterprise)?,
        id: parse(TABLE, "inspection", &row.inspection)?,
        industry: parse(TABLE, "industry", &row.industry)?,
        state: state(TABLE, &row.state, State::from_id)?,
        task,
        counts: row.counts,
        on: optional_date(TABLE, "held_on", row.held_on.as_deref())?,
        inspectors: inspectors.into_iter().map(person).collect(),
        area: row.area,
        list,
        results: results(&row.results)?,
        finished_at: row.finished_ms.map(Instant::from_ms),
        missed: row.missed,
        late: row.late,
        late_reason: row.late_reason,
        paper: paper.transpose()?,
        signatures: json("signatures", &row.signatures)?,
        signed_in_time: row.signed_in_time,
        cancelled: row.cancelled,
        version: unsigned(row.version),
    })
}

/// A domain value as a row. `due_ms` is derived, so that the next end of a window is one index look-up.
#[must_use]
pub fn to_row(value: &SelfInspection) -> Model {
    let window = value.task.as_ref().map(|task| task.window);
    let inspectors: Vec<Option<String>> = value.inspectors.iter().map(|name: &Personal| name_of(name)).collect();
    let results: Vec<_> = value
        .results
        .iter()
        .map(|result| (&result.item, result.verdict.number(), result.hazard.map(|hazard| signed(hazard.raw()))))
        .collect();
    Model {
        enterprise: signed(value.enterprise.raw()),
        inspection: value.id.to_string(),
        industry: value.industry.to_string(),
        state: value.state.id().to_owned(),
        rule: value.task.as_ref().map(|task| task.rule.clone()),
        table_version: value.task.as_ref().map_or(0, |task| i64::from(task.table)),
        opens_ms: window.map(|window| window.opens.ms()),
        ends_ms: window.map(|window| window.ends.ms()),
        counts: value.counts,
        held_on: value.on.map(|day| day.to_string()),
        inspectors: serde_json::json!(inspectors).to_string(),
        area: value.area.clone(),
        list: value.list.as_ref().map(|list| list.id.to_string()),
        list_version: value.list.as_ref().map_or(0, |list| i64::from(list.version)),
        own_version: value.list.as_ref().map_or(0, |list| i64::from(list.own_version)),
        results: serde_json::json!(results).to_string(),
        finished_ms: value.finished_at.map(Instant::ms),
        missed: value.missed,
        late: value.late,
        late_reason: value.late_reason.clone(),
        paper: value.paper.map(|digest| digest.to_vec()),
        signatures: serde_json::json!(value.signatures).to_string(),
        signed_in_time: value.signed_in_time,
        cancelled: value.cancelled.clone(),
        due_ms: value.due().map(Instant::ms),
        version: signed(value.version),
    }
}
