//! `docs/operations/logs.md` against the sources: every line that a program may log has its row with its level, and no row speaks of a
//! line that is not there.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A message as it stands in a source: its level, and its text up to the first value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    level: String,
    begins: String,
    file: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The strings of a macro's arguments that are no field's value, with what stands before each.
fn message(arguments: &str) -> Option<String> {
    let mut rest = arguments;
    let mut before = String::new();
    while let Some(at) = rest.find('"') {
        before.push_str(&rest[..at]);
        let text = &rest[at + 1..];
        let mut escaped = false;
        let end = text.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        })?;
        if !before.trim_end().ends_with('=') {
            return Some(text[..end].to_owned());
        }
        before.clear();
        rest = &text[end + 1..];
    }
    None
}

/// What stands between a macro's brackets.
fn arguments(text: &str) -> &str {
    let (mut depth, mut quoted, mut escaped) = (1, false, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' if !escaped => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

fn logged() -> Vec<Line> {
    let mut files = Vec::new();
    for program in ["tier", "node", "aggregator"] {
        sources(&root().join(program).join("src"), &mut files);
    }
    let mut lines = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        for level in ["info", "warn", "error"] {
            for after in text.split(&format!("tracing::{level}!(")).skip(1) {
                let Some(message) = message(arguments(after)) else { panic!("{}: a line without a message", file.display()) };
                let begins = message.split(['{', ';']).next().unwrap().trim_end_matches([' ', '`', ':']).to_owned();
                let file = file.strip_prefix(root()).unwrap().display().to_string();
                lines.push(Line { level: level.to_owned(), begins, file });
            }
        }
    }
    lines
}

/// Rows of the page: what the message begins with, and the levels.
fn page() -> Vec<(String, BTreeSet<String>)> {
    let text = fs::read_to_string(root().join("docs/operations/logs.md")).unwrap();
    let mut rows = Vec::new();
    for row in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let levels: BTreeSet<String> = cells[1].split(", ").map(str::to_owned).collect();
        let begins = cells[0].split('`').skip(1).step_by(2).map(|text| text.trim_end_matches([' ', '…']).to_owned());
        rows.extend(begins.map(|begins| (begins, levels.clone())));
    }
    rows
}

#[test]
fn every_line_of_a_log_has_its_row_and_every_row_its_line() {
    let (logged, page) = (logged(), page());
    assert!(
        logged.len() > 40 && page.len() > 30,
        "{} lines, {} rows: the sources are not read rightly",
        logged.len(),
        page.len()
    );
    let row = |line: &Line| page.iter().find(|(begins, _)| *begins == line.begins);
    let mut wrong: Vec<String> = Vec::new();
    for line in &logged {
        match row(line) {
            None => wrong.push(format!("no row for `{}` ({}, {})", line.begins, line.level, line.file)),
            Some((_, levels)) if !levels.contains(&line.level) => {
                wrong.push(format!("`{}` is logged as {} in {}; its row says {levels:?}", line.begins, line.level, line.file));
            }
            Some(_) => {}
        }
    }
    let gone = page.iter().filter(|(begins, _)| !logged.iter().any(|line| line.begins == *begins));
    wrong.extend(gone.map(|(begins, _)| format!("a row for `{begins}`, which nothing logs")));
    assert!(wrong.is_empty(), "docs/operations/logs.md:\n{}", wrong.join("\n"));
}
