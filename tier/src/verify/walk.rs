//! A walk along the journal from entry to entry: recomputes everything that can be recomputed from stored bytes alone.
//!
//! The signer walks over the range it has not vouched for yet, the scrubber and the offline check over everything.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use crate::journal::{
    entry::{Header, body_commitment, leaf, part_commitment},
    merkle::{Frontier, Hash, Node},
    store::{entry_row, node_row, part_row, rows, signed, unsigned},
};

/// Entries read at a time.
const CHUNK: u64 = 1_000;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Position of the first entry concerned, where there is one.
    pub position: Option<u64>,
    /// For people: lower case, no final stop.
    pub what: String,
}

impl Finding {
    /// Something about one entry.
    pub fn at(position: u64, what: impl Into<String>) -> Self {
        Self { position: Some(position), what: what.into() }
    }

    /// Something about a table beside the journal.
    pub fn beside(what: impl Into<String>) -> Self {
        Self { position: None, what: what.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.position {
            Some(position) => write!(f, "position {position}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// How far a journal was found to be sound.
#[derive(Clone, Debug)]
pub struct Walk {
    region: String,
    frontier: Frontier,
    epoch: u32,
    received_ms: i64,
    parts: u64,
}

/// What is stored beside the entries of one chunk.
struct Beside {
    parts: HashMap<i64, Vec<part_row::Model>>,
    nodes: HashMap<Node, Vec<u8>>,
}

impl Walk {
    /// From the first entry.
    #[must_use]
    pub fn new(region: &str) -> Self {
        Self::after(region, Frontier::new())
    }

    /// From the end of a tree whose root is known to be the signed one.
    #[must_use]
    pub fn after(region: &str, frontier: Frontier) -> Self {
        Self { region: region.to_owned(), frontier, epoch: 0, received_ms: i64::MIN, parts: 0 }
    }

    /// Entries found sound.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Root over them, recomputed.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// Life of the journal at the last entry walked over, 0 before the first.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Personal parts seen so far.
    #[must_use]
    pub const fn parts(&self) -> u64 {
        self.parts
    }

    /// Walks until `end` entries are found sound, or gives what stands in the way. Yields between chunks.
    ///
    /// # Errors
    /// The database fails.
    pub async fn to(&mut self, db: &impl ConnectionTrait, end: u64) -> Result<Option<Finding>, DbErr> {
        while self.size() < end {
            if let Some(finding) = self.chunk(db, end).await? {
                return Ok(Some(finding));
            }
            tokio::task::yield_now().await;
        }
        Ok(None)
    }

    async fn chunk(&mut self, db: &impl ConnectionTrait, end: u64) -> Result<Option<Finding>, DbErr> {
        let first = self.size();
        let end = end.min(first.saturating_add(CHUNK));
        let rows = rows(db, first, end - first).await?;
        let beside = beside(db, first, end).await?;
        for row in &rows {
            let expected = self.size();
            if expected == end {
                break;
            }
            if unsigned(row.position) != expected {
                return Ok(Some(Finding::at(expected, "the entry is missing")));
            }
            if let Err(what) = self.entry(row, &beside) {
                return Ok(Some(Finding::at(expected, what)));
            }
        }
        Ok((self.size() < end).then(|| Finding::at(self.size(), "the entry is missing")))
    }

    /// Checks one entry and takes its leaf into the tree.
    fn entry(&mut self, row: &entry_row::Model, beside: &Beside) -> Result<(), String> {
        let header = Header::decode(&row.header).map_err(|fault| format!("the header cannot be read: {fault}"))?;
        self.header(row, &header)?;
        if body_commitment(&row.body) != header.body_commitment {
            return Err("the body does not match its commitment".to_owned());
        }
        let parts = beside.parts.get(&row.position).map_or(&[][..], Vec::as_slice);
        check_parts(&header.part_commitments, parts)?;
        let hash = leaf(&row.header);
        if row.leaf != hash.as_bytes() {
            return Err("the stored leaf is not the hash of the header".to_owned());
        }
        let mut frontier = self.frontier.clone();
        for (node, hash) in frontier.push(hash).into_iter().filter(|(node, _)| node.level > 0) {
            match beside.nodes.get(&node) {
                Some(stored) if stored == hash.as_bytes() => {}
                Some(_) => {
                    return Err(format!("interior hash {}/{} is not the one that the entries give", node.level, node.index));
                }
                None => return Err(format!("interior hash {}/{} is missing", node.level, node.index)),
            }
        }
        self.frontier = frontier;
        self.epoch = header.epoch;
        self.received_ms = header.received_ms;
        self.parts += parts.len() as u64;
        Ok(())
    }

    /// The header belongs here, continues the journal, and its columns say the same.
    fn header(&self, row: &entry_row::Model, header: &Header) -> Result<(), String> {
        if header.region != self.region {
            return Err(format!("the entry belongs to the journal of `{}`", header.region));
        }
        if header.position != self.size() {
            return Err(format!("the entry was written at position {}", header.position));
        }
        if header.epoch < self.epoch {
            return Err(format!("the epoch falls from {} to {}", self.epoch, header.epoch));
        }
        if header.received_ms < self.received_ms {
            return Err("the time of receipt lies before that of the entry before".to_owned());
        }
        let columns = [
            ("epoch", row.epoch == i64::from(header.epoch)),
            ("received_ms", row.received_ms == header.received_ms),
            ("effective_ms", row.effective_ms == header.effective_ms),
            ("subject", row.subject == header.subject),
            ("kind", row.kind == header.kind),
        ];
        match columns.into_iter().find(|(_, same)| !same) {
            Some((column, _)) => Err(format!("column {column} says something else than the header")),
            None => Ok(()),
        }
    }
}

/// Parts are numbered from 1. No entry of this version erases one, so a missing part is a fault like a changed one.
fn check_parts(commitments: &[Hash], stored: &[part_row::Model]) -> Result<(), String> {
    for (number, commitment) in (1..).zip(commitments) {
        let Some(part) = stored.iter().find(|part| part.number == number) else {
            return Err(format!("personal part {number} is missing and no entry erased it"));
        };
        let salt = <[u8; 32]>::try_from(part.salt.as_slice());
        if !salt.is_ok_and(|salt| part_commitment(&salt, &part.bytes) == *commitment) {
            return Err(format!("personal part {number} does not match its commitment"));
        }
    }
    if stored.len() > commitments.len() {
        return Err(format!("{} personal parts are stored, the header speaks of {}", stored.len(), commitments.len()));
    }
    Ok(())
}

async fn beside(db: &impl ConnectionTrait, first: u64, end: u64) -> Result<Beside, DbErr> {
    let mut parts: HashMap<i64, Vec<part_row::Model>> = HashMap::new();
    let found = part_row::Entity::find()
        .filter(part_row::Column::Position.gte(signed(first)))
        .filter(part_row::Column::Position.lt(signed(end)))
        .all(db)
        .await?;
    for part in found {
        parts.entry(part.position).or_default().push(part);
    }
    let mut nodes = HashMap::new();
    for level in (1..63u8).take_while(|level| end >> level > 0) {
        // Completed by a leaf of this chunk: the last leaf of the subtree lies in it.
        let found = node_row::Entity::find()
            .filter(node_row::Column::Level.eq(i64::from(level)))
            .filter(node_row::Column::Number.gte(signed(first >> level)))
            .filter(node_row::Column::Number.lt(signed(end >> level)))
            .all(db)
            .await?;
        nodes.extend(found.into_iter().map(|row| (Node { level, index: unsigned(row.number) }, row.hash)));
    }
    Ok(Beside { parts, nodes })
}
