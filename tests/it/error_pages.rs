//! Every stable reason has its page in `docs/errors`, and every page its reason.
//!
//! The sources are read as text: a reason is a string literal of capitals with an underscore, outside comments and tests.
//! The few reasons of a single word are named here, because such a word may be anything.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Reasons without an underscore.
const SINGLE_WORDS: &[&str] = &["INTERNAL", "QUARANTINED", "RELEASED", "SILENT", "UNAUTHENTICATED", "UNSPECIFIED"];
/// Literals that look like reasons and are not.
const OTHERS: &[&str] = &["CARGO_PKG_VERSION", "OUT_DIR"];
/// Parts that every page has, in this order.
const PARTS: &[&str] = &["## What happened · 发生了什么", "## What to do · 怎么办", "## Where it comes from · 来源"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn source_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        match path.is_dir() {
            true if name != "tests" => source_files(&path, found),
            false if name.ends_with(".rs") && !["tests.rs", "laws.rs", "vectors.rs"].contains(&name) => found.push(path),
            _ => {}
        }
    }
}

/// String literals of a source that are written in capitals; comments and an inline test module left out.
fn capitals(source: &str) -> BTreeSet<String> {
    let code: String = source
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let is_name = |text: &&str| {
        text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.split('_').all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()))
    };
    code.split('"').filter(is_name).map(str::to_owned).collect()
}

fn is_reason(text: &str) -> bool {
    (text.contains('_') && !OTHERS.contains(&text)) || SINGLE_WORDS.contains(&text)
}

/// Reasons with the files that speak them.
fn reasons() -> BTreeMap<String, BTreeSet<String>> {
    let root = root();
    let mut reasons: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for member in ["domain", "proto", "tier", "node", "aggregator"] {
        let mut files = Vec::new();
        source_files(&root.join(member).join("src"), &mut files);
        for file in files {
            let shown = file.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            for reason in capitals(&fs::read_to_string(&file).unwrap()).into_iter().filter(|text| is_reason(text)) {
                reasons.entry(reason).or_default().insert(shown.clone());
            }
        }
    }
    reasons
}

fn pages() -> BTreeMap<String, String> {
    let folder = root().join("docs/errors");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|file| (file.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&file).unwrap())).collect()
}

#[test]
fn every_reason_has_a_page_and_every_page_a_reason() {
    let reasons = reasons();
    assert!(reasons.len() > 150, "the scan found only {} reasons", reasons.len());
    let pages = pages();
    let without_page: Vec<_> = reasons.keys().filter(|reason| !pages.contains_key(*reason)).collect();
    let without_reason: Vec<_> = pages.keys().filter(|page| !reasons.contains_key(*page)).collect();
    assert!(without_page.is_empty(), "write docs/errors/<REASON>.md for {without_page:?}");
    assert!(without_reason.is_empty(), "no source speaks of {without_reason:?}; remove the page");
}

#[test]
fn every_page_has_three_parts_and_names_a_file_that_speaks_the_reason() {
    let reasons = reasons();
    for (reason, page) in pages() {
        assert!(page.starts_with(&format!("# {reason}\n")), "{reason}: the heading is not the reason");
        let places: Vec<_> = PARTS.iter().map(|part| page.find(part)).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{reason}: a part is missing or misplaced");
        let spoken = reasons.get(&reason).is_some_and(|files| files.iter().any(|file| page.contains(file.as_str())));
        assert!(spoken, "{reason}: none of the files named speaks of it");
    }
}

#[test]
fn the_scan_sees_literals_but_not_comments_and_tests() {
    let source = "//! \"IN_COMMENT\"\nconst A: &str = \"DISK_FULL\";\nsay(\"lower_case\", \"QUEUE_FULL\");\n#[cfg(test)]\nmod tests {\n\"IN_TEST\"\n}\n";
    let expected: BTreeSet<String> = ["DISK_FULL", "QUEUE_FULL"].map(str::to_owned).into();
    assert_eq!(capitals(source), expected);
}
