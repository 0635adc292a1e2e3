//! The answer of the region above: signed by its authority, and checked in full before a file is touched.

use changxiao_domain::{clock::Instant, event::Digest, region::RegionId};
use changxiao_proto::{
    convert::enrolment::{ANSWER_PREFIX, Answer},
    enrolment::v1 as pb,
};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, UnixTime},
};
use webpki::{EndEntityCert, KeyUsage};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::{
    Fault,
    code::{Pin, fingerprint},
};
use crate::{
    channel::tls::provider,
    identity::{
        Leaf, SpiffeId,
        ca::{Authority, CaError},
        proof,
    },
};

/// Which authority an answer must come from.
#[derive(Clone, Debug)]
pub enum Believed {
    /// The one that a code names.
    Pinned(Pin),
    /// The one whose fingerprint was read out, 64 hexadecimal digits.
    Fingerprint(String),
    /// Any of those trusted already.
    Bundle(Vec<CertificateDer<'static>>),
}

impl Believed {
    /// Those of a bundle that are believed.
    #[must_use]
    pub fn among(&self, bundle: &[CertificateDer<'static>]) -> Vec<CertificateDer<'static>> {
        let matches = |der: &&CertificateDer<'static>| match self {
            Self::Pinned(pin) => Pin::of(der) == *pin,
            Self::Fingerprint(typed) => fingerprint(der).to_string() == changxiao_domain::enrolment::normal(typed),
            Self::Bundle(held) => held.contains(der),
        };
        bundle.iter().filter(matches).cloned().collect()
    }

    /// What names it, for messages.
    #[must_use]
    pub const fn named_by(&self) -> &'static str {
        match self {
            Self::Pinned(_) => "the code",
            Self::Fingerprint(_) => "the fingerprint",
            Self::Bundle(_) => "the trust bundle of this region",
        }
    }
}

fn words(bytes: &[u8]) -> Vec<u8> {
    [ANSWER_PREFIX, bytes].concat()
}

/// Signs an answer with the authority's key.
///
/// # Errors
/// The authority cannot sign.
pub fn seal(answer: &Answer, authority: &Authority) -> Result<pb::SignedAnswer, CaError> {
    let bytes = answer.encode();
    let signature = authority.sign_words(&words(&bytes))?;
    let authority = authority.certificate().map(|der| der.to_vec()).unwrap_or_default();
    Ok(pb::SignedAnswer { answer: bytes.into(), signature: signature.into(), authority: authority.into() })
}

/// What an answer must answer.
#[derive(Clone, Debug)]
pub struct Expected {
    /// Whose certificate it is.
    pub id: SpiffeId,
    /// Region above.
    pub parent: RegionId,
    /// Digest of the request.
    pub digest: Digest,
    /// From whom.
    pub believed: Believed,
}

/// Checks an answer: its signature, that it answers this request, and that its certificate is good for exactly this identity.
///
/// # Errors
/// `ENROLMENT_ANSWER_INVALID` with what is wrong.
pub fn open(sealed: &pb::SignedAnswer, expected: &Expected, now: Instant) -> Result<Answer, Fault> {
    let invalid = |why: &str| Fault::AnswerInvalid(why.to_owned());
    let answer = Answer::decode(&sealed.answer).map_err(|fault| Fault::AnswerInvalid(fault.to_string()))?;
    let bundle: Vec<CertificateDer<'static>> = answer.bundle.iter().cloned().map(CertificateDer::from).collect();
    let roots = expected.believed.among(&bundle);
    if roots.is_empty() {
        return Err(Fault::AnswerInvalid(format!(
            "it does not come from the authority that {} names",
            expected.believed.named_by()
        )));
    }
    let authority = CertificateDer::from(sealed.authority.to_vec());
    if !is_authority_below(&authority, &roots, &expected.parent, now)
        || !proof::is_signed(&authority, &words(&sealed.answer), &sealed.signature)
    {
        return Err(invalid("it is not signed by an authority below the one that is believed"));
    }
    if answer.request_digest != expected.digest {
        return Err(invalid("it answers another request"));
    }
    if answer.region != *expected.id.region() || answer.parent != expected.parent {
        return Err(Fault::AnswerInvalid(format!("it is from {} for {}", answer.parent, answer.region)));
    }
    if answer.trust_domain != expected.id.trust_domain().as_str() {
        return Err(Fault::AnswerInvalid(format!(
            "its trust domain is {}; correct `federation.trust_domain`",
            answer.trust_domain
        )));
    }
    let chain: Vec<CertificateDer<'static>> = answer.chain.iter().cloned().map(CertificateDer::from).collect();
    certificate(&chain, &roots, &expected.id, now)?;
    Ok(answer)
}

/// Whether a certificate is that of an authority trusted here, or of the parent's own directly below, and valid now.
pub(super) fn is_authority_below(
    der: &CertificateDer<'_>,
    roots: &[CertificateDer<'static>],
    parent: &RegionId,
    now: Instant,
) -> bool {
    let Ok(about) = Leaf::read(der) else { return false };
    if !about.is_authority || now < about.not_before || now > about.not_after {
        return false;
    }
    if roots.iter().any(|root| root == der) {
        return true;
    }
    // A sibling's authority leads to the same root and has no say here.
    if !about.uri_names.iter().any(|uri| uri.ends_with(&format!("/region/{parent}/authority"))) {
        return false;
    }
    let Ok((_, certificate)) = X509Certificate::from_der(der) else { return false };
    roots.iter().any(|root| {
        X509Certificate::from_der(root).is_ok_and(|(_, root)| certificate.verify_signature(Some(root.public_key())).is_ok())
    })
}

fn certificate(
    chain: &[CertificateDer<'static>],
    roots: &[CertificateDer<'static>],
    id: &SpiffeId,
    now: Instant,
) -> Result<(), Fault> {
    let invalid = |why: &dyn std::fmt::Display| Fault::AnswerInvalid(format!("its certificate: {why}"));
    let (leaf, between) = chain.split_first().ok_or_else(|| invalid(&"there is none"))?;
    let about = Leaf::read(leaf).map_err(|fault| invalid(&fault))?;
    if about.spiffe_id().map_err(|fault| invalid(&fault))? != *id {
        return Err(invalid(&format!("it names {:?}", about.uri_names)));
    }
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.clone()).map_err(|fault| invalid(&fault))?;
    }
    let parsed = EndEntityCert::try_from(leaf).map_err(|fault| invalid(&fault))?;
    let at = UnixTime::since_unix_epoch(std::time::Duration::from_millis(u64::try_from(now.ms()).unwrap_or(0)));
    let algorithms = provider().signature_verification_algorithms;
    for usage in [KeyUsage::client_auth(), KeyUsage::server_auth()] {
        parsed.verify_for_usage(algorithms.all, &store.roots, between, at, usage, None, None).map_err(|fault| invalid(&fault))?;
    }
    Ok(())
}
