//! Whose an entry or a directive is: trails and directives name their subject, row scope asks for its enterprise.

use changxiao_domain::{industry::IndustryCode, scope::Scope, serial::Serial};
use changxiao_tier::{
    fault::Fault,
    journal::store::{signed, unsigned},
};
use sea_orm::{DatabaseConnection, DbErr, EntityTrait};

use crate::store::{dossiers, enterprises, evidence, hazards};

/// Whether a subject such as `hazards/1-204` lies within a sight. What belongs to no enterprise is for whole sights only.
///
/// # Errors
/// The database fails.
pub async fn within_sight(db: &DatabaseConnection, scope: Scope, subject: &str) -> Result<bool, Fault> {
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
