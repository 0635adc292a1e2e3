//! What every room of a process may know of one region: its name, its register, its clock, and whether its journal is sound.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use changxiao_domain::{clock::Instant as Moment, region::RegionId, register::Register};
use tokio::{sync::watch, time::Instant};

use crate::{clock::BusinessClock, identity::revocation::Revocations};

/// The register in force, replaced whole.
#[derive(Clone)]
pub struct Registers(Arc<RwLock<Arc<Register>>>);

impl Registers {
    /// Starts with one.
    #[must_use]
    pub fn new(register: Register) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(register))))
    }

    /// The one in force.
    #[must_use]
    pub fn current(&self) -> Arc<Register> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a newer version in force; an older one changes nothing.
    pub fn adopt(&self, register: Register) {
        let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if register.version() > current.version() {
            *current = Arc::new(register);
        }
    }
}

/// Why a journal may not grow or be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsound {
    /// Stable reason, such as `JOURNAL_ROLLED_BACK`.
    pub reason: &'static str,
    /// For people.
    pub detail: String,
}

/// Whether a journal can vouch for itself. Once unsound it stays so until people have looked.
#[derive(Clone, Default)]
pub struct Soundness(Arc<RwLock<Option<Unsound>>>);

impl Soundness {
    /// The first thing that was wrong, if anything.
    #[must_use]
    pub fn fault(&self) -> Option<Unsound> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes that something is wrong; the first note stays.
    pub fn condemn(&self, reason: &'static str, detail: String) {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if held.is_none() {
            tracing::error!(reason, "the journal is not sound: {detail}");
            *held = Some(Unsound { reason, detail });
        }
    }
}

/// Passing things of a region, for those who watch it; never journaled. Clones share them.
#[derive(Clone, Default)]
pub struct Signs(Arc<Mutex<Passing>>);

#[derive(Default)]
struct Passing {
    cause: Option<(u64, String)>,
    parent_heard: Option<Instant>,
}

impl Signs {
    /// The head moved because of this trace.
    pub fn moved(&self, head: u64, traceparent: String) {
        if !traceparent.is_empty() {
            self.lock().cause = Some((head, traceparent));
        }
    }

    /// The trace that moved the head to where it stands; empty if it is not known.
    #[must_use]
    pub fn cause(&self, head: u64) -> String {
        self.lock().cause.as_ref().filter(|(of, _)| *of >= head).map_or_else(String::new, |(_, traceparent)| traceparent.clone())
    }

    /// The parent called.
    pub fn heard_parent(&self) {
        self.lock().parent_heard = Some(Instant::now());
    }

    /// When the parent called last, since the start of the process.
    #[must_use]
    pub fn parent_heard(&self) -> Option<Instant> {
        self.lock().parent_heard
    }

    fn lock(&self) -> MutexGuard<'_, Passing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One region as the rooms of this process see it.
#[derive(Clone)]
pub struct Place {
    /// Permanent id.
    pub region: RegionId,
    /// Whether its clock can be driven; fixed in the first entry.
    pub sandbox: bool,
    /// Life of its journal.
    pub epoch: u32,
    /// Its business clock.
    pub clock: Arc<BusinessClock>,
    /// The register in force.
    pub registers: Registers,
    /// The revocation lists in force; one for the whole process, as its TLS is.
    pub revocations: Revocations,
    /// Whether its journal is sound.
    pub soundness: Soundness,
    /// Cursor of its feed: the last position that changed a fact.
    pub head: watch::Sender<u64>,
    /// What passes by.
    pub signs: Signs,
}

impl Place {
    /// The code valid at an instant, empty if the register has none.
    #[must_use]
    pub fn code_at(&self, at: Moment) -> String {
        self.registers.current().at(&self.region, at.date()).map_or_else(String::new, |dated| dated.code.to_string())
    }

    /// Resource name of something in this region.
    #[must_use]
    pub fn name(&self, path: &str) -> String {
        format!("regions/{}/{path}", self.region)
    }
}
