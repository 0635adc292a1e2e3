//! One journal entry: a header kept as written, a body, and personal parts that can be erased.
//!
//! The leaf covers the header bytes alone; the header covers the body and the parts by commitment.
//! So a part can be deleted for good and the tree still stands. The header is written once, by
//! the region's writer, with a fixed-order encoder of our own: there is exactly one encoding of a
//! header, and nobody ever re-encodes what was read. Layout: `docs/adr/0001-journal-formats.md`.

mod header;
mod wire;

#[cfg(test)]
mod tests;

use ring::hmac;

pub use header::{Header, MAX_PARTS};
pub use wire::Malformed;

use super::merkle::{Hash, leaf_hash};

/// Keeps a body from ever being taken for another kind of hashed bytes.
const BODY_TAG: &[u8] = b"changxiao/journal/body/v1\n";

/// The leaf of an entry: RFC 6962 over the header bytes exactly as they are stored.
pub fn leaf(header_bytes: &[u8]) -> Hash {
    leaf_hash(header_bytes)
}

/// What a header says of its body: SHA-256 over a domain tag and the body bytes.
///
/// Not salted: a body holds no personal data, so nothing is gained by guessing it.
pub fn body_commitment(body: &[u8]) -> Hash {
    Hash::of(&[BODY_TAG, body])
}

/// What a header says of a personal part: HMAC-SHA-256 under the part's own salt.
///
/// The salt comes from a secure random source and is deleted with the part. What remains tells
/// nothing about short texts such as a name or a telephone number.
pub fn part_commitment(salt: &[u8; 32], bytes: &[u8]) -> Hash {
    let key = hmac::Key::new(hmac::HMAC_SHA256, salt);
    let tag = hmac::sign(&key, bytes);
    let mut hash = [0; 32];
    // An HMAC-SHA-256 tag is 32 bytes; `zip` says so without a panic.
    hash.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
    Hash(hash)
}

/// A personal part: bytes with personal data, and the salt under which they were committed.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    pub salt: [u8; 32],
    pub bytes: Vec<u8>,
}

/// Personal data stays out of logs, so only the length is shown.
impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Part({} bytes)", self.bytes.len())
    }
}

/// An entry as stored or delivered. A part that is `None` has been erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub header_bytes: Vec<u8>,
    pub body: Vec<u8>,
    pub parts: Vec<Option<Part>>,
}

/// Why stored or delivered bytes are not the entry that their header speaks of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// The header cannot be read.
    #[error(transparent)]
    Header(#[from] Malformed),
    /// The body was changed, or belongs to another entry.
    #[error("the body does not match its commitment")]
    Body,
    /// There are more or fewer parts, erased ones counted, than the header speaks of.
    #[error("the header speaks of {expected} personal parts, {actual} are here")]
    PartCount { expected: usize, actual: usize },
    /// A part was changed, or belongs elsewhere. Counted from 0.
    #[error("personal part {index} does not match its commitment")]
    Part { index: usize },
}

impl EntryFault {
    /// The stable name of this fault.
    pub fn reason(&self) -> &'static str {
        match self {
            EntryFault::Header(malformed) => malformed.reason(),
            EntryFault::Body => "JOURNAL_BODY_CHANGED",
            EntryFault::PartCount { .. } | EntryFault::Part { .. } => "JOURNAL_PART_CHANGED",
        }
    }
}

impl Entry {
    /// The leaf hash of this entry.
    pub fn leaf(&self) -> Hash {
        leaf(&self.header_bytes)
    }

    /// Reads the header and compares body and present parts with its commitments.
    ///
    /// An erased part is no fault here; whether it may be missing is said by an erasure event
    /// elsewhere in the journal. That the leaf lies in the tree is for the caller to check.
    ///
    /// # Errors
    /// The first [`EntryFault`] found: header, body, parts in order.
    pub fn check(&self) -> Result<Header, EntryFault> {
        let header = Header::decode(&self.header_bytes)?;
        if body_commitment(&self.body) != header.body_commitment {
            return Err(EntryFault::Body);
        }
        let (expected, actual) = (header.part_commitments.len(), self.parts.len());
        if expected != actual {
            return Err(EntryFault::PartCount { expected, actual });
        }
        let pairs = self.parts.iter().zip(&header.part_commitments);
        for (index, (part, commitment)) in pairs.enumerate() {
            if let Some(part) = part
                && part_commitment(&part.salt, &part.bytes) != *commitment
            {
                return Err(EntryFault::Part { index });
            }
        }
        Ok(header)
    }
}
