//! Tables of an aggregator, beside those of every tier. Migrations are history: never edited once shipped.

use changxiao_tier::migration::{index, table};
use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, binary, binary_null, boolean, integer, string, text},
};

/// The tier's migrations, then this program's.
#[must_use]
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    let mut all = changxiao_tier::migration::all();
    all.push(Box::new(Links));
    all.push(Box::new(Oversight));
    all.push(Box::new(Enrolments));
    all
}

struct Links;

impl MigrationName for Links {
    fn name(&self) -> &'static str {
        "m20261123_000101_links"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Links {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // From the journal.
        let columns = vec![string("child"), integer("state"), big_integer("since_ms"), text("reason"), text("detail")];
        table(manager, "links", columns, &["child"]).await?;
        let columns = vec![string("origin"), string("child"), big_integer("since_ms"), text("reason"), text("detail")];
        table(manager, "quarantines", columns, &["origin"]).await?;
        let columns = vec![
            string("origin"),
            string("child"),
            big_integer("epoch"),
            big_integer("position"),
            big_integer("tree_size"),
            binary("tree_root"),
            binary("digest"),
            big_integer("local"),
        ];
        table(manager, "received", columns, &["origin"]).await?;
        // Outside the journal: cursors, the head witnessed last, and what children say of those below them.
        let columns = vec![
            string("child"),
            big_integer("epoch"),
            big_integer("cursor"),
            big_integer("witnessed_epoch"),
            big_integer("witnessed_size"),
            binary_null("witnessed_root"),
            binary_null("witnessed_note"),
            big_integer_null("admitted"),
            big_integer_null("offered"),
            boolean("take_full"),
            big_integer("verified_ms"),
        ];
        table(manager, "follows", columns, &["child"]).await?;
        let columns = vec![
            string("origin"),
            string("child"),
            big_integer("epoch"),
            big_integer("position"),
            big_integer("verified_ms"),
            text("quarantine"),
            big_integer("quarantined_ms"),
        ];
        table(manager, "through", columns, &["origin"]).await
    }
}

struct Oversight;

impl MigrationName for Oversight {
    fn name(&self) -> &'static str {
        "m20261123_000102_oversight"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Oversight {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![big_integer("version"), binary("digest"), binary("signed"), big_integer("adopted_ms")];
        table(manager, "registers", columns, &["version"]).await?;
        // Which request of an enterprise was decided last; outside the journal, since the requests are.
        let columns =
            vec![string("origin"), big_integer("enterprise"), big_integer("epoch"), big_integer("position"), string("directive")];
        table(manager, "decisions", columns, &["origin", "enterprise"]).await?;
        index(manager, "facts_kind", "facts", &["kind", "origin", "key"]).await
    }
}

struct Enrolments;

impl MigrationName for Enrolments {
    fn name(&self) -> &'static str {
        "m20261128_000101_enrolments"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Enrolments {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // From the journal.
        let columns = vec![string("region"), binary("hash"), big_integer("expires_ms"), binary_null("used")];
        table(manager, "enrolment_codes", columns, &["region"]).await?;
        let columns = vec![
            big_integer("serial"),
            string("region"),
            integer("way"),
            binary("digest"),
            binary("request"),
            binary("journal_key"),
            text("address"),
            integer("state"),
            text("reason"),
            text("chain"),
            boolean("entered"),
        ];
        table(manager, "enrolments", columns, &["serial"]).await?;
        index(manager, "enrolments_region", "enrolments", &["region"]).await?;
        index(manager, "enrolments_digest", "enrolments", &["digest"]).await?;
        let columns = vec![
            string("region"),
            text("authority_key"),
            text("serial"),
            big_integer("not_after_ms"),
            binary("digest"),
            text("chain"),
        ];
        table(manager, "certificates", columns, &["region"]).await
    }
}
