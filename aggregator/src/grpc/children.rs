//! The direct links of this tier.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use changxiao_domain::{event::LinkState, region::RegionId};
use changxiao_proto::{
    convert::request::{Invalid, Name, Reader},
    oversight::v1::{self as pb, children_server::Children},
    types::v1::Receipt,
};
use changxiao_tier::{channel::deadline, desk::Parsed, fault::Fault, place::Place};
use tonic::{Request, Response, Status};

use super::{Office, parent};
use crate::{
    app::links::ReleaseChild,
    book::Ledger,
    freshness::Freshness,
    jobs::{family::Stir, refresh::Refresh},
    store::links::{self, Link},
};

/// A caller who wants everything fresh waits no longer than this; what came in time is there. The child's own wait for those below it
/// is shorter.
const REFRESH_WITHIN: Duration = Duration::from_secs(9);

const CHILD: &str = "regions/{region}/children/{child}";

/// Serves the children of the regions of a desk.
pub struct ChildrenService {
    /// Regions.
    pub desk: Office,
    /// What is known beside the journal, for each region.
    pub freshness: Arc<BTreeMap<RegionId, Freshness>>,
    /// Wakes the followers of each region.
    pub stirs: Arc<BTreeMap<RegionId, Stir>>,
    /// The followers of each region, for those who want a pull now.
    pub refreshes: Arc<BTreeMap<RegionId, Refresh>>,
}

fn read_release(wire: pb::ReleaseChildRequest) -> Result<Parsed<Ledger>, Invalid> {
    let mut reader = Reader::default();
    let name = reader.read("name", Name::parse(&wire.name, CHILD));
    let child = name.as_ref().and_then(|name| reader.parse::<RegionId>("name", name.path.first().map_or("", |(_, id)| id)));
    let request_id = reader.request_id(&wire.request_id);
    let reason = reader.text("reason", &wire.reason, 1, 500);
    let read = name.zip(child).zip(request_id).zip(reason).map(|(((name, child), request_id), reason)| Parsed {
        region: name.region,
        request_id,
        validate_only: wire.validate_only,
        command: Box::new(ReleaseChild { child, reason }) as _,
    });
    reader.finish(read)
}

const fn state_to_wire(state: LinkState) -> pb::LinkState {
    match state {
        LinkState::Up => pb::LinkState::Up,
        LinkState::Silent => pb::LinkState::Silent,
        LinkState::Quarantined => pb::LinkState::Quarantined,
        LinkState::Paused => pb::LinkState::Paused,
    }
}

fn view(place: &Place, link: &Link, freshness: Option<&Freshness>) -> pb::Child {
    let child = &link.held.child;
    let verified_at = freshness.and_then(|freshness| freshness.of(child)).map(|through| through.verified_at).or(link.verified_at);
    let trouble = || freshness.and_then(|freshness| freshness.trouble(child)).unwrap_or_default();
    pb::Child {
        name: place.name(&format!("children/{child}")),
        state: link.state.map_or(pb::LinkState::Unspecified, |(state, _)| state_to_wire(state)).into(),
        since_ms: link.state.map_or(0, |(_, since)| since.ms()),
        reason: link.reason.clone(),
        detail: if link.detail.is_empty() { trouble() } else { link.detail.clone() },
        witnessed_size: link.held.witnessed.as_ref().map_or(0, |witness| witness.size),
        verified_at_ms: verified_at.map_or(0, |at| at.ms()),
    }
}

#[tonic::async_trait]
impl Children for ChildrenService {
    async fn list_children(
        &self,
        request: Request<pb::ListChildrenRequest>,
    ) -> Result<Response<pb::ListChildrenResponse>, Status> {
        let region = parent(&request.get_ref().parent)?;
        let (host, _) = self.desk.admit(&request, &region)?;
        let register = host.place.registers.current();
        let direct = register.children(&region, host.place.clock.now().date());
        let mut children = Vec::new();
        for child in direct.into_iter().filter(|child| child.federation_address.is_some()) {
            let link = links::one(&host.read, &child.id).await.map_err(Fault::from)?;
            children.push(view(&host.place, &link, self.freshness.get(&region)));
        }
        Ok(Response::new(pb::ListChildrenResponse { children }))
    }

    async fn refresh_child(
        &self,
        request: Request<pb::RefreshChildRequest>,
    ) -> Result<Response<pb::RefreshChildResponse>, Status> {
        let mut reader = Reader::default();
        let name = reader.read("name", Name::parse(&request.get_ref().name, CHILD));
        let child = name.as_ref().and_then(|name| reader.parse::<RegionId>("name", name.path.first().map_or("", |(_, id)| id)));
        let (name, id) = reader.finish(name.zip(child)).map_err(Fault::from)?;
        let (host, _) = self.desk.admit(&request, &name.region)?;
        let register = host.place.registers.current();
        let direct = register.children(&name.region, host.place.clock.now().date());
        if !direct.iter().any(|child| child.id == id && child.federation_address.is_some()) {
            return Err(Fault::NotFound { what: request.get_ref().name.clone() }.into());
        }
        let refreshed = match self.refreshes.get(&name.region) {
            Some(refresh) => refresh.pull(&id, deadline::remaining(REFRESH_WITHIN)).await,
            None => false,
        };
        let link = links::one(&host.read, &id).await.map_err(Fault::from)?;
        let child = view(&host.place, &link, self.freshness.get(&name.region));
        Ok(Response::new(pb::RefreshChildResponse { child: Some(child), refreshed }))
    }

    async fn release_child(&self, request: Request<pb::ReleaseChildRequest>) -> Result<Response<Receipt>, Status> {
        let receipt = self.desk.write("ReleaseChild", request, read_release).await?;
        if let Some(stir) = receipt.get_ref().region.parse::<RegionId>().ok().and_then(|region| self.stirs.get(&region)) {
            stir.stir();
        }
        Ok(receipt)
    }
}
