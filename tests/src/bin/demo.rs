//! Seven processes on loopback play Baoshan from August to December 2015, two quarters. All data are SYNTHETIC.
//!
//! `--check` ends by itself, with code 0 only if every figure equals the oracle's. Without it the network stays up until Ctrl-C.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use changxiao_tests::{
    calendar::civil,
    story::{
        self, Choices,
        plan::{MONTHS, SPAN},
        stage::Stage,
        table::table,
    },
    world::World,
};
use clap::Parser;
use tokio::time::{Instant, sleep};

/// A network of three tiers, played with invented enterprises.
#[derive(Parser)]
struct Arguments {
    /// End when the story has ended; exit 0 only if every figure equals the oracle's.
    #[arg(long)]
    check: bool,
    /// Everything random follows from it.
    #[arg(long, default_value_t = 2015)]
    seed: u64,
    /// Multiplier of the number of general hazards.
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Share of the 2,866 enterprises that exist.
    #[arg(long, default_value_t = 1.0)]
    share: f64,
    /// Keep data, certificates and logs here; a temporary directory otherwise.
    #[arg(long, overrides_with = "directory")]
    directory: Option<PathBuf>,
    /// How long the build took, for the last lines.
    #[arg(long)]
    build_seconds: Option<u64>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tokio::select! {
        ended = run(&arguments) => match ended {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("the demonstration could not go on: {error:#}");
                ExitCode::FAILURE
            }
        },
        () = interrupted() => {
            // Leaving the future drops the world, which ends its processes by their ids.
            eprintln!("\nstopped");
            if arguments.check { ExitCode::FAILURE } else { ExitCode::SUCCESS }
        }
    }
}

/// Ctrl-C, or SIGTERM from whoever started this.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminated) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
}

/// True if every figure is as it must be.
async fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let begun = Instant::now();
    println!("SYNTHETIC demonstration: every enterprise and every hazard is invented (测试数据,均为虚构).");
    let mut builder = World::yunnan().with_baoshan_counties().seed(arguments.seed);
    if let Some(directory) = &arguments.directory {
        std::fs::create_dir_all(directory)?;
        builder = builder.in_directory(&directory.canonicalize()?);
    }
    let world = builder.start().await?;
    println!(
        "seven processes serve after {:.1} s; logs in {}",
        begun.elapsed().as_secs_f64(),
        world.directory().join("logs").display()
    );
    let choices = Choices { seed: arguments.seed, scale: arguments.scale, share: arguments.share, tell: true };
    let stage = story::play(world, choices).await?;
    report(&stage, begun.elapsed(), arguments.build_seconds).await?;
    if !arguments.check {
        stay(&stage).await?;
    }
    Ok(stage.findings.is_empty())
}

async fn report(stage: &Stage, ran: Duration, build_seconds: Option<u64>) -> anyhow::Result<()> {
    println!("\nSYNTHETIC figures at {}, as the programs tell them\n", civil(stage.now_ms()));
    for span in MONTHS.iter().map(ToString::to_string).chain([SPAN.to_owned()]) {
        println!("{}", table(stage, &span).await?);
    }
    if let Some(seconds) = build_seconds {
        println!("build time        {seconds:>8} s");
    }
    println!("run time          {:>8.1} s", ran.as_secs_f64());
    for spot in stage.world.spots() {
        let peak =
            stage.world.peak_rss(&spot.region).map_or("not running".to_owned(), |kib| format!("{:.1} MiB", kib as f64 / 1_024.0));
        println!("peak memory       {peak:>12}  {}", spot.region);
    }
    println!("writes            {:>8}   acknowledged", stage.writes);
    println!("figures compared  {:>8}   with the oracle", stage.compared);
    for finding in &stage.findings {
        println!("WRONG: {finding}");
    }
    println!(
        "{}",
        if stage.findings.is_empty() { "every figure equals the oracle's" } else { "NOT every figure equals the oracle's" }
    );
    Ok(())
}

/// Redraws the table until somebody interrupts.
async fn stay(stage: &Stage) -> anyhow::Result<()> {
    loop {
        let drawn = table(stage, SPAN).await?;
        print!("\x1b[2J\x1b[H");
        println!("SYNTHETIC figures (测试数据,均为虚构); Ctrl-C ends the seven processes\n\n{drawn}");
        for spot in stage.world.spots() {
            println!(
                "{:<14} https://{} (token in {})",
                spot.region,
                spot.service,
                stage.world.token_file(&spot.region).display()
            );
        }
        sleep(Duration::from_secs(2)).await;
    }
}
