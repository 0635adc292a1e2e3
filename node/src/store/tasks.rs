//! Tasks of follow-up.

use changxiao_domain::task::Task;
use sea_orm::entity::prelude::*;

use super::column::stored;

stored!("tasks" Task {
    rule: String,
    about: String,
    enterprise: Option<i64>,
    industry: Option<String>,
    to: String,
    state: String,
    demand: String,
    opened_at: i64,
    due: String,
    assignee: String,
    note: String,
    result: String,
    returned_reason: String,
    acts: String,
    version: i64,
});
