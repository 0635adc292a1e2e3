//! Checklists that a county published, and the items that enterprises added: one row with every version of a list.

use std::collections::BTreeMap;

use changxiao_domain::{
    checklist::{Checklist, ChecklistId, Version},
    event::ChecklistPublished,
    serial::Serial,
};
use changxiao_proto::{
    convert::scalar::{Parts, Wire},
    journal::v1 as pb,
};
use changxiao_tier::journal::store::signed;
use prost::Message;
use sea_orm::{ConnectionTrait, entity::prelude::*};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "checklists")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub owner: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub checklist: String,
    pub versions: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{Found, RowFault, Table, parse, serial};

const TABLE: &str = "checklists";

/// Versions as they are stored.
#[derive(Clone, PartialEq, Message)]
struct Packed {
    #[prost(message, repeated, tag = "1")]
    versions: Vec<pb::ChecklistPublished>,
}

/// The table, for the values of a group.
#[derive(Debug)]
pub struct Records;

impl Table for Records {
    const NAME: &'static str = TABLE;
    /// The enterprise whose own items they are, nothing for a list of the county; and the list's name.
    type Key = (Option<Serial>, ChecklistId);
    type Value = Checklist;
    type Entity = Entity;

    async fn fetch<C: ConnectionTrait>(db: &C, keys: Vec<Self::Key>) -> Found<Self> {
        let mut by_name: BTreeMap<ChecklistId, Vec<i64>> = BTreeMap::new();
        for (owner, id) in keys {
            by_name.entry(id).or_default().push(raw(owner));
        }
        let mut found = Vec::new();
        for (id, owners) in by_name {
            let rows = Entity::find().filter(Column::Checklist.eq(id.to_string())).filter(Column::Owner.is_in(owners));
            for row in rows.all(db).await? {
                let value = from_row(row)?;
                found.push(((value.owner, value.id.clone()), value));
            }
        }
        Ok(found)
    }

    fn row(_: &Self::Key, value: &Self::Value) -> Model {
        to_row(value)
    }
}

/// An owner as stored: 0 for the county.
#[must_use]
pub fn raw(owner: Option<Serial>) -> i64 {
    owner.map_or(0, |owner| signed(owner.raw()))
}

/// A row as a domain value.
///
/// # Errors
/// A column holds what no checklist can have.
pub fn from_row(row: Model) -> Result<Checklist, RowFault> {
    let wrong = |why: String| RowFault { table: TABLE, column: "versions", why };
    let packed = Packed::decode(row.versions.as_slice()).map_err(|why| wrong(why.to_string()))?;
    let versions = packed.versions.into_iter().map(|version| {
        let event = ChecklistPublished::take(version, &Parts::default()).map_err(wrong)?;
        let ChecklistPublished { version: number, title, industries, source, items, .. } = event;
        Ok(Version { number, title, industries, source, items })
    });
    Ok(Checklist {
        id: parse(TABLE, "checklist", &row.checklist)?,
        owner: if row.owner == 0 { None } else { Some(serial(TABLE, "owner", row.owner)?) },
        versions: versions.collect::<Result<_, RowFault>>()?,
    })
}

/// A domain value as a row.
#[must_use]
pub fn to_row(value: &Checklist) -> Model {
    let packed = value.versions.iter().cloned().map(|Version { number, title, industries, source, items }| {
        let checklist = value.id.clone();
        ChecklistPublished { checklist, version: number, title, industries, source, items }.put(&mut Parts::default())
    });
    Model {
        owner: raw(value.owner),
        checklist: value.id.to_string(),
        versions: Packed { versions: packed.collect() }.encode_to_vec(),
    }
}
