//! The parent's word on this journal: its cosignature under a head, or why it refuses one. Kept outside the journal.

use changxiao_domain::region::RegionId;
use changxiao_proto::federation::v1 as pb;
use sea_orm::{
    ActiveValue::Set,
    ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryTrait,
    sea_query::{Expr, OnConflict},
};

use super::{FeedRegion, excerpt};
use crate::{
    facts::witness_row::{ActiveModel, Column, Entity, Model},
    fault::Fault,
    journal::{
        checkpoint::{PublicKey, verify, verify_cosignature},
        store::signed,
    },
};

/// Characters of a parent's refusal that are kept.
const REFUSAL_CHARACTERS: usize = 500;

/// The last word of `parent`, if it ever gave one.
///
/// # Errors
/// The database fails.
pub async fn witness(db: &impl ConnectionTrait, parent: &RegionId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(parent.to_string()).one(db).await
}

/// Takes the parent's word: a cosignature is checked before it is kept, a refusal is kept beside the last cosignature and
/// logged, so that both sides say why.
pub(super) async fn take(region: &FeedRegion, parent: &RegionId, word: pb::CosignRequest) -> Result<(), Fault> {
    if word.cosignature.is_empty() { refusal(region, parent, &word).await } else { cosignature(region, parent, &word).await }
}

async fn cosignature(region: &FeedRegion, parent: &RegionId, word: &pb::CosignRequest) -> Result<(), Fault> {
    let place = &region.place;
    let refuse = |why: String| Fault::Precondition {
        reason: "COSIGNATURE_INVALID",
        zh: format!("上级见证签名无效:{why}"),
        en: format!("the cosignature is not taken: {why}"),
    };
    let head = verify(&word.checkpoint, place.region.as_str(), &region.signer.key().public())
        .map_err(|fault| refuse(fault.to_string()))?;
    let key = place.registers.current().journal_key(parent).copied().map(PublicKey);
    let key = key.ok_or_else(|| refuse(format!("the register holds no journal key of `{parent}`")))?;
    let line = std::str::from_utf8(&word.cosignature).map_err(|_| refuse("it is not UTF-8".to_owned()))?;
    verify_cosignature(&word.checkpoint, line, parent.as_str(), &key).map_err(|fault| refuse(fault.to_string()))?;
    let row = Model {
        parent: parent.to_string(),
        epoch: i64::from(head.epoch),
        size: signed(head.size),
        checkpoint: word.checkpoint.to_vec(),
        cosignature: line.to_owned(),
        refusal: String::new(),
    };
    // Words may overtake each other; the one about the larger head stays.
    let held = |column| Expr::col((Entity, column));
    let newer = Expr::val(row.epoch)
        .gt(held(Column::Epoch))
        .or(Expr::val(row.epoch).eq(held(Column::Epoch)).and(Expr::val(row.size).gte(held(Column::Size))));
    let mut conflict = OnConflict::column(Column::Parent);
    conflict
        .update_columns([Column::Epoch, Column::Size, Column::Checkpoint, Column::Cosignature, Column::Refusal])
        .action_and_where(newer);
    put(region, row, conflict).await?;
    tracing::debug!(region = %place.region, parent = %parent, size = head.size, "the parent witnessed the journal");
    Ok(())
}

async fn refusal(region: &FeedRegion, parent: &RegionId, word: &pb::CosignRequest) -> Result<(), Fault> {
    let reason: String = word.refusal.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect();
    let detail = excerpt(&word.detail, REFUSAL_CHARACTERS);
    let reason = if reason.is_empty() { "UNSPECIFIED".to_owned() } else { reason };
    tracing::error!(region = %region.place.region, parent = %parent, reason, "the parent does not witness this journal: {detail}");
    let row = Model {
        parent: parent.to_string(),
        epoch: i64::from(region.place.epoch),
        size: 0,
        checkpoint: Vec::new(),
        cosignature: String::new(),
        refusal: format!("{reason}: {detail}"),
    };
    let mut conflict = OnConflict::column(Column::Parent);
    conflict.update_column(Column::Refusal);
    put(region, row, conflict).await
}

/// One statement on the writing connection; it waits for a group under way, never the other way round for long.
async fn put(region: &FeedRegion, row: Model, conflict: OnConflict) -> Result<(), Fault> {
    let row = ActiveModel {
        parent: Set(row.parent),
        epoch: Set(row.epoch),
        size: Set(row.size),
        checkpoint: Set(row.checkpoint),
        cosignature: Set(row.cosignature),
        refusal: Set(row.refusal),
    };
    let insert = Entity::insert(row).on_conflict(conflict).build(region.write.get_database_backend());
    region.write.execute_raw(insert).await?;
    Ok(())
}

/// What every parent said last; there is one parent at a time.
///
/// # Errors
/// The database fails.
pub async fn witnesses(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().all(db).await
}
