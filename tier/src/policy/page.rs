//! The policy table as a page for people, so that documents cannot say something else than the program does.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Rule, Table, Who};

/// The table in Markdown: for each service, methods with the same callers in one line.
#[must_use]
pub fn page(program: &str, table: Table) -> String {
    let mut services: BTreeMap<&str, Vec<(String, Vec<&str>)>> = BTreeMap::new();
    for rule in table.iter().copied().flatten() {
        let (callers, method) = (callers(rule), rule.method.rsplit('/').next().unwrap_or_default());
        let lines = services.entry(rule.service()).or_default();
        match lines.iter_mut().find(|(held, _)| *held == callers) {
            Some((_, methods)) => methods.push(method),
            None => lines.push((callers, vec![method])),
        }
    }
    let mut page = format!(
        "# Who may call what at `{program}`\n\nWritten from the policy table by a test (`UPDATE_POLICY=1`); the table itself is checked by the compiler\n\
         ([ADR 0011](../adr/0011-policy.md)). Unlisted means denied. Beyond the role, row scope decides what is seen. Roles by their identifiers, see the\n\
         [glossary](../glossary.md).\n\n| service | methods | callers |\n|---|---|---|\n"
    );
    for (service, lines) in services {
        for (callers, methods) in lines {
            // Writing to a string cannot fail.
            let _ = writeln!(page, "| `{service}` | {} | {callers} |", methods.join(", "));
        }
    }
    page
}

fn callers(rule: &Rule) -> String {
    match rule.who {
        Who::Anyone => "anyone".to_owned(),
        Who::AnyAccount => "any account".to_owned(),
        Who::Roles(roles) => roles.iter().map(|role| role.id()).collect::<Vec<_>>().join(", "),
        Who::Parent => "the parent region, by its certificate".to_owned(),
    }
}
