//! Figures of the regions hosted here and of everything below them, with their coverage.
//!
//! One room for every tier: a county answers from its own facts, a city or province from those it received, by the same
//! code. Who stands behind a figure comes from the register, never from who happened to send something. Who may ask is
//! decided before a call comes here.

use std::{collections::BTreeMap, sync::Arc};

use changxiao_domain::{
    calendar::StatutoryCalendar,
    region::RegionId,
    rollup::{Freshness, Quarantine},
};
use sea_orm::DatabaseConnection;

use crate::{fault::Fault, place::Place};

mod answer;
mod question;
mod service;
mod stored;

#[cfg(test)]
mod tests;

pub use service::{IndicatorsService, RollupsService};

/// How recently each origin below was heard, as of now. An aggregator supplies it; a node has nobody below and supplies an
/// empty map. The answering region itself need not be in it: it always hears itself.
pub type HeardSource = Arc<dyn Fn() -> BTreeMap<RegionId, Freshness> + Send + Sync>;

/// What statistics need of one region hosted here.
#[derive(Clone)]
pub struct Host {
    /// The region.
    pub place: Place,
    /// Its database, for reading.
    pub read: DatabaseConnection,
    /// How recently the origins below were heard.
    pub heard: HeardSource,
    /// Age in seconds of business time below which an open month counts as reported.
    pub fresh_within_seconds: u32,
    /// When months are closed.
    pub calendar: Arc<StatutoryCalendar>,
}

/// The regions hosted here.
pub type Hosts = Arc<BTreeMap<RegionId, Host>>;

/// The host of a region.
fn host<'a>(hosts: &'a Hosts, region: &RegionId) -> Result<&'a Host, Fault> {
    hosts.get(region).ok_or_else(|| not_found(region))
}

fn not_found(region: &RegionId) -> Fault {
    Fault::NotFound { what: format!("regions/{region}") }
}

impl Host {
    /// How recently every origin was heard, this region itself included. It hears itself at all times, but while its own
    /// journal cannot vouch for itself its figures are marked like those of any other such origin.
    fn freshness(&self) -> BTreeMap<RegionId, Freshness> {
        let mut heard = (self.heard)();
        let quarantine = self.place.soundness.fault().map(|fault| Quarantine { since: None, reason: fault.reason.to_owned() });
        heard.insert(self.place.region.clone(), Freshness { verified_at: Some(self.place.clock.now()), quarantine });
        heard
    }
}
