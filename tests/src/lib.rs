//! What only tests need: the simulator of the protocol between tiers.

pub mod simulation;
