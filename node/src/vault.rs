//! Where the bytes of files lie: under their SHA-256 in an object store, by default a directory beside the journal.
//!
//! Nothing here is in the journal; entries name the digest, and `verify` compares. A file is complete and on the disk before its
//! digest is told to anybody. Pieces of uploads lie beside it, one growing file each, whose length is how far it got.

pub mod exif;
pub mod sniff;
pub mod zip_names;

use std::{
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use changxiao_domain::{
    event::Digest,
    evidence::hex,
    media::{Media, Refusal},
};
use object_store::{ObjectStoreExt as _, WriteMultipart, local::LocalFileSystem, path::Path as ObjectPath};
use sha2::{Digest as _, Sha256};

/// Most bytes of one piece, sent or read.
pub const CHUNK_BYTES_MAX: usize = 512 * 1_024;

/// Why bytes could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum VaultFault {
    /// A rule says no.
    #[error("{0}")]
    Refused(Refusal),
    /// The disk fails.
    #[error("files: {0}")]
    Disk(String),
    /// The disk is full.
    #[error("the disk is full")]
    Full,
}

impl From<Refusal> for VaultFault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<std::io::Error> for VaultFault {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull { Self::Full } else { Self::Disk(error.to_string()) }
    }
}

impl From<object_store::Error> for VaultFault {
    fn from(error: object_store::Error) -> Self {
        let text = error.to_string();
        if text.contains("No space left") { Self::Full } else { Self::Disk(text) }
    }
}

impl From<VaultFault> for changxiao_tier::fault::Fault {
    fn from(fault: VaultFault) -> Self {
        match fault {
            VaultFault::Refused(refusal) => Self::Refused(refusal.into()),
            VaultFault::Full => Self::DiskFull,
            VaultFault::Disk(why) => Self::Internal(format!("files: {why}")),
        }
    }
}

/// What was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// SHA-256.
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
    /// Kind, by content.
    pub media: Media,
    /// What a picture claims; empty for anything else.
    pub claims: String,
}

/// The files of one region.
#[derive(Debug)]
pub struct Vault {
    store: Arc<LocalFileSystem>,
    partial: PathBuf,
}

fn object(digest: &Digest) -> ObjectPath {
    let hex = hex(digest);
    ObjectPath::from(format!("{}/{hex}", &hex[..2]))
}

impl Vault {
    /// The files below a region's directory; made if they are not there.
    ///
    /// # Errors
    /// The directories cannot be made.
    pub fn open(directory: &Path) -> Result<Self, VaultFault> {
        let (root, partial) = (directory.join("evidence"), directory.join("uploads"));
        for folder in [&root, &partial] {
            std::fs::create_dir_all(folder)?;
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
        }
        Ok(Self { store: Arc::new(LocalFileSystem::new_with_prefix(&root)?.with_fsync(true)), partial })
    }

    /// Where passing files of jobs lie.
    #[must_use]
    pub fn scratch(&self) -> &Path {
        &self.partial
    }

    fn part(&self, id: &str) -> PathBuf {
        self.partial.join(format!("{id}.part"))
    }

    /// How far an upload got.
    #[must_use]
    pub fn received(&self, id: &str) -> u64 {
        std::fs::metadata(self.part(id)).map_or(0, |held| held.len())
    }

    /// Adds a piece; what is there already changes nothing.
    ///
    /// # Errors
    /// A gap, bytes beyond the end, or the disk.
    pub async fn append(&self, id: &str, offset: u64, data: Bytes, size: u64) -> Result<u64, VaultFault> {
        let part = self.part(id);
        blocking(move || {
            let mut file = std::fs::OpenOptions::new().append(true).create(true).open(part)?;
            let received = file.metadata()?.len();
            let end = offset.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
            if end > size {
                return Err(Refusal::Beyond { end, size }.into());
            }
            if offset > received {
                return Err(Refusal::Gap { offset, received }.into());
            }
            if end <= received {
                return Ok(received);
            }
            let known = usize::try_from(received - offset).unwrap_or(usize::MAX);
            if let Err(error) = file.write_all(&data[known.min(data.len())..]) {
                // A torn piece would be taken for a whole one.
                let _ = file.set_len(received);
                return Err(error.into());
            }
            Ok(end)
        })
        .await
    }

    /// Checks an upload and keeps it under its digest. A file that is not what was announced is thrown away.
    ///
    /// # Errors
    /// It is not what was announced, or of no kind that is taken.
    pub async fn finish(&self, id: &str, size: u64, digest: Digest) -> Result<Kept, VaultFault> {
        let part = self.part(id);
        let received = self.received(id);
        if received < size {
            return Err(Refusal::Unfinished { received, size }.into());
        }
        let looked = part.clone();
        let judged = blocking(move || {
            let mut file = std::fs::File::open(&looked)?;
            if hash(&mut file)? != digest {
                return Ok(Err(Refusal::Digest {}));
            }
            let media = match sniff::of(&mut file)? {
                Ok(media) => media,
                Err(found) => return Ok(Err(Refusal::Kind { found })),
            };
            let claims = if media == Media::Jpeg { exif::claims(&mut file) } else { String::new() };
            Ok(Ok(Kept { digest, size, media, claims }))
        })
        .await?;
        match judged {
            Ok(kept) => {
                self.keep(&part, &digest).await?;
                let _ = std::fs::remove_file(&part);
                Ok(kept)
            }
            Err(refusal) => {
                let _ = std::fs::remove_file(&part);
                Err(refusal.into())
            }
        }
    }

    /// Keeps a file that this program wrote, such as an export, and removes it from where it lay.
    ///
    /// # Errors
    /// The disk fails.
    pub async fn adopt(&self, file: &Path) -> Result<(Digest, u64), VaultFault> {
        let looked = file.to_owned();
        let (digest, size) = blocking(move || {
            let mut file = std::fs::File::open(looked)?;
            Ok((hash(&mut file)?, file.metadata()?.len()))
        })
        .await?;
        self.keep(file, &digest).await?;
        let _ = std::fs::remove_file(file);
        Ok((digest, size))
    }

    async fn keep(&self, from: &Path, digest: &Digest) -> Result<(), VaultFault> {
        if self.size(digest).await?.is_some() {
            return Ok(());
        }
        let upload = self.store.put_multipart(&object(digest)).await?;
        let mut writer = WriteMultipart::new_with_chunk_size(upload, CHUNK_BYTES_MAX);
        let mut offset = 0;
        loop {
            let from = from.to_owned();
            let piece = blocking(move || read_at(&from, offset, CHUNK_BYTES_MAX)).await?;
            if piece.is_empty() {
                break;
            }
            offset += u64::try_from(piece.len()).unwrap_or(0);
            writer.wait_for_capacity(1).await?;
            writer.put(piece);
        }
        writer.finish().await?;
        Ok(())
    }

    /// Bytes of a file, absent if it is not there.
    ///
    /// # Errors
    /// The disk fails.
    pub async fn size(&self, digest: &Digest) -> Result<Option<u64>, VaultFault> {
        match self.store.head(&object(digest)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A piece of a file.
    ///
    /// # Errors
    /// The bytes are gone, or the disk fails.
    pub async fn read(&self, digest: &Digest, offset: u64, most: usize) -> Result<(Bytes, u64), VaultFault> {
        let size = self.size(digest).await?.ok_or_else(|| Refusal::Missing { digest: hex(digest) })?;
        let end = offset.saturating_add(u64::try_from(most.min(CHUNK_BYTES_MAX)).unwrap_or(0)).min(size);
        if offset >= end {
            return Ok((Bytes::new(), size));
        }
        Ok((self.store.get_range(&object(digest), offset..end).await?, size))
    }

    /// The file itself, for a child process that reads it.
    ///
    /// # Errors
    /// The bytes are gone.
    pub fn open_file(&self, digest: &Digest) -> Result<std::fs::File, VaultFault> {
        let path = self.store.path_to_filesystem(&object(digest))?;
        std::fs::File::open(path).map_err(|_| Refusal::Missing { digest: hex(digest) }.into())
    }

    /// Whether the bytes under a digest have it.
    ///
    /// # Errors
    /// The disk fails.
    pub async fn is_sound(&self, digest: Digest, size: u64) -> Result<bool, VaultFault> {
        let Ok(mut file) = self.open_file(&digest) else { return Ok(false) };
        blocking(move || Ok(file.metadata()?.len() == size && hash(&mut file)? == digest)).await
    }

    /// Forgets the pieces of an upload.
    pub fn forget_part(&self, id: &str) {
        let _ = std::fs::remove_file(self.part(id));
    }

    /// Removes a file that nothing refers to any more.
    ///
    /// # Errors
    /// The disk fails.
    pub async fn remove(&self, digest: &Digest) -> Result<(), VaultFault> {
        match self.store.delete(&object(digest)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn read_at(from: &Path, offset: u64, most: usize) -> Result<Bytes, VaultFault> {
    let mut file = std::fs::File::open(from)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut piece = Vec::new();
    file.take(u64::try_from(most).unwrap_or(0)).read_to_end(&mut piece)?;
    Ok(piece.into())
}

fn hash(file: &mut std::fs::File) -> std::io::Result<Digest> {
    file.rewind()?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1_024];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hasher.finalize().into());
        }
        hasher.update(&buffer[..read]);
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, VaultFault> + Send + 'static) -> Result<T, VaultFault> {
    tokio::task::spawn_blocking(work).await.map_err(|error| VaultFault::Disk(error.to_string()))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png() -> Vec<u8> {
        [b"\x89PNG\r\n\x1a\n".as_slice(), &[7; 2_000]].concat()
    }

    #[tokio::test]
    async fn pieces_may_come_again_and_a_gap_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let vault = Vault::open(place.path()).unwrap();
        let bytes = png();
        let size = bytes.len() as u64;
        let digest: Digest = Sha256::digest(&bytes).into();
        let piece = |from: usize, to: usize| Bytes::copy_from_slice(&bytes[from..to]);
        assert_eq!(vault.append("a", 0, piece(0, 900), size).await.unwrap(), 900);
        assert_eq!(vault.append("a", 0, piece(0, 500), size).await.unwrap(), 900, "again");
        let gap = vault.append("a", 901, piece(901, 1_000), size).await.unwrap_err();
        assert!(matches!(gap, VaultFault::Refused(Refusal::Gap { offset: 901, received: 900 })));
        let early = vault.finish("a", size, digest).await.unwrap_err();
        assert!(matches!(early, VaultFault::Refused(Refusal::Unfinished { .. })));
        assert_eq!(vault.append("a", 800, piece(800, 2_008), size).await.unwrap(), size, "overlapping");
        let beyond = vault.append("a", size, Bytes::from_static(b"x"), size).await.unwrap_err();
        assert!(matches!(beyond, VaultFault::Refused(Refusal::Beyond { .. })));
        let kept = vault.finish("a", size, digest).await.unwrap();
        assert_eq!((kept.media, kept.size), (Media::Png, size));
        assert_eq!(vault.read(&digest, 8, 3).await.unwrap(), (Bytes::from_static(&[7; 3]), size));
        assert!(vault.is_sound(digest, size).await.unwrap());
        std::fs::write(place.path().join("evidence").join(object(&digest).as_ref()), b"other").unwrap();
        assert!(!vault.is_sound(digest, size).await.unwrap(), "other bytes under the same name");
        vault.remove(&digest).await.unwrap();
        let gone = vault.read(&digest, 0, 1).await.unwrap_err();
        assert!(matches!(gone, VaultFault::Refused(Refusal::Missing { .. })));
    }

    #[tokio::test]
    async fn what_is_not_what_was_announced_is_thrown_away() {
        let place = tempfile::tempdir().unwrap();
        let vault = Vault::open(place.path()).unwrap();
        vault.append("b", 0, Bytes::from(png()), 2_008).await.unwrap();
        let other = vault.finish("b", 2_008, [0; 32]).await.unwrap_err();
        assert!(matches!(other, VaultFault::Refused(Refusal::Digest {})));
        assert_eq!(vault.received("b"), 0);
    }
}
