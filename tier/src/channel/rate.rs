//! Calls per second of one caller: an account, a neighbour by its identity, or else a source address. It stands behind the policy, so
//! that an account is known by then; what the policy refused never pays for its frames and so meets the connection's budget.

use std::{
    collections::HashMap,
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use http::{Extensions, Request, Response};
use tokio::time::Instant;
use tonic::{Status, body::Body};
use tower::{Service, ServiceExt as _};

use super::{conn::PeerInfo, gate::source_of, limits::Limits, meter::Meter, routes::Routes};
use crate::{
    fault::{Fault, library},
    policy::Caller,
};

/// Callers remembered at a time.
const REMEMBERED: usize = 20_000;

/// Buckets of tokens, one for each caller. Clones share them.
#[derive(Debug, Clone)]
pub struct Rates(Arc<Held>);

#[derive(Debug)]
struct Held {
    per_second: f64,
    ahead: f64,
    buckets: Mutex<HashMap<String, (f64, Instant)>>,
}

impl Rates {
    /// As much as `limits` say.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let (per_second, ahead) = (f64::from(limits.calls_per_second), f64::from(limits.calls_ahead.max(1)));
        Self(Arc::new(Held { per_second, ahead, buckets: Mutex::default() }))
    }

    /// Whether the caller may make one more call.
    #[must_use]
    pub fn take(&self, caller: &str) -> bool {
        self.take_at(caller, Instant::now())
    }

    fn take_at(&self, caller: &str, now: Instant) -> bool {
        let Held { per_second, ahead, buckets } = &*self.0;
        let mut buckets = buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let filled = |left: f64, at: Instant| (left + now.saturating_duration_since(at).as_secs_f64() * per_second).min(*ahead);
        if buckets.len() >= REMEMBERED && !buckets.contains_key(caller) {
            // A bucket that is full again remembers nothing.
            buckets.retain(|_, (left, at)| filled(*left, *at) < *ahead);
            if buckets.len() >= REMEMBERED {
                return false;
            }
        }
        let (left, at) = buckets.entry(caller.to_owned()).or_insert((*ahead, now));
        *left = filled(*left, *at);
        *at = now;
        let granted = *left >= 1.0;
        if granted {
            *left -= 1.0;
        }
        granted
    }
}

fn name(extensions: &Extensions) -> String {
    if let Some(caller) = extensions.get::<Caller>() {
        return format!("{}/{}", caller.region, caller.actor.id());
    }
    match extensions.get::<PeerInfo>() {
        Some(PeerInfo { spiffe: Some(spiffe), .. }) => spiffe.to_string(),
        Some(peer) => source_of(peer.addr.ip()).to_string(),
        None => String::new(),
    }
}

/// Routes behind the buckets.
#[derive(Clone)]
pub struct Rated {
    rates: Rates,
    routes: Routes,
}

impl Rated {
    /// Puts the buckets in front of the routes.
    #[must_use]
    pub fn new(routes: Routes, limits: &Limits) -> Self {
        Self { rates: Rates::new(limits), routes }
    }
}

impl Service<Request<Body>> for Rated {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if !self.rates.take(&name(request.extensions())) {
            return Box::pin(std::future::ready(Ok(Status::from(Fault::TooManyCalls).into_http())));
        }
        let meter = request.extensions().get::<Meter>().cloned().unwrap_or_default();
        meter.admitted();
        let routes = self.routes.clone();
        Box::pin(async move {
            let answered = routes.oneshot(request).await?;
            if library::is_unreadable(&answered) {
                meter.offended();
            }
            Ok(library::explain(answered))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn one_caller_does_not_use_up_another() {
        let rates = Rates::new(&Limits { calls_per_second: 10, calls_ahead: 3, ..Limits::default() });
        let begun = Instant::now();
        let taken = |caller: &str, ms| (0..100).take_while(|_| rates.take_at(caller, begun + Duration::from_millis(ms))).count();
        assert_eq!([taken("甲", 0), taken("甲", 0), taken("乙", 0)], [3, 0, 3]);
        assert_eq!([taken("甲", 250), taken("乙", 250)], [2, 2]);
        assert_eq!(taken("甲", 3_600_000), 3);
    }
}
