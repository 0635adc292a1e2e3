//! Plays the quarter of `docs/worked-example.md` on three processes and prints the tables as the programs tell them, between the
//! document's markers. All data are SYNTHETIC.

use changxiao_tests::worked_example;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let tables = worked_example::play().await?;
    print!("{}", worked_example::marked(&tables));
    Ok(())
}
