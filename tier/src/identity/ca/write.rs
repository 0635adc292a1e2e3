//! Putting a fresh identity on disk without ever replacing a key.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::identity::files::Paths;

/// Why an identity was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There is a key already, and a key thrown away cannot be had back.
    #[error("{path} exists already and keys are never overwritten; choose another directory or move the old one away", path = path.display())]
    KeyExists {
        /// The key's file.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{path} cannot be written: {cause}; check the directory's owner, rights and free space", path = path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
}

impl WriteError {
    /// Stable name of the cause.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::KeyExists { .. } => "IDENTITY_KEY_EXISTS",
            Self::Io { .. } => "IDENTITY_NOT_WRITTEN",
        }
    }
}

pub(super) fn write(dir: &Path, key: &[u8], chain: &[u8], bundle: &[u8]) -> Result<Paths, WriteError> {
    let paths = Paths::in_dir(dir);
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(at(dir))?;
    // The key goes first: creating it is what decides that this directory is ours to fill.
    match create(&paths.key, key, 0o600, true) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            return Err(WriteError::KeyExists { path: paths.key });
        }
        Err(e) => {
            return Err(WriteError::Io { path: paths.key, cause: e });
        }
    }
    let rest = create(&paths.chain, chain, 0o644, false)
        .map_err(at(&paths.chain))
        .and_then(|()| create(&paths.bundle, bundle, 0o644, false).map_err(at(&paths.bundle)))
        .and_then(|()| File::open(dir).and_then(|d| d.sync_all()).map_err(at(dir)));
    if let Err(trouble) = rest {
        // A key without its certificate is of no use and would only block the next attempt; it has signed nothing yet.
        let _ = fs::remove_file(&paths.key);
        return Err(trouble);
    }
    Ok(paths)
}

fn create(path: &Path, bytes: &[u8], mode: u32, only_new: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).mode(mode);
    if only_new {
        options.create_new(true)
    } else {
        options.create(true).truncate(true)
    };
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> WriteError + '_ {
    move |cause| WriteError::Io { path: path.to_owned(), cause }
}
