//! Records of prevention.

use changxiao_domain::prevention::Prevention;
use sea_orm::entity::prelude::*;

use super::column::stored;

stored!("preventions" Prevention {
    about: String,
    enterprise: i64,
    on: String,
    measures: String,
    person: Option<String>,
});
