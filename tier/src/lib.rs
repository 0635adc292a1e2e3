//! What every tier stands on: the journal and its writer, facts and the feed, directives, identity, channel, policy.

pub mod channel;
pub mod database;
pub mod identity;
pub mod journal;
