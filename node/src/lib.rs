//! A county node: owns the enterprises and hazards of its county.
//!
//! `grpc → app → store → domain`; the shared house (listeners, policy, journal, feed) is `tier`.

pub mod app;
pub mod book;
pub mod grpc;
pub mod jobs;
pub mod migration;
pub mod program;
pub mod store;
pub mod vault;
pub mod workbook;
