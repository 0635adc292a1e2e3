//! Secure connections: TLS configurations, the accept loop, dialling, and the limits a server keeps.
//!
//! Two listeners use it. *Federation* is mutual TLS 1.3 between a region and the tiers directly above and below; *service* is
//! server TLS 1.3 for people and clients, who prove themselves by session, token or a client certificate of their region. What a caller may do is decided elsewhere.

pub mod accept;
pub mod accounts;
mod calls;
pub mod conn;
pub mod deadline;
pub mod dial;
pub mod farewell;
pub mod frames;
pub mod gate;
pub mod limits;
pub mod meter;
pub mod metered;
pub mod offenders;
pub mod outgoing;
pub mod rate;
pub mod refusal;
pub mod reserve;
pub mod routes;
pub mod seats;
pub mod serve;
pub mod tls;
mod unsent;
pub mod verify;
pub mod vigil;

pub use accept::{Admit, Incoming, accept};
pub use conn::{Conn, PeerInfo};
pub use dial::{federation_channel, is_transport, service_channel, why};
pub use limits::Limits;
pub use outgoing::Outgoing;
pub use rate::Rated;
pub use refusal::{Refusal, Refusals, Refused};
pub use routes::Routes;
pub use serve::{Stopped, serve};
pub use tls::{FederationTls, ServerTls, Trust};

/// Resolves once `stop` turns true, or when nobody is left who could turn it.
pub async fn stopped(mut stop: tokio::sync::watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}
