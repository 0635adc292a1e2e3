//! Major hazards (重大隐患): one dossier each, listed for supervision until accepted and struck off.
//!
//! Source: R52–R58; dossier MH1–MH19. Institutions, extensions, downgrade and levels above the county come later.

use std::collections::BTreeSet;

use crate::{
    clock::{Date, Instant},
    enterprise::Enterprise,
    event::{
        AcceptanceApplied, AcceptanceDecided, DossierCompleted, DossierEscalated, DossierFiled, DossierListed, DossierStruckOff,
        Event, FilingConfirmed, MajorHazardIdentified, ProgressReported, TreatmentAssessed, TreatmentCompleted, TreatmentOverdue,
    },
    hazard_category::HazardCategory,
    industry::IndustryCode,
    period::Month,
    personal::Personal,
    refusals,
    self_inspection::must_not_be_future,
    serial::Serial,
    stamp::{Moment, Stamp},
};

/// Longest term of a listing, in days [P].
pub const LONGEST_LISTING_DAYS: i64 = 366;
/// Days past the listed deadline after which the province sees the dossier [P].
pub const ESCALATION_DAYS: i64 = 30;
/// Least number of persons who look at an acceptance.
pub const LEAST_INSPECTORS: usize = 2;

/// A body that a dossier is filed with (备案).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FilingBody {
    /// 县级安委会办公室
    CommissionOffice,
    /// 行业主管部门
    IndustryDepartment,
    /// 负有安全生产监管职责的部门
    DutyDepartment,
}

impl FilingBody {
    /// All three.
    pub const ALL: [Self; 3] = [Self::CommissionOffice, Self::IndustryDepartment, Self::DutyDepartment];

    /// Number on the wire and in the journal.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::CommissionOffice => 1,
            Self::IndustryDepartment => 2,
            Self::DutyDepartment => 3,
        }
    }

    /// From its number.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|body| u32::from(body.number()) == number)
    }
}

/// The five elements (措施、责任、资金、时限、预案) with the goals as sixth item of Order 16's plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// 措施
    pub measures: String,
    /// 责任, by post
    pub responsibility: String,
    /// 资金, yuan
    pub funds_yuan: u64,
    /// 时限
    pub deadline: Date,
    /// 预案
    pub emergency_plan: String,
    /// 目标任务
    pub goals: String,
}

/// One progress report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Month reported on.
    pub month: Month,
    /// 0 to 100.
    pub percent: u8,
    /// Spent so far, yuan.
    pub spent_yuan: u64,
    /// Problems and protection.
    pub text: String,
}

/// Where a major hazard stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// 建档
    Identified,
    /// All five elements are there.
    Ready,
    /// Sent to the three bodies.
    Filing,
    /// 已备案
    Filed,
    /// 已挂牌
    Listed,
    /// 整改结束
    Completed,
    /// 评估合格
    Assessed,
    /// 申请验收
    Applied,
    /// 验收合格
    Accepted,
    /// 已销号
    StruckOff,
}

impl State {
    /// In messages.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Identified => "identified (建档)",
            Self::Ready => "complete (五要素齐全)",
            Self::Filing => "being filed (备案中)",
            Self::Filed => "filed (已备案)",
            Self::Listed => "listed (已挂牌)",
            Self::Completed => "treated (整改结束)",
            Self::Assessed => "assessed (评估合格)",
            Self::Applied => "up for acceptance (申请验收)",
            Self::Accepted => "accepted (验收合格)",
            Self::StruckOff => "struck off (已销号)",
        }
    }
}

/// One dossier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dossier {
    /// Permanent serial.
    pub serial: Serial,
    /// Enterprise.
    pub enterprise: Serial,
    /// Its registered name when the hazard was identified.
    pub enterprise_title: String,
    /// Its industry category then.
    pub industry: IndustryCode,
    /// Where it stands.
    pub state: State,
    /// Day of discovery.
    pub found_on: Date,
    /// Category.
    pub category: HazardCategory,
    /// Criterion by which it was judged.
    pub criterion: String,
    /// Present state and cause.
    pub state_and_cause: String,
    /// Degree of harm and difficulty.
    pub harm_and_difficulty: String,
    /// Protection of people meanwhile.
    pub protection: String,
    /// The general hazard that it was, if it was upgraded.
    pub upgraded_from: Option<Serial>,
    /// The five elements.
    pub plan: Option<Plan>,
    /// Bodies that confirmed the filing.
    pub confirmed: BTreeSet<FilingBody>,
    /// Number of the listing notice.
    pub notice_number: String,
    /// Listed deadline.
    pub listed_deadline: Option<Date>,
    /// Last progress report.
    pub progress: Option<Progress>,
    /// The listed deadline passed.
    pub overdue: bool,
    /// Shown to the province.
    pub escalated: bool,
    /// Failed acceptances and assessments.
    pub returned: u32,
    /// Day it was struck off.
    pub struck_off_on: Option<Date>,
    /// Number on the closing list.
    pub closing_number: String,
    /// Position of the last change.
    pub version: u64,
}

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
    /// Protection of people meanwhile.
    pub protection: String,
}

refusals! {
    /// Unknown, or outside the caller's sight.
    NotFound { name: String } NotFound "DOSSIER_NOT_FOUND"
        "there is no dossier `{name}` here", "没有该重大隐患档案:{name}";
    /// The day is still to come.
    InFuture { on: Date, today: Date } InvalidArgument "DOSSIER_IN_FUTURE"
        "{on} is after today, {today}", "发现日期{on}晚于今天{today}";
    /// The step does not follow from this state.
    WrongState { wanted: &'static str, state: &'static str } FailedPrecondition "DOSSIER_WRONG_STATE"
        "the dossier is {state}; this needs one that is {wanted}", "重大隐患当前状态为{state},该操作要求状态为{wanted}";
    /// A body confirms once.
    AlreadyConfirmed {} FailedPrecondition "DOSSIER_ALREADY_CONFIRMED"
        "this body has already confirmed the filing", "该部门已确认备案";
    /// The deadline is not in the window.
    DeadlineOutside { deadline: Date, first: Date, last: Date } InvalidArgument "DOSSIER_DEADLINE_OUTSIDE"
        "deadline {deadline} must lie from {first} to {last}", "治理期限{deadline}应在{first}至{last}之间";
    /// One pair of eyes is not enough.
    TooFewInspectors { named: usize } InvalidArgument "DOSSIER_TOO_FEW_INSPECTORS"
        "an acceptance needs at least two different persons, {named} named", "验收须有2名以上人员参加,现有{named}名";
    /// A refusal says why and by when.
    RefusalIncomplete {} InvalidArgument "DOSSIER_REFUSAL_INCOMPLETE"
        "a refused acceptance needs a reason and a new deadline", "验收不合格须说明原因并重新确定期限";
}

/// Judges a hazard major and opens its dossier. `upgraded_from` is the general hazard that it was, if any.
///
/// # Errors
/// Enterprise not approved, or the day lies in the future.
pub fn identify(
    enterprise: &Enterprise,
    found: Identification,
    upgraded_from: Option<Serial>,
    moment: Moment,
) -> Result<Event, crate::refusal::Refusal> {
    enterprise.must_be_approved()?;
    must_not_be_future(found.found_on, moment.now).map_err(|today| Refusal::InFuture { on: found.found_on, today })?;
    Ok(MajorHazardIdentified {
        dossier: moment.next,
        enterprise: enterprise.serial,
        found_on: found.found_on,
        category: found.category,
        criterion: found.criterion,
        state_and_cause: found.state_and_cause,
        harm_and_difficulty: found.harm_and_difficulty,
        protection: found.protection,
        upgraded_from,
    }
    .into())
}

fn within_term(deadline: Date, now: Instant) -> Result<(), Refusal> {
    let first = now.date();
    let last = Instant::start_of(first).plus_days(LONGEST_LISTING_DAYS).date();
    if deadline < first || deadline > last {
        return Err(Refusal::DeadlineOutside { deadline, first, last });
    }
    Ok(())
}

impl Dossier {
    /// As the first event makes it.
    #[must_use]
    pub fn identified(event: &MajorHazardIdentified, enterprise: &Enterprise, stamp: &Stamp) -> Self {
        Self {
            serial: event.dossier,
            enterprise: event.enterprise,
            enterprise_title: enterprise.data.title.clone(),
            industry: enterprise.data.industry,
            state: State::Identified,
            found_on: event.found_on,
            category: event.category,
            criterion: event.criterion.clone(),
            state_and_cause: event.state_and_cause.clone(),
            harm_and_difficulty: event.harm_and_difficulty.clone(),
            protection: event.protection.clone(),
            upgraded_from: event.upgraded_from,
            plan: None,
            confirmed: BTreeSet::new(),
            notice_number: String::new(),
            listed_deadline: None,
            progress: None,
            overdue: false,
            escalated: false,
            returned: 0,
            struck_off_on: None,
            closing_number: String::new(),
            version: stamp.position,
        }
    }

    fn must_be(&self, wanted: State) -> Result<(), Refusal> {
        if self.state == wanted { Ok(()) } else { Err(Refusal::WrongState { wanted: wanted.id(), state: self.state.id() }) }
    }

    /// Instant at which time itself will change it: the end of the listed deadline, then thirty days later.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        let end = Instant::end_of(self.listed_deadline?);
        match self.state {
            State::Listed if !self.overdue => Some(end),
            State::Listed | State::Completed | State::Assessed | State::Applied if self.overdue && !self.escalated => {
                Some(end.plus_days(ESCALATION_DAYS))
            }
            State::Identified
            | State::Ready
            | State::Filing
            | State::Filed
            | State::Listed
            | State::Completed
            | State::Assessed
            | State::Applied
            | State::Accepted
            | State::StruckOff => None,
        }
    }

    /// What time has to say by `now`, if anything.
    #[must_use]
    pub fn fall_due(&self, now: Instant) -> Option<Event> {
        self.due().filter(|due| *due <= now)?;
        Some(if self.overdue {
            DossierEscalated { dossier: self.serial }.into()
        } else {
            TreatmentOverdue { dossier: self.serial }.into()
        })
    }

    /// Enters the five elements.
    ///
    /// # Errors
    /// Wrong state, or the time limit lies in the past or too far ahead.
    pub fn complete(&self, plan: Plan, now: Instant) -> Result<Event, Refusal> {
        self.must_be(State::Identified)?;
        within_term(plan.deadline, now)?;
        Ok(DossierCompleted { dossier: self.serial, plan }.into())
    }

    /// Sends it to the three bodies.
    ///
    /// # Errors
    /// Wrong state.
    pub fn file(&self) -> Result<Event, Refusal> {
        self.must_be(State::Ready)?;
        Ok(DossierFiled { dossier: self.serial }.into())
    }

    /// One body confirms.
    ///
    /// # Errors
    /// Wrong state, or confirmed already.
    pub fn confirm(&self, body: FilingBody) -> Result<Event, Refusal> {
        self.must_be(State::Filing)?;
        if self.confirmed.contains(&body) {
            return Err(Refusal::AlreadyConfirmed {});
        }
        Ok(FilingConfirmed { dossier: self.serial, body }.into())
    }

    /// The industry department lists it.
    ///
    /// # Errors
    /// Wrong state, or the deadline is outside one year.
    pub fn list(&self, notice_number: String, deadline: Date, now: Instant) -> Result<Event, Refusal> {
        self.must_be(State::Filed)?;
        within_term(deadline, now)?;
        Ok(DossierListed { dossier: self.serial, notice_number, deadline }.into())
    }

    /// Monthly progress.
    ///
    /// # Errors
    /// Wrong state.
    pub fn report(&self, progress: Progress) -> Result<Event, Refusal> {
        self.must_be(State::Listed)?;
        Ok(ProgressReported { dossier: self.serial, progress }.into())
    }

    /// The treatment ended.
    ///
    /// # Errors
    /// Wrong state.
    pub fn finish(&self, statement: String) -> Result<Event, Refusal> {
        self.must_be(State::Listed)?;
        Ok(TreatmentCompleted { dossier: self.serial, statement }.into())
    }

    /// A qualified institution concluded.
    ///
    /// # Errors
    /// Wrong state.
    pub fn assess(&self, institution: String, report: String, passed: bool) -> Result<Event, Refusal> {
        self.must_be(State::Completed)?;
        Ok(TreatmentAssessed { dossier: self.serial, institution, report, passed }.into())
    }

    /// Applies for re-inspection and acceptance.
    ///
    /// # Errors
    /// Wrong state.
    pub fn apply_for_acceptance(&self) -> Result<Event, Refusal> {
        self.must_be(State::Assessed)?;
        Ok(AcceptanceApplied { dossier: self.serial }.into())
    }

    /// The listing body accepts or refuses.
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
        self.must_be(State::Applied)?;
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
            inspectors: inspectors.into_iter().map(Personal::Known).collect(),
        }
        .into())
    }

    /// Taken down and struck off.
    ///
    /// # Errors
    /// Wrong state.
    pub fn strike_off(&self, closing_number: String) -> Result<Event, Refusal> {
        self.must_be(State::Accepted)?;
        Ok(DossierStruckOff { dossier: self.serial, closing_number }.into())
    }

    /// Lets an event of this dossier take effect; others leave it as it is.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        match event {
            Event::DossierCompleted(event) => {
                self.state = State::Ready;
                self.plan = Some(event.plan.clone());
            }
            Event::DossierFiled(_) => self.state = State::Filing,
            Event::FilingConfirmed(event) => {
                self.confirmed.insert(event.body);
                if self.confirmed.len() == FilingBody::ALL.len() {
                    self.state = State::Filed;
                }
            }
            Event::DossierListed(event) => {
                self.state = State::Listed;
                self.notice_number.clone_from(&event.notice_number);
                self.listed_deadline = Some(event.deadline);
            }
            Event::ProgressReported(event) => self.progress = Some(event.progress.clone()),
            Event::TreatmentOverdue(_) => self.overdue = true,
            Event::DossierEscalated(_) => self.escalated = true,
            Event::TreatmentCompleted(_) => self.state = State::Completed,
            Event::TreatmentAssessed(event) => {
                if event.passed {
                    self.state = State::Assessed;
                } else {
                    self.state = State::Listed;
                    self.returned += 1;
                }
            }
            Event::AcceptanceApplied(_) => self.state = State::Applied,
            Event::AcceptanceDecided(event) => {
                if event.accepted {
                    self.state = State::Accepted;
                } else {
                    self.state = State::Listed;
                    self.listed_deadline = event.new_deadline;
                    self.overdue = false;
                    self.returned += 1;
                }
            }
            Event::DossierStruckOff(event) => {
                self.state = State::StruckOff;
                self.overdue = false;
                self.struck_off_on = Some(stamp.at.date());
                self.closing_number.clone_from(&event.closing_number);
            }
            _ => return,
        }
        self.version = stamp.position;
    }
}
