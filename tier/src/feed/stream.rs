//! The two streams of a feed. Each runs on its own task behind a short queue, and ends when the peer goes away.

use std::time::Duration;

use changxiao_proto::federation::v1 as pb;
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tracing::Instrument as _;

use super::{answer::Answer, wire};
use crate::{fault::Fault, place::Place};

/// Real time between heartbeats of a watch.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Real time that an answer may take altogether: its snapshot keeps the write-ahead log from being cut.
const ANSWER_WITHIN: Duration = Duration::from_secs(300);
/// Frames of at most 1 MiB that wait for a slow peer.
const FRAMES_AHEAD: usize = 2;

/// Heads of a region's feed, on change and as heartbeats.
pub(super) fn watch(place: Place, permit: OwnedSemaphorePermit) -> ReceiverStream<Result<pb::WatchResponse, Status>> {
    let (tx, rx) = mpsc::channel(1);
    let mut heads = place.head.subscribe();
    tokio::spawn(async move {
        let _permit = permit;
        let mut beat = interval(HEARTBEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // The first beat comes at once, so a watch begins with the present head.
            tokio::select! {
                () = tx.closed() => return,
                _ = beat.tick() => {}
                changed = heads.changed() => if changed.is_err() { return },
            }
            let head = *heads.borrow_and_update();
            place.signs.heard_parent();
            let (now_ms, traceparent) = (place.clock.now().ms(), place.signs.cause(head));
            let said = pb::WatchResponse { epoch: place.epoch, head, now_ms, traceparent };
            // A peer that does not read holds one message and one place, nothing more.
            if tx.send(Ok(said)).await.is_err() {
                return;
            }
        }
    });
    ReceiverStream::new(rx)
}

/// Frames of an answer.
pub(super) fn pull(answer: Answer, permit: OwnedSemaphorePermit) -> ReceiverStream<Result<pb::PullResponse, Status>> {
    let (tx, rx) = mpsc::channel(FRAMES_AHEAD);
    let answering = async move {
        let _permit = permit;
        let ended = match timeout(ANSWER_WITHIN, send(&answer, &tx)).await {
            Ok(Ok(())) => return,
            Ok(Err(Stop::Gone)) => return,
            Ok(Err(Stop::Fault(fault))) => Status::from(fault),
            Err(_) => Status::deadline_exceeded("the answer was not taken in time; ask again"),
        };
        // The snapshot ends before the peer is waited for once more.
        drop(answer);
        let _ = timeout(HEARTBEAT, tx.send(Err(ended))).await;
    };
    tokio::spawn(answering.in_current_span());
    ReceiverStream::new(rx)
}

/// Why an answer ended early.
enum Stop {
    Gone,
    Fault(Fault),
}

impl<E: Into<Fault>> From<E> for Stop {
    fn from(fault: E) -> Self {
        Self::Fault(fault.into())
    }
}

type Frames = mpsc::Sender<Result<pb::PullResponse, Status>>;

async fn say(tx: &Frames, frame: pb::PullResponse) -> Result<(), Stop> {
    tx.send(Ok(frame)).await.map_err(|_| Stop::Gone)
}

async fn send(answer: &Answer, tx: &Frames) -> Result<(), Stop> {
    say(tx, wire::head_frame(&answer.head)).await?;
    let too_many = |_| Fault::Internal("a delivery has more facts than can be counted".to_owned());
    for (source, delivery) in &answer.deliveries {
        let facts = answer.count(*source, &delivery.origin).await?;
        say(tx, wire::delivery_frame(delivery, u32::try_from(facts).map_err(too_many)?)).await?;
        let mut batches = wire::Batches::default();
        let mut last = None;
        loop {
            let page = answer.page(*source, &delivery.origin, last.as_ref()).await?;
            if page.is_empty() {
                break;
            }
            for fact in &page {
                if let Some(frame) = batches.push(fact).map_err(|fault| Fault::Internal(fault.to_string()))? {
                    say(tx, frame).await?;
                }
            }
            last = page.into_iter().last();
        }
        if let Some(frame) = batches.finish() {
            say(tx, frame).await?;
        }
    }
    say(tx, wire::tail_frame(u32::try_from(answer.deliveries.len()).map_err(too_many)?)).await
}
