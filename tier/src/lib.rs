//! What every tier stands on.

pub mod client;
