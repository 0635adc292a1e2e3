//! Why a connection was refused: the log line, and a short memory that `doctor` and tests can read.
//!
//! A refused client learns next to nothing (TLS 1.3 tells it after its own handshake is over), so the reason exists only here.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::{CertificateError, InvalidMessage, PeerIncompatible, PeerMisbehaved};
use tokio::sync::broadcast;

use super::verify::{Cause, CertificateRefused};
use crate::identity::leaf::Leaf;
use crate::identity::spiffe::SpiffeId;

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
            Self::IdentityBusy { .. } => "PEER_BUSY",
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

/// A bounded memory of refusals, shared by clones. It is the one place that logs them, once each.
#[derive(Debug, Clone)]
pub struct Refusals {
    recent: Arc<Mutex<VecDeque<Refused>>>,
    feed: broadcast::Sender<Refused>,
}

impl Default for Refusals {
    fn default() -> Self {
        Self { recent: Arc::default(), feed: broadcast::Sender::new(Self::KEPT) }
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
        tracing::warn!(
            peer.addr = %refused.addr,
            tls.reason = refused.refusal.reason(),
            certificate.serial = refused.serial.as_deref(),
            certificate.subject = refused.subject.as_deref(),
            "refused a connection: {}", refused.refusal
        );
        let mut recent = self.lock();
        if recent.len() >= Self::KEPT {
            recent.pop_front();
        }
        recent.push_back(refused.clone());
        drop(recent);
        // Nobody listening is the ordinary case.
        let _ = self.feed.send(refused);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Refused>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
