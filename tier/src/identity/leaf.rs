//! What a certificate says about its holder, read once and kept as plain values.
//!
//! Reading proves nothing: whether the certificate may be believed is decided by path validation (`channel::tls`).

use changxiao_domain::clock::Instant;
use rustls::pki_types::CertificateDer;
use x509_parser::prelude::{ASN1Time, FromDer, GeneralName, ParsedExtension, SubjectPublicKeyInfo, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::account::AccountName;
use super::spiffe::{SpiffeError, SpiffeId};
use super::words::excerpt;

/// Why a certificate cannot serve as an identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Not DER, or with contradictory extensions.
    #[error("the certificate cannot be read: {0}")]
    Unreadable(String),
    /// An identity is exactly one URI name; more would leave open which one counts.
    #[error("the certificate carries {count} URI names, an identity needs exactly one")]
    NotOneUri {
        /// How many URI names there are.
        count: usize,
    },
    /// The one URI name is not an identity of a region.
    #[error("the URI name is no identity: {0}")]
    NotSpiffe(#[from] SpiffeError),
}

impl LeafError {
    /// Stable name of the cause.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "CERTIFICATE_UNREADABLE",
            Self::NotOneUri { .. } => "CERTIFICATE_NOT_ONE_URI_NAME",
            Self::NotSpiffe(cause) => cause.reason(),
        }
    }
}

/// The facts of one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Serial number in lower-case hexadecimal, as CRLs and logs print it.
    pub serial: String,
    /// Subject as the library prints it, for logs; long ones are cut.
    pub subject: String,
    /// Every URI SAN.
    pub uri_names: Vec<String>,
    /// Every DNS SAN.
    pub dns_names: Vec<String>,
    /// Whether the extended key usage names TLS clients.
    pub client_auth: bool,
    /// Whether the extended key usage names TLS servers.
    pub server_auth: bool,
    /// Whether it is the certificate of an authority.
    pub is_authority: bool,
    /// Names of other kinds (IP addresses, e-mail…) among the SANs. An identity of ours has none.
    pub other_names: usize,
    /// Whether it may sign handshakes: key usage digitalSignature, or no stated key usage.
    pub signs: bool,
    /// What is wrong with its key, if it is weaker than TLS 1.3 between offices deserves.
    pub weak_key: Option<String>,
    /// Key identifier of the authority that signed it, lower-case hexadecimal; empty if it does not say.
    pub authority_key: String,
    /// Its own key identifier, lower-case hexadecimal; empty where the certificate is no authority's or does not say.
    pub own_key: String,
    /// First instant of validity.
    pub not_before: Instant,
    /// Last second of validity.
    pub not_after: Instant,
}

impl Leaf {
    /// Reads a certificate.
    ///
    /// # Errors
    /// [`LeafError::Unreadable`] for anything that is not one complete X.509 certificate.
    pub fn read(der: &CertificateDer<'_>) -> Result<Self, LeafError> {
        let unreadable = |e: &dyn std::fmt::Display| LeafError::Unreadable(e.to_string());
        let (rest, certificate) = X509Certificate::from_der(der).map_err(|e| unreadable(&e))?;
        if !rest.is_empty() {
            return Err(LeafError::Unreadable(format!("{} bytes follow it", rest.len())));
        }
        let usage = certificate.extended_key_usage().map_err(|e| unreadable(&e))?;
        let (mut uri_names, mut dns_names, mut other_names) = (Vec::new(), Vec::new(), 0);
        if let Some(names) = certificate.subject_alternative_name().map_err(|e| unreadable(&e))? {
            for name in &names.value.general_names {
                match name {
                    GeneralName::URI(uri) => uri_names.push((*uri).to_owned()),
                    GeneralName::DNSName(dns) => dns_names.push((*dns).to_owned()),
                    GeneralName::Invalid(tag, _) => {
                        return Err(LeafError::Unreadable(format!("a name with tag {} is malformed", tag.0)));
                    }
                    _ => other_names += 1,
                }
            }
        }
        let key_usage = certificate.key_usage().map_err(|e| unreadable(&e))?;
        let (mut authority_key, mut own_key) = (String::new(), String::new());
        for extension in certificate.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::AuthorityKeyIdentifier(id) => {
                    authority_key = id.key_identifier.as_ref().map(|id| hex(id.0)).unwrap_or_default();
                }
                ParsedExtension::SubjectKeyIdentifier(id) => own_key = hex(id.0),
                _ => {}
            }
        }
        Ok(Self {
            serial: excerpt(&hex(certificate.raw_serial())),
            subject: excerpt(&certificate.subject().to_string()),
            uri_names,
            dns_names,
            client_auth: usage.as_ref().is_some_and(|u| u.value.client_auth),
            server_auth: usage.as_ref().is_some_and(|u| u.value.server_auth),
            is_authority: certificate.is_ca(),
            other_names,
            signs: key_usage.is_none_or(|usage| usage.value.digital_signature()),
            weak_key: weakness(certificate.public_key()),
            authority_key,
            own_key,
            not_before: instant(certificate.validity().not_before),
            not_after: instant(certificate.validity().not_after),
        })
    }

    /// The one account the certificate carries.
    ///
    /// # Errors
    /// [`LeafError::NotOneUri`], [`LeafError::NotSpiffe`].
    pub fn account_name(&self) -> Result<AccountName, LeafError> {
        match self.uri_names.as_slice() {
            [one] => Ok(one.parse()?),
            many => Err(LeafError::NotOneUri { count: many.len() }),
        }
    }

    /// The one identity the certificate carries.
    ///
    /// # Errors
    /// [`LeafError::NotOneUri`], [`LeafError::NotSpiffe`].
    pub fn spiffe_id(&self) -> Result<SpiffeId, LeafError> {
        match self.uri_names.as_slice() {
            [one] => Ok(one.parse()?),
            many => Err(LeafError::NotOneUri { count: many.len() }),
        }
    }
}

/// Curves and lengths that a handshake may be signed with: P-256, P-384, Ed25519, RSA from 2,048 bits on.
pub(super) fn weakness(key: &SubjectPublicKeyInfo<'_>) -> Option<String> {
    const P256: &str = "1.2.840.10045.3.1.7";
    const P384: &str = "1.3.132.0.34";
    const ED25519: &str = "1.3.101.112";
    const RSA_BITS_MIN: usize = 2_048;
    let algorithm = key.algorithm.algorithm.to_id_string();
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) if rsa.key_size() < RSA_BITS_MIN => Some(format!("RSA of {} bits", rsa.key_size())),
        Ok(PublicKey::RSA(_)) => None,
        Ok(PublicKey::EC(_)) => {
            let curve = key.algorithm.parameters.as_ref().and_then(|p| p.as_oid().ok()).map(|oid| oid.to_id_string());
            match curve.as_deref() {
                Some(P256 | P384) => None,
                Some(other) => Some(format!("curve {other}")),
                None => Some("a curve without a name".to_owned()),
            }
        }
        _ if algorithm == ED25519 => None,
        _ => Some(format!("algorithm {}", excerpt(&algorithm))),
    }
}

fn instant(at: ASN1Time) -> Instant {
    Instant::from_ms(at.timestamp().saturating_mul(1_000))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample() -> Vec<u8> {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["bs.test.example".to_owned()]).unwrap();
        let uri = "spiffe://test.example/region/bs/aggregator";
        params.subject_alt_names.push(rcgen::SanType::URI(uri.try_into().unwrap()));
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn bytes_after_the_certificate_are_refused() {
        let mut der = sample();
        assert!(Leaf::read(&der.clone().into()).is_ok());
        der.push(0);
        let refused = Leaf::read(&der.into()).unwrap_err();
        assert_eq!(refused.to_string(), "the certificate cannot be read: 1 bytes follow it");
    }

    proptest! {
        #[test]
        fn damaged_certificates_are_read_or_refused(damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut: prop::sample::Index) {
            let mut der = sample();
            for (place, byte) in damage {
                let place = place.index(der.len());
                der[place] = byte;
            }
            let whole = Leaf::read(&der.clone().into());
            prop_assert!(whole.is_err() || whole.is_ok_and(|leaf| leaf.subject.chars().count() <= 121));
            der.truncate(cut.index(der.len()));
            prop_assert!(Leaf::read(&der.into()).is_err());
        }
    }
}
