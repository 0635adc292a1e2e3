//! How a region's program comes to its identity and keeps it, seen from the region itself: the code it was told, the request it
//! makes, the answer it checks, the files it takes into use. What the region above decides lives in the aggregator (ADR 0012, 0017).

pub mod answer;
pub mod child;
pub mod code;
pub mod fault;
pub mod files;
pub mod join;
pub mod parent;
pub mod renewal;
pub mod request;

pub use fault::Fault;
