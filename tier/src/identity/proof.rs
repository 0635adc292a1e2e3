//! Signatures with the key of a certificate, outside a handshake: the authority's under an answer, a holder's under a renewal.

use rustls::{SignatureScheme, pki_types::CertificateDer};
use webpki::EndEntityCert;

use super::key::KeyMaterial;
use crate::channel::tls::provider;

/// What our keys and those of other agents can sign with.
const SCHEMES: [SignatureScheme; 5] = [
    SignatureScheme::ECDSA_NISTP256_SHA256,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ED25519,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PSS_SHA384,
];

/// Signs with the key of a certificate.
///
/// # Errors
/// The key is of a kind the library does not know, in the library's words.
pub fn sign(key: &KeyMaterial, message: &[u8]) -> Result<Vec<u8>, String> {
    let key = rustls::crypto::ring::sign::any_supported_type(&key.to_der()).map_err(|error| error.to_string())?;
    let signer = key.choose_scheme(&SCHEMES).ok_or("the key signs in no way known here")?;
    signer.sign(message).map_err(|error| error.to_string())
}

/// Whether the holder of the certificate's key signed this. Says nothing about whether the certificate may be believed.
#[must_use]
pub fn is_signed(certificate: &CertificateDer<'_>, message: &[u8], signature: &[u8]) -> bool {
    let Ok(certificate) = EndEntityCert::try_from(certificate) else { return false };
    let algorithms = provider().signature_verification_algorithms.all;
    algorithms.iter().any(|algorithm| certificate.verify_signature(*algorithm, message, signature).is_ok())
}
