//! Self-inspections in the book.

use changxiao_domain::{event::Event, indicator::Counter as C, period::Month, self_inspection::SelfInspection, stamp::Stamp};

use super::{
    chapter::Chapter,
    count::{book, count},
    known::{Known, Needs},
};

/// The chapter.
pub(super) struct SelfInspections;

impl Chapter for SelfInspections {
    fn needs_of(event: &Event, needs: &mut Needs) {
        if let Event::SelfInspectionRecorded(event) = event {
            needs.enterprises.insert(event.enterprise);
            needs.months.insert(Month::of(event.on));
            needs.years.insert(event.on.year());
        }
    }

    fn apply(known: &mut Known, event: &Event, _: &Stamp) {
        let Event::SelfInspectionRecorded(event) = event else { return };
        let month = Month::of(event.on);
        count(known, event.enterprise, month, |counts| counts.self_inspections += 1);
        book(known, event.enterprise, month, C::SelfInspections, 1);
        if let Some(industry) = known.enterprises.get(&event.enterprise).map(|enterprise| enterprise.data.industry) {
            let key = (event.enterprise, month.year());
            let before = known.inspected.get(&key).copied().unwrap_or_default();
            let after = known.bookings.book_first_inspection(before, month, industry);
            if after != before {
                known.inspected.put(key, after);
            }
        }
        let value = SelfInspection {
            serial: event.inspection,
            enterprise: event.enterprise,
            on: event.on,
            inspector: event.inspector.clone(),
            scope: event.scope.clone(),
        };
        known.self_inspections.put(event.inspection, value);
    }
}
