//! Why an answer was not believed, and what the follower does about it.

use bytes::Bytes;

/// What a refusal asks of the follower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing: a late or repeated answer that would change nothing.
    Ignore,
    /// Ask again later; the link or the peer had a hiccup.
    Retry,
    /// Ask for everything: what is held does not fit what came.
    TakeFull,
    /// Stop applying until a person looked; keep the last good facts, marked.
    Quarantine,
}

/// An answer that was not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct Refused {
    /// What was wrong.
    pub fault: Box<Fault>,
    /// What to do.
    pub remedy: Remedy,
    /// Two signed notes that contradict each other: proof by themselves, to be kept.
    pub evidence: Option<Box<(Bytes, Bytes)>>,
}

impl Refused {
    /// A refusal without evidence.
    pub fn new(remedy: Remedy, fault: Fault) -> Refused {
        Refused { fault: Box::new(fault), remedy, evidence: None }
    }

    /// A quarantine for `fault`.
    pub fn quarantine(fault: Fault) -> Refused {
        Refused::new(Remedy::Quarantine, fault)
    }

    /// Stable reason.
    pub fn reason(&self) -> &'static str {
        self.fault.reason()
    }
}

/// What was wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The answer belongs to an earlier question.
    #[error("the answer belongs to an earlier question")]
    AnswerOutdated,
    /// The same published entry, or an older one, is held already.
    #[error("published entry {position} of epoch {epoch} is not newer than what is held")]
    AlreadyHeld {
        /// Epoch delivered.
        epoch: u32,
        /// Position delivered.
        position: u64,
    },
    /// The child or the origin is quarantined and nobody released it.
    #[error("`{region}` is quarantined")]
    Quarantined {
        /// Region.
        region: String,
    },
    /// The origin does not lie in the child's subtree.
    #[error("`{origin}` does not lie below `{child}`")]
    OriginOutside {
        /// Origin delivered.
        origin: String,
        /// Child that delivered it.
        child: String,
    },
    /// The register knows no journal key of the region.
    #[error("the register holds no journal key of `{region}`")]
    KeyUnknown {
        /// Region.
        region: String,
    },
    /// The checkpoint is not signed by the region's journal key, or speaks for another region or epoch.
    #[error("the checkpoint of `{region}` is not its own word: {detail}")]
    CheckpointInvalid {
        /// Region.
        region: String,
        /// What was found.
        detail: String,
    },
    /// The relay's cosignature is missing or wrong.
    #[error("the cosignature of `{relay}` does not cover the checkpoint: {detail}")]
    CosignatureInvalid {
        /// Relay.
        relay: String,
        /// What was found.
        detail: String,
    },
    /// A new life of the journal that nobody approved.
    #[error("the journal is in epoch {offered}, admitted is {admitted}")]
    EpochChanged {
        /// Admitted epoch.
        admitted: u32,
        /// Offered epoch.
        offered: u32,
    },
    /// An earlier life of the journal came back.
    #[error("the journal went back from epoch {admitted} to {offered}")]
    EpochWentBack {
        /// Admitted epoch.
        admitted: u32,
        /// Offered epoch.
        offered: u32,
    },
    /// The tree is smaller than the one witnessed.
    #[error("the journal shrank from {witnessed} to {offered} entries")]
    JournalShrank {
        /// Size witnessed.
        witnessed: u64,
        /// Size offered.
        offered: u64,
    },
    /// Two trees of one size with different roots.
    #[error("the journal has two histories of {size} entries")]
    JournalForked {
        /// The size.
        size: u64,
    },
    /// The larger tree does not begin with the witnessed one.
    #[error("the journal of {offered} entries does not begin with the witnessed {witnessed}: {detail}")]
    JournalInconsistent {
        /// Size witnessed.
        witnessed: u64,
        /// Size offered.
        offered: u64,
        /// What failed.
        detail: String,
    },
    /// The published entry does not lie in the checkpoint's tree.
    #[error("published entry {position} is not in the signed tree: {detail}")]
    EntryNotIncluded {
        /// Position claimed.
        position: u64,
        /// What failed.
        detail: String,
    },
    /// The header names another region, epoch, position or kind, or does not commit to the body.
    #[error("published entry {position} is malformed: {detail}")]
    EntryMalformed {
        /// Position claimed.
        position: u64,
        /// What failed.
        detail: String,
    },
    /// A fact with a position beyond the published entry.
    #[error("fact `{topic}` carries position {position} beyond published entry {published}")]
    FactBeyondEntry {
        /// Kind and key.
        topic: String,
        /// Its position.
        position: u64,
        /// Published position.
        published: u64,
    },
    /// A fact older than the one held, or another value at the same position.
    #[error("fact `{topic}` at position {position} does not replace what is held")]
    FactOlder {
        /// Kind and key.
        topic: String,
        /// Its position.
        position: u64,
    },
    /// A fact for an audience that this link does not carry.
    #[error("fact `{topic}` is not meant for this tier")]
    FactAudience {
        /// Kind and key.
        topic: String,
    },
    /// Held and delivered facts together do not give the published digest: a fact is missing, surplus or altered.
    #[error("the facts held after the delivery do not give the published digest")]
    FactsDiffer,
    /// A bucket was not loaded; the adapter's mistake, never the peer's.
    #[error("{0}")]
    Unloaded(#[from] super::digest::Unloaded),
    /// The head contradicts itself or the question.
    #[error("the head of the pull is malformed: {detail}")]
    HeadMalformed {
        /// What was found.
        detail: &'static str,
    },
}

impl Fault {
    /// Stable reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Fault::AnswerOutdated => "ANSWER_OUTDATED",
            Fault::AlreadyHeld { .. } => "DELIVERY_ALREADY_HELD",
            Fault::Quarantined { .. } => "QUARANTINED",
            Fault::OriginOutside { .. } => "ORIGIN_OUTSIDE_SUBTREE",
            Fault::KeyUnknown { .. } => "JOURNAL_KEY_UNKNOWN",
            Fault::CheckpointInvalid { .. } => "CHECKPOINT_INVALID",
            Fault::CosignatureInvalid { .. } => "COSIGNATURE_INVALID",
            Fault::EpochChanged { .. } => "EPOCH_CHANGED",
            Fault::EpochWentBack { .. } => "EPOCH_WENT_BACK",
            Fault::JournalShrank { .. } => "JOURNAL_SHRANK",
            Fault::JournalForked { .. } => "JOURNAL_FORKED",
            Fault::JournalInconsistent { .. } => "JOURNAL_INCONSISTENT",
            Fault::EntryNotIncluded { .. } => "ENTRY_NOT_INCLUDED",
            Fault::EntryMalformed { .. } => "ENTRY_MALFORMED",
            Fault::FactBeyondEntry { .. } => "FACT_BEYOND_ENTRY",
            Fault::FactOlder { .. } => "FACT_OLDER",
            Fault::FactAudience { .. } => "FACT_AUDIENCE",
            Fault::FactsDiffer => "FACTS_DIFFER",
            Fault::Unloaded(unloaded) => unloaded.reason(),
            Fault::HeadMalformed { .. } => "PULL_HEAD_MALFORMED",
        }
    }
}
