//! Follow-up, measures, directives inside the county, the county's organisation.

use changxiao_tier::migration::{index, table};
use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, boolean, string, string_null, text, text_null},
};

/// Tasks, notices and the clocks that open and send them.
pub(super) struct FollowUp;

impl MigrationName for FollowUp {
    fn name(&self) -> &'static str {
        "m20261128_000501_follow_up"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for FollowUp {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            string("about"),
            big_integer_null("enterprise"),
            string_null("industry"),
            text("running"),
            big_integer_null("due_ms"),
        ];
        table(manager, "watches", columns, &["about"]).await?;
        index(manager, "watches_due", "watches", &["due_ms"]).await?;
        let columns = vec![
            big_integer("serial"),
            string("rule"),
            string("about"),
            big_integer_null("enterprise"),
            string_null("industry"),
            string("to"),
            string("state"),
            text("demand"),
            big_integer("opened_at"),
            string("due"),
            string("assignee"),
            text("note"),
            text("result"),
            text("returned_reason"),
            text("acts"),
            big_integer("version"),
        ];
        table(manager, "tasks", columns, &["serial"]).await?;
        index(manager, "tasks_state", "tasks", &["state", "serial"]).await?;
        let columns = vec![
            big_integer("serial"),
            string("rule"),
            string("about"),
            big_integer_null("enterprise"),
            string_null("industry"),
            string("to"),
            text("title"),
            text("text"),
            big_integer("sent_at"),
            text("receipts"),
            big_integer("version"),
        ];
        table(manager, "notices", columns, &["serial"]).await?;
        let columns = vec![
            big_integer("serial"),
            string("about"),
            big_integer("enterprise"),
            string("on"),
            text("measures"),
            text_null("person"),
        ];
        table(manager, "preventions", columns, &["serial"]).await
    }
}

/// The six measures and directives inside the county.
pub(super) struct Measures;

impl MigrationName for Measures {
    fn name(&self) -> &'static str {
        "m20261128_000502_measures"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Measures {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            big_integer("serial"),
            big_integer_null("enterprise"),
            string_null("industry"),
            string("state"),
            string("on"),
            text("text"),
            text("detail"),
            text("legal_check"),
            text("persons"),
            big_integer("commitments"),
            string_null("hearing_until"),
            text("statement"),
            big_integer("times"),
            text("decision"),
            text("publication"),
            string_null("until"),
            text("acts"),
            big_integer("version"),
            big_integer_null("due_ms"),
        ];
        table(manager, "measures", columns, &["serial"]).await?;
        index(manager, "measures_due", "measures", &["due_ms"]).await?;
        let columns = vec![big_integer("enterprise"), big_integer_null("current"), big_integer("times")];
        table(manager, "blacklistings", columns, &["enterprise"]).await?;
        let columns = vec![
            big_integer("serial"),
            string("about"),
            big_integer_null("enterprise"),
            string("industry"),
            string("recipient"),
            string("state"),
            text("demand"),
            string("deadline"),
            text("basis"),
            text("number"),
            text_null("signer"),
            text_null("receiver"),
            text("done"),
            text("evidence"),
            text("reason"),
            big_integer("returned"),
            boolean("overdue"),
            big_integer("overdue_times"),
            text("acts"),
            big_integer("version"),
            big_integer_null("due_ms"),
        ];
        table(manager, "county_directives", columns, &["serial"]).await?;
        index(manager, "county_directives_due", "county_directives", &["due_ms"]).await
    }
}

/// Who leads, who is competent, who was trained, what is submitted.
pub(super) struct Organisation;

impl MigrationName for Organisation {
    fn name(&self) -> &'static str {
        "m20261128_000503_organisation"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Organisation {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            big_integer("id"),
            text("bureau_head"),
            text("responsible"),
            text("steward"),
            string("group_state"),
            text("members"),
            string_null("group_from"),
            big_integer_null("filed_ms"),
            big_integer("certified"),
            big_integer("summary_year"),
            big_integer("version"),
        ];
        table(manager, "organisation", columns, &["id"]).await?;
        let columns = vec![
            big_integer("serial"),
            text_null("person"),
            string("account"),
            string("skill"),
            string("trained_on"),
            string("state"),
            string_null("certified_until"),
            big_integer("version"),
            big_integer_null("due_ms"),
        ];
        table(manager, "users", columns, &["serial"]).await?;
        let columns = vec![
            big_integer("serial"),
            string("layer"),
            text("title"),
            string("report_by"),
            big_integer("planned"),
            big_integer("attended"),
            string_null("held_on"),
            text("report"),
            string("state"),
            big_integer("version"),
        ];
        table(manager, "trainings", columns, &["serial"]).await?;
        let columns = vec![
            big_integer("serial"),
            string("kind"),
            text("title"),
            string("due"),
            string("state"),
            text("text"),
            text_null("signer"),
            big_integer_null("submitted_at"),
            big_integer("version"),
        ];
        table(manager, "submissions", columns, &["serial"]).await
    }
}
