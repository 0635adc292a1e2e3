//! What the gRPC library refuses by itself, before any handler sees it, said in our words: with a reason and details.

use http::Response;
use tonic::{Code, Status, body::Body};

use super::Fault;

/// Gives a refusal of the library its reason. Every other answer passes unchanged.
#[must_use]
pub fn explain(response: Response<Body>) -> Response<Body> {
    match response.extensions().get::<Status>().and_then(in_our_words) {
        Some(fault) => Status::from(fault).into_http(),
        None => response,
    }
}

/// Whether the library refused the bytes of the request themselves.
#[must_use]
pub fn is_unreadable(response: &Response<Body>) -> bool {
    response.extensions().get::<Status>().is_some_and(|status| in_our_words(status).is_some())
}

/// The library knows codes and sentences only; everything of ours has details.
fn in_our_words(status: &Status) -> Option<Fault> {
    if !status.details().is_empty() {
        return None;
    }
    match status.code() {
        Code::OutOfRange => Some(Fault::TooLarge),
        // The library blames itself for bytes that it cannot read; they are the caller's.
        Code::Internal => Some(Fault::Malformed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::StatusExt as _;

    use super::*;

    fn told(status: Status) -> (Code, Option<String>) {
        let response = explain(status.into_http());
        let status = response.extensions().get::<Status>().unwrap();
        (status.code(), status.get_details_error_info().map(|info| info.reason))
    }

    #[test]
    fn the_librarys_refusals_get_a_reason_and_ours_stay() {
        let malformed = Status::internal("failed to decode Protobuf message: invalid wire type");
        assert_eq!(told(malformed), (Code::InvalidArgument, Some("REQUEST_MALFORMED".to_owned())));
        let large = Status::out_of_range("decoded message length too large");
        assert_eq!(told(large), (Code::ResourceExhausted, Some("REQUEST_TOO_LARGE".to_owned())));
        let ours = Status::from(Fault::Internal("a cause that stays here".to_owned()));
        assert_eq!(told(ours), (Code::Internal, Some("INTERNAL".to_owned())));
    }
}
