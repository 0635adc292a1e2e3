//! What an aggregator decides, one file for each noun. Nothing here reads a clock, a socket or a file.

pub mod admissions;
pub mod directives;
pub mod enrolments;
pub mod issuer;
pub mod links;
pub mod nodes;
pub mod registers;
pub mod removals;
pub mod revocations;
pub mod rule_tables;
pub mod supervision;
pub mod transfers;
