//! Facts in the database, and how a group of commands publishes those it touched.
//!
//! A region's own facts and those of the regions below lie in one table, told apart by their origin. The cursor of this
//! region's feed counts `local` positions: for an own fact the published entry, for a relayed one the entry by which the
//! delivery was received.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use crate::{
    database::upsert,
    journal::{
        merkle::Hash,
        store::{hash_of, signed, unsigned},
    },
    protocol::{
        digest::{Bucket, Buckets, Overlay, Stamp, fact_hash},
        fact::{Audience, Fact, Topic},
    },
};

/// One fact as stored.
pub mod fact_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "facts")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub origin: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub audience: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub key: String,
        pub bucket: String,
        pub epoch: i64,
        pub position: i64,
        pub local: i64,
        pub body_version: i64,
        pub body: Vec<u8>,
        pub withdrawn: bool,
        pub hash: Vec<u8>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Digest of one bucket as stored.
pub mod bucket_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "fact_buckets")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub origin: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub audience: i32,
        #[sea_orm(primary_key, auto_increment = false)]
        pub bucket: String,
        pub digest: Vec<u8>,
        pub facts: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The last word of an origin below this region, kept byte for byte so that it can be relayed with its facts.
pub mod origin_row {
    use sea_orm::entity::prelude::*;
    /// Columns. `position` counts in the origin's journal, `local` in this region's: the entry by which the delivery was
    /// received. `inclusion` holds hashes of 32 bytes one after another; `cosignature` is this region's own line over `checkpoint`.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "origins")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub origin: String,
        pub epoch: i64,
        pub position: i64,
        pub entry_header: Vec<u8>,
        pub entry_body: Vec<u8>,
        pub checkpoint: Vec<u8>,
        pub inclusion: Vec<u8>,
        pub cosignature: Vec<u8>,
        pub local: i64,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The parent's last word on this journal: its cosignature, or why it refuses. Outside the journal.
pub mod witness_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "witnesses")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub parent: String,
        pub epoch: i64,
        pub size: i64,
        pub checkpoint: Vec<u8>,
        pub cosignature: String,
        pub refusal: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// What a group wants a fact to say from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// How far up it travels.
    pub audience: Audience,
    /// What it is about.
    pub topic: Topic,
    /// Bucket, fixed for a topic.
    pub bucket: String,
    /// Version of the body's format.
    pub body_version: u32,
    /// New body; `None` withdraws the fact.
    pub body: Option<Bytes>,
}

fn row_fault(what: String) -> DbErr {
    DbErr::Custom(format!("table facts: {what}"))
}

/// A stored fact without its origin.
///
/// # Errors
/// The row holds a value that no fact can have.
pub fn fact_of(row: &fact_row::Model) -> Result<Fact, DbErr> {
    let audience = u32::try_from(row.audience).ok().and_then(Audience::from_number);
    Ok(Fact {
        audience: audience.ok_or_else(|| row_fault(format!("audience {} is unknown", row.audience)))?,
        topic: Topic::new(row.kind.clone(), row.key.clone()),
        position: unsigned(row.position),
        withdrawn: row.withdrawn,
        body_version: u32::try_from(row.body_version).map_err(|_| row_fault("a body version is negative".to_owned()))?,
        body: Bytes::copy_from_slice(&row.body),
        bucket: row.bucket.clone(),
    })
}

fn row_of(origin: &str, epoch: u32, local: u64, fact: &Fact) -> fact_row::Model {
    fact_row::Model {
        origin: origin.to_owned(),
        audience: number(fact.audience),
        kind: fact.topic.kind.clone(),
        key: fact.topic.key.clone(),
        bucket: fact.bucket.clone(),
        epoch: i64::from(epoch),
        position: signed(fact.position),
        local: signed(local),
        body_version: i64::from(fact.body_version),
        body: fact.body.to_vec(),
        withdrawn: fact.withdrawn,
        hash: fact_hash(fact).as_bytes().to_vec(),
    }
}

fn number(audience: Audience) -> i32 {
    i32::try_from(audience.number()).unwrap_or_default()
}

/// The buckets of one origin: digests only, members loaded where a group touches them.
///
/// # Errors
/// The database fails or holds malformed rows.
pub async fn closed_buckets(db: &impl ConnectionTrait, origin: &str) -> Result<Buckets, DbErr> {
    let mut buckets = Buckets::default();
    for row in bucket_row::Entity::find().filter(bucket_row::Column::Origin.eq(origin)).all(db).await? {
        let audience = u32::try_from(row.audience).ok().and_then(Audience::from_number);
        let audience = audience.ok_or_else(|| row_fault(format!("audience {} is unknown", row.audience)))?;
        buckets.insert(audience, row.bucket, Bucket::closed(hash_of("fact_buckets", &row.digest)?, unsigned(row.facts)));
    }
    Ok(buckets)
}

/// Loads the members of the named buckets into `buckets`.
///
/// # Errors
/// The database fails or holds malformed rows.
pub async fn open_buckets(
    db: &impl ConnectionTrait,
    origin: &str,
    places: &BTreeSet<(Audience, String)>,
    buckets: &mut Buckets,
) -> Result<(), DbErr> {
    for (audience, bucket) in places {
        let rows: Vec<(String, String, i64, Vec<u8>)> = fact_row::Entity::find()
            .select_only()
            .columns([fact_row::Column::Kind, fact_row::Column::Key, fact_row::Column::Position, fact_row::Column::Hash])
            .filter(fact_row::Column::Origin.eq(origin))
            .filter(fact_row::Column::Audience.eq(number(*audience)))
            .filter(fact_row::Column::Bucket.eq(bucket.as_str()))
            .into_tuple()
            .all(db)
            .await?;
        let mut members = BTreeMap::new();
        for (kind, key, position, hash) in rows {
            members.insert(Topic::new(kind, key), Stamp { position: unsigned(position), hash: hash_of("facts", &hash)? });
        }
        buckets.insert(*audience, bucket.clone(), Bucket::open(members));
    }
    Ok(())
}

/// Writes facts of one origin with the digests of the buckets they changed.
///
/// # Errors
/// The database fails.
pub async fn store(
    db: &impl ConnectionTrait,
    origin: &str,
    epoch: u32,
    local: u64,
    facts: &[Fact],
    overlay: &Overlay,
) -> Result<(), DbErr> {
    let rows = facts.iter().map(|fact| row_of(origin, epoch, local, fact)).collect();
    upsert::<fact_row::Entity>(db, rows).await?;
    let buckets = overlay
        .changed
        .iter()
        .map(|((audience, bucket), value)| bucket_row::Model {
            origin: origin.to_owned(),
            audience: number(*audience),
            bucket: bucket.clone(),
            digest: value.digest().as_bytes().to_vec(),
            facts: signed(value.facts()),
        })
        .collect();
    upsert::<bucket_row::Entity>(db, buckets).await
}

/// Forgets every fact of an origin, before a full delivery takes their place.
///
/// # Errors
/// The database fails.
pub async fn forget(db: &impl ConnectionTrait, origin: &str) -> Result<(), DbErr> {
    fact_row::Entity::delete_many().filter(fact_row::Column::Origin.eq(origin)).exec(db).await?;
    bucket_row::Entity::delete_many().filter(bucket_row::Column::Origin.eq(origin)).exec(db).await?;
    Ok(())
}

/// What a region publishes of itself. It lives in the writer and remembers the buckets it opened.
#[derive(Debug)]
pub struct Publisher {
    origin: String,
    buckets: Buckets,
    open: BTreeSet<(Audience, String)>,
}

/// Facts of one group, ready to be committed to.
#[derive(Debug)]
pub struct Publication {
    /// Facts that change.
    pub facts: Vec<Fact>,
    /// The digests that follow.
    pub overlay: Overlay,
}

/// Open buckets kept in memory before all are closed again.
const MOST_OPEN: usize = 64;

impl Publisher {
    /// Starts from what is stored.
    ///
    /// # Errors
    /// The database fails.
    pub async fn load(db: &impl ConnectionTrait, origin: &str) -> Result<Self, DbErr> {
        Ok(Self { origin: origin.to_owned(), buckets: closed_buckets(db, origin).await?, open: BTreeSet::new() })
    }

    /// Leaves out changes that change nothing, and computes the digests of the rest. `None` if nothing remains.
    ///
    /// # Errors
    /// The database fails.
    pub async fn prepare(
        &mut self,
        db: &impl ConnectionTrait,
        changes: Vec<Change>,
        position: u64,
    ) -> Result<Option<Publication>, DbErr> {
        let changes: BTreeMap<(Audience, Topic), Change> =
            changes.into_iter().map(|change| ((change.audience, change.topic.clone()), change)).collect();
        let held = self.held(db, changes.keys()).await?;
        let mut facts = Vec::new();
        for ((audience, topic), change) in changes {
            let before = held.get(&(number(audience), topic.kind.clone(), topic.key.clone()));
            let withdrawn = change.body.is_none();
            let body = change.body.unwrap_or_default();
            let same = match before {
                None => withdrawn,
                Some(row) => row.withdrawn == withdrawn && row.body == body,
            };
            if !same {
                let (body_version, bucket) = (change.body_version, change.bucket);
                facts.push(Fact { audience, topic, position, withdrawn, body_version, body, bucket });
            }
        }
        if facts.is_empty() {
            return Ok(None);
        }
        let touched: BTreeSet<_> = facts.iter().map(|fact| (fact.audience, fact.bucket.clone())).collect();
        let missing: BTreeSet<_> = touched.difference(&self.open).cloned().collect();
        open_buckets(db, &self.origin, &missing, &mut self.buckets).await?;
        self.open.extend(missing);
        let overlay = self.buckets.overlay(&facts).map_err(|fault| row_fault(fault.to_string()))?;
        Ok(Some(Publication { facts, overlay }))
    }

    /// The group is durable.
    pub fn committed(&mut self, publication: &Publication) {
        self.buckets.commit(&publication.overlay);
        if self.open.len() > MOST_OPEN {
            let closed: Vec<_> = self
                .buckets
                .iter()
                .map(|(audience, name, bucket)| (audience, name.to_owned(), Bucket::closed(bucket.digest(), bucket.facts())))
                .collect();
            for (audience, name, bucket) in closed {
                self.buckets.insert(audience, name, bucket);
            }
            self.open.clear();
        }
    }

    async fn held<'a>(
        &self,
        db: &impl ConnectionTrait,
        keys: impl Iterator<Item = &'a (Audience, Topic)>,
    ) -> Result<HashMap<(i32, String, String), fact_row::Model>, DbErr> {
        let mut by_kind: BTreeMap<(Audience, &str), Vec<&str>> = BTreeMap::new();
        for (audience, topic) in keys {
            by_kind.entry((*audience, &topic.kind)).or_default().push(&topic.key);
        }
        let mut held = HashMap::new();
        for ((audience, kind), keys) in by_kind {
            for keys in keys.chunks(10_000) {
                let condition = Condition::all()
                    .add(fact_row::Column::Origin.eq(self.origin.as_str()))
                    .add(fact_row::Column::Audience.eq(number(audience)))
                    .add(fact_row::Column::Kind.eq(kind))
                    .add(fact_row::Column::Key.is_in(keys.iter().copied()));
                for row in fact_row::Entity::find().filter(condition).all(db).await? {
                    held.insert((row.audience, row.kind.clone(), row.key.clone()), row);
                }
            }
        }
        Ok(held)
    }
}

/// Root-level digest of an audience as the published entry carries it.
#[must_use]
pub fn published(overlay: &Overlay) -> Vec<changxiao_domain::event::AudienceDigest> {
    overlay
        .digests
        .iter()
        .map(|digest| changxiao_domain::event::AudienceDigest {
            audience: u8::try_from(digest.audience.number()).unwrap_or_default(),
            digest: *digest.digest.as_bytes(),
            facts: digest.facts,
        })
        .collect()
}

/// A hash that no fact has, for callers that hold none yet.
pub const NO_HASH: Hash = Hash([0; 32]);
