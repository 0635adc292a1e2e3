//! The register of regions (行政区划) in force here.

use changxiao_domain::{
    clock::Date,
    enrolment::{grouped, holds},
    event::Digest,
    region::RegionId,
};
use changxiao_proto::{
    convert::{
        enrolment::address,
        register::{decode, from_wire, to_wire, unseal},
        request::{Invalid, Reader},
    },
    enrolment::v1::NodeProposal,
    oversight::v1::{self as pb, regions_server::Regions},
    types::v1::Receipt,
};
use changxiao_tier::{
    desk::{Host, Parsed},
    fault::Fault,
    journal::checkpoint::PublicKey,
};
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::{Office, issuer, parent};
use crate::{
    app::{issuer::Issuer, nodes::EnterNode, registers::PublishRegister},
    book::Ledger,
    store::{enrolments::NODE, registers, shown},
};

/// Serves the register of the regions of a desk.
pub struct RegionsService(pub Office);

fn read_enter(issuer: Option<Issuer>, today: Date, wire: pb::EnterNodeRequest) -> Result<Parsed<Ledger>, Invalid> {
    let mut reader = Reader::default();
    let here = reader.region_name("parent", &wire.parent);
    let request_id = reader.request_id(&wire.request_id);
    let region = reader.parse::<RegionId>("region", &wire.region);
    let fingerprint = reader.text("fingerprint", &wire.fingerprint, 64, 200);
    let key = if wire.journal_key.is_empty() { Some(None) } else { reader.digest("journal_key", &wire.journal_key).map(Some) };
    let address = match wire.federation_address.as_str() {
        "" => Some(None),
        given => reader.read("federation_address", address(given)).map(Some),
    };
    let joined = match wire.joined {
        None => Some(None),
        given => reader.month("joined", given).map(Some),
    };
    let read = here.zip(request_id).zip(region).zip(fingerprint).zip(key.zip(address).zip(joined)).zip(issuer);
    let read = read.map(|(((((here, request_id), region), fingerprint), ((key, address), joined)), issuer)| {
        let above = issuer.registers.current().parent(&region, today).cloned();
        let command = Box::new(EnterNode { issuer, region, above, fingerprint, key, address, joined }) as _;
        Parsed { region: here, request_id, validate_only: wire.validate_only, command }
    });
    reader.finish(read)
}

fn read_publish(issuer: Option<Issuer>, wire: pb::PublishRegisterRequest) -> Result<Parsed<Ledger>, Invalid> {
    let mut reader = Reader::default();
    let region = reader.region_name("parent", &wire.parent);
    let request_id = reader.request_id(&wire.request_id);
    let register = reader.read("register", from_wire(wire.register.unwrap_or_default()));
    let read = region.zip(request_id).zip(register).zip(issuer).map(|(((region, request_id), register), issuer)| Parsed {
        region,
        request_id,
        validate_only: wire.validate_only,
        command: Box::new(PublishRegister { issuer, register }) as _,
    });
    reader.finish(read)
}

/// Puts the newest register that was adopted durably in force for every room of the process.
///
/// # Errors
/// The database fails or holds a malformed register.
pub async fn put_in_force(host: &Host<Ledger>) -> Result<(), Fault> {
    let Some(row) = registers::newest(&host.read).await? else { return Ok(()) };
    let malformed = |why: String| Fault::Internal(format!("table registers: {why}"));
    let (bytes, _) = unseal(&row.signed).map_err(|fault| malformed(fault.to_string()))?;
    host.place.registers.adopt(decode(&bytes).map_err(|fault| malformed(fault.to_string()))?);
    Ok(())
}

#[tonic::async_trait]
impl Regions for RegionsService {
    async fn get_register(&self, request: Request<pb::GetRegisterRequest>) -> Result<Response<pb::GetRegisterResponse>, Status> {
        let region = parent(&request.get_ref().parent)?;
        let (host, _) = self.0.admit(&request, &region)?;
        let register = to_wire(&host.place.registers.current());
        Ok(Response::new(pb::GetRegisterResponse { register: Some(register) }))
    }

    async fn publish_register(&self, request: Request<pb::PublishRegisterRequest>) -> Result<Response<Receipt>, Status> {
        let issuer = issuer(&self.0, &request, &request.get_ref().parent)?;
        let receipt = self.0.write("PublishRegister", request, |wire| read_publish(issuer, wire)).await?;
        if let Some(host) = self.0.hosts().find(|host| host.place.region.as_str() == receipt.get_ref().region) {
            put_in_force(host).await?;
        }
        Ok(receipt)
    }

    async fn list_proposals(
        &self,
        request: Request<pb::ListProposalsRequest>,
    ) -> Result<Response<pb::ListProposalsResponse>, Status> {
        let region = parent(&request.get_ref().parent)?;
        let (host, _) = self.0.admit(&request, &region)?;
        let register = host.place.registers.current();
        // There are as many as regions that are being enrolled now.
        let listed = shown::list(&host.read, &region, NODE, None, 1_000).await.map_err(Fault::from)?;
        let proposals = listed.into_iter().filter_map(|listed| {
            let body = NodeProposal::decode(listed.body.as_slice()).ok()?;
            let of: RegionId = body.region.parse().ok()?;
            let key = Digest::try_from(body.journal_key.as_ref()).ok()?;
            (!holds(&register, &of, &key, &body.federation_address)).then(|| pb::Proposal {
                region: body.region.clone(),
                enrolled_by: listed.origin,
                fingerprint: grouped(&PublicKey(key).fingerprint()),
                federation_address: body.federation_address,
            })
        });
        let mut proposals: Vec<pb::Proposal> = proposals.collect();
        proposals.sort_by(|a, b| a.region.cmp(&b.region));
        Ok(Response::new(pb::ListProposalsResponse { proposals }))
    }

    async fn enter_node(&self, request: Request<pb::EnterNodeRequest>) -> Result<Response<Receipt>, Status> {
        let issuer = issuer(&self.0, &request, &request.get_ref().parent)?;
        let today = issuer.as_ref().and_then(|issuer| self.0.host(&issuer.region).ok()).map(|host| host.place.clock.now().date());
        let today = today.ok_or_else(|| Fault::NotFound { what: "the region asked".to_owned() })?;
        let receipt = self.0.write("EnterNode", request, |wire| read_enter(issuer, today, wire)).await?;
        if let Some(host) = self.0.hosts().find(|host| host.place.region.as_str() == receipt.get_ref().region) {
            put_in_force(host).await?;
        }
        Ok(receipt)
    }
}
