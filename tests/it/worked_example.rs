//! `docs/worked-example.md` works a quarter out by hand; the programs must come to the same tables, byte for byte. They need to be
//! built: `cargo build -p changxiao-node -p changxiao-aggregator`.

use std::collections::BTreeMap;

use changxiao_tests::worked_example::{marked, play, tables::Table};

const DOCUMENT: &str = include_str!("../../docs/worked-example.md");

/// The tables of a document in its order.
fn tables(document: &str) -> Vec<Table> {
    let mut tables = Vec::new();
    let mut open: Option<Table> = None;
    for line in document.lines() {
        if let Some(name) = line.strip_prefix("<!-- table: ").and_then(|rest| rest.strip_suffix(" -->")) {
            assert!(open.is_none(), "table {name} begins inside another");
            open = Some(Table { name: name.to_owned(), text: String::new() });
        } else if line == "<!-- end -->" {
            tables.push(open.take().expect("a table ends that did not begin"));
        } else if let Some(table) = &mut open {
            table.text.push_str(line);
            table.text.push('\n');
        }
    }
    assert!(open.is_none(), "the last table does not end");
    tables
}

/// The names of tables that differ or are on one side only, with both texts.
fn differences(by_hand: &[Table], by_program: &[Table]) -> Vec<String> {
    let by_name = |tables: &[Table]| -> BTreeMap<String, String> {
        tables.iter().map(|table| (table.name.clone(), table.text.clone())).collect()
    };
    let (hand, program) = (by_name(by_hand), by_name(by_program));
    let names = hand.keys().chain(program.keys().filter(|name| !hand.contains_key(*name)));
    let differing = names.filter(|name| hand.get(*name) != program.get(*name));
    let none = String::new();
    differing
        .map(|name| {
            let (hand, program) = (hand.get(name).unwrap_or(&none), program.get(name).unwrap_or(&none));
            format!("table {name}\nby hand:\n{hand}by the programs:\n{program}")
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn hand_and_program_come_to_the_same_tables() {
    let by_hand = tables(DOCUMENT);
    let by_program = play().await.unwrap();
    let differences = differences(&by_hand, &by_program);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!(by_hand.len(), by_program.len(), "a name is used twice");
}

#[test]
fn one_figure_changed_is_found() {
    let by_hand = tables(DOCUMENT);
    assert!(by_hand.len() > 10);
    assert_eq!(tables(&marked(&by_hand)), by_hand);
    let mut other = by_hand.clone();
    let october = other.iter_mut().find(|table| table.name == "october").unwrap();
    october.text = october.text.replacen("50.00", "50.01", 1);
    assert_eq!(differences(&by_hand, &other).len(), 1);
    assert_eq!(differences(&by_hand, &by_hand[1..]).len(), 1);
}
