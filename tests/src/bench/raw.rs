//! The floor: the rows of a round once more, by nothing but look-ups and bulk statements, one transaction for each group.
//!
//! It writes to a copy of the county's file as it was before the round, opened by the tier's own function, so that settings,
//! size of the tables and disk are the same. What the product does beside it (TLS, gRPC, tokens, rules, hashes, replies) is
//! left out; that is the difference to be seen.

use std::{path::Path, time::Duration};

use anyhow::ensure;
use changxiao_tier::database::Location;
use sea_orm::{ConnectionTrait, Value};
use tokio::time::Instant;

use super::rows::{Group, Table, Written, last_position, statement};

/// Bound values in one statement; what SQLite allows.
const BINDS: usize = 32_766;

/// Writes every group and gives back how long each took from its beginning to its commit.
///
/// # Errors
/// If the database refuses a row.
pub async fn replay(path: &Path, written: &Written) -> anyhow::Result<Vec<Duration>> {
    let db = Location::File(path.to_owned()).open().await?;
    let mut measured = Vec::with_capacity(written.groups.len());
    for group in &written.groups {
        let begun = Instant::now();
        let tx = db.write.begin().await?;
        look_up(&tx, group, &written.month).await?;
        for table in &group.tables {
            write(&tx, table).await?;
        }
        tx.commit().await?;
        measured.push(begun.elapsed());
    }
    let (copied, wanted) = (last_position(&db.read).await?, written.groups.last().map(|group| group.last));
    ensure!(wanted.is_none_or(|wanted| copied == wanted), "the floor ends at position {copied} instead of {wanted:?}");
    db.close().await?;
    Ok(measured)
}

/// What has to be known before anything may be written: receipts given, enterprises, their months, the month, its cells.
async fn look_up(db: &impl ConnectionTrait, group: &Group, month: &str) -> anyhow::Result<()> {
    let marks = |values: &[Value]| vec!["?"; values.len()].join(", ");
    let of_month = |values: &[Value]| std::iter::once(Value::from(month)).chain(values.iter().cloned()).collect::<Vec<_>>();
    let questions = [
        (format!("SELECT * FROM requests WHERE request IN ({})", marks(&group.requests)), group.requests.clone()),
        (format!("SELECT * FROM enterprises WHERE serial IN ({})", marks(&group.enterprises)), group.enterprises.clone()),
        (
            format!("SELECT * FROM enterprise_months WHERE month = ? AND enterprise IN ({})", marks(&group.enterprises)),
            of_month(&group.enterprises),
        ),
        ("SELECT * FROM county_months WHERE month = ?".to_owned(), of_month(&[])),
        ("SELECT * FROM cells WHERE month = ?".to_owned(), of_month(&[])),
    ];
    for (sql, values) in questions {
        db.query_all_raw(statement(sql, values)).await?;
    }
    Ok(())
}

async fn write(db: &impl ConnectionTrait, table: &Table) -> anyhow::Result<()> {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let keys: Vec<&str> = table.columns.iter().filter(|column| column.key).map(|column| column.name.as_str()).collect();
    let sets: Vec<String> = table
        .columns
        .iter()
        .filter(|column| !column.key)
        .map(|column| format!("\"{0}\" = excluded.\"{0}\"", column.name))
        .collect();
    let marks = format!("({})", vec!["?"; names.len()].join(", "));
    for rows in table.rows.chunks(BINDS / names.len().max(1)) {
        let sql = format!(
            "INSERT INTO \"{}\" (\"{}\") VALUES {} ON CONFLICT (\"{}\") DO UPDATE SET {}",
            table.name,
            names.join("\", \""),
            vec![marks.as_str(); rows.len()].join(", "),
            keys.join("\", \""),
            sets.join(", ")
        );
        db.execute_raw(statement(sql, rows.iter().flatten().cloned())).await?;
    }
    Ok(())
}
