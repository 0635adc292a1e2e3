//! Calls that a connection gave up before sending them, repeated once on the next connection.
//!
//! As a server says GOAWAY, calls that wait to be sent on that connection fail in the client's HTTP library, though nothing of them
//! ever left, and so do those that GOAWAY says were not heard any more. gRPC's own libraries send such a call again by themselves;
//! tonic's does not, so it is done here.

use std::error::Error as _;

use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use tonic::{
    Status,
    body::Body,
    transport::{Channel, Error},
};
use tower::{Service as _, ServiceExt as _};

/// Sends a call whose request is one message. A call that was never sent is sent once more; any other failure is the caller's to judge,
/// since the server may have carried it out.
pub async fn send(mut channel: Channel, request: Request<Body>) -> Result<Response<Body>, Error> {
    let (head, body) = request.into_parts();
    let message = match body.collect().await {
        Ok(collected) => collected.to_bytes(),
        // The caller's own encoder failed: nothing was sent and nothing will be.
        Err(status) => return Ok(Status::from_error(Box::new(status)).into_http()),
    };
    let copy = || Request::from_parts(head.clone(), Body::new(Full::new(message.clone())));
    match channel.call(copy()).await {
        Err(error) if never_sent(&error) => channel.ready().await?.call(copy()).await,
        answered => answered,
    }
}

/// The library says "cancelled" of exactly the calls that its connection had not taken yet, and "GOAWAY, no error" of exactly those above the
/// last one that the server names: a call that was heard goes on, or breaks for another reason.
fn never_sent(error: &Error) -> bool {
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(http) = cause.downcast_ref::<hyper::Error>() {
            return http.is_canceled() || http.source().and_then(|cause| cause.downcast_ref()).is_some_and(above_the_last);
        }
        next = cause.source();
    }
    false
}

fn above_the_last(error: &h2::Error) -> bool {
    error.is_go_away() && error.is_remote() && error.reason() == Some(h2::Reason::NO_ERROR)
}
