//! A parent's statement that it saw a head and found it consistent: C2SP `cosignature/v1`.

use super::note::{Note, SignatureLine, SignatureType, key_id, signature_line};
use super::{Checkpoint, JournalKey, NoteFault, PublicKey};
use crate::journal::is_region_name;

/// The name under which a region cosigns: `changxiao/<region>/witness`.
///
/// It differs from every origin line, since an epoch is a number.
pub fn witness_name(region: &str) -> String {
    format!("changxiao/{region}/witness")
}

/// Cosigns the head in `note` as of `timestamp`, in seconds since 1970-01-01 UTC.
///
/// Says: this is the largest head of this origin that I have seen, and it is consistent with all
/// before. So the caller has first [verified](super::verify) the note and a consistency proof and
/// has stored the head. Returns one line with its newline; appended to the note it makes a note.
///
/// # Errors
/// [`NoteFault::Malformed`] if the note is no checkpoint, the region cannot be one, or the
/// timestamp is above 2^63 - 1.
pub fn cosign(note: &[u8], key: &JournalKey, cosigner_region: &str, timestamp: u64) -> Result<String, NoteFault> {
    if !is_region_name(cosigner_region) {
        return Err(NoteFault::malformed("region"));
    }
    let message = message(note, timestamp)?;
    let name = witness_name(cosigner_region);
    let id = key_id(&name, SignatureType::CosignatureV1, &key.public());
    let signature = key.sign_raw(message.as_bytes());
    let stamped = [timestamp.to_be_bytes().as_slice(), &signature].concat();
    Ok(signature_line(&name, id, &stamped))
}

/// Checks a line from [`cosign`], its newline included, and returns the timestamp in seconds.
///
/// Whether the time is plausible is for the caller, who has a clock.
///
/// # Errors
/// [`NoteFault::Malformed`], [`NoteFault::Unsigned`] if the line is of another name or key, or
/// [`NoteFault::Signature`].
pub fn verify_cosignature(note: &[u8], line: &str, cosigner_region: &str, key: &PublicKey) -> Result<u64, NoteFault> {
    let line = line.strip_suffix('\n').ok_or(NoteFault::malformed("signature line"))?;
    let line = SignatureLine::parse(line)?;
    let name = witness_name(cosigner_region);
    if line.name != name || line.id != key_id(&name, SignatureType::CosignatureV1, key) {
        return Err(NoteFault::Unsigned { name });
    }
    let (timestamp, signature) = line.signature.split_first_chunk::<8>().ok_or(NoteFault::malformed("timestamp"))?;
    let timestamp = u64::from_be_bytes(*timestamp);
    if !key.verify_raw(message(note, timestamp)?.as_bytes(), signature) {
        return Err(NoteFault::Signature);
    }
    Ok(timestamp)
}

/// Two header lines and the text of the checkpoint.
fn message(note: &[u8], timestamp: u64) -> Result<String, NoteFault> {
    if timestamp > i64::MAX as u64 {
        return Err(NoteFault::malformed("timestamp"));
    }
    let note = Note::parse(note)?;
    Checkpoint::parse(note.text)?;
    Ok(format!("cosignature/v1\ntime {timestamp}\n{}", note.text))
}
