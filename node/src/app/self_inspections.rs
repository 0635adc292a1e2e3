//! Self-inspections: recorded with the name of the person who signs.

use changxiao_domain::{actor::Actor, clock::Date, period::Month, self_inspection, serial::Serial, stamp::Moment};

use super::{CountyCommand, Plain, enterprises::seen};
use crate::book::{Known, Needs};

/// Records a signed self-inspection.
#[must_use]
pub fn record(enterprise: Serial, on: Date, inspector: String, scope: String) -> CountyCommand {
    Box::new(Plain {
        needs: move |needs: &mut Needs| {
            needs.enterprises.insert(enterprise);
            needs.months.insert(Month::of(on));
            needs.years.insert(on.year());
        },
        decide: move |actor: &Actor, moment: Moment, known: &Known| {
            let owner = seen(known, actor, enterprise)?;
            let event = self_inspection::record(owner, on, inspector, scope, moment)?;
            Ok((event, format!("enterprises/{enterprise}/selfInspections/{}", moment.next)))
        },
    })
}
