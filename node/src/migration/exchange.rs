//! Tables of files, evidence, imports and exports.

use changxiao_tier::migration::{index, table};
use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, binary, string, text, text_null},
};

/// Uploads and jobs lie outside the journal (ADR 0007); evidence follows from it.
pub struct Exchange;

impl MigrationName for Exchange {
    fn name(&self) -> &'static str {
        "m20261128_000601_exchange"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Exchange {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            string("id"),
            string("account"),
            string("purpose"),
            text("file_name"),
            big_integer("size"),
            string("digest"),
            string("media"),
            text("claims"),
            big_integer("begun_ms"),
            big_integer("used_ms"),
        ];
        table(manager, "uploads", columns, &["id"]).await?;
        index(manager, "uploads_account", "uploads", &["account", "begun_ms"]).await?;
        let columns = vec![
            big_integer("serial"),
            text("subject"),
            big_integer("enterprise"),
            string("industry"),
            big_integer("phase"),
            string("digest"),
            big_integer("size"),
            string("media"),
            text_null("title"),
            text_null("claims"),
            text("note"),
            string("attached_by"),
            big_integer("attached_ms"),
        ];
        table(manager, "evidence", columns, &["serial"]).await?;
        index(manager, "evidence_subject", "evidence", &["subject", "serial"]).await?;
        index(manager, "evidence_digest", "evidence", &["digest"]).await?;
        let columns = vec![
            string("id"),
            string("kind"),
            string("account"),
            string("state"),
            string("digest"),
            string("result"),
            binary("request"),
            binary("view"),
            big_integer("begun_ms"),
        ];
        table(manager, "jobs", columns, &["id"]).await?;
        index(manager, "jobs_account", "jobs", &["account", "begun_ms"]).await
    }
}
