//! Removes what nobody needs any more: uploads never finished, files never attached or imported, results long fetched.

use std::{sync::Arc, time::Duration};

use changxiao_domain::clock::Instant;
use changxiao_tier::{desk::Host, fault::Fault};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::Workshop;
use crate::{
    book::CountyBook,
    store::{
        evidence::{self, digest_of},
        jobs, uploads,
    },
    vault::Vault,
};

/// Between two rounds.
const PAUSE: Duration = Duration::from_secs(3_600);
/// An upload is given up so long after its last piece.
const UNFINISHED_DAYS: i64 = 1;
/// A file that nothing refers to is kept so long after it was last used.
const UNUSED_DAYS: i64 = 7;
/// Ended jobs and their files are kept so long.
const JOB_DAYS: i64 = 30;

/// Tidies up from time to time, until the process ends.
pub async fn go(workshop: Arc<Workshop>) {
    loop {
        for host in workshop.desk.hosts() {
            let Ok(vault) = workshop.vaults.of(&host.place.region) else { continue };
            if let Err(fault) = round(host, vault, host.door.real.now()).await {
                tracing::warn!(error = %fault, "files could not be tidied up");
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether an upload has had its time: a day to be finished, a week to be used.
fn is_stale(row: &uploads::Model, now: Instant) -> bool {
    let days = if row.is_kept() { UNUSED_DAYS } else { UNFINISHED_DAYS };
    row.used_ms < now.plus_days(-days).ms()
}

/// One round at an instant of real time.
///
/// # Errors
/// The database or the disk fails; the next round goes on.
pub async fn round(host: &Host<CountyBook>, vault: &Vault, now: Instant) -> Result<(), Fault> {
    let mut released = Vec::new();
    let old = uploads::Entity::find().filter(uploads::Column::UsedMs.lt(now.plus_days(-UNFINISHED_DAYS).ms()));
    for row in old.all(&host.read).await? {
        if !is_stale(&row, now) {
            continue;
        }
        uploads::Entity::delete_by_id(&row.id).exec(&host.write.connection()).await?;
        vault.forget_part(&row.id);
        released.push(row.digest);
    }
    let ended = jobs::Entity::find().filter(jobs::Column::State.eq(jobs::ENDED));
    for row in ended.filter(jobs::Column::BegunMs.lt(now.plus_days(-JOB_DAYS).ms())).all(&host.read).await? {
        jobs::Entity::delete_by_id(&row.id).exec(&host.write.connection()).await?;
        released.push(row.result);
    }
    for digest in released {
        let Some(bytes) = digest_of(&digest) else { continue };
        if !is_needed(host, &digest).await? {
            vault.remove(&bytes).await?;
        }
    }
    Ok(())
}

async fn is_needed(host: &Host<CountyBook>, digest: &str) -> Result<bool, Fault> {
    let db = &host.write.connection();
    let attached = evidence::Entity::find().filter(evidence::Column::Digest.eq(digest)).one(db).await?.is_some();
    let uploaded = uploads::Entity::find().filter(uploads::Column::Digest.eq(digest)).one(db).await?.is_some();
    let reading = Condition::all().add(jobs::Column::State.eq(jobs::RUNNING)).add(jobs::Column::Digest.eq(digest));
    let job = Condition::any().add(jobs::Column::Result.eq(digest)).add(reading);
    Ok(attached || uploaded || jobs::Entity::find().filter(job).one(db).await?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_has_a_day_to_be_finished_and_a_week_to_be_used() {
        let begun = Instant::from_ms(1_441_000_000_000);
        let upload = |media: &str| uploads::Model {
            id: "0f".to_owned(),
            account: "clerk-1".to_owned(),
            purpose: "evidence".to_owned(),
            file_name: "a.png".to_owned(),
            size: 1,
            digest: String::new(),
            media: media.to_owned(),
            claims: String::new(),
            begun_ms: begun.ms(),
            used_ms: begun.ms(),
        };
        for (media, days, stale) in [
            ("", 0, false),
            ("", 1, false),
            ("", 2, true),
            ("image/png", 2, false),
            ("image/png", 7, false),
            ("image/png", 8, true),
        ] {
            assert_eq!(is_stale(&upload(media), begun.plus_days(days)), stale, "{media:?} after {days} days");
        }
    }
}
