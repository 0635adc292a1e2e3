//! Watching over open connections: what would not be let in now is ended now.
//!
//! A certificate is judged in the handshake, but a connection lives for an hour. Every few seconds the certificate shown at its
//! beginning is judged again by the trust, the revocation lists, the register and the clock of that moment; so a revocation
//! published anywhere bites on open streams well within a minute, by the same rules as at the door.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use rustls::pki_types::CertificateDer;
use tokio_rustls::{client, server};

use super::{
    accept::Admit,
    conn::PeerInfo,
    refusal::{Refusal, Refusals},
    tls::{FederationTls, ServerTls},
};
use crate::identity::spiffe::SpiffeId;

/// How often an open connection is judged again.
pub const LOOK: Duration = Duration::from_secs(5);

type Shown = Vec<CertificateDer<'static>>;

/// Watches a client that was let in.
pub struct OverClient {
    /// By what it is judged.
    pub tls: ServerTls,
    /// Whether it has any business here.
    pub admit: Admit,
    /// Where the end of its connection is told.
    pub refusals: Refusals,
    /// Who it is.
    pub info: PeerInfo,
    /// What it showed.
    pub shown: Shown,
}

impl OverClient {
    /// Resolves when the client would no longer be let in; the reason is logged.
    pub async fn refused(self) {
        loop {
            tokio::time::sleep(LOOK).await;
            let refusal = match self.tls.judge_again(&self.shown) {
                Err(refused) => Refusal::Certificate(refused.cause),
                Ok(()) => match (self.admit)(&self.info) {
                    Err(why) => Refusal::NotAdmitted(why),
                    Ok(()) => continue,
                },
            };
            let leaf = self.shown.first().and_then(|der| crate::identity::leaf::Leaf::read(der).ok());
            self.refusals.note(self.info.addr, refusal, leaf.as_ref());
            return;
        }
    }
}

/// What the client of an accepted connection showed.
pub fn shown_by_client<S>(stream: &server::TlsStream<S>) -> Shown {
    stream.get_ref().1.peer_certificates().map(<[_]>::to_vec).unwrap_or_default()
}

/// Watches a server that was dialled.
pub struct OverServer {
    /// By what it is judged.
    pub tls: Arc<FederationTls>,
    /// Whom we dialled.
    pub expected: SpiffeId,
    /// Where.
    pub addr: SocketAddr,
    /// What it showed.
    pub shown: Shown,
}

impl OverServer {
    /// Resolves when the server would no longer be believed; the reason is logged.
    pub async fn refused(self) {
        loop {
            tokio::time::sleep(LOOK).await;
            if let Err(refused) = self.tls.judge_again(&self.shown) {
                let reason = refused.cause.reason();
                tracing::warn!(peer.addr = %self.addr, peer = %self.expected, tls.reason = reason, "ended a connection: {refused}");
                return;
            }
        }
    }
}

/// What the server of a dialled connection showed.
pub fn shown_by_server<S>(stream: &client::TlsStream<S>) -> Shown {
    stream.get_ref().1.peer_certificates().map(<[_]>::to_vec).unwrap_or_default()
}
