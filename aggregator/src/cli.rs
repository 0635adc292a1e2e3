//! Commands of this program alone.

pub mod register;
pub mod revocations;
