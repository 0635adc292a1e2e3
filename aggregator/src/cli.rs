//! Commands of this program alone.

pub mod authority;
pub mod enrolment;
pub mod register;
pub mod revocations;
