//! What may happen in the county's organisation.

use super::{
    GroupState, LEAST_USERS, LONGEST_CERTIFICATION_DAYS, Layer, Organisation, Refusal, SUMMARY_DAY, SUMMARY_MONTH, Skill,
    Submission, SubmissionKind, SubmissionState, Training, TrainingState, User, UserState,
};
use crate::{
    clock::{Date, Instant},
    event::{
        AnnualSummaryOpened, CertificationExpired, Event, LeadingGroupFiled, LeadingGroupSet, OfficersNamed, SubmissionCredited,
        SubmissionDemanded, SubmissionMade, TrainingHeld, TrainingPlanned, TrainingReported, UserCertified, UserLeft,
        UserTrained,
    },
    personal::Personal,
    stamp::Moment,
};

/// A member of the leading group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Name.
    pub name: Personal,
    /// Post.
    pub post: String,
    /// 1 head (组长), 2 deputy (副组长), 3 member (成员).
    pub rank: u32,
}

/// Named persons of the county.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officers {
    /// 主要负责人
    pub bureau_head: String,
    /// 具体负责人
    pub responsible: String,
    /// 数据管理员
    pub steward: String,
}

/// Somebody who was trained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trainee {
    /// Who.
    pub person: String,
    /// Account.
    pub account: String,
    /// What.
    pub skill: Skill,
    /// When.
    pub on: Date,
}

/// A batch to be held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// For whom.
    pub layer: Layer,
    /// Subject.
    pub title: String,
    /// Last day to hold and report it.
    pub report_by: Date,
    /// Persons to train.
    pub planned: u32,
}

/// A day within so many days from a first one.
fn within(day: Date, first: Date, days: i64) -> Result<(), Refusal> {
    let last = Instant::start_of(first).plus_days(days).date();
    if day < first || day > last { Err(Refusal::DayOutside { day, first, last }) } else { Ok(()) }
}

/// A day that is over or today, at most a year back.
fn past(day: Date, now: Instant) -> Result<(), Refusal> {
    within(day, Instant::start_of(now.date()).plus_days(-366).date(), 366)
}

impl Organisation {
    /// Names who leads, who is responsible, who keeps the data (R36, R46, R77).
    #[must_use]
    pub fn name_officers(officers: Officers) -> Event {
        let Officers { bureau_head, responsible, steward } = officers;
        let known = Personal::Known;
        OfficersNamed { bureau_head: known(bureau_head), responsible: known(responsible), steward: known(steward) }.into()
    }

    /// Sets the members of the leading group (OR1). The head is the head of the bureau (R80).
    ///
    /// # Errors
    /// No head, several, or somebody else.
    pub fn set_group(&self, members: Vec<Member>, from: Date) -> Result<Event, Refusal> {
        let heads: Vec<_> = members.iter().filter(|member| member.rank == 1).collect();
        let right = match heads.as_slice() {
            [head] => !self.bureau_head.is_empty() && head.name.shown() == self.bureau_head,
            _ => false,
        };
        if !right {
            return Err(Refusal::HeadNotBureau { bureau_head: self.bureau_head.clone() });
        }
        Ok(LeadingGroupSet { members, from }.into())
    }

    /// Files the list with the city (R81).
    ///
    /// # Errors
    /// There is none, or it is filed as it stands.
    pub fn file_group(&self) -> Result<Event, Refusal> {
        match self.group {
            GroupState::Draft | GroupState::Changed => {
                Ok(LeadingGroupFiled { members: u32::try_from(self.members.len()).unwrap_or(u32::MAX) }.into())
            }
            GroupState::None | GroupState::Filed => Err(Refusal::NothingToFile {}),
        }
    }

    /// Whether there are fewer competent users than a county must have.
    #[must_use]
    pub const fn too_few_users(&self) -> bool {
        self.certified < LEAST_USERS
    }

    /// The rules of follow-up whose clocks run.
    #[must_use]
    pub fn waiting(&self) -> Vec<(&'static str, Option<Date>)> {
        if self.too_few_users() { vec![("users_too_few", None)] } else { Vec::new() }
    }

    /// When time opens the next annual summary, of the year of that instant (OR6). `first` is the year of the county's first journal entry.
    #[must_use]
    pub fn summary_opens(&self, first: i16) -> (i16, Instant) {
        let year = self.summary_year.saturating_add(1).max(first);
        (year, Instant::start_of(Date::new(year, SUMMARY_MONTH, 1).unwrap_or(Date::MAX)))
    }

    /// The event by which it opens.
    #[must_use]
    pub fn open_summary(year: i16) -> Event {
        AnnualSummaryOpened {
            year: u32::from(year.unsigned_abs()),
            due: Date::new(year, SUMMARY_MONTH, SUMMARY_DAY).unwrap_or(Date::MAX),
        }
        .into()
    }
}

/// Records that somebody was trained (OR2).
///
/// # Errors
/// The day is still to come, or long past.
pub fn record_trainee(trainee: Trainee, moment: Moment) -> Result<Event, Refusal> {
    past(trainee.on, moment.now)?;
    Ok(UserTrained {
        user: moment.next,
        person: Personal::Known(trainee.person),
        account: trainee.account,
        maintenance: trainee.skill == Skill::Maintenance,
        on: trainee.on,
    }
    .into())
}

/// Certifies a trained user, again after it expired (R35).
///
/// # Errors
/// Gone, or the last day does not lie ahead.
pub fn certify(user: &User, until: Date, now: Instant) -> Result<Event, Refusal> {
    if user.state == UserState::Left {
        return Err(Refusal::WrongState { wanted: UserState::Trained.words(), state: user.state.words() });
    }
    within(until, now.date(), LONGEST_CERTIFICATION_DAYS)?;
    Ok(UserCertified { user: user.serial, until }.into())
}

impl User {
    /// The user works elsewhere.
    ///
    /// # Errors
    /// Gone already.
    pub fn leave(&self) -> Result<Event, Refusal> {
        match self.state {
            UserState::Trained | UserState::Certified | UserState::Expired => Ok(UserLeft { user: self.serial }.into()),
            UserState::Left => Err(Refusal::WrongState { wanted: UserState::Trained.words(), state: self.state.words() }),
        }
    }

    /// Instant at which the certification ends.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.certified_until.filter(|_| self.state == UserState::Certified).map(Instant::end_of)
    }

    /// What time has to say by `now`.
    #[must_use]
    pub fn fall_due(&self, now: Instant) -> Option<Event> {
        self.due().filter(|due| *due <= now)?;
        Some(CertificationExpired { user: self.serial }.into())
    }
}

/// Plans a batch (OR3, R37).
///
/// # Errors
/// Its last day does not lie ahead.
pub fn plan_training(batch: Batch, moment: Moment) -> Result<Event, Refusal> {
    within(batch.report_by, moment.now.date(), 366)?;
    let layer = Layer::WORDS.iter().position(|(layer, _)| *layer == batch.layer).unwrap_or_default();
    Ok(TrainingPlanned {
        training: moment.next,
        layer: u32::try_from(layer).unwrap_or_default() + 1,
        title: batch.title,
        report_by: batch.report_by,
        planned: batch.planned,
    }
    .into())
}

impl Training {
    /// It was held.
    ///
    /// # Errors
    /// Held already, nobody came, or the day is still to come.
    pub fn hold(&self, on: Date, attended: u32, now: Instant) -> Result<Event, Refusal> {
        if self.state != TrainingState::Planned {
            return Err(Refusal::WrongState { wanted: TrainingState::Planned.words(), state: self.state.words() });
        }
        past(on, now)?;
        if attended == 0 {
            return Err(Refusal::NobodyCame {});
        }
        Ok(TrainingHeld { training: self.serial, on, attended }.into())
    }

    /// It is reported.
    ///
    /// # Errors
    /// Not held, or reported already.
    pub fn submit(&self, report: String) -> Result<Event, Refusal> {
        if self.state != TrainingState::Held {
            return Err(Refusal::WrongState { wanted: TrainingState::Held.words(), state: self.state.words() });
        }
        Ok(TrainingReported { training: self.serial, report }.into())
    }

    /// The rules of follow-up whose clocks run.
    #[must_use]
    pub fn waiting(&self) -> Vec<(&'static str, Option<Date>)> {
        match self.state {
            TrainingState::Planned | TrainingState::Held => vec![("training_unreported", Some(self.report_by))],
            TrainingState::Reported => Vec::new(),
        }
    }
}

/// Enters something that is to be submitted to the city by a day (OR8).
///
/// # Errors
/// The day does not lie ahead.
pub fn demand_submission(kind: SubmissionKind, title: String, due: Date, moment: Moment) -> Result<Event, Refusal> {
    within(due, moment.now.date(), 366)?;
    let kind = SubmissionKind::WORDS.iter().position(|(one, _)| *one == kind).unwrap_or_default();
    Ok(SubmissionDemanded { submission: moment.next, kind: u32::try_from(kind).unwrap_or_default() + 1, title, due }.into())
}

impl Submission {
    /// It is submitted, also after its day. An annual summary is signed by the head.
    ///
    /// # Errors
    /// Submitted already, or signed by somebody else.
    pub fn make(&self, text: String, signer: String, bureau_head: &str) -> Result<Event, Refusal> {
        if self.state != SubmissionState::Due {
            return Err(Refusal::WrongState { wanted: SubmissionState::Due.words(), state: self.state.words() });
        }
        if self.kind == SubmissionKind::AnnualSummary && (bureau_head.is_empty() || signer != bureau_head) {
            return Err(Refusal::SignerNotHead { bureau_head: bureau_head.to_owned() });
        }
        Ok(SubmissionMade { submission: self.serial, text, signer: Personal::Known(signer) }.into())
    }

    /// The city used it.
    ///
    /// # Errors
    /// Not submitted, or credited already.
    pub fn credit(&self, remark: String) -> Result<Event, Refusal> {
        if self.state != SubmissionState::Submitted {
            return Err(Refusal::WrongState { wanted: SubmissionState::Submitted.words(), state: self.state.words() });
        }
        Ok(SubmissionCredited { submission: self.serial, remark }.into())
    }

    /// The rules of follow-up whose clocks run.
    #[must_use]
    pub fn waiting(&self) -> Vec<(&'static str, Option<Date>)> {
        match self.state {
            SubmissionState::Due => vec![("submission_overdue", Some(self.due))],
            SubmissionState::Submitted | SubmissionState::Credited => Vec::new(),
        }
    }
}
