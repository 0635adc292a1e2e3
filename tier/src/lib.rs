//! What every tier stands on: the journal and its writer, facts and the feed, directives, identity, channel, policy.

pub mod accounts;
pub mod channel;
pub mod client;
pub mod clock;
pub mod common;
pub mod config;
pub mod database;
pub mod desk;
pub mod directives;
pub mod facts;
pub mod fault;
pub mod feed;
pub mod identity;
pub mod journal;
pub mod migration;
pub mod place;
pub mod policy;
pub mod protocol;
pub mod region;
pub mod service;
pub mod signer;
pub mod statistics;
pub mod verify;
pub mod writer;
