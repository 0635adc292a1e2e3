//! The clocks of follow-up, a row for each record that is watched.

use changxiao_domain::{clock::Instant, follow_up::Watch};
use sea_orm::{ConnectionTrait, entity::prelude::*};

use super::{CHUNK, Found, RowFault, Table, column::Column as Kept};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "watches")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub about: String,
    pub enterprise: Option<i64>,
    pub industry: Option<String>,
    pub running: String,
    pub due_ms: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const TABLE: &str = "watches";

/// The table, for the values of a group.
#[derive(Debug)]
pub struct Records;

impl Table for Records {
    const NAME: &'static str = TABLE;
    /// The record, by the path of its name.
    type Key = String;
    type Value = Watch;
    type Entity = Entity;

    async fn fetch<C: ConnectionTrait>(db: &C, keys: Vec<String>) -> Found<Self> {
        let mut found = Vec::new();
        for keys in keys.chunks(CHUNK) {
            for row in Entity::find().filter(Column::About.is_in(keys.iter().map(String::as_str))).all(db).await? {
                let value = from_row(row)?;
                found.push((value.about.clone(), value));
            }
        }
        Ok(found)
    }

    fn row(_: &String, value: &Watch) -> Model {
        Model {
            about: value.about.clone(),
            enterprise: value.enterprise.put(),
            industry: value.industry.put(),
            running: value.text(),
            due_ms: value.due().map(Instant::ms),
        }
    }
}

/// A row as a domain value.
///
/// # Errors
/// A column holds what no watch can have.
pub fn from_row(row: Model) -> Result<Watch, RowFault> {
    let fault = |column| move |why| RowFault { table: TABLE, column, why };
    let running =
        Watch::running_from(&row.running).ok_or_else(|| fault("running")("is not `rule=instant` by spaces".to_owned()))?;
    Ok(Watch {
        about: row.about,
        enterprise: Kept::take(row.enterprise).map_err(fault("enterprise"))?,
        industry: Kept::take(row.industry).map_err(fault("industry"))?,
        running,
    })
}
