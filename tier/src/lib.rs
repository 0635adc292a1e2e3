//! What every tier stands on.

pub mod channel;
pub mod identity;
