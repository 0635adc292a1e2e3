//! Kills processes at random under load and checks that no acknowledged receipt is missing and nothing is counted twice.
//!
//! `cargo run -p changxiao-tests --bin kills -- --times 20`

use clap::Parser;

/// Random kills under load on a small network.
#[derive(Parser)]
struct Arguments {
    /// How many kills.
    #[arg(long, default_value_t = 20)]
    times: u32,
    /// Which process is killed when follows from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    changxiao_tests::kills::repeat(arguments.times, arguments.seed).await?;
    println!("{} kills: no acknowledged receipt is missing, nothing is counted twice", arguments.times);
    Ok(())
}
