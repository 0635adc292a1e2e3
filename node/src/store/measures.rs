//! Measures against enterprises.

use changxiao_domain::{clock::Instant, measure::Measure};
use sea_orm::entity::prelude::*;

use super::column::stored;

stored!("measures" Measure {
    enterprise: Option<i64>,
    industry: Option<String>,
    state: String,
    on: String,
    text: String,
    detail: String,
    legal_check: String,
    persons: String,
    commitments: i64,
    hearing_until: Option<String>,
    statement: String,
    times: i64,
    decision: String,
    publication: String,
    until: Option<String>,
    acts: String,
    version: i64,
} derived {
    due_ms: Option<i64> = |measure: &Measure| measure.due().map(Instant::ms),
});
