//! Listening to a child's `Watch`: it only hastens the next pull, and its failures are the follower's to notice.

use std::time::Duration;

use changxiao_proto::federation::v1::WatchRequest;
use tokio::{sync::watch, time::timeout};

use super::neighbour::Neighbour;

/// Twelve heartbeats that did not come: the connection is dead.
const SILENCE: Duration = Duration::from_secs(60);

/// What a child announced last.
#[derive(Clone, Debug)]
pub struct Head {
    /// Life of its journal.
    pub epoch: u32,
    /// Cursor up to which there is something.
    pub head: u64,
    /// Trace that moved it there; empty if it is not known.
    pub traceparent: String,
}

/// The same, nothing before the first.
pub type Announced = Option<Head>;

/// Keeps a watch open and passes on what it announces, until the task is ended.
pub async fn listen(neighbour: Neighbour, announced: watch::Sender<Announced>) {
    let pause = Duration::from_millis(neighbour.pace.interval_ms.unsigned_abs().clamp(500, 30_000));
    loop {
        listen_once(&neighbour, &announced).await;
        if announced.is_closed() {
            return;
        }
        tokio::time::sleep(pause).await;
    }
}

async fn listen_once(neighbour: &Neighbour, announced: &watch::Sender<Announced>) {
    let request = WatchRequest { region: neighbour.child.to_string() };
    let Ok(Ok(answer)) = timeout(neighbour.deadline(), neighbour.watch().watch(request)).await else { return };
    let mut heads = answer.into_inner();
    while let Ok(Ok(Some(head))) = timeout(SILENCE, heads.message()).await {
        if announced.send(Some(Head { epoch: head.epoch, head: head.head, traceparent: head.traceparent })).is_err() {
            return;
        }
    }
}
