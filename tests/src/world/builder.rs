//! From a plan of regions to running processes.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use changxiao_domain::clock::Instant;
use changxiao_tier::{
    enrolment::files,
    identity::{Role, SpiffeId, ca::Authority, csr, files::Paths},
};

use super::{
    Member, World, config,
    link::Link,
    open_door,
    programs::{Program, Programs},
    read_line,
};
use crate::{
    calendar::{Day, civil},
    client::{now_ms, requests::RequestIds},
    postgresql,
};

/// The five counties of Baoshan in the order of the notice.
pub const BAOSHAN_COUNTIES: [&str; 5] = ["bs-longyang", "bs-shidian", "bs-tengchong", "bs-longling", "bs-changning"];
/// The region that signs the register.
pub const PUBLISHER: &str = "yn";

/// One region with a process of its own.
#[derive(Clone, Debug)]
pub struct Spot {
    /// Permanent id.
    pub region: String,
    /// Region above that follows this one, if it has a process too.
    pub parent: Option<String>,
    /// 1 province, 2 city, 3 county.
    pub tier: u8,
    /// Program that hosts it.
    pub program: Program,
    /// Where its federation listener binds.
    pub federation: SocketAddr,
    /// Where its service listener binds.
    pub service: SocketAddr,
    /// Where its admin listener binds.
    pub admin: SocketAddr,
}

impl Spot {
    /// Whether it is a county.
    pub fn is_county(&self) -> bool {
        self.tier == 3
    }
}

/// A network that is not started yet.
pub struct Builder {
    regions: Vec<(String, Option<String>, u8)>,
    directory: Option<PathBuf>,
    begin_ms: i64,
    seed: u64,
    pull_interval: Duration,
    programs: Option<Programs>,
    postgresql: Option<String>,
    collector: Option<String>,
    sign_in: String,
    guests: Vec<(String, String)>,
    leaf_seconds: Option<u32>,
}

impl Builder {
    pub(super) fn yunnan() -> Self {
        Self::of(vec![("yn".into(), None, 1), ("bs".into(), Some("yn".into()), 2)])
    }

    pub(super) fn baoshan() -> Self {
        Self::of(vec![("bs".into(), None, 2)])
    }

    fn of(regions: Vec<(String, Option<String>, u8)>) -> Self {
        let begin_ms = Day::new(2015, 8, 1).start_ms();
        Builder {
            regions,
            directory: None,
            begin_ms,
            seed: 1,
            pull_interval: Duration::from_millis(200),
            programs: None,
            postgresql: postgresql::named(),
            collector: None,
            sign_in: String::new(),
            guests: Vec::new(),
            leaf_seconds: None,
        }
    }

    /// The five counties of Baoshan.
    pub fn with_baoshan_counties(self) -> Self {
        self.with_counties(&BAOSHAN_COUNTIES)
    }

    /// Some counties of Baoshan.
    pub fn with_counties(mut self, counties: &[&str]) -> Self {
        self.regions.extend(counties.iter().map(|county| ((*county).to_owned(), Some("bs".to_owned()), 3)));
        self
    }

    /// Keep everything in this directory instead of a temporary one. It must not hold another network.
    pub fn in_directory(mut self, directory: &Path) -> Self {
        self.directory = Some(directory.to_owned());
        self
    }

    /// Business time at which the sandbox begins; 2015-08-01 00:00 unless told.
    pub fn beginning(mut self, instant_ms: i64) -> Self {
        self.begin_ms = instant_ms;
        self
    }

    /// Seed of the request ids.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Real time between two pulls of a parent.
    pub fn pull_interval(mut self, interval: Duration) -> Self {
        self.pull_interval = interval;
        self
    }

    /// Let a region's process host another region, too. Nobody follows the guest; its accounts come through the same listener.
    pub fn hosting(mut self, host: &str, guest: &str) -> Self {
        self.guests.push((host.to_owned(), guest.to_owned()));
        self
    }

    /// Send traces of every process there.
    pub fn tracing(mut self, endpoint: &str) -> Self {
        self.collector = Some(endpoint.to_owned());
        self
    }

    /// Other rules of signing in, as lines of TOML.
    pub fn sign_in(mut self, rules: &str) -> Self {
        self.sign_in = format!("\n[sign_in]\n{rules}\n");
        self
    }

    /// Regions renew their identities at the region above, each of which lives so long; the province issues from the root, the city from an
    /// authority of its own. Every region adopts revocation lists from a file.
    pub fn renewing(mut self, leaf_seconds: u32) -> Self {
        self.leaf_seconds = Some(leaf_seconds);
        self
    }

    /// Programs from another place than beside the executable that runs now.
    pub fn programs(mut self, programs: Programs) -> Self {
        self.programs = Some(programs);
        self
    }

    /// Keep the regions at this PostgreSQL server, whatever the environment says.
    pub fn postgresql(mut self, server: &str) -> Self {
        self.postgresql = Some(server.to_owned());
        self
    }

    /// Keep the regions in SQLite files, whatever the environment says.
    pub fn sqlite(mut self) -> Self {
        self.postgresql = None;
        self
    }

    /// Makes identities, journals, the register and configurations, starts every process and waits until all serve.
    ///
    /// # Errors
    /// With the command that failed and what it printed, or the region that does not serve and the end of its log.
    pub async fn start(self) -> anyhow::Result<World> {
        let programs = match &self.programs {
            Some(programs) => programs.clone(),
            None => Programs::beside_this_executable()?,
        };
        let (directory, temporary) = match &self.directory {
            Some(directory) => (directory.clone(), None),
            None => {
                let temporary = tempfile::Builder::new().prefix("changxiao-").tempdir()?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        fs::create_dir_all(directory.join("logs"))?;
        let spots = self.spots()?;
        let database = match &self.postgresql {
            Some(server) => Some(postgresql::database(server).await?),
            None => None,
        };
        self.issue_identities(&programs, &directory, &spots).await?;
        self.write_configs(&directory, &spots, database.as_deref())?;
        self.open_regions(&programs, &directory, &spots).await?;
        let links = self.link(&spots).await?;
        publish_register(&programs, &directory, &spots, &links).await?;

        let mut members = BTreeMap::new();
        for (spot, link) in spots.into_iter().zip(links) {
            let ids = Arc::new(RequestIds::new(self.seed, &spot.region));
            let door = open_door(&directory, &spot, ids)?;
            let token = read_line(&config::region_data(&directory, &spot.region).join("administrator.token"))?;
            let config = config::file(&directory, &spot.region);
            members.insert(spot.region.clone(), Member { spot, link, process: None, door, config, token });
        }
        let guests = self.guests.into_iter().map(|(host, guest)| (guest, host)).collect();
        let mut world = World { directory, members, guests, programs, database, _temporary: temporary };
        for spot in world.spots() {
            world.restart(&spot.region).await?;
        }
        Ok(world)
    }

    /// Three free ports for every region. They are held until all are chosen, so none is given twice.
    fn spots(&self) -> anyhow::Result<Vec<Spot>> {
        let mut held = Vec::new();
        let mut free = || -> anyhow::Result<SocketAddr> {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let address = listener.local_addr()?;
            held.push(listener);
            Ok(address)
        };
        self.regions
            .iter()
            .map(|(region, parent, tier)| {
                Ok(Spot {
                    region: region.clone(),
                    parent: parent.clone(),
                    tier: *tier,
                    program: if *tier == 3 { Program::Node } else { Program::Aggregator },
                    federation: free()?,
                    service: free()?,
                    admin: free()?,
                })
            })
            .collect()
    }

    async fn issue_identities(&self, programs: &Programs, directory: &Path, spots: &[Spot]) -> anyhow::Result<()> {
        let authority = directory.join("authority");
        programs.identity(&["init", "--trust-domain", config::TRUST_DOMAIN, "--dir"], &authority).await?;
        for spot in spots {
            let federation = config::federation_directory(directory, &spot.region);
            let role = if spot.is_county() { "node" } else { "aggregator" };
            let dir = authority.to_string_lossy();
            programs.identity(&["issue", "--dir", &dir, "--region", &spot.region, "--role", role, "--out"], &federation).await?;
            let service = config::service_directory(directory, &spot.region);
            let names = ["issue-service", "--dir", &dir, "--name", config::SERVICE_NAME, "--name", "127.0.0.1", "--out"];
            programs.identity(&names, &service).await?;
        }
        if self.leaf_seconds.is_some() {
            let dir = authority.to_string_lossy();
            for spot in spots.iter().filter(|spot| spot.tier == 2) {
                let own = config::authority_directory(directory, &spot.region);
                programs.identity(&["issue-authority", "--dir", &dir, "--region", &spot.region, "--out"], &own).await?;
            }
        }
        if let Some(seconds) = self.leaf_seconds {
            spots.iter().try_for_each(|spot| short_lived(directory, spot, seconds))?;
        }
        Ok(())
    }

    fn write_configs(&self, directory: &Path, spots: &[Spot], database: Option<&str>) -> anyhow::Result<()> {
        for spot in spots {
            let mut text = config::text(directory, spot, self.pull_interval, database);
            if let Some(endpoint) = &self.collector {
                text.push_str(&format!("\n[tracing]\notlp_endpoint = \"{endpoint}\"\n"));
            }
            text.push_str(&self.sign_in);
            if let Some(seconds) = self.leaf_seconds {
                text = config::renewing(&text, directory, spot, spots, seconds);
            }
            let hosted = self.guests.iter().filter(|(host, _)| *host == spot.region);
            let hosted: String = hosted.map(|(_, guest)| format!(", \"{guest}\"")).collect();
            let text = text.replacen(&format!("[\"{}\"]", spot.region), &format!("[\"{}\"{hosted}]", spot.region), 1);
            fs::write(config::file(directory, &spot.region), text)?;
        }
        if !spots.iter().any(|spot| spot.region == PUBLISHER) {
            // The province signs the register even where it has no process.
            let nobody_binds = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let publisher = Spot {
                region: PUBLISHER.into(),
                parent: None,
                tier: 1,
                program: Program::Aggregator,
                federation: nobody_binds(1),
                service: nobody_binds(2),
                admin: nobody_binds(3),
            };
            fs::write(config::file(directory, PUBLISHER), config::text(directory, &publisher, self.pull_interval, database))?;
        }
        Ok(())
    }

    async fn open_regions(&self, programs: &Programs, directory: &Path, spots: &[Spot]) -> anyhow::Result<()> {
        let at = format!("{}+08:00", civil(self.begin_ms).replace(' ', "T"));
        let mut regions: Vec<(&str, Program)> = spots.iter().map(|spot| (spot.region.as_str(), spot.program)).collect();
        if !regions.iter().any(|(region, _)| *region == PUBLISHER) {
            regions.push((PUBLISHER, Program::Aggregator));
        }
        for (region, program) in regions {
            let config = config::file(directory, region);
            let arguments =
                ["init".as_ref(), "--config".as_ref(), config.as_os_str(), "--sandbox".as_ref(), "--at".as_ref(), at.as_ref()];
            programs.run(program, &arguments).await?;
        }
        Ok(())
    }

    async fn link(&self, spots: &[Spot]) -> anyhow::Result<Vec<Option<Link>>> {
        let mut links = Vec::new();
        for spot in spots {
            links.push(match &spot.parent {
                Some(_) => Some(Link::open(spot.federation).await?),
                None => None,
            });
        }
        Ok(links)
    }
}

/// An identity that lives for seconds, from the authority that will renew it; no command issues one.
fn short_lived(directory: &Path, spot: &Spot, seconds: u32) -> anyhow::Result<()> {
    let above = spot.parent.as_deref().unwrap_or(PUBLISHER);
    let now = Instant::from_ms(now_ms());
    let authority = Authority::open(&config::authority_directory(directory, above), now)?;
    let role = if spot.is_county() { Role::Node } else { Role::Aggregator };
    let id = SpiffeId::new(config::TRUST_DOMAIN.parse()?, spot.region.parse()?, role)?;
    let fresh = csr::make(&id)?;
    let key = csr::read(&fresh.csr, &id).map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
    let (chain, _) = authority.issue_around(&key, &id, now, i64::from(seconds) * 1_000)?;
    let paths = Paths::in_dir(&config::federation_directory(directory, &spot.region));
    files::keep_key(&paths, &fresh.key)?;
    Ok(files::install(&paths, &chain, authority.bundle())?)
}

/// The register names the link's address where there is one.
async fn publish_register(programs: &Programs, directory: &Path, spots: &[Spot], links: &[Option<Link>]) -> anyhow::Result<()> {
    let mut arguments: Vec<OsString> = vec!["register".into(), "build".into(), "--config".into()];
    arguments.push(config::file(directory, PUBLISHER).into());
    arguments.extend(["--region".into(), PUBLISHER.into()]);
    if !spots.iter().any(|spot| spot.region == PUBLISHER) {
        // Its key must stand in the register that it signs; nobody ever calls the address.
        let key = config::region_data(directory, PUBLISHER).join("journal.pub");
        arguments.extend(["--node".into(), format!("{PUBLISHER}=127.0.0.1:1,{}", key.display()).into()]);
    }
    for (spot, link) in spots.iter().zip(links) {
        let address = link.as_ref().map_or(spot.federation, Link::address);
        let key = config::region_data(directory, &spot.region).join("journal.pub");
        arguments.push("--node".into());
        arguments.push(format!("{}={address},{}", spot.region, key.display()).into());
    }
    arguments.extend(["--joined".into(), "2015-08".into(), "--out".into()]);
    arguments.push(config::register(directory).into());
    let borrowed: Vec<_> = arguments.iter().map(OsString::as_os_str).collect();
    programs.run(Program::Aggregator, &borrowed).await.context("building the register")?;
    Ok(())
}
