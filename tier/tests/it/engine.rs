//! Where a test keeps a region: in a file below its directory, or, where `TEST_POSTGRESQL_URL` names a server, in a schema of
//! its own there.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::Path,
    sync::Arc,
};

use changxiao_tier::database::{Location, Schema};

/// The server that the environment names, if any.
#[allow(clippy::disallowed_methods)]
fn named() -> Option<String> {
    std::env::var("TEST_POSTGRESQL_URL").ok().filter(|url| !url.is_empty())
}

/// The same place for the same directory and region, another one for any other directory.
pub fn location(directory: &Path, region: &str) -> Location {
    let Some(url) = named() else {
        let own = directory.join(region);
        std::fs::create_dir_all(&own).unwrap();
        return Location::File(own.join("journal.db"));
    };
    let mut hasher = DefaultHasher::new();
    directory.hash(&mut hasher);
    let schema = format!("t{:x}-{region}", hasher.finish());
    Location::Schema(Schema::new(Arc::new(url.parse().unwrap()), &schema).unwrap())
}
