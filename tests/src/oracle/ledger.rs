//! What clients sent and were told, in the order in which they told the oracle.

use std::collections::BTreeMap;

use changxiao_proto::{county::v1::*, types::v1::Receipt};

use super::{dossiers::Dossier, hazards::Hazard};
use crate::{
    calendar::{Day, Month},
    tables,
};

/// Everything known. A clone is a snapshot.
#[derive(Clone, Default)]
pub struct Ledger {
    pub(super) enterprises: BTreeMap<String, EnterpriseRecord>,
    pub(super) hazards: BTreeMap<String, Hazard>,
    pub(super) dossiers: BTreeMap<String, Dossier>,
    /// Business time of each county, UTC milliseconds.
    pub(super) clocks: BTreeMap<String, i64>,
    /// Leaf hash of every (region, epoch, position) ever given, to notice one that is given twice.
    receipts: BTreeMap<(String, u32, u64), Vec<u8>>,
    repeats: u64,
}

/// One enterprise as clients know it.
#[derive(Clone)]
pub(super) struct EnterpriseRecord {
    pub county: String,
    pub industry: String,
    /// First instant of the industry's rollout day.
    pub rollout_ms: i64,
    pub approved_at_ms: Option<i64>,
    /// Day of each inspection, and when it was entered, in the order in which it was told.
    pub inspected: Vec<(Day, i64)>,
    pub declared: BTreeMap<Month, Declared>,
}

/// One declaration that was acknowledged.
#[derive(Clone)]
pub(super) struct Declared {
    pub at_ms: i64,
    pub zero: bool,
}

impl Ledger {
    /// A county's business clock stands here now.
    pub fn clock_set(&mut self, county: &str, now_ms: i64) {
        self.clocks.insert(county.to_owned(), now_ms);
    }

    /// The first month that a county had not closed at its business time; a month closes at the end of the 6th.
    pub fn first_open_month(&self, county: &str) -> Month {
        let now_ms = self.clocks.get(county).copied().unwrap_or(i64::MIN);
        let today = Day::of(now_ms).month();
        let before = today.first().plus(-1).month();
        if now_ms < today.first().plus(5).end_ms() { before } else { today }
    }

    /// Receipts seen so far, each counted once.
    pub fn receipts(&self) -> impl ExactSizeIterator<Item = (&(String, u32, u64), &Vec<u8>)> {
        self.receipts.iter()
    }

    /// Receipts that repeated an earlier one.
    pub fn repeats(&self) -> u64 {
        self.repeats
    }

    /// Enterprises of a county that were approved, as far as clients were told.
    pub fn approved(&self, county: &str) -> usize {
        self.enterprises.values().filter(|enterprise| enterprise.county == county && enterprise.approved_at_ms.is_some()).count()
    }

    /// Every write ends here. A position given twice for two different commands is a finding of its own.
    pub(super) fn receipt(&mut self, told: &Receipt) {
        let before = self.receipts.insert((told.region.clone(), told.epoch, told.position), told.leaf_hash.to_vec());
        if told.repeated {
            self.repeats += 1;
        } else {
            assert!(before.is_none(), "position {} of {} was given for two commands", told.position, told.region);
        }
    }

    /// An enterprise entered the catalogue.
    pub fn proposed(&mut self, sent: &ProposeEnterpriseRequest, told: &Receipt) {
        self.receipt(told);
        let industry = sent.enterprise.as_ref().map(|enterprise| enterprise.industry.clone()).unwrap_or_default();
        let record = EnterpriseRecord {
            county: told.region.clone(),
            rollout_ms: rollout(&industry).start_ms(),
            industry,
            approved_at_ms: None,
            inspected: Vec::new(),
            declared: BTreeMap::new(),
        };
        self.enterprises.insert(told.resource.clone(), record);
    }

    /// Any write whose effect no figure shows.
    pub fn acknowledged(&mut self, told: &Receipt) {
        self.receipt(told);
    }

    /// The county showed an enterprise.
    pub fn shown(&mut self, told: &Enterprise) {
        if told.state() == EnterpriseState::Approved
            && let Some(record) = self.enterprises.get_mut(&told.name)
        {
            record.approved_at_ms = Some(told.approved_at_ms);
        }
    }

    /// An enterprise inspected itself.
    pub fn inspected(&mut self, sent: &RecordSelfInspectionRequest, told: &Receipt) {
        self.receipt(told);
        if let (Some(record), Some(on)) = (self.enterprises.get_mut(&sent.parent), &sent.on) {
            record.inspected.push((Day::from_wire(on), told.received_at_ms));
        }
    }

    /// A declaration was filed. On time or late follows from the instant in the receipt alone.
    pub fn declared(&mut self, sent: &FileDeclarationRequest, zero: bool, told: &Receipt) {
        self.receipt(told);
        let Some((enterprise, month)) = sent.name.split_once("/declarations/") else { return };
        let month = Month::new(month[..4].parse().unwrap(), month[5..].parse().unwrap());
        if let Some(record) = self.enterprises.get_mut(enterprise) {
            let declared = Declared { at_ms: told.received_at_ms, zero };
            record.declared.entry(month).or_insert(declared);
        }
    }

    /// County and industry of an enterprise.
    pub(super) fn home(&self, enterprise: &str) -> Option<(&str, &str)> {
        self.enterprises.get(enterprise).map(|record| (record.county.as_str(), record.industry.as_str()))
    }
}

/// The day from which the notice wants an industry in the system.
fn rollout(industry: &str) -> Day {
    let row = tables::rows(tables::INDUSTRIES).find(|row| row[0] == industry).unwrap_or_else(|| panic!("no industry {industry}"));
    let part = |range: std::ops::Range<usize>| row[7][range].parse::<i32>().unwrap();
    Day::new(part(0..4), part(5..7) as u8, part(8..10) as u8)
}
