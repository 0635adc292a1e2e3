//! Who calls: on the federation listener only the region directly above may ask or order.

use changxiao_domain::region::RegionId;
use http::Extensions;

use crate::{channel::PeerInfo, fault::Fault, identity::spiffe::Role, place::Place};

/// The parent of `place` by today's register, if it is the one who calls.
///
/// # Errors
/// [`Fault::Denied`]; why is logged and not told.
pub fn parent(place: &Place, extensions: &Extensions, method: &'static str) -> Result<RegionId, Fault> {
    let peer = extensions.get::<PeerInfo>();
    let caller = peer.and_then(|peer| peer.spiffe.as_ref());
    let above = place.registers.current().parent(&place.region, place.clock.now().date()).cloned();
    let why = match (caller, above) {
        (None, _) => "the caller showed no identity".to_owned(),
        (Some(_), None) => "nothing stands above this region today".to_owned(),
        (Some(caller), Some(above)) if *caller.region() != above => format!("the parent is `{above}` today"),
        (Some(caller), Some(_)) if caller.role() != Role::Aggregator => "the caller is no aggregator".to_owned(),
        (Some(_), Some(above)) => return Ok(above),
    };
    let shown = caller.map_or_else(|| "unknown".to_owned(), ToString::to_string);
    tracing::warn!(region = %place.region, peer.id = %shown, method, "a caller was refused: {why}");
    Err(Fault::Denied { what: method.to_owned() })
}
