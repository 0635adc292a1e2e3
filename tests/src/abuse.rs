//! Abuse of real programs by a client that speaks raw HTTP/2, and the controls that show that each test can fail.
//!
//! Ids are those of the goals: D2 half-open handshakes, D3 fourteen HTTP/2 abuses, D4 slow clients, D5 oversized messages, F4 no
//! descriptors left, F8 SIGTERM under load. `cargo run -p changxiao-tests --bin abuse` prints them as tables.

pub mod control;
pub mod declared;
pub mod descriptors;
pub mod flood;
pub mod foreign;
pub mod frames;
pub mod half_open;
pub mod kinds;
pub mod raw;
pub mod report;
pub mod slow;
pub mod stops;
pub mod target;
