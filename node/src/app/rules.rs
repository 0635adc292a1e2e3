//! Reference tables: a county adopts a version.

use changxiao_domain::{
    actor::Actor,
    clock::Date,
    rule_table::{self, TableKind},
    stamp::Moment,
};

use super::{CountyCommand, Plain};
use crate::book::{Known, Needs};

/// Adopts a version of a table from a day on.
#[must_use]
pub fn adopt(kind: TableKind, valid_from: Date, text: String, source: String) -> CountyCommand {
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.rule_tables.insert(kind);
        },
        decide: move |_: &Actor, moment: Moment, known: &Known| {
            let held = (kind, known.table(kind));
            let event = rule_table::adopt(held, valid_from, text, source, String::new(), moment.now)?;
            Ok((event, format!("tables/{}", kind.id())))
        },
    })
}
