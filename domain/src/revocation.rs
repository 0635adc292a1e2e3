//! Revocation lists (吊销名单): which certificates and regions an issuing region no longer vouches for.
//!
//! A list is whole, versioned and signed by its issuer's journal key; a newer one replaces an older one of the same issuer. Its
//! times are real time, as certificates live in it, never the business clock. How a list is carried and believed is `tier`'s concern.

use crate::{clock::Instant, region::RegionId};

/// One certificate that counts no more, by the key that signed it and its serial number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revoked {
    /// Key identifier of the authority that issued it, lower-case hexadecimal.
    pub authority_key: String,
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// Since when.
    pub at: Instant,
    /// Why, in words for the log of others.
    pub reason: String,
}

/// One region none of whose certificates count for now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Denied {
    /// Region.
    pub region: RegionId,
    /// Since when.
    pub at: Instant,
    /// Why.
    pub reason: String,
}

/// One version of an issuer's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationList {
    /// Region that signs it.
    pub issuer: RegionId,
    /// Rising number; a higher one replaces a lower one.
    pub version: u32,
    /// When it was made.
    pub issued_at: Instant,
    /// When the next one is due at the latest; after this the list is stale.
    pub next_update: Instant,
    /// Certificates, in ascending order.
    pub revoked: Vec<Revoked>,
    /// Regions, in ascending order.
    pub denied: Vec<Denied>,
    /// Key identifiers of authorities that are being replaced: whoever holds a certificate of theirs renews it at once.
    pub retiring: Vec<String>,
}

impl RevocationList {
    /// Why a certificate counts no more, if this list says so.
    #[must_use]
    pub fn revoked(&self, authority_key: &str, serial: &str) -> Option<&Revoked> {
        self.revoked.iter().find(|revoked| revoked.authority_key == authority_key && revoked.serial == serial)
    }

    /// Why a region is denied, if this list says so.
    #[must_use]
    pub fn denied(&self, region: &RegionId) -> Option<&Denied> {
        self.denied.iter().find(|denied| denied.region == *region)
    }

    /// Milliseconds since which the next list is overdue; 0 or less while it is not.
    #[must_use]
    pub const fn stale_ms(&self, now: Instant) -> i64 {
        now.ms_since(self.next_update)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_speaks_of_one_authoritys_serials_only() {
        let at = Instant::from_ms(1_000);
        let revoked = Revoked { authority_key: "aa".into(), serial: "01".into(), at, reason: "lost".into() };
        let denied = Denied { region: "bs".parse().unwrap(), at, reason: "seized".into() };
        let list = RevocationList {
            issuer: "yn".parse().unwrap(),
            version: 1,
            issued_at: at,
            next_update: Instant::from_ms(5_000),
            revoked: vec![revoked],
            denied: vec![denied],
            retiring: Vec::new(),
        };
        for (key, serial, found) in [("aa", "01", true), ("bb", "01", false), ("aa", "02", false)] {
            assert_eq!(list.revoked(key, serial).is_some(), found, "{key} {serial}");
        }
        assert!(list.denied(&"bs".parse().unwrap()).is_some() && list.denied(&"km".parse().unwrap()).is_none());
        assert_eq!((list.stale_ms(Instant::from_ms(4_999)), list.stale_ms(Instant::from_ms(5_001))), (-1, 1));
    }
}
