//! `federation.v1.Directives` for the regions hosted by this process: judges what arrives and hands it to the program.
//!
//! Only the parent delivers, but it need not be the issuer: what counts is the issuer's signature and its place above the
//! addressee by this region's own register. What came before gets its first receipt, whatever time it is by now.

use std::{collections::BTreeMap, pin::Pin, sync::Arc};

use changxiao_domain::{directive::Directive, region::RegionId};
use changxiao_proto::{
    convert::directive::{DIRECTIVE_TAG, decode, seal, unseal},
    federation::v1::{self as pb, directives_server::Directives},
};
use sea_orm::{DatabaseConnection, EntityTrait};
use tonic::{Request, Response, Status};

use super::directive_row;
use crate::{
    fault::Fault,
    feed::parent,
    journal::{
        checkpoint::PublicKey,
        store::{entry_row, unsigned},
    },
    place::Place,
    protocol::directive::Refusal,
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
        let directive = decode(&wire.directive).map_err(|fault| malformed(fault.to_string()))?;
        if let Some(receipt) = self.earlier(&directive, wire).await? {
            return Ok(receipt);
        }
        judge(&self.place, &directive, wire).map_err(|refusal| {
            tracing::warn!(
                region = %self.place.region, parent = %from, directive = %directive.id, reason = refusal.reason(),
                "a directive is not taken: {refusal}"
            );
            refused(&refusal)
        })?;
        let signature =
            <&[u8; 64]>::try_from(&wire.signature[..]).map_err(|_| malformed("a signature is 64 bytes".to_owned()))?;
        let signed = seal(wire.directive.to_vec(), signature);
        (self.receive)(Received { directive, signed, from }).await
    }

    /// The first receipt, if this very directive came before: an order that expired since did take effect. Nothing else is asked.
    async fn earlier(&self, directive: &Directive, wire: &pb::SignedDirective) -> Result<Option<pb::DeliverResponse>, Fault> {
        let Some(row) = directive_row::Entity::find_by_id(directive.id.clone()).one(&self.read).await? else { return Ok(None) };
        let (bytes, _) = unseal(&row.signed).map_err(|fault| Fault::Internal(format!("table directives: {fault}")))?;
        if bytes != wire.directive {
            return Err(refused(&Refusal::IdReused { id: directive.id.clone() }));
        }
        let entry = entry_row::Entity::find_by_id(row.position).one(&self.read).await?;
        let epoch = entry.map_or(self.place.epoch, |entry| u32::try_from(entry.epoch).unwrap_or(self.place.epoch));
        Ok(Some(pb::DeliverResponse {
            region: self.place.region.to_string(),
            epoch,
            position: unsigned(row.position),
            repeated: true,
        }))
    }
}

/// Judges a new directive by the region's own register and business clock.
fn judge(place: &Place, directive: &Directive, wire: &pb::SignedDirective) -> Result<(), Refusal> {
    let register = place.registers.current();
    let (me, now) = (&place.region, place.clock.now());
    let (issuer, addressee) = (&directive.issuer, &directive.addressee);
    if issuer == me || !register.contains(issuer, me, now.date()) {
        return Err(Refusal::IssuerNotAbove { issuer: issuer.to_string(), region: me.to_string() });
    }
    let key = register.journal_key(issuer).copied().map(PublicKey);
    let key = key.ok_or_else(|| Refusal::KeyUnknown { issuer: issuer.to_string() })?;
    if !key.verify_statement(DIRECTIVE_TAG, &wire.directive, &wire.signature) {
        return Err(Refusal::SignatureInvalid { issuer: issuer.to_string() });
    }
    if addressee != me && !register.contains(me, addressee, now.date()) {
        return Err(Refusal::NotAddressed { addressee: addressee.to_string(), region: me.to_string() });
    }
    if directive.expires_at.is_some_and(|expires| now >= expires) {
        return Err(Refusal::Expired { id: directive.id.clone() });
    }
    Ok(())
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
