//! How much two entries of the catalogue look like one enterprise. A hint for people; nothing is decided by it.

use std::collections::BTreeMap;

use super::EnterpriseData;

/// From this likeness on two entries are shown as possible duplicates, in percent [P].
pub const POSSIBLE: u32 = 70;

/// Forms of companies, which say nothing about who it is; longest first.
const FORMS: [&str; 4] = ["有限责任公司", "股份有限公司", "有限公司", "公司"];

/// Likeness of name and address in percent, the name counting for two thirds. Entries of two known townships are never alike.
#[must_use]
pub fn likeness(one: &EnterpriseData, other: &EnterpriseData) -> u32 {
    let known = !one.township.is_empty() && !other.township.is_empty();
    if known && one.township != other.township {
        return 0;
    }
    (2 * shared(&bare(&one.title), &bare(&other.title)) + shared(&bare(&one.address), &bare(&other.address))) / 3
}

/// Letters and digits alone, without the form of the company.
fn bare(text: &str) -> Vec<char> {
    let plain: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let form = FORMS.iter().find_map(|form| plain.strip_suffix(form));
    form.unwrap_or(&plain).chars().collect()
}

/// Shared pairs of neighbouring characters among all pairs, in percent (Dice).
fn shared(one: &[char], other: &[char]) -> u32 {
    if one == other {
        return 100;
    }
    let mut pairs: BTreeMap<&[char], usize> = BTreeMap::new();
    for pair in one.windows(2) {
        *pairs.entry(pair).or_default() += 1;
    }
    let mut both = 0_usize;
    for pair in other.windows(2) {
        if let Some(left) = pairs.get_mut(pair).filter(|left| **left > 0) {
            *left -= 1;
            both += 1;
        }
    }
    let all = one.windows(2).count() + other.windows(2).count();
    u32::try_from((both * 200).checked_div(all).unwrap_or(0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enterprise::tests::complete;

    #[test]
    fn one_enterprise_written_twice_looks_alike_and_neighbours_do_not() {
        let entry = |title: &str, address: &str, township: &str| EnterpriseData {
            title: title.to_owned(),
            address: address.to_owned(),
            township: township.to_owned(),
            ..complete()
        };
        let own = entry("腾越镇云岭采石厂有限公司", "合成路1号", "530522101");
        for (other, alike) in [
            (entry("腾越镇云岭采石厂", "合成路1号", "530522101"), true),
            (entry("腾越镇 云岭采石厂(有限公司)", "合成路 1 号", "530522101"), true),
            (entry("腾越镇云岭采石场", "合成路1号附1", ""), true),
            (entry("腾越镇云岭采石厂", "合成路1号", "530522102"), false),
            (entry("腾越镇怒水砂石厂", "合成路1号", "530522101"), false),
            (entry("固东镇云岭采石厂", "机场路88号", "530522101"), false),
        ] {
            assert_eq!(
                likeness(&own, &other) >= POSSIBLE,
                alike,
                "{} {}: {}",
                other.title,
                other.address,
                likeness(&own, &other)
            );
        }
    }
}
