//! Believing proofs: RFC 9162 §2.1.3.2 (inclusion) and §2.1.4.2 (consistency).
//!
//! Everything here comes from a peer. The number of hashes is compared with what the two sizes
//! demand before anything is hashed, so a hostile proof costs nothing.

use super::prove::{consistency_spans, inclusion_spans};
use super::{Hash, ProofError, empty_root, node_hash};

/// Checks that `leaf` is leaf `index` of the tree of `size` leaves with this `root`.
///
/// # Errors
/// [`ProofError::TooLarge`], [`ProofError::OutOfRange`], [`ProofError::Length`], or
/// [`ProofError::Root`] when the hashes lead elsewhere.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), ProofError> {
    expect(inclusion_spans(index, size)?.len(), proof.len())?;
    let mut path = Path { node: index, last: size - 1 };
    let mut hash = *leaf;
    for sibling in proof {
        hash = match path.step() {
            Side::Left => node_hash(sibling, &hash),
            Side::Right => node_hash(&hash, sibling),
        };
    }
    if hash != *root {
        return Err(ProofError::Root);
    }
    Ok(())
}

/// Checks that the tree of `new` leaves with `new_root` begins with the tree of `old` leaves with
/// `old_root`.
///
/// Two cases are decided without hashing: from nothing (old 0: the proof is empty, the old root is
/// [`empty_root`], any new root will do) and nothing new (old = new: the proof is empty, the roots
/// are equal).
///
/// # Errors
/// [`ProofError::TooLarge`], [`ProofError::Shrunk`], [`ProofError::Length`];
/// [`ProofError::OldRoot`] when the new tree holds another history than the old root speaks of,
/// [`ProofError::Root`] when the proof does not belong to the new root.
pub fn verify_consistency(old: u64, new: u64, old_root: &Hash, new_root: &Hash, proof: &[Hash]) -> Result<(), ProofError> {
    expect(consistency_spans(old, new)?.len(), proof.len())?;
    if new == 0 && *new_root != empty_root() {
        return Err(ProofError::Root);
    }
    if old == 0 {
        return same(old_root, &empty_root(), ProofError::OldRoot);
    }
    if old == new {
        return same(old_root, new_root, ProofError::OldRoot);
    }
    let (first, rest) = match proof.split_first() {
        // The old tree is a complete subtree of the new one, so its root stands in for the first.
        _ if old.is_power_of_two() => (old_root, proof),
        Some((first, rest)) => (first, rest),
        // The length was compared above, so this is for the compiler only.
        None => {
            return Err(ProofError::Length { expected: 1, actual: 0 });
        }
    };
    // Start at the largest subtree that both trees share and that ends with the old tree.
    let shared = (old - 1).trailing_ones();
    let mut path = Path { node: (old - 1) >> shared, last: (new - 1) >> shared };
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        match path.step() {
            Side::Left => {
                old_hash = node_hash(sibling, &old_hash);
                new_hash = node_hash(sibling, &new_hash);
            }
            Side::Right => new_hash = node_hash(&new_hash, sibling),
        }
    }
    same(&new_hash, new_root, ProofError::Root)?;
    same(&old_hash, old_root, ProofError::OldRoot)
}

/// Which side of the path the next sibling lies on.
enum Side {
    Left,
    Right,
}

/// A node on its way to the root: its index on its level, and the index of that level's last node.
struct Path {
    node: u64,
    last: u64,
}

impl Path {
    /// Goes up to the parent that the next sibling makes.
    ///
    /// The last node of an odd level has no sibling there and rises on its own, so RFC 9162 skips
    /// such levels. Here they need not be counted: a node that is last once stays last, so every
    /// sibling that follows lies to its left, and how many follow has been checked already.
    fn step(&mut self) -> Side {
        let side = if self.node & 1 == 0 && self.node != self.last { Side::Right } else { Side::Left };
        self.node >>= 1;
        self.last >>= 1;
        side
    }
}

fn expect(expected: usize, actual: usize) -> Result<(), ProofError> {
    if expected != actual {
        return Err(ProofError::Length { expected, actual });
    }
    Ok(())
}

fn same(left: &Hash, right: &Hash, otherwise: ProofError) -> Result<(), ProofError> {
    if left != right {
        return Err(otherwise);
    }
    Ok(())
}
