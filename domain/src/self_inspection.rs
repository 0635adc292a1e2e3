//! Self-inspections (自检自查): the "1" of 1+3+4. Source: R14–R17.
//!
//! This slice keeps a signed result; cycles, tasks and checklists come later.

use crate::{
    clock::{Date, Instant},
    enterprise::Enterprise,
    event::{Event, SelfInspectionRecorded},
    personal::Personal,
    refusals,
    serial::Serial,
    stamp::Moment,
};

/// One signed self-inspection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfInspection {
    /// Permanent serial.
    pub serial: Serial,
    /// Enterprise.
    pub enterprise: Serial,
    /// Day.
    pub on: Date,
    /// Who inspected and signed.
    pub inspector: Personal,
    /// Areas inspected.
    pub scope: String,
}

refusals! {
    /// The day is still to come.
    InFuture { on: Date, today: Date } InvalidArgument "SELF_INSPECTION_IN_FUTURE"
        "{on} is after today, {today}", "日期{on}晚于今天{today}";
}

/// Records a signed self-inspection.
///
/// # Errors
/// [`Refusal::InFuture`], or the enterprise is not approved.
pub fn record(
    enterprise: &Enterprise,
    on: Date,
    inspector: String,
    scope: String,
    moment: Moment,
) -> Result<Event, crate::refusal::Refusal> {
    enterprise.must_be_approved()?;
    must_not_be_future(on, moment.now).map_err(|today| Refusal::InFuture { on, today })?;
    Ok(SelfInspectionRecorded {
        inspection: moment.next,
        enterprise: enterprise.serial,
        on,
        inspector: Personal::Known(inspector),
        scope,
    }
    .into())
}

/// Whether a civil day lies after today in UTC+8; the error is today.
///
/// # Errors
/// Today, if the day is later.
pub fn must_not_be_future(on: Date, now: Instant) -> Result<(), Date> {
    let today = now.date();
    if on > today { Err(today) } else { Ok(()) }
}

/// Which months of a year an enterprise inspected itself in; tells first times without looking at history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InspectedMonths(u16);

impl InspectedMonths {
    /// From its stored bits, January lowest.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & 0x0fff)
    }

    /// Bits to store.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// With a month (1 to 12) added.
    #[must_use]
    pub const fn with(self, month: u8) -> Self {
        if month >= 1 && month <= 12 { Self(self.0 | 1 << (month - 1)) } else { self }
    }

    /// Whether a month is in.
    #[must_use]
    pub const fn has(self, month: u8) -> bool {
        month >= 1 && month <= 12 && self.0 & (1 << (month - 1)) != 0
    }

    /// First month inspected among `from..=to`.
    #[must_use]
    pub fn first_in(self, from: u8, to: u8) -> Option<u8> {
        (from..=to).find(|month| self.has(*month))
    }
}
