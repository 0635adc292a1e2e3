//! Facts of the regions below as people at this tier ask for them: admissions, dossiers, answers.

use std::collections::{BTreeMap, BTreeSet};

use changxiao_domain::region::RegionId;
use changxiao_tier::{facts::fact_row, journal::store::unsigned, protocol::fact::Version};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Kind of the fact by which a county asks for an admission; its key is the enterprise's serial.
pub const ADMISSION: &str = "admission";
/// Kind of the fact by which a county asks to let an enterprise out of its catalogue; its key is the enterprise's serial.
pub const REMOVAL: &str = "removal";
/// Kind of the fact that shows a major hazard; its key is the dossier's serial.
pub const DOSSIER: &str = "dossier";
/// Kind of the fact that answers a directive; its key is the directive's id.
pub const ANSWER: &str = "answer";

/// Kind and key of a fact of one origin, whatever its audience.
pub type Shown = (RegionId, &'static str, String);

/// Facts that commands of a group ask for.
#[derive(Debug, Default)]
pub struct Facts {
    known: BTreeMap<Shown, Option<(Version, Vec<u8>)>>,
}

impl Facts {
    /// Version and body of a fact that holds; `None` if there is none or it was withdrawn.
    #[must_use]
    pub fn get(&self, shown: &Shown) -> Option<(Version, &[u8])> {
        self.known.get(shown)?.as_ref().map(|(version, body)| (*version, body.as_slice()))
    }

    /// Loads those that are not known yet.
    ///
    /// # Errors
    /// The database fails.
    pub async fn load(&mut self, db: &impl ConnectionTrait, wanted: BTreeSet<Shown>) -> Result<(), DbErr> {
        let mut keys: BTreeMap<(RegionId, &'static str), Vec<String>> = BTreeMap::new();
        for (origin, kind, key) in wanted {
            if !self.known.contains_key(&(origin.clone(), kind, key.clone())) {
                keys.entry((origin, kind)).or_default().push(key);
            }
        }
        for ((origin, kind), keys) in keys {
            let rows = fact_row::Entity::find()
                .filter(fact_row::Column::Origin.eq(origin.as_str()))
                .filter(fact_row::Column::Kind.eq(kind))
                .filter(fact_row::Column::Key.is_in(keys.iter().map(String::as_str)))
                .filter(fact_row::Column::Withdrawn.eq(false))
                .order_by_desc(fact_row::Column::Audience)
                .all(db)
                .await?;
            // The parent's own comes last and stays: it is the fuller one.
            let mut found: BTreeMap<String, (Version, Vec<u8>)> =
                rows.into_iter().map(|row| (row.key.clone(), (version_of(&row), row.body))).collect();
            for key in keys {
                let fact = found.remove(&key);
                self.known.insert((origin.clone(), kind, key), fact);
            }
        }
        Ok(())
    }
}

fn version_of(row: &fact_row::Model) -> Version {
    Version { epoch: u32::try_from(row.epoch).unwrap_or(0), position: unsigned(row.position) }
}

/// Body of one fact that holds. A region may show it to its parent and to all above; the parent's own is the fuller one.
///
/// # Errors
/// The database fails.
pub async fn one(db: &impl ConnectionTrait, origin: &RegionId, kind: &str, key: &str) -> Result<Option<Vec<u8>>, DbErr> {
    let row = fact_row::Entity::find()
        .filter(fact_row::Column::Origin.eq(origin.as_str()))
        .filter(fact_row::Column::Kind.eq(kind))
        .filter(fact_row::Column::Key.eq(key))
        .filter(fact_row::Column::Withdrawn.eq(false))
        .order_by_asc(fact_row::Column::Audience)
        .one(db)
        .await?;
    Ok(row.map(|row| row.body))
}

/// One fact in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Region that owns it.
    pub origin: String,
    /// Key within its kind.
    pub key: String,
    /// What its origin wrote last, and where.
    pub version: Version,
    /// Body as its origin wrote it.
    pub body: Vec<u8>,
}

/// Facts of one kind that hold, of every region but `here`, by origin and key, from after the given one on.
///
/// # Errors
/// The database fails.
pub async fn list(
    db: &impl ConnectionTrait,
    here: &RegionId,
    kind: &str,
    after: Option<&(String, String)>,
    limit: u64,
) -> Result<Vec<Listed>, DbErr> {
    let mut wanted = Condition::all()
        .add(fact_row::Column::Kind.eq(kind))
        .add(fact_row::Column::Withdrawn.eq(false))
        .add(fact_row::Column::Origin.ne(here.as_str()));
    if let Some((origin, key)) = after {
        let same = Condition::all().add(fact_row::Column::Origin.eq(origin)).add(fact_row::Column::Key.gt(key));
        wanted = wanted.add(Condition::any().add(fact_row::Column::Origin.gt(origin)).add(same));
    }
    // A fact may lie here for two audiences, so twice as many rows can be needed.
    let rows = fact_row::Entity::find()
        .filter(wanted)
        .order_by_asc(fact_row::Column::Origin)
        .order_by_asc(fact_row::Column::Key)
        .order_by_asc(fact_row::Column::Audience)
        .limit(limit.saturating_mul(2))
        .all(db)
        .await?;
    let listed = |row: fact_row::Model| Listed { version: version_of(&row), origin: row.origin, key: row.key, body: row.body };
    let mut listed: Vec<Listed> = rows.into_iter().map(listed).collect();
    listed.dedup_by(|second, first| second.origin == first.origin && second.key == first.key);
    listed.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(listed)
}
