//! Tests of the whole: real processes, and rules that hold over the source.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod error_pages;
mod federation;
mod oracle;
mod simulation;
mod worked_example;
