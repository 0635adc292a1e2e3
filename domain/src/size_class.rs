//! Statistical size of an enterprise (大、中、小、微), computed from employees, turnover and assets.
//!
//! Source: 统计上大中小微型企业划分办法 (2011), `deploy/data/enterprise_size_classes.csv`; which heading measures a supervision category is
//! proposed in `deploy/data/size_industries.csv`. Large, medium and small must reach the lower bound of every measure listed; whoever misses
//! one drops to the next class.

use std::sync::LazyLock;

use crate::{
    csv_table::{TableFault, rows},
    industry::IndustryCode,
};

const CLASSES: &str = include_str!("../../deploy/data/enterprise_size_classes.csv");
const HEADINGS: &str = include_str!("../../deploy/data/size_industries.csv");

/// Tests prove that the shipped tables parse; with broken ones no size is known.
static BOUNDS: LazyLock<Vec<Bound>> = LazyLock::new(|| bounds().unwrap_or_default());
static HEADING: LazyLock<Vec<(String, String)>> = LazyLock::new(|| headings().unwrap_or_default());

/// Size of an enterprise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SizeClass {
    /// 微型
    Micro,
    /// 小型
    Small,
    /// 中型
    Medium,
    /// 大型
    Large,
}

/// What the size is computed from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// X: employees.
    pub employees: Option<u64>,
    /// Y: turnover, ten thousand yuan a year.
    pub turnover_wan: Option<u64>,
    /// Z: assets, ten thousand yuan.
    pub assets_wan: Option<u64>,
}

impl Measures {
    fn of(self, indicator: char) -> Option<u64> {
        match indicator {
            'X' => self.employees,
            'Y' => self.turnover_wan,
            'Z' => self.assets_wan,
            _ => None,
        }
    }
}

struct Bound {
    heading: &'static str,
    indicator: char,
    large: u64,
    medium: u64,
    small: u64,
}

impl Bound {
    const fn class(&self, value: u64) -> SizeClass {
        if value >= self.large {
            SizeClass::Large
        } else if value >= self.medium {
            SizeClass::Medium
        } else if value >= self.small {
            SizeClass::Small
        } else {
            SizeClass::Micro
        }
    }
}

fn bounds() -> Result<Vec<Bound>, TableFault> {
    rows("enterprise_size_classes.csv", CLASSES)?
        .iter()
        .map(|row| {
            Ok(Bound {
                heading: row.field(0),
                indicator: row.parse(1)?,
                large: row.parse(2)?,
                medium: row.parse(3)?,
                small: row.parse(4)?,
            })
        })
        .collect()
}

fn headings() -> Result<Vec<(String, String)>, TableFault> {
    Ok(rows("size_industries.csv", HEADINGS)?.iter().map(|row| (row.field(0).to_owned(), row.field(1).to_owned())).collect())
}

/// The size of an enterprise of a category: the lowest class that any of the measures listed for its heading gives. `None` if one of them
/// is unknown.
#[must_use]
pub fn size_class(industry: IndustryCode, measures: Measures) -> Option<SizeClass> {
    let heading = HEADING.iter().find(|(code, _)| code == industry.as_str()).map(|(_, heading)| heading.as_str())?;
    let bounds = BOUNDS.iter().filter(|bound| bound.heading == heading);
    let classes = bounds.map(|bound| measures.of(bound.indicator).map(|value| bound.class(value)));
    classes.collect::<Option<Vec<_>>>()?.into_iter().min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::industry;

    fn check(industry: &str, [x, y, z]: [u64; 3], class: SizeClass) {
        let measures = Measures { employees: Some(x), turnover_wan: Some(y), assets_wan: Some(z) };
        assert_eq!(size_class(industry.parse().unwrap(), measures), Some(class), "{industry} {x} {y} {z}");
    }

    #[test]
    fn the_shipped_tables_parse_and_every_category_has_a_heading_with_bounds() {
        assert_eq!(bounds().unwrap().len(), 30);
        for industry in industry::all() {
            let heading = HEADING.iter().find(|(code, _)| code == industry.code).map(|(_, heading)| heading);
            let heading = heading.unwrap_or_else(|| panic!("{} has no heading", industry.code));
            assert!(BOUNDS.iter().any(|bound| bound.heading == heading), "{heading} has no bounds");
        }
    }

    #[test]
    fn every_measure_must_reach_the_bound_or_the_class_drops() {
        check("K03", [1_000, 40_000, 0], SizeClass::Large);
        check("K03", [1_000, 39_999, 0], SizeClass::Medium);
        check("K03", [999, 40_000, 0], SizeClass::Medium);
        check("K03", [300, 2_000, 0], SizeClass::Medium);
        check("K03", [299, 2_000, 0], SizeClass::Small);
        check("K03", [20, 300, 0], SizeClass::Small);
        check("K03", [19, 300, 0], SizeClass::Micro);
        check("K03", [5_000, 299, 0], SizeClass::Micro);
        check("J01", [0, 80_000, 80_000], SizeClass::Large);
        check("J01", [0, 80_000, 4_999], SizeClass::Small);
        check("X06", [0, 500, 0], SizeClass::Medium);
        check("X99", [10, 0, 0], SizeClass::Small);
    }

    #[test]
    fn without_a_measure_that_decides_there_is_no_size() {
        let measures = Measures { employees: Some(100), ..Measures::default() };
        assert_eq!(size_class("K03".parse().unwrap(), measures), None);
        assert_eq!(size_class("X99".parse().unwrap(), measures), Some(SizeClass::Medium));
    }
}
