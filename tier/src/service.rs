//! Services that every tier offers to people and clients: accounts, sessions, tokens, the clock.

pub mod accounts;
mod clock;
mod sessions;
mod tokens;

pub use accounts::AccountsService;
pub use clock::ClockService;
pub use sessions::SessionsService;
pub use tokens::TokensService;
