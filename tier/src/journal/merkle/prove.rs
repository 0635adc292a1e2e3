//! Making proofs from stored complete subtrees, in the order of RFC 6962 §2.1.1 and §2.1.2.

use super::frontier::{fold, subtrees};
use super::{Hash, MAX_SIZE, Node, ProofError};

/// A run of leaves `[start, end)` whose hash is one element of a proof.
#[derive(Clone, Copy)]
pub(super) struct Span {
    start: u64,
    end: u64,
}

impl Span {
    fn nodes(self) -> Vec<Node> {
        subtrees(self.start, self.end - self.start)
    }

    /// Where RFC 6962 cuts it: after the largest power of two smaller than its length.
    /// Only for spans of at least two leaves.
    fn middle(self) -> u64 {
        self.start + (1 << (self.end - self.start - 1).ilog2())
    }
}

/// The subtrees to load before [`inclusion`] can prove leaf `index` in a tree of `size` leaves.
/// Never more than 128.
///
/// # Errors
/// [`ProofError::TooLarge`] or [`ProofError::OutOfRange`]; nothing else.
pub fn inclusion_needs(index: u64, size: u64) -> Result<Vec<Node>, ProofError> {
    Ok(flatten(inclusion_spans(index, size)?))
}

/// The audit path of leaf `index` in the tree of `size` leaves, from the leaf upwards.
/// A tree of one leaf has an empty path.
///
/// # Errors
/// As [`inclusion_needs`]; [`ProofError::Missing`] names the first subtree that `stored` lacks.
pub fn inclusion(index: u64, size: u64, stored: &impl Fn(Node) -> Option<Hash>) -> Result<Vec<Hash>, ProofError> {
    hashes(inclusion_spans(index, size)?, stored)
}

/// The subtrees to load before [`consistency`] can prove that `new` leaves begin with `old` leaves.
/// Never more than 128; none where the answer is clear from the numbers (old 0, or nothing new).
///
/// # Errors
/// [`ProofError::TooLarge`] or [`ProofError::Shrunk`]; nothing else.
pub fn consistency_needs(old: u64, new: u64) -> Result<Vec<Node>, ProofError> {
    Ok(flatten(consistency_spans(old, new)?))
}

/// The proof that the tree of `new` leaves begins with the tree of `old` leaves.
/// It is empty if `old` is 0 (everything begins with nothing) or equals `new`.
///
/// # Errors
/// As [`consistency_needs`]; [`ProofError::Missing`] names the first subtree that `stored` lacks.
pub fn consistency(old: u64, new: u64, stored: &impl Fn(Node) -> Option<Hash>) -> Result<Vec<Hash>, ProofError> {
    hashes(consistency_spans(old, new)?, stored)
}

pub(super) fn inclusion_spans(index: u64, size: u64) -> Result<Vec<Span>, ProofError> {
    if size > MAX_SIZE {
        return Err(ProofError::TooLarge { size });
    }
    if index >= size {
        return Err(ProofError::OutOfRange { index, size });
    }
    let mut at = Span { start: 0, end: size };
    let mut spans = Vec::new();
    while at.end - at.start > 1 {
        let middle = at.middle();
        if index < middle {
            spans.push(Span { start: middle, end: at.end });
            at.end = middle;
        } else {
            spans.push(Span { start: at.start, end: middle });
            at.start = middle;
        }
    }
    spans.reverse();
    Ok(spans)
}

pub(super) fn consistency_spans(old: u64, new: u64) -> Result<Vec<Span>, ProofError> {
    if new > MAX_SIZE {
        return Err(ProofError::TooLarge { size: new });
    }
    if old > new {
        return Err(ProofError::Shrunk { old, new });
    }
    let mut spans = Vec::new();
    if old == 0 {
        return Ok(spans);
    }
    let mut at = Span { start: 0, end: new };
    while at.end != old {
        let middle = at.middle();
        if old <= middle {
            spans.push(Span { start: middle, end: at.end });
            at.end = middle;
        } else {
            spans.push(Span { start: at.start, end: middle });
            at.start = middle;
        }
    }
    // The last common subtree is spelled out unless it is the whole old tree, whose root the
    // verifier already holds.
    if at.start != 0 {
        spans.push(at);
    }
    spans.reverse();
    Ok(spans)
}

fn flatten(spans: Vec<Span>) -> Vec<Node> {
    spans.into_iter().flat_map(Span::nodes).collect()
}

fn hashes(spans: Vec<Span>, stored: &impl Fn(Node) -> Option<Hash>) -> Result<Vec<Hash>, ProofError> {
    let mut proof = Vec::with_capacity(spans.len());
    for span in spans {
        let mut parts = Vec::new();
        for node in span.nodes() {
            parts.push(stored(node).ok_or(ProofError::Missing(node))?);
        }
        proof.extend(fold(parts.into_iter()));
    }
    Ok(proof)
}
