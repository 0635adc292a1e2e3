//! The parent's side: starts the child, hands it the file and nothing else, and takes frames one by one.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use changxiao_domain::import::Refusal;
use tokio::{
    io::{AsyncReadExt as _, BufReader},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use super::{
    child::{COMMAND, refusal_of},
    frames::{FRAME_BYTES_MAX, Frame, Row},
};

/// The child says something within this time, or it never will: it may use the processor for ten seconds.
const SILENCE: Duration = Duration::from_secs(20);

/// The program that is started: this one, as it is running.
#[must_use]
pub fn this_program() -> PathBuf {
    PathBuf::from("/proc/self/exe")
}

/// A sheet being read.
#[derive(Debug)]
pub struct Reading {
    child: Child,
    frames: BufReader<ChildStdout>,
    read_as: String,
}

impl Reading {
    /// Starts to read a file.
    ///
    /// # Errors
    /// The child cannot be started.
    pub fn start(program: &Path, file: std::fs::File) -> std::io::Result<Self> {
        let mut child = Command::new(program)
            .arg(COMMAND)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(file))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let frames = child.stdout.take().ok_or_else(|| std::io::Error::other("the child has no output"))?;
        Ok(Self { child, frames: BufReader::with_capacity(64 * 1_024, frames), read_as: String::new() })
    }

    /// How the file is read, once the first row is there.
    #[must_use]
    pub fn read_as(&self) -> &str {
        &self.read_as
    }

    /// The child's process, while it runs.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        self.child.id()
    }

    /// The next row, or none after the last.
    ///
    /// # Errors
    /// The file is refused, or the child broke down over it.
    pub async fn next(&mut self) -> Result<Option<Row>, Refusal> {
        loop {
            let frame = match timeout(SILENCE, self.frame()).await {
                Ok(Ok(frame)) => frame,
                Ok(Err(_)) => return Err(self.broken().await),
                Err(_) => {
                    let _ = self.child.kill().await;
                    return Err(Refusal::TooCostly { what: "time".to_owned() });
                }
            };
            match frame {
                Frame::Head(read_as) => self.read_as = read_as,
                Frame::Row(row) => return Ok(Some(row)),
                Frame::Refused { reason, detail } => return Err(refusal_of(&reason, &detail)),
                Frame::End(_) => return Ok(None),
            }
        }
    }

    async fn frame(&mut self) -> std::io::Result<Frame> {
        let kind = self.frames.read_u8().await?;
        let length = usize::try_from(self.frames.read_u32_le().await?).unwrap_or(usize::MAX);
        if length > FRAME_BYTES_MAX {
            return Err(std::io::Error::other("the frame is too long"));
        }
        let mut content = vec![0; length];
        self.frames.read_exact(&mut content).await?;
        Frame::of(kind, &content).ok_or_else(|| std::io::Error::other("the frame cannot be read"))
    }

    /// Why the child ended without a last word.
    async fn broken(&mut self) -> Refusal {
        use std::os::unix::process::ExitStatusExt as _;
        let status = timeout(SILENCE, self.child.wait()).await;
        match status.ok().and_then(Result::ok).and_then(|status| status.signal()) {
            // An allocation beyond the limit aborts.
            Some(6 | 11) => Refusal::TooCostly { what: "memory".to_owned() },
            Some(9 | 24) => Refusal::TooCostly { what: "time".to_owned() },
            _ => Refusal::Damaged { why: "the reader gave up".to_owned() },
        }
    }
}
