//! What may happen to a directive of the county, and what it needs beyond the right state.

use super::{ANSWER_WORKDAYS, CountyDirective, LONGEST_DAYS, RETURNED_WORKDAYS, Recipient, Refusal};
use crate::{
    actor::{Actor, Role},
    clock::{Date, Instant},
    enterprise::Enterprise,
    event::{
        CountyDirectiveAccepted, CountyDirectiveDrafted, CountyDirectiveIssued, CountyDirectiveOverdue, CountyDirectiveReceived,
        CountyDirectiveReplied, CountyDirectiveReturned, Event,
    },
    industry::IndustryCode,
    machine::{self, BEGINNING, Machine},
    personal::Personal,
    stamp::Moment,
    workday,
};

/// What a draft says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What it is about, such as `hazards/1-204`.
    pub about: String,
    /// Who has to answer.
    pub recipient: Recipient,
    /// What is demanded.
    pub demand: String,
    /// Last day for the answer; the tenth working day from today if none is named.
    pub deadline: Option<Date>,
    /// Basis.
    pub basis: String,
}

/// From today on, within a year.
fn check_deadline(deadline: Date, now: Instant) -> Result<Date, Refusal> {
    let first = now.date();
    let last = Instant::start_of(first).plus_days(LONGEST_DAYS).date();
    if deadline < first || deadline > last {
        return Err(Refusal::DeadlineOutside { deadline, first, last });
    }
    Ok(deadline)
}

/// Drafts a directive (DI1) about an enterprise, or about an industry only.
///
/// # Errors
/// The deadline does not lie ahead, or an enterprise has to answer and none is named.
pub fn draft(enterprise: Option<&Enterprise>, industry: IndustryCode, draft: Draft, moment: Moment) -> Result<Event, Refusal> {
    machine::follow(Machine::Directive, BEGINNING, "draft")
        .map_err(|_| Refusal::WrongState { wanted: BEGINNING.to_owned(), state: BEGINNING })?;
    if draft.recipient == Recipient::Enterprise && enterprise.is_none() {
        return Err(Refusal::NoRecipient { about: draft.about });
    }
    let usual = workday::shipped().after(moment.now.date(), ANSWER_WORKDAYS);
    Ok(CountyDirectiveDrafted {
        directive: moment.next,
        about: draft.about,
        enterprise: enterprise.map(|enterprise| enterprise.serial),
        industry,
        to_enterprise: draft.recipient == Recipient::Enterprise,
        demand: draft.demand,
        deadline: check_deadline(draft.deadline.unwrap_or(usual), moment.now)?,
        basis: draft.basis,
    }
    .into())
}

impl CountyDirective {
    /// The head signs and issues it under a number (DI2).
    ///
    /// # Errors
    /// Wrong state, or its deadline passed while it was a draft.
    pub fn issue(&self, number: String, signer: String, now: Instant) -> Result<Event, Refusal> {
        self.step("issue")?;
        check_deadline(self.deadline, now)?;
        Ok(CountyDirectiveIssued { directive: self.serial, number, signer: Personal::Known(signer) }.into())
    }

    /// Only its recipient receives and answers it.
    fn must_be_recipient(&self, actor: &Actor) -> Result<(), Refusal> {
        let (is, recipient) = match self.recipient {
            Recipient::Enterprise => (actor.is_of_enterprise(), "enterprise (企业)"),
            Recipient::Department => (actor.is(Role::DepartmentOfficer), "industry department (行业主管部门)"),
        };
        if is { Ok(()) } else { Err(Refusal::NotRecipient { recipient }) }
    }

    /// The recipient receives it (DI3).
    ///
    /// # Errors
    /// Wrong state, or somebody else.
    pub fn receive(&self, actor: &Actor, receiver: String) -> Result<Event, Refusal> {
        self.step("receive")?;
        self.must_be_recipient(actor)?;
        Ok(CountyDirectiveReceived { directive: self.serial, receiver: Personal::Known(receiver) }.into())
    }

    /// The recipient answers (DI4), also after the deadline.
    ///
    /// # Errors
    /// Wrong state, or somebody else.
    pub fn reply(&self, actor: &Actor, done: String, evidence: String) -> Result<Event, Refusal> {
        self.step("reply")?;
        self.must_be_recipient(actor)?;
        Ok(CountyDirectiveReplied { directive: self.serial, done, evidence }.into())
    }

    /// The issuer accepts the answer (DI5).
    ///
    /// # Errors
    /// Wrong state.
    pub fn accept(&self) -> Result<Event, Refusal> {
        self.step("accept")?;
        Ok(CountyDirectiveAccepted { directive: self.serial }.into())
    }

    /// The issuer sends the answer back (DI6).
    ///
    /// # Errors
    /// Wrong state, or the new deadline does not lie ahead.
    pub fn reject(&self, reason: String, deadline: Option<Date>, now: Instant) -> Result<Event, Refusal> {
        self.step("reject")?;
        let usual = workday::shipped().after(now.date(), RETURNED_WORKDAYS);
        let deadline = check_deadline(deadline.unwrap_or(usual), now)?;
        Ok(CountyDirectiveReturned { directive: self.serial, reason, deadline }.into())
    }

    /// What time has to say by `now`, if anything (DI7).
    #[must_use]
    pub fn fall_due(&self, now: Instant) -> Option<Event> {
        self.due().filter(|due| *due <= now)?;
        self.step("fall_overdue").ok()?;
        Some(CountyDirectiveOverdue { directive: self.serial }.into())
    }
}
