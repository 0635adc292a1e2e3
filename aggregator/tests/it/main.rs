//! The aggregator over loopback: real journals, real signatures, real mutual TLS, several tiers in one process.

mod desk;
mod federation;
mod world;
