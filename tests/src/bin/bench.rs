//! Measures a small network of real processes and prints the table of `docs/performance.md`.
//!
//! `cargo run --release -p changxiao-tests --bin bench -- --enterprises 2000 --clients 64 --rounds 5`

use std::{path::PathBuf, time::Duration};

use changxiao_tests::bench::{self, Choices};
use clap::Parser;

/// Rates, delays, memory and sizes of one county, its city and its province.
#[derive(Parser)]
struct Arguments {
    /// Enterprises of the county, all SYNTHETIC; each files once in every round.
    #[arg(long, default_value_t = 2_000)]
    enterprises: usize,
    /// Clients that file at the same time, each over a connection of its own.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..))]
    clients: u16,
    /// Rounds, each a month of business time; tokens end after a year of it.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=11))]
    rounds: u16,
    /// Hazards whose way to the province is timed, once without and once with load.
    #[arg(long, default_value_t = 100)]
    samples: usize,
    /// Seconds of each round of echo, the cost of a call before any work is done.
    #[arg(long, default_value_t = 3)]
    echo_seconds: u64,
    /// Measure the echo alone.
    #[arg(long)]
    only_echo: bool,
    /// Where both programs lie; beside this one unless told.
    #[arg(long)]
    programs: Option<PathBuf>,
    /// Keep data, certificates and logs here; a temporary directory otherwise. The disk below it is the one measured.
    #[arg(long)]
    directory: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { enterprises, clients, rounds, samples, echo_seconds, only_echo, programs, directory } = Arguments::parse();
    let echo = Duration::from_secs(echo_seconds);
    let (clients, rounds) = (usize::from(clients), usize::from(rounds));
    if only_echo {
        print!("{}", bench::echo::measure(rounds, echo).await?);
        return Ok(());
    }
    let report = bench::run(&Choices { enterprises, clients, rounds, samples, echo, programs, directory }).await?;
    print!("{report}");
    Ok(())
}
