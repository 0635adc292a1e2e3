//! A bystander that shares no code with us: Python with grpcio, put in place by tests/run.sh.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::Context as _;
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use super::target::Target;

/// How its calls ended.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Fared {
    /// Served.
    pub answered: u64,
    /// Refused with `SHUTTING_DOWN`.
    pub told: u64,
    /// Nobody listened any more.
    pub unreachable: u64,
    /// Anything else.
    pub broken: u64,
    /// How the last of these broke.
    pub why: String,
}

/// The program, calling.
pub struct Foreign {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// The interpreter with its packages, below the target directory that this program was built into; absent before the first
/// `tests/run.sh`.
#[must_use]
pub fn python() -> Option<PathBuf> {
    let executable = std::env::current_exe().ok()?;
    executable.ancestors().map(|above| above.join("clients/python/bin/python")).find(|python| python.exists())
}

impl Foreign {
    /// Starts it and waits for its first answer.
    ///
    /// # Errors
    /// It does not start or is not answered.
    pub async fn start(python: &Path, target: &Target, bundle: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/bystander.py"))
            .args(["--address", &target.address.to_string(), "--bundle"])
            .arg(bundle)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("GRPC_VERBOSITY", "NONE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("the foreign bystander")?;
        let mut lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        anyhow::ensure!(lines.next_line().await?.as_deref() == Some("ready"), "the foreign bystander was not answered");
        Ok(Self { child, lines })
    }

    /// Ends it and hears how it fared.
    ///
    /// # Errors
    /// It died.
    pub async fn stop(mut self) -> anyhow::Result<Fared> {
        drop(self.child.stdin.take());
        let told = self.lines.next_line().await?.context("the foreign bystander said nothing")?;
        self.child.wait().await?;
        serde_json::from_str(&told).with_context(|| told.clone())
    }
}
