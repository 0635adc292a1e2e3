//! F4: a process that has no descriptors left: it must neither spin nor stay deaf afterwards.

use std::{net::SocketAddr, path::Path, time::Duration};

use anyhow::Context as _;
use tokio::{
    io::AsyncReadExt as _,
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::target::Target;
use crate::world::process::Process;

/// Descriptors that the process may have.
pub const DESCRIPTORS: u32 = 64;
/// Callers that try to stay.
const CALLERS: usize = 100;
/// Over which processor time is taken.
const WINDOW: Duration = Duration::from_secs(3);

/// What it did to a process.
#[derive(Clone, Debug)]
pub struct Starved {
    /// Share of one processor while nobody calls.
    pub idle: f64,
    /// Share of one processor while there are no descriptors.
    pub starved: f64,
    /// Whether the admin listener answered meanwhile; absent where there is none.
    pub admin: Option<bool>,
    /// From the release of the descriptors to the next good call.
    pub recovered: Option<Duration>,
}

impl Starved {
    /// At most 5 % more, admin answers, back within 2 s.
    pub fn passed(&self) -> bool {
        self.starved - self.idle <= 0.05
            && self.admin != Some(false)
            && self.recovered.is_some_and(|time| time <= Duration::from_secs(2))
    }
}

/// Starts a program with few descriptors.
///
/// # Errors
/// `prlimit` (util-linux) is missing.
pub fn start(program: &Path, arguments: &[&std::ffi::OsStr], log: &Path) -> anyhow::Result<Process> {
    let limit = format!("--nofile={DESCRIPTORS}:{DESCRIPTORS}");
    let mut all = vec![std::ffi::OsStr::new(&limit), program.as_os_str()];
    all.extend(arguments);
    Process::start(Path::new("/usr/bin/prlimit"), &all, log).context("prlimit comes with util-linux")
}

/// A caller that connects and stays, and comes again when it is turned away. With a target it completes the handshake.
async fn stay(address: SocketAddr, target: Option<Target>) {
    let mut sink = [0; 1_024];
    loop {
        match &target {
            Some(target) => {
                if let Ok(Ok(mut stream)) = timeout(Duration::from_secs(5), target.connect()).await {
                    while !matches!(stream.read(&mut sink).await, Ok(0) | Err(_)) {}
                }
            }
            None => {
                if let Ok(mut stream) = TcpStream::connect(address).await {
                    while !matches!(stream.read(&mut sink).await, Ok(0) | Err(_)) {}
                }
            }
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// Starves a running process and lets go.
///
/// # Errors
/// It does not tell its processor time.
pub async fn starve(
    process: &Process,
    address: SocketAddr,
    target: Option<&Target>,
    admin: Option<SocketAddr>,
) -> anyhow::Result<Starved> {
    let idle = share(process).await?;
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        callers.spawn(stay(address, target.cloned()));
    }
    // Until those that get in are in; what follows is measured over a window of its own.
    sleep(Duration::from_secs(1)).await;
    let starved = share(process).await?;
    let admin = match admin {
        Some(address) => Some(crate::client::http_get(address, "/healthz").await.is_ok_and(|answer| answer.contains("200"))),
        None => None,
    };
    callers.shutdown().await;
    let begun = Instant::now();
    let recovered = loop {
        if begun.elapsed() > Duration::from_secs(20) {
            break None;
        }
        let called = match target {
            Some(target) => target.fresh_call().await.is_ok(),
            None => TcpStream::connect(address).await.is_ok(),
        };
        if called {
            break Some(begun.elapsed());
        }
        sleep(Duration::from_millis(20)).await;
    };
    Ok(Starved { idle, starved, admin, recovered })
}

async fn share(process: &Process) -> anyhow::Result<f64> {
    let before = process.cpu().context("processor time")?;
    let begun = Instant::now();
    sleep(WINDOW).await;
    let after = process.cpu().context("processor time")?;
    Ok(after.saturating_sub(before).as_secs_f64() / begun.elapsed().as_secs_f64())
}
