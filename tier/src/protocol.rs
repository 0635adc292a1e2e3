//! The protocol between tiers as state machines without I/O, time or randomness.
//!
//! | module | question it answers |
//! |---|---|
//! | [`fact`] | what is shown above, and which of two values is the newer |
//! | [`digest`] | what a region commits to when it publishes |
//! | [`feed`] | what answers a cursor |
//! | [`delivery`] | what travels |
//! | [`judge`] | is it true, and what is to be written |
//! | [`held`] | what is remembered of a child and of an origin |
//! | [`follow`] | when to ask |
//! | [`directive`] | what flows down |
//!
//! The programs are thin adapters around it, and so is the simulator in the tests crate: both run this very code. Nothing here opens
//! a socket or a file, reads a clock or draws a number; times and random numbers are arguments.

pub mod delivery;
pub mod digest;
pub mod directive;
pub mod fact;
pub mod feed;
pub mod follow;
pub mod held;
pub mod judge;
pub mod refused;
pub mod word;
