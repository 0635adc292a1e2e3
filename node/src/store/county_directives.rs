//! Directives inside the county.

use changxiao_domain::{clock::Instant, county_directive::CountyDirective};
use sea_orm::entity::prelude::*;

use super::column::stored;

stored!("county_directives" CountyDirective {
    about: String,
    enterprise: Option<i64>,
    industry: String,
    recipient: String,
    state: String,
    demand: String,
    deadline: String,
    basis: String,
    number: String,
    signer: Option<String>,
    receiver: Option<String>,
    done: String,
    evidence: String,
    reason: String,
    returned: i64,
    overdue: bool,
    overdue_times: i64,
    acts: String,
    version: i64,
} derived {
    due_ms: Option<i64> = |directive: &CountyDirective| directive.due().map(Instant::ms),
});
