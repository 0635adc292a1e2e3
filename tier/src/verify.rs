//! The whole check of one region's journal and of everything that stands beside it, from stored bytes alone.

mod walk;

pub use walk::{Finding, Walk};
