//! The register of regions (行政区划) in force here.

use changxiao_proto::{
    convert::{
        register::{decode, from_wire, to_wire, unseal},
        request::{Invalid, Reader},
    },
    oversight::v1::{self as pb, regions_server::Regions},
    types::v1::Receipt,
};
use changxiao_tier::{
    desk::{Host, Parsed},
    fault::Fault,
};
use tonic::{Request, Response, Status};

use super::{Office, issuer, parent};
use crate::{
    app::{issuer::Issuer, registers::PublishRegister},
    book::Ledger,
    store::registers,
};

/// Serves the register of the regions of a desk.
pub struct RegionsService(pub Office);

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
}
