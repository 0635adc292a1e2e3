//! Several gRPC services on one listener, found by the first segment of the path.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::Status;
use tonic::body::Body;
use tonic::server::NamedService;
use tower::util::BoxCloneService;
use tower::{Service, ServiceExt};

type Boxed = BoxCloneService<Request<Body>, Response<Body>, Infallible>;

/// The services of one listener. Anything else is UNIMPLEMENTED.
#[derive(Clone, Default)]
pub struct Routes {
    services: BTreeMap<&'static str, Boxed>,
}

impl Routes {
    /// Adds a generated server, such as `HealthServer`. A second one of the same name replaces the first.
    #[must_use]
    pub fn with<S>(mut self, service: S) -> Self
    where
        S: NamedService + Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send + 'static,
    {
        self.services.insert(S::NAME, BoxCloneService::new(service));
        self
    }

    /// Full names of the services, in order; the policy test walks them.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.services.keys().copied()
    }
}

impl Service<Request<Body>> for Routes {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Readiness is awaited below, on the very clone that is called.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let name = request.uri().path().strip_prefix('/').and_then(|path| path.split_once('/')).map(|(service, _)| service);
        match name.and_then(|name| self.services.get(name)).cloned() {
            Some(service) => Box::pin(service.oneshot(request)),
            None => Box::pin(std::future::ready(Ok(Status::unimplemented("there is no such service here").into_http()))),
        }
    }
}
