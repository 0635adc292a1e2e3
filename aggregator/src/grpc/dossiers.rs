//! Major hazards that regions below show to this tier.

use changxiao_proto::{
    county::v1::Dossier,
    oversight::v1::{self as pb, listed_supervision_server::ListedSupervision},
};
use changxiao_tier::{desk::page, fault::Fault};
use prost::Message as _;
use tonic::{Request, Response, Status};

use super::{Office, after, parent, token};
use crate::store::shown::{self, DOSSIER};

/// Serves the dossiers shown to the regions of a desk.
pub struct ListedSupervisionService(pub Office);

#[tonic::async_trait]
impl ListedSupervision for ListedSupervisionService {
    async fn list_dossiers(
        &self,
        request: Request<pb::ListDossiersRequest>,
    ) -> Result<Response<pb::ListDossiersResponse>, Status> {
        let region = parent(&request.get_ref().parent)?;
        let (host, actor) = self.0.admit(&request, &region)?;
        let (size, begin) = page(request.get_ref().page.as_ref())?;
        let begin = after(begin)?;
        let mut listed = shown::list(&host.read, &region, DOSSIER, begin.as_ref(), size + 1).await.map_err(Fault::from)?;
        let more = listed.len() as u64 > size;
        listed.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token = if more { listed.last().map(token).unwrap_or_default() } else { String::new() };
        // A page may hold less than its size: what lies outside the caller's industry is not there for them.
        let dossiers = listed
            .into_iter()
            .filter_map(|listed| {
                let dossier = Dossier::decode(listed.body.as_slice()).ok()?;
                actor
                    .scope()
                    .sees_industry(&dossier.industry)
                    .then_some(pb::OversightDossier { origin: listed.origin, dossier: Some(dossier) })
            })
            .collect();
        Ok(Response::new(pb::ListDossiersResponse { dossiers, next_page_token }))
    }
}
