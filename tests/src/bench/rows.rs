//! The rows that a county wrote, read from its file as they are, group by group.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use anyhow::{Context as _, bail, ensure};
use changxiao_domain::serial::Serial;
use changxiao_proto::types::v1::Receipt;
use prost::Message as _;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, QueryResult, Statement, Value};

use crate::world::{World, config};

/// One row in the order of its table's columns.
pub type Row = Vec<Value>;

/// One column of a table.
#[derive(Clone, Debug)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Whether it belongs to the primary key.
    pub key: bool,
    declared: String,
}

/// Rows of one table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Name.
    pub name: &'static str,
    /// Columns in order.
    pub columns: Vec<Column>,
    /// Rows.
    pub rows: Vec<Row>,
}

impl Table {
    fn place(&self, column: &str) -> usize {
        self.columns
            .iter()
            .position(|known| known.name == column)
            .unwrap_or_else(|| panic!("{} has no column {column}", self.name))
    }

    /// The same table with only the rows that a condition chooses.
    fn only(&self, mut choose: impl FnMut(&Row) -> bool) -> Table {
        Table { rows: self.rows.iter().filter(|row| choose(row)).cloned().collect(), ..self.clone() }
    }
}

/// What one transaction of the county wrote.
#[derive(Clone, Debug)]
pub struct Group {
    /// Declarations in it.
    pub filed: usize,
    /// Position of its last entry.
    pub last: i64,
    /// Request ids, to be looked up before anything is written.
    pub requests: Vec<Value>,
    /// Enterprises, to be looked up.
    pub enterprises: Vec<Value>,
    /// Rows by table.
    pub tables: Vec<Table>,
}

/// All groups of one round.
#[derive(Clone, Debug)]
pub struct Written {
    /// The month declared.
    pub month: String,
    /// In the order of the journal.
    pub groups: Vec<Group>,
}

/// Reads a region's database beside the process that owns it.
///
/// # Errors
/// If it cannot be opened.
pub async fn reader(world: &World, region: &str) -> anyhow::Result<DatabaseConnection> {
    let path = config::region_data(world.directory(), region).join("journal.db");
    let mut options = ConnectOptions::new(format!("sqlite://{}?mode=ro", path.display()));
    options.max_connections(1).sqlx_logging(false);
    Ok(Database::connect(options).await?)
}

/// Writes the state of the database as it is now to another file.
///
/// # Errors
/// If the disk fails or the file is there already.
pub async fn copy(db: &DatabaseConnection, to: &Path) -> anyhow::Result<()> {
    db.execute_raw(statement("VACUUM INTO ?", [to.display().to_string().into()])).await?;
    Ok(())
}

/// Position of the newest entry, counted from 0.
///
/// # Errors
/// If the database cannot be read.
pub async fn last_position(db: &DatabaseConnection) -> anyhow::Result<i64> {
    let row = db.query_one_raw(statement("SELECT COALESCE(MAX(position), -1) FROM entries", [])).await?;
    Ok(row.context("no answer")?.try_get_by_index(0)?)
}

/// A statement for SQLite.
pub fn statement(sql: impl Into<String>, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(DatabaseBackend::Sqlite, sql, values)
}

impl Written {
    /// Everything written after the entry at `before`, by filing declarations of `month` at or after `since_ms` of business time.
    ///
    /// Cells, facts and digests are written again and again; every group gets their last state, which has the size of all.
    ///
    /// # Errors
    /// If the database holds what this cannot place.
    pub async fn read(db: &DatabaseConnection, before: i64, since_ms: i64, month: &str) -> anyhow::Result<Self> {
        let year = month.get(..4).context("a month has a year")?;
        let entries = table(db, "entries", "position > ? ORDER BY position", [before.into()]).await?;
        let parts = table(db, "parts", "position > ?", [before.into()]).await?;
        let nodes = table(db, "nodes", "((number + 1) << level) - 1 > ?", [before.into()]).await?;
        let requests = table(db, "requests", "created_ms >= ?", [since_ms.into()]).await?;
        let months = table(db, "enterprise_months", "month = ?", [month.into()]).await?;
        let cells = table(db, "cells", "month = ?", [month.into()]).await?;
        let facts =
            table(db, "facts", "bucket IN (?, ?)", [format!("cell/{month}").into(), format!("month/{year}").into()]).await?;
        let buckets =
            table(db, "fact_buckets", "bucket IN (?, ?)", [format!("cell/{month}").into(), format!("month/{year}").into()])
                .await?;
        let industries = industries(db).await?;

        let (position, kind, subject) = (entries.place("position"), entries.place("kind"), entries.place("subject"));
        let (receipt, request) = (requests.place("receipt"), requests.place("request"));
        let mut requests_by_position = BTreeMap::new();
        for row in &requests.rows {
            let Value::Bytes(Some(bytes)) = &row[receipt] else { bail!("a receipt is not bytes") };
            requests_by_position.insert(i64::try_from(Receipt::decode(bytes.as_slice())?.position)?, row);
        }
        let mut groups = Vec::new();
        let mut begun = 0;
        for (index, row) in entries.rows.iter().enumerate() {
            if text(&row[kind]) != "published" {
                continue;
            }
            let mine = &entries.rows[begun..=index];
            begun = index + 1;
            let (first, last) = (number(&mine[0][position]), number(&row[position]));
            let mut enterprises = BTreeSet::new();
            for entry in mine.iter().filter(|entry| text(&entry[kind]) == "declaration_filed") {
                enterprises.insert(enterprise(text(&entry[subject]))?);
            }
            let touched: BTreeSet<&str> = enterprises.iter().filter_map(|id| industries.get(id)).map(String::as_str).collect();
            let kept: Vec<Row> = requests_by_position.range(first..=last).map(|(_, row)| (*row).clone()).collect();
            let (level, of_level) = (nodes.place("level"), nodes.place("number"));
            let (fact_kind, fact_key) = (facts.place("kind"), facts.place("key"));
            let tables = vec![
                months.only(|row| enterprises.contains(&number(&row[months.place("enterprise")]))),
                cells.only(|row| touched.contains(text(&row[cells.place("industry")]))),
                facts.only(|row| match text(&row[fact_kind]) {
                    "cell" => text(&row[fact_key]).rsplit('/').next().is_some_and(|industry| touched.contains(industry)),
                    _ => text(&row[fact_key]) == month,
                }),
                buckets.clone(),
                Table { rows: kept.clone(), ..requests.clone() },
                Table { rows: mine.to_vec(), ..entries.clone() },
                parts.only(|row| (first..=last).contains(&number(&row[parts.place("position")]))),
                nodes.only(|row| (first..=last).contains(&(((number(&row[of_level]) + 1) << number(&row[level])) - 1))),
            ];
            groups.push(Group {
                filed: enterprises.len(),
                last,
                requests: kept.iter().map(|row| row[request].clone()).collect(),
                enterprises: enterprises.into_iter().map(Value::from).collect(),
                tables,
            });
        }
        groups.retain(|group| group.filed > 0);
        // A floor that leaves rows out would be too high; only parts are none of a declaration's.
        for table in groups.iter().flat_map(|group| &group.tables).filter(|table| table.name != "parts") {
            ensure!(!table.rows.is_empty(), "a group without a row in {}", table.name);
        }
        Ok(Written { month: month.to_owned(), groups })
    }

    /// Declarations in all groups.
    pub fn filed(&self) -> usize {
        self.groups.iter().map(|group| group.filed).sum()
    }
}

/// `enterprises/1-57/declarations/2015-08` as the number under which the enterprise is stored.
fn enterprise(subject: &str) -> anyhow::Result<i64> {
    let serial: Serial = subject.split('/').nth(1).context("a subject without an enterprise")?.parse()?;
    Ok(i64::try_from(serial.raw())?)
}

async fn industries(db: &DatabaseConnection) -> anyhow::Result<BTreeMap<i64, String>> {
    let rows = db.query_all_raw(statement("SELECT serial, industry FROM enterprises", [])).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

async fn table<const N: usize>(
    db: &DatabaseConnection,
    name: &'static str,
    condition: &str,
    values: [Value; N],
) -> anyhow::Result<Table> {
    let mut columns = Vec::new();
    for row in db
        .query_all_raw(statement("SELECT name, lower(type), pk > 0 FROM pragma_table_info(?) ORDER BY cid", [name.into()]))
        .await?
    {
        columns.push(Column {
            name: row.try_get_by_index(0)?,
            declared: row.try_get_by_index(1)?,
            key: row.try_get_by_index::<i64>(2)? != 0,
        });
    }
    let mut rows = Vec::new();
    for row in db.query_all_raw(statement(format!("SELECT * FROM {name} WHERE {condition}"), values)).await? {
        rows.push(
            columns
                .iter()
                .enumerate()
                .map(|(place, column)| value(&row, place, &column.declared))
                .collect::<anyhow::Result<_>>()?,
        );
    }
    Ok(Table { name, columns, rows })
}

fn value(row: &QueryResult, place: usize, declared: &str) -> anyhow::Result<Value> {
    Ok(match declared {
        blob if blob.contains("blob") => row.try_get_by_index::<Option<Vec<u8>>>(place)?.into(),
        boolean if boolean.contains("bool") => row.try_get_by_index::<Option<bool>>(place)?.into(),
        integer if integer.contains("int") => row.try_get_by_index::<Option<i64>>(place)?.into(),
        _ => row.try_get_by_index::<Option<String>>(place)?.into(),
    })
}

fn text(value: &Value) -> &str {
    match value {
        Value::String(Some(text)) => text,
        other => panic!("{other:?} is not a text"),
    }
}

fn number(value: &Value) -> i64 {
    match value {
        Value::BigInt(Some(number)) => *number,
        other => panic!("{other:?} is not a number"),
    }
}
