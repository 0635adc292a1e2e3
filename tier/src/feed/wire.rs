//! Frames of `Feed.Pull` to and from the protocol's own types.
//!
//! A follower reads a stranger's stream here: everything is bounded before it is kept, and nothing of an incomplete answer is
//! given out. Whether it is *true* is not asked here; that is [`crate::protocol::judge`].

use bytes::Bytes;
use changxiao_domain::{clock::Instant, region::RegionId};
use changxiao_proto::federation::v1 as pb;
use pb::pull_response::Frame;
use prost::Message as _;
use tokio_stream::{Stream, StreamExt as _};
use tonic::Status;

use crate::{
    channel::limits::DELIVERY_BYTES_MAX,
    journal::merkle::Hash,
    protocol::{
        delivery::{Delivery, Head, Pull, QuarantineMark, Through},
        fact::{Audience, Fact, Topic},
    },
};

/// Largest answer that is taken, bytes on the wire.
pub const PULL_BYTES_MAX: usize = 64 * 1_024 * 1_024;
/// Most facts in one answer.
pub const PULL_FACTS_MAX: usize = 1_000_000;
/// Most origins in one answer: more regions than any register has.
const DELIVERIES_MAX: usize = 10_000;
/// Hashes in one proof: two for each of 64 levels.
const PROOF_MAX: usize = 128;
/// Bytes of facts in one frame, so that the frame stays below [`DELIVERY_BYTES_MAX`] with what is around them.
const BATCH_BYTES: usize = DELIVERY_BYTES_MAX - 16 * 1_024;

/// Why an answer could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WireFault {
    /// The peer or the connection ended the call.
    #[error("the call ended: {}", .0.message())]
    Status(Box<Status>),
    /// The frames do not make an answer.
    #[error("the answer is malformed: {what}")]
    Malformed {
        /// What was found.
        what: String,
    },
    /// It is larger than this tier takes.
    #[error("the answer is larger than {limit} {unit}")]
    TooLarge {
        /// The limit.
        limit: usize,
        /// What it counts.
        unit: &'static str,
    },
    /// The stream ended before its last frame.
    #[error("the answer broke off before its last frame")]
    BrokeOff,
}

impl WireFault {
    /// Stable reason.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Status(_) => "PULL_CALL_ENDED",
            Self::Malformed { .. } => "PULL_MALFORMED",
            Self::TooLarge { .. } => "PULL_TOO_LARGE",
            Self::BrokeOff => "PULL_BROKE_OFF",
        }
    }
}

fn malformed(what: impl Into<String>) -> WireFault {
    WireFault::Malformed { what: what.into() }
}

/// Reads a whole answer; nothing is given out before its last frame.
///
/// # Errors
/// See [`WireFault`].
pub async fn pull_from_frames(frames: impl Stream<Item = Result<pb::PullResponse, Status>>) -> Result<Pull, WireFault> {
    let mut frames = std::pin::pin!(frames);
    let mut reading = Reading::default();
    while let Some(frame) = frames.next().await {
        let frame = frame.map_err(|status| WireFault::Status(Box::new(status)))?;
        reading.bytes = reading.bytes.saturating_add(frame.encoded_len());
        if reading.bytes > PULL_BYTES_MAX {
            return Err(WireFault::TooLarge { limit: PULL_BYTES_MAX, unit: "bytes" });
        }
        if let Some(pull) = reading.frame(frame.frame.ok_or_else(|| malformed("a frame of an unknown kind"))?)? {
            return Ok(pull);
        }
    }
    Err(WireFault::BrokeOff)
}

/// The answer as far as it was read.
#[derive(Default)]
struct Reading {
    head: Option<Head>,
    deliveries: Vec<Delivery>,
    /// Facts that the delivery begun last still owes.
    owed: usize,
    facts: usize,
    bytes: usize,
}

impl Reading {
    fn frame(&mut self, frame: Frame) -> Result<Option<Pull>, WireFault> {
        match (frame, self.head.is_some()) {
            (Frame::Head(head), false) => self.head = Some(head_from(head)?),
            (Frame::Head(_), true) => return Err(malformed("a second head")),
            (_, false) => return Err(malformed("the first frame is not the head")),
            (Frame::Delivery(delivery), true) => self.begin(delivery)?,
            (Frame::Facts(batch), true) => self.take(batch)?,
            (Frame::Tail(tail), true) => {
                self.complete()?;
                if usize::try_from(tail.deliveries) != Ok(self.deliveries.len()) {
                    return Err(malformed(format!(
                        "{} deliveries were announced, {} came",
                        tail.deliveries,
                        self.deliveries.len()
                    )));
                }
                let deliveries = std::mem::take(&mut self.deliveries);
                return Ok(self.head.take().map(|head| Pull { head, deliveries }));
            }
        }
        Ok(None)
    }

    fn complete(&self) -> Result<(), WireFault> {
        if self.owed > 0 {
            return Err(malformed(format!("a delivery lacks {} facts", self.owed)));
        }
        Ok(())
    }

    fn begin(&mut self, wire: pb::DeliveryHead) -> Result<(), WireFault> {
        self.complete()?;
        self.owed = usize::try_from(wire.facts).unwrap_or(usize::MAX);
        self.facts = self.facts.saturating_add(self.owed);
        if self.facts > PULL_FACTS_MAX {
            return Err(WireFault::TooLarge { limit: PULL_FACTS_MAX, unit: "facts" });
        }
        if self.deliveries.len() == DELIVERIES_MAX {
            return Err(WireFault::TooLarge { limit: DELIVERIES_MAX, unit: "deliveries" });
        }
        self.deliveries.push(Delivery {
            origin: region(&wire.origin)?,
            epoch: wire.epoch,
            position: wire.position,
            entry_header: own(&wire.entry_header),
            entry_body: own(&wire.entry_body),
            checkpoint: own(&wire.checkpoint),
            inclusion: hashes(&wire.inclusion)?,
            cosignature: own(&wire.cosignature),
            facts: Vec::new(),
        });
        Ok(())
    }

    fn take(&mut self, batch: pb::FactBatch) -> Result<(), WireFault> {
        let Some(delivery) = self.deliveries.last_mut().filter(|_| batch.facts.len() <= self.owed) else {
            return Err(malformed("facts that no delivery announced"));
        };
        self.owed -= batch.facts.len();
        for wire in batch.facts {
            let fact = fact_from(wire)?;
            let ascends = delivery.facts.last().is_none_or(|last| (last.audience, &last.topic) < (fact.audience, &fact.topic));
            if !ascends {
                return Err(malformed(format!("fact `{}/{}` is out of order", fact.topic.kind, fact.topic.key)));
            }
            delivery.facts.push(fact);
        }
        Ok(())
    }
}

/// A copy: the decoder's bytes share the whole frame, which would stay in memory as long as its smallest field.
fn own(bytes: &Bytes) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

fn region(text: &str) -> Result<RegionId, WireFault> {
    text.parse().map_err(|fault| malformed(format!("{fault}")))
}

fn hashes(wire: &[Bytes]) -> Result<Vec<Hash>, WireFault> {
    if wire.len() > PROOF_MAX {
        return Err(malformed("a proof is longer than any proof"));
    }
    wire.iter().map(|hash| Hash::from_slice(hash).ok_or_else(|| malformed("a hash is not 32 bytes"))).collect()
}

fn head_from(wire: pb::PullHead) -> Result<Head, WireFault> {
    Ok(Head {
        epoch: wire.epoch,
        checkpoint: own(&wire.checkpoint),
        consistency: hashes(&wire.consistency)?,
        full: wire.full,
        cursor: wire.cursor,
        now: Instant::from_ms(wire.now_ms),
        through: wire.through.into_iter().map(through_from).collect::<Result<_, _>>()?,
    })
}

fn through_from(wire: pb::Through) -> Result<Through, WireFault> {
    let since = Instant::from_ms(wire.quarantined_since_ms);
    Ok(Through {
        origin: region(&wire.origin)?,
        epoch: wire.epoch,
        position: wire.position,
        verified_at: Instant::from_ms(wire.verified_at_ms),
        quarantine: (!wire.quarantine.is_empty()).then_some(QuarantineMark { reason: wire.quarantine, since }),
    })
}

fn fact_from(wire: pb::Fact) -> Result<Fact, WireFault> {
    let audience =
        Audience::from_number(wire.audience).ok_or_else(|| malformed(format!("audience {} is unknown", wire.audience)))?;
    for (field, text, most) in [("kind", &wire.kind, 64), ("key", &wire.key, 512), ("bucket", &wire.bucket, 512)] {
        if text.is_empty() || text.len() > most {
            return Err(malformed(format!("the {field} of a fact has {} bytes", text.len())));
        }
    }
    Ok(Fact {
        audience,
        topic: Topic::new(wire.kind, wire.key),
        position: wire.position,
        withdrawn: wire.withdrawn,
        body_version: wire.body_version,
        body: own(&wire.body),
        bucket: wire.bucket,
    })
}

fn to_wire(hashes: &[Hash]) -> Vec<Bytes> {
    hashes.iter().map(|hash| Bytes::copy_from_slice(hash.as_bytes())).collect()
}

/// First frame of an answer.
#[must_use]
pub fn head_frame(head: &Head) -> pb::PullResponse {
    frame(Frame::Head(pb::PullHead {
        epoch: head.epoch,
        checkpoint: head.checkpoint.clone(),
        consistency: to_wire(&head.consistency),
        full: head.full,
        cursor: head.cursor,
        now_ms: head.now.ms(),
        through: head.through.iter().map(through_to).collect(),
    }))
}

fn through_to(through: &Through) -> pb::Through {
    let (quarantine, since) =
        through.quarantine.as_ref().map_or((String::new(), 0), |mark| (mark.reason.clone(), mark.since.ms()));
    pb::Through {
        origin: through.origin.to_string(),
        epoch: through.epoch,
        position: through.position,
        verified_at_ms: through.verified_at.ms(),
        quarantine,
        quarantined_since_ms: since,
    }
}

/// Frame that begins a delivery of `facts` facts; those in `delivery` itself are not looked at.
#[must_use]
pub fn delivery_frame(delivery: &Delivery, facts: u32) -> pb::PullResponse {
    frame(Frame::Delivery(pb::DeliveryHead {
        origin: delivery.origin.to_string(),
        epoch: delivery.epoch,
        position: delivery.position,
        entry_header: delivery.entry_header.clone(),
        entry_body: delivery.entry_body.clone(),
        checkpoint: delivery.checkpoint.clone(),
        inclusion: to_wire(&delivery.inclusion),
        cosignature: delivery.cosignature.clone(),
        facts,
    }))
}

/// Last frame of an answer.
#[must_use]
pub fn tail_frame(deliveries: u32) -> pb::PullResponse {
    frame(Frame::Tail(pb::PullTail { deliveries }))
}

fn frame(frame: Frame) -> pb::PullResponse {
    pb::PullResponse { frame: Some(frame) }
}

/// Packs facts into frames of at most 1 MiB.
#[derive(Default)]
pub struct Batches {
    facts: Vec<pb::Fact>,
    bytes: usize,
}

impl Batches {
    /// Takes one fact; gives the frame that became full.
    ///
    /// # Errors
    /// [`WireFault::TooLarge`] for a fact that fits into no frame.
    pub fn push(&mut self, fact: &Fact) -> Result<Option<pb::PullResponse>, WireFault> {
        let wire = pb::Fact {
            kind: fact.topic.kind.clone(),
            key: fact.topic.key.clone(),
            bucket: fact.bucket.clone(),
            audience: fact.audience.number(),
            position: fact.position,
            body_version: fact.body_version,
            body: fact.body.clone(),
            withdrawn: fact.withdrawn,
        };
        // Tag and length in front of it take a few bytes more.
        let bytes = wire.encoded_len() + 8;
        if bytes > BATCH_BYTES {
            return Err(WireFault::TooLarge { limit: BATCH_BYTES, unit: "bytes in one fact" });
        }
        let full = if self.bytes + bytes > BATCH_BYTES { self.finish() } else { None };
        self.bytes += bytes;
        self.facts.push(wire);
        Ok(full)
    }

    /// The last frame, if anything is left.
    pub fn finish(&mut self) -> Option<pb::PullResponse> {
        self.bytes = 0;
        let facts = std::mem::take(&mut self.facts);
        (!facts.is_empty()).then(|| frame(Frame::Facts(pb::FactBatch { facts })))
    }
}

/// A whole answer as frames, for one that lies in memory.
///
/// # Errors
/// [`WireFault::TooLarge`].
pub fn frames_of(pull: &Pull) -> Result<Vec<pb::PullResponse>, WireFault> {
    let count = |n: usize, unit| u32::try_from(n).map_err(|_| WireFault::TooLarge { limit: PULL_FACTS_MAX, unit });
    let mut frames = vec![head_frame(&pull.head)];
    for delivery in &pull.deliveries {
        frames.push(delivery_frame(delivery, count(delivery.facts.len(), "facts")?));
        let mut batches = Batches::default();
        for fact in &delivery.facts {
            frames.extend(batches.push(fact)?);
        }
        frames.extend(batches.finish());
    }
    frames.push(tail_frame(count(pull.deliveries.len(), "deliveries")?));
    Ok(frames)
}
