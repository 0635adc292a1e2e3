//! Enterprises: proposed, handed to the city, decided by its directive.

use changxiao_domain::{
    actor::Actor,
    enterprise::{self, Enterprise, EnterpriseData, Refusal},
    etag,
    serial::Serial,
};

use super::{CountyCommand, Plain, Target};
use crate::book::Known;

/// An enterprise within the actor's sight; what lies outside is not there.
///
/// # Errors
/// It is not there.
pub fn seen<'k>(known: &'k Known, actor: &Actor, serial: Serial) -> Result<&'k Enterprise, Refusal> {
    known
        .enterprises
        .get(&serial)
        .filter(|enterprise| actor.sees(serial, enterprise.data.industry))
        .ok_or_else(|| Refusal::NotFound { name: format!("enterprises/{serial}") })
}

/// Enters an enterprise into the catalogue.
#[must_use]
pub fn propose(data: EnterpriseData) -> CountyCommand {
    let claim = data.identity.claim().map(|(kind, value)| (kind.to_owned(), value));
    let wanted = claim.clone();
    Box::new(Plain {
        needs: move |needs: &mut crate::book::Needs| needs.claims.extend(wanted.clone()),
        decide: move |_: &Actor, moment: changxiao_domain::stamp::Moment, known: &Known| {
            let taken = claim.and_then(|claim| known.claims.get(&claim).copied());
            Ok((enterprise::propose(data, taken, moment)?, format!("enterprises/{}", moment.next)))
        },
    })
}

/// Hands a candidate to the city.
#[must_use]
pub fn request_admission(target: Target) -> CountyCommand {
    Box::new(Plain {
        needs: move |needs: &mut crate::book::Needs| {
            needs.enterprises.insert(target.serial);
        },
        decide: move |actor: &Actor, _: changxiao_domain::stamp::Moment, known: &Known| {
            let enterprise = seen(known, actor, target.serial)?;
            etag::check(target.seen, enterprise.version)?;
            Ok((enterprise.request_admission()?, format!("enterprises/{}", target.serial)))
        },
    })
}
