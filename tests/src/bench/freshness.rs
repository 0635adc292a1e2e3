//! How soon the province shows what a county acknowledged: two hops of watch and pull.

use std::time::Duration;

use anyhow::{Context as _, bail};
use changxiao_proto::{
    county::v1::RegisterHazardRequest,
    statistics::v1::{Completeness, QueryRequest, RegionMap},
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep},
};

use super::{PROVINCE, filing::inspection, spread::Spread};
use crate::{
    calendar::Day,
    client::Caller,
    story::{inspecting, people::Staff, stage::Stage},
};

/// Between two questions to the province; the resolution of the figures.
const PAUSE: Duration = Duration::from_millis(2);
/// Later than this something is broken.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Enterprises that keep the county busy in a measurement with load.
const BUSY: usize = 16;

/// Delays of one measurement.
#[derive(Clone, Debug)]
pub struct Freshness {
    /// From the request to the county's receipt: a hazard command of one client.
    pub acknowledged: Spread,
    /// From the receipt to the first answer of the province that counts the hazard.
    pub visible: Spread,
    /// Writes per second acknowledged to others meanwhile.
    pub load_rate: f64,
}

/// Registers hazards one after the other, each once the one before is visible at the province.
///
/// # Errors
/// If a hazard does not become visible in time or a call is refused.
pub async fn measure(stage: &mut Stage, samples: usize, load: bool) -> anyhow::Result<Freshness> {
    let mut staffs: Vec<Staff> = Vec::new();
    for player in stage.players.values().take(BUSY + 1) {
        staffs.push(player.lock().await.staff().clone());
    }
    let today = Day::of(stage.now_ms());
    let analyst = stage.analyst(PROVINCE).clone();
    let (finder, busy) = staffs.split_first().context("no enterprise")?;
    let (stop, stopped) = watch::channel(false);
    let mut others = JoinSet::new();
    for staff in busy.iter().filter(|_| load) {
        others.spawn(keep_busy(staff.clone(), today, stopped.clone()));
    }
    let begun = Instant::now();
    let mut counted = general_found(&analyst, today).await?;
    let (mut acknowledged, mut visible) = (Vec::new(), Vec::new());
    for _ in 0..samples {
        let sent = Instant::now();
        finder.reporter.register_hazard(hazard(finder, today)).await?;
        let receipt = Instant::now();
        acknowledged.push(receipt - sent);
        counted += 1;
        while general_found(&analyst, today).await? < counted {
            if receipt.elapsed() > TIMEOUT {
                bail!("hazard {counted} is not visible at the province after {TIMEOUT:?}");
            }
            sleep(PAUSE).await;
        }
        visible.push(receipt.elapsed());
    }
    let took = begun.elapsed();
    stop.send_replace(true);
    let mut writes = 0_u64;
    while let Some(done) = others.join_next().await {
        writes += done??;
    }
    let load_rate = writes as f64 / took.as_secs_f64();
    Ok(Freshness { acknowledged: Spread::new(acknowledged), visible: Spread::new(visible), load_rate })
}

fn hazard(finder: &Staff, today: Day) -> RegisterHazardRequest {
    RegisterHazardRequest {
        parent: finder.enterprise.clone(),
        found_on: Some(today.wire()),
        category: "B03".to_owned(),
        place: "测试作业区".to_owned(),
        description: "(测试)消防通道被堵塞,须清理".to_owned(),
        source: 3,
        finder: "测试检查员".to_owned(),
        general_by: inspecting::CRITERIA.to_owned(),
        ..Default::default()
    }
}

/// Hazards of the current month as the province counts them now; none if nothing was reported yet.
async fn general_found(analyst: &Caller, today: Day) -> anyhow::Result<i64> {
    let question = QueryRequest {
        parent: analyst.door().parent(),
        span: today.month().to_string(),
        indicators: vec!["general_found".to_owned()],
        completeness: Completeness::Any.into(),
        map: RegionMap::Then.into(),
        ..QueryRequest::default()
    };
    let answer = analyst.query(question).await?;
    Ok(answer.total.and_then(|total| total.figures.first().map(|figure| figure.value)).unwrap_or_default())
}

async fn keep_busy(staff: Staff, today: Day, stopped: watch::Receiver<bool>) -> anyhow::Result<u64> {
    let mut writes = 0;
    while !*stopped.borrow() {
        staff.reporter.record_self_inspection(inspection(&staff, today)).await?;
        writes += 1;
    }
    Ok(writes)
}
