//! Enrolments of the regions below: codes, requests, and the certificate that each region holds. All of it follows from the journal.

use std::collections::{BTreeMap, BTreeSet};

use changxiao_domain::{
    enrolment::{Code, Enrolment, State, Way},
    event::{CertificateIssued, Digest, EnrolmentCodeIssued, EnrolmentDecided, EnrolmentRequested, RegisterAdopted},
    region::RegionId,
    serial::Serial,
};
use changxiao_proto::{
    convert::register::{decode, unseal},
    enrolment::v1::NodeProposal,
};
use changxiao_tier::{
    database::upsert,
    facts::Change,
    journal::store::{signed, unsigned},
    protocol::fact::{Audience, Topic},
};
use prost::Message as _;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Kind of the fact by which a region above asks the top to enter a node; its key is the node's region.
pub const NODE: &str = "node";

/// The code issued last for a region.
pub mod code_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "enrolment_codes")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub region: String,
        pub hash: Vec<u8>,
        pub expires_ms: i64,
        pub used: Option<Vec<u8>>,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// One request.
pub mod enrolment_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "enrolments")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub serial: i64,
        pub region: String,
        pub way: i32,
        pub digest: Vec<u8>,
        pub request: Vec<u8>,
        pub journal_key: Vec<u8>,
        pub address: String,
        pub state: i32,
        pub reason: String,
        pub chain: String,
        pub entered: bool,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

/// The certificate issued last to a region.
pub mod certificate_row {
    use sea_orm::entity::prelude::*;
    /// Columns.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "certificates")]
    #[allow(missing_docs)]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub region: String,
        pub authority_key: String,
        pub serial: String,
        pub not_after_ms: i64,
        pub digest: Vec<u8>,
        pub chain: String,
    }
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs)]
    pub enum Relation {}
    impl ActiveModelBehavior for ActiveModel {}
}

fn malformed(what: impl std::fmt::Display) -> DbErr {
    DbErr::Custom(format!("table enrolments: {what}"))
}

fn digest(bytes: &[u8]) -> Result<Digest, DbErr> {
    Digest::try_from(bytes).map_err(|_| malformed(format!("{} bytes where 32 belong", bytes.len())))
}

/// A request of its row.
///
/// # Errors
/// A value is malformed.
pub fn enrolment_of(row: enrolment_row::Model) -> Result<Enrolment, DbErr> {
    let number = |n: i32| u8::try_from(n).unwrap_or(0);
    Ok(Enrolment {
        serial: Serial::from_raw(unsigned(row.serial)).ok_or_else(|| malformed(format!("{} is no serial", row.serial)))?,
        region: row.region.parse().map_err(malformed)?,
        way: Way::from_number(number(row.way)).ok_or_else(|| malformed(format!("way {}", row.way)))?,
        digest: digest(&row.digest)?,
        request: row.request,
        journal_key: digest(&row.journal_key)?,
        address: row.address,
        state: State::from_number(number(row.state)).ok_or_else(|| malformed(format!("state {}", row.state)))?,
        reason: row.reason,
        chain: row.chain,
        entered: row.entered,
    })
}

fn row_of(enrolment: &Enrolment) -> enrolment_row::Model {
    enrolment_row::Model {
        serial: signed(enrolment.serial.raw()),
        region: enrolment.region.to_string(),
        way: i32::from(enrolment.way.number()),
        digest: enrolment.digest.to_vec(),
        request: enrolment.request.clone(),
        journal_key: enrolment.journal_key.to_vec(),
        address: enrolment.address.clone(),
        state: i32::from(enrolment.state.number()),
        reason: enrolment.reason.clone(),
        chain: enrolment.chain.clone(),
        entered: enrolment.entered,
    }
}

fn code_of(row: code_row::Model) -> Result<Code, DbErr> {
    Ok(Code {
        region: row.region.parse().map_err(malformed)?,
        hash: digest(&row.hash)?,
        expires: changxiao_domain::clock::Instant::from_ms(row.expires_ms),
        used: row.used.as_deref().map(digest).transpose()?,
    })
}

/// Enrolments of a group.
#[derive(Debug, Default)]
pub struct Enrolments {
    loaded: BTreeSet<RegionId>,
    codes: BTreeMap<RegionId, Code>,
    rows: BTreeMap<Serial, Enrolment>,
    certificates: BTreeMap<RegionId, certificate_row::Model>,
    changed_codes: BTreeSet<RegionId>,
    changed: BTreeSet<Serial>,
    changed_certificates: BTreeSet<RegionId>,
}

impl Enrolments {
    /// The code issued last for a region.
    #[must_use]
    pub fn code(&self, region: &RegionId) -> Option<&Code> {
        self.codes.get(region)
    }

    /// One request.
    #[must_use]
    pub fn get(&self, serial: Serial) -> Option<&Enrolment> {
        self.rows.get(&serial)
    }

    /// The request with this digest.
    #[must_use]
    pub fn with_digest(&self, digest: &Digest) -> Option<&Enrolment> {
        self.rows.values().find(|row| row.digest == *digest)
    }

    /// A code was issued.
    pub fn apply_code(&mut self, event: &EnrolmentCodeIssued) {
        self.codes.insert(event.region.clone(), Code::issued(event));
        self.changed_codes.insert(event.region.clone());
    }

    /// A region asks; what it asked before is superseded.
    pub fn apply_requested(&mut self, event: &EnrolmentRequested) {
        for row in self.rows.values_mut().filter(|row| row.region == event.region && row.state == State::Requested) {
            row.apply_superseded();
            self.changed.insert(row.serial);
        }
        if let Some(code) = self.codes.get_mut(&event.region).filter(|code| code.hash == event.code_hash) {
            code.used = Some(event.digest);
            self.changed_codes.insert(event.region.clone());
        }
        self.rows.insert(event.enrolment, Enrolment::requested(event));
        self.changed.insert(event.enrolment);
    }

    fn change(&mut self, serial: Serial, how: impl FnOnce(&mut Enrolment)) {
        if let Some(row) = self.rows.get_mut(&serial) {
            how(row);
            self.changed.insert(serial);
        }
    }

    /// Somebody decided.
    pub fn apply_decided(&mut self, event: &EnrolmentDecided) {
        self.change(event.enrolment, |row| row.apply_decided(event));
    }

    /// A certificate was issued.
    pub fn apply_issued(&mut self, event: &CertificateIssued) {
        if let Some(serial) = event.enrolment {
            self.change(serial, |row| row.apply_issued(event));
        }
        let row = certificate_row::Model {
            region: event.region.to_string(),
            authority_key: event.authority_key.clone(),
            serial: event.serial.clone(),
            not_after_ms: event.not_after.ms(),
            digest: event.digest.to_vec(),
            chain: event.chain.clone(),
        };
        self.certificates.insert(event.region.clone(), row);
        self.changed_certificates.insert(event.region.clone());
    }

    /// A register took effect: what it holds by now is proposed no more.
    pub fn apply_register(&mut self, event: &RegisterAdopted) {
        if !self.rows.values().any(Enrolment::is_proposed) {
            return;
        }
        // What was adopted could be read then; what cannot be read now proposes on.
        let Some(register) = unseal(&event.signed_register).ok().and_then(|(bytes, _)| decode(&bytes).ok()) else { return };
        for row in self.rows.values_mut().filter(|row| row.is_proposed()) {
            row.apply_register(&register);
            if row.entered {
                self.changed.insert(row.serial);
            }
        }
    }

    /// Loads everything about these regions that is not known yet.
    ///
    /// # Errors
    /// The database fails or holds malformed rows.
    pub async fn load(&mut self, db: &impl ConnectionTrait, regions: BTreeSet<RegionId>) -> Result<(), DbErr> {
        let wanted: Vec<RegionId> = regions.into_iter().filter(|region| self.loaded.insert(region.clone())).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let names = || wanted.iter().map(ToString::to_string);
        for row in code_row::Entity::find().filter(code_row::Column::Region.is_in(names())).all(db).await? {
            let code = code_of(row)?;
            self.codes.entry(code.region.clone()).or_insert(code);
        }
        let rows = enrolment_row::Entity::find().filter(enrolment_row::Column::Region.is_in(names())).all(db).await?;
        self.keep(rows)
    }

    /// Loads what is proposed to the top, for a register that takes effect.
    ///
    /// # Errors
    /// The database fails or holds malformed rows.
    pub async fn load_proposed(&mut self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        let rows = enrolment_row::Entity::find()
            .filter(enrolment_row::Column::State.eq(i32::from(State::Approved.number())))
            .filter(enrolment_row::Column::Entered.eq(false))
            .all(db)
            .await?;
        self.keep(rows)
    }

    fn keep(&mut self, rows: Vec<enrolment_row::Model>) -> Result<(), DbErr> {
        for row in rows {
            let row = enrolment_of(row)?;
            self.rows.entry(row.serial).or_insert(row);
        }
        Ok(())
    }

    /// Writes what changed; what is proposed to the top becomes a fact.
    ///
    /// # Errors
    /// The database fails.
    pub async fn flush(&mut self, db: &impl ConnectionTrait) -> Result<Vec<Change>, DbErr> {
        let codes = std::mem::take(&mut self.changed_codes);
        let codes = codes.iter().filter_map(|region| self.codes.get(region)).map(|code| code_row::Model {
            region: code.region.to_string(),
            hash: code.hash.to_vec(),
            expires_ms: code.expires.ms(),
            used: code.used.map(|digest| digest.to_vec()),
        });
        upsert::<code_row::Entity>(db, codes.collect()).await?;
        let (mut rows, mut facts) = (Vec::new(), BTreeMap::new());
        for row in std::mem::take(&mut self.changed).iter().filter_map(|serial| self.rows.get(serial)) {
            rows.push(row_of(row));
            // In order of their serials: the latest decision about a region is what is shown.
            if row.state == State::Approved {
                facts.insert(row.region.clone(), proposal(row));
            }
        }
        upsert::<enrolment_row::Entity>(db, rows).await?;
        let certificates = std::mem::take(&mut self.changed_certificates);
        let certificates = certificates.iter().filter_map(|region| self.certificates.get(region).cloned()).collect();
        upsert::<certificate_row::Entity>(db, certificates).await?;
        Ok(facts.into_values().collect())
    }
}

fn proposal(row: &Enrolment) -> Change {
    let body = NodeProposal {
        region: row.region.to_string(),
        journal_key: row.journal_key.to_vec().into(),
        federation_address: row.address.clone(),
    };
    Change {
        audience: Audience::Above,
        topic: Topic::new(NODE, row.region.to_string()),
        bucket: NODE.to_owned(),
        body_version: 1,
        body: row.is_proposed().then(|| body.encode_to_vec().into()),
    }
}

/// One request by its serial.
///
/// # Errors
/// The database fails or holds malformed rows.
pub async fn one(db: &impl ConnectionTrait, serial: Serial) -> Result<Option<Enrolment>, DbErr> {
    enrolment_row::Entity::find_by_id(signed(serial.raw())).one(db).await?.map(enrolment_of).transpose()
}

/// One request by its digest.
///
/// # Errors
/// The database fails or holds malformed rows.
pub async fn by_digest(db: &impl ConnectionTrait, digest: &Digest) -> Result<Option<Enrolment>, DbErr> {
    let row = enrolment_row::Entity::find().filter(enrolment_row::Column::Digest.eq(digest.to_vec())).one(db).await?;
    row.map(enrolment_of).transpose()
}

/// Requests, the newest first, from before the given one on.
///
/// # Errors
/// The database fails or holds malformed rows.
pub async fn list(db: &impl ConnectionTrait, before: Option<Serial>, limit: u64) -> Result<Vec<Enrolment>, DbErr> {
    let mut query = enrolment_row::Entity::find().order_by_desc(enrolment_row::Column::Serial).limit(limit);
    if let Some(before) = before {
        query = query.filter(enrolment_row::Column::Serial.lt(signed(before.raw())));
    }
    query.all(db).await?.into_iter().map(enrolment_of).collect()
}

/// The certificate issued last to a region.
///
/// # Errors
/// The database fails.
pub async fn certificate(db: &impl ConnectionTrait, region: &RegionId) -> Result<Option<certificate_row::Model>, DbErr> {
    certificate_row::Entity::find_by_id(region.to_string()).one(db).await
}
