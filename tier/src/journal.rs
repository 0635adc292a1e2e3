//! A region's append-only history (全过程痕迹): its bytes, its Merkle tree, its signed heads.
//!
//! Everything here is a pure function of bytes; only [`guard`] touches a file. Nothing here knows
//! a database, a task or a clock: the writer stores what these functions return, in the same
//! transaction as the tables. The formats are fixed for ever by `docs/adr/0001-journal-formats.md`,
//! whose test vectors are checked by this module's tests.

pub mod checkpoint;
pub mod entry;
pub mod guard;
pub mod merkle;
pub mod store;

#[cfg(test)]
mod vectors;

/// The first epoch of a journal; 0 is never one.
pub const FIRST_EPOCH: u32 = 1;

/// Whether a region may be named like this in a header or an origin line: 1 to 63 lower-case
/// letters, digits and hyphens, beginning with a letter.
///
/// The same shape as `domain::region::RegionId`. Stated again because these bytes are for ever: it keeps
/// the origin line `changxiao/<region>/<epoch>` unambiguous, whatever the register comes to allow.
pub(crate) fn is_region_name(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}
