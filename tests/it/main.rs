//! Tests of the whole: real processes, and rules that hold over the source.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod abuse;
mod accounts;
mod bad_input;
mod catalogue;
mod config_mistakes;
mod declarations;
mod dossiers;
mod enrolment;
mod error_pages;
mod exchange;
mod federation;
mod foreign_clients;
mod hazards;
mod hostile_sheets;
mod inspections;
mod log_page;
mod matrix;
mod oracle;
mod readme;
mod replay;
mod rules;
mod self_inspections;
#[cfg(feature = "simulation")]
mod simulation;
mod support;
mod tampering;
mod trace;
mod verdicts;
mod worked_example;
