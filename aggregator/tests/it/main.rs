//! The aggregator over loopback: real journals, real signatures, real mutual TLS, several tiers in one process.

#![allow(clippy::unwrap_used, clippy::panic)]

mod desk;
#[path = "../../../tier/tests/it/engine.rs"]
mod engine;
mod enrolments;
mod federation;
mod world;
