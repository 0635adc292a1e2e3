//! Who a program is: its SPIFFE identity, the certificates that prove it, and the small authority that issues them.
//!
//! A *region* is named in a certificate by its permanent id, never by a dated code. Everything here takes "now" as an argument in
//! UTC milliseconds; nothing reads a clock. What an identity may *do* is not decided here (see the policy table).

pub mod account;
pub mod ca;
pub mod cli;
pub mod csr;
pub mod files;
pub mod key;
pub mod leaf;
pub mod proof;
pub mod revocation;
pub mod scope;
pub mod spiffe;
pub mod words;

pub use files::{Credentials, TrustBundle};
pub use leaf::Leaf;
pub use spiffe::{Role, SpiffeId, TrustDomain};
