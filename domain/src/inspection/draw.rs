//! Random selection that anybody can repeat (双随机): a public seed, the sorted list of candidates, SHA-256.
//!
//! Each candidate's score is the SHA-256 of `changxiao/draw/v1`, what is drawn, the seed and the candidate's serial, one to a line; the
//! candidates with the smallest scores are drawn, in the order of their scores. So the draw does not depend on the order of the list, and
//! any tool that computes SHA-256 shows it again:
//!
//! ```sh
//! printf 'changxiao/draw/v1\ntargets\n%s\n%s' "$seed" 1-17 | sha256sum
//! ```

use crate::{event::Digest, serial::Serial};

/// SHA-256 over the concatenation of parts; the domain computes no hashes itself.
pub type Hasher = fn(&[&[u8]]) -> Digest;

/// What is drawn: enterprises or officers. The same seed draws both without one telling the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urn {
    /// Enterprises to be inspected.
    Targets,
    /// Officers who inspect.
    Officers,
}

impl Urn {
    const fn word(self) -> &'static str {
        match self {
            Self::Targets => "targets",
            Self::Officers => "officers",
        }
    }
}

/// A draw as it was made, with everything that it takes to make it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// Seed, made public before the draw.
    pub seed: String,
    /// How many were drawn.
    pub count: u32,
    /// Candidates, ascending.
    pub candidates: Vec<Serial>,
    /// SHA-256 of the list of candidates; see [`digest`].
    pub digest: Digest,
}

/// SHA-256 of a list of candidates: their serials ascending, one to a line.
#[must_use]
pub fn digest(candidates: &[Serial], hash: Hasher) -> Digest {
    let lines: Vec<String> = sorted(candidates).iter().map(|serial| format!("{serial}\n")).collect();
    hash(&[lines.concat().as_bytes()])
}

fn sorted(candidates: &[Serial]) -> Vec<Serial> {
    let mut sorted = candidates.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted
}

/// The candidates drawn, in the order of the draw.
#[must_use]
pub fn draw(urn: Urn, seed: &str, candidates: &[Serial], count: u32, hash: Hasher) -> Vec<Serial> {
    let score = |serial: &Serial| {
        hash(&[b"changxiao/draw/v1\n", urn.word().as_bytes(), b"\n", seed.as_bytes(), b"\n", serial.to_string().as_bytes()])
    };
    let mut scored: Vec<_> = sorted(candidates).iter().map(|serial| (score(serial), *serial)).collect();
    scored.sort_unstable();
    scored.into_iter().map(|(_, serial)| serial).take(usize::try_from(count).unwrap_or(usize::MAX)).collect()
}

impl Draw {
    /// A draw of so many from these candidates.
    #[must_use]
    pub fn of(seed: String, candidates: &[Serial], count: u32, hash: Hasher) -> Self {
        Self { seed, count, digest: digest(candidates, hash), candidates: sorted(candidates) }
    }

    /// Makes the draw again.
    #[must_use]
    pub fn again(&self, urn: Urn, hash: Hasher) -> Vec<Serial> {
        draw(urn, &self.seed, &self.candidates, self.count, hash)
    }

    /// Whether the list of candidates is the one whose digest was written down.
    #[must_use]
    pub fn is_sound(&self, hash: Hasher) -> bool {
        digest(&self.candidates, hash) == self.digest
    }
}
