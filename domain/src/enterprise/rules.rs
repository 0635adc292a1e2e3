//! What may happen to an enterprise, and what it needs beyond the right state.

use super::{Cause, Contact, Enterprise, EnterpriseData, Factors, Field, FieldReason, Keeper, Pending, Refusal, State};
use crate::{
    actor::AccountId,
    clock::{Date, Instant},
    event::{
        AdmissionDecided, AdmissionRequested, EnterpriseConfirmed, EnterpriseEnlisted, EnterpriseExcluded, EnterpriseInvited,
        EnterpriseProposed, EnterpriseReturned, EnterpriseSubmitted, EnterpriseUpdated, Event, NameListPublished, RemovalAsked,
        RemovalDecided, RestartAsked, RestartDecided, StopAsked, StopDecided,
    },
    machine::{self, BEGINNING, Machine},
    personal::Personal,
    serial::Serial,
    stamp::Moment,
};

/// Days that a stop may be reported late or ahead [P].
const STOP_WINDOW_DAYS: i64 = 31;

/// Enters an enterprise into the catalogue (AD1). `taken` is who holds one of its identifiers already.
///
/// # Errors
/// [`Refusal::IdentifierTaken`].
pub fn propose(data: EnterpriseData, taken: Option<(String, Serial)>, moment: Moment) -> Result<Event, Refusal> {
    machine::follow(Machine::Admission, BEGINNING, "propose")
        .map_err(|_| Refusal::WrongState { wanted: BEGINNING.to_owned(), state: BEGINNING })?;
    untaken(taken)?;
    Ok(EnterpriseProposed { enterprise: moment.next, data }.into())
}

fn untaken(taken: Option<(String, Serial)>) -> Result<(), Refusal> {
    taken.map_or(Ok(()), |(value, by)| Err(Refusal::IdentifierTaken { value, by }))
}

/// What the enterprise says of a stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// First day without production.
    pub on: Date,
    /// Why.
    pub reason: String,
    /// Who guards it meanwhile.
    pub guard: String,
}

/// What the enterprise says before it goes on producing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restart {
    /// First day of production.
    pub on: Date,
    /// Day of the inspection before it.
    pub inspected_on: Date,
}

fn within(on: Date, first: Date, last: Date) -> Result<(), Refusal> {
    if on < first || on > last { Err(Refusal::DayOutside { on, first, last }) } else { Ok(()) }
}

impl Enterprise {
    fn nothing_pending(&self) -> Result<(), Refusal> {
        self.pending.as_ref().map_or(Ok(()), |pending| Err(Refusal::RequestPending { what: pending.words() }))
    }

    /// Puts it on the name list (AD2).
    ///
    /// # Errors
    /// Wrong state.
    pub fn enlist(&self, factors: Factors, reason: String) -> Result<Event, Refusal> {
        self.step("enlist")?;
        Ok(EnterpriseEnlisted { enterprise: self.serial, factors, reason }.into())
    }

    /// Does not take it (AD3).
    ///
    /// # Errors
    /// Wrong state.
    pub fn exclude(&self, reason: String) -> Result<Event, Refusal> {
        self.step("exclude")?;
        Ok(EnterpriseExcluded { enterprise: self.serial, reason }.into())
    }

    /// Invites it to fill in (AD4). `fits` says that the account is an open one of an information officer of this enterprise.
    ///
    /// # Errors
    /// Wrong state, or the account does not fit.
    pub fn invite(&self, contact: Contact, account: AccountId, fits: bool) -> Result<Event, Refusal> {
        self.step("invite")?;
        if !fits {
            return Err(Refusal::AccountUnfit { account });
        }
        Ok(EnterpriseInvited { enterprise: self.serial, contact, account }.into())
    }

    /// Changes fields. The enterprise does so while it fills in and once it is supervised; the county at any time but during a review.
    ///
    /// # Errors
    /// Data that rest, a field that is the county's or fixed, an identifier of somebody else, or no change at all.
    pub fn update(
        &self,
        given: &EnterpriseData,
        fields: &[Field],
        county: bool,
        taken: Option<(String, Serial)>,
    ) -> Result<Event, Refusal> {
        if let Some(into) = self.merged_into {
            return Err(Refusal::Merged { into });
        }
        match self.state {
            State::Filling | State::Approved | State::Stopped => {}
            State::Candidate | State::Listed | State::Excluded if county => {}
            State::Submitted | State::Checked => return Err(Refusal::UnderReview { state: self.state.words() }),
            State::Candidate | State::Listed | State::Excluded | State::Removed | State::Moved => {
                let wanted = [State::Filling, State::Approved, State::Stopped].map(State::id);
                return Err(Refusal::WrongState { wanted: State::in_words(&wanted), state: self.state.words() });
            }
        }
        if let Some(field) = fields.iter().find(|field| field.keeper() == Keeper::County && !county) {
            return Err(Refusal::FieldOfCounty { field: field.id(), zh: field.zh() });
        }
        if self.state.is_supervised() && fields.contains(&Field::Industry) && given.industry != self.data.industry {
            return Err(Refusal::IndustryFixed {});
        }
        untaken(taken)?;
        let mut data = self.data.clone();
        let mut changed = Vec::new();
        for field in fields {
            let before = data.clone();
            data.take_over(*field, given);
            if data != before {
                changed.push(field.id().to_owned());
            }
        }
        data.industries.sort_unstable();
        data.industries.dedup();
        data.industries.retain(|industry| *industry != data.industry);
        if changed.is_empty() || data == self.data {
            return Err(Refusal::NothingChanged {});
        }
        Ok(EnterpriseUpdated { enterprise: self.serial, fields: changed, data }.into())
    }

    /// Its data are as they stand (R66).
    ///
    /// # Errors
    /// It is not supervised.
    pub fn confirm(&self) -> Result<Event, Refusal> {
        self.must_be_approved()?;
        Ok(EnterpriseConfirmed { enterprise: self.serial }.into())
    }

    /// The enterprise hands its data in (AD5).
    ///
    /// # Errors
    /// Wrong state, or mandatory fields are missing.
    pub fn submit(&self) -> Result<Event, Refusal> {
        self.step("submit")?;
        self.must_be_complete()?;
        Ok(EnterpriseSubmitted { enterprise: self.serial }.into())
    }

    fn must_be_complete(&self) -> Result<(), Refusal> {
        let complete = self.data.completeness();
        if complete.missing.is_empty() {
            return Ok(());
        }
        Err(Refusal::Incomplete { filled: complete.filled, total: complete.total, missing: complete.words() })
    }

    /// The county has checked it and hands it to the city (AD6).
    ///
    /// # Errors
    /// Wrong state, fields missing, or identifiers that do not identify it.
    pub fn request_admission(&self, now: Instant) -> Result<Event, Refusal> {
        self.step("check")?;
        self.must_be_complete()?;
        if let Some(fault) = self.data.identifier_fault(now.date()) {
            return Err(Refusal::IdentifierFault { fault });
        }
        Ok(AdmissionRequested { enterprise: self.serial }.into())
    }

    /// The county sends it back (AD7).
    ///
    /// # Errors
    /// Wrong state.
    pub fn send_back(&self, reasons: Vec<FieldReason>) -> Result<Event, Refusal> {
        self.step("return")?;
        Ok(EnterpriseReturned { enterprise: self.serial, reasons }.into())
    }

    /// Lets the city's decision take effect (AD8, AD9).
    ///
    /// # Errors
    /// Wrong state.
    pub fn decide_admission(&self, directive: &str, approved: bool, reason: &str) -> Result<Event, Refusal> {
        self.step(if approved { "approve" } else { "refuse" })?;
        let (directive, reason) = (directive.to_owned(), reason.to_owned());
        Ok(AdmissionDecided { enterprise: self.serial, directive, approved, reason }.into())
    }

    /// The enterprise reports that it stops producing (AD10).
    ///
    /// # Errors
    /// Wrong state, something else pending, or a day far from today.
    pub fn ask_stop(&self, stop: Stop, now: Instant) -> Result<Event, Refusal> {
        self.step("stop")?;
        self.nothing_pending()?;
        let (first, last) = (now.plus_days(-STOP_WINDOW_DAYS).date(), now.plus_days(STOP_WINDOW_DAYS).date());
        within(stop.on, first, last)?;
        let guard = Personal::Known(stop.guard);
        Ok(StopAsked { enterprise: self.serial, on: stop.on, reason: stop.reason, guard }.into())
    }

    /// The county confirms or does not (AD10).
    ///
    /// # Errors
    /// Wrong state, or nothing was reported.
    pub fn decide_stop(&self, confirmed: bool, reason: String) -> Result<Event, Refusal> {
        self.step("stop")?;
        match self.pending {
            Some(Pending::Stop { .. }) => Ok(StopDecided { enterprise: self.serial, confirmed, reason }.into()),
            Some(Pending::Restart { .. } | Pending::Removal { .. } | Pending::Transfer { .. }) | None => {
                Err(Refusal::NothingPending { what: "a stop of production (停产)" })
            }
        }
    }

    /// The enterprise wants to go on producing after an inspection (AD11). `suspending` are dossiers by which its production is suspended.
    ///
    /// # Errors
    /// Wrong state, something else pending, an inspection before the stop or after today, or an order in force.
    pub fn ask_restart(&self, restart: Restart, suspending: &[String], now: Instant) -> Result<Event, Refusal> {
        self.step("resume")?;
        self.nothing_pending()?;
        unsuspended(suspending)?;
        let (today, stopped) = (now.date(), self.stopped_on().unwrap_or_else(|| self.since.date()));
        within(restart.inspected_on, stopped.min(today), today)?;
        within(restart.on, restart.inspected_on, now.plus_days(STOP_WINDOW_DAYS).date())?;
        Ok(RestartAsked { enterprise: self.serial, on: restart.on, inspected_on: restart.inspected_on }.into())
    }

    /// The county confirms or does not (AD11).
    ///
    /// # Errors
    /// Wrong state, nothing was asked, or an order in force.
    pub fn decide_restart(&self, confirmed: bool, reason: String, suspending: &[String]) -> Result<Event, Refusal> {
        self.step("resume")?;
        match self.pending {
            Some(Pending::Restart { .. }) => {
                if confirmed {
                    unsuspended(suspending)?;
                }
                Ok(RestartDecided { enterprise: self.serial, confirmed, reason }.into())
            }
            Some(Pending::Stop { .. } | Pending::Removal { .. } | Pending::Transfer { .. }) | None => {
                Err(Refusal::NothingPending { what: "a restart of production (复产)" })
            }
        }
    }

    /// First day of the present stop.
    #[must_use]
    pub fn stopped_on(&self) -> Option<Date> {
        self.operation.last().and_then(|last| last.to)
    }

    /// The county wants it out of the catalogue (AD12).
    ///
    /// # Errors
    /// Wrong state, something else pending, or open hazards.
    pub fn ask_removal(&self, cause: Cause, reason: String) -> Result<Event, Refusal> {
        self.step("remove")?;
        self.nothing_pending()?;
        if self.general_open + self.major_open > 0 {
            return Err(Refusal::HazardsOpen { general: self.general_open, major: self.major_open });
        }
        Ok(RemovalAsked { enterprise: self.serial, cause, reason }.into())
    }

    /// Lets the city's word on a removal take effect (AD12). What was found in the meantime keeps the enterprise: the consent is then noted
    /// as none, and the county asks again when it is closed.
    ///
    /// # Errors
    /// Wrong state, or nothing was asked.
    pub fn decide_removal(&self, directive: &str, consented: bool, reason: &str) -> Result<Event, Refusal> {
        self.step("remove")?;
        let Some(Pending::Removal { .. }) = self.pending else {
            return Err(Refusal::NothingPending { what: "a removal (移出)" });
        };
        let found = self.general_open + self.major_open > 0;
        let reason = if consented && found { "同意后又发现未销号隐患,未移出" } else { reason };
        Ok(RemovalDecided {
            enterprise: self.serial,
            directive: directive.to_owned(),
            consented: consented && !found,
            reason: reason.to_owned(),
        }
        .into())
    }
}

fn unsuspended(dossiers: &[String]) -> Result<(), Refusal> {
    if dossiers.is_empty() { Ok(()) } else { Err(Refusal::Suspended { dossiers: dossiers.join(", ") }) }
}

/// Publishes those who are taken as a list of today (R42).
///
/// # Errors
/// Nobody is on it.
pub fn publish_name_list(all: &[&Enterprise], title: String, moment: Moment) -> Result<Event, Refusal> {
    let taken = all.iter().filter(|enterprise| enterprise.is_taken());
    let enterprises: Vec<Serial> = taken.map(|enterprise| enterprise.serial).collect();
    if enterprises.is_empty() {
        return Err(Refusal::NameListEmpty {});
    }
    Ok(NameListPublished { list: moment.next, on: moment.now.date(), title, enterprises }.into())
}

impl Enterprise {
    /// Whether the county chose it and it is still there.
    #[must_use]
    pub const fn is_taken(&self) -> bool {
        matches!(
            self.state,
            State::Listed | State::Filling | State::Submitted | State::Checked | State::Approved | State::Stopped
        ) && self.merged_into.is_none()
    }

    /// Sum of the three scores, 0 before it was scored.
    #[must_use]
    pub fn score(&self) -> u32 {
        let all = self.factors.as_ref().map(|factors| [factors.size.score, factors.danger.score, factors.safety.score]);
        all.into_iter().flatten().map(u32::from).sum()
    }
}
