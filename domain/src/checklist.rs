//! Checklists (隐患排查清单): what an inspection looks at, item by item, each with the clause it rests on.
//!
//! Source: R47; dossier §2.3. A county begins with the lists of `deploy/data/checklists.csv` and publishes further versions; a published version
//! never changes. An enterprise may add items of its own (现场管理自定义); they stand beside the county's and cannot remove one.

use std::{fmt, str::FromStr, sync::LazyLock};

use crate::{
    csv_table::{TableFault, rows},
    event::{ChecklistAdapted, ChecklistPublished, Event},
    industry::IndustryCode,
    refusals,
    serial::Serial,
};

/// The shipped lists.
const SHIPPED: &str = include_str!("../../deploy/data/checklists.csv");
/// Most items of one list.
pub const MOST_ITEMS: usize = 200;

/// A test proves that the shipped table parses; a broken one would leave no list at all rather than panic.
static LISTS: LazyLock<Vec<Checklist>> = LazyLock::new(|| parse(SHIPPED).unwrap_or_default());

/// Name of a list: 1 to 40 lower-case letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChecklistId(String);

/// Not the name of a list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no checklist name: 1 to 40 lower-case letters, digits and hyphens")]
pub struct BadChecklistId(pub String);

impl FromStr for ChecklistId {
    type Err = BadChecklistId;

    fn from_str(text: &str) -> Result<Self, BadChecklistId> {
        let good = (1..=40).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if good { Ok(Self(text.to_owned())) } else { Err(BadChecklistId(text.chars().take(60).collect())) }
    }
}

impl fmt::Display for ChecklistId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One thing to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Key within the version: `1`, or `own-1` for an item that an enterprise added.
    pub key: String,
    /// What is looked at.
    pub text: String,
    /// What it rests on; may be empty for an enterprise's own item.
    pub clause: String,
}

/// Numbers items in their order.
#[must_use]
pub fn numbered(prefix: &str, items: Vec<(String, String)>) -> Vec<Item> {
    let numbered = items.into_iter().enumerate();
    numbered.map(|(at, (text, clause))| Item { key: format!("{prefix}{}", at + 1), text, clause }).collect()
}

/// A version as published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// From 1 on.
    pub number: u32,
    /// Title.
    pub title: String,
    /// Industry categories for which it is meant; empty for all.
    pub industries: Vec<IndustryCode>,
    /// Where it comes from.
    pub source: String,
    /// Items in order.
    pub items: Vec<Item>,
}

/// A list with every version of it. The items that an enterprise added are a list of their own, under the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checklist {
    /// Name.
    pub id: ChecklistId,
    /// The enterprise whose own items these are; nothing for a list of the county.
    pub owner: Option<Serial>,
    /// Versions in order.
    pub versions: Vec<Version>,
}

/// Lists that every county begins with.
#[must_use]
pub fn shipped() -> &'static [Checklist] {
    &LISTS
}

/// The list as a county has it: its own versions after the shipped one.
#[must_use]
pub fn of_county(id: &ChecklistId, published: Option<&Checklist>) -> Option<Checklist> {
    let shipped = shipped().iter().find(|list| list.id == *id);
    let versions: Vec<_> = shipped.into_iter().chain(published).flat_map(|list| list.versions.iter().cloned()).collect();
    (!versions.is_empty()).then(|| Checklist { id: id.clone(), owner: None, versions })
}

refusals! {
    /// Unknown.
    NotFound { name: String } NotFound "CHECKLIST_NOT_FOUND"
        "there is no checklist `{name}` here", "没有该检查表:{name}";
    /// Made for other industries.
    OtherIndustry { checklist: String, industry: IndustryCode } FailedPrecondition "CHECKLIST_OTHER_INDUSTRY"
        "checklist `{checklist}` is not for industry category {industry}", "检查表{checklist}不适用于{industry}类企业";
}

impl Checklist {
    /// The newest version.
    #[must_use]
    pub fn newest(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// A version by its number.
    #[must_use]
    pub fn version(&self, number: u32) -> Option<&Version> {
        self.versions.iter().find(|version| version.number == number)
    }

    /// The newest version, if it is meant for an industry.
    ///
    /// # Errors
    /// [`Refusal::OtherIndustry`].
    pub fn meant_for(&self, industry: IndustryCode) -> Result<&Version, Refusal> {
        let newest = self.newest().ok_or_else(|| Refusal::NotFound { name: self.id.to_string() })?;
        let fits = newest.industries.is_empty() || newest.industries.contains(&industry);
        if fits { Ok(newest) } else { Err(Refusal::OtherIndustry { checklist: self.id.to_string(), industry }) }
    }

    /// A published version is kept beside the earlier ones.
    pub fn apply_published(&mut self, event: &ChecklistPublished) {
        self.versions.push(Version {
            number: event.version,
            title: event.title.clone(),
            industries: event.industries.clone(),
            source: event.source.clone(),
            items: event.items.clone(),
        });
    }

    /// The enterprise's own items, anew.
    pub fn apply_adapted(&mut self, event: &ChecklistAdapted) {
        self.versions.push(Version {
            number: event.version,
            title: String::new(),
            industries: Vec::new(),
            source: String::new(),
            items: event.items.clone(),
        });
    }
}

/// What a county publishes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Title.
    pub title: String,
    /// Industry categories for which it is meant; empty for all.
    pub industries: Vec<IndustryCode>,
    /// Where it comes from.
    pub source: String,
    /// Text and clause of each item.
    pub items: Vec<(String, String)>,
}

/// Publishes the next version of a list, or the first one.
#[must_use]
pub fn publish(id: ChecklistId, held: Option<&Checklist>, draft: Draft) -> Event {
    let version = held.and_then(Checklist::newest).map_or(1, |newest| newest.number.saturating_add(1));
    let Draft { title, industries, source, items } = draft;
    ChecklistPublished { checklist: id, version, title, industries, source, items: numbered("", items) }.into()
}

/// An enterprise's own items of a list, in place of those it had; the county's items are not among them.
#[must_use]
pub fn adapt(enterprise: Serial, id: ChecklistId, own: Option<&Checklist>, items: Vec<(String, String)>) -> Event {
    let version = own.and_then(Checklist::newest).map_or(1, |newest| newest.number.saturating_add(1));
    ChecklistAdapted { enterprise, checklist: id, version, items: numbered("own-", items) }.into()
}

fn parse(text: &str) -> Result<Vec<Checklist>, TableFault> {
    let mut lists: Vec<Checklist> = Vec::new();
    for row in rows("checklists.csv", text)? {
        let id: ChecklistId = row.parse(0)?;
        let industries = match row.field(2) {
            "*" => Vec::new(),
            codes => codes
                .split(';')
                .map(|code| code.parse::<IndustryCode>().map_err(|fault| row.fault(fault.to_string())))
                .collect::<Result<_, _>>()?,
        };
        let item = Item { key: row.field(3).to_owned(), text: row.field(4).to_owned(), clause: row.field(5).to_owned() };
        match lists.iter_mut().find(|list| list.id == id).and_then(|list| list.versions.first_mut()) {
            Some(version) => version.items.push(item),
            None => lists.push(Checklist {
                id,
                owner: None,
                versions: vec![Version {
                    number: 1,
                    title: row.field(1).to_owned(),
                    industries,
                    source: "随程序提供的建议稿".to_owned(),
                    items: vec![item],
                }],
            }),
        }
    }
    Ok(lists)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Refuse as _;

    fn id(text: &str) -> ChecklistId {
        text.parse().unwrap()
    }

    #[test]
    fn the_shipped_lists_are_whole_and_every_item_names_its_clause() {
        let lists = parse(SHIPPED).unwrap();
        assert_eq!(lists.as_slice(), shipped());
        assert!(lists.len() >= 4);
        for list in &lists {
            let version = list.newest().unwrap();
            assert!(version.title.contains("建议稿"), "{}: proposed wording is marked as such", list.id);
            for (at, item) in version.items.iter().enumerate() {
                assert_eq!(item.key, (at + 1).to_string(), "{}", list.id);
                assert!(!item.text.is_empty() && !item.clause.is_empty(), "{} {}", list.id, item.key);
            }
        }
        let coal = shipped().iter().find(|list| list.id == id("coal")).unwrap();
        assert!(coal.meant_for("K01".parse().unwrap()).is_ok());
        assert_eq!(coal.meant_for("H01".parse().unwrap()).unwrap_err().reason(), "CHECKLIST_OTHER_INDUSTRY");
    }

    #[test]
    fn a_new_version_leaves_the_old_one_as_it_was() {
        let draft = Draft {
            title: "测试清单".to_owned(),
            industries: Vec::new(),
            source: "测试".to_owned(),
            items: vec![("测试条目".to_owned(), "测试条款".to_owned())],
        };
        let before = of_county(&id("general"), None).unwrap();
        let Event::ChecklistPublished(event) = publish(id("general"), Some(&before), draft) else { panic!() };
        assert_eq!(event.version, 2);
        let mut own = Checklist { id: id("general"), owner: None, versions: Vec::new() };
        own.apply_published(&event);
        let after = of_county(&id("general"), Some(&own)).unwrap();
        assert_eq!(after.version(1), before.version(1));
        assert_eq!(after.newest().unwrap().items[0].key, "1");
        assert_eq!(of_county(&id("nobodys"), None), None);
    }

    #[test]
    fn own_items_have_keys_that_no_item_of_the_county_has() {
        let enterprise = Serial::new(1, 5).unwrap();
        let Event::ChecklistAdapted(event) = adapt(enterprise, id("general"), None, vec![("锅炉房".to_owned(), String::new())])
        else {
            panic!()
        };
        assert_eq!((event.version, event.items[0].key.as_str()), (1, "own-1"));
        assert!(shipped().iter().flat_map(|list| &list.versions[0].items).all(|item| !item.key.starts_with("own-")));
    }
}
