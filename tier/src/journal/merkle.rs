//! The RFC 6962 Merkle tree over a journal: hashes, a growing frontier, and proofs.
//!
//! Only *complete* subtrees are ever stored. A complete subtree never changes once its last leaf
//! is there, so the rows are immutable and serve proofs for every size the journal ever had.
//! What a proof needs is named first ([`inclusion_needs`], [`consistency_needs`]), so that an
//! asynchronous store can load it with one query, and computed afterwards from what was loaded.
//!
//! Verification follows the iterative algorithms of RFC 9162 §2.1.3.2 and §2.1.4.2. It shares the
//! expected number of hashes with the construction but not their order, so that one can catch a
//! mistake in the other.

mod error;
mod frontier;
mod hash;
mod prove;
mod verify;

#[cfg(test)]
mod tests;

pub use error::ProofError;
pub use frontier::{Frontier, Node};
pub use hash::{Hash, MalformedHash, empty_root, leaf_hash, node_hash};
pub use prove::{consistency, consistency_needs, inclusion, inclusion_needs};
pub use verify::{verify_consistency, verify_inclusion};

/// The largest tree size that is accepted anywhere: positions are stored as signed 64-bit columns.
pub const MAX_SIZE: u64 = i64::MAX as u64;
