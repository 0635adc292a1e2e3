//! Tables that every region has. Migrations are history: names spelled out, never edited once shipped; each program
//! appends its own.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, big_integer_null, binary, boolean, integer, string, string_null, text, text_null},
    sea_orm::DatabaseBackend,
};

/// The tier's migrations in order.
#[must_use]
pub fn all() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(Journal),
        Box::new(Facts),
        Box::new(Accounts),
        Box::new(Directives),
        Box::new(Origins),
        Box::new(RevocationLists),
        Box::new(Writers),
        Box::new(Secrets),
    ]
}

/// Makes one table with its primary key over `key`.
///
/// # Errors
/// The database refuses.
pub async fn table(
    manager: &SchemaManager<'_>,
    name: &'static str,
    columns: Vec<ColumnDef>,
    key: &[&'static str],
) -> Result<(), DbErr> {
    let mut create = Table::create();
    create.table(Alias::new(name));
    for mut column in columns {
        collate(manager, &mut column);
        create.col(column);
    }
    let mut primary = Index::create();
    for column in key {
        primary.col(Alias::new(*column));
    }
    create.primary_key(&mut primary);
    manager.create_table(create).await
}

/// Texts are ordered by their bytes, as SQLite and this program do, whatever the locale of a PostgreSQL database.
fn collate(manager: &SchemaManager<'_>, column: &mut ColumnDef) {
    let is_text = matches!(column.get_column_type(), Some(ColumnType::Text | ColumnType::String(_)));
    if is_text && manager.get_database_backend() == DatabaseBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
}

/// Adds columns to a table, one statement for each: SQLite takes no more at once.
///
/// # Errors
/// The database refuses.
pub async fn columns(manager: &SchemaManager<'_>, table: &'static str, columns: Vec<ColumnDef>) -> Result<(), DbErr> {
    for mut column in columns {
        collate(manager, &mut column);
        manager.alter_table(Table::alter().table(Alias::new(table)).add_column(column).to_owned()).await?;
    }
    Ok(())
}

/// Makes one index.
///
/// # Errors
/// The database refuses.
pub async fn index(
    manager: &SchemaManager<'_>,
    name: &'static str,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    let mut create = Index::create();
    create.name(name).table(Alias::new(table));
    for column in columns {
        create.col(Alias::new(*column));
    }
    manager.create_index(create).await
}

struct Journal;

impl MigrationName for Journal {
    fn name(&self) -> &'static str {
        "m20261123_000001_journal"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Journal {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            big_integer("position"),
            big_integer("epoch"),
            big_integer("received_ms"),
            big_integer("effective_ms"),
            text("subject"),
            string("kind"),
            binary("header"),
            binary("body"),
            binary("leaf"),
        ];
        table(manager, "entries", columns, &["position"]).await?;
        index(manager, "entries_subject", "entries", &["subject", "position"]).await?;
        let columns = vec![big_integer("position"), big_integer("number"), binary("salt"), binary("bytes")];
        table(manager, "parts", columns, &["position", "number"]).await?;
        table(manager, "nodes", vec![big_integer("level"), big_integer("number"), binary("hash")], &["level", "number"]).await?;
        let columns = vec![string("actor"), string("request"), binary("hash"), binary("receipt"), big_integer("created_ms")];
        table(manager, "requests", columns, &["request", "actor"]).await?;
        index(manager, "requests_created", "requests", &["created_ms"]).await
    }
}

struct Facts;

impl MigrationName for Facts {
    fn name(&self) -> &'static str {
        "m20261123_000002_facts"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Facts {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            string("origin"),
            integer("audience"),
            string("kind"),
            string("key"),
            string("bucket"),
            big_integer("epoch"),
            big_integer("position"),
            big_integer("local"),
            big_integer("body_version"),
            binary("body"),
            boolean("withdrawn"),
            binary("hash"),
        ];
        table(manager, "facts", columns, &["origin", "audience", "kind", "key"]).await?;
        index(manager, "facts_local", "facts", &["origin", "local"]).await?;
        index(manager, "facts_bucket", "facts", &["origin", "audience", "bucket"]).await?;
        let columns = vec![string("origin"), integer("audience"), string("bucket"), binary("digest"), big_integer("facts")];
        table(manager, "fact_buckets", columns, &["origin", "audience", "bucket"]).await?;
        // The parent's last word on this journal, outside it.
        let columns = vec![
            string("parent"),
            big_integer("epoch"),
            big_integer("size"),
            binary("checkpoint"),
            text("cosignature"),
            text("refusal"),
        ];
        table(manager, "witnesses", columns, &["parent"]).await
    }
}

struct Accounts;

impl MigrationName for Accounts {
    fn name(&self) -> &'static str {
        "m20261123_000003_accounts"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Accounts {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            string("account"),
            text("roles"),
            big_integer_null("enterprise"),
            string_null("industry"),
            text_null("holder"),
            boolean("closed"),
            string("password"),
            boolean("totp"),
            big_integer_null("locked_until_ms"),
        ];
        table(manager, "accounts", columns, &["account"]).await?;
        let columns = vec![
            string("token"),
            binary("hash"),
            string("account"),
            big_integer("issued_ms"),
            big_integer("expires_ms"),
            boolean("revoked"),
        ];
        table(manager, "tokens", columns, &["token"]).await?;
        index(manager, "tokens_account", "tokens", &["account", "token"]).await
    }
}

struct Directives;

impl MigrationName for Directives {
    fn name(&self) -> &'static str {
        "m20261123_000004_directives"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Directives {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            string("directive"),
            string("issuer"),
            string("addressee"),
            string("kind"),
            binary("signed"),
            big_integer("arrived_ms"),
            big_integer("position"),
            big_integer_null("delivered"),
            text_null("answer"),
            big_integer_null("answered_ms"),
        ];
        table(manager, "directives", columns, &["directive"]).await?;
        index(manager, "directives_position", "directives", &["position"]).await?;
        let columns = vec![string("directive"), string("child"), big_integer("epoch"), big_integer("position")];
        table(manager, "handovers", columns, &["directive"]).await
    }
}

struct Origins;

impl MigrationName for Origins {
    fn name(&self) -> &'static str {
        "m20261123_000005_origins"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Origins {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = vec![
            string("origin"),
            big_integer("epoch"),
            big_integer("position"),
            binary("entry_header"),
            binary("entry_body"),
            binary("checkpoint"),
            binary("inclusion"),
            binary("cosignature"),
            big_integer("local"),
        ];
        table(manager, "origins", columns, &["origin"]).await
    }
}

struct RevocationLists;

impl MigrationName for RevocationLists {
    fn name(&self) -> &'static str {
        "m20261124_000006_revocation_lists"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for RevocationLists {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        table(manager, "revocation_lists", vec![string("issuer"), big_integer("version"), binary("signed")], &["issuer"]).await
    }
}

struct Writers;

impl MigrationName for Writers {
    fn name(&self) -> &'static str {
        "m20261124_000007_writers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Writers {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One row, and on PostgreSQL only: the term of whoever writes the region. A file is locked by its one connection.
        table(manager, "writers", vec![big_integer("number"), big_integer("term")], &["number"]).await
    }
}

struct Secrets;

impl MigrationName for Secrets {
    fn name(&self) -> &'static str {
        "m20261124_000008_secrets"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Secrets {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Outside the journal: what people know and hold.
        let columns = vec![string("account"), string("parameters"), binary("salt"), binary("hash")];
        table(manager, "passwords", columns, &["account"]).await?;
        let columns = vec![string("account"), binary("sealed"), boolean("confirmed"), big_integer("used_step")];
        table(manager, "totps", columns, &["account"]).await?;
        table(manager, "recovery_codes", vec![string("account"), binary("hash")], &["account", "hash"]).await?;
        let columns = vec![binary("hash"), string("account"), string("source"), big_integer("begun_ms"), big_integer("seen_ms")];
        table(manager, "sessions", columns, &["hash"]).await?;
        index(manager, "sessions_account", "sessions", &["account", "begun_ms"]).await
    }
}
