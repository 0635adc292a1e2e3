//! Reference tables: one row with every version that the county adopted.

use changxiao_domain::{
    clock::Instant,
    event::TableAdopted,
    rule_table::{TableKind, Version, Versions},
};
use changxiao_proto::{
    convert::scalar::{Parts, Wire},
    journal::v1 as pb,
};
use prost::Message;
use sea_orm::{ConnectionTrait, entity::prelude::*};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule_tables")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    pub versions: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{Found, RowFault, Table};

const TABLE: &str = "rule_tables";

/// Versions as they are stored.
#[derive(Clone, PartialEq, Message)]
struct Packed {
    #[prost(message, repeated, tag = "1")]
    versions: Vec<pb::TableAdopted>,
    #[prost(int64, repeated, tag = "2")]
    adopted_ms: Vec<i64>,
}

/// The table, for the values of a group.
#[derive(Debug)]
pub struct Records;

impl Table for Records {
    const NAME: &'static str = TABLE;
    type Key = TableKind;
    type Value = Versions;
    type Entity = Entity;

    async fn fetch<C: ConnectionTrait>(db: &C, keys: Vec<Self::Key>) -> Found<Self> {
        let rows = Entity::find().filter(Column::Kind.is_in(keys.iter().map(|kind| kind.id()))).all(db).await?;
        Ok(rows.into_iter().map(from_row).collect::<Result<_, _>>()?)
    }

    fn row(kind: &Self::Key, value: &Self::Value) -> Model {
        to_row(*kind, value)
    }
}

/// Versions of one kind, outside a group.
///
/// # Errors
/// The database fails, or the row is none.
pub async fn read<C: ConnectionTrait>(db: &C, kind: TableKind) -> Result<Versions, DbErr> {
    let row = Entity::find_by_id(kind.id()).one(db).await?;
    Ok(row.map(from_row).transpose()?.map(|(_, versions)| versions).unwrap_or_default())
}

/// A row as a domain value.
///
/// # Errors
/// A column holds what no table can have.
pub fn from_row(row: Model) -> Result<(TableKind, Versions), RowFault> {
    let wrong = |column, why: String| RowFault { table: TABLE, column, why };
    let kind = TableKind::from_id(&row.kind).ok_or_else(|| wrong("kind", format!("`{}` is no table", row.kind)))?;
    let packed = Packed::decode(row.versions.as_slice()).map_err(|why| wrong("versions", why.to_string()))?;
    let versions = packed.versions.into_iter().zip(packed.adopted_ms).map(|(version, adopted_ms)| {
        let event = TableAdopted::take(version, &Parts::default()).map_err(|why| wrong("versions", why))?;
        let TableAdopted { version: number, valid_from, source, text, directive, .. } = event;
        Ok(Version { number, valid_from, source, text, directive, adopted_at: Instant::from_ms(adopted_ms) })
    });
    Ok((kind, Versions(versions.collect::<Result<_, RowFault>>()?)))
}

/// A domain value as a row.
#[must_use]
pub fn to_row(kind: TableKind, value: &Versions) -> Model {
    let versions = value.0.iter().cloned().map(|Version { number, valid_from, source, text, directive, .. }| {
        TableAdopted { table: kind.id().to_owned(), version: number, valid_from, source, text, directive }
            .put(&mut Parts::default())
    });
    let packed =
        Packed { versions: versions.collect(), adopted_ms: value.0.iter().map(|version| version.adopted_at.ms()).collect() };
    Model { kind: kind.id().to_owned(), versions: packed.encode_to_vec() }
}
