//! The register of officers: entered, renewed, withdrawn.

use changxiao_domain::{
    actor::Actor,
    clock::Date,
    etag,
    event::Event,
    officer::{self, Officer, Refusal, Registration},
    serial::Serial,
    stamp::Moment,
};

use super::{CountyCommand, Plain, Target};
use crate::book::{CERTIFICATE, Known, Needs};

/// An officer that is known.
///
/// # Errors
/// There is none of that serial.
pub fn known(known: &Known, serial: Serial) -> Result<&Officer, Refusal> {
    known.officers.get(&serial).ok_or_else(|| Refusal::NotFound { name: format!("officers/{serial}") })
}

/// Enters an officer or expert.
#[must_use]
pub fn register(entry: Registration) -> CountyCommand {
    let claim = (CERTIFICATE.to_owned(), entry.certificate.clone());
    let wanted = claim.clone();
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.claims.insert(wanted.clone());
        },
        decide: move |_: &Actor, moment: Moment, known: &Known| {
            let taken = known.claims.get(&claim).copied();
            Ok((officer::register(entry, taken, moment)?, format!("officers/{}", moment.next)))
        },
    })
}

fn step(target: Target, how: impl FnOnce(&Officer) -> Result<Event, Refusal> + Send + Sync + 'static) -> CountyCommand {
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.officers.insert(target.serial);
        },
        decide: move |_: &Actor, _: Moment, all: &Known| {
            let officer = known(all, target.serial)?;
            etag::check(target.seen, officer.version)?;
            Ok((how(officer)?, format!("officers/{}", target.serial)))
        },
    })
}

/// The certificate got other days.
#[must_use]
pub fn renew(target: Target, from: Date, until: Date) -> CountyCommand {
    step(target, move |officer| officer.renew(from, until))
}

/// The person no longer inspects.
#[must_use]
pub fn withdraw(target: Target, reason: String) -> CountyCommand {
    step(target, move |officer| officer.withdraw(reason))
}
