//! K3 and K4 with real processes: `cargo run -p changxiao-tests --bin rotation` renews 100 leaves and replaces 3 authorities under
//! 200 calls a second, then revokes a certificate behind an open stream, and prints the table. Needs both programs built.

use changxiao_tests::{
    rotation::{Plan, rotate},
    world::builder::BAOSHAN_COUNTIES,
};
use clap::Parser;

/// Rotation of leaves and authorities under load.
#[derive(Parser)]
struct Arguments {
    /// Leaves to be renewed.
    #[arg(long, default_value_t = 100)]
    leaves: usize,
    /// Authorities to be replaced.
    #[arg(long, default_value_t = 3)]
    authorities: usize,
    /// Calls in a second.
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// Life of a leaf.
    #[arg(long, default_value_t = 20)]
    leaf_seconds: u32,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { leaves, authorities, rate, leaf_seconds } = Arguments::parse();
    let outcome = rotate(Plan { counties: BAOSHAN_COUNTIES.to_vec(), leaves, authorities, rate, leaf_seconds }).await?;
    print!("{}", outcome.table());
    if let Some(failure) = &outcome.first_failure {
        println!("the first failure: {failure}");
    }
    anyhow::ensure!(outcome.failed == 0, "{} well-behaved calls failed", outcome.failed);
    anyhow::ensure!(outcome.revoked_within <= 60.0, "a revocation took {:.0} s", outcome.revoked_within);
    Ok(())
}
