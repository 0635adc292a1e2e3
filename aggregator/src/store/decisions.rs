//! Which request for admission of each enterprise was decided last. Outside the journal, as the requests themselves are.

use std::collections::{BTreeMap, BTreeSet};

use changxiao_domain::{region::RegionId, serial::Serial};
use changxiao_tier::{
    database::upsert,
    journal::store::{signed, unsigned},
    protocol::fact::Version,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

/// One decision.
pub mod decision_row {
    use sea_orm::entity::prelude::*;
    /// Columns. Epoch and position are those of the request in the county's journal: its business clock may stand still, its
    /// journal never does.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "decisions")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub origin: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub enterprise: i64,
        pub epoch: i64,
        pub position: i64,
        pub directive: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// An enterprise of a county.
pub type Applicant = (RegionId, Serial);

/// Decisions of a group.
#[derive(Debug, Default)]
pub struct Decisions {
    known: BTreeMap<Applicant, Option<decision_row::Model>>,
    changed: BTreeSet<Applicant>,
}

impl Decisions {
    /// The directive by which this request, or a later one, was decided.
    #[must_use]
    pub fn of(&self, applicant: &Applicant, request: Version) -> Option<&str> {
        let row = self.known.get(applicant)?.as_ref()?;
        (version_of(row) >= request).then_some(row.directive.as_str())
    }

    /// The directive by which any request of this enterprise was decided last.
    #[must_use]
    pub fn last(&self, applicant: &Applicant) -> Option<&str> {
        self.known.get(applicant)?.as_ref().map(|row| row.directive.as_str())
    }

    /// A request is decided.
    pub fn decided(&mut self, applicant: Applicant, request: Version, directive: String) {
        let row = decision_row::Model {
            origin: applicant.0.to_string(),
            enterprise: signed(applicant.1.raw()),
            epoch: i64::from(request.epoch),
            position: signed(request.position),
            directive,
        };
        self.changed.insert(applicant.clone());
        self.known.insert(applicant, Some(row));
    }

    /// Loads those that are not known yet.
    ///
    /// # Errors
    /// The database fails.
    pub async fn load(&mut self, db: &impl ConnectionTrait, wanted: BTreeSet<Applicant>) -> Result<(), DbErr> {
        let mut serials: BTreeMap<RegionId, Vec<Serial>> = BTreeMap::new();
        for (origin, serial) in wanted {
            if !self.known.contains_key(&(origin.clone(), serial)) {
                serials.entry(origin).or_default().push(serial);
            }
        }
        for (origin, serials) in serials {
            let rows = decision_row::Entity::find()
                .filter(decision_row::Column::Origin.eq(origin.as_str()))
                .filter(decision_row::Column::Enterprise.is_in(serials.iter().map(|serial| signed(serial.raw()))))
                .all(db)
                .await?;
            let mut rows: BTreeMap<i64, decision_row::Model> = rows.into_iter().map(|row| (row.enterprise, row)).collect();
            for serial in serials {
                let row = rows.remove(&signed(serial.raw()));
                self.known.insert((origin.clone(), serial), row);
            }
        }
        Ok(())
    }

    /// Writes what changed.
    ///
    /// # Errors
    /// The database fails.
    pub async fn flush(&mut self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        let changed = std::mem::take(&mut self.changed);
        let rows = changed.iter().filter_map(|applicant| self.known.get(applicant).cloned().flatten()).collect();
        upsert::<decision_row::Entity>(db, rows).await
    }
}

fn version_of(row: &decision_row::Model) -> Version {
    Version { epoch: u32::try_from(row.epoch).unwrap_or(0), position: unsigned(row.position) }
}

/// The requests decided last, by origin and enterprise, of some origins.
///
/// # Errors
/// The database fails.
pub async fn decided(db: &impl ConnectionTrait, origins: BTreeSet<String>) -> Result<BTreeMap<(String, u64), Version>, DbErr> {
    let rows = decision_row::Entity::find().filter(decision_row::Column::Origin.is_in(origins)).all(db).await?;
    Ok(rows.into_iter().map(|row| ((row.origin.clone(), unsigned(row.enterprise)), version_of(&row))).collect())
}
