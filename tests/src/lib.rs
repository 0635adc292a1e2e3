//! Whole networks of real processes from a builder, clients that drive them, a story that they play, and an oracle that
//! knows only what clients sent and were told.
//!
//! Everything here is a test or a demonstration: an `unwrap` that fails is a finding, so the lint is off for the crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod abuse;
pub mod bench;
pub mod calendar;
pub mod chance;
pub mod client;
pub mod collector;
pub mod kills;
pub mod oracle;
pub mod postgresql;
pub mod rotation;
pub mod sheets;
#[cfg(feature = "simulation")]
pub mod simulation;
pub mod story;
pub mod tables;
pub mod worked_example;
pub mod world;
