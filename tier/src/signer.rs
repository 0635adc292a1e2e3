//! Signs the head of one region's journal on demand, and refuses as soon as the journal cannot vouch for itself.
//!
//! Nothing is signed that was not recomputed from stored bytes first: the signer starts at the last head it signed, which the
//! [`Guard`] remembers outside the database, and walks over every entry since. The guard is advanced and fsynced before a
//! signature leaves. What is wrong is noted in the place's soundness, so that the writer stops and every room can say why.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
};

use bytes::Bytes;
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};
use tokio::sync::Mutex;

use crate::{
    fault::Fault,
    journal::{
        checkpoint::{Checkpoint, JournalKey},
        guard::{Guard, GuardFault, Signed},
        merkle::{Frontier, Hash, consistency, consistency_needs, verify_consistency},
        store::{frontier, nodes, size},
    },
    place::Place,
    verify::{Finding, Walk},
};

/// A stored entry, hash or position is not what it was.
pub const DAMAGED: &str = "JOURNAL_DAMAGED";
/// The database is older than what was signed.
pub const ROLLED_BACK: &str = "JOURNAL_ROLLED_BACK";

/// Notes kept, so that asking again for the same head costs nothing.
const NOTES: usize = 16;

/// A head that may leave the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHead {
    /// Entries.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
    /// C2SP signed note.
    pub note: Bytes,
}

/// Signs checkpoints of one region.
pub struct Signer {
    place: Place,
    key: Arc<JournalKey>,
    guard: Arc<std::sync::Mutex<Guard>>,
    db: DatabaseConnection,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    verified: Option<Walk>,
    notes: BTreeMap<u64, SignedHead>,
}

impl Signer {
    /// A signer for `place`; `db` only reads.
    #[must_use]
    pub fn new(place: Place, key: Arc<JournalKey>, guard: Guard, db: DatabaseConnection) -> Self {
        Self { place, key, guard: Arc::new(std::sync::Mutex::new(guard)), db, state: Mutex::default() }
    }

    /// The key by which this region signs.
    #[must_use]
    pub fn key(&self) -> &JournalKey {
        &self.key
    }

    /// Signs the head of the first `size` entries.
    ///
    /// # Errors
    /// [`Fault::Damaged`] with [`DAMAGED`] or [`ROLLED_BACK`] if the journal cannot vouch for itself, [`Fault::Internal`] if
    /// there are not so many entries or the guard cannot be written, [`Fault::Database`].
    pub async fn checkpoint(&self, size: u64) -> Result<Bytes, Fault> {
        // The lock comes before the connection, here and in `snapshot`: whoever waits for the lock holds no connection.
        let mut state = self.state.lock().await;
        let tx = self.db.begin().await?;
        let head = self.sign(&mut state, &tx, Some(size)).await?;
        tx.rollback().await?;
        Ok(head.note)
    }

    /// Begins a read transaction and signs the head that it sees. Everything read in it belongs to that head.
    ///
    /// # Errors
    /// As [`Signer::checkpoint`].
    pub async fn snapshot(&self) -> Result<(DatabaseTransaction, SignedHead), Fault> {
        let mut state = self.state.lock().await;
        let tx = self.db.begin().await?;
        let head = self.sign(&mut state, &tx, None).await?;
        Ok((tx, head))
    }

    /// Compares the database with the last signed head, once at start. A database that is behind is noted as
    /// [`ROLLED_BACK`]: reads stay served, the writer refuses, nothing is signed.
    ///
    /// # Errors
    /// The database fails.
    pub async fn start_check(&self) -> Result<(), DbErr> {
        let mut state = self.state.lock().await;
        let tx = self.db.begin().await?;
        let stored = size(&tx).await?;
        if self.behind(stored).is_none() {
            // Also finds a tree that is not the signed one before anything is written on top of it.
            match self.base(&tx).await {
                Ok(walk) => state.verified = Some(walk),
                Err(Fault::Database(error)) => return Err(error),
                Err(_) => {}
            }
        }
        tx.rollback().await
    }

    /// Walks over the whole journal as it stands now and notes the first thing that is wrong as [`DAMAGED`]. Meant to run in
    /// the background after start; yields between chunks. The answer is what was found.
    ///
    /// # Errors
    /// The database fails.
    pub async fn scrub(&self) -> Result<Option<Finding>, DbErr> {
        let mut walk = Walk::new(self.place.region.as_str());
        let end = size(&self.db).await?;
        let finding = walk.to(&self.db, end).await?;
        if let Some(finding) = &finding {
            self.place.soundness.condemn(DAMAGED, finding.to_string());
        } else {
            tracing::debug!(entries = end, "every stored entry is as it was written");
        }
        Ok(finding)
    }

    async fn sign(&self, state: &mut State, tx: &DatabaseTransaction, asked: Option<u64>) -> Result<SignedHead, Fault> {
        if let Some(unsound) = self.place.soundness.fault() {
            return Err(Fault::Damaged { reason: unsound.reason, detail: unsound.detail });
        }
        let stored = size(tx).await?;
        if let Some(fault) = self.behind(stored) {
            return Err(fault);
        }
        let size = asked.unwrap_or(stored);
        if size > stored {
            return Err(Fault::Internal(format!("a head of {size} entries was asked, {stored} are stored")));
        }
        if let Some(head) = state.notes.get(&size) {
            return Ok(head.clone());
        }
        let walk = match &mut state.verified {
            Some(walk) => walk,
            none => none.insert(self.base(tx).await?),
        };
        // In place: a caller who gives up after a deadline leaves what was walked over to the next one.
        if let Some(finding) = walk.to(tx, size).await? {
            return Err(self.damaged(&finding));
        }
        let root = if size == walk.size() { walk.root() } else { self.older_root(tx, size, walk).await? };
        let head = self.note(size, root).await?;
        state.notes.insert(size, head.clone());
        while state.notes.len() > NOTES {
            state.notes.pop_first();
        }
        Ok(head)
    }

    /// Where verification begins: the last signed head, if the stored tree still is the one that was signed.
    async fn base(&self, db: &impl ConnectionTrait) -> Result<Walk, Fault> {
        let region = self.place.region.as_str();
        let Some(last) = self.last().filter(|last| last.epoch == self.place.epoch) else {
            return Ok(Walk::new(region));
        };
        let stored = match frontier(db, last.size).await {
            Ok(stored) => Some(stored),
            // An interior hash is missing or malformed; a database that does not answer is another matter.
            Err(DbErr::Custom(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let stored = stored.filter(|stored: &Frontier| stored.root() == last.root);
        if let Some(stored) = stored {
            return Ok(Walk::after(region, stored));
        }
        // Name the place rather than only say that something is wrong.
        let mut walk = Walk::new(region);
        let finding = walk.to(db, last.size).await?.unwrap_or_else(|| {
            Finding::at(
                0,
                format!(
                    "the first {} entries are not those that were signed: their root is {}, signed was {}",
                    last.size,
                    walk.root(),
                    last.root
                ),
            )
        });
        Err(self.damaged(&finding))
    }

    /// Root of an earlier size, proven to be a beginning of what was walked over.
    async fn older_root(&self, db: &impl ConnectionTrait, size: u64, walk: &Walk) -> Result<Hash, Fault> {
        let damaged = |what: String| self.damaged(&Finding::beside(format!("the interior hashes for {size} entries: {what}")));
        let needs = consistency_needs(size, walk.size()).map_err(|error| Fault::Internal(error.to_string()))?;
        let stored = nodes(db, &needs).await?;
        let proof =
            consistency(size, walk.size(), &|node| stored.get(&node).copied()).map_err(|error| damaged(error.to_string()))?;
        let root = frontier(db, size).await?.root();
        verify_consistency(size, walk.size(), &root, &walk.root(), &proof).map_err(|error| damaged(error.to_string()))?;
        Ok(root)
    }

    /// Advances the guard if it has to be, and signs. The file is written off the runtime's threads.
    async fn note(&self, size: u64, root: Hash) -> Result<SignedHead, Fault> {
        let next = Signed { epoch: self.place.epoch, size, root };
        let guard = self.guard.clone();
        let advanced = tokio::task::spawn_blocking(move || {
            let mut guard = guard.lock().unwrap_or_else(PoisonError::into_inner);
            match guard.last() {
                // An earlier head of the same life is covered by the later one.
                Some(last) if last.epoch == next.epoch && last.size > next.size => Ok(()),
                _ => guard.advance(next),
            }
        });
        match advanced.await.map_err(|error| Fault::Internal(format!("the guard was not written: {error}")))? {
            Ok(()) => {}
            Err(fault @ (GuardFault::Behind { .. } | GuardFault::Fork { .. } | GuardFault::Damaged { .. })) => {
                return Err(self.damaged(&Finding::beside(fault.to_string())));
            }
            Err(fault @ GuardFault::Io { .. }) => return Err(Fault::Internal(fault.to_string())),
        }
        let head = Checkpoint { origin_region: self.place.region.to_string(), epoch: self.place.epoch, size, root };
        let note = head.sign(&self.key).map_err(|fault| Fault::Internal(fault.to_string()))?;
        Ok(SignedHead { size, root, note: note.into() })
    }

    fn last(&self) -> Option<Signed> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner).last()
    }

    /// Notes and gives the fault if fewer entries are stored than were signed.
    fn behind(&self, stored: u64) -> Option<Fault> {
        let last = self.last()?;
        let epoch = self.place.epoch;
        let detail = if epoch < last.epoch {
            format!("the journal is in epoch {epoch}, epoch {} was signed", last.epoch)
        } else if epoch == last.epoch && stored < last.size {
            format!("the database holds {stored} entries, {} were signed; the first missing position is {stored}", last.size)
        } else {
            return None;
        };
        self.place.soundness.condemn(ROLLED_BACK, detail.clone());
        Some(Fault::Damaged { reason: ROLLED_BACK, detail })
    }

    /// Notes that the journal is damaged and gives the fault that says so.
    pub(crate) fn damaged(&self, finding: &Finding) -> Fault {
        let detail = finding.to_string();
        self.place.soundness.condemn(DAMAGED, detail.clone());
        Fault::Damaged { reason: DAMAGED, detail }
    }
}
