//! The register as it is published: exact bytes with the province's signature over them.

use changxiao_domain::{
    clock::Date,
    period::Month,
    region::RegionKind,
    register::{Dated, Region, Register},
};
use prost::Message as _;

use super::scalar::{Malformed, Parts, Wire};
use crate::oversight::v1 as pb;

/// Tag under which the province's journal key signs the register's bytes.
pub const REGISTER_TAG: &str = "register/v1";

const KINDS: [RegionKind; 3] = [RegionKind::Province, RegionKind::Prefecture, RegionKind::County];

/// The register as a message.
#[must_use]
pub fn to_wire(register: &Register) -> pb::Register {
    let none = &mut Parts::default();
    let regions = register.regions().map(|region| pb::Region {
        id: region.id.to_string(),
        kind: KINDS.iter().zip(1..).find(|(kind, _)| **kind == region.kind).map_or(0, |(_, number)| number),
        journal_key: region.journal_key.map(|key| key.to_vec().into()).unwrap_or_default(),
        federation_address: region.federation_address.clone().unwrap_or_default(),
        joined: region.joined.and_then(|month| month.put(none)),
        attributes: region.attributes.iter().map(|dated| dated_to_wire(dated, none)).collect(),
    });
    pb::Register { version: u32::try_from(register.version()).unwrap_or(u32::MAX), regions: regions.collect() }
}

fn dated_to_wire(dated: &Dated, none: &mut Parts) -> pb::Dated {
    pb::Dated {
        from: dated.from.put(none),
        to: dated.to.put(none),
        code: dated.code.to_string(),
        name_zh: dated.name_zh.clone(),
        name_en: dated.name_en.clone(),
        parent: dated.parent.as_ref().map(ToString::to_string).unwrap_or_default(),
        basis: dated.basis.clone(),
    }
}

/// The register of a message, checked as a whole.
///
/// # Errors
/// A value is malformed, or the register does not hold together.
pub fn from_wire(wire: pb::Register) -> Result<Register, Malformed> {
    let version = u64::from(wire.version);
    let regions = wire.regions.into_iter().map(region_from_wire).collect::<Result<Vec<_>, _>>()?;
    Register::new(version, regions).map_err(|fault| Malformed { field: "register", why: fault.to_string() })
}

fn region_from_wire(wire: pb::Region) -> Result<Region, Malformed> {
    let wrong = |field, why: String| Malformed { field, why };
    let kind = usize::try_from(wire.kind).ok().and_then(|n| n.checked_sub(1)).and_then(|n| KINDS.get(n).copied());
    let key = match wire.journal_key.len() {
        0 => None,
        _ => Some(<[u8; 32]>::take(wire.journal_key, &Parts::default()).map_err(|why| wrong("journal_key", why))?),
    };
    Ok(Region {
        id: wire.id.parse().map_err(|e| wrong("id", format!("{e}")))?,
        kind: kind.ok_or_else(|| wrong("kind", format!("{} is none", wire.kind)))?,
        journal_key: key,
        federation_address: (!wire.federation_address.is_empty()).then_some(wire.federation_address),
        joined: wire
            .joined
            .map(|month| Month::take(Some(month), &Parts::default()))
            .transpose()
            .map_err(|why| wrong("joined", why))?,
        attributes: wire.attributes.into_iter().map(dated_from_wire).collect::<Result<_, _>>()?,
    })
}

fn dated_from_wire(wire: pb::Dated) -> Result<Dated, Malformed> {
    let wrong = |field, why: String| Malformed { field, why };
    let none = &Parts::default();
    Ok(Dated {
        from: Date::take(wire.from, none).map_err(|why| wrong("from", why))?,
        to: Wire::take(wire.to, none).map_err(|why| wrong("to", why))?,
        code: wire.code.parse().map_err(|e| wrong("code", format!("{e}")))?,
        name_zh: wire.name_zh,
        name_en: wire.name_en,
        parent: if wire.parent.is_empty() {
            None
        } else {
            Some(wire.parent.parse().map_err(|e| wrong("parent", format!("{e}")))?)
        },
        basis: wire.basis,
    })
}

/// A register's bytes with the publisher's signature.
#[must_use]
pub fn seal(register: Vec<u8>, signature: &[u8; 64]) -> Vec<u8> {
    pb::SignedRegister { register: register.into(), signature: signature.to_vec().into() }.encode_to_vec()
}

/// Bytes and signature of a sealed register.
///
/// # Errors
/// Not a sealed register.
pub fn unseal(bytes: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Malformed> {
    let sealed = pb::SignedRegister::decode(bytes).map_err(|e| Malformed { field: "register", why: e.to_string() })?;
    Ok((sealed.register.to_vec(), sealed.signature.to_vec()))
}

/// A register from its bytes.
///
/// # Errors
/// Not a register, or one that does not hold together.
pub fn decode(bytes: &[u8]) -> Result<Register, Malformed> {
    from_wire(pb::Register::decode(bytes).map_err(|e| Malformed { field: "register", why: e.to_string() })?)
}
