//! Serves the connections of one listener: drives each with its limits, and comes to an end that nobody can delay.
//!
//! tonic's own server cuts without GOAWAY when a grace is set, waits for ever without one, and cannot watch a connection's
//! pace; so connections are driven here, one task each, over the same HTTP/2 library.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming as Sent;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, interval, sleep, timeout_at};
use tokio_stream::StreamExt as _;
use tonic::body::Body;
use tonic::transport::server::Connected;
use tower::{BoxError, Service, ServiceExt as _};

use super::accept::{Incoming, spread};
use super::calls::Front;
use super::conn::{Conn, PeerInfo};
use super::gate::Gate;
use super::limits::{
    CONNECTION_WINDOW_BYTES, HEADER_LIST_BYTES_MAX, KEEP_ALIVE, LEAVE_WITHIN, Limits, SEND_BUFFER_BYTES, STREAM_WINDOW_BYTES,
    STREAMS_MAX,
};
use super::meter::{Counter, Meter};
use super::metered::Metered;
use super::offenders::Offenders;
use super::refusal::{Refusal, Refusals};
use super::stopped;
use crate::telemetry::metrics;

/// How often a connection's pace is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// How a server came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Every call finished.
    InOrder,
    /// Some were still open when the grace was over, and were cut.
    Cut,
}

/// Serves `service` (one generated server, or [`super::Routes`]) until `stop` turns true. Then: no new connections, GOAWAY on those
/// that are open, new calls are refused with `SHUTTING_DOWN`, calls under way may finish, streams that have nothing to say are ended, and
/// [`Limits::grace`] after the stop whatever is left is cut.
pub async fn serve<S, B>(service: S, mut incoming: Incoming, stop: watch::Receiver<bool>) -> Stopped
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let limits = Arc::clone(&incoming.limits);
    let cutter = incoming.cutter();
    let (name, gate) = (incoming.name, incoming.gate.clone());
    let front = Front::new(service, name, Arc::clone(&limits), stop.clone());
    // Each connection holds a sender; once all are dropped, the last connection is gone.
    let (alive, mut ended) = mpsc::channel::<Infallible>(1);
    let mut told = pin!(stopped(stop.clone()));
    let mut since = None;
    loop {
        let accepted = tokio::select! {
            accepted = incoming.next() => accepted,
            () = &mut told, if since.is_none() => {
                since = Some(Instant::now());
                continue;
            }
        };
        // The accept loop has ended, and the socket is closed with it.
        let Some(accepted) = accepted else { break };
        // An error would be the accept loop's own, and it notes those itself.
        let Ok(conn) = accepted else { continue };
        let line = Line {
            limits: Arc::clone(&limits),
            refusals: incoming.refusals.clone(),
            stop: stop.clone(),
            offenders: incoming.offenders.clone(),
        };
        let (front, alive) = (front.clone(), alive.clone());
        let gate = gate.clone();
        tokio::spawn(async move {
            let _alive = alive;
            tell(name, &gate);
            line.drive(conn, front).await;
            tell(name, &gate);
        });
    }
    drop(alive);
    let until = since.unwrap_or_else(Instant::now) + limits.grace;
    if timeout_at(until, ended.recv()).await.is_ok() {
        return Stopped::InOrder;
    }
    cutter.cut();
    Stopped::Cut
}

fn tell(name: &'static str, gate: &Gate) {
    let (handshakes, open) = gate.counts();
    metrics::connections(name, handshakes, open);
}

/// How far a connection's orderly end is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leave {
    No,
    /// The first GOAWAY: begin nothing new. What was on its way is still answered.
    Told,
    /// The second, with the last call that was heard: nothing comes after it.
    Ending,
}

/// What one connection needs beside itself.
struct Line {
    limits: Arc<Limits>,
    refusals: Refusals,
    offenders: Offenders,
    stop: watch::Receiver<bool>,
}

impl Line {
    async fn drive<I, S, B>(self, conn: Conn<I>, front: Front<S>)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let Self { limits, refusals, offenders, stop } = self;
        let PeerInfo { addr, .. } = conn.connect_info();
        let (begun, meter) = (Instant::now(), Meter::new());
        let service = {
            let (info, meter) = (conn.connect_info(), meter.clone());
            hyper::service::service_fn(move |request: Request<Sent>| {
                let mut request = request.map(Body::new);
                request.extensions_mut().insert(info.clone());
                request.extensions_mut().insert(meter.clone());
                front.clone().oneshot(request)
            })
        };
        let counter = Counter::new(meter.clone(), limits.frames_per_second);
        let mut connection = pin!(http().serve_connection(TokioIo::new(Metered::new(conn, counter)), service));
        let mut farewell = pin!(async {
            tokio::select! {
                () = stopped(stop) => {}
                () = sleep(spread(limits.age, addr)) => {}
            }
        });
        let mut silence = pin!(meter.quiet(limits.quiet, LEAVE_WITHIN));
        let (mut leave, mut look) = (Leave::No, interval(LOOK));
        loop {
            tokio::select! {
                // Why it ended lies with the peer, or the meter knows; the transport's own words say less.
                ended = connection.as_mut() => {
                    if ended.is_err_and(|error| is_abuse(&error)) {
                        offenders.note(addr.ip());
                    }
                    break;
                }
                // The word goes out as the connection is driven on.
                () = &mut farewell, if leave == Leave::No => {
                    leave = Leave::Told;
                    meter.leave();
                }
                () = &mut silence, if leave == Leave::Told => {
                    leave = Leave::Ending;
                    connection.as_mut().graceful_shutdown();
                }
                _ = look.tick() => if let Some(refusal) = meter.trouble(begun, &limits) {
                    refusals.note(addr, refusal, None);
                    break;
                },
            }
        }
        if meter.flooded() {
            offenders.note(addr.ip());
            refusals.note(addr, Refusal::FrameFlood { limit: limits.frames_per_second }, None);
        }
    }
}

/// Whether the HTTP/2 library closed a connection because of what the peer did, which no honest client does.
fn is_abuse(error: &hyper::Error) -> bool {
    let library = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<h2::Error>());
    library.is_some_and(|error| error.is_go_away() && !error.is_remote() && error.reason() != Some(h2::Reason::NO_ERROR))
}

fn http() -> http2::Builder<TokioExecutor> {
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADER_LIST_BYTES_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .keep_alive_interval(Some(KEEP_ALIVE))
        .keep_alive_timeout(KEEP_ALIVE)
        .auto_date_header(false);
    http
}
