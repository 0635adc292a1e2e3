//! A whole network of real processes on loopback, from a builder.
//!
//! Every region gets its own process of the built programs, its own data, certificates, configuration and log below one
//! directory. Between a parent and its child lies a [`link::Link`], whose address the register names, so that a test can cut a
//! line without killing anybody. Processes are ended by their own ids only.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use crate::{
    calendar::civil,
    client::{Caller, Door, dial, requests::RequestIds},
};

pub mod builder;
pub mod config;
pub mod health;
pub mod link;
pub mod process;
pub mod programs;

use builder::Spot;
use link::Link;
use process::Process;
use programs::Programs;

/// How long a client keeps trying while a process is away.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a process may take until it serves.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A running network.
pub struct World {
    directory: PathBuf,
    // Declared before the directory's guard is dropped: processes end first, then their files go.
    members: BTreeMap<String, Member>,
    /// Regions without a process of their own, and whose process hosts them.
    guests: BTreeMap<String, String>,
    programs: Programs,
    database: Option<String>,
    _temporary: Option<TempDir>,
}

/// One region of the network.
pub struct Member {
    spot: Spot,
    link: Option<Link>,
    process: Option<Process>,
    door: Door,
    config: PathBuf,
    token: String,
}

impl World {
    /// Yunnan and Baoshan; counties are added to the builder.
    pub fn yunnan() -> builder::Builder {
        builder::Builder::yunnan()
    }

    /// Baoshan without a province above it; counties are added to the builder.
    pub fn baoshan() -> builder::Builder {
        builder::Builder::baoshan()
    }

    /// Where everything lies.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The PostgreSQL database in which the regions lie, absent for SQLite files.
    pub fn database(&self) -> Option<&str> {
        self.database.as_deref()
    }

    /// The built programs.
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// Regions with a process, parents before children.
    pub fn spots(&self) -> Vec<Spot> {
        let mut spots: Vec<Spot> = self.members.values().map(|member| member.spot.clone()).collect();
        spots.sort_by_key(|spot| spot.tier);
        spots
    }

    /// County regions in order of their ids.
    pub fn counties(&self) -> Vec<String> {
        self.members.values().filter(|member| member.spot.is_county()).map(|member| member.spot.region.clone()).collect()
    }

    /// The service listener of a region.
    pub fn door(&self, region: &str) -> &Door {
        &self.member(region).door
    }

    /// The administrator that `init` made.
    pub fn administrator(&self, region: &str) -> Caller {
        let member = self.member(region);
        member.door.caller(&member.token)
    }

    /// The administrator of a region that another one's process hosts, calling there.
    ///
    /// # Errors
    /// Its token cannot be read.
    pub fn guest(&self, region: &str) -> anyhow::Result<Caller> {
        let host = self.guests.get(region).with_context(|| format!("no guest {region} in this world"))?;
        let spot = Spot { region: region.to_owned(), ..self.member(host).spot.clone() };
        let bundle = config::service_directory(&self.directory, host).join("bundle.pem");
        let channel = dial::channel(spot.service, config::SERVICE_NAME, dial::trusting(&bundle)?)?;
        let door = Door::new(region, channel, Arc::new(RequestIds::new(1, region)), PATIENCE);
        Ok(door.caller(&read_line(&self.token_file(region))?))
    }

    /// The region's configuration file, for commands such as `verify`.
    pub fn config(&self, region: &str) -> &Path {
        &self.member(region).config
    }

    /// Where the administrator's token lies.
    pub fn token_file(&self, region: &str) -> PathBuf {
        config::region_data(&self.directory, region).join("administrator.token")
    }

    /// The region's log, standard output and standard error together.
    pub fn log(&self, region: &str) -> PathBuf {
        self.directory.join("logs").join(format!("{region}.log"))
    }

    /// Ends a process as a power cut would, without any chance to tidy up.
    pub fn kill9(&mut self, region: &str) -> anyhow::Result<()> {
        match self.member_mut(region).process.take() {
            Some(process) => process.kill()?,
            None => bail!("{region} is not running"),
        }
        self.note_processes()
    }

    /// Asks a process to end (SIGTERM) and waits until it has.
    ///
    /// # Errors
    /// If it does not end by itself in time or ends with another code than 0.
    pub async fn stop(&mut self, region: &str) -> anyhow::Result<()> {
        match self.member_mut(region).process.take() {
            Some(process) => process.stop().await.with_context(|| format!("stopping {region}"))?,
            None => bail!("{region} is not running"),
        }
        self.note_processes()
    }

    /// Starts a region's process (again) and waits until it serves.
    pub async fn restart(&mut self, region: &str) -> anyhow::Result<()> {
        let log = self.log(region);
        let programs = self.programs.clone();
        let member = self.member_mut(region);
        if member.process.is_some() {
            bail!("{region} is running already");
        }
        let program = programs.of(member.spot.program);
        let mut process = Process::start(program, &["serve".as_ref(), "--config".as_ref(), member.config.as_os_str()], &log)?;
        let served = health::wait_until_serving(&member.door, &mut process, START_TIMEOUT).await;
        member.process = Some(process);
        self.note_processes()?;
        served.with_context(|| format!("starting {region}; its log ends with\n{}", process::tail(&log, 20)))
    }

    /// Cuts the line between a region and its parent. Connections break; new ones are turned away.
    pub fn cut(&self, region: &str) {
        if let Some(link) = &self.member(region).link {
            link.cut();
        }
    }

    /// Mends the line between a region and its parent.
    pub fn heal(&self, region: &str) {
        if let Some(link) = &self.member(region).link {
            link.heal();
        }
    }

    /// Peak resident memory of a region's process in KiB, absent if it is not running.
    pub fn peak_rss(&self, region: &str) -> Option<u64> {
        self.member(region).process.as_ref().and_then(Process::peak_rss_kib)
    }

    /// Resident memory of a region's process now in KiB, absent if it is not running.
    pub fn rss(&self, region: &str) -> Option<u64> {
        self.member(region).process.as_ref().and_then(Process::rss_kib)
    }

    /// The region's process, absent if it is not running.
    pub fn process_id(&self, region: &str) -> Option<u32> {
        self.member(region).process.as_ref().map(Process::id)
    }

    /// Processor time that a region's process has spent, absent if it is not running.
    pub fn cpu(&self, region: &str) -> Option<Duration> {
        self.member(region).process.as_ref().and_then(Process::cpu)
    }

    /// A connection of its own to a region's service listener, beside the one that all others share.
    ///
    /// # Errors
    /// If the certificates of the region cannot be read.
    pub fn own_door(&self, region: &str, label: &str) -> anyhow::Result<Door> {
        let ids = Arc::new(RequestIds::new(1, &format!("{region} {label}")));
        open_door(&self.directory, &self.member(region).spot, ids)
    }

    /// A connection to a region's service listener that shows the certificate in this directory.
    ///
    /// # Errors
    /// If the certificates cannot be read.
    pub fn door_showing(&self, region: &str, certificate: &Path) -> anyhow::Result<Door> {
        let spot = &self.member(region).spot;
        let bundle = config::service_directory(&self.directory, region).join("bundle.pem");
        let tls = dial::showing(&bundle, Some(certificate))?;
        let ids = Arc::new(RequestIds::new(1, &format!("{region} {}", certificate.display())));
        Ok(Door::new(region, dial::channel(spot.service, config::SERVICE_NAME, tls)?, ids, PATIENCE))
    }

    /// Where the service listener of a region is.
    pub fn service(&self, region: &str) -> std::net::SocketAddr {
        self.member(region).spot.service
    }

    /// Whether the region's process is there.
    pub fn is_running(&self, region: &str) -> bool {
        self.member(region).process.is_some()
    }

    /// Runs `verify` over a region that is not running (or is) and gives back what it printed.
    ///
    /// # Errors
    /// If `verify` finds something wrong.
    pub async fn verify(&self, region: &str) -> anyhow::Result<String> {
        let member = self.member(region);
        let arguments: Vec<&std::ffi::OsStr> =
            vec!["verify".as_ref(), "--config".as_ref(), member.config.as_os_str(), "--region".as_ref(), region.as_ref()];
        self.programs.run(member.spot.program, &arguments).await
    }

    /// Moves the business clock of every running region: counties first, so that no tier is ahead of those below it.
    pub async fn advance(&self, to_ms: i64) -> anyhow::Result<()> {
        for tier in [3, 2, 1] {
            let mut tasks = tokio::task::JoinSet::new();
            for member in self.members.values().filter(|member| member.spot.tier == tier && member.process.is_some()) {
                let (administrator, parent) = (member.door.caller(&member.token), member.door.parent());
                tasks.spawn(async move {
                    let request = changxiao_proto::sandbox::v1::AdvanceClockRequest { parent: parent.clone(), to_ms };
                    let answer = administrator.advance_clock(request).await;
                    answer.map_err(|status| anyhow::anyhow!("{parent}: clock to {}: {status}", civil(to_ms)))
                });
            }
            while let Some(done) = tasks.join_next().await {
                done??;
            }
        }
        Ok(())
    }

    /// Keeps the ids of the running processes in a file, so that whoever started the driver can end them if it was itself killed.
    fn note_processes(&self) -> anyhow::Result<()> {
        let ids: Vec<String> =
            self.members.values().filter_map(|member| member.process.as_ref()).map(|process| process.id().to_string()).collect();
        Ok(fs::write(self.directory.join("processes"), ids.join("\n") + "\n")?)
    }

    fn member(&self, region: &str) -> &Member {
        self.members.get(region).unwrap_or_else(|| panic!("no region {region} in this world"))
    }

    fn member_mut(&mut self, region: &str) -> &mut Member {
        self.members.get_mut(region).unwrap_or_else(|| panic!("no region {region} in this world"))
    }
}

/// Makes the door of a region once its certificates lie on disk.
fn open_door(directory: &Path, spot: &Spot, ids: Arc<RequestIds>) -> anyhow::Result<Door> {
    let tls = dial::trusting(&config::service_directory(directory, &spot.region).join("bundle.pem"))?;
    let channel = dial::channel(spot.service, config::SERVICE_NAME, tls)?;
    Ok(Door::new(&spot.region, channel, ids, PATIENCE))
}

/// Reads a secret of one line.
fn read_line(path: &Path) -> anyhow::Result<String> {
    Ok(fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?.trim().to_owned())
}
