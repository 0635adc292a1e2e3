//! Records of prevention, of a hazard or a dossier in sight.

use changxiao_domain::{actor::Actor, clock::Date, dossier, hazard, prevention, serial::Serial, stamp::Moment};

use super::{CountyCommand, Plain};
use crate::book::{Known, Needs};

/// Records what is done so that it does not come back.
#[must_use]
pub fn record(serial: Serial, of_dossier: bool, said: (Date, String, String)) -> CountyCommand {
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            if of_dossier {
                needs.dossiers.insert(serial);
            } else {
                needs.hazards.insert(serial);
            }
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let (about, enterprise) = if of_dossier {
                let about = format!("dossiers/{serial}");
                let held = known.dossiers.get(&serial).filter(|held| actor.sees(held.enterprise, held.industry));
                let held = held.ok_or_else(|| dossier::Refusal::NotFound { name: about.clone() })?;
                (about, held.enterprise)
            } else {
                let about = format!("hazards/{serial}");
                let held = known.hazards.get(&serial).filter(|held| actor.sees(held.enterprise, held.industry));
                let held = held.ok_or_else(|| hazard::Refusal::NotFound { name: about.clone() })?;
                (about, held.enterprise)
            };
            let event = prevention::record(about.clone(), enterprise, said, moment)?;
            Ok((event, about))
        },
    })
}
