//! Revocation lists as they travel: exact bytes with the issuer's signature over them.

use changxiao_domain::{
    clock::Instant,
    revocation::{Denied, RevocationList, Revoked},
};
use prost::Message as _;

use super::scalar::Malformed;
use crate::enrolment::v1 as pb;

/// Tag under which the issuer's journal key signs a list's bytes.
pub const REVOCATION_TAG: &str = "revocation/v1";

/// Bytes of a list, to be signed.
#[must_use]
pub fn encode(list: &RevocationList) -> Vec<u8> {
    let revoked = list.revoked.iter().map(|revoked| pb::RevokedCertificate {
        authority_key: revoked.authority_key.clone(),
        serial: revoked.serial.clone(),
        at_ms: revoked.at.ms(),
        reason: revoked.reason.clone(),
    });
    let denied = list.denied.iter().map(|denied| pb::DeniedRegion {
        region: denied.region.to_string(),
        at_ms: denied.at.ms(),
        reason: denied.reason.clone(),
    });
    pb::RevocationList {
        issuer: list.issuer.to_string(),
        version: list.version,
        issued_at_ms: list.issued_at.ms(),
        next_update_ms: list.next_update.ms(),
        revoked: revoked.collect(),
        denied: denied.collect(),
        retiring: list.retiring.clone(),
    }
    .encode_to_vec()
}

/// A list with its signature, as it travels and is stored.
#[must_use]
pub fn seal(list: Vec<u8>, signature: &[u8; 64]) -> Vec<u8> {
    pb::SignedRevocationList { list: list.into(), signature: signature.to_vec().into() }.encode_to_vec()
}

/// Bytes and signature of a sealed list.
///
/// # Errors
/// Not a sealed list.
pub fn unseal(bytes: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Malformed> {
    let sealed = pb::SignedRevocationList::decode(bytes).map_err(|e| Malformed { field: "list", why: e.to_string() })?;
    Ok((sealed.list.to_vec(), sealed.signature.to_vec()))
}

/// A list from its bytes.
///
/// # Errors
/// Not a list.
pub fn decode(bytes: &[u8]) -> Result<RevocationList, Malformed> {
    let wrong = |field, why: String| Malformed { field, why };
    let wire = pb::RevocationList::decode(bytes).map_err(|e| wrong("list", e.to_string()))?;
    let region = |text: &str| text.parse().map_err(|e| wrong("region", format!("{e}")));
    let revoked = wire.revoked.into_iter().map(|revoked| Revoked {
        authority_key: revoked.authority_key,
        serial: revoked.serial,
        at: Instant::from_ms(revoked.at_ms),
        reason: revoked.reason,
    });
    let denied = wire
        .denied
        .into_iter()
        .map(|denied| Ok(Denied { region: region(&denied.region)?, at: Instant::from_ms(denied.at_ms), reason: denied.reason }));
    Ok(RevocationList {
        issuer: region(&wire.issuer)?,
        version: wire.version,
        issued_at: Instant::from_ms(wire.issued_at_ms),
        next_update: Instant::from_ms(wire.next_update_ms),
        revoked: revoked.collect(),
        denied: denied.collect::<Result<_, _>>()?,
        retiring: wire.retiring,
    })
}
