//! Rows of a county: entities and their conversion to domain values. A row that cannot be converted says which table and
//! column. The stores know no rule.

pub mod cells;
pub mod checked;
pub mod checklists;
pub mod claims;
pub mod clocks;
pub mod counters;
pub mod county_months;
pub mod deputies;
pub mod documents;
pub mod dossiers;
pub mod enterprise_months;
pub mod enterprises;
pub mod evidence;
pub mod hazards;
pub mod inspected;
pub mod inspection_plans;
pub mod inspections;
pub mod jobs;
pub mod name_lists;
pub mod officers;
mod packed;
pub mod rule_tables;
pub mod self_inspections;
mod shelf;
mod table;
pub mod uploads;
mod value;

pub use shelf::Shelf;
pub(crate) use table::keyed_by_serial;
pub use table::{CHUNK, Found, Table};
pub use value::{
    RowFault, acts, date, month, name_of, optional_date, optional_serial, ordered, parse, person, serial, serials, state,
    text_of, value_of,
};
