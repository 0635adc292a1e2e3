//! A fact: something a region shows above, keyed, whole, stamped with the position that last changed it.
//!
//! Facts replace each other by [`Version`]; they are never added. That one rule makes following twice, late, in pieces or
//! out of order end in the same state.

use std::cmp::Ordering;

use bytes::Bytes;

/// How far up a fact travels. Part of its key: a dossier for both is two facts, each withdrawn on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// Only the direct parent; a relay never passes it on.
    Parent,
    /// Every tier above.
    Above,
}

impl Audience {
    /// Both, in the order of their numbers.
    pub const ALL: [Audience; 2] = [Audience::Parent, Audience::Above];

    /// Number on the wire and in digests.
    pub const fn number(self) -> u32 {
        match self {
            Audience::Parent => 1,
            Audience::Above => 2,
        }
    }

    /// The audience of a wire number, if there is one.
    pub const fn from_number(number: u32) -> Option<Audience> {
        match number {
            1 => Some(Audience::Parent),
            2 => Some(Audience::Above),
            _ => None,
        }
    }
}

/// What a fact is about, within its origin and audience.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic {
    /// Kind, such as `cell`. Unknown kinds are kept and forwarded.
    pub kind: String,
    /// Key within the kind, such as `2015-08/K03`.
    pub key: String,
}

impl Topic {
    /// The topic of `key` within `kind`.
    pub fn new(kind: impl Into<String>, key: impl Into<String>) -> Topic {
        Topic { kind: kind.into(), key: key.into() }
    }
}

/// A fact as its origin wrote it. The field order is the canonical order of a delivery: audience, kind, key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fact {
    /// How far up it travels.
    pub audience: Audience,
    /// What it is about.
    pub topic: Topic,
    /// Position of the origin's published entry that last changed it.
    pub position: u64,
    /// A tombstone: the fact no longer holds, and whoever held it must know.
    pub withdrawn: bool,
    /// Version of the body's format.
    pub body_version: u32,
    /// The body, byte for byte as the origin wrote it; relays neither decode nor re-encode it.
    pub body: Bytes,
    /// Bucket of the digest in which it lies, such as `cell/2015-08`. Fixed for a topic.
    pub bucket: String,
}

/// Which of two values of one fact is the newer.
///
/// Positions of different epochs are not comparable, so the epoch decides first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Life of the origin's journal.
    pub epoch: u32,
    /// Position in it.
    pub position: u64,
}

/// A fact together with the epoch in which its position counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    /// Life of the origin's journal.
    pub epoch: u32,
    /// The fact.
    pub fact: Fact,
}

impl Versioned {
    /// The version by which it replaces or is replaced.
    pub fn version(&self) -> Version {
        Version { epoch: self.epoch, position: self.fact.position }
    }

    /// The greater of two values of one fact: associative, commutative and idempotent.
    ///
    /// Two different values under one version exist only where an origin lied, and the digest then refuses one of them;
    /// the remaining fields break the tie so that the order of arrival still does not matter.
    #[must_use]
    pub fn join(self, other: Versioned) -> Versioned {
        let order = self.version().cmp(&other.version()).then_with(|| self.fact.cmp(&other.fact));
        match order {
            Ordering::Less => other,
            Ordering::Equal | Ordering::Greater => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn versioned() -> impl Strategy<Value = Versioned> {
        (0u32..3, 0u64..4, any::<bool>(), 0u8..3).prop_map(|(epoch, position, withdrawn, body)| Versioned {
            epoch,
            fact: Fact {
                audience: Audience::Above,
                topic: Topic::new("cell", "2015-08/K03"),
                position,
                withdrawn,
                body_version: 1,
                body: Bytes::from(vec![body]),
                bucket: "cell/2015-08".into(),
            },
        })
    }

    proptest! {
        #[test]
        fn join_is_a_semilattice(a in versioned(), b in versioned(), c in versioned()) {
            prop_assert_eq!(a.clone().join(a.clone()), a.clone());
            prop_assert_eq!(a.clone().join(b.clone()), b.clone().join(a.clone()));
            prop_assert_eq!(a.clone().join(b.clone()).join(c.clone()), a.clone().join(b.clone().join(c.clone())));
        }

        #[test]
        fn join_never_goes_back(a in versioned(), b in versioned()) {
            let joined = a.clone().join(b.clone());
            prop_assert!(joined.version() >= a.version() && joined.version() >= b.version());
        }
    }

    #[test]
    fn audience_numbers_go_there_and_back() {
        for audience in Audience::ALL {
            assert_eq!(Audience::from_number(audience.number()), Some(audience));
        }
        assert_eq!(Audience::from_number(0), None);
        assert_eq!(Audience::from_number(3), None);
    }
}
