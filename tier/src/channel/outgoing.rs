//! Calls to another tier: each says how long it may take, and which trace it belongs to.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use tonic::{Status, body::Body, transport::Channel};
use tower::Service;
use tracing::Instrument as _;

use super::{deadline, unsent};
use crate::{fault::Fault, telemetry::traces};

/// A channel whose calls carry a deadline: the least of `limit` and what is left of the call that is being served, if any. A call that a
/// closing connection never sent is sent once more.
#[derive(Debug, Clone)]
pub struct Outgoing {
    channel: Channel,
    limit: Option<Duration>,
}

impl Outgoing {
    /// Calls over `channel` take no longer than `limit`.
    #[must_use]
    pub fn new(channel: Channel, limit: Duration) -> Self {
        Self { channel, limit: Some(limit) }
    }

    /// Streams over `channel` that go on until one side ends them, such as a watch.
    #[must_use]
    pub fn open_ended(channel: Channel) -> Self {
        Self { channel, limit: None }
    }
}

impl Service<Request<Body>> for Outgoing {
    type Response = Response<Body>;
    type Error = tonic::transport::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response<Body>, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.channel.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // What the caller itself asked for may only shorten it.
        let limit = deadline::granted(request.headers()).into_iter().chain(self.limit).min();
        if let Some(limit) = limit {
            let left = deadline::remaining(limit);
            if left.is_zero() {
                let status = Status::from(Fault::Deadline { limit_ms: 0 });
                return Box::pin(std::future::ready(Ok(status.into_http())));
            }
            deadline::put(request.headers_mut(), left);
        }
        let path = request.uri().path().trim_start_matches('/').to_owned();
        let span = tracing::info_span!("calls", otel.name = path, otel.kind = "client");
        span.in_scope(|| traces::put(request.headers_mut()));
        // The channel that is ready is the one to use; the copy asks for its own turn when it needs one.
        let next = self.channel.clone();
        let ready = std::mem::replace(&mut self.channel, next);
        Box::pin(unsent::send(ready, request).instrument(span))
    }
}
