//! What happens to every call before any service sees it: refused while stopping, shed when there are too many, under a deadline; and
//! what happens to every answer: it must be read, and it ends with the process.

use std::{
    convert::Infallible,
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use tokio::{
    sync::{Semaphore, watch},
    time::{Instant, Sleep, sleep, sleep_until, timeout_at},
};
use tonic::{Code, Status, body::Body};
use tower::{BoxError, Service, ServiceExt as _};
use tracing::{Instrument as _, Span};

use super::{
    conn::PeerInfo,
    deadline,
    gate::source_of,
    limits::Limits,
    meter::{Answering, Meter},
    seats::Seats,
    stopped,
};
use crate::{
    fault::Fault,
    telemetry::{metrics, traces},
};

/// Left of the grace for the answers that say "stopping" to reach their callers.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A service behind the rules that hold for every call of one listener.
#[derive(Clone)]
pub(super) struct Front<S> {
    service: S,
    name: &'static str,
    limits: Arc<Limits>,
    in_progress: Arc<Semaphore>,
    sources: Seats<IpAddr>,
    stop: watch::Receiver<bool>,
}

impl<S> Front<S> {
    pub(super) fn new(service: S, name: &'static str, limits: Arc<Limits>, stop: watch::Receiver<bool>) -> Self {
        let in_progress = Arc::new(Semaphore::new(limits.calls_in_progress));
        Self { service, name, limits, in_progress, sources: Seats::default(), stop }
    }
}

/// One call among those without an answer, as the metrics count them.
struct InProgress(&'static str);

impl InProgress {
    fn new(listener: &'static str) -> Self {
        metrics::calls_in_progress(listener, 1.0);
        Self(listener)
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        metrics::calls_in_progress(self.0, -1.0);
    }
}

/// The span of one call, the child of the caller's.
fn span_of(listener: &'static str, request: &Request<Body>) -> Span {
    let path = metrics::known(request.uri().path());
    let (service, method) = path.split_once('/').unwrap_or((path, ""));
    let span = tracing::info_span!(
        "call",
        otel.name = path,
        otel.kind = "server",
        listener,
        rpc.service = service,
        rpc.method = method,
        rpc.grpc.status_code = tracing::field::Empty,
    );
    traces::follow_headers(&span, request.headers());
    span
}

fn code_of<B>(answered: &Result<Response<B>, Fault>) -> Code {
    match answered {
        Ok(response) => response.headers().get("grpc-status").map_or(Code::Ok, |code| Code::from_bytes(code.as_bytes())),
        Err(fault) => fault.code(),
    }
}

fn stopping() -> Fault {
    Fault::ReadOnly { reason: "SHUTTING_DOWN", detail: "the service is stopping".to_owned() }
}

impl<S, B> Front<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    async fn answer(self, request: Request<Body>) -> Response<Body> {
        let begun = Instant::now();
        let meter = request.extensions().get::<Meter>().cloned().unwrap_or_default();
        let granted = deadline::granted(request.headers());
        let (stop, quiet, name, path) = (self.stop.clone(), self.limits.quiet, self.name, request.uri().path().to_owned());
        let span = span_of(name, &request);
        let in_progress = InProgress::new(name);
        let answered = self.judge(request, begun, granted).instrument(span.clone()).await;
        drop(in_progress);
        let code = code_of(&answered);
        span.record("rpc.grpc.status_code", i32::from(code));
        metrics::call(name, &path, code, begun.elapsed());
        match answered {
            Ok(response) => response.map(|body| {
                let ends = granted.map(|granted| Box::pin(sleep_until(begun + granted)));
                Body::new(Answer {
                    body: Box::pin(body),
                    answering: meter.answer(),
                    ends,
                    stop,
                    quiet,
                    silence: None,
                    over: false,
                    _span: span,
                })
            }),
            Err(fault) => Status::from(fault).into_http(),
        }
    }

    async fn judge(self, request: Request<Body>, begun: Instant, granted: Option<Duration>) -> Result<Response<B>, Fault> {
        let Self { service, limits, in_progress, sources, stop, .. } = self;
        if *stop.borrow() {
            return Err(stopping());
        }
        let source = request.extensions().get::<PeerInfo>().map(|peer| source_of(peer.addr.ip()));
        let _seat = match &source {
            Some(source) => Some(sources.take(source, limits.calls_per_source).ok_or(Fault::Overloaded)?),
            None => None,
        };
        let _permit = in_progress.try_acquire().map_err(|_| Fault::Overloaded)?;
        let limit = granted.map_or(limits.answer, |granted| granted.min(limits.answer));
        let work = deadline::within(begun + limit, service.oneshot(request));
        let overdue = async {
            stopped(stop).await;
            sleep(limits.grace.saturating_sub(LAST_WORDS)).await;
        };
        tokio::select! {
            worked = timeout_at(begun + limit, work) => match worked {
                Ok(Ok(response)) => Ok(response),
                Ok(Err(never)) => match never {},
                Err(_) => Err(Fault::Deadline { limit_ms: limit.as_millis() }),
            },
            () = overdue => Err(stopping()),
        }
    }
}

impl<S, B> Service<Request<Body>> for Front<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Readiness is awaited on the very clone that is called.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let front = self.clone();
        Box::pin(async move { Ok(front.answer(request).await) })
    }
}

/// The body of an answer: watched over by the meter, and ended when its deadline passes or the process stops.
struct Answer<B> {
    body: Pin<Box<B>>,
    answering: Answering,
    /// When the time that the caller granted is over.
    ends: Option<Pin<Box<Sleep>>>,
    stop: watch::Receiver<bool>,
    quiet: Duration,
    /// Resolves when the process stops and the stream has had nothing to say for a while.
    silence: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    over: bool,
    /// The call's span ends with its answer.
    _span: Span,
}

impl<B> Answer<B> {
    fn last_words(&mut self, fault: Fault) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.over = true;
        let mut trailers = HeaderMap::new();
        // A status that does not fit into headers leaves them empty, and the stream ends without one.
        let _ = Status::from(fault).add_header(&mut trailers);
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }
}

impl<B> http_body::Body for Answer<B>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        this.answering.asked();
        if this.over {
            return Poll::Ready(None);
        }
        if let Poll::Ready(frame) = this.body.as_mut().poll_frame(cx) {
            if matches!(&frame, Some(Ok(frame)) if frame.is_data()) {
                this.answering.handed();
            }
            this.silence = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        if this.ends.as_mut().is_some_and(|ends| ends.as_mut().poll(cx).is_ready()) {
            return this.last_words(Fault::Deadline { limit_ms: 0 });
        }
        let silence = this.silence.get_or_insert_with(|| {
            let (stop, quiet) = (this.stop.clone(), this.quiet);
            Box::pin(async move {
                stopped(stop).await;
                sleep(quiet).await;
            })
        });
        if silence.as_mut().poll(cx).is_ready() { this.last_words(stopping()) } else { Poll::Pending }
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(host: [u8; 4]) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        let addr = (host, 40_000).into();
        request.extensions_mut().insert(PeerInfo { addr, spiffe: None, account: None, serial: None, not_after_ms: None });
        request
    }

    fn status(answered: &Response<Body>) -> Code {
        answered.headers().get("grpc-status").map_or(Code::Ok, |code| Code::from_bytes(code.as_bytes()))
    }

    #[tokio::test]
    async fn calls_of_one_source_that_never_end_leave_room_for_others() {
        let limits = Limits { calls_in_progress: 8, calls_per_source: 2, ..Limits::default() };
        let (_stop, stopping) = watch::channel(false);
        let (let_go, held) = watch::channel(false);
        let service = tower::service_fn(move |_: Request<Body>| {
            let held = held.clone();
            async move {
                stopped(held).await;
                Ok::<_, Infallible>(Response::new(Body::empty()))
            }
        });
        let front = Front::new(service, "service", Arc::new(limits), stopping);
        let call = |host| tokio::spawn(front.clone().answer(from(host)));
        let greedy = [call([10, 0, 0, 1]), call([10, 0, 0, 1])];
        tokio::task::yield_now().await;
        let third = call([10, 0, 0, 1]).await.unwrap();
        assert_eq!(status(&third), Code::ResourceExhausted);
        let other = call([10, 0, 0, 2]);
        tokio::task::yield_now().await;
        let_go.send_replace(true);
        assert_eq!(status(&other.await.unwrap()), Code::Ok);
        for call in greedy {
            assert_eq!(status(&call.await.unwrap()), Code::Ok);
        }
        // What they held is given back.
        assert_eq!(status(&call([10, 0, 0, 1]).await.unwrap()), Code::Ok);
    }
}
