//! The admin listener: plain HTTP on loopback, for the machine's own watchers. `/metrics` in Prometheus's text form, `/healthz` while the
//! process lives, `/readyz` with one line for each dependency.
//!
//! One connection at a time and a descriptor of its own kept back, so that it answers when the others cannot.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

use super::health::Standing;
use crate::channel::reserve::Reserve;

/// A question and its answer.
const WITHIN: Duration = Duration::from_secs(2);
/// After the system refused to accept.
const PAUSE: Duration = Duration::from_millis(100);

/// What the listener tells.
#[derive(Clone)]
pub struct Admin {
    /// Metrics.
    pub metrics: PrometheusHandle,
    /// Dependencies.
    pub standing: Standing,
}

/// Answers until the task is ended.
pub async fn serve(listener: TcpListener, admin: Admin) {
    let mut reserve = Reserve::take();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => answer(stream, &admin).await,
            Err(_) => {
                // No descriptor left: the one kept back is lent to this caller.
                reserve.lend();
                if let Ok(Ok((stream, _))) = timeout(PAUSE, listener.accept()).await {
                    answer(stream, &admin).await;
                }
                reserve = Reserve::take();
                sleep(PAUSE).await;
            }
        }
    }
}

async fn answer(stream: TcpStream, admin: &Admin) {
    let service = service_fn(|request: Request<Incoming>| {
        let answer = admin.answer(request.method(), request.uri().path());
        async move { Ok::<_, Infallible>(answer) }
    });
    let mut http = http1::Builder::new();
    let connection = http
        .timer(TokioTimer::new())
        .header_read_timeout(WITHIN)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // A caller that is slow or speaks nonsense gets nothing.
    let _ = timeout(WITHIN, connection).await;
}

impl Admin {
    fn answer(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        let (status, body) = match (method, path) {
            (&Method::GET, "/metrics") => {
                self.metrics.run_upkeep();
                (StatusCode::OK, self.metrics.render())
            }
            (&Method::GET, "/healthz") => (StatusCode::OK, "alive\n".to_owned()),
            (&Method::GET, "/readyz") => {
                let status = if self.standing.ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
                (status, self.standing.to_string())
            }
            _ => (StatusCode::NOT_FOUND, "there are /metrics, /healthz and /readyz\n".to_owned()),
        };
        let mut response = Response::new(Full::new(Bytes::from(body)));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain; charset=utf-8"));
        response
    }
}

/// Whether an address can be reached from this machine alone.
#[must_use]
pub fn is_private(address: &SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}
