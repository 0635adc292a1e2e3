//! Load on a small network while processes are killed at random: no acknowledged receipt may be missing, nothing counted twice.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use changxiao_proto::{county::v1::ListEntriesRequest, types::v1::Page};
use tokio::{sync::watch, task::JoinSet, time::sleep};

use crate::{
    calendar::Day,
    chance::Chance,
    client::Caller,
    postgresql::{Blow, Cluster},
    story::{
        catalogue::{self, Firm},
        plan::{Act, Find},
        player::Player,
        stage::Stage,
    },
    world::World,
};

/// Counties of the small network.
pub const COUNTIES: [&str; 2] = ["bs-longyang", "bs-tengchong"];
/// Enterprises per county.
const FIRMS: usize = 12;

/// A small network whose enterprises are approved and staffed, at 28 August.
///
/// # Errors
/// If it does not come up.
pub async fn ready(seed: u64) -> anyhow::Result<Stage> {
    ready_in(World::baoshan().with_counties(&COUNTIES).seed(seed).start().await?, seed).await
}

async fn ready_in(world: World, seed: u64) -> anyhow::Result<Stage> {
    let mut firms: Vec<Firm> = Vec::new();
    for county in COUNTIES {
        firms.extend(catalogue::firms(seed, 1.0).into_iter().filter(|firm| firm.county == county && firm.is_pilot()).take(FIRMS));
    }
    for (index, firm) in firms.iter_mut().enumerate() {
        firm.index = index;
        firm.admission = catalogue::Admission::Approved { on: Day::new(2015, 8, 20) };
    }
    let mut stage = Stage::new(world, firms, false);
    stage.advance(Day::new(2015, 8, 20).at(9, 0)).await?;
    crate::story::scenes::open_and_admit(&mut stage, Day::new(2015, 8, 20)).await?;
    stage.advance(Day::new(2015, 8, 28).at(9, 0)).await?;
    Ok(stage)
}

/// Keeps every enterprise busy with inspections and hazards until told to stop.
pub struct Load {
    stop: watch::Sender<bool>,
    tasks: JoinSet<anyhow::Result<u64>>,
}

impl Load {
    /// Starts it on some counties, at the business date of the stage.
    pub fn start(stage: &Stage, counties: &[&str]) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let today = Day::of(stage.now_ms());
        for (index, player) in &stage.players {
            if counties.contains(&stage.firms[*index].county) {
                let chance = Chance::new(*index as u64, "load");
                tasks.spawn(work(player.clone(), chance, today, stopped.clone()));
            }
        }
        Load { stop, tasks }
    }

    /// Ends it once everything sent is answered; gives back the number of acknowledged writes.
    ///
    /// # Errors
    /// If anything was refused, or not answered in spite of all tries.
    pub async fn stop(mut self) -> anyhow::Result<u64> {
        self.stop.send_replace(true);
        let mut writes = 0;
        while let Some(done) = self.tasks.join_next().await {
            writes += done??;
        }
        Ok(writes)
    }
}

async fn work(
    player: Arc<tokio::sync::Mutex<Player>>,
    mut chance: Chance,
    today: Day,
    stopped: watch::Receiver<bool>,
) -> anyhow::Result<u64> {
    let mut player = player.lock().await;
    let mut writes = 0;
    // Keys of a load before this one stay taken.
    let mut key = chance.bits() as u32 & 0x7fff_0000;
    while !*stopped.borrow() {
        writes += player.perform(&Act::Inspect(today)).await?;
        key += 1;
        let find = Find { on: today, category: "B03", description: "(测试)消防通道被堵塞,须清理".to_owned() };
        let mut acts = vec![Act::Find(key, find), Act::Assign(key, today.plus(7))];
        if chance.happens(0.7) {
            acts.extend([Act::Report(key), Act::Reinspect(key, None), Act::Accept(key), Act::StrikeOff(key)]);
        }
        for act in acts {
            writes += player.perform(&act).await?;
        }
    }
    Ok(writes)
}

/// Kills a random county or the city, again and again, under load, and checks after each.
///
/// # Errors
/// With the first thing that is wrong.
pub async fn repeat(times: u32, seed: u64) -> anyhow::Result<()> {
    let mut stage = ready(seed).await?;
    let mut chance = Chance::new(seed, "kills");
    for time in 1..=times {
        let load = Load::start(&stage, &COUNTIES);
        let victim = *chance.pick(&["bs-longyang", "bs-tengchong", "bs"]);
        // The moment of the kill is random on purpose; nothing that is checked depends on it.
        sleep(Duration::from_millis(chance.between(50, 800) as u64)).await;
        stage.world.kill9(victim)?;
        sleep(Duration::from_millis(chance.between(0, 300) as u64)).await;
        stage.world.restart(victim).await.with_context(|| format!("kill {time} of {victim}"))?;
        let writes = load.stop().await.with_context(|| format!("load around kill {time} of {victim}"))?;
        stage.compare("after a kill", &["2015-08"]).await?;
        if let Some(finding) = stage.findings.first() {
            bail!("after kill {time} of {victim}: {finding}");
        }
        let kept = receipts_kept(&stage).await?;
        println!(
            "kill {time:>3} of {victim:<13} {writes:>6} writes acknowledged meanwhile, {kept:>7} receipts found again, every figure equal"
        );
    }
    for county in COUNTIES {
        stage.world.stop(county).await?;
        println!("{county}: {}", stage.world.verify(county).await?.trim());
    }
    Ok(())
}

/// Brings a PostgreSQL server down and up again under load, again and again, and checks after each. All regions of the network
/// lie in it; no process of ours ends.
///
/// # Errors
/// With the first thing that is wrong.
pub async fn repeat_server(times: u32, seed: u64) -> anyhow::Result<()> {
    let mut cluster = Cluster::start().await?;
    let world = World::baoshan().with_counties(&COUNTIES).seed(seed).postgresql(&cluster.url()).start().await?;
    let mut stage = ready_in(world, seed).await?;
    let mut chance = Chance::new(seed, "kills of the server");
    for time in 1..=times {
        let load = Load::start(&stage, &COUNTIES);
        let blow = *chance.pick(&[Blow::Postmaster, Blow::Immediate, Blow::Session]);
        sleep(Duration::from_millis(chance.between(50, 800) as u64)).await;
        cluster.strike(blow).await.with_context(|| format!("blow {time}: {blow:?}"))?;
        sleep(Duration::from_millis(chance.between(0, 300) as u64)).await;
        cluster.restart().await.with_context(|| format!("blow {time}: {blow:?}"))?;
        // Some work on the server that came back, before the load ends.
        sleep(Duration::from_millis(chance.between(300, 800) as u64)).await;
        let writes = load.stop().await.with_context(|| format!("load around blow {time}: {blow:?}"))?;
        stage.compare("after a blow", &["2015-08"]).await?;
        if let Some(finding) = stage.findings.first() {
            bail!("after blow {time}, {blow:?}: {finding}");
        }
        let kept = receipts_kept(&stage).await?;
        let blow = format!("{blow:?}");
        println!(
            "blow {time:>3} {blow:<10} {writes:>6} writes acknowledged meanwhile, {kept:>7} receipts found again, every figure equal"
        );
    }
    for county in COUNTIES {
        stage.world.stop(county).await?;
        println!("{county}: {}", stage.world.verify(county).await?.trim());
    }
    Ok(())
}

/// Looks every receipt up in the trail of its county: same epoch, same position, same leaf.
///
/// # Errors
/// With the first receipt that is not there.
pub async fn receipts_kept(stage: &Stage) -> anyhow::Result<usize> {
    let wanted: Vec<_> = {
        let records = stage.records.lock().unwrap();
        records.receipts().map(|(place, leaf)| (place.clone(), leaf.clone())).collect()
    };
    let mut kept = 0;
    let mut trails: BTreeMap<String, Trail> = BTreeMap::new();
    for ((region, epoch, position), leaf) in wanted {
        let Some(office) = stage.offices.get(&region) else { continue };
        if !trails.contains_key(&region) {
            trails.insert(region.clone(), trail(&office.regulator).await?);
        }
        match trails[&region].get(&(epoch, position)) {
            Some(found) if *found == leaf => kept += 1,
            Some(_) => bail!("position {position} of {region} holds another entry than the one its receipt names"),
            None => bail!("the receipt at position {position} of epoch {epoch} of {region} is not in its trail"),
        }
    }
    Ok(kept)
}

/// Leaf hash by epoch and position.
type Trail = BTreeMap<(u32, u64), Vec<u8>>;

async fn trail(regulator: &Caller) -> anyhow::Result<Trail> {
    let mut entries = BTreeMap::new();
    let mut page_token = String::new();
    loop {
        let page = Some(Page { page_size: 1_000, page_token });
        let answer = regulator
            .list_entries(ListEntriesRequest { parent: regulator.door().parent(), page, subject: String::new() })
            .await?;
        entries.extend(answer.entries.into_iter().map(|entry| ((entry.epoch, entry.position), entry.leaf_hash.to_vec())));
        if answer.next_page_token.is_empty() {
            return Ok(entries);
        }
        page_token = answer.next_page_token;
    }
}
