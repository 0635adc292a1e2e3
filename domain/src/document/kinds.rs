//! The twenty-eight kinds of documents and the order among them.
//!
//! The table is `deploy/data/enforcement_documents.csv`, whose head and last column state its sources.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use crate::csv_table::{TableFault, rows};

const TABLE: &str = include_str!("../../../deploy/data/enforcement_documents.csv");

/// A test proves that the shipped table parses; from a broken one no document could be drawn up at all.
static KINDS: LazyLock<Vec<DocumentType>> = LazyLock::new(|| parse(TABLE).unwrap_or_default());

/// What must exist before a document of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requires {
    /// Nothing.
    Nothing,
    /// An approved one of one of these kinds, by `|`.
    AnyOf(&'static str),
    /// One that was served.
    AnyServed,
    /// Every other one must be approved.
    AllApproved,
}

/// What the table says of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentType {
    /// Code, such as `D04`.
    pub code: &'static str,
    /// Chinese name.
    pub name_zh: &'static str,
    /// English name.
    pub name_en: &'static str,
    /// Prefix of its numbers; empty for kinds that have none.
    prefix: &'static str,
    /// What must exist before it.
    pub requires: Requires,
    /// Whether nobody is served with it.
    pub internal: bool,
}

impl DocumentType {
    /// Prefix of its numbers; a kind without one is numbered under its own name.
    #[must_use]
    pub const fn prefix(&self) -> &'static str {
        if self.prefix.is_empty() { self.name_zh } else { self.prefix }
    }

    /// Whether it belongs to a major hazard; the others belong to an inspection.
    #[must_use]
    pub fn of_dossier(&self) -> bool {
        ["S01", "S02", "S03", "S04"].contains(&self.code)
    }

    /// In messages.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{} ({} {})", self.code, self.name_en, self.name_zh)
    }
}

/// One of the kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentKind(&'static str);

/// Not the code of a kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a kind of document; the codes are D01 to D21 and S01 to S07")]
pub struct UnknownKind(pub String);

impl FromStr for DocumentKind {
    type Err = UnknownKind;
    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        KINDS
            .iter()
            .find(|kind| kind.code == text)
            .map(|kind| Self(kind.code))
            .ok_or_else(|| UnknownKind(text.chars().take(20).collect()))
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What stands for a kind that no table has: only a broken table could bring it about, and a test excludes that.
static NONE: DocumentType =
    DocumentType { code: "", name_zh: "", name_en: "", prefix: "", requires: Requires::Nothing, internal: true };

impl DocumentKind {
    /// 现场检查记录
    pub const RECORD: Self = Self("D02");
    /// 现场处理措施决定书
    pub const MEASURES: Self = Self("D03");
    /// 责令限期整改指令书
    pub const ORDER: Self = Self("D04");
    /// 整改复查意见书
    pub const RECHECK: Self = Self("D05");
    /// 立案审批表
    pub const CASE: Self = Self("D07");
    /// 隐患抄告下达上报表
    pub const HANDOVER: Self = Self("S05");
    /// 隐患接收回复表
    pub const REPLY: Self = Self("S06");
    /// 隐患处理结果反馈表
    pub const RESULT: Self = Self("S07");

    /// What the table says of it.
    #[must_use]
    pub fn of(self) -> &'static DocumentType {
        KINDS.iter().find(|kind| kind.code == self.0).unwrap_or(&NONE)
    }
}

/// Every kind, in the order of the table.
#[must_use]
pub fn all() -> &'static [DocumentType] {
    &KINDS
}

/// A number as printed.
#[must_use]
pub fn number(area: &str, prefix: &str, year: i16, ordinal: u32) -> String {
    format!("({area}){prefix}〔{year}〕{ordinal}号")
}

fn parse(text: &'static str) -> Result<Vec<DocumentType>, TableFault> {
    rows("enforcement_documents.csv", text)?
        .iter()
        .map(|row| {
            let requires = match row.field(4) {
                "" => Requires::Nothing,
                // The decision to open a case or to decide it is the form that a transfer needs.
                "approval form" => Requires::AnyOf("D07|D14"),
                "any served document" => Requires::AnyServed,
                "all documents approved" => Requires::AllApproved,
                codes => Requires::AnyOf(codes),
            };
            Ok(DocumentType {
                code: row.field(0),
                name_zh: row.field(1),
                name_en: row.field(2),
                prefix: row.field(3),
                requires,
                internal: row.field(5) == "internal",
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_shipped_table_has_the_twenty_eight_kinds_and_every_predecessor_is_one_of_them() {
        let kinds = parse(TABLE).unwrap();
        assert_eq!(kinds.len(), 28);
        let codes: BTreeSet<_> = kinds.iter().map(|kind| kind.code).collect();
        for kind in &kinds {
            if let Requires::AnyOf(wanted) = kind.requires {
                assert!(wanted.split('|').all(|code| codes.contains(code)), "{}: {wanted}", kind.code);
            }
        }
        for code in ["D02", "D03", "D04", "D05", "D07", "S05", "S06", "S07"] {
            assert!(codes.contains(code), "{code} has a constant");
        }
        let prefixes: BTreeSet<_> = kinds.iter().map(DocumentType::prefix).collect();
        // The penalty decisions on a unit (D16) and on a person (D17) have one prefix, and so one row of serials.
        assert_eq!(prefixes.len(), 27);
        assert_eq!(kinds.iter().filter(|kind| kind.prefix() == "安监罚").count(), 2);
    }

    #[test]
    fn numbers_look_like_those_on_paper() {
        let order = DocumentKind::ORDER.of();
        assert_eq!(number("腾", order.prefix(), 2015, 3), "(腾)安监责改〔2015〕3号");
        assert!("D99".parse::<DocumentKind>().is_err() && "D04".parse() == Ok(DocumentKind::ORDER));
    }
}
