//! Admissions that wait for this tier (审核认可).

use std::collections::BTreeSet;

use changxiao_domain::serial::Serial;
use changxiao_proto::{
    convert::request::{Invalid, Reader},
    oversight::v1::{self as pb, admissions_server::Admissions},
    types::v1::Receipt,
};
use changxiao_tier::{
    desk::{Parsed, page},
    fault::Fault,
};
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::{Office, after, foreign, issuer, parent, token};
use crate::{
    app::{admissions::DecideAdmission, issuer::Issuer},
    book::Ledger,
    store::{
        decisions,
        shown::{self, ADMISSION, Listed},
    },
};

const NAME: &str = "regions/{region}/admissions/{origin}~{enterprise}";

/// Serves the admissions of the regions of a desk.
pub struct AdmissionsService(pub Office);

fn read_decide(issuer: Option<Issuer>, wire: pb::DecideAdmissionRequest) -> Result<Parsed<Ledger>, Invalid> {
    let mut reader = Reader::default();
    let name = foreign(&mut reader, "name", &wire.name, NAME);
    let request_id = reader.request_id(&wire.request_id);
    // An approval speaks for itself; who gets an enterprise back must be told why.
    let reason = reader.text("reason", &wire.reason, usize::from(!wire.approve), 1_000);
    let read =
        name.zip(request_id).zip(reason).zip(issuer).map(|((((region, origin, enterprise), request_id), reason), issuer)| {
            Parsed {
                region,
                request_id,
                validate_only: wire.validate_only,
                command: Box::new(DecideAdmission { issuer, origin, enterprise, approve: wire.approve, reason }) as _,
            }
        });
    reader.finish(read)
}

#[tonic::async_trait]
impl Admissions for AdmissionsService {
    async fn list_admissions(
        &self,
        request: Request<pb::ListAdmissionsRequest>,
    ) -> Result<Response<pb::ListAdmissionsResponse>, Status> {
        let region = parent(&request.get_ref().parent)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let (size, begin) = page(request.get_ref().page.as_ref())?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let mut begin = after(begin)?;
        let mut found: Vec<(Listed, pb::Admission)> = Vec::new();
        loop {
            let chunk = shown::list(&host.read, &region, ADMISSION, begin.as_ref(), 1_000).await.map_err(Fault::from)?;
            let Some(last) = chunk.last() else { break };
            begin = Some((last.origin.clone(), last.key.clone()));
            let origins: BTreeSet<String> = chunk.iter().map(|listed| listed.origin.clone()).collect();
            let decided = decisions::decided(&host.read, origins).await.map_err(Fault::from)?;
            for listed in chunk {
                let Some(serial) = listed.key.parse::<Serial>().ok() else { continue };
                let Ok(admission) = pb::Admission::decode(listed.body.as_slice()) else { continue };
                let done = decided.get(&(listed.origin.clone(), serial.raw())).is_some_and(|last| *last >= listed.version);
                let industry = admission.enterprise.as_ref().map_or("", |enterprise| enterprise.industry.as_str());
                if !done && actor.scope().sees_industry(industry) {
                    let name = host.place.name(&format!("admissions/{}~{serial}", listed.origin));
                    found.push((listed, pb::Admission { name, ..admission }));
                }
            }
            if found.len() > size {
                break;
            }
        }
        let more = found.len() > size;
        found.truncate(size);
        let next_page_token = if more { found.last().map(|(last, _)| token(last)).unwrap_or_default() } else { String::new() };
        let admissions = found.into_iter().map(|(_, admission)| admission).collect();
        Ok(Response::new(pb::ListAdmissionsResponse { admissions, next_page_token }))
    }

    async fn decide_admission(&self, request: Request<pb::DecideAdmissionRequest>) -> Result<Response<Receipt>, Status> {
        let issuer = issuer(&self.0, &request, &request.get_ref().name)?;
        self.0.write("DecideAdmission", request, |wire| read_decide(issuer, wire)).await
    }
}
