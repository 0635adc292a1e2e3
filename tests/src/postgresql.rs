//! A throw-away PostgreSQL server from Debian's packages, and the databases that worlds make in one.
//!
//! [`VARIABLE`] names a server; where it is set, every world keeps its regions there instead of in SQLite files. The binary
//! `postgresql` starts a server, sets the variable and runs a command, so the same tests run on both engines.

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use anyhow::{Context as _, bail};
use sea_orm::{ConnectionTrait as _, Database};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// Names the server that tests use, as the configuration would: `postgresql://role@host:port/database?password_file=…`. The
/// role may make databases and roles.
pub const VARIABLE: &str = "TEST_POSTGRESQL_URL";
/// Role of the tests, as an operator makes one: it owns databases and may make roles; it is no superuser.
const ROLE: &str = "changxiao";
/// How long a server may take to start or to stop.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The server that the environment names, if any.
#[allow(clippy::disallowed_methods)]
pub fn named() -> Option<String> {
    std::env::var(VARIABLE).ok().filter(|url| !url.is_empty())
}

/// Makes an empty database at a server and gives its address.
///
/// # Errors
/// If the server does not let us.
pub async fn database(server: &str) -> anyhow::Result<String> {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let name = format!("t{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let (place, query) = server.split_once('?').unwrap_or((server, ""));
    let (place, _) = place.rsplit_once('/').context("the server's address names no database")?;
    let db = Database::connect(plain(server)?).await?;
    db.execute_unprepared(&format!("CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")).await?;
    db.close().await?;
    Ok(format!("{place}/{name}?{query}"))
}

/// The address as drivers take it, with the password inside. It stays in this process.
///
/// # Errors
/// If the password file cannot be read.
pub fn plain(url: &str) -> anyhow::Result<String> {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let Some(file) = query.split('&').find_map(|pair| pair.strip_prefix("password_file=")) else { return Ok(place.to_owned()) };
    let password = fs::read_to_string(file).with_context(|| format!("reading {file}"))?;
    let (before, after) = place.split_once('@').context("the address names no role")?;
    Ok(format!("{}:{}@{after}", before.replace("postgresql://", "postgres://"), password.trim()))
}

/// How a server is brought down.
#[derive(Clone, Copy, Debug)]
pub enum Blow {
    /// SIGKILL to the postmaster.
    Postmaster,
    /// SIGQUIT: every process of the server ends at once, without a checkpoint.
    Immediate,
    /// SIGKILL to one session; the server then ends all others and recovers by itself.
    Session,
}

/// A running server. Dropping it ends it.
pub struct Cluster {
    directory: TempDir,
    programs: PathBuf,
    owner: Option<(u32, u32)>,
    port: u16,
    postmaster: Option<Child>,
}

impl Cluster {
    /// Makes and starts a server on loopback, as an unprivileged user where we are root.
    ///
    /// # Errors
    /// If PostgreSQL is not installed, or does not start; its log is shown.
    pub async fn start() -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new().prefix("changxiao-postgresql-").tempdir()?;
        let owner = unprivileged(directory.path())?;
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut cluster = Cluster { directory, programs: programs()?, owner, port, postmaster: None };
        if let Some((user, group)) = owner {
            chown(cluster.directory.path(), Some(user), Some(group))?;
        }
        // World-readable on the way: the password file lies in it and belongs to us, not to the server's user.
        fs::set_permissions(cluster.directory.path(), fs::Permissions::from_mode(0o711))?;
        let data = cluster.data();
        let made = cluster
            .command("initdb")
            .args([
                "--username=postgres",
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "-D",
            ])
            .arg(&data)
            .output()?;
        if !made.status.success() {
            bail!("initdb ended with {}\n{}", made.status, String::from_utf8_lossy(&made.stderr));
        }
        let password = format!("p{:x}", std::process::id());
        let file = cluster.password_file();
        fs::write(&file, format!("{password}\n"))?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
        cluster.restart().await?;
        let superuser = Database::connect(format!(
            "postgres://postgres@localhost:{port}/postgres?host={}",
            cluster.directory.path().display()
        ))
        .await?;
        superuser.execute_unprepared(&format!("CREATE ROLE {ROLE} LOGIN CREATEDB CREATEROLE PASSWORD '{password}'")).await?;
        superuser.execute_unprepared(&format!("CREATE DATABASE {ROLE} OWNER {ROLE} TEMPLATE template0 ENCODING 'UTF8'")).await?;
        superuser.close().await?;
        Ok(cluster)
    }

    /// The address, as the configuration names it.
    pub fn url(&self) -> String {
        format!("postgresql://{ROLE}@127.0.0.1:{}/{ROLE}?password_file={}", self.port, self.password_file().display())
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn password_file(&self) -> PathBuf {
        self.directory.path().join("password")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.env_clear().current_dir("/").stdin(Stdio::null());
        if let Some((user, group)) = self.owner {
            command.gid(group).uid(user);
        }
        command
    }

    /// Starts the server (again) and waits until it takes connections.
    ///
    /// # Errors
    /// If it does not.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        let until = Instant::now() + TIMEOUT;
        loop {
            if self.postmaster.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None))) {
                // After a SIGKILL the last sessions may still hold the shared memory; the next attempt finds it free.
                self.postmaster = Some(self.launch()?);
            }
            if self.command("pg_isready").args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]).status()?.success() {
                return Ok(());
            }
            if Instant::now() >= until {
                let log = fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
                bail!("PostgreSQL does not start:\n{log}");
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    fn launch(&self) -> anyhow::Result<Child> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.directory.path().join("log"))?;
        let child = self
            .command("postgres")
            .arg("-D")
            .arg(self.data())
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=400", "-p", &self.port.to_string(), "-k"])
            .arg(self.directory.path())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        Ok(child)
    }

    /// Brings the server down; [`Cluster::restart`] brings it back.
    ///
    /// # Errors
    /// If it is not running, or does not end.
    pub async fn strike(&mut self, blow: Blow) -> anyhow::Result<()> {
        let postmaster = self.postmaster.as_mut().context("the server is not running")?;
        let id = postmaster.id();
        match blow {
            Blow::Postmaster => postmaster.kill()?,
            Blow::Immediate => signal("QUIT", id)?,
            Blow::Session => {
                let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"))?;
                let session = children.split_whitespace().filter_map(|id| id.parse().ok()).find(|id: &u32| {
                    fs::read_to_string(format!("/proc/{id}/cmdline")).is_ok_and(|line| line.contains("127.0.0.1"))
                });
                return signal("KILL", session.context("nobody is connected")?);
            }
        }
        postmaster.wait()?;
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let Some(mut postmaster) = self.postmaster.take() else { return };
        // Every process of the server ends with it, before its files go.
        let _ = signal("QUIT", postmaster.id());
        let _ = postmaster.wait();
    }
}

fn signal(name: &str, id: u32) -> anyhow::Result<()> {
    // The standard library sends only SIGKILL, and this crate has no unsafe code; every shell knows kill.
    let sent = Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", name, &id.to_string()]).status()?;
    if sent.success() { Ok(()) } else { bail!("kill ended with {sent}") }
}

/// Where Debian keeps the server's programs; the newest version.
fn programs() -> anyhow::Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, path)| path.join("postgres").is_file())
        .collect();
    found.sort();
    Ok(found.pop().context("PostgreSQL is not installed; run: apt-get install postgresql")?.1)
}

/// The user as whom the server runs, if we are root: PostgreSQL refuses root.
fn unprivileged(directory: &Path) -> anyhow::Result<Option<(u32, u32)>> {
    use std::os::unix::fs::MetadataExt as _;
    if fs::metadata(directory)?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let user = users.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == "postgres");
    let user = user.context("there is no user `postgres`; run: apt-get install postgresql")?;
    Ok(Some((user.get(2).context("no uid")?.parse()?, user.get(3).context("no gid")?.parse()?)))
}
