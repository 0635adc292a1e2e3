//! The answer to one pull: everything read in one snapshot that belongs to one signed head.

use std::collections::HashMap;

use bytes::Bytes;
use changxiao_domain::region::RegionId;
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::{
    facts::{fact_of, fact_row, origin_row},
    fault::Fault,
    journal::{
        FIRST_EPOCH,
        entry::leaf,
        merkle::{Hash, Node, consistency, consistency_needs, inclusion, inclusion_needs, verify_consistency, verify_inclusion},
        store::{entry_row, frontier, nodes, signed, unsigned},
    },
    protocol::{
        delivery::{Ask, Delivery, Head},
        fact::{Audience, Fact},
        feed::{FeedHead, Plan, Source, plan},
        word::PUBLISHED_KIND,
    },
    signer::{ROLLED_BACK, SignedHead},
    verify::Finding,
};

use super::FeedRegion;

/// Facts read at a time.
const PAGE: u64 = 1_000;

/// One answer, ready to be framed: the head, and where its facts lie in the snapshot.
pub struct Answer {
    /// First frame.
    pub head: Head,
    /// Deliveries without their facts, the own region's first.
    pub deliveries: Vec<(Source, Delivery)>,
    plan: Plan,
    tx: DatabaseTransaction,
}

impl Answer {
    /// Takes a snapshot, signs its head and plans what goes into the answer to `ask`.
    ///
    /// # Errors
    /// The journal cannot vouch for itself, is smaller than what the parent witnessed, or the database fails.
    pub async fn prepare(region: &FeedRegion, ask: &Ask) -> Result<Self, Fault> {
        let (tx, head) = region.signer.snapshot().await?;
        let place = &region.place;
        let consistency = grown(region, &tx, ask, &head).await?;
        // Everything in the snapshot is offered, so its last entry is the cursor; that entry is also what `Watch` announces.
        let here = FeedHead { epoch: place.epoch, cursor: head.size.saturating_sub(1), floor: 0 };
        let plan = plan(&here, ask);
        let mut deliveries = Vec::new();
        deliveries.extend(own(region, &tx, &plan, &head).await?.map(|delivery| (Source::Own, delivery)));
        let relayed = origin_row::Entity::find().order_by_asc(origin_row::Column::Origin).all(&tx).await?;
        for row in relayed.into_iter().filter(|row| plan.delivers(unsigned(row.local))) {
            deliveries.push((Source::Relayed, relayed_delivery(row)?));
        }
        let head = Head {
            epoch: place.epoch,
            checkpoint: head.note,
            consistency,
            full: plan.full,
            cursor: plan.cursor,
            now: place.clock.now(),
            through: (region.through)(),
        };
        Ok(Self { head, deliveries, plan, tx })
    }

    /// Facts in a delivery.
    ///
    /// # Errors
    /// The database fails.
    pub async fn count(&self, source: Source, origin: &RegionId) -> Result<u64, DbErr> {
        fact_row::Entity::find().filter(self.chosen(source, origin)).count(&self.tx).await
    }

    /// The next facts of a delivery in ascending order of audience, kind, key; empty at the end.
    ///
    /// # Errors
    /// The database fails or holds a malformed row.
    pub async fn page(&self, source: Source, origin: &RegionId, after: Option<&Fact>) -> Result<Vec<Fact>, DbErr> {
        use fact_row::Column;
        let mut condition = self.chosen(source, origin);
        if let Some(last) = after {
            let audience = last.audience.number();
            let key =
                Condition::all().add(Column::Kind.eq(last.topic.kind.as_str())).add(Column::Key.gt(last.topic.key.as_str()));
            let topic = Condition::any().add(Column::Kind.gt(last.topic.kind.as_str())).add(key);
            let same = Condition::all().add(Column::Audience.eq(audience)).add(topic);
            condition = condition.add(Condition::any().add(Column::Audience.gt(audience)).add(same));
        }
        let rows = fact_row::Entity::find()
            .filter(condition)
            .order_by_asc(Column::Audience)
            .order_by_asc(Column::Kind)
            .order_by_asc(Column::Key)
            .limit(PAGE)
            .all(&self.tx)
            .await?;
        rows.iter().map(fact_of).collect()
    }

    /// The same rule as [`Plan::includes`], for the database.
    fn chosen(&self, source: Source, origin: &RegionId) -> Condition {
        let mut condition = Condition::all().add(fact_row::Column::Origin.eq(origin.as_str()));
        if !self.plan.full {
            condition = condition.add(fact_row::Column::Local.gt(signed(self.plan.after)));
        }
        match source {
            Source::Own => condition,
            Source::Relayed => condition.add(fact_row::Column::Audience.eq(Audience::Above.number())),
        }
    }
}

/// Proof that the journal only grew since the parent's last visit.
///
/// A parent that witnessed more than there is knows something that this region lost. It is told so; the journal is not
/// condemned on its word, since a county works whatever its parent says.
async fn grown(region: &FeedRegion, tx: &DatabaseTransaction, ask: &Ask, head: &SignedHead) -> Result<Vec<Hash>, Fault> {
    let (epoch, witnessed) = (region.place.epoch, ask.witnessed_size);
    // In a later life, a size without an epoch may count in an earlier one: there the parent compares by itself.
    let comparable = ask.epoch == epoch || epoch == FIRST_EPOCH;
    if witnessed > head.size && comparable {
        let detail = format!("the database holds {} entries, the parent witnessed {witnessed}", head.size);
        tracing::error!(region = %region.place.region, reason = ROLLED_BACK, "the parent witnessed more than there is: {detail}");
        return Err(Fault::Damaged { reason: ROLLED_BACK, detail });
    }
    if witnessed == 0 || witnessed >= head.size {
        return Ok(Vec::new());
    }
    let needs = consistency_needs(witnessed, head.size).map_err(|error| Fault::Internal(error.to_string()))?;
    let stored = nodes(tx, &needs).await?;
    let older = match frontier(tx, witnessed).await {
        Ok(older) => older.root(),
        // What is stored is wrong; a database that does not answer is another matter, and condemns nobody.
        Err(error @ DbErr::Custom(_)) => return Err(damaged(region, &error)),
        Err(error) => return Err(error.into()),
    };
    let proof = consistency(witnessed, head.size, &lookup(&stored)).map_err(|error| damaged(region, &error))?;
    // Proven to ourselves first, so that a damaged node is found here and not only above.
    verify_consistency(witnessed, head.size, &older, &head.root, &proof).map_err(|error| damaged(region, &error))?;
    Ok(proof)
}

/// What this region says of itself, if it changed.
async fn own(region: &FeedRegion, tx: &DatabaseTransaction, plan: &Plan, head: &SignedHead) -> Result<Option<Delivery>, Fault> {
    let origin = &region.place.region;
    let last: Option<i64> = fact_row::Entity::find()
        .select_only()
        .column_as(fact_row::Column::Local.max(), "last")
        .filter(fact_row::Column::Origin.eq(origin.as_str()))
        .into_tuple::<Option<i64>>()
        .one(tx)
        .await?
        .flatten();
    let Some(position) = last.map(unsigned).filter(|last| plan.delivers(*last)) else { return Ok(None) };
    let entry = entry_row::Entity::find_by_id(signed(position)).one(tx).await?.filter(|entry| entry.kind == PUBLISHED_KIND);
    let Some(entry) = entry else {
        return Err(damaged(region, &format!("facts name position {position} as their published entry, which it is not")));
    };
    let needs = inclusion_needs(position, head.size).map_err(|error| damaged(region, &error))?;
    let stored = nodes(tx, &needs).await?;
    let proof = inclusion(position, head.size, &lookup(&stored)).map_err(|error| damaged(region, &error))?;
    verify_inclusion(&leaf(&entry.header), position, head.size, &proof, &head.root).map_err(|error| damaged(region, &error))?;
    Ok(Some(Delivery {
        origin: origin.clone(),
        epoch: u32::try_from(entry.epoch).unwrap_or_default(),
        position,
        entry_header: entry.header.into(),
        entry_body: entry.body.into(),
        checkpoint: head.note.clone(),
        inclusion: proof,
        cosignature: Bytes::new(),
        facts: Vec::new(),
    }))
}

/// What an origin below said, as it arrived here.
fn relayed_delivery(row: origin_row::Model) -> Result<Delivery, Fault> {
    let strange = |what: &str| Fault::Internal(format!("table origins, `{}`: {what}", row.origin));
    let (hashes, rest) = row.inclusion.as_chunks::<32>();
    if !rest.is_empty() {
        return Err(strange("the inclusion proof is not a row of hashes"));
    }
    Ok(Delivery {
        origin: row.origin.parse().map_err(|_| strange("that is no region"))?,
        epoch: u32::try_from(row.epoch).map_err(|_| strange("the epoch is negative"))?,
        position: unsigned(row.position),
        inclusion: hashes.iter().copied().map(Hash).collect(),
        entry_header: row.entry_header.into(),
        entry_body: row.entry_body.into(),
        checkpoint: row.checkpoint.into(),
        cosignature: row.cosignature.into(),
        facts: Vec::new(),
    })
}

fn lookup(stored: &HashMap<Node, Hash>) -> impl Fn(Node) -> Option<Hash> + '_ {
    |node| stored.get(&node).copied()
}

fn damaged(region: &FeedRegion, why: &impl std::fmt::Display) -> Fault {
    region.signer.damaged(&Finding::beside(why.to_string()))
}
