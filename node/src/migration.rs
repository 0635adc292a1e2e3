//! Tables of a county, after those of the tier.

mod catalogue;
mod enforcement;
mod exchange;
mod inspections;

use changxiao_tier::migration::{index, table};
use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, binary, binary_null, boolean, boolean_null, string, string_null, text, text_null},
};

/// Every migration of the program in order.
#[must_use]
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    let mut all = changxiao_tier::migration::all();
    all.push(Box::new(Catalogue));
    all.push(Box::new(Declarations));
    all.push(Box::new(Hazards));
    all.push(Box::new(exchange::Exchange));
    all.push(Box::new(inspections::SelfInspections));
    all.push(Box::new(inspections::Rules));
    all.push(Box::new(catalogue::CatalogueInFull));
    all.extend(enforcement::all());
    all
}

struct Catalogue;

impl MigrationName for Catalogue {
    fn name(&self) -> &'static str {
        "m20261123_000101_catalogue"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Catalogue {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            big_integer("serial"),
            text("title"),
            text("address"),
            string("township"),
            string("industry"),
            string("identity_kind"),
            text("identity"),
            string_null("organisation_code"),
            text_null("legal_representative"),
            boolean("synthetic"),
            string("state"),
            big_integer_null("requested_ms"),
            big_integer_null("approved_ms"),
            text("returned_reason"),
            big_integer("general_open"),
            big_integer("major_open"),
            big_integer("version"),
        ];
        table(manager, "enterprises", columns, &["serial"]).await?;
        index(manager, "enterprises_state", "enterprises", &["state", "approved_ms"]).await?;
        table(manager, "claims", vec![string("kind"), string("value"), big_integer("holder")], &["kind", "value"]).await
    }
}

struct Declarations;

impl MigrationName for Declarations {
    fn name(&self) -> &'static str {
        "m20261123_000102_declarations"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Declarations {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            big_integer("enterprise"),
            string("month"),
            big_integer("self_inspections"),
            big_integer("general_found"),
            big_integer("general_struck_off"),
            big_integer("major_found"),
            big_integer("major_struck_off"),
            string("state"),
            boolean_null("producing"),
            text("zero_statement"),
            binary_null("confirmed"),
            binary_null("signed"),
            big_integer_null("filed_ms"),
            binary_null("filed_hash"),
            binary_null("filed_figures"),
            boolean("filed_producing"),
            text("filed_statement"),
            boolean("filed_late"),
            text("late_reason"),
            boolean("filed_by_proxy"),
            string_null("accept_by"),
            big_integer("corrections"),
            big_integer_null("due_ms"),
            text("returned_reason"),
            boolean("returned_as_empty"),
            string_null("correct_by"),
            text("exempt_reason"),
            text("proxy_reason"),
            binary_null("proxy_paper"),
            text("correction_reason"),
            binary_null("correction_figures"),
            binary_null("correction_hash"),
            big_integer("version"),
        ];
        table(manager, "enterprise_months", columns, &["enterprise", "month"]).await?;
        index(manager, "enterprise_months_state", "enterprise_months", &["month", "state"]).await?;
        index(manager, "enterprise_months_due", "enterprise_months", &["due_ms"]).await?;
        let columns = vec![string("month"), string("state"), big_integer("owing"), big_integer("version")];
        table(manager, "county_months", columns, &["month"]).await?;
        let columns =
            vec![big_integer("serial"), big_integer("enterprise"), string("held_on"), text_null("inspector"), text("scope")];
        table(manager, "self_inspections", columns, &["serial"]).await?;
        index(manager, "self_inspections_enterprise", "self_inspections", &["enterprise", "serial"]).await?;
        let columns = vec![big_integer("enterprise"), big_integer("year"), big_integer("months")];
        table(manager, "inspected", columns, &["enterprise", "year"]).await?;
        table(manager, "cells", vec![string("month"), string("industry"), binary("counts")], &["month", "industry"]).await
    }
}

struct Hazards;

impl MigrationName for Hazards {
    fn name(&self) -> &'static str {
        "m20261123_000103_hazards"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Hazards {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            big_integer("serial"),
            big_integer("enterprise"),
            string("industry"),
            string("state"),
            string("found_on"),
            string("category"),
            text("place"),
            text("description"),
            big_integer("source"),
            text_null("finder"),
            boolean("late_entry"),
            big_integer_null("repeat_of"),
            big_integer_null("downgraded_from"),
            boolean("recurred"),
            text("criteria"),
            boolean("assigned"),
            text_null("rectifier"),
            text_null("reinspector"),
            text_null("acceptor"),
            text_null("closer"),
            text("measure"),
            text("protection"),
            string_null("deadline"),
            big_integer_null("due_ms"),
            boolean("overdue"),
            boolean("reassess"),
            string_null("extension"),
            text("extension_reason"),
            big_integer("extensions"),
            text("result"),
            big_integer("cost_yuan"),
            big_integer("returned"),
            text("acts"),
            text_null("voiding_reason"),
            big_integer_null("duplicate_of"),
            big_integer_null("dossier"),
            string_null("struck_off_on"),
            big_integer("version"),
        ];
        table(manager, "hazards", columns, &["serial"]).await?;
        index(manager, "hazards_due", "hazards", &["due_ms"]).await?;
        index(manager, "hazards_enterprise", "hazards", &["enterprise", "serial"]).await?;
        let columns = vec![
            big_integer("serial"),
            big_integer("enterprise"),
            text("enterprise_title"),
            string("industry"),
            string("state"),
            string("found_on"),
            string("category"),
            string("identified_on"),
            string("open_by"),
            text("criterion"),
            text("state_and_cause"),
            text("harm_and_difficulty"),
            text("protection"),
            big_integer_null("upgraded_from"),
            text("number"),
            boolean("undossiered"),
            boolean("planned"),
            text("measures"),
            text("responsibility"),
            big_integer("funds_yuan"),
            string_null("plan_deadline"),
            text("emergency_plan"),
            text("goals"),
            big_integer("confirmed"),
            text("not_listed"),
            boolean("listed"),
            text("notice_number"),
            text_null("notice_signer"),
            text_null("notice_receiver"),
            boolean("suspends"),
            string_null("listed_deadline"),
            string_null("progress_month"),
            big_integer("progress_percent"),
            big_integer("progress_spent_yuan"),
            text("progress_text"),
            big_integer_null("treatable_ms"),
            string_null("treated_from"),
            string_null("progress_from"),
            big_integer("progress_missed"),
            string_null("extension"),
            big_integer("extensions"),
            text("institution"),
            text("qualification"),
            string_null("qualified_until"),
            text("field"),
            big_integer_null("due_ms"),
            boolean("overdue"),
            big_integer_null("overdue_ms"),
            boolean("escalated"),
            big_integer("returned"),
            string_null("struck_off_on"),
            text("closing_number"),
            boolean("resumption"),
            boolean("resumed"),
            big_integer_null("hazard"),
            text("acts"),
            big_integer("version"),
        ];
        table(manager, "dossiers", columns, &["serial"]).await?;
        index(manager, "dossiers_due", "dossiers", &["due_ms"]).await
    }
}
