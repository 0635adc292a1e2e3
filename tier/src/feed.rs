//! `federation.v1.Feed` for the regions hosted by this process: what the tier above reads.
//!
//! `Watch` only says that there is something; `Pull` is the truth, read in one snapshot and signed; `Cosign` brings the
//! parent's word back. Nobody but the parent may call, and one region's trouble is not another's.

mod answer;
mod caller;
mod cosign;
mod stream;
pub mod wire;

use std::{collections::BTreeMap, pin::Pin, sync::Arc, time::Duration};

use changxiao_domain::region::RegionId;
use changxiao_proto::federation::v1::{self as pb, feed_server::Feed};
use sea_orm::DatabaseConnection;
use tokio::sync::Semaphore;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

pub use answer::Answer;
pub use caller::parent;
pub use cosign::{witness, witnesses};

use crate::{
    channel::deadline,
    database::Pen,
    fault::Fault,
    journal::store::size,
    place::Place,
    protocol::delivery::{Ask, Through},
    signer::Signer,
};

/// Answers under way for one region. The parent asks one at a time; a second covers a connection that died.
const PULLS: usize = 2;
/// A parent that wants everything fresh waits no longer than this for those below.
const REFRESH_WITHIN: Duration = Duration::from_secs(5);
/// Open watches of one region, for the same reason a few.
const WATCHES: usize = 4;

/// Pulls from everybody below a region, for no longer than told; who has not answered by then is not waited for.
pub type RefreshBelow = Arc<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// What the feed needs of one region.
pub struct FeedRegion {
    /// The region.
    pub place: Place,
    /// Signs its heads.
    pub signer: Arc<Signer>,
    /// Reads.
    pub read: DatabaseConnection,
    /// Writes the parent's word, one statement at a time; nothing else.
    pub write: Pen,
    /// How fresh each origin below is; empty at a node.
    pub through: Arc<dyn Fn() -> Vec<Through> + Send + Sync>,
    /// Pulls from everybody below for no longer than told; absent at a node.
    pub refresh: Option<RefreshBelow>,
    /// Program and version.
    pub software: String,
}

struct Hosted {
    region: Arc<FeedRegion>,
    pulls: Arc<Semaphore>,
    watches: Arc<Semaphore>,
}

/// The service.
pub struct FeedService {
    regions: BTreeMap<RegionId, Hosted>,
}

impl FeedService {
    /// Serves these regions.
    #[must_use]
    pub fn new(regions: BTreeMap<RegionId, FeedRegion>) -> Self {
        let host = |region| Hosted {
            region: Arc::new(region),
            pulls: Arc::new(Semaphore::new(PULLS)),
            watches: Arc::new(Semaphore::new(WATCHES)),
        };
        Self { regions: regions.into_iter().map(|(id, region)| (id, host(region))).collect() }
    }

    /// The region named, and its parent, who calls.
    fn hosted<T>(&self, name: &str, request: &Request<T>, method: &'static str) -> Result<(&Hosted, RegionId), Fault> {
        let hosted = self.regions.get(name).ok_or_else(|| Fault::NotFound { what: format!("regions/{}", excerpt(name, 63)) })?;
        let parent = parent(&hosted.region.place, request.extensions(), method)?;
        hosted.region.place.signs.heard_parent();
        Ok((hosted, parent))
    }
}

/// The beginning of a stranger's text, fit for a log line.
fn excerpt(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[tonic::async_trait]
impl Feed for FeedService {
    type WatchStream = ReceiverStream<Result<pb::WatchResponse, Status>>;
    type PullStream = ReceiverStream<Result<pb::PullResponse, Status>>;

    async fn describe(&self, request: Request<pb::DescribeRequest>) -> Result<Response<pb::DescribeResponse>, Status> {
        let (hosted, _) = self.hosted(&request.get_ref().region, &request, "Feed/Describe")?;
        let place = &hosted.region.place;
        let entries = size(&hosted.region.read).await.map_err(Fault::from)?;
        Ok(Response::new(pb::DescribeResponse {
            region: place.region.to_string(),
            epoch: place.epoch,
            size: entries,
            register_version: u32::try_from(place.registers.current().version()).unwrap_or(u32::MAX),
            now_ms: place.clock.now().ms(),
            sandbox: place.sandbox,
            software: hosted.region.software.clone(),
            refusal: place.soundness.fault().map_or_else(String::new, |unsound| unsound.reason.to_owned()),
        }))
    }

    async fn watch(&self, request: Request<pb::WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let (hosted, _) = self.hosted(&request.get_ref().region, &request, "Feed/Watch")?;
        let permit = hosted.watches.clone().try_acquire_owned().map_err(|_| Fault::Busy)?;
        Ok(Response::new(stream::watch(hosted.region.place.clone(), permit)))
    }

    async fn pull(&self, request: Request<pb::PullRequest>) -> Result<Response<Self::PullStream>, Status> {
        let (hosted, parent) = self.hosted(&request.get_ref().region, &request, "Feed/Pull")?;
        let permit = hosted.pulls.clone().try_acquire_owned().map_err(|_| Fault::Busy)?;
        let wire = request.into_inner();
        if let Some(refresh) = hosted.region.refresh.as_ref().filter(|_| wire.refresh) {
            // The other half is for the answer itself.
            refresh((deadline::remaining(2 * REFRESH_WITHIN) / 2).min(REFRESH_WITHIN)).await;
        }
        let ask = Ask { epoch: wire.epoch, cursor: wire.cursor, witnessed_size: wire.witnessed_size };
        let answer = Answer::prepare(&hosted.region, &ask).await?;
        tracing::debug!(
            region = %hosted.region.place.region, parent = %parent, cursor = answer.head.cursor, full = answer.head.full,
            deliveries = answer.deliveries.len(), "answers a pull"
        );
        Ok(Response::new(stream::pull(answer, permit)))
    }

    async fn cosign(&self, request: Request<pb::CosignRequest>) -> Result<Response<pb::CosignResponse>, Status> {
        let (hosted, parent) = self.hosted(&request.get_ref().region, &request, "Feed/Cosign")?;
        cosign::take(&hosted.region, &parent, request.into_inner()).await?;
        Ok(Response::new(pb::CosignResponse {}))
    }
}
