//! What several tests of the whole lean on.

pub mod database;
pub mod raw;
pub mod small;
