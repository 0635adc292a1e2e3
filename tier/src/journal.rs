//! A region's append-only history (全过程痕迹): its bytes, its Merkle tree, its signed heads.
//!
//! Everything here is a pure function of bytes; only [`guard`] touches a file. Nothing here knows
//! a database, a task or a clock: the writer stores what these functions return, in the same
//! transaction as the tables. The formats are fixed for ever by `docs/adr/0001-journal-formats.md`.

pub mod merkle;
