//! What may happen to a general hazard, and what it needs beyond the right state.

use super::{
    ENTRY_DAYS, Hazard, LONGEST_RECTIFICATION_DAYS, Refusal, SOURCE_INSPECTION, State, USUAL_RECTIFICATION_DAYS,
    UTMOST_RECTIFICATION_DAYS,
};
use crate::{
    clock::{Date, Instant},
    criteria::Criteria,
    dossier::{self, Identification},
    enterprise::Enterprise,
    event::{
        Event, ExtensionAsked, ExtensionDecided, HazardAccepted, HazardAssessed, HazardFixedOnSpot, HazardFound, HazardRectified,
        HazardRecurred, HazardReinspected, HazardStruckOff, HazardUpgraded, ReassessmentProposed, RectificationAssigned,
        RectificationOverdue, VoidingAsked, VoidingDecided,
    },
    hazard_category::HazardCategory,
    industry::IndustryCode,
    machine::{self, BEGINNING, Machine},
    personal::Personal,
    self_inspection::must_not_be_future,
    serial::Serial,
    stamp::Moment,
};

/// What is reported of a find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Find {
    /// Day of discovery.
    pub found_on: Date,
    /// Category.
    pub category: HazardCategory,
    /// Place.
    pub place: String,
    /// What is wrong.
    pub description: String,
    /// 隐患来源, 1 to 8.
    pub source: u8,
    /// Who found it.
    pub finder: String,
    /// Set of criteria by which it is judged general at once; `None` leaves the judgement to a later step.
    pub general_by: Option<String>,
    /// The struck-off hazard that came back as this one.
    pub repeat_of: Option<Serial>,
}

/// What an assignment fixes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// 整改责任人
    pub rectifier: String,
    /// 复查责任人
    pub reinspector: String,
    /// 验收责任人
    pub acceptor: String,
    /// 销号责任人
    pub closer: String,
    /// What is to be done.
    pub measure: String,
    /// Protection of people meanwhile.
    pub protection: String,
    /// Last day; the seventh day from today if none is named.
    pub deadline: Option<Date>,
    /// Why it takes longer than thirty days, else empty.
    pub reason: String,
}

/// Registers a find. `repeated` is the hazard named in [`Find::repeat_of`], if it is known.
///
/// # Errors
/// Enterprise not approved, the day lies in the future, or what came back never went.
pub fn register(
    enterprise: &Enterprise,
    find: Find,
    repeated: Option<&Hazard>,
    moment: Moment,
) -> Result<Vec<Event>, crate::refusal::Refusal> {
    machine::follow(Machine::GeneralHazard, BEGINNING, "register")
        .map_err(|_| Refusal::WrongState { wanted: BEGINNING.to_owned(), state: BEGINNING })?;
    enterprise.must_be_approved()?;
    must_not_be_future(find.found_on, moment.now).map_err(|today| Refusal::InFuture { on: find.found_on, today })?;
    let hazard = moment.next;
    let mut events: Vec<Event> = vec![
        HazardFound {
            hazard,
            enterprise: enterprise.serial,
            found_on: find.found_on,
            category: find.category,
            place: find.place,
            description: find.description,
            source: find.source,
            finder: Personal::Known(find.finder),
            repeat_of: find.repeat_of,
            downgraded_from: None,
        }
        .into(),
    ];
    events.extend(find.general_by.map(|criteria| HazardAssessed { hazard, criteria }.into()));
    if let Some(old) = find.repeat_of {
        let nothing = || Refusal::RepeatsNothing { name: format!("hazards/{old}") };
        let repeated = repeated.filter(|repeated| repeated.enterprise == enterprise.serial).ok_or_else(nothing)?;
        repeated.step("recur").map_err(|_| nothing())?;
        events.push(HazardRecurred { hazard: old, again: hazard }.into());
    }
    Ok(events)
}

/// A hazard is judged by a set of criteria that was in force, for its industry, on the day it was found; no judgement is no mistake.
///
/// # Errors
/// [`Refusal::CriteriaNotInForce`].
pub fn check_criteria(given: Option<&str>, industry: IndustryCode, on: Date, criteria: &Criteria) -> Result<(), Refusal> {
    let Some(given) = given else { return Ok(()) };
    criteria.check(given, industry, on).map_err(|sets| Refusal::CriteriaNotInForce { given: given.to_owned(), on, sets })
}

/// True if a find of that day is entered late.
pub(super) fn is_late_entry(found_on: Date, entered: Instant) -> bool {
    entered.date() > Instant::start_of(found_on).plus_days(ENTRY_DAYS).date()
}

/// A deadline from today on, within thirty days unless a reason is given.
fn check_deadline(deadline: Date, reason: &str, now: Instant) -> Result<(), Refusal> {
    let first = now.date();
    let day = |days| Instant::start_of(first).plus_days(days).date();
    let (long, last) = (day(LONGEST_RECTIFICATION_DAYS), day(UTMOST_RECTIFICATION_DAYS));
    if deadline < first || deadline > last {
        return Err(Refusal::DeadlineOutside { deadline, first, last });
    }
    if deadline > long && reason.is_empty() {
        return Err(Refusal::LongWithoutReason { deadline, last: long });
    }
    Ok(())
}

impl Hazard {
    /// Judged general by a set of criteria (GH2).
    ///
    /// # Errors
    /// Wrong state.
    pub fn assess_general(&self, criteria: String) -> Result<Event, Refusal> {
        self.step("assess_general")?;
        Ok(HazardAssessed { hazard: self.serial, criteria }.into())
    }

    /// Judged major, at once (GH3) or later (GH13): it goes on as a dossier.
    ///
    /// # Errors
    /// Wrong state, or what a dossier needs is missing.
    pub fn upgrade(
        &self,
        enterprise: &Enterprise,
        found: Identification,
        reason: String,
        moment: Moment,
    ) -> Result<Vec<Event>, crate::refusal::Refusal> {
        self.step(if self.state == State::Registered { "assess_major" } else { "upgrade" })?;
        let mut events = dossier::identify(enterprise, found, Some(self.serial), moment)?;
        events.push(HazardUpgraded { hazard: self.serial, dossier: moment.next, reason }.into());
        Ok(events)
    }

    /// Put right on the spot (GH4).
    ///
    /// # Errors
    /// Wrong state.
    pub fn fix_on_spot(&self, result: String) -> Result<Event, Refusal> {
        self.step("fix_on_spot")?;
        Ok(HazardFixedOnSpot { hazard: self.serial, result }.into())
    }

    /// Names who answers for each step, what is to be done and by when (GH5).
    ///
    /// # Errors
    /// Wrong state, or the deadline lies in the past or too far ahead.
    pub fn assign(&self, assignment: Assignment, now: Instant) -> Result<Event, Refusal> {
        self.step("assign")?;
        let usual = Instant::start_of(now.date()).plus_days(USUAL_RECTIFICATION_DAYS).date();
        // Once the order's day has passed, the usual days run; the hazard was late before it was assigned.
        let ordered = self.ordered.map(|ordered| ordered.deadline).filter(|ordered| *ordered >= now.date());
        let deadline = assignment.deadline.or(ordered).unwrap_or(usual);
        check_deadline(deadline, &assignment.reason, now)?;
        if let Some(ordered) = ordered.filter(|ordered| deadline > *ordered) {
            return Err(Refusal::BeyondOrder { deadline, ordered });
        }
        Ok(RectificationAssigned {
            hazard: self.serial,
            responsible: Personal::Known(assignment.rectifier),
            measure: assignment.measure,
            deadline,
            reinspector: Personal::Known(assignment.reinspector),
            acceptor: Personal::Known(assignment.acceptor),
            closer: Personal::Known(assignment.closer),
            protection: assignment.protection,
            reason: assignment.reason,
        }
        .into())
    }

    /// Rectification is reported done (GH6).
    ///
    /// # Errors
    /// Wrong state.
    pub fn rectify(&self, result: String, cost_yuan: u64) -> Result<Event, Refusal> {
        self.step("rectify")?;
        Ok(HazardRectified { hazard: self.serial, result, cost_yuan }.into())
    }

    /// What an inspection ordered, only the authority may look at again.
    fn must_be_authority(&self, authority: bool) -> Result<(), Refusal> {
        if self.source == SOURCE_INSPECTION && !authority { Err(Refusal::AuthorityRequired {}) } else { Ok(()) }
    }

    /// Somebody else looks again (GH7, GH8). `authority` says that the account acts for a supervising department, `outside` that it does
    /// not belong to the enterprise: township or county stand in where the enterprise has one account, and the record says so.
    ///
    /// # Errors
    /// Wrong state, an enterprise where the authority must look, or a failure without reason or deadline.
    pub fn reinspect(
        &self,
        outside: bool,
        authority: bool,
        passed: bool,
        reason: String,
        new_deadline: Option<Date>,
        now: Instant,
    ) -> Result<Event, Refusal> {
        self.step(if passed { "reinspect_pass" } else { "reinspect_fail" })?;
        self.must_be_authority(authority)?;
        let stood_in = outside && self.source != SOURCE_INSPECTION;
        if passed {
            return Ok(
                HazardReinspected { hazard: self.serial, passed, reason: String::new(), new_deadline: None, stood_in }.into()
            );
        }
        match new_deadline {
            Some(deadline) if !reason.is_empty() => {
                check_deadline(deadline, &reason, now)?;
                Ok(HazardReinspected { hazard: self.serial, passed, reason, new_deadline, stood_in }.into())
            }
            Some(_) | None => Err(Refusal::FailureIncomplete {}),
        }
    }

    /// The rectification is accepted (GH9).
    ///
    /// # Errors
    /// Wrong state, or an enterprise where the authority must accept.
    pub fn accept(&self, authority: bool) -> Result<Event, Refusal> {
        self.step("accept")?;
        self.must_be_authority(authority)?;
        Ok(HazardAccepted { hazard: self.serial }.into())
    }

    /// The hazard is struck off the list (GH10).
    ///
    /// # Errors
    /// Wrong state, or an enterprise where the authority must do it.
    pub fn strike_off(&self, authority: bool) -> Result<Event, Refusal> {
        self.step("strike_off")?;
        self.must_be_authority(authority)?;
        Ok(HazardStruckOff { hazard: self.serial }.into())
    }

    /// What time has to say by `now`, if anything (GH11).
    #[must_use]
    pub fn fall_due(&self, now: Instant) -> Option<Event> {
        self.due().filter(|due| *due <= now)?;
        self.step("fall_overdue").ok()?;
        Some(if self.overdue {
            ReassessmentProposed { hazard: self.serial }.into()
        } else {
            RectificationOverdue { hazard: self.serial }.into()
        })
    }

    /// Asks for a later deadline, before the present one (GH12).
    ///
    /// # Errors
    /// Wrong state, asked already, too late, or a day that is not later or too far ahead.
    pub fn ask_extension(&self, deadline: Date, reason: String, protection: String, now: Instant) -> Result<Event, Refusal> {
        self.step("ask_extension")?;
        if self.extension.is_some() {
            return Err(Refusal::ExtensionPending {});
        }
        if let Some(present) = self.deadline {
            if now.date() > present {
                return Err(Refusal::ExtensionTooLate { deadline: present });
            }
            let first = Instant::end_of(present).date();
            let last = Instant::start_of(now.date()).plus_days(UTMOST_RECTIFICATION_DAYS).date();
            if deadline < first || deadline > last {
                return Err(Refusal::DeadlineOutside { deadline, first, last });
            }
        }
        Ok(ExtensionAsked { hazard: self.serial, deadline, reason, protection }.into())
    }

    /// Decides on a later deadline (GH12). Silence is not consent: nobody's silence ends here.
    ///
    /// # Errors
    /// Wrong state, or nothing was asked.
    pub fn decide_extension(&self, granted: bool, reason: String) -> Result<Event, Refusal> {
        self.step("decide_extension")?;
        self.extension.as_ref().ok_or(Refusal::NoExtensionAsked {})?;
        Ok(ExtensionDecided { hazard: self.serial, granted, reason }.into())
    }

    /// Asks that it be voided: entered twice, or by mistake (GH14). `duplicate` is the hazard of that serial, if it is known.
    ///
    /// # Errors
    /// Wrong state, asked already, or the duplicate is no other hazard of this enterprise.
    pub fn ask_voiding(
        &self,
        reason: String,
        duplicate_of: Option<Serial>,
        duplicate: Option<&Hazard>,
    ) -> Result<Event, Refusal> {
        self.step("ask_void")?;
        if self.voiding.is_some() {
            return Err(Refusal::VoidingPending {});
        }
        if let Some(serial) = duplicate_of
            && !duplicate.is_some_and(|other| other.enterprise == self.enterprise && other.serial != self.serial)
        {
            return Err(Refusal::DuplicateUnknown { name: format!("hazards/{serial}") });
        }
        Ok(VoidingAsked { hazard: self.serial, reason, duplicate_of }.into())
    }

    /// The county consents or refuses (GH14). Nothing is deleted.
    ///
    /// # Errors
    /// Wrong state, or nothing was asked.
    pub fn decide_voiding(&self, consented: bool, reason: String) -> Result<Event, Refusal> {
        self.step(if consented { "consent_void" } else { "refuse_void" })?;
        self.voiding.as_ref().ok_or(Refusal::NoVoidingAsked {})?;
        Ok(VoidingDecided { hazard: self.serial, consented, reason }.into())
    }
}
