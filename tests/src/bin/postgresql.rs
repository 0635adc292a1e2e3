//! Runs a command with a throw-away PostgreSQL server: the tests that follow `TEST_POSTGRESQL_URL` then keep their regions there.
//!
//! `cargo run -p changxiao-tests --bin postgresql -- cargo test -p changxiao-tests --test it`

use std::process::{Command, ExitCode};

use anyhow::Context as _;
use changxiao_tests::postgresql::{Cluster, VARIABLE};
use clap::Parser;

/// A command with a PostgreSQL server of its own.
#[derive(Parser)]
struct Arguments {
    /// The command and its arguments.
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let (program, rest) = arguments.command.split_first().context("name a command")?;
    let cluster = Cluster::start().await?;
    let status = Command::new(program).args(rest).env(VARIABLE, cluster.url()).status();
    drop(cluster);
    let code = status.with_context(|| format!("running {program}"))?.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(1)))
}
