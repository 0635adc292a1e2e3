//! The one write path: commands become journaled events, in groups, one transaction for each group.
//!
//! A group takes what lies in the bounded queue and never waits to fill up. It loads what its commands need with one query
//! for each table, decides command after command in memory with the same pure `apply` that replay uses, writes changed
//! rows, entries and facts with bulk statements, commits once and answers everybody. A refused command has written
//! nothing. What time itself has to say (a month frozen, a deadline passed) is decided before any command that came later.

mod book;
mod entries;
mod group;
mod queue;
mod replay;
mod standing;
mod whole;

pub use book::{Book, Command, Decision, Outside};
pub use group::WriterFault;
pub use queue::{Queued, Request, Submission, Writer};
pub(crate) use replay::compare_rows;
pub use replay::{Difference, replay};
pub use whole::{PartsRefused, Whole};
