//! Users of the county who learned the system.

use changxiao_domain::{clock::Instant, organisation::User};
use sea_orm::entity::prelude::*;

use super::column::stored;

stored!("users" User {
    person: Option<String>,
    account: String,
    skill: String,
    trained_on: String,
    state: String,
    certified_until: Option<String>,
    version: i64,
} derived {
    due_ms: Option<i64> = |user: &User| user.due().map(Instant::ms),
});
