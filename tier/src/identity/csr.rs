//! Requests for certificates (PKCS#10): made with a fresh key that never leaves, and read strictly.
//!
//! What a request asks for beside its key is compared with what the region may be named, and never copied into a certificate.

use changxiao_domain::{enrolment::Refusal, region::RegionId};
use rcgen::{
    CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    SanType,
};
use rustls::pki_types::CertificateSigningRequestDer;
use x509_parser::{certification_request::X509CertificationRequest, prelude::FromDer as _};

use super::{
    ca::CaError,
    key::KeyText,
    leaf::weakness,
    spiffe::{SpiffeId, TrustDomain},
    words::excerpt,
};

/// A fresh key with the request for its certificate.
pub struct Fresh {
    /// Private key, PEM. It goes to a file and nowhere else.
    pub key: KeyText,
    /// PKCS#10, DER.
    pub csr: Vec<u8>,
}

impl Fresh {
    /// The key as it is written into its file.
    #[must_use]
    pub fn key_bytes(&self) -> &[u8] {
        self.key.as_bytes()
    }
}

/// Makes the key of a region's authority and asks for its certificate. The root decides alone what the certificate says.
///
/// # Errors
/// The library refuses.
pub fn make_authority(trust_domain: &TrustDomain, region: &RegionId) -> Result<Fresh, CaError> {
    let failed = |error: rcgen::Error| CaError::Sign(error.to_string());
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(failed)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("{trust_domain} {region} authority"));
    let csr = params.serialize_request(&key).map_err(failed)?;
    Ok(Fresh { key: KeyText::new(key.serialize_pem()), csr: csr.der().to_vec() })
}

/// The public key of a request for an authority; whatever else it asks for is not read.
///
/// # Errors
/// Unreadable, weak or badly signed.
pub fn read_authority(der: &[u8]) -> Result<rcgen::PublicKey, Refusal> {
    Ok(parsed(der)?.public_key)
}

/// Makes a key and asks for the identity.
///
/// # Errors
/// The library refuses.
pub fn make(id: &SpiffeId) -> Result<Fresh, CaError> {
    let failed = |error: rcgen::Error| CaError::Sign(error.to_string());
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(failed)?;
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, format!("{} {}", id.region(), id.role()));
    let name = |text: String| text.try_into().map_err(failed);
    params.subject_alt_names = vec![SanType::URI(name(id.to_string())?), SanType::DnsName(name(id.dns_name())?)];
    let csr = params.serialize_request(&key).map_err(failed)?;
    Ok(Fresh { key: KeyText::new(key.serialize_pem()), csr: csr.der().to_vec() })
}

/// Reads a request that must ask for this identity, or for none by name. Only its public key is taken from it.
///
/// # Errors
/// Unreadable, weak, badly signed, for another region, or with names and uses that no identity has.
pub fn read(der: &[u8], id: &SpiffeId) -> Result<rcgen::PublicKey, Refusal> {
    let request = parsed(der)?;
    names(&request.params, id)?;
    Ok(request.public_key)
}

fn parsed(der: &[u8]) -> Result<CertificateSigningRequestParams, Refusal> {
    let unreadable = |why: String| Refusal::CsrUnreadable { why: excerpt(&why) };
    let (rest, outer) = X509CertificationRequest::from_der(der).map_err(|error| unreadable(error.to_string()))?;
    if !rest.is_empty() {
        return Err(unreadable(format!("{} bytes follow it", rest.len())));
    }
    // Before the signature, which a key too weak to be verified would only fail for another reason.
    if let Some(why) = weakness(&outer.certification_request_info.subject_pki) {
        return Err(Refusal::CsrWeakKey { why });
    }
    CertificateSigningRequestParams::from_der(&CertificateSigningRequestDer::from(der)).map_err(|error| match error {
        rcgen::Error::InvalidCertificationRequestSignature => Refusal::CsrSignature {},
        rcgen::Error::UnsupportedExtension => Refusal::CsrNames { what: "an extension that is not known here".to_owned() },
        other => unreadable(other.to_string()),
    })
}

fn names(params: &CertificateParams, id: &SpiffeId) -> Result<(), Refusal> {
    let refuse = |what: String| Err(Refusal::CsrNames { what: excerpt(&what) });
    for name in &params.subject_alt_names {
        match name {
            SanType::URI(uri) if uri.as_str() == id.to_string() => {}
            SanType::URI(uri) => {
                return Err(Refusal::CsrOtherRegion { asked: excerpt(uri.as_str()), region: id.region().clone() });
            }
            SanType::DnsName(name) if name.as_str() == id.dns_name() => {}
            SanType::DnsName(name) => return refuse(format!("the DNS name {}", name.as_str())),
            other => return refuse(format!("the name {other:?}")),
        }
    }
    if matches!(params.is_ca, IsCa::Ca(_)) {
        return refuse("to be an authority".to_owned());
    }
    let known = [ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    match params.extended_key_usages.iter().find(|usage| !known.contains(usage)) {
        Some(usage) => refuse(format!("the use {usage:?}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use changxiao_domain::refusal::Refuse as _;
    use rcgen::{BasicConstraints, PublicKeyData};

    use super::*;

    fn id(text: &str) -> SpiffeId {
        text.parse().unwrap()
    }

    fn county() -> SpiffeId {
        id("spiffe://test.example/region/bs-tengchong/node")
    }

    fn asked(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![SanType::URI(county().to_string().try_into().unwrap())];
        change(&mut params);
        params.serialize_request(&key).unwrap().der().to_vec()
    }

    #[test]
    fn what_we_make_we_read_and_the_key_is_the_same() {
        let fresh = make(&county()).unwrap();
        let public = read(&fresh.csr, &county()).unwrap();
        let key = KeyPair::from_pem(std::str::from_utf8(fresh.key.as_bytes()).unwrap()).unwrap();
        assert_eq!(public.der_bytes(), key.der_bytes());
    }

    #[test]
    fn each_wrong_request_has_its_reason() {
        let uri = |text: &str| SanType::URI(text.try_into().unwrap());
        let mut spoilt = asked(|_| {});
        let last = spoilt.len() - 1;
        spoilt[last] ^= 1;
        let mut longer = asked(|_| {});
        longer.push(0);
        let p521 = {
            // A request around a key of P-521 cannot be made here; its name in place of P-256's is enough to be told apart.
            let mut der = asked(|_| {});
            let oid = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
            let at = der.windows(oid.len()).position(|window| window == oid).unwrap();
            der[at + oid.len() - 1] = 0x06;
            der
        };
        for (der, reason) in [
            (Vec::new(), "CSR_UNREADABLE"),
            (vec![0x30, 0x03, 1, 1, 1], "CSR_UNREADABLE"),
            (longer, "CSR_UNREADABLE"),
            (spoilt, "CSR_SIGNATURE"),
            (p521, "CSR_WEAK_KEY"),
            (
                asked(|params| params.subject_alt_names = vec![uri("spiffe://test.example/region/bs-longling/node")]),
                "CSR_OTHER_REGION",
            ),
            (
                asked(|params| params.subject_alt_names.push(uri("spiffe://test.example/region/bs/aggregator"))),
                "CSR_OTHER_REGION",
            ),
            (
                asked(|params| params.subject_alt_names = vec![uri("spiffe://other.example/region/bs-tengchong/node")]),
                "CSR_OTHER_REGION",
            ),
            (asked(|params| params.subject_alt_names.push(SanType::DnsName("evil.example".try_into().unwrap()))), "CSR_NAMES"),
            (asked(|params| params.subject_alt_names.push(SanType::IpAddress([10, 0, 0, 1].into()))), "CSR_NAMES"),
            (asked(|params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0))), "CSR_NAMES"),
            (asked(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning]), "CSR_NAMES"),
        ] {
            assert_eq!(read(&der, &county()).unwrap_err().reason(), reason);
        }
        assert!(read(&asked(|params| params.subject_alt_names.clear()), &county()).is_ok(), "the key alone is enough");
    }
}
