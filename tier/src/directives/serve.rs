//! `federation.v1.Directives` for the regions hosted by this process: judges what arrives and hands it to the program.
//!
//! Only the parent delivers, but it need not be the issuer: what counts is the issuer's signature and its place above the
//! addressee by this region's own register. What came before gets its first receipt, whatever time it is by now.

use std::{collections::BTreeMap, pin::Pin, sync::Arc};

use changxiao_domain::{directive::Directive, region::RegionId};
use changxiao_proto::{
    convert::directive::{decode, seal, unseal},
    federation::v1::{self as pb, directives_server::Directives},
};
use sea_orm::{DatabaseConnection, EntityTrait};
use tonic::{Request, Response, Status};

use super::directive_row;
use crate::{
    fault::Fault,
    feed::parent,
    journal::store::{entry_row, unsigned},
    place::Place,
    protocol::directive::{Arrival, Known, Receipt, Refusal, SignedDirective, arrive},
    registers::InForce,
};

/// A directive that was judged good and is to be journaled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What is ordered. The addressee is this region (carry it out) or lies below it (carry it on).
    pub directive: Directive,
    /// As it came, sealed: what is journaled and passed on.
    pub signed: Vec<u8>,
    /// The parent that delivered it.
    pub from: RegionId,
}

/// Answer of a program to one directive.
pub type Receiving = Pin<Box<dyn Future<Output = Result<pb::DeliverResponse, Fault>> + Send>>;

/// Submits a directive to the region's writer. Idempotent by the directive's id, since two deliveries may run at once.
pub type Receive = Arc<dyn Fn(Received) -> Receiving + Send + Sync>;

/// What the service needs of one region.
pub struct DirectivesRegion {
    /// The region.
    pub place: Place,
    /// Reads.
    pub read: DatabaseConnection,
    /// Takes what was judged good.
    pub receive: Receive,
}

/// The service.
pub struct DirectivesService {
    regions: BTreeMap<RegionId, DirectivesRegion>,
}

impl DirectivesService {
    /// Serves these regions.
    #[must_use]
    pub fn new(regions: BTreeMap<RegionId, DirectivesRegion>) -> Self {
        Self { regions }
    }
}

#[tonic::async_trait]
impl Directives for DirectivesService {
    async fn deliver(&self, request: Request<pb::DeliverRequest>) -> Result<Response<pb::DeliverResponse>, Status> {
        let name = &request.get_ref().region;
        let region = self.regions.get(name.as_str()).ok_or_else(|| Fault::NotFound { what: "the region asked".to_owned() })?;
        let from = parent(&region.place, request.extensions(), "Directives/Deliver")?;
        let wire = request.into_inner().directive.unwrap_or_default();
        Ok(Response::new(region.deliver(from, &wire).await?))
    }
}

impl DirectivesRegion {
    async fn deliver(&self, from: RegionId, wire: &pb::SignedDirective) -> Result<pb::DeliverResponse, Fault> {
        let malformed = |detail: String| refused(&Refusal::Malformed { detail });
        // What this version cannot carry out is not taken either: the whole directive is read first, not only its outside.
        let directive = decode(&wire.directive).map_err(|fault| malformed(fault.to_string()))?;
        let known = self.known(&directive.id).await?;
        let (me, now) = (&self.place.region, self.place.clock.now());
        let authority = InForce { register: self.place.registers.current(), today: now.date() };
        let signed = SignedDirective { directive: wire.directive.clone(), signature: wire.signature.clone() };
        match arrive(&signed, me, now, &authority, |_| known.as_ref()) {
            Ok(Arrival::Repeated(Receipt { region, epoch, position })) => {
                Ok(pb::DeliverResponse { region: region.to_string(), epoch, position, repeated: true })
            }
            Ok(Arrival::CarryOut(_) | Arrival::CarryOn(_)) => {
                let signature = <&[u8; 64]>::try_from(&wire.signature[..]);
                let signature = signature.map_err(|_| malformed("a signature is 64 bytes".to_owned()))?;
                let signed = seal(wire.directive.to_vec(), signature);
                (self.receive)(Received { directive, signed, from }).await
            }
            Err(refusal) => {
                tracing::warn!(
                    region = %me, parent = %from, directive = %directive.id, reason = refusal.reason(),
                    "a directive is not taken: {refusal}"
                );
                Err(refused(&refusal))
            }
        }
    }

    /// What came earlier under this id, with its first receipt.
    async fn known(&self, id: &str) -> Result<Option<Known>, Fault> {
        let Some(row) = directive_row::Entity::find_by_id(id).one(&self.read).await? else { return Ok(None) };
        let (directive, signature) =
            unseal(&row.signed).map_err(|fault| Fault::Internal(format!("table directives: {fault}")))?;
        let entry = entry_row::Entity::find_by_id(row.position).one(&self.read).await?;
        let epoch = entry.map_or(self.place.epoch, |entry| u32::try_from(entry.epoch).unwrap_or(self.place.epoch));
        Ok(Some(Known {
            signed: SignedDirective { directive: directive.into(), signature: signature.into() },
            receipt: Receipt { region: self.place.region.clone(), epoch, position: unsigned(row.position) },
        }))
    }
}

fn refused(refusal: &Refusal) -> Fault {
    let zh = match refusal {
        Refusal::Malformed { .. } => "指令格式有误",
        Refusal::IssuerNotAbove { .. } => "发令地区不是本地区的上级",
        Refusal::KeyUnknown { .. } => "区划登记中没有发令地区的日志公钥",
        Refusal::SignatureInvalid { .. } => "指令签名无效",
        Refusal::NotAddressed { .. } => "指令对象不在本地区辖内",
        Refusal::IdReused { .. } => "该指令编号已用于其他内容",
        Refusal::Expired { .. } => "指令已过期",
    };
    Fault::Precondition { reason: refusal.reason(), en: refusal.to_string(), zh: zh.to_owned() }
}
