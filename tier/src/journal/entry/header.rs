//! The header: everything about an entry except its contents.

use super::wire::{Bound, Malformed, Reader, put_optional, put_text};
use crate::journal::merkle::{Hash, MAX_SIZE};
use crate::journal::{FIRST_EPOCH, is_region_name};

const MAGIC: [u8; 3] = *b"CXJ";
const FORMAT: u8 = 1;

/// How many personal parts one entry may have.
pub const MAX_PARTS: usize = 1024;

const REGION: Bound = Bound { field: "region", min: 1, max: 63 };
const ACTOR: Bound = Bound { field: "actor", min: 1, max: 255 };
const ON_BEHALF_OF: Bound = Bound { field: "on_behalf_of", min: 1, max: 255 };
const REQUEST_ID: Bound = Bound { field: "request_id", min: 1, max: 255 };
const SUBJECT: Bound = Bound { field: "subject", min: 1, max: 1024 };
const KIND: Bound = Bound { field: "kind", min: 1, max: 128 };
const PARTS: Bound = Bound { field: "part_commitments", min: 0, max: MAX_PARTS };

/// The header of an entry. Texts are UTF-8 without control characters; lengths count bytes.
///
/// Times are UTC milliseconds since 1970-01-01. Nothing here is personal data: an actor is an
/// opaque account id, never a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The region whose journal this is: its permanent id, 1 to 63 of `a-z 0-9 -`.
    pub region: String,
    /// The journal's life in which the entry was written; the first is 1.
    pub epoch: u32,
    /// The index of the leaf, from 0, without gaps, going on over epochs.
    pub position: u64,
    /// When the region's writer took the command; stamped by it alone, never decreasing.
    pub received_ms: i64,
    /// When it counts from, as the event says; may lie before or after `received_ms`.
    pub effective_ms: i64,
    /// The account or peer that did it; 1 to 255 bytes.
    pub actor: String,
    /// The account or enterprise for which it was done (township proxy); 1 to 255 bytes.
    pub on_behalf_of: Option<String>,
    /// The request id that the caller chose; absent where the writer itself decided (time events).
    pub request_id: Option<String>,
    /// What it is about, as a resource name; 1 to 1,024 bytes.
    pub subject: String,
    /// Which event it is; 1 to 128 bytes.
    pub kind: String,
    /// The version of the body's encoding for this kind.
    pub kind_version: u16,
    /// See [`body_commitment`](super::body_commitment).
    pub body_commitment: Hash,
    /// One per personal part, in order; see [`part_commitment`](super::part_commitment).
    pub part_commitments: Vec<Hash>,
}

impl Header {
    /// The bytes to store, for ever. There is one encoding: `decode` gives the same header back.
    ///
    /// # Errors
    /// [`Malformed::Length`], [`Malformed::Text`] or [`Malformed::Number`] for a field that breaks
    /// its bound, so that nothing is stored that could not be read again.
    pub fn encode(&self) -> Result<Vec<u8>, Malformed> {
        self.check_ranges()?;
        let mut to = Vec::with_capacity(256 + 32 * self.part_commitments.len());
        to.extend(MAGIC);
        to.push(FORMAT);
        put_text(&mut to, REGION, &self.region)?;
        to.extend(self.epoch.to_be_bytes());
        to.extend(self.position.to_be_bytes());
        to.extend(self.received_ms.to_be_bytes());
        to.extend(self.effective_ms.to_be_bytes());
        put_text(&mut to, ACTOR, &self.actor)?;
        put_optional(&mut to, ON_BEHALF_OF, self.on_behalf_of.as_deref())?;
        put_optional(&mut to, REQUEST_ID, self.request_id.as_deref())?;
        put_text(&mut to, SUBJECT, &self.subject)?;
        put_text(&mut to, KIND, &self.kind)?;
        to.extend(self.kind_version.to_be_bytes());
        to.extend(self.body_commitment.0);
        to.extend(PARTS.length(self.part_commitments.len())?.to_be_bytes());
        self.part_commitments.iter().for_each(|part| to.extend(part.0));
        Ok(to)
    }

    /// Reads a header. `encode` gives the same bytes back: no two byte strings mean one header.
    ///
    /// # Errors
    /// [`Malformed`] naming the first field that is wrong. Any bytes are safe to give.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut from = Reader::new(bytes);
        if from.array("magic") != Ok(MAGIC) {
            return Err(Malformed::Magic);
        }
        let [format] = from.array("format")?;
        if format != FORMAT {
            return Err(Malformed::Format { format });
        }
        let header = Header {
            region: from.text(REGION)?,
            epoch: u32::from_be_bytes(from.array("epoch")?),
            position: u64::from_be_bytes(from.array("position")?),
            received_ms: i64::from_be_bytes(from.array("received_ms")?),
            effective_ms: i64::from_be_bytes(from.array("effective_ms")?),
            actor: from.text(ACTOR)?,
            on_behalf_of: from.optional(ON_BEHALF_OF)?,
            request_id: from.optional(REQUEST_ID)?,
            subject: from.text(SUBJECT)?,
            kind: from.text(KIND)?,
            kind_version: u16::from_be_bytes(from.array("kind_version")?),
            body_commitment: from.hash("body_commitment")?,
            part_commitments: (0..from.length(PARTS)?).map(|_| from.hash(PARTS.field)).collect::<Result<_, _>>()?,
        };
        from.end()?;
        header.check_ranges()?;
        Ok(header)
    }

    /// The rules that are not about length; they hold in both directions.
    fn check_ranges(&self) -> Result<(), Malformed> {
        REGION.text(&self.region)?;
        if !is_region_name(&self.region) {
            return Err(Malformed::Text { field: REGION.field });
        }
        if self.epoch < FIRST_EPOCH {
            let value = self.epoch.into();
            return Err(Malformed::Number { field: "epoch", value });
        }
        if self.position >= MAX_SIZE {
            let value = self.position;
            return Err(Malformed::Number { field: "position", value });
        }
        Ok(())
    }
}
