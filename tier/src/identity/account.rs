//! Names of accounts in client certificates: `spiffe://<trust domain>/region/<region>/account/<account>`.

use std::{fmt, str::FromStr};

use changxiao_domain::{actor::AccountId, region::RegionId};

use super::{
    spiffe::{SpiffeError, TrustDomain, check_region},
    words::excerpt,
};

/// One account of one region, as its client certificate names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountName {
    trust_domain: TrustDomain,
    region: RegionId,
    account: AccountId,
}

impl AccountName {
    /// Names an account.
    ///
    /// # Errors
    /// [`SpiffeError::Region`] when the region cannot stand in a certificate.
    pub fn new(trust_domain: TrustDomain, region: RegionId, account: AccountId) -> Result<Self, SpiffeError> {
        check_region(&region)?;
        Ok(Self { trust_domain, region, account })
    }

    /// The trust domain.
    #[must_use]
    pub fn trust_domain(&self) -> &TrustDomain {
        &self.trust_domain
    }

    /// The region.
    #[must_use]
    pub fn region(&self) -> &RegionId {
        &self.region
    }

    /// The account within its region.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.account
    }
}

/// The name of a region's authority of clients: `spiffe://<trust domain>/region/<region>/clients`.
#[must_use]
pub fn clients_uri(trust_domain: &TrustDomain, region: &RegionId) -> String {
    format!("{}/region/{region}/clients", trust_domain.uri())
}

/// The region whose authority of clients this name is.
#[must_use]
pub fn clients_of(uri: &str, trust_domain: &TrustDomain) -> Option<RegionId> {
    uri.strip_prefix(&trust_domain.uri())?.strip_prefix("/region/")?.strip_suffix("/clients")?.parse().ok()
}

impl FromStr for AccountName {
    type Err = SpiffeError;

    fn from_str(text: &str) -> Result<Self, SpiffeError> {
        let shape = || SpiffeError::Shape(excerpt(text));
        let mut segments = text.strip_prefix("spiffe://").ok_or_else(shape)?.split('/');
        match (segments.next(), segments.next(), segments.next(), segments.next(), segments.next(), segments.next()) {
            (Some(domain), Some("region"), Some(region), Some("account"), Some(account), None) => {
                let region = region.parse().map_err(|_| SpiffeError::Region(excerpt(region)))?;
                Self::new(domain.parse()?, region, account.parse().map_err(|_| shape())?)
            }
            _ => Err(shape()),
        }
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "spiffe://{}/region/{}/account/{}", self.trust_domain, self.region, self.account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_one_spelling_of_every_account() {
        let good = "spiffe://yunnan.example/region/bs-tengchong/account/clerk-1";
        assert_eq!(good.parse::<AccountName>().unwrap().to_string(), good);
        for wrong in [
            "spiffe://yunnan.example/region/bs-tengchong/node",
            "spiffe://yunnan.example/region/bs-tengchong/account",
            "spiffe://yunnan.example/region/bs-tengchong/account/",
            "spiffe://yunnan.example/region/bs-tengchong/account/Clerk",
            "spiffe://yunnan.example/region/bs-tengchong/account/clerk-1/",
            "spiffe://yunnan.example/region/bs-tengchong/account/system:door",
            "https://yunnan.example/region/bs-tengchong/account/clerk-1",
        ] {
            assert!(wrong.parse::<AccountName>().is_err(), "{wrong}");
        }
    }
}
