//! Revocation lists as they are published: judged before they are adopted, kept as rows, found again after a restart.
//!
//! Each issuer has one newest list. It may come by a directive, in the answer to an enrolment, or from a file; whichever way, it is
//! judged here by its issuer's journal key and place in the register.

use std::collections::BTreeMap;

use changxiao_domain::{
    actor::Actor, clock::Instant, event::RevocationListAdopted, refusal::Refusal, region::RegionId, revocation::RevocationList,
    stamp::Moment,
};
use changxiao_proto::convert::revocation::{REVOCATION_TAG, decode, seal, unseal};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

use crate::{
    common,
    database::upsert,
    fault::Fault,
    identity::revocation::Revocations,
    journal::{
        checkpoint::{JournalKey, PublicKey},
        merkle::Hash,
    },
    place::Place,
    writer::{Book, Command, Decision},
};

/// The newest list of one issuer as stored.
pub mod list_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "revocation_lists")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub issuer: String,
        pub version: i64,
        pub signed: Vec<u8>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// Lists of a group.
#[derive(Debug, Default)]
pub struct Lists {
    known: BTreeMap<RegionId, (u32, Vec<u8>)>,
    changed: bool,
}

impl Lists {
    /// Version of the newest list of an issuer, 0 for none.
    #[must_use]
    pub fn version(&self, issuer: &RegionId) -> u32 {
        self.known.get(issuer).map_or(0, |(version, _)| *version)
    }

    /// A version took effect.
    pub fn apply_adopted(&mut self, event: &RevocationListAdopted) {
        self.known.insert(event.issuer.clone(), (event.version, event.signed_list.clone()));
        self.changed = true;
    }

    /// Loads what is not known yet; there is one row for each tier above.
    ///
    /// # Errors
    /// The database fails.
    pub async fn load(&mut self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        for (issuer, version, signed) in stored(db).await? {
            self.known.entry(issuer).or_insert((version, signed));
        }
        Ok(())
    }

    /// Writes what changed.
    ///
    /// # Errors
    /// The database fails.
    pub async fn flush(&mut self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        if !std::mem::take(&mut self.changed) {
            return Ok(());
        }
        let rows = self.known.iter().map(|(issuer, (version, signed))| list_row::Model {
            issuer: issuer.to_string(),
            version: i64::from(*version),
            signed: signed.clone(),
        });
        upsert::<list_row::Entity>(db, rows.collect()).await
    }
}

/// The newest list of every issuer as stored, sealed.
///
/// # Errors
/// The database fails, or a row names no region.
pub async fn stored(db: &impl ConnectionTrait) -> Result<Vec<(RegionId, u32, Vec<u8>)>, DbErr> {
    let rows = list_row::Entity::find().all(db).await?;
    let row = |row: list_row::Model| {
        let issuer = row.issuer.parse().map_err(|fault| DbErr::Custom(format!("table revocation_lists: {fault}")))?;
        Ok((issuer, u32::try_from(row.version).unwrap_or(0), row.signed))
    };
    rows.into_iter().map(row).collect()
}

/// Puts what is stored in force for the whole process.
///
/// # Errors
/// The database fails, or a stored list cannot be read.
pub async fn put_in_force(db: &impl ConnectionTrait, revocations: &Revocations) -> Result<(), DbErr> {
    for (_, _, signed) in stored(db).await? {
        let list = open(&signed).map_err(|fault| DbErr::Custom(format!("table revocation_lists: {fault}")))?;
        revocations.adopt(list);
    }
    Ok(())
}

/// A list with its issuer's signature, as it travels.
#[must_use]
pub fn signed(list: &RevocationList, key: &JournalKey) -> Vec<u8> {
    let bytes = changxiao_proto::convert::revocation::encode(list);
    let signature = key.sign_statement(REVOCATION_TAG, &bytes);
    seal(bytes, &signature)
}

/// The list in sealed bytes. The signature is not looked at.
///
/// # Errors
/// Not a list.
pub fn open(signed: &[u8]) -> Result<RevocationList, changxiao_proto::convert::scalar::Malformed> {
    decode(&unseal(signed)?.0)
}

/// The event by which a signed list takes effect.
#[must_use]
pub fn adopted(list: &RevocationList, signed_list: Vec<u8>) -> RevocationListAdopted {
    let (issuer, version, digest) = (list.issuer.clone(), list.version, Hash::of(&[&signed_list]).0);
    RevocationListAdopted { issuer, version, digest, signed_list }
}

/// Judges a list that came from outside: its issuer must lie above this region, or be this region, and have signed it with the
/// journal key that the register in force names.
///
/// # Errors
/// `REVOCATION_LIST_INVALID`: not a list, of a region that has no say here, or not signed by it.
pub fn judge(place: &Place, signed: &[u8]) -> Result<RevocationList, Fault> {
    let refuse = |en: String, zh: &str| Fault::Precondition { reason: "REVOCATION_LIST_INVALID", en, zh: zh.to_owned() };
    let malformed =
        |fault: &dyn std::fmt::Display| refuse(format!("the revocation list cannot be read: {fault}"), "吊销名单无法读取");
    let (bytes, signature) = unseal(signed).map_err(|fault| malformed(&fault))?;
    let list = decode(&bytes).map_err(|fault| malformed(&fault))?;
    let register = place.registers.current();
    let (here, issuer) = (&place.region, &list.issuer);
    if !register.contains(issuer, here, place.clock.now().date()) {
        return Err(refuse(
            format!("{issuer} does not lie above {here}; its revocation list means nothing here"),
            "发布地区不是上级,名单无效",
        ));
    }
    let key = register.journal_key(issuer).map(|key| PublicKey(*key));
    if !key.is_some_and(|key| key.verify_statement(REVOCATION_TAG, &bytes, &signature)) {
        return Err(refuse(format!("the revocation list is not signed by {issuer}"), "吊销名单签名无效"));
    }
    Ok(list)
}

/// Adopts a list that was judged; an older one writes nothing.
pub struct Adopt {
    /// The list.
    pub list: RevocationList,
    /// As it came.
    pub signed: Vec<u8>,
}

impl<B> Command<B> for Adopt
where
    B: Book<Needs: AsMut<common::Needs>, Known: AsRef<common::Known>>,
{
    fn needs(&self, _: &Actor, needs: &mut B::Needs) {
        needs.as_mut().revocation_lists = true;
    }

    fn decide(self: Box<Self>, _: &Actor, _: Moment, known: &B::Known) -> Result<Decision<B>, Refusal> {
        let subject = subject(&self.list);
        if known.as_ref().revocation_lists.version(&self.list.issuer) >= self.list.version {
            return Ok(Decision { events: Vec::new(), subject, outside: None });
        }
        Ok(Decision::one(adopted(&self.list, self.signed).into(), subject))
    }
}

/// Resource path of a list within the region that holds it.
#[must_use]
pub fn subject(list: &RevocationList) -> String {
    format!("revocations/{}~{}", list.issuer, list.version)
}

/// What an operator should be told about the lists in force: one sentence for each that is stale.
#[must_use]
pub fn stale(revocations: &Revocations, now: Instant, grace_ms: i64) -> Vec<String> {
    let lists = revocations.current();
    let late = lists.values().filter(|list| list.stale_ms(now) > 0);
    late.map(|list| {
        let due = crate::identity::words::date_in_words(list.next_update);
        let end = crate::identity::words::date_in_words(list.next_update.plus_ms(grace_ms));
        format!(
            "the revocation list of {} was due on {due}; certificates below it are refused from {end} on; import a newer list",
            list.issuer
        )
    })
    .collect()
}
