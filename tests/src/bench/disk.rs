//! What the disk itself can do: appends of one page, each made durable.

use std::{fs::OpenOptions, io::Write as _, path::Path};

use tokio::time::Instant;

use super::spread::Spread;

/// Appends in one measurement.
const APPENDS: usize = 300;
/// Bytes of one append: a database page.
const PAGE: usize = 4_096;

/// Times `write` of one page and `fdatasync`, again and again, in a file below `directory`.
///
/// # Errors
/// If the disk fails.
pub fn measure(directory: &Path) -> anyhow::Result<Spread> {
    let path = directory.join("disk.probe");
    let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
    let mut measured = Vec::with_capacity(APPENDS);
    for _ in 0..APPENDS {
        let begun = Instant::now();
        file.write_all(&[0x5a; PAGE])?;
        file.sync_data()?;
        measured.push(begun.elapsed());
    }
    std::fs::remove_file(path)?;
    Ok(Spread::new(measured))
}
