//! The right edge of a growing tree: enough to append and to compute the root, nothing more.

use super::{Hash, MAX_SIZE, ProofError, empty_root, node_hash};

/// A complete subtree: the leaves `index << level` up to, not including, `(index + 1) << level`.
///
/// Level 0 is a single leaf. A complete subtree never changes, so its hash is stored once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node {
    pub level: u8,
    pub index: u64,
}

/// The peaks of a tree: the hashes of the complete subtrees that its size is the sum of.
///
/// Peaks run from left to right, thus from the largest to the smallest; there is one for every
/// bit that is set in the size, so never more than 64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The tree without leaves.
    pub fn new() -> Self {
        Frontier { size: 0, peaks: Vec::new() }
    }

    /// The peaks that make a tree of `size` leaves, left to right. Load their hashes in this order
    /// for [`Frontier::from_peaks`]. Any number is safe to ask for; there are at most 64 peaks.
    pub fn nodes(size: u64) -> Vec<Node> {
        subtrees(0, size)
    }

    /// The frontier of a tree of `size` leaves whose peaks, left to right, have these hashes.
    ///
    /// # Errors
    /// [`ProofError::TooLarge`] above [`MAX_SIZE`]; [`ProofError::Length`] if the number of hashes
    /// is not the number of peaks.
    pub fn from_peaks(size: u64, peaks: Vec<Hash>) -> Result<Self, ProofError> {
        if size > MAX_SIZE {
            return Err(ProofError::TooLarge { size });
        }
        let expected = size.count_ones() as usize;
        if peaks.len() != expected {
            return Err(ProofError::Length { expected, actual: peaks.len() });
        }
        Ok(Frontier { size, peaks })
    }

    /// How many leaves the tree has; also the position of the next one.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf hash; returns the leaf and every complete subtree that it completes, from the
    /// leaf upwards. These are exactly the immutable rows to store with the entry.
    pub fn push(&mut self, leaf: Hash) -> Vec<(Node, Hash)> {
        // Every trailing one of the size is a peak that the new leaf merges with.
        let merged = self.size.trailing_ones() as usize;
        let kept = self.peaks.len().saturating_sub(merged);
        let mut node = Node { level: 0, index: self.size };
        let mut hash = leaf;
        let mut rows = Vec::with_capacity(merged + 1);
        rows.push((node, hash));
        for left in self.peaks.drain(kept..).rev() {
            hash = node_hash(&left, &hash);
            node = Node { level: node.level + 1, index: node.index >> 1 };
            rows.push((node, hash));
        }
        self.peaks.push(hash);
        // A frontier starts at or below MAX_SIZE, so this would take another 2^63 leaves to wrap.
        self.size += 1;
        rows
    }

    /// The RFC 6962 root of the tree as it stands.
    pub fn root(&self) -> Hash {
        fold(self.peaks.iter().copied()).unwrap_or_else(empty_root)
    }
}

impl Default for Frontier {
    fn default() -> Self {
        Self::new()
    }
}

/// The complete subtrees that cover `[start, start + len)`, left to right, largest first.
///
/// `start` is a multiple of the largest power of two in `len`, and `start + len` does not
/// overflow; both hold for every range that RFC 6962 cuts out of a tree.
pub(super) fn subtrees(start: u64, len: u64) -> Vec<Node> {
    let mut at = start;
    let mut nodes = Vec::with_capacity(len.count_ones() as usize);
    for level in (0..64u8).rev().filter(|level| len >> level & 1 == 1) {
        nodes.push(Node { level, index: at >> level });
        // Wraps only after the last subtree, when nothing reads it any more.
        at = at.wrapping_add(1 << level);
    }
    nodes
}

/// The hash over adjacent subtrees, largest first: a ragged tree leans to the right.
pub(super) fn fold(hashes: impl DoubleEndedIterator<Item = Hash>) -> Option<Hash> {
    hashes.rev().reduce(|right, left| node_hash(&left, &right))
}
