//! Why a proof could not be made or was not believed.

use super::{MAX_SIZE, Node};

/// Why a proof could not be made or was not believed. Sizes and indexes count leaves.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// A size that no journal can have; a peer made it up.
    #[error("a tree of {size} leaves is larger than the limit of {MAX_SIZE}")]
    TooLarge { size: u64 },
    /// The leaf does not lie in the tree.
    #[error("leaf {index} lies outside a tree of {size} leaves")]
    OutOfRange { index: u64, size: u64 },
    /// The tree that should be the later one is smaller: something was taken away.
    #[error("the tree shrank from {old} to {new} leaves")]
    Shrunk { old: u64, new: u64 },
    /// The proof has not as many hashes as the two numbers demand.
    #[error("the proof has {actual} hashes where {expected} are needed")]
    Length { expected: usize, actual: usize },
    /// The store did not give a subtree that is needed.
    #[error("the subtree at level {}, index {} is missing", .0.level, .0.index)]
    Missing(Node),
    /// The hashes do not add up to the older root: history was rewritten, or the proof is wrong.
    #[error("the proof does not lead to the older root")]
    OldRoot,
    /// The hashes do not add up to the (newer) root.
    #[error("the proof does not lead to the root")]
    Root,
}

impl ProofError {
    /// The stable name of this refusal.
    pub fn reason(&self) -> &'static str {
        match self {
            ProofError::TooLarge { .. } => "JOURNAL_SIZE_TOO_LARGE",
            ProofError::OutOfRange { .. } => "JOURNAL_LEAF_OUT_OF_RANGE",
            ProofError::Shrunk { .. } => "JOURNAL_SHRUNK",
            ProofError::Length { .. } => "JOURNAL_PROOF_LENGTH",
            ProofError::Missing(_) => "JOURNAL_SUBTREE_MISSING",
            ProofError::OldRoot => "JOURNAL_OLD_ROOT_MISMATCH",
            ProofError::Root => "JOURNAL_ROOT_MISMATCH",
        }
    }
}
