//! What may happen with the measures, and what it needs beyond the right state.

use super::{Blacklisting, FIRST_TERM_YEARS, HEARING_DAYS, LATER_TERM_YEARS, Measure, Refusal, State, TERM_HELD_DAYS};
use crate::{
    clock::{Date, Instant},
    county_directive::{self, Draft, Recipient},
    enterprise::Enterprise,
    event::{
        BlacklistLeft, BlacklistProposed, BlacklistTermEnded, BlacklistTermHeld, EnterpriseBlacklisted, EnterprisePublicised,
        Event, ExpertsConsulted, InterviewHeld, StatementHeard, WarningPublished,
    },
    machine::{self, BEGINNING, Machine},
    personal::Personal,
    self_inspection::must_not_be_future,
    serial::Serial,
    stamp::Moment,
};

/// A warning bulletin (警示通报).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// What happened.
    pub facts: String,
    /// To whom it goes.
    pub addressees: String,
}

/// An interview (约谈).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interview {
    /// Day it was held.
    pub on: Date,
    /// Who was interviewed.
    pub persons: Vec<String>,
    /// Minutes.
    pub minutes: String,
    /// What was promised, and by when.
    pub commitments: Vec<(String, Date)>,
}

/// Publicity (曝光).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publicity {
    /// What is published.
    pub text: String,
    /// Where.
    pub medium: String,
    /// Who checked the law, and with what result.
    pub legal_check: String,
}

/// A consultation of experts (专家会诊).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consultation {
    /// Day it was held.
    pub on: Date,
    /// Who gave an opinion.
    pub experts: Vec<String>,
    /// What they were asked.
    pub question: String,
    /// What they answered.
    pub opinion: String,
}

/// A proposal for the blacklist (拟列入黑名单).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Ground.
    pub ground: String,
    /// Evidence.
    pub evidence: String,
}

/// A measure begins where the table lets it.
fn begins(event: &'static str) -> Result<(), Refusal> {
    let begun = machine::follow(Machine::Measure, BEGINNING, event);
    begun.map(|_| ()).map_err(|_| Refusal::WrongState { wanted: BEGINNING.to_owned(), state: BEGINNING })
}

fn not_future(on: Date, now: Instant) -> Result<(), Refusal> {
    must_not_be_future(on, now).map_err(|today| Refusal::InFuture { on, today })
}

fn people(names: Vec<String>) -> Vec<Personal> {
    names.into_iter().map(Personal::Known).collect()
}

/// Publishes a warning (DI8).
///
/// # Errors
/// The table does not let it begin.
pub fn warn(enterprise: Option<&Enterprise>, warning: Warning, moment: Moment) -> Result<Event, Refusal> {
    begins("warn")?;
    let (measure, enterprise) = (moment.next, enterprise.map(|enterprise| enterprise.serial));
    Ok(WarningPublished { measure, enterprise, facts: warning.facts, addressees: warning.addressees }.into())
}

/// Records an interview (DI9). Every commitment becomes a directive of the county in draft, which the head may issue.
///
/// # Errors
/// Held in the future, or a commitment that is not to come within a year.
pub fn interview(enterprise: &Enterprise, interview: Interview, moment: Moment) -> Result<Vec<Event>, Refusal> {
    begins("interview")?;
    not_future(interview.on, moment.now)?;
    let mut events: Vec<Event> = vec![
        InterviewHeld {
            measure: moment.next,
            enterprise: enterprise.serial,
            on: interview.on,
            persons: people(interview.persons),
            minutes: interview.minutes,
            commitments: u32::try_from(interview.commitments.len()).unwrap_or(u32::MAX),
        }
        .into(),
    ];
    for (demand, by) in interview.commitments {
        let after = u64::try_from(events.len()).unwrap_or_default();
        let Some(next) = Serial::new(moment.next.epoch(), moment.next.position().saturating_add(after)) else { continue };
        let draft = Draft {
            about: format!("enterprises/{}", enterprise.serial),
            recipient: Recipient::Enterprise,
            demand,
            deadline: Some(by),
            basis: format!("约谈承诺 measures/{}", moment.next),
        };
        let drafted = county_directive::draft(Some(enterprise), enterprise.data.industry, draft, Moment { next, ..moment });
        events.push(drafted.map_err(|refusal| match refusal {
            county_directive::Refusal::DeadlineOutside { deadline, first, last } => {
                Refusal::CommitmentOutside { by: deadline, first, last }
            }
            _ => Refusal::WrongState { wanted: BEGINNING.to_owned(), state: BEGINNING },
        })?);
    }
    Ok(events)
}

/// Publishes what an enterprise did (DI10).
///
/// # Errors
/// The table does not let it begin.
pub fn publicise(enterprise: &Enterprise, publicity: Publicity, moment: Moment) -> Result<Event, Refusal> {
    begins("publicise")?;
    let Publicity { text, medium, legal_check } = publicity;
    Ok(EnterprisePublicised { measure: moment.next, enterprise: enterprise.serial, text, medium, legal_check }.into())
}

/// Records a consultation (DI11).
///
/// # Errors
/// Held in the future.
pub fn consult(enterprise: &Enterprise, consultation: Consultation, moment: Moment) -> Result<Event, Refusal> {
    begins("consult")?;
    not_future(consultation.on, moment.now)?;
    Ok(ExpertsConsulted {
        measure: moment.next,
        enterprise: enterprise.serial,
        on: consultation.on,
        experts: people(consultation.experts),
        question: consultation.question,
        opinion: consultation.opinion,
    }
    .into())
}

/// Proposes an enterprise for the blacklist (DI12); it is heard for three days.
///
/// # Errors
/// It is on the blacklist or proposed already.
pub fn propose_blacklist(
    enterprise: &Enterprise,
    standing: Option<&Blacklisting>,
    proposal: Proposal,
    moment: Moment,
) -> Result<Event, Refusal> {
    begins("propose_blacklist")?;
    if let Some(by) = standing.and_then(|standing| standing.current) {
        return Err(Refusal::AlreadyBlacklisted { by });
    }
    Ok(BlacklistProposed {
        measure: moment.next,
        enterprise: enterprise.serial,
        ground: proposal.ground,
        evidence: proposal.evidence,
        hearing_until: Instant::start_of(moment.now.date()).plus_days(HEARING_DAYS).date(),
    }
    .into())
}

/// So many years later, on the 28th where the month ends before the day.
fn years_after(date: Date, years: i16) -> Date {
    let year = date.year().saturating_add(years);
    Date::new(year, date.month(), date.day()).or_else(|_| Date::new(year, date.month(), 28)).unwrap_or(date)
}

impl Measure {
    /// The enterprise speaks to the proposal.
    ///
    /// # Errors
    /// Nothing is proposed, or it was decided.
    pub fn hear(&self, statement: String) -> Result<Event, Refusal> {
        // What is heard leaves the proposal where it is; it needs the state from which it is decided.
        self.step("blacklist")?;
        Ok(StatementHeard { measure: self.serial, statement }.into())
    }

    /// The commission office puts the enterprise on the blacklist (DI13): for a year, the second time for three.
    ///
    /// # Errors
    /// Wrong state, or the enterprise may still speak and has not.
    pub fn blacklist(&self, times: u32, decision: String, publication: String, now: Instant) -> Result<Event, Refusal> {
        self.step("blacklist")?;
        if let Some(until) = self.hearing_until.filter(|until| self.statement.is_empty() && now < Instant::end_of(*until)) {
            return Err(Refusal::HearingRunning { until });
        }
        let years = if times == 0 { FIRST_TERM_YEARS } else { LATER_TERM_YEARS };
        Ok(EnterpriseBlacklisted { measure: self.serial, decision, publication, until: years_after(now.date(), years) }.into())
    }

    /// What time has to say by `now` (DI14): the term is over, or is held while a major hazard is open.
    #[must_use]
    pub fn fall_due(&self, major_open: u32, now: Instant) -> Option<Event> {
        let due = self.due().filter(|due| *due <= now)?;
        self.step("term_ends").ok()?;
        let measure = self.serial;
        Some(if major_open == 0 {
            BlacklistTermEnded { measure }.into()
        } else {
            BlacklistTermHeld { measure, until: due.plus_days(TERM_HELD_DAYS - 1).date() }.into()
        })
    }

    /// The office takes it off the blacklist (DI15).
    ///
    /// # Errors
    /// The term is not over.
    pub fn exit(&self, publication: String) -> Result<Event, Refusal> {
        self.step("exit")?;
        Ok(BlacklistLeft { measure: self.serial, publication }.into())
    }

    /// Its state says that this enterprise is listed or proposed.
    #[must_use]
    pub const fn holds_enterprise(&self) -> bool {
        matches!(self.state, State::Proposed | State::Blacklisted | State::Expiring)
    }
}
