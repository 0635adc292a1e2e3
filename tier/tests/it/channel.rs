//! The channel over loopback: who gets in, who does not and why, and how it ends.

mod accepted;
mod bad_certificates;
mod ending;
mod factory;
mod flood;
mod logged;
mod pace;
mod raw;
mod refused;
mod rotation;
mod service;
mod stopping;
