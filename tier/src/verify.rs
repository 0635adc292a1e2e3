//! The whole check of one region's journal and of everything that stands beside it, from stored bytes alone.
//!
//! It needs neither the private key nor the programs' writer, and changes nothing. What it cannot see: that the last entries
//! never existed if both the database and the guard were put back together and no parent witnessed them; and a table that the
//! journal does not determine (tokens, cursors, receipts kept by request id).

mod anchors;
mod received;
mod walk;

use std::path::Path;

use changxiao_domain::event::Event;
use changxiao_proto::convert::event::decode;
use sea_orm::{ColumnTrait, Condition, DatabaseConnection, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};

pub use walk::{Finding, Walk};

use crate::{
    database::scratch,
    journal::{
        checkpoint::PublicKey,
        guard::GuardFault,
        store::{entry_row, node_row, part_row, size},
    },
    writer::{Book, Difference, compare_rows, replay},
};
use anchors::Anchor;

/// What is checked.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The region's database, reading.
    pub db: &'a DatabaseConnection,
    /// Its permanent id.
    pub region: &'a str,
    /// The guard file beside the database.
    pub guard: &'a Path,
    /// The region's journal key, as the register or `journal.pub` gives it.
    pub key: &'a PublicKey,
}

/// Outcome of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Entries stored.
    pub entries: u64,
    /// What was found sound, in the order of checking, for people.
    pub checked: Vec<String>,
    /// The first thing that is wrong: the lowest position, and tables only if the entries are sound.
    pub fault: Option<Finding>,
}

/// Why a check could not be made.
#[derive(Debug, thiserror::Error)]
pub enum VerifyFault {
    /// The database cannot be read.
    #[error("the database cannot be read: {0}")]
    Database(#[from] DbErr),
    /// The guard file cannot be read.
    #[error(transparent)]
    Guard(#[from] GuardFault),
}

impl VerifyFault {
    /// Stable reason.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Database(_) => "DATABASE_UNAVAILABLE",
            Self::Guard(fault) => fault.reason(),
        }
    }
}

/// Checks everything. `migrate` brings an empty database to the program's schema, for the replay.
///
/// # Errors
/// See [`VerifyFault`]; what is *wrong* is no error but the report's fault.
pub async fn verify<B: Book, F: Future<Output = Result<(), DbErr>>>(
    book: &B,
    subject: Subject<'_>,
    migrate: impl FnOnce(DatabaseConnection) -> F,
) -> Result<Report, VerifyFault> {
    let mut report = Report { entries: size(subject.db).await?, checked: Vec::new(), fault: None };
    report.fault = journal(subject, &mut report).await?;
    if report.fault.is_none() {
        report.fault = beside(book, subject, &mut report, migrate).await?;
    }
    Ok(report)
}

/// Entries, interior hashes, signed heads.
async fn journal(subject: Subject<'_>, report: &mut Report) -> Result<Option<Finding>, VerifyFault> {
    let (anchors, damaged) = anchors::load(subject).await?;
    let mut walk = Walk::new(subject.region);
    let mut sound = 0;
    for anchor in &anchors {
        if let Some(finding) = walk.to(subject.db, anchor.size().min(report.entries)).await? {
            return Ok(Some(finding));
        }
        if let Some(finding) = anchor.compare(&walk, sound) {
            return Ok(Some(finding));
        }
        sound = walk.size();
    }
    if let Some(finding) = walk.to(subject.db, report.entries).await? {
        return Ok(Some(finding));
    }
    report.checked.push(format!(
        "{} entries follow each other without a gap; headers, bodies, personal parts and leaves are as written",
        walk.size()
    ));
    if let Some(finding) = anchors.iter().find_map(|anchor| anchor.epoch_after(&walk)).or(damaged) {
        return Ok(Some(finding));
    }
    if let Some(finding) = surplus(subject.db, &walk).await? {
        return Ok(Some(finding));
    }
    report.checked.push(format!("every interior hash is the one that the entries give; the root is {}", walk.root()));
    if let Some(finding) = opening(subject).await? {
        return Ok(Some(finding));
    }
    report.checked.extend(anchors.iter().map(Anchor::line));
    Ok(None)
}

/// Rows that belong to no entry: the walk reads only what it expects.
async fn surplus(db: &DatabaseConnection, walk: &Walk) -> Result<Option<Finding>, DbErr> {
    if entry_row::Entity::find().count(db).await? != walk.size() {
        return Ok(Some(Finding::beside("table entries holds rows outside the journal's positions")));
    }
    if part_row::Entity::find().count(db).await? != walk.parts() {
        return Ok(Some(Finding::beside("table parts holds personal parts of which no entry speaks")));
    }
    let levels = 1..63;
    let expected: u64 = levels.clone().map(|level| walk.size() >> level).sum();
    if node_row::Entity::find().count(db).await? == expected {
        return Ok(None);
    }
    let mut outside = Condition::any().add(node_row::Column::Level.lt(1)).add(node_row::Column::Level.gte(63));
    for level in levels {
        let beyond = Condition::any().add(node_row::Column::Number.gte(walk.size() >> level)).add(node_row::Column::Number.lt(0));
        outside = outside.add(Condition::all().add(node_row::Column::Level.eq(level)).add(beyond));
    }
    let rows =
        node_row::Entity::find().order_by_asc(node_row::Column::Level).order_by_asc(node_row::Column::Number).filter(outside);
    let what = rows.one(db).await?.map_or_else(String::new, |row| format!(", such as {}/{}", row.level, row.number));
    Ok(Some(Finding::beside(format!("table nodes holds interior hashes of no complete subtree{what}"))))
}

/// The first entry opens this region under this key.
async fn opening(subject: Subject<'_>) -> Result<Option<Finding>, DbErr> {
    let Some(row) = entry_row::Entity::find_by_id(0).one(subject.db).await? else { return Ok(None) };
    Ok(match decode(&row.body, Vec::new()) {
        Ok(Event::RegionOpened(opened)) if opened.journal_key == subject.key.0 => None,
        Ok(Event::RegionOpened(_)) => {
            Some(Finding::at(0, format!("the journal was opened under another key than {}", subject.key)))
        }
        Ok(_) | Err(_) => Some(Finding::at(0, "the first entry does not open the region")),
    })
}

/// Tables and facts that follow from the entries, and facts received from below.
async fn beside<B: Book, F: Future<Output = Result<(), DbErr>>>(
    book: &B,
    subject: Subject<'_>,
    report: &mut Report,
    migrate: impl FnOnce(DatabaseConnection) -> F,
) -> Result<Option<Finding>, VerifyFault> {
    let rebuilt = scratch().await?;
    migrate(rebuilt.clone()).await?;
    let difference = replay(book, subject.region, subject.db, &rebuilt, report.entries).await?;
    if let Some(Difference { position, what }) = difference {
        return Ok(Some(Finding { position, what }));
    }
    report.checked.push(format!("{} tables are those that the entries give", book.tables().len()));
    let own = format!("WHERE origin = '{}'", subject.region.replace('\'', "''"));
    for table in ["facts", "fact_buckets"] {
        if let Some(what) = compare_rows(table, &own, subject.db, &rebuilt).await? {
            return Ok(Some(Finding::beside(what)));
        }
    }
    report.checked.push("the region's own facts are those that were published".to_owned());
    let origins = match received::check(subject).await? {
        Ok(origins) => origins,
        Err(finding) => return Ok(Some(finding)),
    };
    if origins > 0 {
        report.checked.push(format!("the facts of {origins} regions below give the digests that those regions published"));
    }
    Ok(None)
}
