//! Kills processes at random under load and checks that no acknowledged receipt is missing and nothing is counted twice.
//!
//! `cargo run -p changxiao-tests --bin kills -- --times 20`; with `--postgresql` the victim is the database server instead.

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
    /// Keep all regions in one throw-away PostgreSQL server, and kill that.
    #[arg(long)]
    postgresql: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.postgresql {
        changxiao_tests::kills::repeat_server(arguments.times, arguments.seed).await?;
    } else {
        changxiao_tests::kills::repeat(arguments.times, arguments.seed).await?;
    }
    println!("{} kills: no acknowledged receipt is missing, nothing is counted twice", arguments.times);
    Ok(())
}
