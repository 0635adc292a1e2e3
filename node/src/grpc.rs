//! The county API: handlers parse, call and map; nothing here knows a rule.

pub mod checklists;
pub mod declarations;
pub mod documents;
pub mod dossiers;
pub mod enterprises;
pub mod evidence;
pub mod exchange;
pub mod files;
pub mod hazards;
pub mod inspections;
pub mod officers;
pub mod policy;
pub mod rules;
pub mod self_inspections;
pub mod sight;
pub(crate) mod step;
pub mod steps;
pub mod supervision;
pub mod trail;
pub mod view;

use changxiao_domain::{region::RegionId, scope::Scope, serial::Serial};
use changxiao_proto::convert::request::Reader;
use changxiao_tier::desk::{Desk, Parsed};
use sea_orm::{ColumnTrait, Condition};

use crate::{
    app::{CountyCommand, Target},
    book::CountyBook,
};

/// The desk of a county node.
pub type CountyDesk = Desk<CountyBook>;

/// Name of an enterprise.
pub(crate) const ENTERPRISE: &str = "regions/{region}/enterprises/{enterprise}";
/// Name of a general hazard.
pub(crate) const HAZARD: &str = "regions/{region}/hazards/{hazard}";
/// Name of a dossier.
pub(crate) const DOSSIER: &str = "regions/{region}/dossiers/{dossier}";
/// Name of an inspection.
pub(crate) const INSPECTION: &str = "regions/{region}/inspections/{inspection}";
/// Name of a plan of inspections.
pub(crate) const PLAN: &str = "regions/{region}/inspectionPlans/{plan}";
/// Name of an officer.
pub(crate) const OFFICER: &str = "regions/{region}/officers/{officer}";
/// Name of a document.
pub(crate) const DOCUMENT: &str = "regions/{region}/documents/{document}";
/// Name of a self-inspection.
pub(crate) const SELF_INSPECTION: &str = "regions/{region}/enterprises/{enterprise}/selfInspections/{inspection}";
/// Name of a checklist.
pub(crate) const CHECKLIST: &str = "regions/{region}/checklists/{checklist}";
/// Name of a reference table.
pub(crate) const TABLE: &str = "regions/{region}/tables/{table}";
/// Name of a declaration.
pub(crate) const DECLARATION: &str = "regions/{region}/enterprises/{enterprise}/declarations/{month}";

/// What every write says beside its own fields.
pub(crate) struct Envelope {
    pub region: Option<RegionId>,
    pub request_id: Option<String>,
    pub validate_only: bool,
}

impl Envelope {
    /// A write with its command, once everything could be read.
    pub fn parsed(
        self,
        reader: Reader,
        command: Option<CountyCommand>,
    ) -> Result<Parsed<CountyBook>, changxiao_proto::convert::request::Invalid> {
        let read = self.region.zip(self.request_id).zip(command).map(|((region, request_id), command)| Parsed {
            region,
            request_id,
            validate_only: self.validate_only,
            command,
        });
        reader.finish(read)
    }
}

/// The target of a step: name and the version seen.
pub(crate) fn target(reader: &mut Reader, name: &str, etag: &str, pattern: &'static str) -> (Option<RegionId>, Option<Target>) {
    let named = reader.serial_name("name", name, pattern);
    let seen = if etag.is_empty() {
        Some(None)
    } else {
        reader.read(
            "etag",
            etag.parse::<u64>().map(Some).map_err(|_| "is not one that was given out; leave it empty or look again"),
        )
    };
    match (named, seen) {
        (Some((region, serial)), Some(seen)) => (Some(region), Some(Target { serial, seen })),
        (named, _) => (named.map(|(region, _)| region), None),
    }
}

/// A value that may be left out. The outer `None` means that it is wrong.
pub(crate) fn optional<T: std::str::FromStr>(reader: &mut Reader, field: &str, given: &str) -> Option<Option<T>>
where
    T::Err: std::fmt::Display,
{
    if given.is_empty() { Some(None) } else { reader.parse::<T>(field, given).map(Some) }
}

/// Rows within a sight, as a condition on the columns that say whose they are.
pub(crate) fn within<C: ColumnTrait>(scope: Scope, enterprise: C, industry: Option<C>) -> Condition {
    let enterprise = scope.enterprise.map(|own| enterprise.eq(changxiao_tier::journal::store::signed(own.raw())));
    let industry = scope.industry.zip(industry).map(|(own, column)| column.eq(own.to_string()));
    Condition::all().add_option(enterprise).add_option(industry)
}

/// A page token that is a serial.
pub(crate) fn after(token: Option<String>) -> Result<Option<Serial>, changxiao_tier::fault::Fault> {
    let mut reader = Reader::default();
    let Some(token) = token else { return Ok(None) };
    let serial = reader.parse::<Serial>("page.page_token", &token);
    Ok(reader.finish(serial.map(Some))?)
}

/// Cuts a list that was asked for with one row more than the page holds; the token is the last key of the page.
pub(crate) fn cut<T>(rows: &mut Vec<T>, size: u64, key: impl Fn(&T) -> String) -> String {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if rows.len() <= size {
        return String::new();
    }
    rows.truncate(size);
    rows.last().map(key).unwrap_or_default()
}
