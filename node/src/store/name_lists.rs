//! Name lists as they were published.

use changxiao_domain::{enterprise::NameList, serial::Serial};
use changxiao_tier::journal::store::signed;
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "name_lists")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub serial: i64,
    pub published_on: String,
    pub title: String,
    pub enterprises: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{RowFault, date, keyed_by_serial, parse, serial};

const TABLE: &str = "name_lists";

keyed_by_serial!("name_lists", NameList);

/// A row as a domain value.
///
/// # Errors
/// A column holds what no list can have.
pub fn from_row(row: Model) -> Result<NameList, RowFault> {
    let enterprises = row.enterprises.split_whitespace().map(|text| parse::<Serial>(TABLE, "enterprises", text));
    Ok(NameList {
        serial: serial(TABLE, "serial", row.serial)?,
        on: date(TABLE, "published_on", &row.published_on)?,
        enterprises: enterprises.collect::<Result<_, _>>()?,
        title: row.title,
    })
}

/// A domain value as a row.
#[must_use]
pub fn to_row(list: &NameList) -> Model {
    Model {
        serial: signed(list.serial.raw()),
        published_on: list.on.to_string(),
        title: list.title.clone(),
        enterprises: list.enterprises.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    }
}
