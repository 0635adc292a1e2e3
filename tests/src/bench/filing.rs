//! One round: every enterprise files its declaration of one month, and the same rows are then written without the programs.

use std::{collections::VecDeque, fmt, time::Duration};

use anyhow::Context as _;
use changxiao_proto::county::v1::{FileDeclarationRequest, GetDeclarationRequest, RecordSelfInspectionRequest};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{
    COUNTY, raw,
    rows::{self, Written},
    spread::Spread,
};
use crate::{
    calendar::{Day, Month},
    client::{Caller, Door},
    story::{declaring, inspecting, people::Staff, stage::Stage},
};

/// Between a round and its floor.
const SETTLE: Duration = Duration::from_secs(1);

/// What one round showed.
#[derive(Clone, Debug)]
pub struct Round {
    /// Declarations filed.
    pub filed: usize,
    /// Groups in which the county wrote them; each is one transaction and one sync.
    pub groups: usize,
    /// From the first request to the last receipt.
    pub took: Duration,
    /// From a client's request to its receipt.
    pub acknowledged: Spread,
    /// Processor time of the county's process meanwhile.
    pub cpu: Duration,
    /// The same rows in the same groups without the programs.
    pub raw_took: Duration,
    /// From the beginning to the commit of one raw group.
    pub raw_groups: Spread,
}

impl Round {
    /// Declarations per second.
    pub fn rate(&self) -> f64 {
        self.filed as f64 / self.took.as_secs_f64()
    }

    /// The floor: declarations per second of the raw writer.
    pub fn raw_rate(&self) -> f64 {
        self.filed as f64 / self.raw_took.as_secs_f64()
    }

    /// The product's share of the floor.
    pub fn ratio(&self) -> f64 {
        self.rate() / self.raw_rate()
    }

    /// Declarations in a group on average.
    pub fn group(&self) -> f64 {
        self.filed as f64 / self.groups.max(1) as f64
    }

    /// Microseconds of the county's processor for one declaration.
    pub fn cpu_micros(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.filed.max(1) as f64
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} declarations at {:.0}/s ({}), mean group {:.1}, {:.0} µs CPU each; raw {:.0}/s ({}); ratio {:.2}",
            self.filed,
            self.rate(),
            self.acknowledged,
            self.group(),
            self.cpu_micros(),
            self.raw_rate(),
            self.raw_groups,
            self.ratio()
        )
    }
}

/// Plays one month up to its frozen set and signed declarations, then times the filing of all of them, then the floor.
///
/// # Errors
/// If any call is refused or the floor cannot be written.
pub async fn round(stage: &mut Stage, clients: usize, month: Month) -> anyhow::Result<Round> {
    let mut staffs = Vec::new();
    for player in stage.players.values() {
        staffs.push(player.lock().await.staff().clone());
    }
    inspect(&staffs, Day::of(stage.now_ms()), clients).await?;
    let opens_ms = month.next().first().at(9, 0);
    stage.advance(opens_ms).await?;
    let signed = sign(&staffs, month, clients).await?;

    let county = rows::reader(&stage.world, COUNTY).await?;
    let copy = stage.world.directory().join(format!("raw-{month}.db"));
    rows::copy(&county, &copy).await?;
    let before = rows::last_position(&county).await?;
    let doors: Vec<Door> = (0..clients)
        .map(|client| stage.world.own_door(COUNTY, &format!("client {client} of {month}")))
        .collect::<anyhow::Result<_>>()?;
    let filed = signed.len();
    let clients = share_out(signed, &doors);
    // Connections stand before the clock runs, as those of people at work do.
    for client in &clients {
        if let Some((reporter, sent)) = client.front() {
            reporter.get_declaration(GetDeclarationRequest { name: sent.name.clone() }).await?;
        }
    }
    let spent = stage.world.cpu(COUNTY).context("the county is not running")?;
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for client in clients {
        tasks.spawn(file(client));
    }
    let mut measured = Vec::with_capacity(filed);
    while let Some(done) = tasks.join_next().await {
        measured.extend(done??);
    }
    let took = begun.elapsed();
    let cpu = stage.world.cpu(COUNTY).context("the county is not running")?.saturating_sub(spent);

    let written = Written::read(&county, before, opens_ms, &month.to_string()).await?;
    anyhow::ensure!(written.filed() == filed, "{filed} declarations acknowledged, {} in the journal", written.filed());
    // City and province take the round in first, so that the floor is not lowered by their work.
    sleep(SETTLE).await;
    let raw_groups = raw::replay(&copy, &written).await?;
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", copy.display()));
    }
    Ok(Round {
        filed,
        groups: written.groups.len(),
        took,
        acknowledged: Spread::new(measured),
        cpu,
        raw_took: raw_groups.iter().sum(),
        raw_groups: Spread::new(raw_groups),
    })
}

/// A zero report needs one signed self-inspection in the month.
async fn inspect(staffs: &[Staff], on: Day, clients: usize) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    for part in staffs.chunks(staffs.len().div_ceil(clients.max(1)).max(1)) {
        let part = part.to_vec();
        tasks.spawn(async move {
            for staff in part {
                staff.reporter.record_self_inspection(inspection(&staff, on)).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

/// A self-inspection as an enterprise sends it.
pub fn inspection(staff: &Staff, on: Day) -> RecordSelfInspectionRequest {
    inspecting::on_paper(&staff.enterprise, on)
}

/// Legal representatives read the figures and sign them; gives back what the reporters are to send.
async fn sign(staffs: &[Staff], month: Month, clients: usize) -> anyhow::Result<Vec<(Caller, FileDeclarationRequest)>> {
    let mut tasks = JoinSet::new();
    for part in staffs.chunks(staffs.len().div_ceil(clients.max(1)).max(1)) {
        let part = part.to_vec();
        tasks.spawn(async move {
            let mut signed = Vec::with_capacity(part.len());
            for staff in part {
                let name = format!("{}/declarations/{month}", staff.enterprise);
                let content_hash = declaring::sign(&staff, &name).await?.content_hash;
                signed.push((staff.reporter, FileDeclarationRequest { name, content_hash, ..Default::default() }));
            }
            anyhow::Ok(signed)
        });
    }
    let mut signed = Vec::with_capacity(staffs.len());
    while let Some(done) = tasks.join_next().await {
        signed.extend(done??);
    }
    Ok(signed)
}

type Client = VecDeque<(Caller, FileDeclarationRequest)>;

/// Deals the declarations out to the clients, each over its own connection.
fn share_out(signed: Vec<(Caller, FileDeclarationRequest)>, doors: &[Door]) -> Vec<Client> {
    let mut clients: Vec<Client> = doors.iter().map(|_| VecDeque::new()).collect();
    for (number, (reporter, sent)) in signed.into_iter().enumerate() {
        let client = number % doors.len();
        clients[client].push_back((reporter.through(&doors[client]), sent));
    }
    clients
}

/// A closed loop: the next request leaves when the receipt of the one before is there.
async fn file(client: Client) -> anyhow::Result<Vec<Duration>> {
    let mut measured = Vec::with_capacity(client.len());
    for (reporter, sent) in client {
        let begun = Instant::now();
        let told = reporter.file_declaration(sent).await?;
        measured.push(begun.elapsed());
        anyhow::ensure!(!told.repeated, "a fresh request was answered as a repetition");
    }
    Ok(measured)
}
