//! What every tier stands on: the journal and its writer, facts and the feed, directives, identity, channel, policy.

pub mod channel;
pub mod client;
pub mod database;
pub mod facts;
pub mod identity;
pub mod journal;
pub mod clock;
pub mod fault;
pub mod place;
pub mod protocol;
pub mod writer;
pub mod accounts;
pub mod directives;
pub mod common;
pub mod migration;
pub mod statistics;
