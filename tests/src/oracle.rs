//! What the figures must be, worked out apart from the programs.
//!
//! The oracle imports neither the vocabulary of the programs nor their machinery (a test reads its imports). It is told only what
//! clients sent and what they were told: requests, receipts, listings, and the business time that the drivers set. From that it
//! counts again, in plain code, and compares every figure of an answer.

pub mod compare;
pub mod counts;
pub mod coverage;
pub mod dossiers;
pub mod figures;
pub mod hazards;
pub mod ledger;
pub mod span;

pub use compare::{Difference, Question, View};
pub use coverage::CoverageView;
pub use ledger::Ledger;
pub use span::Span;

#[cfg(test)]
mod tests;
