//! The request of a region, signed with its journal key; a renewal, signed with the key of the certificate in use as well.

use bytes::Bytes;
use changxiao_domain::{clock::Instant, enrolment::Refusal, event::Digest, region::RegionId};
use changxiao_proto::{
    convert::enrolment::{ENROLMENT_TAG, RENEWAL_PREFIX, RENEWAL_TAG, Renewal, Request},
    enrolment::v1 as pb,
};
use prost::Message as _;
use rustls::pki_types::CertificateDer;

use crate::{
    identity::{files::Credentials, proof, words::excerpt},
    journal::{
        checkpoint::{JournalKey, PublicKey},
        merkle::Hash,
    },
};

/// A request with its signature, as it travels and lies in a file.
#[must_use]
pub fn seal(request: &Request, nonce: &[u8; 16], key: &JournalKey) -> pb::SignedEnrolmentRequest {
    let bytes = request.encode(nonce);
    let signature = key.sign_statement(ENROLMENT_TAG, &bytes);
    pb::SignedEnrolmentRequest { request: bytes.into(), signature: Bytes::copy_from_slice(&signature) }
}

/// By which a request is asked about. It covers the signature, so nobody else can know it.
#[must_use]
pub fn digest(sealed: &pb::SignedEnrolmentRequest) -> Digest {
    Hash::of(&[b"changxiao/enrolment/v1\n", &sealed.encode_to_vec()]).0
}

/// Opens a request that came from outside and checks that the journal key it names signed it.
///
/// # Errors
/// Unreadable or forged.
pub fn open(sealed: &pb::SignedEnrolmentRequest) -> Result<Request, Refusal> {
    let request =
        Request::decode(&sealed.request).map_err(|fault| Refusal::RequestMalformed { why: excerpt(&fault.to_string()) })?;
    if PublicKey(request.journal_key).verify_statement(ENROLMENT_TAG, &sealed.request, &sealed.signature) {
        Ok(request)
    } else {
        Err(Refusal::Forged {})
    }
}

fn renewal_words(bytes: &[u8]) -> Vec<u8> {
    [RENEWAL_PREFIX, bytes].concat()
}

/// A renewal with both signatures.
///
/// # Errors
/// The key in use signs in no way known here.
pub fn renewal(
    region: RegionId,
    parent: RegionId,
    csr: Vec<u8>,
    made_at: Instant,
    held: &Credentials,
    key: &JournalKey,
) -> Result<pb::SignedRenewal, String> {
    let chain = held.chain.iter().map(|der| der.to_vec()).collect();
    let bytes = Renewal { region, parent, csr, chain, made_at }.encode();
    let journal = key.sign_statement(RENEWAL_TAG, &bytes);
    let certificate = proof::sign(&held.key, &renewal_words(&bytes))?;
    Ok(pb::SignedRenewal {
        renewal: bytes.into(),
        journal_signature: Bytes::copy_from_slice(&journal),
        certificate_signature: certificate.into(),
    })
}

/// By which a renewal is known again.
#[must_use]
pub fn renewal_digest(sealed: &pb::SignedRenewal) -> Digest {
    Hash::of(&[b"changxiao/renewal/v1\n", &sealed.renewal]).0
}

/// Reads a renewal. Neither signature is looked at: first it must be known whose keys they ought to be.
///
/// # Errors
/// Unreadable.
pub fn read_renewal(sealed: &pb::SignedRenewal) -> Result<Renewal, Refusal> {
    Renewal::decode(&sealed.renewal).map_err(|fault| Refusal::RequestMalformed { why: excerpt(&fault.to_string()) })
}

/// Whether both keys signed a renewal: the journal key of the register, and that of the certificate shown.
///
/// # Errors
/// One of them did not.
pub fn proven(sealed: &pb::SignedRenewal, journal_key: &Digest, shown: &CertificateDer<'_>) -> Result<(), Refusal> {
    if !PublicKey(*journal_key).verify_statement(RENEWAL_TAG, &sealed.renewal, &sealed.journal_signature) {
        return Err(Refusal::Forged {});
    }
    if !proof::is_signed(shown, &renewal_words(&sealed.renewal), &sealed.certificate_signature) {
        return Err(Refusal::RenewalUnproven {});
    }
    Ok(())
}
