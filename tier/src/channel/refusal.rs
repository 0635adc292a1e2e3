//! Why a connection was refused: the log line, and a short memory that `doctor` and tests can read.
//!
//! A refused client learns next to nothing (TLS 1.3 tells it after its own handshake is over), so the reason exists only here.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::{CertificateError, InvalidMessage, PeerIncompatible, PeerMisbehaved};
use tokio::sync::broadcast;
use tokio::time::Instant;

use super::gate::source_of;
use super::verify::{Cause, CertificateRefused};
use crate::identity::spiffe::SpiffeId;
use crate::{identity::leaf::Leaf, telemetry::metrics};

/// The cause of one refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The federation listener demands a certificate.
    #[error("no client certificate was presented")]
    NoClientCertificate,
    /// The certificate was judged and found wanting.
    #[error(transparent)]
    Certificate(Cause),
    /// The certificate is somebody else's: the handshake was signed with another key.
    #[error("the other side does not hold the key of the certificate it shows")]
    NotItsKey,
    /// Neither side's TLS versions meet; ours is 1.3 alone.
    #[error("the other side does not speak TLS 1.3")]
    ProtocolVersion,
    /// HTTP/2 was not among what the client offered.
    #[error("the other side does not offer h2")]
    NoCommonProtocol,
    /// Not TLS at all: a port scanner, a plain HTTP client, noise.
    #[error("what was sent is not TLS")]
    NotTls,
    /// None of several hosted regions was asked for.
    #[error("no region hosted here was asked for by name")]
    NoSuchRegion,
    /// The client did not like us.
    #[error("the other side refused this server: {0}")]
    RefusedByPeer(String),
    /// Too slow, or silent.
    #[error("the handshake was not finished in {limit_ms} ms")]
    Timeout {
        /// The limit, milliseconds.
        limit_ms: u128,
    },
    /// The other side hung up in the middle.
    #[error("the connection ended during the handshake: {0}")]
    HungUp(String),
    /// Too many unfinished handshakes of one source.
    #[error("{limit} handshakes of this source are already under way")]
    SourceBusy {
        /// The limit.
        limit: usize,
    },
    /// Too many unfinished handshakes altogether.
    #[error("{limit} handshakes are already under way")]
    AllBusy {
        /// The limit.
        limit: usize,
    },
    /// Too many connections of one source.
    #[error("{limit} connections of this source are already open")]
    SourceFull {
        /// The limit.
        limit: usize,
    },
    /// Too many connections altogether.
    #[error("{limit} connections are already open")]
    AllFull {
        /// The limit.
        limit: usize,
    },
    /// One program holds more connections than it can need.
    #[error("{identity} holds {limit} connections already")]
    IdentityBusy {
        /// Whose they are.
        identity: SpiffeId,
        /// The limit.
        limit: usize,
    },
    /// A good certificate of somebody who has no business here.
    #[error("not admitted: {0}")]
    NotAdmitted(String),
    /// Frames that serve no call, more than anybody needs.
    #[error("the other side sent more than {limit} frames a second that serve no call")]
    FrameFlood {
        /// The limit, frames per second.
        limit: u32,
    },
    /// The other side keeps something waiting.
    #[error("the other side {what} within {limit_ms} ms")]
    Slow {
        /// What it failed to do.
        what: &'static str,
        /// The limit, milliseconds.
        limit_ms: u128,
    },
    /// Any other breach of the protocol.
    #[error("the handshake failed: {0}")]
    Other(String),
}

impl Refusal {
    /// Stable name of the cause.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NoClientCertificate => "TLS_NO_CLIENT_CERTIFICATE",
            Self::Certificate(cause) => cause.reason(),
            Self::NotItsKey => "TLS_POSSESSION_UNPROVEN",
            Self::ProtocolVersion => "TLS_PROTOCOL_VERSION",
            Self::NoCommonProtocol => "TLS_NO_H2",
            Self::NotTls => "TLS_NOT_TLS",
            Self::NoSuchRegion => "TLS_NO_SUCH_REGION",
            Self::RefusedByPeer(_) => "TLS_REFUSED_BY_PEER",
            Self::Timeout { .. } => "TLS_HANDSHAKE_TIMEOUT",
            Self::HungUp(_) => "TLS_HUNG_UP",
            Self::SourceBusy { .. } => "TLS_SOURCE_BUSY",
            Self::AllBusy { .. } => "TLS_ALL_BUSY",
            Self::SourceFull { .. } => "PEER_SOURCE_FULL",
            Self::AllFull { .. } => "PEER_ALL_FULL",
            Self::IdentityBusy { .. } => "PEER_BUSY",
            Self::FrameFlood { .. } => "PEER_FRAME_FLOOD",
            Self::Slow { .. } => "PEER_TOO_SLOW",
            Self::NotAdmitted(_) => "PEER_NOT_ADMITTED",
            Self::Other(_) => "TLS_HANDSHAKE_FAILED",
        }
    }

    /// Reads the cause, and the certificate if one was judged, out of a failed handshake.
    pub(super) fn of_handshake(error: &io::Error) -> (Self, Option<Box<Leaf>>) {
        let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
            return (Self::HungUp(error.to_string()), None);
        };
        if let Some(refused) = CertificateRefused::find(tls) {
            return (Self::Certificate(refused.cause.clone()), refused.leaf.clone());
        }
        let refusal = match tls {
            rustls::Error::NoCertificatesPresented => Self::NoClientCertificate,
            rustls::Error::InvalidCertificate(CertificateError::BadSignature) => Self::NotItsKey,
            rustls::Error::PeerIncompatible(
                PeerIncompatible::Tls12NotOffered
                | PeerIncompatible::Tls12NotOfferedOrEnabled
                | PeerIncompatible::SupportedVersionsExtensionRequired
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
                | PeerIncompatible::ServerDoesNotSupportTls12Or13,
            ) => Self::ProtocolVersion,
            rustls::Error::NoApplicationProtocol => Self::NoCommonProtocol,
            rustls::Error::InvalidMessage(InvalidMessage::UnknownProtocolVersion)
            | rustls::Error::PeerMisbehaved(PeerMisbehaved::OfferedEarlyDataWithOldProtocolVersion) => Self::ProtocolVersion,
            rustls::Error::InvalidMessage(_) => Self::NotTls,
            rustls::Error::AlertReceived(alert) => Self::RefusedByPeer(format!("{alert:?}")),
            rustls::Error::General(words) if words.contains("no server certificate chain resolved") => Self::NoSuchRegion,
            other => Self::Other(other.to_string()),
        };
        (refusal, None)
    }
}

/// One refused connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Who called.
    pub addr: SocketAddr,
    /// Why it was turned away.
    pub refusal: Refusal,
    /// Serial of the certificate shown, if one was readable. Nothing in it is proven.
    pub serial: Option<String>,
    /// Its subject.
    pub subject: Option<String>,
}

/// How many lines were written about each source and reason, so that a stranger cannot fill the disk with them.
#[derive(Debug, Default)]
struct Lines(HashMap<(IpAddr, &'static str), (Instant, u64)>);

impl Lines {
    /// Lines of one source and reason in one [`Self::SPAN`].
    const MOST: u64 = 30;
    const SPAN: Duration = Duration::from_secs(60);
    /// Sources and reasons remembered.
    const KEPT: usize = 4_096;

    /// `None` if this one is left out; otherwise how many were left out before it.
    fn one_more(&mut self, refused: &Refused, now: Instant) -> Option<u64> {
        let key = (source_of(refused.addr.ip()), refused.refusal.reason());
        if self.0.len() >= Self::KEPT && !self.0.contains_key(&key) {
            self.0.clear();
        }
        let (since, count) = self.0.entry(key).or_insert((now, 0));
        if now.saturating_duration_since(*since) >= Self::SPAN {
            let left_out = count.saturating_sub(Self::MOST);
            (*since, *count) = (now, 1);
            return Some(left_out);
        }
        *count += 1;
        (*count <= Self::MOST).then_some(0)
    }
}

/// A bounded memory of refusals, shared by clones. It is the one place that logs them, once each.
#[derive(Debug, Clone)]
pub struct Refusals {
    recent: Arc<Mutex<VecDeque<Refused>>>,
    lines: Arc<Mutex<Lines>>,
    feed: broadcast::Sender<Refused>,
}

impl Default for Refusals {
    fn default() -> Self {
        Self { recent: Arc::default(), lines: Arc::default(), feed: broadcast::Sender::new(Self::KEPT) }
    }
}

impl Refusals {
    /// How many are remembered; older ones are in the log.
    pub const KEPT: usize = 256;

    /// The remembered refusals, oldest first.
    pub fn recent(&self) -> Vec<Refused> {
        self.lock().iter().cloned().collect()
    }

    /// Every refusal from now on; a reader more than [`Self::KEPT`] behind is told how many it missed.
    pub fn subscribe(&self) -> broadcast::Receiver<Refused> {
        self.feed.subscribe()
    }

    pub(super) fn note(&self, addr: SocketAddr, refusal: Refusal, leaf: Option<&Leaf>) {
        let refused = Refused { addr, refusal, serial: leaf.map(|l| l.serial.clone()), subject: leaf.map(|l| l.subject.clone()) };
        let left_out = self.lines.lock().unwrap_or_else(PoisonError::into_inner).one_more(&refused, Instant::now());
        if let Some(left_out) = left_out {
            Self::log(&refused, left_out);
        }
        metrics::refused(refused.refusal.reason());
        let mut recent = self.lock();
        if recent.len() >= Self::KEPT {
            recent.pop_front();
        }
        recent.push_back(refused.clone());
        drop(recent);
        // Nobody listening is the ordinary case.
        let _ = self.feed.send(refused);
    }

    fn log(refused: &Refused, left_out: u64) {
        tracing::warn!(
            peer.addr = %refused.addr,
            tls.reason = refused.refusal.reason(),
            certificate.serial = refused.serial.as_deref(),
            certificate.subject = refused.subject.as_deref(),
            left_out = (left_out > 0).then_some(left_out),
            "refused a connection: {}", refused.refusal
        );
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Refused>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_writes_few_lines_and_what_is_left_out_is_counted() {
        let refused = |addr: &str, refusal| Refused { addr: addr.parse().unwrap(), refusal, serial: None, subject: None };
        let (mut lines, begun) = (Lines::default(), Instant::now());
        let flood = refused("10.0.0.1:5", Refusal::NotTls);
        let written = (0..100).filter(|_| lines.one_more(&flood, begun).is_some()).count();
        assert_eq!(written, 30);
        assert_eq!(lines.one_more(&refused("10.0.0.2:5", Refusal::NotTls), begun), Some(0));
        assert_eq!(lines.one_more(&refused("10.0.0.1:6", Refusal::NoSuchRegion), begun), Some(0));
        assert_eq!(lines.one_more(&flood, begun + Lines::SPAN), Some(70));
        assert_eq!(lines.one_more(&flood, begun + Lines::SPAN), Some(0));
    }
}
