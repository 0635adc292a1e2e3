//! The built programs, found beside the executable that runs now.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, bail};
use tokio::process::Command;

/// One of the two programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// A county.
    Node,
    /// A city or a province.
    Aggregator,
}

/// Where both programs lie.
#[derive(Clone, Debug)]
pub struct Programs {
    node: PathBuf,
    aggregator: PathBuf,
}

impl Programs {
    /// The programs of the same profile as the executable that runs now: beside it, or one level up for a test.
    ///
    /// # Errors
    /// If they are not built, with the command that builds them.
    pub fn beside_this_executable() -> anyhow::Result<Self> {
        let executable = env::current_exe()?;
        let mut directory = executable.parent().context("the executable has no directory")?;
        if directory.file_name() == Some(OsStr::new("deps")) {
            directory = directory.parent().context("the executable has no profile directory")?;
        }
        Self::in_directory(directory)
    }

    /// The programs in a directory.
    ///
    /// # Errors
    /// If they are not there, with the command that builds them.
    pub fn in_directory(directory: &Path) -> anyhow::Result<Self> {
        let programs = Programs { node: directory.join("changxiao-node"), aggregator: directory.join("changxiao-aggregator") };
        for path in [&programs.node, &programs.aggregator] {
            if !path.is_file() {
                let release = if directory.ends_with("release") { " --release" } else { "" };
                bail!("{} is not built; run: cargo build{release} -p changxiao-node -p changxiao-aggregator", path.display());
            }
        }
        Ok(programs)
    }

    /// The path of one.
    pub fn of(&self, program: Program) -> &Path {
        match program {
            Program::Node => &self.node,
            Program::Aggregator => &self.aggregator,
        }
    }

    /// Runs a command to its end and gives back its standard output.
    ///
    /// # Errors
    /// If it ends with another code than 0, with all it printed.
    pub async fn run(&self, program: Program, arguments: &[&OsStr]) -> anyhow::Result<String> {
        let path = self.of(program);
        let output = Command::new(path)
            .args(arguments)
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .await
            .with_context(|| format!("running {}", path.display()))?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            let shown: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
            let complaint = String::from_utf8_lossy(&output.stderr);
            bail!("{} {} ended with {}\n{printed}{complaint}", path.display(), shown.join(" "), output.status);
        }
        Ok(printed)
    }

    /// Runs one command of the authority; the last argument is the directory it writes.
    pub async fn identity(&self, words: &[&str], directory: &Path) -> anyhow::Result<()> {
        let mut arguments: Vec<&OsStr> = vec!["identity".as_ref()];
        arguments.extend(words.iter().map(|word| OsStr::new(*word)));
        arguments.push(directory.as_os_str());
        self.run(Program::Aggregator, &arguments).await?;
        Ok(())
    }
}
