//! Cells: counts by month and industry category.

use changxiao_domain::cell::{Cell, CellKey};
use changxiao_proto::statistics::v1 as pb;
use prost::Message as _;
use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cells")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub industry: String,
    pub counts: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

use super::{RowFault, month, parse};

const TABLE: &str = "cells";

/// A row as key and cell.
///
/// # Errors
/// A column holds what no cell can have.
pub fn from_row(row: &Model) -> Result<(CellKey, Cell), RowFault> {
    let key = (month(TABLE, "month", &row.month)?, parse(TABLE, "industry", &row.industry)?);
    let wire = pb::Cell::decode(row.counts.as_slice()).map_err(|why| RowFault {
        table: TABLE,
        column: "counts",
        why: why.to_string(),
    })?;
    Ok((key, Cell::from_values(&wire.values)))
}

/// The packed cell, as stored and as published.
#[must_use]
pub fn pack(cell: &Cell) -> Vec<u8> {
    pb::Cell { catalogue: changxiao_domain::indicator::CATALOGUE, values: cell.values().to_vec() }.encode_to_vec()
}

/// Key and cell as a row.
#[must_use]
pub fn to_row(key: &CellKey, cell: &Cell) -> Model {
    Model { month: key.0.to_string(), industry: key.1.to_string(), counts: pack(cell) }
}
