//! The vectors of the certificate transparency project, and refusals. Agreement with an
//! independent implementation is in `oracle`.

use super::*;

mod oracle;

/// Eight leaves and the roots over the first one, two, … eight of them, as published with RFC 6962.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn roots_are_those_published_with_rfc_6962() {
    let mut frontier = Frontier::new();
    assert_eq!(frontier.root().to_string(), ROOTS[0]);
    for (leaf, root) in LEAVES.iter().zip(&ROOTS[1..]) {
        frontier.push(leaf_hash(leaf));
        assert_eq!(frontier.root().to_string(), *root);
    }
}

#[test]
fn a_push_returns_exactly_the_subtrees_it_completes() {
    let mut frontier = Frontier::new();
    for (size, rows) in [(1, vec![(0, 0)]), (2, vec![(0, 1), (1, 0)]), (3, vec![(0, 2)]), (4, vec![(0, 3), (1, 1), (2, 0)])] {
        let pushed = frontier.push(leaf_hash(b"x"));
        let nodes: Vec<_> = pushed.iter().map(|(n, _)| (n.level, n.index)).collect();
        assert_eq!((frontier.size(), nodes), (size, rows));
    }
}

#[test]
fn peaks_of_a_size_are_its_set_bits() {
    let node = |level, index| Node { level, index };
    for (size, peaks) in [
        (0, vec![]),
        (1, vec![node(0, 0)]),
        (6, vec![node(2, 0), node(1, 2)]),
        (7, vec![node(2, 0), node(1, 2), node(0, 6)]),
        (1 << 63, vec![node(63, 0)]),
    ] {
        assert_eq!(Frontier::nodes(size), peaks, "size {size}");
    }
    assert_eq!(Frontier::nodes(u64::MAX).len(), 64);
}

#[test]
fn a_frontier_is_not_made_from_the_wrong_peaks() {
    let some = leaf_hash(b"x");
    assert_eq!(Frontier::from_peaks(6, vec![some]), Err(ProofError::Length { expected: 2, actual: 1 }));
    assert_eq!(Frontier::from_peaks(u64::MAX, vec![some; 64]), Err(ProofError::TooLarge { size: u64::MAX }));
}

#[test]
fn hostile_numbers_are_refused_and_needs_stay_small() {
    use ProofError::*;
    for size in [MAX_SIZE + 1, u64::MAX - 1, u64::MAX] {
        assert_eq!(inclusion_needs(0, size), Err(TooLarge { size }));
        assert_eq!(consistency_needs(1, size), Err(TooLarge { size }));
        assert_eq!(consistency_needs(size, size), Err(TooLarge { size }));
    }
    assert_eq!(inclusion_needs(0, 0), Err(OutOfRange { index: 0, size: 0 }));
    assert_eq!(inclusion_needs(u64::MAX, MAX_SIZE), Err(OutOfRange { index: u64::MAX, size: MAX_SIZE }));
    assert_eq!(consistency_needs(5, 4), Err(Shrunk { old: 5, new: 4 }));
    for at in [1, 2, 3, MAX_SIZE / 3, MAX_SIZE / 2, MAX_SIZE - 1] {
        assert!(inclusion_needs(at, MAX_SIZE).unwrap().len() <= 128);
        assert!(consistency_needs(at, MAX_SIZE).unwrap().len() <= 128);
    }
}

#[test]
fn proofs_of_the_wrong_length_are_refused_before_hashing() {
    let some = leaf_hash(b"x");
    let long = vec![some; 100_000];
    for size in [1, 2, MAX_SIZE] {
        assert!(matches!(verify_inclusion(&some, 0, size, &long, &some), Err(ProofError::Length { actual: 100_000, .. })));
        assert!(matches!(verify_consistency(1, size, &some, &some, &long), Err(ProofError::Length { actual: 100_000, .. })));
    }
}

#[test]
fn from_nothing_and_nothing_new_are_decided_by_the_numbers() {
    let (a, b, none) = (leaf_hash(b"a"), leaf_hash(b"b"), empty_root());
    assert_eq!(consistency(0, 9, &|_| None), Ok(vec![]));
    assert_eq!(consistency(9, 9, &|_| None), Ok(vec![]));
    for (old, new, old_root, new_root, verdict) in [
        (0, 0, none, none, Ok(())),
        (0, 0, none, a, Err(ProofError::Root)),
        (0, 0, a, a, Err(ProofError::Root)),
        (0, 9, none, a, Ok(())),
        (0, 9, a, a, Err(ProofError::OldRoot)),
        (9, 9, a, a, Ok(())),
        (9, 9, a, b, Err(ProofError::OldRoot)),
    ] {
        assert_eq!(verify_consistency(old, new, &old_root, &new_root, &[]), verdict);
    }
    assert!(verify_consistency(0, 9, &none, &a, &[b]).is_err());
    assert!(verify_consistency(9, 9, &a, &a, &[b]).is_err());
}

#[test]
fn a_missing_subtree_is_named() {
    let node = Node { level: 1, index: 0 };
    let stored = |at: Node| (at != node).then(|| leaf_hash(b"x"));
    assert_eq!(inclusion(2, 4, &stored), Err(ProofError::Missing(node)));
}

#[test]
fn a_hash_has_one_spelling() {
    let hash = empty_root();
    assert_eq!(hash.to_string().parse(), Ok(hash));
    for wrong in ["", &hash.to_string()[1..], &hash.to_string().to_uppercase(), &format!("{hash}0"), &"é".repeat(32)] {
        assert_eq!(wrong.parse::<Hash>(), Err(MalformedHash), "{wrong}");
    }
    assert_eq!(Hash::from_slice(hash.as_bytes()), Some(hash));
    assert_eq!(Hash::from_slice(&[0; 31]), None);
}
