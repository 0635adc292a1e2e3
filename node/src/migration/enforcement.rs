//! Tables of inspections, officers and enforcement documents.

use changxiao_tier::migration::{columns, index, table};
use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, binary, binary_null, boolean, string, string_null, text, text_null},
};

/// Migrations of this noun in order.
pub(super) fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(Inspections), Box::new(Ordered)]
}

struct Inspections;

impl MigrationName for Inspections {
    fn name(&self) -> &'static str {
        "m20261128_000401_inspections"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Inspections {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            big_integer("serial"),
            big_integer("kind"),
            string("certificate"),
            text_null("name"),
            text("body"),
            string_null("industry"),
            string_null("account"),
            string("valid_from"),
            string("valid_until"),
            text("withdrawn"),
            big_integer("version"),
        ];
        table(manager, "officers", columns, &["serial"]).await?;
        let columns =
            vec![big_integer("serial"), string("month"), string_null("industry"), binary("made"), big_integer("version")];
        table(manager, "inspection_plans", columns, &["serial"]).await?;
        let columns = vec![
            big_integer("serial"),
            big_integer("plan"),
            big_integer("kind"),
            boolean("covert"),
            string("month"),
            text("body"),
            string("area"),
            text("letter"),
            big_integer("enterprise"),
            string("industry"),
            string("state"),
            string_null("assigned_on"),
            text("officers"),
            text("certificates"),
            text("accounts"),
            big_integer_null("started_ms"),
            big_integer_null("ended_ms"),
            string_null("visited_on"),
            text("place"),
            binary("findings"),
            big_integer("hazards_found"),
            big_integer("problems_found"),
            big_integer_null("record"),
            string_null("signed_on"),
            text_null("site_head"),
            boolean("signing_refused"),
            text("signing_reason"),
            big_integer("order_kind"),
            big_integer_null("order_document"),
            string_null("ordered_on"),
            string_null("order_deadline"),
            text("order_items"),
            big_integer("orders"),
            boolean("overdue"),
            string_null("fed_back_on"),
            text("department"),
            boolean("enterprise_received"),
            text_null("enterprise_receiver"),
            boolean("department_received"),
            text_null("department_receiver"),
            string_null("escalated_on"),
            text("office"),
            text("leaders"),
            text("escalation_reason"),
            string_null("recheck_due_on"),
            boolean("applied"),
            string_null("rechecked_on"),
            big_integer_null("opinion"),
            string_null("handed_on"),
            text("handed_to"),
            big_integer_null("notice"),
            big_integer_null("reply"),
            big_integer_null("outcome"),
            big_integer_null("case_form"),
            big_integer("times_overdue"),
            big_integer("times_due"),
            big_integer("times_rechecked"),
            big_integer("times_on_time"),
            big_integer("reminders"),
            string_null("closed_on"),
            text("acts"),
            big_integer_null("due_ms"),
            big_integer("version"),
        ];
        table(manager, "inspections", columns, &["serial"]).await?;
        index(manager, "inspections_due", "inspections", &["due_ms"]).await?;
        index(manager, "inspections_enterprise", "inspections", &["enterprise", "serial"]).await?;
        index(manager, "inspections_plan", "inspections", &["plan", "serial"]).await?;
        let columns = vec![
            big_integer("serial"),
            string("kind"),
            big_integer_null("inspection"),
            big_integer_null("dossier"),
            big_integer("enterprise"),
            string("industry"),
            string("state"),
            text("body"),
            string("area"),
            big_integer("year"),
            big_integer("ordinal"),
            string("number"),
            string("drawn_on"),
            big_integer_null("rests_on"),
            text_null("text"),
            binary("content_hash"),
            string("code"),
            boolean("in_use"),
            binary_null("scan"),
            string_null("served_on"),
            big_integer("manner"),
            text_null("receiver"),
            boolean("signing_refused"),
            text("signing_reason"),
            text("witnesses"),
            text("void_reason"),
            text("acts"),
            big_integer("version"),
        ];
        table(manager, "documents", columns, &["serial"]).await?;
        index(manager, "documents_inspection", "documents", &["inspection"]).await?;
        index(manager, "documents_dossier", "documents", &["dossier"]).await?;
        index(manager, "documents_number", "documents", &["number"]).await?;
        let columns = vec![string("body"), string("prefix"), big_integer("year"), big_integer("last")];
        table(manager, "counters", columns, &["body", "prefix", "year"]).await?;
        let columns = vec![big_integer("enterprise"), big_integer("year"), big_integer("months")];
        table(manager, "checked", columns, &["enterprise", "year"]).await
    }
}

/// Hazards and dossiers know the inspection that found them, and the day that it ordered.
struct Ordered;

impl MigrationName for Ordered {
    fn name(&self) -> &'static str {
        "m20261128_000402_ordered"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Ordered {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["hazards", "dossiers"] {
            columns(manager, table, vec![big_integer_null("inspection"), string_null("ordered_by")]).await?;
        }
        Ok(())
    }
}
