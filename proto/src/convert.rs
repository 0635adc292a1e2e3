//! Conversions between the wire and the domain: the only place where both meet.
//!
//! From the wire every violation of a message is collected, so that a caller can mend all of them at once.

pub mod directive;
pub mod enrolment;
pub mod event;
pub mod register;
pub mod request;
pub mod revocation;
pub mod scalar;
