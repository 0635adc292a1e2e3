//! What every tier stands on.

pub mod channel;
pub mod client;
pub mod identity;
