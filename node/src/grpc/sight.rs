//! Whose an entry or a directive is: trails and directives name their subject, row scope asks for its enterprise.

use changxiao_domain::{actor::Actor, industry::IndustryCode, inspection::sight::Sight, serial::Serial};
use changxiao_tier::{
    fault::Fault,
    journal::store::{signed, unsigned},
};
use sea_orm::{DatabaseConnection, DbErr, EntityTrait};

use crate::{
    app::documents::is_seen,
    store::{documents, dossiers, enterprises, evidence, hazards, inspections},
};

/// Whether a subject such as `hazards/1-204` lies within a sight. What belongs to no enterprise is for whole sights only.
///
/// # Errors
/// The database fails.
pub async fn within_sight(db: &DatabaseConnection, actor: &Actor, subject: &str) -> Result<bool, Fault> {
    if let Some(seen) = inspections_within_sight(db, actor, subject).await? {
        return Ok(seen);
    }
    let scope = actor.scope();
    if scope.is_whole() {
        return Ok(true);
    }
    let Some(enterprise) = owner_of(db, subject).await? else { return Ok(false) };
    let Some(row) = enterprises::Entity::find_by_id(signed(enterprise.raw())).one(db).await? else { return Ok(false) };
    let industry = row.industry.parse::<IndustryCode>().map_err(|e| DbErr::Custom(format!("table enterprises: {e}")))?;
    Ok(scope.sees(enterprise, industry))
}

/// The enterprise whose record a subject such as `hazards/1-204` is; nobody's, or of no record, is `None`.
///
/// # Errors
/// The database fails.
pub async fn owner_of(db: &DatabaseConnection, subject: &str) -> Result<Option<Serial>, Fault> {
    let mut path = subject.split('/');
    let (kind, serial) = (path.next().unwrap_or_default(), path.next().and_then(|id| id.parse::<Serial>().ok()));
    let Some(key) = serial.map(|serial| signed(serial.raw())) else { return Ok(None) };
    let enterprise = match kind {
        "enterprises" => enterprises::Entity::find_by_id(key).one(db).await?.map(|row| row.serial),
        "hazards" => hazards::Entity::find_by_id(key).one(db).await?.map(|row| row.enterprise),
        "dossiers" => dossiers::Entity::find_by_id(key).one(db).await?.map(|row| row.enterprise),
        "evidence" => evidence::Entity::find_by_id(key).one(db).await?.map(|row| row.enterprise),
        _ => None,
    };
    Ok(enterprise.and_then(|raw| Serial::from_raw(unsigned(raw))))
}

/// The same of an inspection, its plan, its documents and its officers, which have a sight of their own; nothing for all other subjects.
async fn inspections_within_sight(db: &DatabaseConnection, actor: &Actor, subject: &str) -> Result<Option<bool>, Fault> {
    let Some((kind, serial)) = subject.split_once('/') else { return Ok(None) };
    let Some(serial) = serial.parse::<Serial>().ok() else { return Ok(None) };
    let inspection = async |key: i64| -> Result<_, Fault> {
        let row = inspections::Entity::find_by_id(key).one(db).await?;
        Ok(row.map(inspections::from_row).transpose().map_err(DbErr::from)?)
    };
    match kind {
        "inspections" => Ok(Some(inspection(signed(serial.raw())).await?.is_some_and(|found| found.is_seen_by(actor)))),
        "documents" => {
            let row = documents::Entity::find_by_id(signed(serial.raw())).one(db).await?;
            let Some(document) = row.map(documents::from_row).transpose().map_err(DbErr::from)? else { return Ok(Some(false)) };
            let of = match document.subject.parts().0 {
                Some(of) => inspection(signed(of.raw())).await?,
                None => None,
            };
            Ok(Some(is_seen(&document, of.as_ref(), actor)))
        }
        // Plans name whom nobody else may know of.
        "inspectionPlans" | "officers" => Ok(Some(Sight::of(actor) == Sight::Supervisor && actor.scope().is_whole())),
        _ => Ok(None),
    }
}
