//! F8: SIGTERM under load, with clients that hold on.

use std::time::Duration;

use anyhow::Context as _;
use changxiao_tier::channel::Outgoing;
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_rustls::client::TlsStream;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use super::{
    control::Control,
    foreign::{Fared, Foreign, python},
    frames::{CHECK, PREFACE, WATCH, begin, flag, message, setting},
    target::Target,
};
use crate::{
    client::reason,
    kills::{COUNTIES, Load, receipts_kept},
    story::stage::Stage,
    world::config,
};

/// What one stop showed.
#[derive(Clone, Debug)]
pub struct Stop {
    /// From the signal to the end of the process; absent if it was killed after 30 s or ended badly.
    pub took: Option<Duration>,
    /// Writes acknowledged around it.
    pub writes: u64,
    /// Receipts found again after the restart, all there were.
    pub receipts: usize,
    /// Calls of a bystander that were told `SHUTTING_DOWN`.
    pub told: u32,
    /// Calls of a bystander that broke without an answer.
    pub broken: u32,
    /// How the last of them broke.
    pub why: String,
    /// How a client of another library fared, where it is installed.
    pub foreign: Option<Fared>,
}

impl Stop {
    /// Out within 10 s, and every call of a bystander was answered or never left it.
    pub fn passed(&self) -> bool {
        self.took.is_some_and(|took| took <= Duration::from_secs(10))
            && self.broken == 0
            && self.foreign.as_ref().is_none_or(|foreign| foreign.broken == 0)
    }
}

/// Connections that never let go: a stream nobody reads, calls without a window, a handshake that is not begun.
///
/// # Errors
/// They cannot even connect.
pub async fn hold(target: &Target) -> anyhow::Result<(Vec<TlsStream<TcpStream>>, TcpStream)> {
    let idle = message(1, 0, &[], flag::END_STREAM);
    let mut held = Vec::new();
    for bytes in [
        [PREFACE, &setting(3, 100), &begin(1, WATCH, 0), &idle].concat(),
        [PREFACE, &setting(4, 0), &begin(1, WATCH, 0), &idle].concat(),
        [PREFACE, &setting(4, 0), &begin(1, CHECK, 0)].concat(),
    ] {
        let mut stream = target.connect().await?;
        stream.write_all(&bytes).await?;
        stream.flush().await?;
        held.push(stream);
    }
    Ok((held, TcpStream::connect(target.address).await?))
}

/// Calls without pause over one connection and counts how its calls end once the stop has begun.
fn bystander(target: &Target, mut stopped: watch::Receiver<bool>) -> anyhow::Result<JoinHandle<(u32, u32, String)>> {
    let mut client = HealthClient::new(Outgoing::new(target.channel()?, Duration::from_secs(5)));
    Ok(tokio::spawn(async move {
        let (mut told, mut broken, mut why) = (0, 0, String::new());
        loop {
            let called = client.check(HealthCheckRequest::default()).await;
            if *stopped.borrow_and_update() {
                return (told, broken, why);
            }
            match called {
                Ok(_) => {}
                Err(status) if reason(&status).as_deref() == Some("SHUTTING_DOWN") => told += 1,
                // Nobody listens any more: the process is gone, and the call never began.
                Err(status) if format!("{status:?}").contains("Connect") => {}
                Err(status) => {
                    broken += 1;
                    why = changxiao_tier::channel::why(&status);
                }
            }
            sleep(Duration::from_millis(2)).await;
        }
    }))
}

/// Stops a county under load, starts it again and looks for every receipt.
///
/// # Errors
/// A receipt is missing, or the county does not come back.
pub async fn stop(stage: &mut Stage, target: &Target) -> anyhow::Result<Stop> {
    let [_, county] = COUNTIES;
    let load = Load::start(stage, &COUNTIES);
    let held = hold(target).await?;
    let (end, ended) = watch::channel(false);
    let bystander = bystander(target, ended)?;
    let bundle = config::service_directory(stage.world.directory(), county).join("bundle.pem");
    let foreign = match python() {
        Some(python) => Some(Foreign::start(&python, target, &bundle).await?),
        None => None,
    };
    sleep(Duration::from_millis(300)).await;
    let begun = Instant::now();
    let took = stage.world.stop(county).await.ok().map(|()| begun.elapsed());
    end.send_replace(true);
    let (told, broken, why) = bystander.await?;
    let foreign = match foreign {
        Some(foreign) => Some(foreign.stop().await?),
        None => None,
    };
    drop(held);
    stage.world.restart(county).await?;
    let writes = load.stop().await.context("load around a stop")?;
    let receipts = receipts_kept(stage).await?;
    Ok(Stop { took, writes, receipts, told, broken, why, foreign })
}

/// The same connections at a server without a grace: whether it is still there after `most`.
///
/// # Errors
/// They cannot even connect.
pub async fn control(control: Control, most: Duration) -> anyhow::Result<Option<Duration>> {
    let held = hold(&control.target).await?;
    sleep(Duration::from_millis(300)).await;
    let begun = Instant::now();
    control.stop.send_replace(true);
    let mut done = control.done;
    let ended = timeout(most, &mut done).await.is_ok();
    done.abort();
    drop(held);
    Ok(ended.then(|| begun.elapsed()))
}
