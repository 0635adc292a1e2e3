//! Requests, renewals and answers of an enrolment as they travel: exact bytes with signatures over them.

use changxiao_domain::{clock::Instant, event::Digest, region::RegionId, text::text};
use prost::Message as _;

use super::scalar::Malformed;
use crate::enrolment::v1 as pb;

/// Tag under which a region's journal key signs its request.
pub const ENROLMENT_TAG: &str = "enrolment/v1";
/// Tag under which a region's journal key signs a renewal.
pub const RENEWAL_TAG: &str = "renewal/v1";
/// What stands before the bytes that a certificate's key signs in a renewal.
pub const RENEWAL_PREFIX: &[u8] = b"changxiao-renewal/v1\n";
/// What stands before the bytes of an answer that its authority signs.
pub const ANSWER_PREFIX: &[u8] = b"changxiao-answer/v1\n";
/// What stands before the certificate of a service listener that an authority vouches for.
pub const SERVICE_PREFIX: &[u8] = b"changxiao-service/v1\n";
/// Nothing of an enrolment comes near this, bytes.
pub const BYTES_MAX: usize = 256 << 10;

/// What a region asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Region that asks.
    pub region: RegionId,
    /// Region above that is asked.
    pub parent: RegionId,
    /// Its public journal key.
    pub journal_key: Digest,
    /// PKCS#10, DER.
    pub csr: Vec<u8>,
    /// Where its federation listener is reached, `host:port`.
    pub federation_address: String,
    /// When it was made, real time.
    pub made_at: Instant,
}

/// What a region asks for that has a valid certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// Region that asks.
    pub region: RegionId,
    /// Region above that is asked.
    pub parent: RegionId,
    /// PKCS#10, DER.
    pub csr: Vec<u8>,
    /// Certificate in use and those between it and the root, DER.
    pub chain: Vec<Vec<u8>>,
    /// When it was made, real time.
    pub made_at: Instant,
}

/// What a region gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Digest of the signed request or renewal.
    pub request_digest: Digest,
    /// Region that asked.
    pub region: RegionId,
    /// Region that answers.
    pub parent: RegionId,
    /// Trust domain.
    pub trust_domain: String,
    /// The certificate and those between it and the root, DER.
    pub chain: Vec<Vec<u8>>,
    /// Authorities to trust, DER.
    pub bundle: Vec<Vec<u8>>,
    /// The signed register, empty in the answer to a renewal.
    pub signed_register: Vec<u8>,
    /// Who signs registers.
    pub publisher: RegionId,
    /// With which journal key.
    pub publisher_key: Digest,
    /// When it was made, real time.
    pub issued_at: Instant,
}

fn wrong(field: &'static str, why: impl std::fmt::Display) -> Malformed {
    Malformed { field, why: why.to_string() }
}

fn bounded(bytes: &[u8]) -> Result<&[u8], Malformed> {
    if bytes.len() <= BYTES_MAX { Ok(bytes) } else { Err(wrong("bytes", format!("{} are too many", bytes.len()))) }
}

fn region(field: &'static str, given: &str) -> Result<RegionId, Malformed> {
    given.parse().map_err(|fault| wrong(field, fault))
}

fn key(field: &'static str, given: &[u8]) -> Result<Digest, Malformed> {
    Digest::try_from(given).map_err(|_| wrong(field, format!("{} bytes where 32 belong", given.len())))
}

/// `host:port` with a host and a port above 0.
///
/// # Errors
/// It is something else.
pub fn address(given: &str) -> Result<String, String> {
    let given = text(given, 3, 255).map_err(|why| why.to_string())?;
    let port = given.rsplit_once(':').filter(|(host, _)| !host.is_empty()).and_then(|(_, port)| port.parse::<u16>().ok());
    let plain = given.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
    match port {
        Some(1..) if plain => Ok(given),
        _ => Err(format!("`{given}` must look like 10.1.2.3:7443")),
    }
}

impl Request {
    /// Bytes to be signed. `nonce` keeps two requests apart that say the same.
    #[must_use]
    pub fn encode(&self, nonce: &[u8; 16]) -> Vec<u8> {
        pb::EnrolmentRequest {
            region: self.region.to_string(),
            parent: self.parent.to_string(),
            journal_key: self.journal_key.to_vec().into(),
            csr: self.csr.clone().into(),
            federation_address: self.federation_address.clone(),
            made_at_ms: self.made_at.ms(),
            nonce: nonce.to_vec().into(),
        }
        .encode_to_vec()
    }

    /// From its bytes.
    ///
    /// # Errors
    /// Not a request.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let wire = pb::EnrolmentRequest::decode(bounded(bytes)?).map_err(|e| wrong("request", e))?;
        Ok(Self {
            region: region("region", &wire.region)?,
            parent: region("parent", &wire.parent)?,
            journal_key: key("journal_key", &wire.journal_key)?,
            csr: wire.csr.to_vec(),
            federation_address: address(&wire.federation_address).map_err(|why| wrong("federation_address", why))?,
            made_at: Instant::from_ms(wire.made_at_ms),
        })
    }
}

impl Renewal {
    /// Bytes to be signed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        pb::Renewal {
            region: self.region.to_string(),
            parent: self.parent.to_string(),
            csr: self.csr.clone().into(),
            chain: self.chain.iter().cloned().map(Into::into).collect(),
            made_at_ms: self.made_at.ms(),
        }
        .encode_to_vec()
    }

    /// From its bytes.
    ///
    /// # Errors
    /// Not a renewal.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let wire = pb::Renewal::decode(bounded(bytes)?).map_err(|e| wrong("renewal", e))?;
        if !(1..=4).contains(&wire.chain.len()) {
            return Err(wrong("chain", format!("{} certificates where 1 to 4 belong", wire.chain.len())));
        }
        Ok(Self {
            region: region("region", &wire.region)?,
            parent: region("parent", &wire.parent)?,
            csr: wire.csr.to_vec(),
            chain: wire.chain.into_iter().map(|der| der.to_vec()).collect(),
            made_at: Instant::from_ms(wire.made_at_ms),
        })
    }
}

impl Answer {
    /// Bytes to be signed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        pb::Answer {
            request_digest: self.request_digest.to_vec().into(),
            region: self.region.to_string(),
            parent: self.parent.to_string(),
            trust_domain: self.trust_domain.clone(),
            chain: self.chain.iter().cloned().map(Into::into).collect(),
            bundle: self.bundle.iter().cloned().map(Into::into).collect(),
            signed_register: self.signed_register.clone().into(),
            publisher: self.publisher.to_string(),
            publisher_key: self.publisher_key.to_vec().into(),
            issued_at_ms: self.issued_at.ms(),
        }
        .encode_to_vec()
    }

    /// From its bytes.
    ///
    /// # Errors
    /// Not an answer.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let wire = pb::Answer::decode(bytes).map_err(|e| wrong("answer", e))?;
        Ok(Self {
            request_digest: key("request_digest", &wire.request_digest)?,
            region: region("region", &wire.region)?,
            parent: region("parent", &wire.parent)?,
            trust_domain: wire.trust_domain,
            chain: wire.chain.into_iter().map(|der| der.to_vec()).collect(),
            bundle: wire.bundle.into_iter().map(|der| der.to_vec()).collect(),
            signed_register: wire.signed_register.to_vec(),
            publisher: region("publisher", &wire.publisher)?,
            publisher_key: key("publisher_key", &wire.publisher_key)?,
            issued_at: Instant::from_ms(wire.issued_at_ms),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request {
            region: "bs-tengchong".parse().unwrap(),
            parent: "bs".parse().unwrap(),
            journal_key: [7; 32],
            csr: vec![1, 2, 3],
            federation_address: "10.1.2.3:7443".into(),
            made_at: Instant::from_ms(5),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(Request::decode(&request().encode(&[0; 16])).unwrap(), request());
        let Request { region, parent, csr, made_at, .. } = request();
        let renewal = Renewal { region, parent, csr, chain: vec![vec![1]], made_at };
        assert_eq!(Renewal::decode(&renewal.encode()).unwrap(), renewal);
        assert!(Renewal::decode(&Renewal { chain: vec![], ..renewal }.encode()).is_err());
    }

    #[test]
    fn addresses_can_be_dialled() {
        for good in ["10.1.2.3:7443", "[::1]:7443", "bs.example:1"] {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in ["", ":7443", "10.1.2.3", "10.1.2.3:0", "10.1.2.3:70000", "a b:1", "http://a:1/x", "a@b:1"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn strangers_bytes_are_refused() {
        for bytes in [&b""[..], &[0xff; 40], &[0x0a, 0xff, 0xff, 0xff, 0x7f]] {
            assert!(Request::decode(bytes).is_err() && Renewal::decode(bytes).is_err() && Answer::decode(bytes).is_err());
        }
    }
}
