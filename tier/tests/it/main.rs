//! Integration tests of the crate, in one binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod channel;
mod directives;
mod engine;
mod feed;
mod identity;
mod signer;
mod term;
mod time;
mod toy;
mod verify;
mod wire;
mod world;
