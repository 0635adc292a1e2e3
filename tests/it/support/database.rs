//! A county's database as somebody with access to its disk sees it: plain SQL beside the program.

use std::{collections::BTreeMap, path::PathBuf};

use changxiao_tests::{
    postgresql,
    world::{World, config},
};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseBackend, DatabaseConnection, QueryResult, Statement, TryGetable,
};

/// One open database.
pub struct Disk(DatabaseConnection);

/// The directory that `init` made for a region.
pub fn directory(world: &World, region: &str) -> PathBuf {
    config::region_data(world.directory(), region)
}

impl Disk {
    /// Opens the database of a region, whether its process runs or not.
    pub async fn open(world: &World, region: &str) -> Self {
        let mut options = match world.database() {
            None => ConnectOptions::new(format!("sqlite://{}?mode=rw", directory(world, region).join("journal.db").display())),
            Some(url) => ConnectOptions::new(postgresql::plain(url).unwrap()),
        };
        options.max_connections(1).sqlx_logging(false);
        if world.database().is_some() {
            options.set_schema_search_path(region);
        }
        Disk(Database::connect(options).await.unwrap())
    }

    /// Changes something and closes: everything then lies in the one file.
    pub async fn tamper(world: &World, region: &str, statements: &[&str]) {
        let disk = Self::open(world, region).await;
        for statement in statements {
            disk.0.execute_unprepared(statement).await.unwrap();
        }
        disk.close().await;
    }

    /// All rows of a query.
    pub async fn rows(&self, query: &str) -> Vec<QueryResult> {
        self.0.query_all_raw(Statement::from_string(self.0.get_database_backend(), query)).await.unwrap()
    }

    /// The first column of all rows.
    pub async fn column<T: TryGetable>(&self, query: &str) -> Vec<T> {
        self.rows(query).await.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    /// The only value of a query.
    pub async fn one<T: TryGetable>(&self, query: &str) -> T {
        let mut all = self.column(query).await;
        assert_eq!(all.len(), 1, "{query}");
        all.remove(0)
    }

    /// Rows by table. Any command that had an effect changes it.
    pub async fn sizes(&self) -> BTreeMap<String, i64> {
        let query = match self.0.get_database_backend() {
            DatabaseBackend::Postgres => "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1",
            _ => "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name",
        };
        let tables: Vec<String> = self.column(query).await;
        let mut sizes = BTreeMap::new();
        for table in tables {
            let rows = self.one(&format!("SELECT COUNT(*) FROM \"{table}\"")).await;
            sizes.insert(table, rows);
        }
        sizes
    }

    /// Closes the file.
    pub async fn close(self) {
        self.0.close().await.unwrap();
    }
}
