//! A region's signed word, read from its bytes: the head of its journal, a relay's cosignature, the published entry.
//!
//! The formats belong to [`crate::journal`]; this file only says what the judgement takes from them, and turns every way in which
//! bytes can be wrong into one sentence.

use bytes::Bytes;
use changxiao_domain::region::RegionId;
use changxiao_proto::journal::v1 as pb;
use prost::Message;

use super::digest::AudienceDigest;
use super::fact::Audience;
use super::held::Witness;
use crate::journal::checkpoint::{self, PublicKey};
use crate::journal::entry::{self, Header, body_commitment};
use crate::journal::merkle::Hash;

/// Kind of the entry that commits to the facts.
pub const PUBLISHED_KIND: &str = "published";

/// A published entry, read from its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Region that wrote it.
    pub region: String,
    /// Epoch in which it was written.
    pub epoch: u32,
    /// Its position.
    pub position: u64,
    /// Digests by audience, ascending; audiences unknown here are left out.
    pub digests: Vec<AudienceDigest>,
    /// Its leaf hash.
    pub leaf: Hash,
}

/// Reads a signed head of `region`, which must be signed by `key`.
pub(super) fn signed_head(note: &Bytes, region: &RegionId, key: &PublicKey) -> Result<Witness, String> {
    let head = checkpoint::verify(note, region.as_str(), key).map_err(|fault| fault.to_string())?;
    Ok(Witness { epoch: head.epoch, size: head.size, root: head.root, note: note.clone() })
}

/// Checks that `relay` cosigned the head in `note`.
pub(super) fn cosigned(note: &[u8], line: &[u8], relay: &RegionId, key: &PublicKey) -> Result<(), String> {
    let line = std::str::from_utf8(line).map_err(|_| "the line is not UTF-8".to_owned())?;
    checkpoint::verify_cosignature(note, line, relay.as_str(), key).map(drop).map_err(|fault| fault.to_string())
}

/// Reads a published entry and compares its body with the header's commitment.
pub(super) fn published(header_bytes: &[u8], body: &[u8]) -> Result<Published, String> {
    let header = Header::decode(header_bytes).map_err(|fault| fault.to_string())?;
    if header.kind != PUBLISHED_KIND {
        return Err(format!("it is of kind `{}`", header.kind));
    }
    if body_commitment(body) != header.body_commitment {
        return Err("the body is not the one committed to".into());
    }
    let event = pb::Event::decode(body).map_err(|error| error.to_string())?;
    let Some(pb::event::Event::Published(said)) = event.event else {
        return Err("the body publishes nothing".into());
    };
    Ok(Published {
        region: header.region,
        epoch: header.epoch,
        position: header.position,
        digests: digests(&said.digests)?,
        leaf: entry::leaf(header_bytes),
    })
}

fn digests(said: &[pb::AudienceDigest]) -> Result<Vec<AudienceDigest>, String> {
    let mut digests: Vec<AudienceDigest> = Vec::with_capacity(said.len());
    for body in said {
        let Some(audience) = Audience::from_number(body.audience) else {
            continue;
        };
        let digest = Hash::from_slice(&body.digest).ok_or("a digest is not 32 bytes")?;
        if digests.last().is_some_and(|last| last.audience >= audience) {
            return Err("the audiences are not in ascending order".into());
        }
        digests.push(AudienceDigest { audience, digest, facts: body.facts });
    }
    Ok(digests)
}

/// The body of a published entry with these digests, for an origin that writes one.
pub fn published_body(digests: &[AudienceDigest]) -> Vec<u8> {
    let digests = digests.iter().map(|digest| pb::AudienceDigest {
        audience: digest.audience.number(),
        digest: Bytes::copy_from_slice(digest.digest.as_bytes()),
        facts: digest.facts,
    });
    let published = pb::Published { digests: digests.collect() };
    pb::Event { event: Some(pb::event::Event::Published(published)) }.encode_to_vec()
}
