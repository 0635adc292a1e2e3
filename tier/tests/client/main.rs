//! The client half of the programs: help, flags, tables, refusals and a conversation with a real server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]



mod help;


