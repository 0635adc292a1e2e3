//! Rows of an aggregator: what it keeps beside its journal, as values that commands decide over and queries read.

pub mod decisions;
pub mod desk;
pub mod enrolments;
pub mod links;
pub mod origins;
pub mod quarantines;
pub mod registers;
pub mod shown;
pub mod through;
