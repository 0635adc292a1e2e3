//! Services that every tier offers to people and clients: accounts, tokens, the clock.

mod accounts;
mod clock;

pub use accounts::{AccountsService, TokensService};
pub use clock::ClockService;
