//! Takes transitions away from the table, one at a time, and wants to see the named test fail each time:
//! `cargo run -p changxiao-tests --bin transitions -- --disable 30`.

use std::process::{Command, ExitCode, Stdio};

use changxiao_domain::machine::{self, Machine, Transition};
use changxiao_tests::chance::Chance;
use clap::Parser;

/// Draws transitions, disables each alone, and runs the test that must notice.
#[derive(Parser)]
struct Arguments {
    /// How many to draw; 0 for every one.
    #[arg(long, default_value_t = 30)]
    disable: usize,
    /// The draw.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// The test of each machine whose rules ask the table.
fn test_of(machine: Machine) -> Option<&'static str> {
    match machine {
        Machine::GeneralHazard => Some("hazard::tests::every_state_takes_exactly_the_events_of_the_table_and_goes_where_it_says"),
        Machine::MajorHazard => Some("dossier::tests::every_state_takes_exactly_the_events_of_the_table_and_goes_where_it_says"),
        Machine::Inspection => {
            Some("inspection::tests::every_state_takes_exactly_the_events_of_the_table_and_goes_where_it_says")
        }
        Machine::Declaration => {
            Some("declaration::tests::every_state_takes_exactly_the_events_of_the_table_and_goes_where_it_says")
        }
        Machine::SelfInspection => {
            Some("self_inspection::tests::every_state_takes_exactly_the_events_of_the_table_and_goes_where_it_says")
        }
        Machine::Admission | Machine::Directive | Machine::Measure => None,
    }
}

/// Whether the test passes with one transition taken away.
fn passes(test: &str, disabled: &str) -> std::io::Result<bool> {
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["test", "--quiet", "--package", "changxiao-domain", "--lib", "--", "--exact", test])
        .env("changxiao_disabled_transition", disabled)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    Ok(status.success())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Nothing carries these out yet (docs/gaps.md), so nothing can notice.
    let carried_out = |row: &&&Transition| test_of(row.machine).is_some() && row.event != "raise_level";
    let mut left: Vec<&Transition> = machine::all().iter().filter(|row| carried_out(&row)).collect();
    let wanted = if arguments.disable == 0 { left.len() } else { arguments.disable.min(left.len()) };
    let mut chance = Chance::new(arguments.seed, "transitions");
    let mut unnoticed = 0;
    for number in 1..=wanted {
        let row = left.swap_remove(chance.between(0, left.len() as i64 - 1) as usize);
        let disabled = format!("{}/{}/{}", row.machine.id(), row.from, row.event);
        let Some(test) = test_of(row.machine) else { continue };
        match passes(test, &disabled) {
            Ok(false) => println!("{number:3}  {:5} {disabled}: noticed by {test}", row.id),
            Ok(true) => {
                unnoticed += 1;
                println!("{number:3}  {:5} {disabled}: NOT NOTICED by {test}", row.id);
            }
            Err(error) => {
                eprintln!("cargo cannot be run: {error}");
                return ExitCode::from(2);
            }
        }
    }
    // The same tests pass when nothing is taken away: a failure above is the missing transition's.
    let sound = Machine::ALL.into_iter().filter_map(test_of).all(|test| matches!(passes(test, ""), Ok(true)));
    println!(
        "{wanted} transitions taken away one by one, {unnoticed} not noticed; with nothing taken away the tests {}",
        if sound { "pass" } else { "FAIL" }
    );
    if unnoticed == 0 && sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
