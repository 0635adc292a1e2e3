//! Background work: one follower and one courier for each direct child, and the family that starts and ends them.

pub mod authority;
pub mod courier;
pub mod family;
pub mod follower;
pub mod neighbour;
pub mod publisher;
pub mod pull;
pub mod receive;
pub mod refresh;
pub mod verdict;
pub mod watch;
