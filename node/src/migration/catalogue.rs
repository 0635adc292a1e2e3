//! The catalogue in full: basic information, factors, requests, name lists.

use changxiao_tier::migration::{index, table};
use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, boolean, string, string_null, text, text_null},
};

/// The migration.
pub struct CatalogueInFull;

impl MigrationName for CatalogueInFull {
    fn name(&self) -> &'static str {
        "m20261128_000201_catalogue_in_full"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for CatalogueInFull {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // No county is in operation yet, and the entries from which its rows follow have another form from now on.
        manager.drop_table(Table::drop().table(Alias::new("enterprises")).to_owned()).await?;
        let columns = vec![
            big_integer("serial"),
            text("title"),
            text("address"),
            string("township"),
            string("industry"),
            text("industries"),
            text("identifiers"),
            text("no_identifier_reason"),
            text_null("legal_representative"),
            text_null("legal_phone"),
            text("reporting_body"),
            text_null("responsible"),
            text_null("responsible_phone"),
            text_null("officer"),
            text_null("officer_phone"),
            big_integer_null("employees"),
            big_integer_null("turnover_wan"),
            big_integer_null("assets_wan"),
            string_null("operating_since"),
            text("regulators"),
            boolean("synthetic"),
            string("state"),
            big_integer("since_ms"),
            big_integer("reminded"),
            boolean("unfilled"),
            text("factors"),
            text("choice_reason"),
            text_null("contact"),
            text_null("contact_phone"),
            string_null("account"),
            text("returned"),
            big_integer_null("requested_ms"),
            big_integer_null("approved_ms"),
            text("returned_reason"),
            big_integer_null("confirmed_ms"),
            boolean("stale"),
            text("operation"),
            string("pending"),
            string_null("pending_on"),
            string_null("pending_until"),
            text("pending_reason"),
            text_null("pending_guard"),
            big_integer("pending_cause"),
            string("pending_to"),
            big_integer_null("pending_ms"),
            big_integer_null("merged_into"),
            text("moved_from"),
            text("moved_to"),
            big_integer("removed_for"),
            text("taken_hazards"),
            text("taken_dossiers"),
            big_integer("general_open"),
            big_integer("major_open"),
            text("acts"),
            big_integer_null("due_ms"),
            big_integer("version"),
        ];
        table(manager, "enterprises", columns, &["serial"]).await?;
        index(manager, "enterprises_state", "enterprises", &["state", "approved_ms"]).await?;
        index(manager, "enterprises_due", "enterprises", &["due_ms"]).await?;
        index(manager, "enterprises_township", "enterprises", &["township"]).await?;
        let columns = vec![big_integer("serial"), string("published_on"), text("title"), text("enterprises")];
        table(manager, "name_lists", columns, &["serial"]).await
    }
}

/// Moves between counties: where a record came from, where it went, what is offered.
pub struct Transfers;

impl MigrationName for Transfers {
    fn name(&self) -> &'static str {
        "m20261128_000202_transfers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Transfers {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, columns) in [
            ("hazards", &["moved_from", "moved_to"] as &[&str]),
            ("dossiers", &["moved_from", "moved_to"]),
            ("enterprises", &["offer", "doubles"]),
        ] {
            for column in columns {
                let mut column = text(*column);
                let alter = Table::alter().table(Alias::new(table)).add_column(column.default("")).to_owned();
                manager.alter_table(alter).await?;
            }
        }
        let columns = vec![
            string("offer"),
            string("county"),
            big_integer("there"),
            text("title"),
            string("industry"),
            text("claims"),
            text("reason"),
            string("answer_by"),
            string("standing"),
            text("answer_reason"),
            big_integer_null("enterprise"),
            big_integer("version"),
        ];
        table(manager, "transfers", columns, &["offer"]).await
    }
}
