//! What may happen to a major hazard, and what it needs beyond the right state.

use std::collections::BTreeSet;

use super::{
    Dossier, EXTENSION_WINDOW_WORKDAYS, FilingBody, LEAST_INSPECTORS, LONGEST_LISTING_DAYS, MOST_EXTENSIONS, OPENING_WORKDAYS,
    Plan, Progress, Refusal,
};
use crate::{
    actor::Actor,
    clock::{Date, Instant},
    enterprise::Enterprise,
    event::{
        AcceptanceApplied, AcceptanceDecided, AssessmentCommissioned, DossierCompleted, DossierDowngraded, DossierFiled,
        DossierListed, DossierOpened, DossierStruckOff, Event, FilingConfirmed, HazardAssessed, HazardFound, ListingDeclined,
        MajorHazardIdentified, PeopleProtected, ProgressReported, ResumptionAsked, ResumptionDecided, TreatmentAssessed,
        TreatmentCompleted, TreatmentExtensionAsked, TreatmentExtensionDecided, TreatmentStarted,
    },
    hazard_category::HazardCategory,
    machine::{self, BEGINNING, Machine},
    period::Month,
    personal::Personal,
    self_inspection::must_not_be_future,
    serial::Serial,
    stamp::Moment,
    workday,
};

/// What is reported of a major hazard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identification {
    /// Day of discovery.
    pub found_on: Date,
    /// Category.
    pub category: HazardCategory,
    /// Criterion.
    pub criterion: String,
    /// Present state and cause.
    pub state_and_cause: String,
    /// Degree of harm and difficulty.
    pub harm_and_difficulty: String,
    /// Protection of people meanwhile; may be empty and recorded later (MH2).
    pub protection: String,
    /// Number of the dossier, if it is opened in the same step (MH3); else empty.
    pub number: String,
}

/// What a listing fixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Number of the notice.
    pub notice_number: String,
    /// Last day of the treatment.
    pub deadline: Date,
    /// Who signed the notice for the listing body.
    pub signer: String,
    /// Who received it for the enterprise.
    pub receiver: String,
    /// Whether production stops until it is treated.
    pub suspends: bool,
}

/// The institution that is commissioned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commission {
    /// Institution.
    pub institution: String,
    /// Number of its qualification.
    pub qualification: String,
    /// Last day of the qualification.
    pub qualified_until: Date,
    /// Field that the qualification covers.
    pub field: String,
}

/// What the institution concluded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// Number of the report.
    pub report: String,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// Conclusion.
    pub passed: bool,
}

/// Judges a hazard major; opens its dossier at once if a number is given. `upgraded_from` is the general hazard that it was, if any.
///
/// # Errors
/// Enterprise not approved, or the day lies in the future.
pub fn identify(
    enterprise: &Enterprise,
    found: Identification,
    upgraded_from: Option<Serial>,
    moment: Moment,
) -> Result<Vec<Event>, crate::refusal::Refusal> {
    machine::follow(Machine::MajorHazard, BEGINNING, "identify")
        .map_err(|_| Refusal::WrongState { wanted: BEGINNING.to_owned(), state: BEGINNING })?;
    enterprise.must_be_approved()?;
    must_not_be_future(found.found_on, moment.now).map_err(|today| Refusal::InFuture { on: found.found_on, today })?;
    let dossier = moment.next;
    let mut events: Vec<Event> = vec![
        MajorHazardIdentified {
            dossier,
            enterprise: enterprise.serial,
            found_on: found.found_on,
            open_by: workday::shipped().after(moment.now.date(), OPENING_WORKDAYS),
            category: found.category,
            criterion: found.criterion,
            state_and_cause: found.state_and_cause,
            harm_and_difficulty: found.harm_and_difficulty,
            protection: found.protection,
            upgraded_from,
        }
        .into(),
    ];
    if !found.number.is_empty() {
        events.push(DossierOpened { dossier, number: found.number }.into());
    }
    Ok(events)
}

fn within_term(deadline: Date, now: Instant) -> Result<(), Refusal> {
    let first = now.date();
    let last = Instant::start_of(first).plus_days(LONGEST_LISTING_DAYS).date();
    if deadline < first || deadline > last {
        return Err(Refusal::DeadlineOutside { deadline, first, last });
    }
    Ok(())
}

fn named(persons: Vec<String>) -> Vec<Personal> {
    persons.into_iter().map(Personal::Known).collect()
}

impl Dossier {
    /// People are protected: withdrawn, stopped, warned, monitored (MH2).
    ///
    /// # Errors
    /// Wrong state.
    pub fn protect(&self, protection: String) -> Result<Event, Refusal> {
        self.step("protect")?;
        Ok(PeopleProtected { dossier: self.serial, protection }.into())
    }

    /// Opens the dossier under a number (MH3).
    ///
    /// # Errors
    /// Wrong state.
    pub fn open(&self, number: String) -> Result<Event, Refusal> {
        self.step("open_dossier")?;
        Ok(DossierOpened { dossier: self.serial, number }.into())
    }

    /// Enters the five elements (MH4).
    ///
    /// # Errors
    /// Wrong state, or the time limit lies in the past or too far ahead.
    pub fn complete(&self, plan: Plan, now: Instant) -> Result<Event, Refusal> {
        self.step("complete")?;
        within_term(plan.deadline, now)?;
        Ok(DossierCompleted { dossier: self.serial, plan }.into())
    }

    /// Sends it to the three bodies (MH5).
    ///
    /// # Errors
    /// Wrong state, or nobody is protected yet.
    pub fn file(&self) -> Result<Event, Refusal> {
        self.step("file")?;
        if self.protection.is_empty() {
            return Err(Refusal::NotProtected {});
        }
        Ok(DossierFiled { dossier: self.serial }.into())
    }

    /// One body confirms (MH5), by an account that speaks for it.
    ///
    /// # Errors
    /// Wrong state, an account of another body, or confirmed already.
    pub fn confirm(&self, body: FilingBody, actor: &Actor) -> Result<Event, Refusal> {
        let last = self.confirmed.len() + 1 >= FilingBody::ALL.len();
        self.step(if last { "confirm_last" } else { "confirm" })?;
        if !actor.is(body.role()) {
            return Err(Refusal::NotThatBody { role: body.role().id() });
        }
        if self.confirmed.contains(&body) {
            return Err(Refusal::AlreadyConfirmed {});
        }
        Ok(FilingConfirmed { dossier: self.serial, body }.into())
    }

    /// The industry department lists it (MH6).
    ///
    /// # Errors
    /// Wrong state, or the deadline is outside one year.
    pub fn list(&self, listing: Listing, now: Instant) -> Result<Event, Refusal> {
        self.step("list")?;
        within_term(listing.deadline, now)?;
        Ok(DossierListed {
            dossier: self.serial,
            notice_number: listing.notice_number,
            deadline: listing.deadline,
            signer: Personal::Known(listing.signer),
            receiver: Personal::Known(listing.receiver),
            suspends: listing.suspends,
        }
        .into())
    }

    /// The industry department says why it does not list it (MH7).
    ///
    /// # Errors
    /// Wrong state.
    pub fn decline_listing(&self, reason: String) -> Result<Event, Refusal> {
        self.step("decline_listing")?;
        Ok(ListingDeclined { dossier: self.serial, reason }.into())
    }

    /// Treatment begins (MH8).
    ///
    /// # Errors
    /// Wrong state.
    pub fn start(&self, log: String) -> Result<Event, Refusal> {
        self.step("treat")?;
        Ok(TreatmentStarted { dossier: self.serial, log }.into())
    }

    /// Monthly progress (MH9). A month that was missed may still be reported; none may be skipped.
    ///
    /// # Errors
    /// Wrong state, a month before the treatment, still to come, or after one that is owed.
    pub fn report(&self, progress: Progress, now: Instant) -> Result<Event, Refusal> {
        self.step("report_progress")?;
        let today = Month::of(now.date());
        let (first, last) = (self.treated_from.unwrap_or(today), self.progress_from.map_or(today, |owed| owed.min(today)));
        if progress.month < first || progress.month > last {
            return Err(Refusal::MonthOutside { month: progress.month, first, last });
        }
        Ok(ProgressReported { dossier: self.serial, progress }.into())
    }

    /// Asks for a later deadline within the last twenty working days (MH10).
    ///
    /// # Errors
    /// Wrong state, asked already, extended often enough, too early, too late, or a day that is not later or too far ahead.
    pub fn ask_extension(&self, deadline: Date, reason: String, protection: String, now: Instant) -> Result<Event, Refusal> {
        self.step("ask_extension")?;
        if self.extension.is_some() {
            return Err(Refusal::ExtensionPending {});
        }
        if self.extensions >= MOST_EXTENSIONS {
            return Err(Refusal::ExtensionsSpent { most: MOST_EXTENSIONS });
        }
        if let Some(present) = self.listed_deadline {
            let (first, last) = (workday::shipped().before(present, EXTENSION_WINDOW_WORKDAYS), present);
            if now.date() < first || now.date() > last {
                return Err(Refusal::ExtensionOutside { first, last });
            }
            let (first, last) =
                (Instant::end_of(present).date(), Instant::start_of(now.date()).plus_days(LONGEST_LISTING_DAYS).date());
            if deadline < first || deadline > last {
                return Err(Refusal::DeadlineOutside { deadline, first, last });
            }
        }
        Ok(TreatmentExtensionAsked { dossier: self.serial, deadline, reason, protection }.into())
    }

    /// Decides on a later deadline (MH10).
    ///
    /// # Errors
    /// Wrong state, or nothing was asked.
    pub fn decide_extension(&self, granted: bool, reason: String) -> Result<Event, Refusal> {
        self.step("decide_extension")?;
        self.extension.ok_or(Refusal::NoExtensionAsked {})?;
        Ok(TreatmentExtensionDecided { dossier: self.serial, granted, reason }.into())
    }

    /// The treatment ended (MH12).
    ///
    /// # Errors
    /// Wrong state.
    pub fn finish(&self, statement: String) -> Result<Event, Refusal> {
        self.step("finish")?;
        Ok(TreatmentCompleted { dossier: self.serial, statement }.into())
    }

    /// A qualified institution is commissioned (MH13).
    ///
    /// # Errors
    /// Wrong state, or its qualification ended.
    pub fn commission(&self, commission: Commission, now: Instant) -> Result<Event, Refusal> {
        self.step("commission")?;
        let today = now.date();
        if commission.qualified_until < today {
            return Err(Refusal::QualificationExpired { until: commission.qualified_until, today });
        }
        Ok(AssessmentCommissioned {
            dossier: self.serial,
            institution: commission.institution,
            qualification: commission.qualification,
            qualified_until: commission.qualified_until,
            field: commission.field,
        }
        .into())
    }

    /// The institution concluded (MH14, MH15).
    ///
    /// # Errors
    /// Wrong state.
    pub fn assess(&self, assessment: Assessment) -> Result<Event, Refusal> {
        self.step(if assessment.passed { "assess_pass" } else { "assess_fail" })?;
        let Assessment { report, authors, passed } = assessment;
        Ok(TreatmentAssessed { dossier: self.serial, report, authors: named(authors), passed }.into())
    }

    /// Applies for re-inspection and acceptance (MH16).
    ///
    /// # Errors
    /// Wrong state.
    pub fn apply_for_acceptance(&self) -> Result<Event, Refusal> {
        self.step("apply")?;
        Ok(AcceptanceApplied { dossier: self.serial }.into())
    }

    /// The listing body accepts or refuses (MH17, MH18).
    ///
    /// # Errors
    /// Wrong state, fewer than two persons, or a refusal without reason or deadline.
    pub fn decide(
        &self,
        accepted: bool,
        reason: String,
        new_deadline: Option<Date>,
        inspectors: Vec<String>,
        now: Instant,
    ) -> Result<Event, Refusal> {
        self.step(if accepted { "accept" } else { "refuse" })?;
        let different: BTreeSet<&str> = inspectors.iter().map(String::as_str).collect();
        if different.len() < LEAST_INSPECTORS {
            return Err(Refusal::TooFewInspectors { named: different.len() });
        }
        match (accepted, new_deadline) {
            (false, Some(deadline)) if !reason.is_empty() => within_term(deadline, now)?,
            (false, _) => return Err(Refusal::RefusalIncomplete {}),
            (true, _) => {}
        }
        Ok(AcceptanceDecided {
            dossier: self.serial,
            accepted,
            reason: if accepted { String::new() } else { reason },
            new_deadline: if accepted { None } else { new_deadline },
            inspectors: named(inspectors),
        }
        .into())
    }

    /// Taken down and struck off (MH19).
    ///
    /// # Errors
    /// Wrong state.
    pub fn strike_off(&self, closing_number: String) -> Result<Event, Refusal> {
        self.step("strike_off")?;
        Ok(DossierStruckOff { dossier: self.serial, closing_number }.into())
    }

    fn must_be_suspended(&self) -> Result<(), Refusal> {
        let suspended = self.notice.as_ref().is_some_and(|notice| notice.suspends) && !self.resumed;
        if suspended { Ok(()) } else { Err(Refusal::NotSuspended {}) }
    }

    /// Asks to go on producing (MH20).
    ///
    /// # Errors
    /// Wrong state, production never stopped, or asked already.
    pub fn ask_resumption(&self) -> Result<Event, Refusal> {
        self.step("ask_resumption")?;
        self.must_be_suspended()?;
        if self.resumption {
            return Err(Refusal::ResumptionPending {});
        }
        Ok(ResumptionAsked { dossier: self.serial }.into())
    }

    /// Consents to going on, or refuses (MH20).
    ///
    /// # Errors
    /// Wrong state, or nothing was asked.
    pub fn decide_resumption(&self, consented: bool, reason: String) -> Result<Event, Refusal> {
        self.step("decide_resumption")?;
        if !self.resumption {
            return Err(Refusal::NoResumptionAsked {});
        }
        Ok(ResumptionDecided { dossier: self.serial, consented, reason }.into())
    }

    /// Judged general after all, on an expert's opinion and over the head's signature (MH21): it goes on as a general hazard.
    ///
    /// # Errors
    /// Wrong state, or expert and head are one person.
    pub fn downgrade(
        &self,
        place: String,
        reason: String,
        expert: String,
        head: String,
        moment: Moment,
    ) -> Result<Vec<Event>, Refusal> {
        self.step("downgrade")?;
        if expert == head {
            return Err(Refusal::ExpertIsHead {});
        }
        let hazard = moment.next;
        let found = HazardFound {
            hazard,
            enterprise: self.enterprise,
            found_on: self.found_on,
            category: self.category,
            place,
            description: self.state_and_cause.clone(),
            source: 8,
            finder: Personal::Known(expert.clone()),
            repeat_of: None,
            downgraded_from: Some(self.serial),
        };
        let assessed = HazardAssessed { hazard, criteria: reason.clone() };
        let (expert, head) = (Personal::Known(expert), Personal::Known(head));
        let downgraded = DossierDowngraded { dossier: self.serial, hazard, reason, expert, head };
        Ok(vec![found.into(), assessed.into(), downgraded.into()])
    }
}
