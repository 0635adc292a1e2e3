//! Listening to a child's `Watch`: it only hastens the next pull, and its failures are the follower's to notice.

use std::time::Duration;

use changxiao_proto::federation::v1::WatchRequest;
use tokio::{sync::watch, time::timeout};

use super::neighbour::Neighbour;

/// Twelve heartbeats that did not come: the connection is dead.
const SILENCE: Duration = Duration::from_secs(60);

/// Epoch and cursor that a child announced last.
pub type Announced = Option<(u32, u64)>;

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
        if announced.send(Some((head.epoch, head.head))).is_err() {
            return;
        }
    }
}
