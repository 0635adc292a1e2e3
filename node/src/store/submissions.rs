//! What the county owes the city in writing.

use changxiao_domain::organisation::Submission;
use sea_orm::entity::prelude::*;

use super::column::stored;

stored!("submissions" Submission {
    kind: String,
    title: String,
    due: String,
    state: String,
    text: String,
    signer: Option<String>,
    submitted_at: Option<i64>,
    version: i64,
});
