//! Baoshan in August to October 2015, played on a real network by invented people. Seeded: the same seed plays the same story.
//!
//! Everything goes through the public contract, as clients would: an administrator makes accounts, a county proposes enterprises, a
//! city approves them, enterprises inspect, find, rectify and declare. The business clock of all regions is driven in step. All
//! data are SYNTHETIC.

pub mod behaviour;
pub mod catalogue;
pub mod codes;
pub mod plan;
