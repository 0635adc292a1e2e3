//! Agreement with ct-merkle, an implementation that shares no code with ours.

use std::collections::HashMap;
use std::sync::OnceLock;

use ct_merkle::{ConsistencyProof, InclusionProof, RootHash, mem_backed_tree::MemoryBackedTree};
use sha2::Sha256;

use super::super::*;

/// Every root up to here is compared.
const SIZE: u64 = 4096;
/// Every pair of sizes up to here is compared.
const PAIRS: u64 = 256;

type Tree = MemoryBackedTree<Sha256, [u8; 8]>;

/// Our tree: the rows a store would hold, and the root at every size.
struct Ours {
    stored: HashMap<Node, Hash>,
    roots: Vec<Hash>,
}

impl Ours {
    fn stored(&self) -> impl Fn(Node) -> Option<Hash> {
        |node| self.stored.get(&node).copied()
    }
}

fn leaf(index: u64) -> [u8; 8] {
    index.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes()
}

fn ours() -> &'static Ours {
    static OURS: OnceLock<Ours> = OnceLock::new();
    OURS.get_or_init(|| {
        let mut frontier = Frontier::new();
        let mut stored = HashMap::new();
        let mut roots = vec![frontier.root()];
        for index in 0..SIZE {
            stored.extend(frontier.push(leaf_hash(&leaf(index))));
            roots.push(frontier.root());
        }
        Ours { stored, roots }
    })
}

/// The same sequence in every run; good enough to scatter test points.
fn scattered(seed: u64) -> impl Iterator<Item = u64> {
    (seed..).map(|n| u64::from_be_bytes(leaf_hash(&leaf(n)).0[..8].try_into().unwrap()))
}

fn theirs(root: &Hash, size: u64) -> RootHash<Sha256> {
    RootHash::new(root.0.into(), size)
}

fn bytes(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| hash.0).collect()
}

fn hashes(proof: &[u8]) -> Vec<Hash> {
    proof.chunks(32).map(|chunk| Hash::from_slice(chunk).unwrap()).collect()
}

/// Grows their tree leaf by leaf and hands it out at each size.
fn growing(to: u64, mut at: impl FnMut(&Tree, u64)) {
    let mut tree = Tree::new();
    for size in 1..=to {
        tree.push(leaf(size - 1));
        at(&tree, size);
    }
}

fn check_consistency(tree: &Tree, old: u64, new: u64) {
    let ours = ours();
    let (old_root, new_root) = (&ours.roots[old as usize], &ours.roots[new as usize]);
    let made = consistency(old, new, &ours.stored()).unwrap();
    let other = ConsistencyProof::try_from_bytes(bytes(&made)).unwrap();
    theirs(new_root, new)
        .verify_consistency(&theirs(old_root, old), &other)
        .unwrap_or_else(|fault| panic!("they refuse ours for {old} -> {new}: {fault}"));
    let given = hashes(tree.prove_consistency((new - old) as usize).as_bytes());
    verify_consistency(old, new, old_root, new_root, &given)
        .unwrap_or_else(|fault| panic!("we refuse theirs for {old} -> {new}: {fault}"));
}

fn check_inclusion(tree: &Tree, index: u64, size: u64) {
    let ours = ours();
    let root = &ours.roots[size as usize];
    let made = inclusion(index, size, &ours.stored()).unwrap();
    let other = InclusionProof::try_from_bytes(bytes(&made)).unwrap();
    theirs(root, size)
        .verify_inclusion(&leaf(index), index, &other)
        .unwrap_or_else(|fault| panic!("they refuse ours for {index} in {size}: {fault}"));
    let given = hashes(tree.prove_inclusion(index as usize).as_bytes());
    verify_inclusion(&leaf_hash(&leaf(index)), index, size, &given, root)
        .unwrap_or_else(|fault| panic!("we refuse theirs for {index} in {size}: {fault}"));
}

#[test]
fn roots_agree_at_every_size() {
    assert_eq!(ours().roots[0].0[..], Tree::new().root().as_bytes()[..]);
    growing(SIZE, |tree, size| {
        let root = &ours().roots[size as usize];
        assert_eq!(root.0[..], tree.root().as_bytes()[..], "size {size}");
    });
}

#[test]
fn a_frontier_loaded_at_any_size_grows_like_the_original() {
    let ours = ours();
    for size in 0..SIZE {
        let peaks = Frontier::nodes(size).iter().map(|node| ours.stored[node]).collect();
        let mut loaded = Frontier::from_peaks(size, peaks).unwrap();
        assert_eq!(loaded.root(), ours.roots[size as usize], "size {size}");
        for (node, hash) in loaded.push(leaf_hash(&leaf(size))) {
            assert_eq!(ours.stored[&node], hash, "size {size}");
        }
        assert_eq!(loaded.root(), ours.roots[size as usize + 1], "size {size}");
    }
}

#[test]
fn all_pairs_of_small_sizes_agree() {
    growing(PAIRS, |tree, new| {
        for old in 1..=new {
            check_consistency(tree, old, new);
            check_inclusion(tree, old - 1, new);
        }
    });
}

#[test]
fn boundary_and_scattered_pairs_of_larger_sizes_agree() {
    let mut pairs: Vec<(u64, u64)> = Vec::new();
    let boundaries: Vec<u64> =
        (0..=12).flat_map(|bit| [(1 << bit) - 1, 1 << bit, (1 << bit) + 1]).filter(|size| (1..=SIZE).contains(size)).collect();
    for &new in boundaries.iter().filter(|&&size| size > PAIRS) {
        pairs.extend(boundaries.iter().filter(|&&old| old <= new).map(|&old| (old, new)));
    }
    let mut scattered = scattered(1);
    let mut next = |from: u64, to: u64| from + scattered.next().unwrap() % (to - from + 1);
    for _ in 0..10_000 {
        let new = next(PAIRS + 1, SIZE);
        pairs.push((next(1, new), new));
    }
    pairs.sort_by_key(|&(_, new)| new);
    let mut pairs = pairs.into_iter().peekable();
    growing(SIZE, |tree, size| {
        while let Some((old, new)) = pairs.next_if(|&(_, new)| new == size) {
            check_consistency(tree, old, new);
            check_inclusion(tree, old - 1, new);
        }
    });
    assert_eq!(pairs.next(), None, "every pair was compared");
}

/// Trees far larger than memory: where all leaves are equal, so are all subtrees of one level.
#[test]
fn sizes_up_to_the_limit_agree() {
    let mut levels = vec![leaf_hash(&leaf(0))];
    for level in 1..64 {
        levels.push(node_hash(&levels[level - 1], &levels[level - 1]));
    }
    let stored = |node: Node| levels.get(usize::from(node.level)).copied();
    let root = |size| {
        let peaks = Frontier::nodes(size).into_iter().filter_map(stored).collect();
        Frontier::from_peaks(size, peaks).unwrap().root()
    };
    let mut sizes: Vec<u64> =
        [1, 13, 31, 32, 33, 48, 61, 62].into_iter().flat_map(|bit| [(1 << bit) - 1, 1 << bit, (1 << bit) + 1]).collect();
    sizes.extend([MAX_SIZE - 1, MAX_SIZE, 0x5555_5555_5555_5555]);
    for &new in &sizes {
        let new_root = root(new);
        for &old in sizes.iter().filter(|&&old| old <= new) {
            let old_root = root(old);
            let proof = consistency(old, new, &stored).unwrap();
            verify_consistency(old, new, &old_root, &new_root, &proof).unwrap();
            let other = ConsistencyProof::try_from_bytes(bytes(&proof)).unwrap();
            theirs(&new_root, new)
                .verify_consistency(&theirs(&old_root, old), &other)
                .unwrap_or_else(|fault| panic!("{old} -> {new}: {fault}"));
            let proof = inclusion(old - 1, new, &stored).unwrap();
            verify_inclusion(&levels[0], old - 1, new, &proof, &new_root).unwrap();
            let other = InclusionProof::try_from_bytes(bytes(&proof)).unwrap();
            theirs(&new_root, new)
                .verify_inclusion(&leaf(0), old - 1, &other)
                .unwrap_or_else(|fault| panic!("{} in {new}: {fault}", old - 1));
        }
    }
}

/// Every way to spoil a list of hashes by one step.
fn spoiled(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut all = vec![[proof, &[empty_root()]].concat()];
    for at in 0..proof.len() {
        let mut flipped = proof.to_vec();
        flipped[at].0[at % 32] ^= 1 << (at % 8);
        let mut dropped = proof.to_vec();
        dropped.remove(at);
        all.extend([flipped, dropped]);
        if at > 0 {
            let mut swapped = proof.to_vec();
            swapped.swap(at - 1, at);
            all.push(swapped);
        }
    }
    all
}

#[test]
fn spoiled_proofs_are_refused() {
    let ours = ours();
    let root = |size: u64| &ours.roots[size as usize];
    let mut scattered = scattered(2);
    let mut next = |from: u64, to: u64| from + scattered.next().unwrap() % (to - from + 1);
    for _ in 0..300 {
        let new = next(2, SIZE);
        let old = next(1, new - 1);
        let good = consistency(old, new, &ours.stored()).unwrap();
        assert_eq!(verify_consistency(old, new, root(old), root(new), &good), Ok(()));
        for bad in spoiled(&good) {
            assert!(verify_consistency(old, new, root(old), root(new), &bad).is_err());
        }
        // Another past under the same future, and another future over the same past.
        let other = leaf_hash(b"rewritten");
        assert!(verify_consistency(old, new, &other, root(new), &good).is_err());
        assert!(verify_consistency(old, new, root(old), &other, &good).is_err());

        let index = old;
        let hash = leaf_hash(&leaf(index));
        let good = inclusion(index, new, &ours.stored()).unwrap();
        assert_eq!(verify_inclusion(&hash, index, new, &good, root(new)), Ok(()));
        for bad in spoiled(&good) {
            assert!(verify_inclusion(&hash, index, new, &bad, root(new)).is_err());
        }
        let elsewhere = (index + 1) % new;
        assert!(verify_inclusion(&hash, elsewhere, new, &good, root(new)).is_err());
        assert!(verify_inclusion(&other, index, new, &good, root(new)).is_err());
    }
}
