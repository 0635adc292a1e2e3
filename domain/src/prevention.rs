//! Prevention (防控): what an enterprise does so that a hazard does not come back. With the find and the treatment it is the third record of a hazard.
//!
//! Source: R67 (将隐患排查、治理和防控情况录入系统). It changes no state; there may be any number.

use crate::{
    clock::Date,
    event::{Event, PreventionRecorded},
    personal::Personal,
    refusals,
    self_inspection::must_not_be_future,
    serial::Serial,
    stamp::Moment,
};

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prevention {
    /// Permanent serial.
    pub serial: Serial,
    /// The hazard or dossier, by the path of its name.
    pub about: String,
    /// Enterprise.
    pub enterprise: Serial,
    /// Since when it is done.
    pub on: Date,
    /// What is done.
    pub measures: String,
    /// Who answers for it.
    pub person: Personal,
}

refusals! {
    /// The day is still to come.
    InFuture { on: Date, today: Date } InvalidArgument "PREVENTION_IN_FUTURE"
        "{on} is after today, {today}", "防控日期{on}晚于今天{today}";
}

/// Records what is done.
///
/// # Errors
/// The day is still to come.
pub fn record(
    about: String,
    enterprise: Serial,
    (on, measures, person): (Date, String, String),
    moment: Moment,
) -> Result<Event, Refusal> {
    must_not_be_future(on, moment.now).map_err(|today| Refusal::InFuture { on, today })?;
    let person = Personal::Known(person);
    Ok(PreventionRecorded { prevention: moment.next, about, enterprise, on, measures, person }.into())
}
