//! Abuses real programs and prints tables; ends with code 0 only if all of them held and every control failed.
//!
//! `cargo build -p changxiao-node && cargo run -p changxiao-tests --bin abuse -- --only d3,f8`

use std::{net::SocketAddr, process::ExitCode, time::Duration};

use changxiao_tests::abuse::{
    control,
    report::{self, Choices},
};
use clap::{Parser, Subcommand};

/// Floods, half-open handshakes, oversized messages, no descriptors, SIGTERM under load.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Only some: d2, d3, d4, d5, f4, f8.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// How long each of the fourteen floods lasts.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How many SIGTERMs.
    #[arg(long, default_value_t = 20)]
    stops: u32,
}

#[derive(Subcommand)]
enum Command {
    /// The control of F4, a process of its own.
    #[command(hide = true)]
    AcceptLoop { address: SocketAddr },
    /// A county and its city for tests/scan-tls.sh: prints service listener, federation listener and the city's identity, then stays.
    #[command(hide = true)]
    Stand,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(Command::AcceptLoop { address }) => return control::accept_loop(address).await,
        Some(Command::Stand) => {
            return match report::stand().await {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    eprintln!("{error:#}");
                    ExitCode::FAILURE
                }
            };
        }
        None => {}
    }
    let choices = Choices {
        only: arguments.only.into_iter().collect(),
        time: Duration::from_secs(arguments.seconds),
        stops: arguments.stops,
    };
    match report::run(&choices).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            println!("\nNOT everything held");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
