//! `--help` is a promise to scripts and a first document for people, so both trees are pinned as files.

use std::{fmt::Write as _, fs, path::PathBuf};

use changxiao_tier::client::{self, AGGREGATOR, NODE, Program};
use clap::Command;

/// Compares with the file beside this test; `UPDATE_HELP=1` writes it anew.
fn pinned(name: &str, now: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/client").join(name);
    if std::env::var_os("UPDATE_HELP").is_some() {
        fs::write(&path, now).unwrap();
    }
    let before = fs::read_to_string(&path).unwrap_or_default();
    let changed: Vec<String> = before
        .lines()
        .filter(|line| !now.lines().any(|new| new == *line))
        .map(|line| format!("- {line}"))
        .chain(now.lines().filter(|line| !before.lines().any(|old| old == *line)).map(|line| format!("+ {line}")))
        .collect();
    assert!(
        before == now,
        "{name} differs:\n{}\nIf that is meant: UPDATE_HELP=1 cargo test -p changxiao-tier --test client help",
        changed.join("\n")
    );
}

fn tree(program: &Program) -> Command {
    let mut root = Command::new(program.name).subcommand(client::command(program).unwrap());
    root.build();
    root
}

/// Help without the settings, which are the same everywhere.
fn own(help: &str) -> &str {
    help.split("\nConnection and output:").next().unwrap()
}

/// Help of `call` and of each service, then one line of flags and the example for each method.
fn outline(program: &Program) -> String {
    let mut root = tree(program);
    let call = root.find_subcommand_mut("call").unwrap();
    let mut text = format!("$ {} call --help\n{}", program.name, call.render_help());
    for service in call.get_subcommands_mut() {
        write!(
            text,
            "\n$ {} call {} --help\n{}",
            program.name,
            service.get_name().to_owned(),
            own(&service.render_help().to_string())
        )
        .unwrap();
        for method in service.get_subcommands() {
            let flags: Vec<String> = method
                .get_arguments()
                .filter(|argument| argument.get_id().as_str().starts_with("field:"))
                .filter_map(|argument| argument.get_long().map(|long| format!("--{long}")))
                .collect();
            let example = method.get_after_help().unwrap().to_string();
            let example = example.lines().nth(1).unwrap().trim();
            writeln!(text, "\n{}: {}\n  {example}", method.get_name(), flags.join(" ")).unwrap();
        }
    }
    text
}

#[test]
fn the_tree_of_the_node_is_as_promised() {
    pinned("help_node.txt", &outline(&NODE));
}

#[test]
fn the_tree_of_the_aggregator_is_as_promised() {
    pinned("help_aggregator.txt", &outline(&AGGREGATOR));
}

#[test]
fn help_of_methods_is_as_promised() {
    let mut root = tree(&NODE);
    let call = root.find_subcommand_mut("call").unwrap();
    let mut text = String::new();
    for (service, method) in [
        ("declarations", "file-declaration"),
        ("declarations", "list-declarations"),
        ("enterprises", "propose-enterprise"),
        ("rollups", "query"),
        ("clock", "advance-clock"),
    ] {
        let method = call.find_subcommand_mut(service).unwrap().find_subcommand_mut(method).unwrap();
        let help = method.render_long_help().to_string();
        let example = help.split("\n\nExample:").nth(1).unwrap();
        writeln!(text, "{}\nExample:{example}", own(&help)).unwrap();
    }
    pinned("help_methods.txt", &text);
}

#[test]
fn both_trees_satisfy_clap() {
    tree(&NODE).debug_assert();
    tree(&AGGREGATOR).debug_assert();
}

#[test]
fn a_program_offers_only_what_it_serves() {
    let services = |program: &Program| -> Vec<String> {
        let root = tree(program);
        let call = root.find_subcommand("call").unwrap();
        call.get_subcommands().map(|service| service.get_name().to_owned()).collect()
    };
    let (node, aggregator) = (services(&NODE), services(&AGGREGATOR));
    let of_node = [
        "checklists",
        "declarations",
        "documents",
        "dossiers",
        "enterprises",
        "evidence-files",
        "imports",
        "exports",
        "files",
        "hazards",
        "inspections",
        "lists",
        "preventions",
        "measures",
        "county-directives",
        "officers",
        "organisation",
        "rules",
        "self-inspections",
        "supervision",
        "trail",
        "tasks",
        "notices",
    ];
    let of_aggregator =
        ["children", "admissions", "directive-desk", "listed-supervision", "regions", "enrolment", "enrolment-desk"];
    let of_both = ["rollups", "indicators", "accounts", "sessions", "tokens", "clock", "signin", "signout"];
    assert_eq!(node, [&of_node[..], &of_both[..]].concat());
    assert_eq!(aggregator, [&of_aggregator[..], &of_both[..]].concat());
}
