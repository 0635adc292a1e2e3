//! Sheets of rows: read in a process of their own, written row by row.
//!
//! A workbook comes from anybody. A file of 2 KB can ask a parser for 96 GB, and an allocation that fails ends the process, so
//! nothing here parses one in the node: `read-workbook` runs as a child with little memory and little time, knows no socket, and
//! answers with plain frames. What the child cannot do within its limits is a refusal, never a failure of the node.

pub mod child;
pub mod columns;
mod csv;
pub mod frames;
pub mod heading;
pub mod reader;
pub mod row;
pub mod template;
pub mod writer;
mod xlsx;
