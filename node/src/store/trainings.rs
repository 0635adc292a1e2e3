//! Batches of training.

use changxiao_domain::organisation::Training;
use sea_orm::entity::prelude::*;

use super::column::stored;

stored!("trainings" Training {
    layer: String,
    title: String,
    report_by: String,
    planned: i64,
    attended: i64,
    held_on: Option<String>,
    report: String,
    state: String,
    version: i64,
});
