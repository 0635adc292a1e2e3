//! What an aggregator decides, one file for each noun. Nothing here reads a clock, a socket or a file.

pub mod admissions;
pub mod directives;
pub mod issuer;
pub mod links;
pub mod registers;
pub mod revocations;
pub mod supervision;

use changxiao_domain::actor::Actor;

/// Whether something of an industry lies within the actor's sight. What does not is answered as not found.
#[must_use]
pub fn sees(actor: &Actor, industry: &str) -> bool {
    match actor {
        Actor::Account { industry: Some(own), .. } => own.to_string() == industry,
        Actor::Account { industry: None, .. } | Actor::Time | Actor::Region(_) | Actor::Operator => true,
    }
}
