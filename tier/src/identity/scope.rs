//! What an authority may name, and whose word about a region counts: the register's answers, as certificates are judged by them.

use std::sync::Arc;

use changxiao_domain::{
    clock::Clock,
    region::{RegionId, RegionKind},
};

use super::spiffe::{Role, SpiffeId};
use crate::place::Registers;

/// Asked about every certificate. Path validation cannot confine an authority by URI names, so this does.
pub trait Scope: Send + Sync {
    /// Whether the authority of a region may issue this identity. The root may issue any that [`Self::fits`].
    fn may_issue(&self, authority: &RegionId, id: &SpiffeId) -> bool;
    /// Whether the identity's role is that of its region: counties are nodes, others aggregators.
    fn fits(&self, id: &SpiffeId) -> bool;
    /// Whether `above` lies truly above `below`, so that its revocation list speaks of it.
    fn above(&self, above: &RegionId, below: &RegionId) -> bool;
    /// Whether nobody lies above a region.
    fn is_top(&self, region: &RegionId) -> bool;
}

/// The rules without any register: an authority names its own region only, any role fits, no list counts.
#[derive(Debug, Clone, Copy)]
pub struct Bare;

impl Scope for Bare {
    fn may_issue(&self, authority: &RegionId, id: &SpiffeId) -> bool {
        authority == id.region()
    }

    fn fits(&self, _: &SpiffeId) -> bool {
        true
    }

    fn above(&self, _: &RegionId, _: &RegionId) -> bool {
        false
    }

    fn is_top(&self, _: &RegionId) -> bool {
        false
    }
}

/// The rules of the register in force, read anew at every judgement, by the real date.
#[derive(Clone)]
pub struct ByRegister {
    /// The register in force.
    pub registers: Registers,
    /// Real time, which TLS lives in.
    pub clock: Arc<dyn Clock>,
}

impl Scope for ByRegister {
    fn may_issue(&self, authority: &RegionId, id: &SpiffeId) -> bool {
        self.registers.current().contains(authority, id.region(), self.clock.now().date())
    }

    fn fits(&self, id: &SpiffeId) -> bool {
        // A region that the register does not know yet is nobody's neighbour; admission says so in better words.
        self.registers.current().region(id.region()).is_none_or(|region| role_of(region.kind) == id.role())
    }

    fn above(&self, above: &RegionId, below: &RegionId) -> bool {
        above != below && self.registers.current().contains(above, below, self.clock.now().date())
    }

    fn is_top(&self, region: &RegionId) -> bool {
        let register = self.registers.current();
        register.region(region).is_some() && register.parent(region, self.clock.now().date()).is_none()
    }
}

/// Which program hosts regions of a kind.
#[must_use]
pub const fn role_of(kind: RegionKind) -> Role {
    match kind {
        RegionKind::County => Role::Node,
        RegionKind::Province | RegionKind::Prefecture => Role::Aggregator,
    }
}
