//! Signed heads: a C2SP tlog-checkpoint in a signed note, and a parent's cosignature under it.
//!
//! ```text
//! changxiao/bs-tengchong/1
//! 20852163
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//!
//! — changxiao/bs-tengchong/1 Az3grlgt…
//! — changxiao/bs/witness jWbPPwAA…
//! ```
//!
//! The text has exactly three lines: C2SP advises against extension lines because no monitor can
//! audit them, so a note with a fourth line is refused. Sources: c2sp.org/signed-note,
//! c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature.

mod cosignature;
mod fault;
mod key;
mod note;

#[cfg(test)]
mod tests;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub use cosignature::{cosign, verify_cosignature, witness_name};
pub use fault::NoteFault;
pub use key::{JournalKey, KeyFault, PublicKey};

use super::merkle::{Hash, MAX_SIZE, empty_root};
use super::{FIRST_EPOCH, is_region_name};
use note::{Note, SignatureType, key_id, signature_line};

/// The head of one journal in one epoch: how many leaves it has, and their root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The region whose journal this is: its permanent id.
    pub origin_region: String,
    /// The journal's life, from 1. Each epoch is a log of its own to the outside.
    pub epoch: u32,
    /// The number of leaves, those of earlier epochs counted.
    pub size: u64,
    /// The RFC 6962 root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// The first line, which is also the name of the signing key: `changxiao/<region>/<epoch>`.
    pub fn origin(&self) -> String {
        format!("changxiao/{}/{}", self.origin_region, self.epoch)
    }

    /// The text that is signed: three lines, each with its newline.
    fn text(&self) -> String {
        let root = STANDARD.encode(self.root.0);
        format!("{}\n{}\n{root}\n", self.origin(), self.size)
    }

    /// Signs the head. Deterministic: the same head and key give the same bytes.
    ///
    /// The caller has recomputed the root from stored bytes and advanced the
    /// [`Guard`](super::guard::Guard) before the result leaves the process.
    ///
    /// # Errors
    /// [`NoteFault::Malformed`] for a head that [`verify`] would not accept.
    pub fn sign(&self, key: &JournalKey) -> Result<Vec<u8>, NoteFault> {
        self.check_ranges()?;
        let (text, name) = (self.text(), self.origin());
        let id = key_id(&name, SignatureType::Ed25519, &key.public());
        let line = signature_line(&name, id, &key.sign_raw(text.as_bytes()));
        Ok(format!("{text}\n{line}").into_bytes())
    }

    /// Reads the text of a note, whoever signed it.
    fn parse(text: &str) -> Result<Self, NoteFault> {
        let mut lines = text.lines();
        let mut line = || lines.next().ok_or(NoteFault::malformed("three lines"));
        let (origin, size, root) = (line()?, line()?, line()?);
        let (origin_region, epoch) =
            origin.strip_prefix("changxiao/").and_then(|rest| rest.split_once('/')).ok_or(NoteFault::malformed("origin"))?;
        let root = STANDARD.decode(root).ok().and_then(|bytes| Hash::from_slice(&bytes)).ok_or(NoteFault::malformed("root"))?;
        let checkpoint = Checkpoint {
            origin_region: origin_region.to_owned(),
            epoch: epoch.parse().map_err(|_| NoteFault::malformed("epoch"))?,
            size: size.parse().map_err(|_| NoteFault::malformed("size"))?,
            root,
        };
        checkpoint.check_ranges()?;
        // One spelling only: no leading zeros or signs, no carriage returns, no fourth line.
        if checkpoint.text() != text {
            return Err(NoteFault::malformed("canonical spelling"));
        }
        Ok(checkpoint)
    }

    fn check_ranges(&self) -> Result<(), NoteFault> {
        let empty_as_it_should = self.size > 0 || self.root == empty_root();
        for (holds, what) in [
            (is_region_name(&self.origin_region), "region"),
            (self.epoch >= FIRST_EPOCH, "epoch"),
            (self.size <= MAX_SIZE, "size"),
            (empty_as_it_should, "root of an empty tree"),
        ] {
            if !holds {
                return Err(NoteFault::malformed(what));
            }
        }
        Ok(())
    }
}

/// Reads a note and believes it if `key` signed it as the journal of `expected_region`.
///
/// Lines of other keys, cosignatures among them, are ignored as C2SP demands. Whether the head is
/// consistent with one seen before is a separate question: see
/// [`verify_consistency`](super::merkle::verify_consistency).
///
/// # Errors
/// [`NoteFault`]: too large, malformed, another region's, not signed by this key, or badly signed.
pub fn verify(note: &[u8], expected_region: &str, key: &PublicKey) -> Result<Checkpoint, NoteFault> {
    let note = Note::parse(note)?;
    let checkpoint = Checkpoint::parse(note.text)?;
    if checkpoint.origin_region != expected_region {
        return Err(NoteFault::Region { expected: expected_region.to_owned(), found: checkpoint.origin_region });
    }
    let name = checkpoint.origin();
    let signature = note.only_signature(&name, key_id(&name, SignatureType::Ed25519, key))?;
    if !key.verify_raw(note.text.as_bytes(), signature) {
        return Err(NoteFault::Signature);
    }
    Ok(checkpoint)
}
