//! The register of Yunnan: one province, 16 prefecture-level and 129 county-level regions.
//!
//! Built from `deploy/data/gb2260_yunnan.csv` and `gb2260_yunnan_changes.csv`, whose heads state their sources.
//!
//! **Ids.** The province is `yn`; a prefecture-level region has the initials of its pinyin from the table below; a
//! county-level region has its prefecture's id, a hyphen and the first word of its English name in small letters, with
//! `ü` written `u` and everything but letters left out (`bs-tengchong`, `pe-ninger`, `dq-shangrila`). Nothing is derived
//! from a code, and the register refuses ids used twice.
//!
//! **Dates.** The tables compare lists, they do not know the day on which a change took effect. The register begins on
//! 2014-01-01, the day after the first list consulted. A change takes effect here on the last day of the month whose
//! list first shows it, or of the month or year known otherwise; the basis states the window. Until then the older code
//! is printed, which the lists bear out.

use std::collections::BTreeMap;

use crate::clock::Date;
pub use crate::csv_table::TableFault;
use crate::csv_table::{Row, rows};
use crate::period::Month;
use crate::region::{RegionCode, RegionId, RegionKind};
use crate::register::{Dated, Region, Register, RegisterFault};

const DIVISIONS: &str = include_str!("../../deploy/data/gb2260_yunnan.csv");
const CHANGES: &str = include_str!("../../deploy/data/gb2260_yunnan_changes.csv");

/// The day after the first list consulted (201312).
const BEGIN: Date = Date::constant(2014, 1, 1);

/// Basis of a county-level region without a change: the table of changes compares all lists for this level.
const COUNTY_UNCHANGED: &str = "verified: no change of code between the GB/T 2260 lists 201312 \
    and 202306; the register begins 2014-01-01";
/// Basis of the regions above, which the table of changes does not cover.
const ABOVE_UNCHANGED: &str = "list of division codes as of 2023-06-30; no change since \
    2014-01-01 is known, but earlier lists were not compared for this level";

/// First word of a prefecture's English name and its id.
const PREFECTURES: [(&str, &str); 16] = [
    ("Kunming", "km"),
    ("Qujing", "qj"),
    ("Yuxi", "yx"),
    ("Baoshan", "bs"),
    ("Zhaotong", "zt"),
    ("Lijiang", "lj"),
    ("Pu'er", "pe"),
    ("Lincang", "lc"),
    ("Chuxiong", "cx"),
    ("Honghe", "hh"),
    ("Wenshan", "ws"),
    ("Xishuangbanna", "xsbn"),
    ("Dali", "dl"),
    ("Dehong", "dh"),
    ("Nujiang", "nj"),
    ("Diqing", "dq"),
];

/// Changes whose day is decided here instead of by the lists: new name, first day, basis.
const DECIDED: [(&str, Date, &str); 1] = [(
    "腾冲市",
    Date::constant(2015, 8, 2),
    "State Council approval of August 2015, the day being own knowledge; verified: the Ministry of Civil Affairs lists \
     change between 201509 and 201510, and the statistics-bureau list dated 201509 already shows 530581",
)];

/// Why the register could not be built; a mistake in the shipped tables, found by the tests.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum YunnanFault {
    #[error(transparent)]
    Table(#[from] TableFault),
    #[error(transparent)]
    Register(#[from] RegisterFault),
}

impl YunnanFault {
    /// Stable name of this fault for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Table(fault) => fault.reason(),
            Self::Register(fault) => fault.reason(),
        }
    }
}

/// The register of Yunnan as version `version`, without keys, addresses and joining months.
///
/// # Errors
/// [`YunnanFault`] if the shipped tables are inconsistent.
pub fn register(version: u64) -> Result<Register, YunnanFault> {
    Ok(Register::new(version, regions()?)?)
}

/// The 146 regions of Yunnan, for a caller who adds keys, addresses and joining months before building the register.
///
/// # Errors
/// [`TableFault`] if the shipped tables cannot be read.
pub fn regions() -> Result<Vec<Region>, TableFault> {
    build(DIVISIONS, CHANGES)
}

fn build(divisions: &'static str, changes: &'static str) -> Result<Vec<Region>, TableFault> {
    let changes = changes_by_new_code(changes)?;
    let mut ids: BTreeMap<RegionCode, RegionId> = BTreeMap::new();
    let mut regions = Vec::new();
    for row in rows("gb2260_yunnan.csv", divisions)? {
        let code: RegionCode = row.parse(0)?;
        let name_en = row.field(2);
        // The parent column names the row above by its code; parents come first in the table.
        let parent = match row.field(4) {
            "" => None,
            _ => Some(ids.get(&row.parse(4)?).cloned().ok_or_else(|| row.fault("parent is not listed above"))?),
        };
        let kind = match row.field(3) {
            "1" => RegionKind::Province,
            "2" => RegionKind::Prefecture,
            "3" => RegionKind::County,
            level => return Err(row.fault(format!("unknown level `{level}`"))),
        };
        let id = region_id(&row, kind, parent.as_ref(), name_en)?;
        ids.insert(code, id.clone());
        let name = Named {
            unchanged: if kind == RegionKind::County { COUNTY_UNCHANGED } else { ABOVE_UNCHANGED },
            code,
            name_zh: row.field(1),
            name_en,
            parent,
        };
        let attributes = name.history(changes.get(&code));
        regions.push(Region { id, kind, journal_key: None, federation_address: None, joined: None, attributes });
    }
    Ok(regions)
}

/// The present name of a region.
struct Named {
    code: RegionCode,
    name_zh: &'static str,
    name_en: &'static str,
    parent: Option<RegionId>,
    /// The basis if nothing is known to have changed.
    unchanged: &'static str,
}

impl Named {
    /// The attributes over time, with the name before `change` if there was one.
    fn history(self, change: Option<&Change>) -> Vec<Dated> {
        let present = Dated {
            from: BEGIN,
            to: None,
            code: self.code,
            name_zh: self.name_zh.to_owned(),
            name_en: self.name_en.to_owned(),
            parent: self.parent,
            basis: self.unchanged.to_owned(),
        };
        let Some(change) = change else {
            return vec![present];
        };
        let before = Dated {
            to: Some(change.on),
            code: change.old_code,
            name_zh: change.old_name_zh.to_owned(),
            // Every unit that changed was a plain county before.
            name_en: format!("{} County", first_word(self.name_en)),
            basis: format!("GB/T 2260 list 201312; the register begins 2014-01-01; end: {}", change.basis),
            ..present.clone()
        };
        vec![before, Dated { from: change.on, basis: change.basis.clone(), ..present }]
    }
}

/// A change of code and name.
struct Change {
    old_code: RegionCode,
    old_name_zh: &'static str,
    on: Date,
    basis: String,
}

fn changes_by_new_code(text: &'static str) -> Result<BTreeMap<RegionCode, Change>, TableFault> {
    let mut changes = BTreeMap::new();
    for row in rows("gb2260_yunnan_changes.csv", text)? {
        changes.insert(row.parse(2)?, change(&row)?);
    }
    Ok(changes)
}

fn change(row: &Row<'static>) -> Result<Change, TableFault> {
    let (old_code, old_name_zh) = (row.parse(0)?, row.field(1));
    if let Some((_, on, basis)) = DECIDED.into_iter().find(|(name, ..)| *name == row.field(3)) {
        return Ok(Change { old_code, old_name_zh, on, basis: basis.to_owned() });
    }
    let (before, after, source) = (row.field(4), row.field(5), row.field(6));
    let window = format!("GB/T 2260 lists: old code last in {before}, new code first in {after} ({source})");
    let known = source.split_once("own knowledge: ").map(|(_, known)| known);
    let month = known.map_or_else(|| list_month(after), known_month).ok_or_else(|| row.fault("unreadable month"))?;
    let on = month.last_day();
    let rule = if known.is_some() { "own knowledge" } else { "the later list" };
    let basis = format!("{window}; the day is not established, {on} is the last day of the month given by {rule}");
    Ok(Change { old_code, old_name_zh, on, basis })
}

/// The month of a list such as `201510`.
fn list_month(list: &str) -> Option<Month> {
    let (year, month) = list.split_at_checked(4)?;
    format!("{year}-{month}").parse().ok()
}

/// The last month of `2019-12` or `2021`.
fn known_month(known: &str) -> Option<Month> {
    known.parse::<crate::period::Span>().ok()?.last_month()
}

fn region_id(row: &Row<'_>, kind: RegionKind, parent: Option<&RegionId>, name_en: &str) -> Result<RegionId, TableFault> {
    let word = first_word(name_en);
    let id = match (kind, parent) {
        (RegionKind::Province, _) => "yn".to_owned(),
        (RegionKind::Prefecture, _) => PREFECTURES
            .into_iter()
            .find(|(name, _)| *name == word)
            .map(|(_, id)| id.to_owned())
            .ok_or_else(|| row.fault(format!("no id is chosen for `{word}`")))?,
        (RegionKind::County, parent) => {
            let above = parent.map(RegionId::as_str).unwrap_or_default();
            format!("{above}-{}", letters(word))
        }
    };
    id.parse().map_err(|fault| row.fault(format!("{fault}")))
}

fn first_word(name_en: &str) -> &str {
    name_en.split([' ', ',']).next().unwrap_or_default()
}

/// Small letters a to z; `ü` becomes `u`, anything else is left out.
fn letters(word: &str) -> String {
    word.to_lowercase().replace('ü', "u").chars().filter(char::is_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests;
