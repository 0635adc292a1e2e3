//! Directives as they travel: exact bytes with the issuer's signature over them.

use changxiao_domain::{
    clock::{Date, Instant},
    directive::{Directive, Order, Packed, Step},
    rule_table::TableKind,
    serial::Serial,
};
use prost::Message as _;

use super::scalar::{Malformed, Parts, Wire};
use crate::federation::v1 as pb;

/// Tag under which the issuer's journal key signs a directive's bytes.
pub const DIRECTIVE_TAG: &str = "directive/v1";

/// Bytes of a directive, to be signed.
#[must_use]
pub fn encode(directive: &Directive) -> Vec<u8> {
    pb::Directive {
        id: directive.id.clone(),
        issuer: directive.issuer.to_string(),
        addressee: directive.addressee.to_string(),
        issued_at_ms: directive.issued_at.ms(),
        expires_at_ms: directive.expires_at.map_or(0, Instant::ms),
        order: Some(match &directive.order {
            Order::Admission { enterprise, approved, reason } => pb::directive::Order::Admission(pb::AdmissionDecision {
                enterprise: enterprise.raw(),
                approved: *approved,
                reason: reason.clone(),
            }),
            Order::Removal { enterprise, consented, reason } => pb::directive::Order::Removal(pb::RemovalDecision {
                enterprise: enterprise.raw(),
                consented: *consented,
                reason: reason.clone(),
            }),
            Order::Transfer { step, offer, from, enterprise, text, answer_by, package } => {
                pb::directive::Order::Transfer(pb::TransferStep {
                    step: step.number(),
                    offer: offer.clone(),
                    from: from.to_string(),
                    enterprise: enterprise.raw(),
                    text: text.clone(),
                    answer_by: answer_by.put(&mut Parts::default()),
                    package: pack(package),
                })
            }
            Order::Supervision { dossier, demand, answer_by } => pb::directive::Order::Supervision(pb::SupervisionOrder {
                dossier: dossier.raw(),
                demand: demand.clone(),
                answer_by_ms: answer_by.ms(),
            }),
            Order::Register { version, signed } => pb::directive::Order::Register(pb::RegisterPublication {
                version: *version,
                signed_register: signed.clone().into(),
            }),
            Order::RuleTable { table, valid_from, source, text } => pb::directive::Order::RuleTable(pb::RuleTablePublication {
                table: table.id().to_owned(),
                valid_from: valid_from.put(&mut Parts::default()),
                source: source.clone(),
                text: text.clone(),
            }),
            Order::Revocations { version, signed } => pb::directive::Order::Revocations(pb::RevocationPublication {
                version: *version,
                signed_list: signed.clone().into(),
            }),
        }),
    }
    .encode_to_vec()
}

/// Entries that travel, on the wire.
#[must_use]
pub fn pack(package: &[Packed]) -> Vec<pb::PackedEntry> {
    let bytes = |bytes: &Vec<u8>| bytes::Bytes::copy_from_slice(bytes);
    let entry = |packed: &Packed| pb::PackedEntry { body: bytes(&packed.body), parts: packed.parts.iter().map(bytes).collect() };
    package.iter().map(entry).collect()
}

/// Entries that travel, from the wire.
#[must_use]
pub fn unpack(package: Vec<pb::PackedEntry>) -> Vec<Packed> {
    let packed = |entry: pb::PackedEntry| Packed {
        body: entry.body.to_vec(),
        parts: entry.parts.iter().map(|part| part.to_vec()).collect(),
    };
    package.into_iter().map(packed).collect()
}

/// A directive with its signature, as it travels and is stored.
#[must_use]
pub fn seal(directive: Vec<u8>, signature: &[u8; 64]) -> Vec<u8> {
    pb::SignedDirective { directive: directive.into(), signature: signature.to_vec().into() }.encode_to_vec()
}

/// Bytes and signature of a sealed directive.
///
/// # Errors
/// Not a sealed directive.
pub fn unseal(bytes: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Malformed> {
    let sealed = pb::SignedDirective::decode(bytes).map_err(|e| Malformed { field: "directive", why: e.to_string() })?;
    Ok((sealed.directive.to_vec(), sealed.signature.to_vec()))
}

/// The directive in sealed bytes. The signature is not looked at.
///
/// # Errors
/// Not a directive that this version understands.
pub fn decode_signed(bytes: &[u8]) -> Result<Directive, Malformed> {
    decode(&unseal(bytes)?.0)
}

/// A directive from its bytes.
///
/// # Errors
/// Not a directive that this version understands.
pub fn decode(bytes: &[u8]) -> Result<Directive, Malformed> {
    let wrong = |field, why: String| Malformed { field, why };
    let wire = pb::Directive::decode(bytes).map_err(|e| wrong("directive", e.to_string()))?;
    let serial = |field, raw| Serial::from_raw(raw).ok_or_else(|| wrong(field, format!("{raw} is not a serial")));
    let order = match wire.order.ok_or_else(|| wrong("order", "it is unknown to this version".to_owned()))? {
        pb::directive::Order::Admission(order) => Order::Admission {
            enterprise: serial("enterprise", order.enterprise)?,
            approved: order.approved,
            reason: order.reason,
        },
        pb::directive::Order::Removal(order) => Order::Removal {
            enterprise: serial("enterprise", order.enterprise)?,
            consented: order.consented,
            reason: order.reason,
        },
        pb::directive::Order::Transfer(order) => Order::Transfer {
            step: Step::from_number(order.step).ok_or_else(|| wrong("step", format!("{} is no step", order.step)))?,
            offer: order.offer,
            from: order.from.parse().map_err(|e| wrong("from", format!("{e}")))?,
            enterprise: serial("enterprise", order.enterprise)?,
            text: order.text,
            answer_by: Wire::take(order.answer_by, &Parts::default()).map_err(|why| wrong("answer_by", why))?,
            package: unpack(order.package),
        },
        pb::directive::Order::Supervision(order) => Order::Supervision {
            dossier: serial("dossier", order.dossier)?,
            demand: order.demand,
            answer_by: Instant::from_ms(order.answer_by_ms),
        },
        pb::directive::Order::Register(order) => {
            Order::Register { version: order.version, signed: order.signed_register.to_vec() }
        }
        pb::directive::Order::RuleTable(order) => Order::RuleTable {
            table: TableKind::from_id(&order.table).ok_or_else(|| wrong("table", format!("`{}` is no table", order.table)))?,
            valid_from: Date::take(order.valid_from, &Parts::default()).map_err(|why| wrong("valid_from", why))?,
            source: order.source,
            text: order.text,
        },
        pb::directive::Order::Revocations(order) => {
            Order::Revocations { version: order.version, signed: order.signed_list.to_vec() }
        }
    };
    if wire.id.is_empty() || wire.id.len() > 128 {
        return Err(wrong("id", "must have 1 to 128 characters".to_owned()));
    }
    Ok(Directive {
        id: wire.id,
        issuer: wire.issuer.parse().map_err(|e| wrong("issuer", format!("{e}")))?,
        addressee: wire.addressee.parse().map_err(|e| wrong("addressee", format!("{e}")))?,
        issued_at: Instant::from_ms(wire.issued_at_ms),
        expires_at: (wire.expires_at_ms != 0).then(|| Instant::from_ms(wire.expires_at_ms)),
        order,
    })
}
