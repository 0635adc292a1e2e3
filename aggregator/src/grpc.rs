//! `oversight.v1` over gRPC: handlers parse, call and map; what is allowed is decided in `app`.

pub mod admissions;
pub mod children;
pub mod directives;
pub mod dossiers;
pub mod enrolment_desk;
pub mod enrolments;
pub mod issuing;
pub mod policy;
pub mod regions;

use changxiao_domain::{region::RegionId, serial::Serial};
use changxiao_proto::convert::request::{Name, Reader};
use changxiao_tier::{desk::Desk, fault::Fault};
use tonic::Request;

use crate::{app::issuer::Issuer, book::Ledger, store::shown::Listed};

/// The regions of the process.
pub type Office = Desk<Ledger>;

/// Region of a list request.
fn parent(given: &str) -> Result<RegionId, Fault> {
    let mut reader = Reader::default();
    let region = reader.region_name("parent", given);
    Ok(reader.finish(region)?)
}

/// The issuing region of a write, once it is known that the caller belongs to it. A name that cannot be read gives none: the
/// reader of the request says what is wrong with it, together with everything else.
fn issuer<R>(desk: &Office, request: &Request<R>, name: &str) -> Result<Option<Issuer>, Fault> {
    let region = name.strip_prefix("regions/").and_then(|rest| rest.split('/').next()).and_then(|id| id.parse::<RegionId>().ok());
    let Some(region) = region else { return Ok(None) };
    let (host, _) = desk.admit(request, &region)?;
    Ok(Some(Issuer::new(&host.place, host.key.clone())))
}

/// Origin and serial in the last id of a name: `bs-tengchong~1-17`.
fn foreign(reader: &mut Reader, field: &str, given: &str, pattern: &'static str) -> Option<(RegionId, RegionId, Serial)> {
    let name = reader.read(field, Name::parse(given, pattern))?;
    let id = name.path.first().map_or("", |(_, id)| id.as_str());
    let parsed = id.split_once('~').and_then(|(origin, serial)| Some((origin.parse().ok()?, serial.parse().ok()?)));
    match parsed {
        Some((origin, serial)) => Some((name.region, origin, serial)),
        None => {
            reader.wrong(field, format!("`{given}` must look like `{pattern}`"));
            None
        }
    }
}

/// A page token as the place after which the page begins.
fn after(token: Option<String>) -> Result<Option<(String, String)>, Fault> {
    let Some(token) = token else { return Ok(None) };
    let mut reader = Reader::default();
    let place = token.split_once('~').map(|(origin, key)| (origin.to_owned(), key.to_owned()));
    if place.is_none() {
        reader.wrong("page.page_token", "was not made here; start again without one");
    }
    Ok(Some(reader.finish(place)?))
}

/// The token of the page after the one that ends with this fact.
fn token(last: &Listed) -> String {
    format!("{}~{}", last.origin, last.key)
}
