//! The client half of the programs: help, and a conversation with a real server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod conversation;
mod county;
mod help;
mod secure;
mod shell;
