//! General hazards (一般隐患): found, rectified, re-inspected, accepted, struck off (排查、整改、复查、验收、销号).
//!
//! Source: R18, R51; dossier GH1–GH11. Who may do what is in the policy table; here are the states.

use crate::{
    clock::{Date, Instant},
    enterprise::Enterprise,
    event::{
        Event, HazardAccepted, HazardFound, HazardRectified, HazardReinspected, HazardStruckOff, RectificationAssigned,
        RectificationOverdue,
    },
    hazard_category::HazardCategory,
    industry::IndustryCode,
    personal::Personal,
    refusals,
    self_inspection::must_not_be_future,
    serial::Serial,
    stamp::{Moment, Stamp},
};

/// Longest time for a rectification, in days [P]; longer needs a reason and comes with extensions.
pub const LONGEST_RECTIFICATION_DAYS: i32 = 30;

/// Where a general hazard stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// 已登记
    Registered,
    /// 整改中
    Rectifying,
    /// 待复查
    Rectified,
    /// 复查合格
    Reinspected,
    /// 已验收
    Accepted,
    /// 已销号
    StruckOff,
}

impl State {
    /// In messages.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Registered => "registered (已登记)",
            Self::Rectifying => "being rectified (整改中)",
            Self::Rectified => "waiting for re-inspection (待复查)",
            Self::Reinspected => "re-inspected (复查合格)",
            Self::Accepted => "accepted (已验收)",
            Self::StruckOff => "struck off (已销号)",
        }
    }
}

/// One general hazard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hazard {
    /// Permanent serial.
    pub serial: Serial,
    /// Enterprise.
    pub enterprise: Serial,
    /// Industry category of the enterprise when the hazard was found.
    pub industry: IndustryCode,
    /// Where it stands.
    pub state: State,
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
    pub finder: Personal,
    /// Who rectifies.
    pub responsible: Option<Personal>,
    /// What is to be done.
    pub measure: String,
    /// Last day for it.
    pub deadline: Option<Date>,
    /// The deadline passed without rectification.
    pub overdue: bool,
    /// Failed re-inspections.
    pub returned: u32,
    /// Account that reported the rectification.
    pub rectified_by: Option<String>,
    /// Day it was struck off.
    pub struck_off_on: Option<Date>,
    /// Position of the last change.
    pub version: u64,
}

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
}

refusals! {
    /// Unknown, or outside the caller's sight.
    NotFound { name: String } NotFound "HAZARD_NOT_FOUND"
        "there is no hazard `{name}` here", "没有该隐患:{name}";
    /// The day is still to come.
    InFuture { on: Date, today: Date } InvalidArgument "HAZARD_IN_FUTURE"
        "{on} is after today, {today}", "发现日期{on}晚于今天{today}";
    /// The step does not follow from this state.
    WrongState { wanted: &'static str, state: &'static str } FailedPrecondition "HAZARD_WRONG_STATE"
        "the hazard is {state}; this needs one that is {wanted}", "隐患当前状态为{state},该操作要求状态为{wanted}";
    /// The deadline is not in the window.
    DeadlineOutside { deadline: Date, first: Date, last: Date } InvalidArgument "HAZARD_DEADLINE_OUTSIDE"
        "deadline {deadline} must lie from {first} to {last}", "整改期限{deadline}应在{first}至{last}之间";
    /// Who rectified may not re-inspect.
    SamePerson { account: String } PermissionDenied "HAZARD_SAME_PERSON"
        "account {account} reported the rectification; somebody else must re-inspect it", "账号{account}已填报整改,须由他人复查";
    /// A failed re-inspection says why and by when.
    FailureIncomplete {} InvalidArgument "HAZARD_FAILURE_INCOMPLETE"
        "a failed re-inspection needs a reason and a new deadline", "复查不合格须说明原因并重新确定期限";
}

/// Registers a find.
///
/// # Errors
/// Enterprise not approved, or the day lies in the future.
pub fn register(enterprise: &Enterprise, find: Find, moment: Moment) -> Result<Event, crate::refusal::Refusal> {
    enterprise.must_be_approved()?;
    must_not_be_future(find.found_on, moment.now).map_err(|today| Refusal::InFuture { on: find.found_on, today })?;
    Ok(HazardFound {
        hazard: moment.next,
        enterprise: enterprise.serial,
        found_on: find.found_on,
        category: find.category,
        place: find.place,
        description: find.description,
        source: find.source,
        finder: Personal::Known(find.finder),
    }
    .into())
}

fn within_window(deadline: Date, now: Instant) -> Result<(), Refusal> {
    let first = now.date();
    let last = Instant::start_of(first).plus_days(i64::from(LONGEST_RECTIFICATION_DAYS)).date();
    if deadline < first || deadline > last {
        return Err(Refusal::DeadlineOutside { deadline, first, last });
    }
    Ok(())
}

impl Hazard {
    /// As the first event makes it.
    #[must_use]
    pub fn found(event: &HazardFound, industry: IndustryCode, stamp: &Stamp) -> Self {
        Self {
            serial: event.hazard,
            enterprise: event.enterprise,
            industry,
            state: State::Registered,
            found_on: event.found_on,
            category: event.category,
            place: event.place.clone(),
            description: event.description.clone(),
            source: event.source,
            finder: event.finder.clone(),
            responsible: None,
            measure: String::new(),
            deadline: None,
            overdue: false,
            returned: 0,
            rectified_by: None,
            struck_off_on: None,
            version: stamp.position,
        }
    }

    fn must_be(&self, wanted: State) -> Result<(), Refusal> {
        if self.state == wanted { Ok(()) } else { Err(Refusal::WrongState { wanted: wanted.id(), state: self.state.id() }) }
    }

    /// Instant at which time itself will change it.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        match self.state {
            State::Rectifying if !self.overdue => self.deadline.map(Instant::end_of),
            State::Registered
            | State::Rectifying
            | State::Rectified
            | State::Reinspected
            | State::Accepted
            | State::StruckOff => None,
        }
    }

    /// Names who rectifies, how and by when.
    ///
    /// # Errors
    /// Wrong state, or the deadline lies in the past or too far ahead.
    pub fn assign(&self, responsible: String, measure: String, deadline: Date, now: Instant) -> Result<Event, Refusal> {
        self.must_be(State::Registered)?;
        within_window(deadline, now)?;
        Ok(RectificationAssigned { hazard: self.serial, responsible: Personal::Known(responsible), measure, deadline }.into())
    }

    /// The deadline passed. `None` if there is nothing to say.
    #[must_use]
    pub fn fall_overdue(&self, now: Instant) -> Option<Event> {
        self.due().filter(|due| *due <= now).map(|_| RectificationOverdue { hazard: self.serial }.into())
    }

    /// Rectification is reported done.
    ///
    /// # Errors
    /// Wrong state.
    pub fn rectify(&self, result: String) -> Result<Event, Refusal> {
        self.must_be(State::Rectifying)?;
        Ok(HazardRectified { hazard: self.serial, result }.into())
    }

    /// Somebody else looks again.
    ///
    /// # Errors
    /// Wrong state, the same person, or a failure without reason or deadline.
    pub fn reinspect(
        &self,
        by: &str,
        passed: bool,
        reason: String,
        new_deadline: Option<Date>,
        now: Instant,
    ) -> Result<Event, Refusal> {
        self.must_be(State::Rectified)?;
        if self.rectified_by.as_deref() == Some(by) {
            return Err(Refusal::SamePerson { account: by.to_owned() });
        }
        if passed {
            return Ok(HazardReinspected { hazard: self.serial, passed, reason: String::new(), new_deadline: None }.into());
        }
        match new_deadline {
            Some(deadline) if !reason.is_empty() => {
                within_window(deadline, now)?;
                Ok(HazardReinspected { hazard: self.serial, passed, reason, new_deadline }.into())
            }
            Some(_) | None => Err(Refusal::FailureIncomplete {}),
        }
    }

    /// The rectification is accepted.
    ///
    /// # Errors
    /// Wrong state.
    pub fn accept(&self) -> Result<Event, Refusal> {
        self.must_be(State::Reinspected)?;
        Ok(HazardAccepted { hazard: self.serial }.into())
    }

    /// The hazard is struck off the list.
    ///
    /// # Errors
    /// Wrong state.
    pub fn strike_off(&self) -> Result<Event, Refusal> {
        self.must_be(State::Accepted)?;
        Ok(HazardStruckOff { hazard: self.serial }.into())
    }

    /// Assigned.
    pub fn apply_assigned(&mut self, event: &RectificationAssigned, stamp: &Stamp) {
        self.state = State::Rectifying;
        self.responsible = Some(event.responsible.clone());
        self.measure.clone_from(&event.measure);
        self.deadline = Some(event.deadline);
        self.version = stamp.position;
    }

    /// Overdue.
    pub fn apply_overdue(&mut self, stamp: &Stamp) {
        self.overdue = true;
        self.version = stamp.position;
    }

    /// Rectified.
    pub fn apply_rectified(&mut self, stamp: &Stamp) {
        self.state = State::Rectified;
        self.overdue = false;
        self.rectified_by = Some(stamp.actor.clone());
        self.version = stamp.position;
    }

    /// Re-inspected.
    pub fn apply_reinspected(&mut self, event: &HazardReinspected, stamp: &Stamp) {
        if event.passed {
            self.state = State::Reinspected;
        } else {
            self.state = State::Rectifying;
            self.deadline = event.new_deadline;
            self.returned += 1;
        }
        self.version = stamp.position;
    }

    /// Accepted.
    pub fn apply_accepted(&mut self, stamp: &Stamp) {
        self.state = State::Accepted;
        self.version = stamp.position;
    }

    /// Struck off.
    pub fn apply_struck_off(&mut self, stamp: &Stamp) {
        self.state = State::StruckOff;
        self.struck_off_on = Some(stamp.at.date());
        self.version = stamp.position;
    }
}
