//! One direct child as the jobs reach it.

use std::{sync::Arc, time::Duration};

use changxiao_domain::{clock::Instant, region::RegionId};
use changxiao_proto::federation::v1::{directives_client::DirectivesClient, feed_client::FeedClient};
use changxiao_tier::{
    channel::{Outgoing, limits::DELIVERY_BYTES_MAX},
    desk::Host,
    protocol::follow::Pace,
};
use ring::rand::SecureRandom;
use tokio::sync::{Notify, watch};
use tonic::transport::Channel;

use crate::{book::Ledger, freshness::Freshness};

/// A direct child, and everything a job needs to deal with it.
#[derive(Clone)]
pub struct Neighbour {
    /// This region.
    pub host: Arc<Host<Ledger>>,
    /// The child.
    pub child: RegionId,
    /// To its federation listener; connects when it is first used.
    pub channel: Channel,
    /// How fast to go.
    pub pace: Pace,
    /// Spreads waits.
    pub random: Arc<dyn SecureRandom + Send + Sync>,
    /// Shared with the feed and statistics.
    pub freshness: Freshness,
    /// Turns when people changed a link or the register changed.
    pub stirred: watch::Receiver<u64>,
    /// Woken when a larger tree of this child was witnessed.
    pub witnessed: Arc<Notify>,
}

impl Neighbour {
    /// The child's feed.
    #[must_use]
    pub fn feed(&self) -> FeedClient<Outgoing> {
        // A frame may be as large as the sender makes one, and a little more for what is around it.
        FeedClient::new(Outgoing::new(self.channel.clone(), self.deadline()))
            .max_decoding_message_size(DELIVERY_BYTES_MAX + 64 * 1_024)
    }

    /// The child's feed for a watch, which has no end of its own.
    #[must_use]
    pub fn watch(&self) -> FeedClient<Outgoing> {
        FeedClient::new(Outgoing::open_ended(self.channel.clone()))
    }

    /// The child's desk for directives.
    #[must_use]
    pub fn directives(&self) -> DirectivesClient<Outgoing> {
        DirectivesClient::new(Outgoing::new(self.channel.clone(), self.deadline()))
    }

    /// A number that only spreads waits; 0 if there is no randomness.
    #[must_use]
    pub fn draw(&self) -> u64 {
        let mut bytes = [0; 8];
        match self.random.fill(&mut bytes) {
            Ok(()) => u64::from_le_bytes(bytes),
            Err(_) => 0,
        }
    }

    /// How long one call may take.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.pace.deadline_ms.unsigned_abs())
    }
}

/// The pace that goes with an interval between pulls, in seconds.
#[must_use]
pub fn pace(interval_seconds: f64) -> Pace {
    let interval = Duration::try_from_secs_f64(interval_seconds).unwrap_or(Duration::from_secs(5));
    let interval_ms = i64::try_from(interval.as_millis()).unwrap_or(5_000).max(1);
    Pace {
        interval_ms,
        deadline_ms: 60_000,
        backoff_first_ms: interval_ms.min(1_000),
        backoff_max_ms: interval_ms.saturating_mul(12).clamp(1_000, 60_000),
        probe_ms: interval_ms.saturating_mul(6).clamp(1_000, 60_000),
    }
}

/// A clock for waits: it has no date and knows no business time.
pub struct Steady(tokio::time::Instant);

impl Steady {
    /// Starts at 0.
    #[must_use]
    pub fn start() -> Self {
        Self(tokio::time::Instant::now())
    }

    /// Milliseconds since the start.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::from_ms(i64::try_from(self.0.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    /// Waits until an instant of this clock.
    pub async fn until(&self, at: Instant) {
        tokio::time::sleep_until(self.0 + Duration::from_millis(u64::try_from(at.ms()).unwrap_or(0))).await;
    }
}
