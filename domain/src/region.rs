//! Names of regions: the permanent id, the official code of a time, and the administrative level.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Longest region id in bytes: one DNS label, so an id can stand in a host name.
const ID_BYTES_MAX: usize = 63;

/// Why a text is not a region id or a region code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegionFault {
    #[error("`{text}` is not a region id: 1 to 63 of a-z, 0-9 and hyphen, beginning with a letter")]
    NotAnId { text: String },
    #[error("`{text}` is not a division code: six digits, the first from 1 to 8")]
    NotACode { text: String },
}

impl RegionFault {
    /// Stable name of this fault for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotAnId { .. } => "REGION_ID_MALFORMED",
            Self::NotACode { .. } => "REGION_CODE_MALFORMED",
        }
    }
}

/// Permanent id of a region (行政区划) such as `bs-tengchong`; never a code and never reused.
///
/// Shape `[a-z][a-z0-9-]{0,62}`. Cloning shares the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionId(Arc<str>);

impl RegionId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RegionId {
    type Err = RegionFault;

    fn from_str(text: &str) -> Result<Self, RegionFault> {
        let begins_with_letter = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if begins_with_letter && plain && text.len() <= ID_BYTES_MAX {
            Ok(Self(text.into()))
        } else {
            Err(RegionFault::NotAnId { text: text.to_owned() })
        }
    }
}

impl fmt::Display for RegionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for RegionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for RegionId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for RegionId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// Six-digit administrative division such as `530581`: a dated attribute of a region, never its key.
///
/// Source: GB/T 2260. The digits say nothing here about who lies below whom; only the register does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionCode(u32);

impl RegionCode {
    /// The code as a number, 100000 to 899999.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The code with this number; `None` outside 100000 to 899999.
    pub const fn from_number(number: u32) -> Option<Self> {
        if number >= 100_000 && number <= 899_999 { Some(Self(number)) } else { None }
    }
}

impl FromStr for RegionCode {
    type Err = RegionFault;

    fn from_str(text: &str) -> Result<Self, RegionFault> {
        let digits = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .then(|| text.parse().ok().and_then(Self::from_number))
            .flatten()
            .ok_or_else(|| RegionFault::NotACode { text: text.to_owned() })
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

/// Administrative level of a region. A region keeps its level for life: one that is raised to another level is a new region.
///
/// The order is from the top down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegionKind {
    /// 省级: province, autonomous region, municipality.
    Province,
    /// 地级: city, autonomous prefecture.
    Prefecture,
    /// 县级: county, district, county-level city, autonomous county.
    County,
}

impl RegionKind {
    /// Every level, from the top down.
    pub const ALL: [Self; 3] = [Self::Province, Self::Prefecture, Self::County];

    /// The Chinese term of the level.
    pub const fn term_zh(self) -> &'static str {
        match self {
            Self::Province => "省级",
            Self::Prefecture => "地级",
            Self::County => "县级",
        }
    }

    /// The English term of the level.
    pub const fn term_en(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::Prefecture => "prefecture",
            Self::County => "county",
        }
    }
}

impl fmt::Display for RegionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.term_en())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_one_dns_label_that_begins_with_a_letter() {
        let longest = format!("a{}", "b".repeat(62));
        for text in ["yn", "bs-tengchong", "a", "x9-", longest.as_str()] {
            assert_eq!(text.parse::<RegionId>().unwrap().to_string(), text);
        }
        let too_long = format!("{longest}b");
        for text in ["", "-a", "9a", "530581", "Bs", "bs_x", "bs x", "保山", "bs\n", too_long.as_str()] {
            assert_eq!(text.parse::<RegionId>(), Err(RegionFault::NotAnId { text: text.to_owned() }));
        }
    }

    #[test]
    fn codes_are_six_digits() {
        for text in ["530581", "110000", "820000"] {
            assert_eq!(text.parse::<RegionCode>().unwrap().to_string(), text);
        }
        for text in ["", "53058", "5305811", "030581", "930581", "+30581", "53058a", "５３０５８１", "530581 "] {
            assert_eq!(text.parse::<RegionCode>(), Err(RegionFault::NotACode { text: text.to_owned() }));
        }
    }

    #[test]
    fn levels_are_ordered_from_the_top() {
        assert!(RegionKind::ALL.is_sorted());
        assert_eq!(RegionKind::Prefecture.to_string(), "prefecture");
        assert_eq!(RegionKind::County.term_zh(), "县级");
    }
}
