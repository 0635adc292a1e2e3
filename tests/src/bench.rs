//! Measurements on real processes: what one county takes in, how soon its province shows it, what idling and starting cost.
//!
//! Every rate stands beside a floor of the same run: the very rows that a round wrote, written once more without the
//! programs, on the same disk and with the same settings. Nothing here asserts a time.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context as _, ensure};
use tokio::time::{Instant, sleep};

use crate::{
    calendar::{Day, Month},
    story::{
        catalogue::{self, Admission, Firm},
        scenes,
        stage::Stage,
    },
    world::{World, programs::Programs},
};

pub mod disk;
pub mod echo;
pub mod filing;
pub mod freshness;
pub mod raw;
pub mod report;
pub mod rows;
pub mod spread;

use report::{Memory, Report, Size};

/// The county that is measured.
pub const COUNTY: &str = "bs-tengchong";
/// Its city.
pub const CITY: &str = "bs";
/// Its province.
pub const PROVINCE: &str = "yn";
/// Time without a call before memory is read.
const IDLE: Duration = Duration::from_secs(10);
/// Time between two pulls of a parent that hears nothing. It hears: a watch tells it at once.
const PULL_INTERVAL: Duration = Duration::from_secs(5);

/// What to measure.
#[derive(Clone, Debug)]
pub struct Choices {
    /// Enterprises of the county.
    pub enterprises: usize,
    /// Clients that file at the same time.
    pub clients: usize,
    /// Rounds of filing.
    pub rounds: usize,
    /// Hazards whose way to the province is timed.
    pub samples: usize,
    /// Each round of echo.
    pub echo: Duration,
    /// Where both programs lie, beside this executable if absent.
    pub programs: Option<PathBuf>,
    /// Where the network keeps its files, a temporary directory if absent.
    pub directory: Option<PathBuf>,
}

/// Starts a network, measures it and ends it.
///
/// # Errors
/// With the first thing that could not be measured; figures of a broken run are worth nothing.
pub async fn run(choices: &Choices) -> anyhow::Result<Report> {
    let mut stage = Stage::new(world(choices).await?, firms(choices.enterprises)?, false);
    eprintln!("three processes serve; idle for {IDLE:?}");
    sleep(IDLE).await;
    let mut memory = vec![
        Memory::of(&stage.world, COUNTY, "county node, idle")?,
        Memory::of(&stage.world, CITY, "city aggregator, idle")?,
        Memory::of(&stage.world, PROVINCE, "province aggregator, idle")?,
    ];

    let admitted = Day::new(2015, 8, 20);
    stage.advance(admitted.at(9, 0)).await?;
    scenes::open_and_admit(&mut stage, admitted).await?;
    eprintln!("{} enterprises approved", stage.players.len());

    let mut disk = Vec::new();
    let mut rounds = Vec::new();
    let mut month = Month::new(2015, 8);
    for number in 1..=choices.rounds {
        // One run of the disk beside every round: on a shared machine it changes by the minute.
        disk.push(disk::measure(stage.world.directory())?);
        let round = filing::round(&mut stage, choices.clients, month).await?;
        eprintln!("round {number}: {round}");
        rounds.push(round);
        month = month.next();
    }
    memory.push(Memory::of(&stage.world, COUNTY, "county node after all rounds")?);

    let quiet = freshness::measure(&mut stage, choices.samples, false).await?;
    eprintln!("freshness without load: {}", quiet.visible);
    let loaded = freshness::measure(&mut stage, choices.samples, true).await?;
    eprintln!("freshness with load: {}", loaded.visible);

    let entries = rows::last_position(&rows::reader(&stage.world, COUNTY).await?).await? + 1;
    stage.world.stop(COUNTY).await?;
    let begun = Instant::now();
    stage.world.restart(COUNTY).await?;
    let start = begun.elapsed();

    let echo = echo::measure(choices.rounds, choices.echo).await?;
    let sizes = Size::of(stage.world.programs())?;
    for region in [COUNTY, CITY, PROVINCE] {
        stage.world.stop(region).await?;
    }
    Ok(Report { choices: choices.clone(), disk, rounds, memory, quiet, loaded, entries, start, sizes, echo })
}

async fn world(choices: &Choices) -> anyhow::Result<World> {
    let mut builder = World::yunnan().sqlite().with_counties(&[COUNTY]).pull_interval(PULL_INTERVAL);
    if let Some(directory) = &choices.programs {
        builder = builder.programs(Programs::in_directory(&directory.canonicalize()?)?);
    }
    if let Some(directory) = &choices.directory {
        std::fs::create_dir_all(directory)?;
        builder = builder.in_directory(&directory.canonicalize()?);
    }
    builder.start().await
}

/// SYNTHETIC enterprises of the pilot groups, all moved to the one county, so that it is as large as asked for.
fn firms(enterprises: usize) -> anyhow::Result<Vec<Firm>> {
    let pilots = |share| catalogue::firms(1, share).into_iter().filter(Firm::is_pilot);
    let share = 1.1 * enterprises as f64 / pilots(1.0).count() as f64;
    let mut firms: Vec<Firm> = pilots(share.max(0.1)).take(enterprises).collect();
    ensure!(firms.len() == enterprises, "only {} synthetic enterprises for a share of {share}", firms.len());
    for (index, firm) in firms.iter_mut().enumerate() {
        firm.index = index;
        firm.county = COUNTY;
        firm.admission = Admission::Approved { on: Day::new(2015, 8, 20) };
    }
    Ok(firms)
}

impl Memory {
    fn of(world: &World, region: &str, what: &'static str) -> anyhow::Result<Self> {
        let kib = world.rss(region).with_context(|| format!("memory of {region}"))?;
        Ok(Memory { what, kib })
    }
}
