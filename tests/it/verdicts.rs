//! The second table of who may call what, written by a person: it is compared with the programs' own table here, and cell by cell with
//! what real processes answer in `matrix.rs`. It must also notice every change of a rule.
//!
//! `cargo test -p changxiao-tests --test it verdicts -- --show-output` prints how many mutants of the policy were noticed.

use std::collections::{BTreeMap, BTreeSet};

use changxiao_domain::actor::Role;
use changxiao_proto::METHODS;
use changxiao_tier::policy::{Rule, Table, Who};

const TEXT: &str = include_str!("verdicts/expected.txt");

/// What a caller is told, for each of the six relations.
pub type Row = [&'static str; 6];

/// Which program answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Process {
    County,
    City,
}

#[derive(Clone, Debug, Default)]
struct Line {
    anyone: bool,
    every: bool,
    /// Verdicts (own, other) by role, or for all of them under an empty name.
    roles: BTreeMap<&'static str, (&'static str, &'static str)>,
}

/// The table as read.
pub struct Expected(BTreeMap<(Process, &'static str), Line>);

/// How a role is written.
fn name(role: Role) -> &'static str {
    role.id()
}

/// The end of a path that names it: `Hazards/GetHazard`.
fn short(method: &str) -> &str {
    method.rsplit_once('.').map_or(method, |(_, short)| short)
}

impl Expected {
    /// Reads the table.
    ///
    /// # Panics
    /// A line is not understood, or says a thing twice.
    pub fn read() -> Self {
        let mut table: BTreeMap<(Process, &'static str), Line> = BTreeMap::new();
        let lines = TEXT.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut head = None;
        for line in lines {
            if line.starts_with("= ") {
                head = None;
            } else if let [processes, who, own, other] = line.split(" | ").collect::<Vec<_>>()[..] {
                head = Some((processes, who, own, other));
            } else {
                let (processes, who, own, other) = head.unwrap_or_else(|| panic!("methods without a head: {line}"));
                for (process, method) in
                    line.split(' ').flat_map(|method| processes.split(' ').map(move |process| (process, method)))
                {
                    let process = match process {
                        "county" => Process::County,
                        "city" => Process::City,
                        _ => panic!("no process {process}: {line}"),
                    };
                    let entry = table.entry((process, method)).or_default();
                    match who {
                        "anyone" => entry.anyone = true,
                        "every" => entry.every = true,
                        _ => {}
                    }
                    for role in who.split(' ').filter(|who| !matches!(*who, "anyone" | "every")) {
                        assert!(Role::ALL.iter().any(|known| name(*known) == role), "no role {role}");
                        assert!(entry.roles.insert(role, (own, other)).is_none(), "{method}: {role} twice");
                    }
                    if matches!(who, "anyone" | "every") {
                        entry.roles.insert("", (own, other));
                    }
                }
            }
        }
        Self(table)
    }

    /// What each relation is told; `None` if nobody has thought about this method yet.
    ///
    /// An account of another region hosted by the same process is known and sees nothing here; one of a region hosted elsewhere is not known.
    pub fn row(&self, process: Process, method: &str, role: &str) -> Option<Row> {
        let line = self.0.get(&(process, short(method)))?;
        if line.anyone {
            return Some([line.roles.get("").map_or("allow", |(own, _)| *own); 6]);
        }
        if role == "nobody" {
            return Some(["unknown"; 6]);
        }
        let (own, other, elsewhere) = match line.roles.get(role).or_else(|| line.roles.get("")) {
            Some((own, other)) => (*own, *other, "hidden"),
            None => ("denied", "denied", "denied"),
        };
        // In the order of the matrix: own, other, sibling, parent, child, stranger.
        Some(match process {
            Process::County => [own, other, elsewhere, "unknown", "unknown", elsewhere],
            Process::City => [own, other, elsewhere, "unknown", "unknown", "unknown"],
        })
    }

    /// How the table's idea of who may call differs from a rule; `None` if it does not.
    fn surprise(&self, process: Process, method: &str, rule: Option<Who>) -> Option<String> {
        let Some(line) = self.0.get(&(process, short(method))) else {
            return Some(format!(
                "{process:?} {method}: nobody has written what is expected, see tests/it/verdicts/expected.txt"
            ));
        };
        let expected: BTreeSet<&str> = match line.anyone || line.every {
            true => Role::ALL.iter().map(|role| name(*role)).collect(),
            false => line.roles.keys().copied().collect(),
        };
        let admitted: BTreeSet<&str> =
            Role::ALL.iter().filter(|role| rule.is_some_and(|who| who.admits(**role))).map(|role| name(*role)).collect();
        let differs = expected != admitted || line.anyone != (rule == Some(Who::Anyone));
        differs.then(|| format!("{process:?} {method}: expected {expected:?}, the program's table says {rule:?}"))
    }
}

/// Rules of one program that people meet: its own methods behind the service listener.
fn rules(table: Table) -> Vec<Rule> {
    let people = |rule: &&Rule| rule.who != Who::Parent && METHODS.contains(&rule.method);
    table.iter().copied().flatten().filter(people).copied().collect()
}

fn programs() -> [(Process, Vec<Rule>); 2] {
    [
        (Process::County, rules(changxiao_node::grpc::policy::TABLE)),
        (Process::City, rules(changxiao_aggregator::grpc::policy::TABLE)),
    ]
}

#[test]
fn the_programs_tables_say_what_is_expected() {
    let expected = Expected::read();
    let mut surprises = Vec::new();
    for (process, rules) in programs() {
        surprises.extend(rules.iter().filter_map(|rule| expected.surprise(process, rule.method, Some(rule.who))));
        let gone =
            expected.0.keys().filter(|(of, method)| *of == process && !rules.iter().any(|rule| short(rule.method) == *method));
        surprises.extend(gone.map(|(_, method)| format!("{process:?} {method} is expected and not there")));
    }
    assert!(surprises.is_empty(), "{} surprises:\n{}", surprises.len(), surprises.join("\n"));
}

/// Every way to change one rule: without it, without one of its roles, with one more, open to every account, open to anyone, and
/// behind the other listener.
fn mutants(rule: &Rule) -> Vec<(String, Option<Who>)> {
    let mut made = vec![("without the rule".to_owned(), None), ("for the parent".to_owned(), Some(Who::Parent))];
    if rule.who != Who::Anyone {
        made.push(("for anyone".to_owned(), Some(Who::Anyone)));
    }
    if rule.who != Who::AnyAccount {
        made.push(("for every account".to_owned(), Some(Who::AnyAccount)));
    }
    let held: Vec<Role> = Role::ALL.iter().copied().filter(|role| rule.who.admits(*role)).collect();
    for role in Role::ALL {
        let (word, changed): (&str, Vec<Role>) = match held.contains(&role) {
            true => ("without", held.iter().copied().filter(|one| *one != role).collect()),
            false => ("also for", held.iter().copied().chain([role]).collect()),
        };
        made.push((format!("{word} {}", name(role)), Some(Who::Roles(changed.leak()))));
    }
    made
}

#[test]
fn every_mutant_of_the_policy_is_noticed() {
    let expected = Expected::read();
    let (mut made, mut missed) = (0, Vec::new());
    for (process, rules) in programs() {
        let before = made;
        for rule in &rules {
            for (how, who) in mutants(rule) {
                made += 1;
                if expected.surprise(process, rule.method, who).is_none() {
                    missed.push(format!("{process:?} {} {how}", rule.method));
                }
            }
        }
        println!("{process:?}: {} rules, {} mutants", rules.len(), made - before);
    }
    println!("{made} mutants of the policy, {} not noticed", missed.len());
    // The control: a table in which a person has thought about nothing but roles by the dozen does not notice.
    let careless = Expected(expected.0.keys().map(|key| (*key, Line { every: true, ..Line::default() })).collect());
    let of_all = programs().into_iter().flat_map(|(process, rules)| rules.into_iter().map(move |rule| (process, rule.method)));
    let blind = of_all.filter(|(process, method)| careless.surprise(*process, method, Some(Who::AnyAccount)).is_none());
    assert!(blind.count() > 0, "the control was to miss rules that were opened to every account");
    assert!(missed.is_empty(), "not noticed:\n{}", missed.join("\n"));
}
