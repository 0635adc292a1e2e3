//! How far an account sees within its region: the value with which every decision and every query begins.
//!
//! The region itself needs no field here: each region has its own database and its own writer, and the desk hands out neither
//! to an account of another region.

use crate::{industry::IndustryCode, serial::Serial};

/// Rows within somebody's sight. What lies outside is answered exactly as what does not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The only enterprise, if the sight is confined to one.
    pub enterprise: Option<Serial>,
    /// The only industry category, if the sight is confined to one.
    pub industry: Option<IndustryCode>,
}

impl Scope {
    /// The whole region.
    pub const WHOLE: Self = Self { enterprise: None, industry: None };

    /// Whether nothing of the region lies outside.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        *self == Self::WHOLE
    }

    /// Whether a row of this enterprise and industry lies within.
    #[must_use]
    pub fn sees(&self, enterprise: Serial, industry: IndustryCode) -> bool {
        self.enterprise.is_none_or(|own| own == enterprise) && self.industry.is_none_or(|own| own == industry)
    }

    /// Whether something that belongs to an industry and to no enterprise of this region lies within, such as the dossier
    /// that a county shows to its city.
    #[must_use]
    pub fn sees_industry(&self, industry: &str) -> bool {
        self.enterprise.is_none() && self.industry.is_none_or(|own| own.to_string() == industry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_seen_when_neither_confinement_excludes_it() {
        let serial = |position| Serial::new(1, position).unwrap();
        let industry = |code: &str| code.parse::<IndustryCode>().unwrap();
        let scope = |enterprise: Option<u64>, code: Option<&str>| Scope {
            enterprise: enterprise.map(serial),
            industry: code.map(industry),
        };
        for (scope, seen) in [
            (Scope::WHOLE, true),
            (scope(Some(5), None), true),
            (scope(Some(6), None), false),
            (scope(None, Some("G07")), true),
            (scope(None, Some("G06")), false),
            (scope(Some(5), Some("G06")), false),
            (scope(Some(6), Some("G07")), false),
        ] {
            assert_eq!(scope.sees(serial(5), industry("G07")), seen, "{scope:?}");
        }
        assert!(scope(None, Some("G07")).sees_industry("G07"));
        assert!(!scope(Some(5), Some("G07")).sees_industry("G07"), "what belongs to no enterprise here is not an enterprise's");
    }
}
