//! The limits every server keeps, and a stop that cannot be delayed.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use tokio::sync::watch;
use tonic::body::Body;
use tonic::transport::Server;
use tower::{BoxError, Layer, Service};

use super::accept::Incoming;
use super::stopped;

/// A connection is asked to end in order (GOAWAY) at this age; the accept loop ends it for good a little later.
pub const CONNECTION_AGE: Duration = Duration::from_secs(3_600);
/// A handler begins its answer in this time. Streams may go on longer.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest command a server decodes, bytes. Set it on each service: `max_decoding_message_size`.
pub const COMMAND_BYTES_MAX: usize = 256 * 1_024;
/// Largest frame of a delivery, bytes.
pub const DELIVERY_BYTES_MAX: usize = 1_024 * 1_024;

const KEEP_ALIVE: Duration = Duration::from_secs(20);
const STREAMS_MAX: u32 = 64;
const HEADER_LIST_BYTES_MAX: u32 = 16 * 1_024;
const STREAM_WINDOW_BYTES: u32 = 64 * 1_024;
const CONNECTION_WINDOW_BYTES: u32 = 1_024 * 1_024;

/// A server with the limits measured to hold under abuse: few streams, small headers, small windows, keep-alive, a time to answer,
/// and shedding instead of queueing.
pub fn server_builder() -> Server {
    // No `max_connection_age_grace`: with it this version of the library cuts without ever sending GOAWAY.
    Server::builder()
        .max_concurrent_streams(STREAMS_MAX)
        .http2_max_header_list_size(HEADER_LIST_BYTES_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_keepalive_interval(Some(KEEP_ALIVE))
        .http2_keepalive_timeout(Some(KEEP_ALIVE))
        .max_connection_age(CONNECTION_AGE)
        .timeout(ANSWER_TIMEOUT)
        .load_shed(true)
}

/// How a server came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Every call finished.
    InOrder,
    /// Some were still open when the grace was over, and were cut.
    Cut,
}

/// Serves `service` (one generated server, or [`super::Routes`]) until `stop` turns true: no new connections, calls under way may finish, and after `grace` whatever is left is cut.
///
/// # Errors
/// What the transport reports; connections that fail are their own affair and not an error here.
pub async fn serve_until<L, S, B>(
    server: Server<L>,
    service: S,
    incoming: Incoming,
    stop: watch::Receiver<bool>,
    grace: Duration,
) -> Result<Stopped, tonic::transport::Error>
where
    L: Layer<S>,
    L::Service: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    <L::Service as Service<Request<Body>>>::Future: Send,
    <L::Service as Service<Request<Body>>>::Error: Into<BoxError> + Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let cutter = incoming.cutter();
    let overdue = async {
        stopped(stop.clone()).await;
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        served = server.serve_with_incoming_shutdown(service, incoming, stopped(stop.clone())) => served.map(|()| Stopped::InOrder),
        () = overdue => {
            cutter.cut();
            Ok(Stopped::Cut)
        }
    }
}
