//! The oracle stands apart from the programs: it imports neither their vocabulary nor their machinery.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn sources(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            sources(&entry.unwrap().path(), found);
        }
    } else {
        found.push(path.to_owned());
    }
}

/// Names that a source file takes in, comments left out.
fn forbidden(source: &str) -> Option<&str> {
    let code = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    let names = ["changxiao_domain", "changxiao_tier", "changxiao_node", "changxiao_aggregator"];
    code.flat_map(|line| names.iter().filter(move |name| line.contains(**name))).next().copied()
}

#[test]
fn the_oracle_imports_neither_domain_nor_tier() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    // What the oracle leans on inside this crate stands apart as well.
    for part in ["oracle.rs", "oracle", "calendar.rs", "tables.rs"] {
        sources(&root.join(part), &mut files);
    }
    assert!(files.len() > 8, "{files:?}");
    for file in files {
        assert_eq!(forbidden(&fs::read_to_string(&file).unwrap()), None, "{}", file.display());
    }
}

#[test]
fn the_check_would_notice() {
    assert_eq!(forbidden("use changxiao_domain::period::Month;"), Some("changxiao_domain"));
    assert_eq!(forbidden("// changxiao_tier is not used here\nuse std::fmt;"), None);
}
