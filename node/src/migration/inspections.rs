//! Tables of self-inspections with their tasks, of checklists, of reference tables in their versions, of deputies.

use changxiao_tier::migration::{index, table};
use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, binary, binary_null, boolean, string, string_null, text},
};

pub(super) struct SelfInspections;

impl MigrationName for SelfInspections {
    fn name(&self) -> &'static str {
        "m20261128_000301_self_inspections"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for SelfInspections {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // What was one signed result becomes a record with states; the old rows follow from the journal alone.
        manager.drop_table(Table::drop().table(Alias::new("self_inspections")).to_owned()).await?;
        let columns = vec![
            big_integer("enterprise"),
            string("inspection"),
            string("industry"),
            string("state"),
            string_null("rule"),
            big_integer("table_version"),
            big_integer_null("opens_ms"),
            big_integer_null("ends_ms"),
            boolean("counts"),
            string_null("held_on"),
            text("inspectors"),
            text("area"),
            string_null("list"),
            big_integer("list_version"),
            big_integer("own_version"),
            text("results"),
            big_integer_null("finished_ms"),
            boolean("missed"),
            boolean("late"),
            text("late_reason"),
            binary_null("paper"),
            text("signatures"),
            boolean("signed_in_time"),
            text("cancelled"),
            big_integer_null("due_ms"),
            big_integer("version"),
        ];
        table(manager, "self_inspections", columns, &["enterprise", "inspection"]).await?;
        index(manager, "self_inspections_due", "self_inspections", &["due_ms"]).await?;
        index(manager, "self_inspections_state", "self_inspections", &["state"]).await
    }
}

pub(super) struct Rules;

impl MigrationName for Rules {
    fn name(&self) -> &'static str {
        "m20261128_000302_rules"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Rules {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![big_integer("owner"), string("checklist"), binary("versions")];
        table(manager, "checklists", columns, &["owner", "checklist"]).await?;
        table(manager, "rule_tables", vec![string("kind"), binary("versions")], &["kind"]).await?;
        // How far time has spoken, by what it speaks of.
        table(manager, "clocks", vec![string("clock"), big_integer("at_ms")], &["clock"]).await?;
        let columns = vec![
            big_integer("enterprise"),
            string("account"),
            string("first"),
            string("last"),
            boolean("revoked"),
            big_integer("version"),
        ];
        table(manager, "deputies", columns, &["enterprise", "account"]).await?;
        let mut reminded = big_integer("reminded");
        reminded.default(0);
        let alter = Table::alter().table(Alias::new("county_months")).add_column(&mut reminded).to_owned();
        manager.alter_table(alter).await
    }
}
