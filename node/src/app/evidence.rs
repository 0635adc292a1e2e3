//! Evidence: attached to a record that the caller sees.

use changxiao_domain::{
    actor::Actor,
    evidence::{self, Attachment},
    serial::Serial,
    stamp::Moment,
};

use super::{CountyCommand, Plain, enterprises::seen};
use crate::book::{Known, Needs};

/// Attaches kept bytes to a record of an enterprise. That the record is there was looked up: records do not go away.
#[must_use]
pub fn attach(enterprise: Serial, what: Attachment) -> CountyCommand {
    let claim = what.claim();
    let wanted = claim.clone();
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.enterprises.insert(enterprise);
            needs.claims.insert(wanted.clone());
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let owner = seen(known, actor, enterprise)?;
            let taken = known.claims.get(&claim).copied();
            Ok((evidence::attach(owner, what, taken, moment)?, format!("evidence/{}", moment.next)))
        },
    })
}
