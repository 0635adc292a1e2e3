//! The taxonomy of hazards: basic management (基础管理) and on-site (现场管理), 25 kinds in all.
//!
//! The table is `deploy/data/hazard_categories.csv`, whose head states its sources.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::LazyLock;

use crate::csv_table::{Row, TableFault, rows};

const TABLE: &str = include_str!("../../deploy/data/hazard_categories.csv");

/// A test proves that the shipped table parses; a broken one would leave no category at all rather than panic.
static KINDS: LazyLock<Vec<HazardKind>> = LazyLock::new(|| parse(TABLE).unwrap_or_default());

/// Every category in the order of the table.
pub fn all() -> impl Iterator<Item = HazardCategory> {
    KINDS.iter().map(HazardCategory)
}

/// One of the two branches of the taxonomy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HazardBranch {
    /// A, 基础管理.
    Management,
    /// B, 现场管理.
    OnSite,
}

impl HazardBranch {
    /// The letter that begins the codes of the branch.
    pub const fn letter(self) -> char {
        match self {
            Self::Management => 'A',
            Self::OnSite => 'B',
        }
    }

    /// Chinese term.
    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::Management => "基础管理",
            Self::OnSite => "现场管理",
        }
    }

    /// English term.
    pub const fn name_en(self) -> &'static str {
        match self {
            Self::Management => "management basics",
            Self::OnSite => "on-site",
        }
    }
}

/// One row of the table that hazards are filed under.
#[derive(Debug)]
struct HazardKind {
    code: &'static str,
    name_zh: &'static str,
    name_en: &'static str,
    branch: HazardBranch,
    list24_number: Option<u8>,
}

/// A text is not the code of a hazard category.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a hazard category; a code such as A05 or B03 is needed")]
pub struct HazardCategoryFault {
    pub text: String,
}

impl HazardCategoryFault {
    /// Stable name of this fault for programs.
    pub fn reason(&self) -> &'static str {
        "HAZARD_CATEGORY_UNKNOWN"
    }
}

/// A hazard category that is in the table, such as `B03`. A branch alone is not one. Ordered by its code.
#[derive(Clone, Copy)]
pub struct HazardCategory(&'static HazardKind);

impl HazardCategory {
    /// Letter of the branch and two digits.
    pub fn code(self) -> &'static str {
        self.0.code
    }

    /// Chinese name.
    pub fn name_zh(self) -> &'static str {
        self.0.name_zh
    }

    /// English name.
    pub fn name_en(self) -> &'static str {
        self.0.name_en
    }

    /// The branch it belongs to.
    pub fn branch(self) -> HazardBranch {
        self.0.branch
    }

    /// Its number in the list of 24 kinds that other systems use; `None` for the one kind that list lacks.
    pub fn list24_number(self) -> Option<u8> {
        self.0.list24_number
    }
}

impl FromStr for HazardCategory {
    type Err = HazardCategoryFault;

    fn from_str(text: &str) -> Result<Self, HazardCategoryFault> {
        all().find(|category| category.code() == text).ok_or_else(|| HazardCategoryFault { text: text.to_owned() })
    }
}

impl PartialEq for HazardCategory {
    fn eq(&self, other: &Self) -> bool {
        self.code() == other.code()
    }
}

impl Eq for HazardCategory {}

impl PartialOrd for HazardCategory {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for HazardCategory {
    fn cmp(&self, other: &Self) -> Ordering {
        self.code().cmp(other.code())
    }
}

impl Hash for HazardCategory {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.code().hash(state);
    }
}

impl fmt::Display for HazardCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for HazardCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The rows that have a parent; the two without one are the branches.
fn parse(text: &'static str) -> Result<Vec<HazardKind>, TableFault> {
    rows("hazard_categories.csv", text)?.iter().filter(|row| !row.field(3).is_empty()).map(kind).collect()
}

fn kind(row: &Row<'static>) -> Result<HazardKind, TableFault> {
    let branch = match row.field(3) {
        "A" => HazardBranch::Management,
        "B" => HazardBranch::OnSite,
        other => return Err(row.fault(format!("unknown branch `{other}`"))),
    };
    Ok(HazardKind {
        code: row.field(0),
        name_zh: row.field(1),
        name_en: row.field(2),
        branch,
        list24_number: if row.field(4).is_empty() { None } else { Some(row.parse(4)?) },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_shipped_table_is_read_whole() {
        assert_eq!(parse(TABLE).unwrap().len(), 25);
        assert_eq!(all().filter(|category| category.branch() == HazardBranch::Management).count(), 13);
        assert_eq!(all().filter(|category| category.branch() == HazardBranch::OnSite).count(), 12);
        for category in all() {
            assert_eq!(category.code().parse(), Ok(category));
            assert!(category.code().starts_with(category.branch().letter()));
        }
    }

    #[test]
    fn the_list_of_24_names_all_but_one() {
        let numbers: BTreeSet<u8> = all().filter_map(HazardCategory::list24_number).collect();
        assert_eq!(numbers, (1..=24).collect());
        let missing: Vec<&str> = all().filter(|category| category.list24_number().is_none()).map(HazardCategory::code).collect();
        assert_eq!(missing, ["B06"]);
    }

    #[test]
    fn a_row_is_read_field_by_field() {
        let category: HazardCategory = "B01".parse().unwrap();
        assert_eq!(category.name_zh(), "生产设备设施及工艺");
        assert_eq!(category.name_en(), "production equipment, facilities and processes");
        assert_eq!((category.branch(), category.list24_number()), (HazardBranch::OnSite, Some(15)));
    }

    #[test]
    fn a_branch_or_anything_else_is_no_category() {
        for text in ["", "A", "B", "A13", "b01", "C01", "消防安全"] {
            assert_eq!(text.parse::<HazardCategory>().unwrap_err().reason(), "HAZARD_CATEGORY_UNKNOWN");
        }
    }
}
