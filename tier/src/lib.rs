//! What every tier stands on: the journal, and what is built over it.

pub mod journal;
