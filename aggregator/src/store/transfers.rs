//! Transfers between the counties below, put together from what both counties show and from the directives issued here. Nothing of it is a
//! table of its own: whoever asks sees where each one stands.

use std::collections::BTreeMap;

use changxiao_domain::{
    clock::{Date, Instant},
    directive::{Order, Step},
    region::RegionId,
    serial::Serial,
};
use changxiao_proto::{
    convert::scalar::{Parts, Wire},
    oversight::v1::{self as pb, TransferStage},
};
use changxiao_tier::directives::{directive_row, held_of};
use prost::Message as _;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use super::shown::{self, Listed};

/// Kind of the fact by which the old county speaks of a transfer; its key is the enterprise's serial.
const OUTGOING: &str = "transfer";
/// Kind of the fact by which the new county speaks of it; its key is the old county and the serial there.
const ANSWER: &str = "transfer_answer";
/// Transfers looked at in one go: there are a few in a year.
const MOST: u64 = 10_000;

/// One transfer as it stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// County from which the enterprise moves.
    pub from: RegionId,
    /// Enterprise there.
    pub enterprise: Serial,
    /// County to which it moves.
    pub to: RegionId,
    /// The fact that offers it: county, life and position of its journal.
    pub reference: String,
    /// Directive that carried the offer, once it was issued.
    pub offer: Option<String>,
    /// Steps ordered so far.
    pub ordered: Vec<Step>,
    /// What both counties say, together.
    pub told: pb::Transfer,
}

impl Standing {
    /// By what the steps after the offer name the transfer; without an offer, by the fact.
    #[must_use]
    pub fn id(&self) -> &str {
        self.offer.as_deref().unwrap_or(&self.reference)
    }

    /// Last day for the new county's answer.
    #[must_use]
    pub fn answer_by(&self) -> Option<Date> {
        Date::take(self.told.answer_by, &Parts::default()).ok()
    }

    /// Whether the answer was due and did not come.
    #[must_use]
    pub fn is_overdue(&self, now: Instant) -> bool {
        self.told.stage() == TransferStage::Offered && self.answer_by().is_some_and(|by| now >= Instant::end_of(by))
    }

    /// Whether it waits for people of this tier: refused, or not answered in time, and nothing ordered since.
    #[must_use]
    pub fn is_undecided(&self, now: Instant) -> bool {
        let waits = self.told.stage() == TransferStage::Refused || self.is_overdue(now);
        waits && !self.ordered.contains(&Step::End) && !self.ordered.contains(&Step::HandOver)
    }
}

/// A step that was ordered: what it names, and the directive.
struct Ordered {
    directive: String,
    step: Step,
    offer: String,
}

async fn ordered(db: &impl ConnectionTrait, here: &RegionId) -> Result<Vec<Ordered>, DbErr> {
    let rows = directive_row::Entity::find()
        .filter(directive_row::Column::Kind.eq("transfer"))
        .filter(directive_row::Column::Issuer.eq(here.as_str()))
        .order_by_asc(directive_row::Column::Position)
        .all(db)
        .await?;
    let mut ordered = Vec::new();
    for row in rows {
        let directive = held_of(row)?.directive;
        if let Order::Transfer { step, offer, .. } = directive.order {
            ordered.push(Ordered { directive: directive.id, step, offer });
        }
    }
    Ok(ordered)
}

/// Every transfer that one of the counties below still shows.
///
/// # Errors
/// The database fails.
pub async fn all(db: &impl ConnectionTrait, here: &RegionId) -> Result<Vec<Standing>, DbErr> {
    let outgoing = shown::list(db, here, OUTGOING, None, MOST).await?;
    if outgoing.is_empty() {
        return Ok(Vec::new());
    }
    let ordered = ordered(db, here).await?;
    let mut answers: BTreeMap<(String, String), pb::Transfer> = BTreeMap::new();
    for listed in shown::list(db, here, ANSWER, None, MOST).await? {
        if let Ok(answer) = pb::Transfer::decode(listed.body.as_slice()) {
            answers.insert((listed.origin, listed.key), answer);
        }
    }
    let standings = outgoing.iter().filter_map(|listed| standing(listed, &ordered, &answers));
    Ok(standings.collect())
}

fn standing(listed: &Listed, ordered: &[Ordered], answers: &BTreeMap<(String, String), pb::Transfer>) -> Option<Standing> {
    let mut told = pb::Transfer::decode(listed.body.as_slice()).ok()?;
    let (from, to) = (listed.origin.parse::<RegionId>().ok()?, told.to.parse::<RegionId>().ok()?);
    let enterprise = listed.key.parse::<Serial>().ok()?;
    let reference = format!("{}@{}:{}", listed.origin, listed.version.epoch, listed.version.position);
    let carried =
        || ordered.iter().find(|one| one.step == Step::Offer && one.offer == reference).map(|one| one.directive.clone());
    let offer = if told.offer.is_empty() { carried() } else { Some(told.offer.clone()) };
    let answer = answers.get(&(told.to.clone(), format!("{}~{enterprise}", listed.origin)));
    if let Some(answer) = answer.filter(|answer| Some(&answer.offer) == offer.as_ref()) {
        told.answer_reason.clone_from(&answer.answer_reason);
        told.taken_as.clone_from(&answer.taken_as);
        let handed_over = told.stage() == TransferStage::HandedOver;
        if !handed_over || answer.stage() == TransferStage::Taken {
            told.stage = answer.stage;
        }
    }
    let id = offer.clone().unwrap_or_else(|| reference.clone());
    let ordered = ordered.iter().filter(|one| one.offer == id || one.offer == reference).map(|one| one.step).collect();
    told.offer = offer.clone().unwrap_or_default();
    Some(Standing { from, enterprise, to, reference, offer, ordered, told })
}
