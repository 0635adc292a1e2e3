//! Direct links: the state that the journal gives them, and beside it where following stands.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use changxiao_domain::{
    clock::Instant,
    event::{ChildQuarantined, ChildReleased, LinkChanged, LinkState},
    region::RegionId,
    stamp::Stamp,
};
use changxiao_proto::statistics::v1 as statistics;
use changxiao_tier::{
    database::upsert,
    facts::Change,
    journal::store::{hash_of, signed, unsigned},
    protocol::{
        fact::{Audience, Topic},
        held::{HeldLink, Quarantine, Witness},
    },
};
use prost::Message as _;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use super::quarantines::stable;

/// State of a link, from the journal.
pub mod link_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "links")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub child: String,
        pub state: i32,
        pub since_ms: i64,
        pub reason: String,
        pub detail: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Where following a child stands, outside the journal.
pub mod follow_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "follows")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub child: String,
        pub epoch: i64,
        pub cursor: i64,
        pub witnessed_epoch: i64,
        pub witnessed_size: i64,
        pub witnessed_root: Option<Vec<u8>>,
        pub witnessed_note: Option<Vec<u8>>,
        pub admitted: Option<i64>,
        pub offered: Option<i64>,
        pub take_full: bool,
        pub verified_ms: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// One direct child as this tier knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// State and since when; `None` for a child never heard of.
    pub state: Option<(LinkState, Instant)>,
    /// Stable reason, empty if up.
    pub reason: String,
    /// The same for people.
    pub detail: String,
    /// Where following stands.
    pub held: HeldLink,
    /// Epoch that the child offered when it was quarantined for it; a release admits it.
    pub offered: Option<u32>,
    /// Business time of the last verified pull that was written.
    pub verified_at: Option<Instant>,
}

impl Link {
    /// A child never heard of.
    #[must_use]
    pub fn new(child: RegionId) -> Self {
        Self {
            state: None,
            reason: String::new(),
            detail: String::new(),
            held: HeldLink::new(child),
            offered: None,
            verified_at: None,
        }
    }

    /// Whether the link is in this state.
    #[must_use]
    pub fn is(&self, state: LinkState) -> bool {
        self.state.is_some_and(|(held, _)| held == state)
    }
}

fn link_of(link: Option<link_row::Model>, follow: Option<follow_row::Model>, child: &RegionId) -> Result<Link, DbErr> {
    let strange = |what: &str| DbErr::Custom(format!("tables links and follows, {child}: {what}"));
    let mut held = Link::new(child.clone());
    if let Some(row) = follow {
        let number = |n: i64| u32::try_from(n).map_err(|_| strange("an epoch is out of range"));
        held.held.epoch = number(row.epoch)?;
        held.held.cursor = unsigned(row.cursor);
        held.held.take_full = row.take_full;
        held.held.admitted = row.admitted.map(number).transpose()?;
        held.offered = row.offered.map(number).transpose()?;
        held.verified_at = (row.verified_ms != 0).then(|| Instant::from_ms(row.verified_ms));
        held.held.witnessed = match (row.witnessed_root, row.witnessed_note) {
            (Some(root), Some(note)) => Some(Witness {
                epoch: number(row.witnessed_epoch)?,
                size: unsigned(row.witnessed_size),
                root: hash_of("follows", &root)?,
                note: Bytes::from(note),
            }),
            _ => None,
        };
    }
    if let Some(row) = link {
        let state =
            u32::try_from(row.state).ok().and_then(LinkState::from_number).ok_or_else(|| strange("the state is unknown"))?;
        let since = Instant::from_ms(row.since_ms);
        if state == LinkState::Quarantined {
            held.held.quarantine = Some(Quarantine { reason: stable(&row.reason), since });
        }
        (held.state, held.reason, held.detail) = (Some((state, since)), row.reason, row.detail);
    }
    Ok(held)
}

fn follow_row_of(link: &Link) -> follow_row::Model {
    let witnessed = link.held.witnessed.as_ref();
    follow_row::Model {
        child: link.held.child.to_string(),
        epoch: i64::from(link.held.epoch),
        cursor: signed(link.held.cursor),
        witnessed_epoch: witnessed.map_or(0, |witness| i64::from(witness.epoch)),
        witnessed_size: witnessed.map_or(0, |witness| signed(witness.size)),
        witnessed_root: witnessed.map(|witness| witness.root.as_bytes().to_vec()),
        witnessed_note: witnessed.map(|witness| witness.note.to_vec()),
        admitted: link.held.admitted.map(i64::from),
        offered: link.offered.map(i64::from),
        take_full: link.held.take_full,
        verified_ms: link.verified_at.map_or(0, Instant::ms),
    }
}

/// The link to one child as stored; one never heard of is a fresh one.
///
/// # Errors
/// The database fails or holds malformed rows.
pub async fn one(db: &impl ConnectionTrait, child: &RegionId) -> Result<Link, DbErr> {
    let link = link_row::Entity::find_by_id(child.to_string()).one(db).await?;
    let follow = follow_row::Entity::find_by_id(child.to_string()).one(db).await?;
    link_of(link, follow, child)
}

/// Children that are quarantined.
///
/// # Errors
/// The database fails or holds malformed rows.
pub async fn quarantined(db: &impl ConnectionTrait) -> Result<Vec<(RegionId, Quarantine)>, DbErr> {
    let state = i32::try_from(LinkState::Quarantined.number()).unwrap_or_default();
    let rows = link_row::Entity::find().filter(link_row::Column::State.eq(state)).all(db).await?;
    let child = |text: &str| text.parse::<RegionId>().map_err(|fault| DbErr::Custom(format!("table links: {fault}")));
    rows.into_iter()
        .map(|row| Ok((child(&row.child)?, Quarantine { reason: stable(&row.reason), since: Instant::from_ms(row.since_ms) })))
        .collect()
}

/// Stores that following went on where there is nothing to journal: one statement, outside the journal.
///
/// # Errors
/// The database fails.
pub async fn advance(db: &impl ConnectionTrait, held: &HeldLink, verified_at: Instant) -> Result<(), DbErr> {
    let link = Link { held: held.clone(), verified_at: Some(verified_at), ..Link::new(held.child.clone()) };
    upsert::<follow_row::Entity>(db, vec![follow_row_of(&link)]).await
}

/// Links of a group.
#[derive(Debug, Default)]
pub struct Links {
    known: BTreeMap<RegionId, Link>,
    changed: BTreeSet<RegionId>,
    moved: BTreeSet<RegionId>,
}

impl Links {
    /// One link.
    #[must_use]
    pub fn get(&self, child: &RegionId) -> Option<&Link> {
        self.known.get(child)
    }

    fn change(&mut self, child: &RegionId, how: impl FnOnce(&mut Link)) {
        how(self.known.entry(child.clone()).or_insert_with(|| Link::new(child.clone())));
        self.changed.insert(child.clone());
        self.moved.insert(child.clone());
    }

    /// Following went on; outside the journal.
    pub fn follow(&mut self, held: HeldLink, verified_at: Instant) {
        let child = held.child.clone();
        let link = self.known.entry(child.clone()).or_insert_with(|| Link::new(child.clone()));
        link.held = held;
        link.verified_at = Some(verified_at);
        self.moved.insert(child);
    }

    /// The epoch that a quarantined child offers; outside the journal.
    pub fn offer(&mut self, child: &RegionId, epoch: u32) {
        if let Some(link) = self.known.get_mut(child) {
            link.offered = Some(epoch);
            self.moved.insert(child.clone());
        }
    }

    /// The state changed.
    pub fn apply_changed(&mut self, event: &LinkChanged) {
        self.change(&event.child, |link| {
            link.state = Some((event.state, event.since));
            (link.reason, link.detail) = (event.reason.clone(), String::new());
            if event.state != LinkState::Quarantined {
                link.held.quarantine = None;
            }
        });
    }

    /// The child's proof failed.
    pub fn apply_quarantined(&mut self, event: &ChildQuarantined, stamp: &Stamp) {
        self.change(&event.child, |link| {
            link.state = Some((LinkState::Quarantined, stamp.at));
            (link.reason, link.detail) = (event.reason.clone(), event.detail.clone());
            link.held.quarantine = Some(Quarantine { reason: stable(&event.reason), since: stamp.at });
        });
    }

    /// Let back in. It counts as silent until it has shown everything anew.
    pub fn apply_released(&mut self, event: &ChildReleased, stamp: &Stamp) {
        self.change(&event.child, |link| {
            link.state = Some((LinkState::Silent, stamp.at));
            (link.reason, link.detail) = (RELEASED.to_owned(), event.reason.clone());
            let offered = link.offered.take();
            link.held.release(offered);
        });
    }

    /// Loads those that are not known yet.
    ///
    /// # Errors
    /// The database fails or holds malformed rows.
    pub async fn load(&mut self, db: &impl ConnectionTrait, children: BTreeSet<RegionId>) -> Result<(), DbErr> {
        let wanted: Vec<RegionId> = children.into_iter().filter(|child| !self.known.contains_key(child)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let names = || wanted.iter().map(ToString::to_string);
        let links = link_row::Entity::find().filter(link_row::Column::Child.is_in(names())).all(db).await?;
        let follows = follow_row::Entity::find().filter(follow_row::Column::Child.is_in(names())).all(db).await?;
        let mut links: BTreeMap<_, _> = links.into_iter().map(|row| (row.child.clone(), row)).collect();
        let mut follows: BTreeMap<_, _> = follows.into_iter().map(|row| (row.child.clone(), row)).collect();
        for child in wanted {
            let link = link_of(links.remove(child.as_str()), follows.remove(child.as_str()), &child)?;
            self.known.insert(child, link);
        }
        Ok(())
    }

    /// Writes what changed; states become facts.
    ///
    /// # Errors
    /// The database fails.
    pub async fn flush(&mut self, db: &impl ConnectionTrait) -> Result<Vec<Change>, DbErr> {
        let moved = std::mem::take(&mut self.moved);
        let rows = moved.iter().filter_map(|child| self.known.get(child)).map(follow_row_of).collect();
        upsert::<follow_row::Entity>(db, rows).await?;
        let (mut rows, mut facts) = (Vec::new(), Vec::new());
        for child in std::mem::take(&mut self.changed) {
            let Some((link, (state, since))) = self.known.get(&child).and_then(|link| Some((link, link.state?))) else {
                continue;
            };
            rows.push(link_row::Model {
                child: child.to_string(),
                state: i32::try_from(state.number()).unwrap_or_default(),
                since_ms: since.ms(),
                reason: link.reason.clone(),
                detail: link.detail.clone(),
            });
            facts.push(link_fact(&child, state, since, &link.reason));
        }
        upsert::<link_row::Entity>(db, rows).await?;
        Ok(facts)
    }
}

/// Reason of a link that was released and has not been pulled since.
pub const RELEASED: &str = "RELEASED";

fn link_fact(child: &RegionId, state: LinkState, since: Instant, reason: &str) -> Change {
    let body =
        statistics::Link { child: child.to_string(), state: state.number(), since_ms: since.ms(), reason: reason.to_owned() };
    Change {
        audience: Audience::Above,
        topic: Topic::new("link", child.to_string()),
        bucket: "link".to_owned(),
        body_version: 1,
        body: Some(body.encode_to_vec().into()),
    }
}
