//! The file beside the database that remembers the last head that was signed.
//!
//! A database that was put back from an older copy cannot know that it is old. This file can: it
//! is written and fsynced *before* a signature leaves the process, and is not part of the copy.
//! One line, readable by a person, with a checksum against a torn or edited line:
//!
//! ```text
//! changxiao-guard/1 epoch=1 size=42 root=<64 hex digits> sum=<64 hex digits>
//! ```

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::checkpoint::Checkpoint;
use super::merkle::Hash;

#[cfg(test)]
mod tests;

/// A real line has about 170 bytes; a longer file is not read to its end.
const MAX_BYTES: u64 = 1024;

/// A head that has been signed, or is about to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed {
    pub epoch: u32,
    /// Leaves, those of earlier epochs counted.
    pub size: u64,
    pub root: Hash,
}

impl From<&Checkpoint> for Signed {
    fn from(head: &Checkpoint) -> Self {
        Signed { epoch: head.epoch, size: head.size, root: head.root }
    }
}

/// Why nothing may be signed.
#[derive(Debug, thiserror::Error)]
pub enum GuardFault {
    /// The disk refused.
    #[error("cannot {what} the guard file `{path}`: {source}", path = .path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    /// The file is there but is not a line of ours: torn, edited, or of a later release.
    #[error("the guard file `{path}` is damaged", path = .path.display())]
    Damaged { path: PathBuf },
    /// An older head than the last one: the database was put back, or cut.
    #[error("head {epoch}/{size} lies behind the last signed head {last_epoch}/{last_size} (epoch/size)")]
    Behind { epoch: u32, size: u64, last_epoch: u32, last_size: u64 },
    /// The same size with another root: two histories.
    #[error("head {epoch}/{size} was already signed with root {signed}, now it is {root}")]
    Fork { epoch: u32, size: u64, signed: Hash, root: Hash },
}

impl GuardFault {
    /// The stable name of this fault.
    pub fn reason(&self) -> &'static str {
        match self {
            GuardFault::Io { .. } => "GUARD_IO",
            GuardFault::Damaged { .. } => "GUARD_DAMAGED",
            GuardFault::Behind { .. } => "GUARD_BEHIND",
            GuardFault::Fork { .. } => "GUARD_FORK",
        }
    }
}

/// The last signed head, in memory and on disk. One process at a time holds it, the one that
/// holds the database.
#[derive(Debug)]
pub struct Guard {
    path: PathBuf,
    last: Option<Signed>,
}

impl Guard {
    /// Reads the file. A missing file is a journal that never signed: `last()` is `None`, and the
    /// caller compares that with what the database says. Nothing is created yet.
    ///
    /// # Errors
    /// [`GuardFault::Damaged`] or [`GuardFault::Io`]. A damaged file is never taken for a missing
    /// one: that would allow the roll-back it is here to prevent.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, GuardFault> {
        let path = path.into();
        let read = || -> io::Result<Vec<u8>> {
            let mut bytes = Vec::new();
            io::Read::read_to_end(&mut io::Read::take(File::open(&path)?, MAX_BYTES), &mut bytes)?;
            Ok(bytes)
        };
        let last = match read() {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => None,
            Err(source) => {
                return Err(GuardFault::Io { what: "read", path, source });
            }
            Ok(bytes) => match parse(&bytes) {
                Some(signed) => Some(signed),
                None => return Err(GuardFault::Damaged { path }),
            },
        };
        Ok(Guard { path, last })
    }

    /// The last head that may have been signed; `None` if there never was one.
    pub fn last(&self) -> Option<Signed> {
        self.last
    }

    /// Notes the head that is about to be signed. When this returns, the note survives a power
    /// cut, and the signature may leave. Repeating the last head is allowed and writes nothing.
    ///
    /// Within an epoch a head only grows. A later epoch may begin with a smaller one: that is what
    /// a restored copy does, in the open.
    ///
    /// # Errors
    /// [`GuardFault::Behind`], [`GuardFault::Fork`], or [`GuardFault::Io`], after which the old
    /// head is still held here (the disk may hold either) and the signature must not leave.
    pub fn advance(&mut self, next: Signed) -> Result<(), GuardFault> {
        if let Some(last) = self.last {
            if next == last {
                return Ok(());
            }
            let Signed { epoch, size, root } = next;
            if (epoch, size) == (last.epoch, last.size) {
                return Err(GuardFault::Fork { epoch, size, signed: last.root, root });
            }
            if epoch < last.epoch || (epoch == last.epoch && size < last.size) {
                let Signed { epoch: last_epoch, size: last_size, .. } = last;
                return Err(GuardFault::Behind { epoch, size, last_epoch, last_size });
            }
        }
        self.write(&next)?;
        self.last = Some(next);
        Ok(())
    }

    /// A new file, fsynced, renamed over the old one, and the rename fsynced: a reader finds the
    /// old line or the new one, never half of either.
    fn write(&self, next: &Signed) -> Result<(), GuardFault> {
        let mut fresh = self.path.clone().into_os_string();
        fresh.push(".new");
        let fresh = PathBuf::from(fresh);
        let fault = |what, path: &Path| {
            let path = path.to_owned();
            move |source| GuardFault::Io { what, path, source }
        };
        let mut file = File::create(&fresh).map_err(fault("create", &fresh))?;
        file.write_all(render(next).as_bytes()).map_err(fault("write", &fresh))?;
        file.sync_all().map_err(fault("sync", &fresh))?;
        drop(file);
        fs::rename(&fresh, &self.path).map_err(fault("replace", &self.path))?;
        let directory = match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(fault("sync the directory of", &self.path))
    }
}

fn render(signed: &Signed) -> String {
    let Signed { epoch, size, root } = signed;
    let line = format!("changxiao-guard/1 epoch={epoch} size={size} root={root}");
    let sum = Hash::of(&[line.as_bytes()]);
    format!("{line} sum={sum}\n")
}

/// Reads the fields and accepts them if they render to the very same bytes, checksum included.
fn parse(bytes: &[u8]) -> Option<Signed> {
    let line = std::str::from_utf8(bytes).ok()?;
    let mut fields = line.split([' ', '\n']).skip(1);
    let mut field = |name: &str| fields.next()?.strip_prefix(name)?.strip_prefix('=');
    let signed =
        Signed { epoch: field("epoch")?.parse().ok()?, size: field("size")?.parse().ok()?, root: field("root")?.parse().ok()? };
    (render(&signed) == line).then_some(signed)
}
