//! Named look-ups: what a command needs and cannot name by key, such as every document of an inspection. A look-up finds keys; the values
//! are then loaded like all others, so that a decision sees what the group decided before it.

use std::collections::BTreeSet;

use changxiao_domain::{document::Subject, enterprise::State};
use changxiao_tier::journal::store::signed;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::known::Needs;
use crate::store::{documents, enterprises, officers, serial};

/// What is looked up.
#[derive(Debug, Default)]
pub struct Lookups {
    /// Every enterprise that is supervised.
    pub catalogue: bool,
    /// Every officer.
    pub officers: bool,
    /// Every document of these.
    pub documents_of: BTreeSet<Subject>,
    /// Serials of documents of these bodies, of every kind and of the years of the group.
    pub bodies: BTreeSet<String>,
}

/// Adds the keys found to what is needed.
pub(super) async fn find(db: &impl ConnectionTrait, needs: &mut Needs) -> Result<(), DbErr> {
    if needs.lookups.catalogue {
        let query = enterprises::Entity::find().select_only().column(enterprises::Column::Serial);
        let supervised = State::ALL.iter().filter(|state| state.is_supervised()).map(|state| state.id());
        let found: Vec<i64> = query.filter(enterprises::Column::State.is_in(supervised)).into_tuple().all(db).await?;
        for raw in found {
            needs.enterprises.insert(serial("enterprises", "serial", raw)?);
        }
    }
    if needs.lookups.officers {
        let query = officers::Entity::find().select_only().column(officers::Column::Serial);
        let found: Vec<i64> = query.filter(officers::Column::Withdrawn.eq("")).into_tuple().all(db).await?;
        for raw in found {
            needs.officers.insert(serial("officers", "serial", raw)?);
        }
    }
    if !needs.lookups.documents_of.is_empty() {
        let parts = || needs.lookups.documents_of.iter().map(|subject| subject.parts());
        let inspections: Vec<i64> = parts().filter_map(|(inspection, _)| inspection).map(|one| signed(one.raw())).collect();
        let dossiers: Vec<i64> = parts().filter_map(|(_, dossier)| dossier).map(|one| signed(one.raw())).collect();
        let any = Condition::any()
            .add(documents::Column::Inspection.is_in(inspections))
            .add(documents::Column::Dossier.is_in(dossiers));
        let query = documents::Entity::find().select_only().column(documents::Column::Serial).filter(any);
        let found: Vec<i64> = query.into_tuple().all(db).await?;
        for raw in found {
            needs.documents.insert(serial("documents", "serial", raw)?);
        }
    }
    Ok(())
}
