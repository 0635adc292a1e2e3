//! Names and sizes inside a zip archive, read from its directory alone and within fixed bounds: nothing is unpacked.
//!
//! An archive of 20 MiB can list 400,000 entries; libraries make an object of each. Here more than a few hundred are refused
//! before the first is looked at.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
};

use changxiao_domain::import::ENTRIES_MAX;

/// The directory may hold this many bytes.
const DIRECTORY_BYTES_MAX: u64 = 256 * 1_024;
/// The record at the end and the longest comment behind it.
const TAIL: u64 = 22 + 65_535;

/// One file inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Path.
    pub name: String,
    /// Bytes as packed.
    pub packed: u64,
    /// Bytes as the archive says they unpack to.
    pub unpacked: u64,
}

fn number(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let raw = bytes.get(at..at + width)?;
    Some(raw.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

/// The entries of an archive.
///
/// # Errors
/// In words why its directory cannot be read.
pub fn of(file: &mut File) -> Result<Vec<Entry>, String> {
    let words = |error: std::io::Error| error.to_string();
    let size = file.seek(SeekFrom::End(0)).map_err(words)?;
    let from = size.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(from)).map_err(words)?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail).map_err(words)?;
    let end = tail.windows(4).rposition(|window| window == b"PK\x05\x06").ok_or("its end is missing")?;
    let field = |at, width| number(&tail, end + at, width).ok_or("its end is cut off");
    let (count, bytes, begin) = (field(10, 2)?, field(12, 4)?, field(16, 4)?);
    if count > ENTRIES_MAX || bytes > DIRECTORY_BYTES_MAX {
        return Err(format!("it lists more than {ENTRIES_MAX} files"));
    }
    if begin.saturating_add(bytes) > size {
        return Err("its directory lies outside of it".to_owned());
    }
    file.seek(SeekFrom::Start(begin)).map_err(words)?;
    let mut directory = Vec::new();
    file.take(bytes).read_to_end(&mut directory).map_err(words)?;
    file.rewind().map_err(words)?;
    let mut entries = Vec::new();
    let mut at = 0;
    while directory.get(at..at + 4) == Some(b"PK\x01\x02") {
        let field = |offset, width| number(&directory, at + offset, width).ok_or("its directory is cut off");
        let (packed, unpacked) = (field(20, 4)?, field(24, 4)?);
        let lengths = [field(28, 2)?, field(30, 2)?, field(32, 2)?].map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        let name = directory.get(at + 46..at + 46 + lengths[0]).ok_or("its directory is cut off")?;
        entries.push(Entry { name: String::from_utf8_lossy(name).into_owned(), packed, unpacked });
        at += 46 + lengths.iter().sum::<usize>();
    }
    if entries.len() as u64 == count { Ok(entries) } else { Err("its directory does not hold what it counts".to_owned()) }
}
