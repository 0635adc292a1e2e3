//! Replaying a journal into an empty database, which must give identical tables and the published digests.

use std::collections::HashMap;

use changxiao_domain::{clock::Instant, event::Event, stamp::Stamp};
use changxiao_proto::convert::event::decode;
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr, Statement};

use super::book::Book;
use crate::{
    database::begin,
    facts::{Publisher, published, store},
    journal::{
        entry::Part,
        store::{entry, parts, rows, unsigned},
    },
};

/// Entries read at a time.
const CHUNK: u64 = 2_000;

/// The first difference between a journal and what stands beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Position in the journal, where the difference has one.
    pub position: Option<u64>,
    /// For people.
    pub what: String,
}

impl Difference {
    fn at(position: u64, what: impl Into<String>) -> Self {
        Self { position: Some(position), what: what.into() }
    }
}

/// Replays the first `size` entries of `from` into the empty database `into`. The answer is the first difference, if any:
/// an entry that cannot be read, a published digest that does not follow, or a table that differs.
///
/// # Errors
/// A database fails.
pub async fn replay<B: Book>(
    book: &B,
    region: &str,
    from: &DatabaseConnection,
    into: &DatabaseConnection,
    size: u64,
) -> Result<Option<Difference>, DbErr> {
    let mut publisher = Publisher::load(into, region).await?;
    let mut pending: Vec<(Event, Stamp)> = Vec::new();
    let mut next = 0;
    while next < size {
        let chunk = rows(from, next, CHUNK.min(size - next)).await?;
        let Some(last) = chunk.last() else { break };
        let parts: HashMap<(u64, u64), Part> = parts(from, next, unsigned(last.position) + 1).await?;
        for row in &chunk {
            let position = unsigned(row.position);
            if position != next {
                return Ok(Some(Difference::at(next, "the entry is missing")));
            }
            next += 1;
            let header = match crate::journal::entry::Header::decode(&row.header) {
                Ok(header) => header,
                Err(fault) => return Ok(Some(Difference::at(position, fault.to_string()))),
            };
            let stored = entry(row, header.part_commitments.len(), &parts);
            let texts = stored.parts.into_iter().map(|part| part.map(|part| part.bytes)).collect();
            let event = match decode(&row.body, texts) {
                Ok(event) => event,
                Err(fault) => return Ok(Some(Difference::at(position, fault.to_string()))),
            };
            let stamp = Stamp {
                actor: header.actor,
                at: Instant::from_ms(header.effective_ms),
                received: Instant::from_ms(header.received_ms),
                epoch: header.epoch,
                position,
            };
            if let Event::Published(said) = &event {
                let digests = settle(book, &mut publisher, into, &mut pending, region, Some((header.epoch, position))).await?;
                if digests.as_ref() != Some(&said.digests) {
                    return Ok(Some(Difference::at(position, "the facts that follow from the journal have another digest")));
                }
            } else {
                pending.push((event, stamp));
            }
        }
    }
    settle(book, &mut publisher, into, &mut pending, region, None).await?;
    compare(book.tables(), from, into).await
}

/// Applies what is pending; at a published entry also the facts, whose digests are the answer.
async fn settle<B: Book>(
    book: &B,
    publisher: &mut Publisher,
    into: &DatabaseConnection,
    pending: &mut Vec<(Event, Stamp)>,
    region: &str,
    at: Option<(u32, u64)>,
) -> Result<Option<Vec<changxiao_domain::event::AudienceDigest>>, DbErr> {
    let tx = begin(into).await?;
    let mut needs = B::Needs::default();
    for (event, stamp) in pending.iter() {
        book.needs_of(event, stamp, &mut needs);
    }
    let mut known = B::Known::default();
    book.load(&tx, needs, &mut known).await?;
    for (event, stamp) in pending.drain(..) {
        book.apply(&mut known, &event, &stamp);
    }
    let changes = book.flush(&tx, &mut known).await?;
    let Some((epoch, position)) = at else {
        tx.commit().await?;
        return Ok(None);
    };
    let publication = publisher.prepare(&tx, changes, position).await?;
    if let Some(publication) = &publication {
        store(&tx, region, epoch, position, &publication.facts, &publication.overlay).await?;
    }
    tx.commit().await?;
    Ok(publication.map(|publication| {
        publisher.committed(&publication);
        published(&publication.overlay)
    }))
}

/// Compares tables row by row in the order of their columns; names the first row that differs.
async fn compare(tables: &[&str], live: &DatabaseConnection, rebuilt: &DatabaseConnection) -> Result<Option<Difference>, DbErr> {
    for table in tables {
        if let Some(what) = compare_rows(table, "", live, rebuilt).await? {
            return Ok(Some(Difference { position: None, what }));
        }
    }
    Ok(None)
}

/// Compares those rows of one table that `only` (a WHERE clause, or empty) leaves; says how the first one differs.
pub(crate) async fn compare_rows(
    table: &str,
    only: &str,
    live: &DatabaseConnection,
    rebuilt: &DatabaseConnection,
) -> Result<Option<String>, DbErr> {
    let (have, want) = (dump(live, table, only).await?, dump(rebuilt, table, only).await?);
    let mut have = have.iter();
    for want in &want {
        match have.next() {
            Some(row) if row == want => {}
            Some(row) => return Ok(Some(format!("table {table} holds ({row}) where the journal gives ({want})"))),
            None => return Ok(Some(format!("table {table} lacks ({want})"))),
        }
    }
    Ok(have.next().map(|row| format!("table {table} holds ({row}), of which the journal knows nothing")))
}

/// Every row as text, the same on both engines, in the order of its bytes.
async fn dump(db: &DatabaseConnection, table: &str, only: &str) -> Result<Vec<String>, DbErr> {
    let backend = db.get_database_backend();
    let (columns, quoted): (String, fn(&str, &str) -> String) = match backend {
        DatabaseBackend::Postgres => (
            format!(
                "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute \
                 WHERE attrelid = to_regclass('\"{table}\"') AND attnum > 0 AND NOT attisdropped"
            ),
            quoted_as_sqlite_does,
        ),
        _ => (format!("SELECT name, type FROM pragma_table_info('{table}')"), |column, _| format!("quote(\"{column}\")")),
    };
    let mut columns = db
        .query_all_raw(Statement::from_string(backend, columns))
        .await?
        .iter()
        .map(|row| Ok((row.try_get_by_index::<String>(0)?, row.try_get_by_index::<String>(1)?)))
        .collect::<Result<Vec<_>, DbErr>>()?;
    columns.sort();
    let shown = columns.iter().map(|(name, kind)| format!("'{name}=' || {}", quoted(name, kind))).collect::<Vec<_>>();
    let query = format!("SELECT {} AS row FROM \"{table}\" {only}", shown.join(" || ', ' || "));
    let rows = db.query_all_raw(Statement::from_string(backend, query)).await?;
    let mut rows = rows.iter().map(|row| row.try_get_by_index::<String>(0)).collect::<Result<Vec<_>, _>>()?;
    rows.sort();
    Ok(rows)
}

/// What SQLite's `quote` gives, in the words of PostgreSQL.
fn quoted_as_sqlite_does(column: &str, kind: &str) -> String {
    let text = match kind {
        "bytea" => format!("'X''' || upper(encode(\"{column}\", 'hex')) || ''''"),
        "boolean" => format!("\"{column}\"::int::text"),
        "bigint" | "integer" => format!("\"{column}\"::text"),
        _ => format!("'''' || replace(\"{column}\", '''', '''''') || ''''"),
    };
    format!("COALESCE({text}, 'NULL')")
}
