//! Entries of one group before they are written: header bytes, leaves, interior hashes, personal parts.

use std::sync::Arc;

use changxiao_domain::{clock::Instant, event::Event, stamp::Stamp};
use changxiao_proto::convert::event::{KIND_VERSION, encode};
use ring::rand::SecureRandom;
use sea_orm::{DatabaseTransaction, DbErr};

use crate::{
    database::insert,
    fault::Fault,
    journal::{
        entry::{Header, body_commitment, leaf, part_commitment},
        merkle::{Frontier, Hash},
        store::{entry_row, node_row, part_row, signed},
    },
};

/// Where a journal stands, and what it needs to grow.
#[derive(Clone)]
pub struct Chain {
    /// Region.
    pub region: String,
    /// Life of the journal.
    pub epoch: u32,
    /// Tree so far.
    pub frontier: Frontier,
    /// Source of salts.
    pub random: Arc<dyn SecureRandom + Send + Sync>,
}

/// Who and what stands behind an entry.
pub struct Author<'a> {
    /// Identifier of the actor.
    pub actor: &'a str,
    /// Request id, if a client sent one.
    pub request: Option<&'a str>,
    /// What it concerns.
    pub subject: &'a str,
    /// Stamp of the writer.
    pub received: Instant,
    /// When it takes effect.
    pub effective: Instant,
}

/// Entries of one group.
pub struct Draft {
    entries: Vec<entry_row::Model>,
    parts: Vec<part_row::Model>,
    nodes: Vec<node_row::Model>,
    frontier: Frontier,
}

impl Draft {
    /// Nothing yet.
    pub fn new(chain: &Chain) -> Self {
        Self { entries: Vec::new(), parts: Vec::new(), nodes: Vec::new(), frontier: chain.frontier.clone() }
    }

    /// Position of the next entry.
    pub fn next(&self) -> u64 {
        self.frontier.size()
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Number of entries so far.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Appends one entry.
    ///
    /// # Errors
    /// A field is longer than a header can hold, or there is no randomness.
    pub fn append(&mut self, chain: &Chain, event: &Event, author: &Author<'_>) -> Result<(Stamp, Hash), Fault> {
        let position = self.next();
        let (body, parts) = encode(event);
        let mut commitments = Vec::with_capacity(parts.len());
        for (number, bytes) in (1..).zip(parts) {
            let mut salt = [0; 32];
            chain.random.fill(&mut salt).map_err(|_| Fault::Internal("no randomness for a salt".to_owned()))?;
            commitments.push(part_commitment(&salt, &bytes));
            self.parts.push(part_row::Model { position: signed(position), number, salt: salt.to_vec(), bytes });
        }
        let header = Header {
            region: chain.region.clone(),
            epoch: chain.epoch,
            position,
            received_ms: author.received.ms(),
            effective_ms: author.effective.ms(),
            actor: author.actor.to_owned(),
            on_behalf_of: None,
            request_id: author.request.map(str::to_owned),
            subject: author.subject.to_owned(),
            kind: event.kind().to_owned(),
            kind_version: KIND_VERSION,
            body_commitment: body_commitment(&body),
            part_commitments: commitments,
        };
        let header = header.encode().map_err(|fault| Fault::Internal(format!("an entry cannot be written: {fault}")))?;
        let hash = leaf(&header);
        for (node, hash) in self.frontier.push(hash).into_iter().filter(|(node, _)| node.level > 0) {
            self.nodes.push(node_row::Model {
                level: i64::from(node.level),
                number: signed(node.index),
                hash: hash.as_bytes().to_vec(),
            });
        }
        self.entries.push(entry_row::Model {
            position: signed(position),
            epoch: i64::from(chain.epoch),
            received_ms: author.received.ms(),
            effective_ms: author.effective.ms(),
            subject: author.subject.to_owned(),
            kind: event.kind().to_owned(),
            header,
            body,
            leaf: hash.as_bytes().to_vec(),
        });
        let stamp = Stamp {
            actor: author.actor.to_owned(),
            at: author.effective,
            received: author.received,
            epoch: chain.epoch,
            position,
        };
        Ok((stamp, hash))
    }

    /// Writes everything and gives the tree that holds once the transaction is durable.
    ///
    /// # Errors
    /// The database fails.
    pub async fn write(self, db: &DatabaseTransaction) -> Result<Frontier, DbErr> {
        insert::<entry_row::Entity>(db, self.entries).await?;
        insert::<node_row::Entity>(db, self.nodes).await?;
        insert::<part_row::Entity>(db, self.parts).await?;
        Ok(self.frontier)
    }
}
