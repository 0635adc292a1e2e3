//! The 37 supervision categories (监管行业) and when each entered the mechanism.
//!
//! The table is `deploy/data/industry_categories.csv`, whose head states its sources.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::LazyLock;

use crate::clock::Date;
use crate::csv_table::{Row, TableFault, rows};

const TABLE: &str = include_str!("../../deploy/data/industry_categories.csv");

/// A test proves that the shipped table parses; a broken one would leave no category at all rather than panic.
static INDUSTRIES: LazyLock<Vec<Industry>> = LazyLock::new(|| parse(TABLE).unwrap_or_default());

/// Every category in the order of the table.
pub fn all() -> &'static [Industry] {
    &INDUSTRIES
}

/// The category that `code` names.
pub fn get(code: IndustryCode) -> &'static Industry {
    code.0
}

/// Group of supervision categories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndustryGroup {
    /// K, 矿山.
    Mines,
    /// H, 危险化学品.
    HazardousChemicals,
    /// Y, 烟花爆竹.
    Fireworks,
    /// G, 工贸八大行业.
    IndustryAndTrade,
    /// J, 建筑施工.
    Construction,
    /// T, 交通运输.
    Transport,
    /// X, 其他.
    Others,
}

impl IndustryGroup {
    /// Every group with its letter, Chinese and English term.
    const TERMS: [(Self, char, &'static str, &'static str); 7] = [
        (Self::Mines, 'K', "矿山", "mines"),
        (Self::HazardousChemicals, 'H', "危险化学品", "hazardous chemicals"),
        (Self::Fireworks, 'Y', "烟花爆竹", "fireworks"),
        (Self::IndustryAndTrade, 'G', "工贸八大行业", "eight industry-and-trade sectors"),
        (Self::Construction, 'J', "建筑施工", "construction"),
        (Self::Transport, 'T', "交通运输", "transport"),
        (Self::Others, 'X', "其他", "others"),
    ];

    fn terms(self) -> (Self, char, &'static str, &'static str) {
        // The table lists the groups in the order of their declaration; a test holds it to that.
        Self::TERMS[self as usize]
    }

    /// Every group in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::TERMS.into_iter().map(|(group, ..)| group)
    }

    /// The letter that begins the codes of the group.
    pub fn letter(self) -> char {
        self.terms().1
    }

    /// Chinese term.
    pub fn name_zh(self) -> &'static str {
        self.terms().2
    }

    /// English term.
    pub fn name_en(self) -> &'static str {
        self.terms().3
    }
}

/// A row of the national monthly tables: table 1 or 2, and the order in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonthlyRow {
    pub table: u8,
    pub order: u8,
}

/// One supervision category.
#[derive(Debug, PartialEq, Eq)]
pub struct Industry {
    /// Letter of the group and two digits, `K01`.
    pub code: &'static str,
    pub name_zh: &'static str,
    pub name_en: &'static str,
    pub group: IndustryGroup,
    /// Key into the table of self-inspection frequencies.
    pub frequency: &'static str,
    /// Divisions or classes of GB/T 4754-2017, `;` between them; `*` for any.
    pub gbt4754: &'static str,
    pub monthly_row: MonthlyRow,
    /// First day on which enterprises of the category declare.
    pub rollout: Date,
    pub departments_zh: &'static str,
}

impl Industry {
    /// The code as a value.
    pub fn code(&'static self) -> IndustryCode {
        IndustryCode(self)
    }
}

/// A text is not the code of a supervision category.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a supervision category; one of the 37 codes such as K01 is needed")]
pub struct IndustryFault {
    pub text: String,
}

impl IndustryFault {
    /// Stable name of this fault for programs.
    pub fn reason(&self) -> &'static str {
        "INDUSTRY_UNKNOWN"
    }
}

/// Code of a supervision category that is in the table, such as `K01`. Ordered by its text.
#[derive(Clone, Copy)]
pub struct IndustryCode(&'static Industry);

impl IndustryCode {
    /// The code as text.
    pub fn as_str(self) -> &'static str {
        self.0.code
    }

    /// The category it names.
    pub fn industry(self) -> &'static Industry {
        self.0
    }
}

impl FromStr for IndustryCode {
    type Err = IndustryFault;

    fn from_str(text: &str) -> Result<Self, IndustryFault> {
        all().iter().find(|industry| industry.code == text).map(Self).ok_or_else(|| IndustryFault { text: text.to_owned() })
    }
}

impl PartialEq for IndustryCode {
    fn eq(&self, other: &Self) -> bool {
        self.0.code == other.0.code
    }
}

impl Eq for IndustryCode {}

impl PartialOrd for IndustryCode {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for IndustryCode {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.code.cmp(other.0.code)
    }
}

impl Hash for IndustryCode {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.code.hash(state);
    }
}

impl fmt::Display for IndustryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.code)
    }
}

impl fmt::Debug for IndustryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code)
    }
}

fn parse(text: &'static str) -> Result<Vec<Industry>, TableFault> {
    rows("industry_categories.csv", text)?.iter().map(industry).collect()
}

fn industry(row: &Row<'static>) -> Result<Industry, TableFault> {
    let group = IndustryGroup::all()
        .find(|group| row.field(3).chars().eq([group.letter()]))
        .ok_or_else(|| row.fault(format!("unknown group `{}`", row.field(3))))?;
    let (table, order) = row.field(6).split_once(':').unwrap_or_default();
    let number = |text: &str| text.parse().map_err(|_| row.fault(format!("`{text}` is not a number")));
    Ok(Industry {
        code: row.field(0),
        name_zh: row.field(1),
        name_en: row.field(2),
        group,
        frequency: row.field(4),
        gbt4754: row.field(5),
        monthly_row: MonthlyRow { table: number(table)?, order: number(order)? },
        rollout: row.parse(7)?,
        departments_zh: row.field(8),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_table_is_read_whole() {
        let parsed = parse(TABLE).unwrap();
        assert_eq!(parsed.len(), 37);
        assert_eq!(parsed.as_slice(), all());
        for industry in all() {
            assert_eq!(industry.code.parse::<IndustryCode>(), Ok(industry.code()));
            assert_eq!(get(industry.code()), industry);
            assert!(industry.code.starts_with(industry.group.letter()), "{}", industry.code);
            assert!(!industry.frequency.is_empty() && !industry.departments_zh.is_empty());
        }
        let codes: std::collections::BTreeSet<_> = all().iter().map(Industry::code).collect();
        assert_eq!(codes.len(), 37);
    }

    #[test]
    fn mines_chemicals_and_fireworks_begin_in_august_2015_and_all_others_in_january_2016() {
        use IndustryGroup::*;
        for industry in all() {
            let pilot = matches!(industry.group, Mines | HazardousChemicals | Fireworks);
            let rollout = if pilot { Date::constant(2015, 8, 1) } else { Date::constant(2016, 1, 1) };
            assert_eq!(industry.rollout, rollout, "{}", industry.code);
        }
    }

    #[test]
    fn a_row_is_read_field_by_field() {
        let quarries = "K03".parse::<IndustryCode>().unwrap().industry();
        assert_eq!(quarries.name_zh, "非煤矿山-露天/采石场");
        assert_eq!(quarries.name_en, "non-coal mines, open pit and quarries");
        assert_eq!(quarries.group, IndustryGroup::Mines);
        assert_eq!(quarries.frequency, "noncoal_open");
        assert_eq!(quarries.gbt4754, "08;10");
        assert_eq!(quarries.monthly_row, MonthlyRow { table: 1, order: 2 });
    }

    #[test]
    fn what_is_not_in_the_table_is_no_code() {
        for text in ["", "K", "K1", "K99", "k01", "K01 ", "Z01", "煤矿"] {
            let fault = text.parse::<IndustryCode>().unwrap_err();
            assert_eq!((fault.reason(), fault.text.as_str()), ("INDUSTRY_UNKNOWN", text));
        }
    }

    #[test]
    fn a_damaged_table_names_its_line() {
        for (text, line) in [
            ("a,b,c,d,e,f,g,h,i\nK01,煤矿,coal,Q,coal,06,1:1,2015-08-01,x\n", 2),
            ("# head\na,b,c,d,e,f,g,h,i\nK01,煤矿,coal,K,coal,06,11,2015-08-01,x\n", 3),
            ("a,b,c,d,e,f,g,h,i\nK01,煤矿,coal,K,coal,06,1:1,2015-08-32,x\n", 2),
            ("a,b,c,d,e,f,g,h,i\nK01,煤矿,coal\n", 2),
            ("a,b,c,d,e,f,g,h,i\nK01,煤矿,\"coal,K,coal,06,1:1,2015-08-01,x\n", 2),
        ] {
            assert_eq!(parse(text).unwrap_err().line, line, "{text}");
        }
    }

    #[test]
    fn each_group_knows_its_own_terms() {
        for (group, term) in IndustryGroup::all().zip(IndustryGroup::TERMS) {
            assert_eq!(group.terms(), term);
        }
        assert_eq!(IndustryGroup::Others.letter(), 'X');
    }
}
