//! The aggregator of a city or a province: it follows its children, keeps what they show, decides and orders.
//!
//! `grpc | jobs | cli → app → store → domain`; what every tier stands on lives in `tier`.

pub mod app;
pub mod book;
pub mod cli;
pub mod freshness;
pub mod grpc;
pub mod jobs;
pub mod migration;
pub mod program;
pub mod store;
