//! Runs the simulator: `simulate --days 30 --seeds 10`, and with `--control` a defect that must be found.

use std::process::ExitCode;

use changxiao_tests::simulation::{self, Control, Totals};
use clap::Parser;

/// Simulates ten counties, a city and a province under drawn faults and compares every step with a model.
#[derive(Parser)]
#[command(after_help = "Examples:\n  simulate --days 200 --seeds 50\n  simulate --days 30 --seeds 1 --start 4711\n  \
                        simulate --days 30 --seeds 100 --control delta-added")]
struct Arguments {
    /// Simulated days per seed.
    #[arg(long, default_value_t = 30)]
    days: u64,
    /// Seeds to run.
    #[arg(long, default_value_t = 10)]
    seeds: u64,
    /// First seed.
    #[arg(long, default_value_t = 1)]
    start: u64,
    /// Stop after the seed in which this much processor time is used up; 0 for no limit.
    #[arg(long, default_value_t = 0)]
    budget_cpu_seconds: u64,
    /// Defect to build in: cursor-before-apply, delta-added, proof-skipped or digest-not-compared. The run then ends at the first seed that
    /// finds it, and fails if none does.
    #[arg(long, default_value = "none")]
    control: String,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let known = || [Control::None].into_iter().chain(Control::ALL);
    let Some(control) = known().find(|control| control.name() == arguments.control) else {
        let names: Vec<_> = known().map(Control::name).collect();
        eprintln!("unknown control `{}`; there are {}", arguments.control, names.join(", "));
        return ExitCode::from(2);
    };
    let (mut totals, mut wrong, mut seeds) = (Totals::default(), 0_u64, 0_u64);
    for seed in (arguments.start..).take(usize::try_from(arguments.seeds).unwrap_or(usize::MAX)) {
        let report = simulation::run(seed, arguments.days, control);
        seeds += 1;
        totals += &report.totals;
        println!("seed {seed}: {}; log {}", report.totals, &report.log_hash[..16]);
        if let Some(what) = &report.wrong {
            wrong += 1;
            println!("seed {seed}: WRONG {what}");
            if control != Control::None {
                println!("control {} found after {seeds} seeds of {} days", control.name(), arguments.days);
                return ExitCode::SUCCESS;
            }
        }
        let limit = arguments.budget_cpu_seconds;
        if limit > 0 && simulation::cpu_seconds().is_some_and(|used| used >= limit as f64) {
            break;
        }
    }
    let used = simulation::cpu_seconds().map_or_else(|| "unknown".to_owned(), |used| format!("{used:.1} s"));
    println!("total over {seeds} seeds: {totals}; wrong {wrong}; processor time {used}");
    if control != Control::None {
        println!("control {} was not found", control.name());
    }
    if wrong == 0 && control == Control::None { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
