//! When an enterprise declares a month: on time, late or never.

use super::{Act, Acts};
use crate::{
    calendar::{Day, Month},
    chance::Chance,
    story::{behaviour::County, catalogue::Firm},
};

/// The instant of filing, absent for an enterprise that does not declare.
pub(super) fn choose(county: &County, month: Month, chance: &mut Chance) -> Option<i64> {
    let first = month.next().first();
    match chance.weighted(&[county.on_time, county.late, (1.0 - county.on_time - county.late).max(0.0)]) {
        0 => {
            let day = first.plus(chance.weighted(&county.days[..5]) as i64);
            // On the last day many wait for the evening.
            let evening = day == first.plus(4) && chance.happens(0.4);
            Some(day.at(if evening { 21 } else { 10 }, 0))
        }
        1 => Some(first.plus(5 + chance.weighted(&county.days[5..]) as i64).at(10, 0)),
        _ => None,
    }
}

/// Two enterprises of Longyang around midnight of 5 October, in National Day week: one files in the last millisecond that is on
/// time, the other in the first that is late. The deadline does not move for the holiday.
pub(super) fn around_midnight(firms: &[Firm], acts: &mut Acts) {
    let late_from_ms = Month::new(2015, 9).late_from_ms();
    let before = Day::new(2015, 9, 1);
    let ready = |firm: &&Firm| firm.county == "bs-longyang" && firm.admission.approved_on().is_some_and(|on| on < before);
    for (firm, at) in firms.iter().filter(ready).zip([late_from_ms - 1, late_from_ms]) {
        for by_firm in acts.values_mut() {
            if let Some(own) = by_firm.get_mut(&firm.index) {
                own.retain(|act| !matches!(act, Act::Declare(month) if *month == Month::new(2015, 9)));
            }
        }
        let inspected_on = Day::new(2015, 9, 29);
        acts.entry(inspected_on.at(10, 0)).or_default().entry(firm.index).or_default().push(Act::Inspect(inspected_on));
        acts.entry(at).or_default().entry(firm.index).or_default().push(Act::Declare(Month::new(2015, 9)));
    }
}
