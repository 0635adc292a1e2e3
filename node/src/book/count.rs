//! How chapters count: in an enterprise's month, and in cells.

use changxiao_domain::{
    declaration::{EnterpriseMonth, Figures},
    indicator::Counter,
    period::Month,
    serial::Serial,
};

use super::known::Known;

/// Counts something in an enterprise's month.
pub(super) fn count(known: &mut Known, enterprise: Serial, month: Month, how: impl FnOnce(&mut Figures)) {
    known.enterprise_months.change_or(
        (enterprise, month),
        || EnterpriseMonth::empty(enterprise, month),
        |value| how(&mut value.counts),
    );
}

/// Books a counter in the enterprise's industry category.
pub(super) fn book(known: &mut Known, enterprise: Serial, month: Month, counter: Counter, n: i64) {
    if let Some(enterprise) = known.enterprises.get(&enterprise) {
        known.bookings.book(month, enterprise.data.industry, counter, n);
    }
}
