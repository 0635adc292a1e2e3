//! Sets of criteria for judging a hazard (重大事故隐患判定标准), each in force from a day on.
//!
//! Source: dossier §4.4; `deploy/data/major_hazard_criteria.csv`, whose head states its sources. In 2015 only the general definition of Order 16
//! was there; a hazard is judged by a set in force on the day it was found, and its record keeps which one.

use std::{collections::BTreeMap, sync::LazyLock};

use crate::{
    clock::Date,
    csv_table::{TableFault, rows},
    industry::{IndustryCode, IndustryGroup},
};

/// The shipped table.
pub const SHIPPED: &str = include_str!("../../deploy/data/major_hazard_criteria.csv");
/// Name of the table in faults.
const NAME: &str = "major_hazard_criteria.csv";
/// Key of the definition that holds for every industry.
const GENERAL: &str = "general";

/// A test proves that the shipped table parses; a broken one would let nothing be judged rather than panic.
static TABLE: LazyLock<Criteria> = LazyLock::new(|| Criteria::parse(SHIPPED).unwrap_or_default());

/// One set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CriteriaSet {
    /// Identifier such as `general-2008-02-01`: key and first day.
    pub id: String,
    /// Key of the industries for which it holds.
    pub industry: String,
    /// First day in force.
    pub valid_from: Date,
    /// Document that holds it.
    pub document: String,
    /// Its items in order.
    pub items: Vec<String>,
}

/// A whole table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Criteria {
    sets: Vec<CriteriaSet>,
}

/// The shipped table, parsed.
#[must_use]
pub fn shipped() -> &'static Criteria {
    &TABLE
}

/// The key of an industry's own sets; none if the general definition alone holds.
#[must_use]
pub fn key_of(industry: IndustryCode) -> Option<&'static str> {
    match (industry.as_str(), industry.industry().group) {
        ("K01", _) => Some("coal"),
        ("K02", _) => Some("noncoal_underground"),
        ("K03", _) => Some("noncoal_open"),
        ("X11", _) => Some("civil_explosives"),
        (_, IndustryGroup::HazardousChemicals) => Some("hazchem"),
        (_, IndustryGroup::Fireworks) => Some("fireworks"),
        (_, IndustryGroup::IndustryAndTrade) => Some("industry_trade"),
        (_, IndustryGroup::Mines | IndustryGroup::Construction | IndustryGroup::Transport | IndustryGroup::Others) => None,
    }
}

impl Criteria {
    /// Reads a table: rows of one industry and first day are one set.
    ///
    /// # Errors
    /// The line and what is wrong with it; line 0 for what is missing.
    pub fn parse(text: &str) -> Result<Self, TableFault> {
        let mut sets: BTreeMap<(String, Date), CriteriaSet> = BTreeMap::new();
        for row in rows(NAME, text)? {
            let (industry, valid_from) = (row.field(0).to_owned(), row.parse::<Date>(2)?);
            if industry.is_empty() || row.field(4).is_empty() {
                return Err(row.fault("industry and text must not be empty"));
            }
            let set = sets.entry((industry.clone(), valid_from)).or_insert_with(|| CriteriaSet {
                id: format!("{industry}-{valid_from}"),
                industry,
                valid_from,
                document: row.field(1).to_owned(),
                items: Vec::new(),
            });
            set.items.push(row.field(4).to_owned());
        }
        if !sets.keys().any(|(industry, _)| industry == GENERAL) {
            return Err(TableFault { table: NAME, line: 0, what: format!("the definition for all, `{GENERAL}`, is missing") });
        }
        Ok(Self { sets: sets.into_values().collect() })
    }

    /// Every set.
    #[must_use]
    pub fn sets(&self) -> &[CriteriaSet] {
        &self.sets
    }

    /// Sets in force for an industry on a day: the latest of its own, and the latest general one.
    #[must_use]
    pub fn in_force(&self, industry: IndustryCode, on: Date) -> Vec<&CriteriaSet> {
        let latest = |key: &str| {
            let begun = self.sets.iter().filter(|set| set.industry == key && set.valid_from <= on);
            begun.max_by_key(|set| set.valid_from)
        };
        key_of(industry).and_then(latest).into_iter().chain(latest(GENERAL)).collect()
    }

    /// Whether a hazard of an industry, found on a day, may be judged by that set; the answer is what is in force.
    ///
    /// # Errors
    /// Identifiers of the sets that are.
    pub fn check(&self, id: &str, industry: IndustryCode, on: Date) -> Result<(), String> {
        let sets = self.in_force(industry, on);
        if sets.iter().any(|set| set.id == id) {
            return Ok(());
        }
        Err(sets.iter().map(|set| set.id.as_str()).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_in_force_on_the_day_of_discovery_judges() {
        let table = Criteria::parse(SHIPPED).unwrap();
        assert_eq!(&table, shipped());
        let ids = |industry: &str, on: Date| {
            let sets = table.in_force(industry.parse().unwrap(), on);
            sets.iter().map(|set| set.id.clone()).collect::<Vec<_>>()
        };
        let (then, now) = (Date::constant(2015, 9, 1), Date::constant(2024, 1, 1));
        assert_eq!(ids("K01", then), ["general-2008-02-01"], "the industry's own set came in 2021");
        assert_eq!(ids("K01", now), ["coal-2021-01-01", "general-2008-02-01"]);
        assert_eq!(ids("K01", Date::constant(2020, 12, 31)), ["general-2008-02-01"]);
        assert_eq!(ids("G05", now), ["industry_trade-2023-05-15", "general-2008-02-01"]);
        assert_eq!(ids("X02", now), ["general-2008-02-01"]);
        assert_eq!(ids("K01", Date::constant(2008, 1, 31)), Vec::<String>::new(), "nothing was in force yet");
        assert_eq!(table.check("coal-2021-01-01", "K01".parse().unwrap(), then), Err("general-2008-02-01".to_owned()));
        assert_eq!(table.check("coal-2021-01-01", "K01".parse().unwrap(), now), Ok(()));
        assert_eq!(table.sets().iter().find(|set| set.id == "coal-2021-01-01").unwrap().items.len(), 15);
    }

    #[test]
    fn a_table_without_the_general_definition_is_refused() {
        let header = "industry,document,valid_from,item,text_zh,basis\n";
        assert!(Criteria::parse(&format!("{header}coal,令,2021-01-01,1,超能力,x\n")).unwrap_err().what.contains("general"));
        assert_eq!(Criteria::parse(&format!("{header}general,令,2021-13-01,1,超能力,x\n")).unwrap_err().line, 2);
    }
}
