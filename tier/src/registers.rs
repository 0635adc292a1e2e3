//! The register as it is published: judged before it is adopted, found again after a restart.

use std::sync::Arc;

use changxiao_domain::{clock::Date, event::Event, region::RegionId, register::Register};
use changxiao_proto::convert::{
    event::decode as event_of,
    register::{REGISTER_TAG, decode, unseal},
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    fault::Fault,
    journal::{checkpoint::PublicKey, store::entry_row},
    protocol::judge::Authority,
};

/// The register in force, as the protocol asks it.
#[derive(Clone, Debug)]
pub struct InForce {
    /// The register.
    pub register: Arc<Register>,
    /// The business day.
    pub today: Date,
}

impl Authority for InForce {
    fn in_subtree(&self, child: &RegionId, origin: &RegionId) -> bool {
        self.register.contains(child, origin, self.today)
    }

    fn key(&self, region: &RegionId) -> Option<PublicKey> {
        self.register.journal_key(region).copied().map(PublicKey)
    }
}

/// Judges a published register: only the top of the register in force may publish, under its own journal key.
///
/// # Errors
/// Not from the top, not signed by it, or not a register.
pub fn judge(current: &Register, issuer: &RegionId, signed: &[u8]) -> Result<Register, Fault> {
    let refuse = |en: String, zh: &str| Fault::Precondition { reason: "REGISTER_NOT_PUBLISHED", en, zh: zh.to_owned() };
    let top = current.region(issuer).is_some_and(|region| region.attributes.iter().all(|dated| dated.parent.is_none()));
    if !top {
        return Err(refuse(
            format!("{issuer} may not publish a register; only the top region may"),
            "只有最上级地区可以发布区划登记",
        ));
    }
    let malformed = |fault: &dyn std::fmt::Display| refuse(format!("the register cannot be read: {fault}"), "区划登记无法读取");
    let (register, signature) = unseal(signed).map_err(|fault| malformed(&fault))?;
    let key = current.journal_key(issuer).map(|key| PublicKey(*key));
    if !key.is_some_and(|key| key.verify_statement(REGISTER_TAG, &register, &signature)) {
        return Err(refuse(format!("the register is not signed by {issuer}"), "区划登记签名无效"));
    }
    decode(&register).map_err(|fault| malformed(&fault))
}

/// The register adopted last, as the journal has it.
///
/// # Errors
/// The database fails, or the entry cannot be read.
pub async fn adopted(db: &impl ConnectionTrait) -> Result<Option<Register>, DbErr> {
    let entry = entry_row::Entity::find()
        .filter(entry_row::Column::Kind.eq("register_adopted"))
        .order_by_desc(entry_row::Column::Position)
        .one(db)
        .await?;
    let Some(entry) = entry else { return Ok(None) };
    let strange = |what: String| DbErr::Custom(format!("the adopted register at {}: {what}", entry.position));
    match event_of(&entry.body, Vec::new()).map_err(|fault| strange(fault.to_string()))? {
        Event::RegisterAdopted(event) => {
            let (register, _) = unseal(&event.signed_register).map_err(|fault| strange(fault.to_string()))?;
            Ok(Some(decode(&register).map_err(|fault| strange(fault.to_string()))?))
        }
        other => Err(strange(format!("it is {}", other.kind()))),
    }
}
