//! SPIFFE ids of the federation: `spiffe://<trust domain>/region/<region>/{node|aggregator}`.
//!
//! Parsing is strict: there is exactly one spelling of every identity, so two ids are equal when their texts are.

use std::fmt;
use std::str::FromStr;

use changxiao_domain::region::RegionId;

use super::words::excerpt;

/// A name that is no trust domain, region or identity of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpiffeError {
    /// The trust domain is not a plain lower-case DNS name.
    #[error(
        "`{0}` is no trust domain: lower-case labels of letters, digits and inner hyphens, joined by dots, at most 190 characters"
    )]
    TrustDomain(String),
    /// The region id does not have the form of a permanent region id.
    #[error("`{0}` is no region id: a lower-case letter, then letters, digits and inner hyphens, at most 63 characters")]
    Region(String),
    /// The role is neither of the two that exist.
    #[error("`{0}` is no role: expected node or aggregator")]
    Role(String),
    /// The text as a whole has another shape.
    #[error("`{0}` is no identity of a region: expected spiffe://<trust domain>/region/<region>/<node or aggregator>")]
    Shape(String),
}

impl SpiffeError {
    /// Stable name of the cause.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::TrustDomain(_) => "TRUST_DOMAIN_INVALID",
            Self::Region(_) => "REGION_ID_INVALID",
            Self::Role(_) => "IDENTITY_ROLE_INVALID",
            Self::Shape(_) => "IDENTITY_INVALID",
        }
    }
}

/// The root of trust a federation shares, such as `yunnan.example`. It is also the suffix of every DNS SAN.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrustDomain(String);

impl TrustDomain {
    /// Longest accepted length: with a region label in front the DNS name stays below the limit of 253.
    pub const LENGTH_MAX: usize = 190;

    /// The name as written in certificates.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the trust domain itself, which only its root certificate carries: `spiffe://<trust domain>`.
    pub fn uri(&self) -> String {
        format!("spiffe://{}", self.0)
    }
}

impl FromStr for TrustDomain {
    type Err = SpiffeError;

    fn from_str(text: &str) -> Result<Self, SpiffeError> {
        if text.len() <= Self::LENGTH_MAX && text.split('.').all(is_label) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SpiffeError::TrustDomain(excerpt(text)))
        }
    }
}

impl fmt::Display for TrustDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of program speaks for the region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A county's program, owner of its enterprises and hazards.
    Node,
    /// A city's or province's program.
    Aggregator,
}

impl Role {
    /// The last segment of the id.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Aggregator => "aggregator",
        }
    }
}

impl FromStr for Role {
    type Err = SpiffeError;

    fn from_str(text: &str) -> Result<Self, SpiffeError> {
        match text {
            "node" => Ok(Self::Node),
            "aggregator" => Ok(Self::Aggregator),
            _ => Err(SpiffeError::Role(excerpt(text))),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The identity of one region's program, for example `spiffe://yunnan.example/region/bs-tengchong/node`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpiffeId {
    trust_domain: TrustDomain,
    region: RegionId,
    role: Role,
}

impl SpiffeId {
    /// Names the program of a region.
    ///
    /// # Errors
    /// [`SpiffeError::Region`] when the id ends with a hyphen or is longer than 63 characters: in a certificate it is a DNS label as well.
    pub fn new(trust_domain: TrustDomain, region: RegionId, role: Role) -> Result<Self, SpiffeError> {
        check_region(&region)?;
        Ok(Self { trust_domain, region, role })
    }

    /// The trust domain the identity belongs to.
    pub fn trust_domain(&self) -> &TrustDomain {
        &self.trust_domain
    }

    /// The permanent region id, such as `bs-tengchong`.
    pub fn region(&self) -> &RegionId {
        &self.region
    }

    /// What kind of program it is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The name in the DNS SAN and in SNI: `<region>.<trust domain>`. It picks a certificate where one process hosts several regions.
    pub fn dns_name(&self) -> String {
        format!("{}.{}", self.region, self.trust_domain)
    }
}

impl FromStr for SpiffeId {
    type Err = SpiffeError;

    fn from_str(text: &str) -> Result<Self, SpiffeError> {
        let shape = || SpiffeError::Shape(excerpt(text));
        let mut segments = text.strip_prefix("spiffe://").ok_or_else(shape)?.split('/');
        match (segments.next(), segments.next(), segments.next(), segments.next(), segments.next()) {
            (Some(domain), Some("region"), Some(region), Some(role), None) => {
                Self::new(domain.parse()?, region_of(region)?, role.parse()?)
            }
            _ => Err(shape()),
        }
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spiffe://{}/region/{}/{}", self.trust_domain, self.region, self.role)
    }
}

/// Checks that a region id can stand in a certificate; whether such a region exists only the register knows.
///
/// # Errors
/// [`SpiffeError::Region`].
pub fn check_region(region: &RegionId) -> Result<(), SpiffeError> {
    if is_label(region.as_str()) { Ok(()) } else { Err(SpiffeError::Region(region.to_string())) }
}

fn region_of(text: &str) -> Result<RegionId, SpiffeError> {
    text.parse().map_err(|_| SpiffeError::Region(excerpt(text)))
}

/// One lower-case DNS label (RFC 1035 with the digit-first relaxation of RFC 1123).
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn well_formed_ids_read_back_as_written() {
        for text in [
            "spiffe://yunnan.example/region/bs-tengchong/node",
            "spiffe://yn/region/bs/aggregator",
            "spiffe://1.example/region/b/node",
        ] {
            assert_eq!(text.parse::<SpiffeId>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_spellings_are_refused_by_name() {
        let long = format!("spiffe://yn/region/{}/node", "b".repeat(64));
        for (text, reason) in [
            ("", "IDENTITY_INVALID"),
            ("yn/region/bs/node", "IDENTITY_INVALID"),
            ("SPIFFE://yn/region/bs/node", "IDENTITY_INVALID"),
            ("https://yn/region/bs/node", "IDENTITY_INVALID"),
            ("spiffe://yn", "IDENTITY_INVALID"),
            ("spiffe://yn/region/bs", "IDENTITY_INVALID"),
            ("spiffe://yn/region/bs/node/", "IDENTITY_INVALID"),
            ("spiffe://yn/region/bs/node/x", "IDENTITY_INVALID"),
            ("spiffe://yn/county/bs/node", "IDENTITY_INVALID"),
            ("spiffe:///region/bs/node", "TRUST_DOMAIN_INVALID"),
            ("spiffe://YN/region/bs/node", "TRUST_DOMAIN_INVALID"),
            ("spiffe://yn:443/region/bs/node", "TRUST_DOMAIN_INVALID"),
            ("spiffe://u@yn/region/bs/node", "TRUST_DOMAIN_INVALID"),
            ("spiffe://yn./region/bs/node", "TRUST_DOMAIN_INVALID"),
            ("spiffe://yn/region//node", "REGION_ID_INVALID"),
            ("spiffe://yn/region/Bs/node", "REGION_ID_INVALID"),
            ("spiffe://yn/region/1bs/node", "REGION_ID_INVALID"),
            ("spiffe://yn/region/-bs/node", "REGION_ID_INVALID"),
            ("spiffe://yn/region/bs-/node", "REGION_ID_INVALID"),
            ("spiffe://yn/region/b%73/node", "REGION_ID_INVALID"),
            ("spiffe://yn/region/../node", "REGION_ID_INVALID"),
            ("spiffe://yn/region/腾冲/node", "REGION_ID_INVALID"),
            (long.as_str(), "REGION_ID_INVALID"),
            ("spiffe://yn/region/bs/Node", "IDENTITY_ROLE_INVALID"),
            ("spiffe://yn/region/bs/node?x=1", "IDENTITY_ROLE_INVALID"),
        ] {
            assert_eq!(text.parse::<SpiffeId>().unwrap_err().reason(), reason, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_parses_is_its_own_only_spelling(text in "(spiffe://)?[a-z./-]{0,12}(/region/)?[a-z0-9-]{0,8}(/node|/aggregator)?") {
            if let Ok(id) = text.parse::<SpiffeId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
}
