//! Runs the abuses against real programs, each with its control, and prints one table for each.

use std::{collections::BTreeSet, time::Duration};

use anyhow::Context as _;
use changxiao_proto::DESCRIPTORS;
use prost::Message as _;

use super::{
    control::{self, Defect},
    declared::{self, Answer, CLAIMED},
    descriptors,
    flood::{CONNECTIONS, flood},
    half_open::half_open,
    kinds::KINDS,
    slow::{SLOW, be_slow},
    stops,
    target::Target,
};
use crate::{
    kills::{self, COUNTIES},
    story::stage::Stage,
    world::{config, programs::Program},
};

/// What to run.
#[derive(Clone, Debug)]
pub struct Choices {
    /// Ids such as `d3`; empty means all.
    pub only: BTreeSet<String>,
    /// Each flood.
    pub time: Duration,
    /// SIGTERMs.
    pub stops: u32,
}

/// The county under attack.
const VICTIM: &str = COUNTIES[1];

struct Run {
    stage: Stage,
    passed: bool,
}

impl Run {
    fn row(&mut self, passed: bool, cells: &str) {
        self.passed &= passed;
        println!("| {cells} | {} |", if passed { "yes" } else { "NO" });
    }

    /// A control passes its purpose by failing.
    fn control(&mut self, found: bool, cells: &str) {
        self.passed &= found;
        println!("| CONTROL {cells} | {} |", if found { "fails, as it must" } else { "NOT FOUND" });
    }

    fn target(&self) -> anyhow::Result<Target> {
        Target::service(&self.stage.world, VICTIM)
    }
}

/// Runs them; true if all passed and every control failed.
///
/// # Errors
/// A network does not come up, or something cannot be measured.
pub async fn run(choices: &Choices) -> anyhow::Result<bool> {
    let mut run = Run { stage: kills::ready(21).await?, passed: true };
    let wanted = |id: &str| choices.only.is_empty() || choices.only.contains(id);
    if wanted("d2") {
        half_opens(&mut run).await?;
    }
    if wanted("d3") {
        floods(&mut run, choices.time).await?;
    }
    if wanted("d4") {
        slow(&mut run).await?;
    }
    if wanted("d5") {
        claims(&mut run).await?;
    }
    if wanted("f8") {
        sigterms(&mut run, choices.stops).await?;
    }
    if wanted("f4") {
        starvation(&mut run).await?;
    }
    Ok(run.passed)
}

/// A county and its city that stay until a signal comes.
///
/// # Errors
/// They do not come up.
pub async fn stand() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate())?;
    let world = crate::world::World::baoshan().with_counties(&[VICTIM]).seed(51).start().await?;
    let spot = world.spots().into_iter().find(|spot| spot.region == VICTIM).context("the county")?;
    let parent = config::federation_directory(world.directory(), "bs");
    println!("{} {} {}", spot.service, spot.federation, parent.display());
    tokio::select! {
        _ = terminated.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}

fn ms(time: Option<Duration>) -> String {
    time.map_or("never".to_owned(), |time| format!("{:.0} ms", time.as_secs_f64() * 1e3))
}

async fn half_opens(run: &mut Run) -> anyhow::Result<()> {
    println!("\n### D2: 1,000 half-open handshakes of one source\n");
    println!("| server | good client in | all closed after | passed |\n|---|---|---|---|");
    let told = half_open(&run.target()?, 1_000, Duration::from_secs(15)).await?;
    run.row(told.passed(), &format!("county | {} | {}", ms(told.good), ms(told.gone)));
    for (name, defect) in [("tonic's own loop", Defect::Unlimited), ("64 permits for all, callers wait", Defect::GlobalPermits)] {
        let server = control::start(&run.stage.world, VICTIM, defect).await?;
        let told = half_open(&server.target, 1_000, Duration::from_secs(8)).await?;
        run.control(!told.passed(), &format!("{name} | {} | {}", ms(told.good), ms(told.gone)));
    }
    Ok(())
}

async fn floods(run: &mut Run, time: Duration) -> anyhow::Result<()> {
    println!("\n### D3: fourteen HTTP/2 abuses, {CONNECTIONS} connections, {} s each\n", time.as_secs());
    println!("| abuse | connections closed | slowest | open after 2 s | memory + | good calls | failed | p99 | passed |");
    println!("|---|---|---|---|---|---|---|---|---|");
    let target = run.target()?;
    for kind in &KINDS {
        let told = flood(&target, kind, time, || run.stage.world.rss(VICTIM).unwrap_or(0)).await?;
        run.row(told.passed(), &cells(&told));
    }
    let server = control::start(&run.stage.world, VICTIM, Defect::Unlimited).await?;
    for name in ["PING", "SETTINGS", "WINDOW_UPDATE", "PRIORITY"] {
        let kind = KINDS.iter().find(|kind| kind.name == name).context("a kind")?;
        let told = flood(&server.target, kind, Duration::from_secs(3), || 0).await?;
        run.control(told.survived > 0, &cells(&told));
    }
    Ok(())
}

fn cells(told: &super::flood::Flooded) -> String {
    format!(
        "{} | {} | {} | {} | {:.1} MiB | {} | {}{} | {}",
        told.name,
        told.closed,
        ms((told.closed > 0).then_some(told.slowest)),
        told.survived,
        told.grown_kib as f64 / 1_024.0,
        told.good.calls.len(),
        told.good.failed,
        if told.good.failed > 0 { format!(" ({})", told.good.why) } else { String::new() },
        ms(Some(told.good.p99()))
    )
}

async fn slow(run: &mut Run) -> anyhow::Result<()> {
    println!("\n### D4: silent and slow clients, all at once\n");
    println!("| client | timer | closed after | passed |\n|---|---|---|---|");
    let target = run.target()?;
    let most = Duration::from_secs(30);
    let server = control::start(&run.stage.world, VICTIM, Defect::Unlimited).await?;
    let [a, b, c, d] = &SLOW;
    let told = tokio::join!(
        be_slow(&target, a, most),
        be_slow(&target, b, most),
        be_slow(&target, c, most),
        be_slow(&target, d, most),
        be_slow(&server.target, b, most),
    );
    for (slow, closed) in SLOW.iter().zip([told.0?, told.1?, told.2?, told.3?]) {
        let passed = closed.is_some_and(|closed| closed <= slow.timer + Duration::from_secs(2));
        run.row(passed, &format!("{} | {} s | {}", slow.name, slow.timer.as_secs(), ms(closed)));
    }
    let closed = told.4?;
    run.control(closed.is_none(), &format!("tonic's own loop: {} | none | {}", b.name, ms(closed)));
    Ok(())
}

/// Every method of the contract, and health.
fn methods() -> anyhow::Result<Vec<String>> {
    let set = prost_types::FileDescriptorSet::decode(DESCRIPTORS)?;
    let mut methods = vec![super::frames::CHECK.to_owned()];
    for file in &set.file {
        for service in &file.service {
            for method in &service.method {
                methods.push(format!("/{}.{}/{}", file.package(), service.name(), method.name()));
            }
        }
    }
    methods.push("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo".to_owned());
    Ok(methods)
}

async fn claims(run: &mut Run) -> anyhow::Result<()> {
    println!("\n### D5: messages that claim to be too large, to every method\n");
    println!(
        "| claimed | methods | refused by status | closed | waited for | memory + | passed |\n|---|---|---|---|---|---|---|"
    );
    let (target, methods) = (run.target()?, methods()?);
    let token = std::fs::read_to_string(run.stage.world.token_file(VICTIM))?;
    for claimed in CLAIMED {
        let before = run.stage.world.rss(VICTIM).unwrap_or(0);
        let (mut refused, mut closed, mut waits) = (0, 0, Vec::new());
        for path in &methods {
            match declared::claim(&target, path, Some(token.trim()), claimed).await? {
                Answer::Waits => waits.push(path.clone()),
                Answer::Status(_) => refused += 1,
                Answer::Closed => closed += 1,
            }
        }
        let grown = run.stage.world.rss(VICTIM).unwrap_or(0).saturating_sub(before) as f64 / 1_024.0;
        let cells = format!("{claimed} | {} | {refused} | {closed} | {} | {grown:.1} MiB", methods.len(), waits.join(" "));
        run.row(waits.is_empty() && grown <= 64.0, &cells);
    }
    let server = control::start(&run.stage.world, VICTIM, Defect::Unlimited).await?;
    let answer = declared::claim(&server.target, super::frames::CHECK, None, CLAIMED[0]).await?;
    run.control(answer == Answer::Waits, &format!("tonic's own limit, {} | 1 | | | {answer:?} | ", CLAIMED[0]));
    Ok(())
}

async fn sigterms(run: &mut Run, times: u32) -> anyhow::Result<()> {
    println!("\n### F8: SIGTERM under load, with streams that nobody reads, a call without window and a silent socket\n");
    println!(
        "| time | exit after | writes around it | receipts found again | bystander told | broken | grpcio answered | told | broken | passed |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let target = run.target()?;
    for time in 1..=times {
        let told = stops::stop(&mut run.stage, &target).await?;
        let foreign = told.foreign.as_ref().map_or("not installed | | ".to_owned(), |foreign| {
            format!("{} | {} | {} {}", foreign.answered, foreign.told, foreign.broken, foreign.why)
        });
        let cells = format!(
            "{time} | {} | {} | {} | {} | {} {} | {foreign}",
            ms(told.took),
            told.writes,
            told.receipts,
            told.told,
            told.broken,
            told.why
        );
        run.row(told.passed(), &cells);
    }
    let server = control::start(&run.stage.world, VICTIM, Defect::Unlimited).await?;
    let ended = stops::control(server, Duration::from_secs(12)).await?;
    run.control(ended.is_none(), &format!("tonic's own end | {} | | | | | | | ", ms(ended)));
    Ok(())
}

async fn starvation(run: &mut Run) -> anyhow::Result<()> {
    println!("\n### F4: {} descriptors\n", descriptors::DESCRIPTORS);
    println!("| server | CPU idle | CPU starved | admin answers | good call after release | passed |\n|---|---|---|---|---|---|");
    run.stage.world.stop(VICTIM).await?;
    let world = &run.stage.world;
    let (target, log) = (Target::service(world, VICTIM)?, world.log("starved"));
    let program = world.programs().of(Program::Node);
    let serve = ["serve".as_ref(), "--config".as_ref(), world.config(VICTIM).as_os_str()];
    let mut process = descriptors::start(program, &serve, &log)?;
    crate::world::health::wait_until_serving(world.door(VICTIM), &mut process, Duration::from_secs(30)).await?;
    let told = descriptors::starve(&process, target.address, Some(&target), Some(config::admin(world, VICTIM)?)).await?;
    process.kill()?;
    run.row(told.passed(), &starved("county", &told));

    let executable = std::env::current_exe()?;
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let text = address.to_string();
    let process = descriptors::start(&executable, &["accept-loop".as_ref(), text.as_ref()], &run.stage.world.log("control"))?;
    crate::story::stage::eventually("the control listens", || async {
        Ok(tokio::net::TcpStream::connect(address).await.is_ok().then_some(()))
    })
    .await?;
    let told = descriptors::starve(&process, address, None, None).await?;
    process.kill()?;
    run.control(!told.passed(), &starved("tonic's own loop", &told));
    run.stage.world.restart(VICTIM).await
}

fn starved(name: &str, told: &descriptors::Starved) -> String {
    let admin = told.admin.map_or("none", |answers| if answers { "yes" } else { "NO" });
    format!("{name} | {:.1} % | {:.1} % | {admin} | {}", told.idle * 100.0, told.starved * 100.0, ms(told.recovered))
}
