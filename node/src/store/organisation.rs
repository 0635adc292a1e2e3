//! The county's organisation: one row.

use changxiao_domain::organisation::{Member, Organisation};
use sea_orm::{ConnectionTrait, entity::prelude::*};

use super::{
    Found, RowFault, Table,
    column::{Column as Kept, name_within, person_within},
};

/// The one row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organisation")]
#[allow(missing_docs)]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    pub bureau_head: String,
    pub responsible: String,
    pub steward: String,
    pub group_state: String,
    pub members: String,
    pub group_from: Option<String>,
    pub filed_ms: Option<i64>,
    pub certified: i64,
    pub summary_year: i64,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
#[allow(missing_docs)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const TABLE: &str = "organisation";
/// Stand between members and between the words of one; no name or post holds them.
const BETWEEN: (char, char) = ('\u{1e}', '\u{1f}');

/// The table, for the values of a group.
#[derive(Debug)]
pub struct Records;

impl Table for Records {
    const NAME: &'static str = TABLE;
    /// There is one.
    type Key = ();
    type Value = Organisation;
    type Entity = Entity;

    async fn fetch<C: ConnectionTrait>(db: &C, _: Vec<()>) -> Found<Self> {
        let row = Entity::find_by_id(1).one(db).await?;
        Ok(row.map(from_row).transpose()?.map(|value| ((), value)).into_iter().collect())
    }

    fn row((): &(), value: &Organisation) -> Model {
        let word = |member: &Member| {
            let between = BETWEEN.1;
            format!("{}{between}{}{between}{}", name_within(&member.name), member.post, member.rank)
        };
        Model {
            id: 1,
            bureau_head: value.bureau_head.clone(),
            responsible: value.responsible.clone(),
            steward: value.steward.clone(),
            group_state: value.group.put(),
            members: value.members.iter().map(word).collect::<Vec<_>>().join(&BETWEEN.0.to_string()),
            group_from: value.group_from.put(),
            filed_ms: value.filed_at.put(),
            certified: value.certified.put(),
            summary_year: value.summary_year.put(),
            version: value.version.put(),
        }
    }
}

/// The row as a domain value.
///
/// # Errors
/// A column holds what no organisation can have.
pub fn from_row(row: Model) -> Result<Organisation, RowFault> {
    let fault = |column| move |why| RowFault { table: TABLE, column, why };
    let member = |word: &str| {
        let mut parts = word.split(BETWEEN.1);
        let (name, post, rank) = (parts.next()?, parts.next()?, parts.next()?.parse().ok()?);
        Some(Member { name: person_within(name), post: post.to_owned(), rank })
    };
    let members = row.members.split(BETWEEN.0).filter(|word| !word.is_empty()).map(member).collect::<Option<_>>();
    Ok(Organisation {
        bureau_head: row.bureau_head,
        responsible: row.responsible,
        steward: row.steward,
        group: Kept::take(row.group_state).map_err(fault("group_state"))?,
        members: members.ok_or_else(|| fault("members")("is not a list of members".to_owned()))?,
        group_from: Kept::take(row.group_from).map_err(fault("group_from"))?,
        filed_at: Kept::take(row.filed_ms).map_err(fault("filed_ms"))?,
        certified: Kept::take(row.certified).map_err(fault("certified"))?,
        summary_year: Kept::take(row.summary_year).map_err(fault("summary_year"))?,
        version: Kept::take(row.version).map_err(fault("version"))?,
    })
}
