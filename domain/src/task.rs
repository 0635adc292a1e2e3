//! Tasks (任务): opened by a rule of [`crate::follow_up`] or by a person, assigned, worked, answered, closed. Only a person closes one, with a result.
//!
//! Source: R4, R24, R25, R64. A task changes nothing of the record that it is about.

#[cfg(test)]
mod tests;

use crate::{
    clock::{Date, Instant},
    event::{Event, TaskAnswered, TaskAssigned, TaskClosed, TaskOpened, TaskReturned, TaskWorked},
    follow_up::Addressee,
    four_eyes::Acts,
    industry::IndustryCode,
    refusals,
    serial::Serial,
    stamp::Stamp,
    states,
};

states! {
    Open "open" "open (待分派)";
    Assigned "assigned" "assigned (已分派)";
    Working "working" "being worked on (办理中)";
    Answered "answered" "answered (已答复)";
    Closed "closed" "closed (已办结)";
}

/// One task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Permanent serial.
    pub serial: Serial,
    /// Rule that opened it; empty if a person did.
    pub rule: String,
    /// What it is about, such as `hazards/1-204`.
    pub about: String,
    /// Enterprise that it is about.
    pub enterprise: Option<Serial>,
    /// Its industry category.
    pub industry: Option<IndustryCode>,
    /// For whom.
    pub to: Addressee,
    /// Where it stands.
    pub state: State,
    /// What is to be done; of a rule's task its title says it.
    pub demand: String,
    /// When it was opened.
    pub opened_at: Instant,
    /// Last day for the answer.
    pub due: Date,
    /// Account that works on it; empty if none does.
    pub assignee: String,
    /// What was done so far.
    pub note: String,
    /// Answer, then the result with which it was closed.
    pub result: String,
    /// Why the last answer was not enough.
    pub returned_reason: String,
    /// Who did what, for the rules of four eyes.
    pub acts: Acts,
    /// Position of the last change.
    pub version: u64,
}

refusals! {
    /// Unknown, or outside the caller's sight.
    NotFound { name: String } NotFound "TASK_NOT_FOUND"
        "there is no task `{name}` here", "没有该任务:{name}";
    /// The step does not follow from this state.
    WrongState { wanted: String, state: &'static str } FailedPrecondition "TASK_WRONG_STATE"
        "the task is {state}; this needs one that is {wanted}", "任务当前状态为{state},该操作要求状态为{wanted}";
    /// Somebody else works on it.
    NotAssignee { assignee: String } PermissionDenied "TASK_NOT_ASSIGNEE"
        "the task is assigned to {assignee}", "该任务已分派给{assignee}";
    /// Nobody has that account.
    AssigneeUnknown { account: String } InvalidArgument "TASK_ASSIGNEE_UNKNOWN"
        "there is no open account `{account}` here that could see this task", "没有能办理该任务的有效账号:{account}";
    /// It must lie ahead.
    DuePast { due: Date, today: Date } InvalidArgument "TASK_DUE_PAST"
        "{due} is before today, {today}", "办理期限{due}早于今天{today}";
}

impl Task {
    /// As the first event makes it. Its serial is the position of that event, so that time can open tasks too.
    #[must_use]
    pub fn opened(event: &TaskOpened, serial: Serial, stamp: &Stamp) -> Self {
        Self {
            serial,
            rule: event.rule.clone(),
            about: event.about.clone(),
            enterprise: event.enterprise,
            industry: event.industry,
            to: event.to,
            state: State::Open,
            demand: event.demand.clone(),
            opened_at: stamp.at,
            due: event.due,
            assignee: String::new(),
            note: String::new(),
            result: String::new(),
            returned_reason: String::new(),
            acts: Acts::default(),
            version: stamp.position,
        }
    }

    /// Whether its last day is over without an answer.
    #[must_use]
    pub fn is_overdue(&self, now: Instant) -> bool {
        let waits = matches!(self.state, State::Open | State::Assigned | State::Working);
        waits && now >= Instant::end_of(self.due)
    }

    fn must_be(&self, wanted: &[State]) -> Result<(), Refusal> {
        if wanted.contains(&self.state) {
            return Ok(());
        }
        let wanted: Vec<_> = wanted.iter().map(|state| state.id()).collect();
        Err(Refusal::WrongState { wanted: State::in_words(&wanted), state: self.state.words() })
    }

    fn must_be_assignee(&self, account: &str) -> Result<(), Refusal> {
        if self.assignee == account { Ok(()) } else { Err(Refusal::NotAssignee { assignee: self.assignee.clone() }) }
    }

    /// Somebody is to do it, by a day; also somebody else than before.
    ///
    /// # Errors
    /// Answered or closed, or the day is over.
    pub fn assign(&self, assignee: String, due: Option<Date>, now: Instant) -> Result<Event, Refusal> {
        self.must_be(&[State::Open, State::Assigned, State::Working])?;
        let (due, today) = (due.unwrap_or(self.due), now.date());
        // A task that is late already keeps its day: to assign it must not hide that.
        if due < today && due != self.due {
            return Err(Refusal::DuePast { due, today });
        }
        Ok(TaskAssigned { task: self.serial, assignee, due }.into())
    }

    /// The assignee says what was done so far.
    ///
    /// # Errors
    /// Not assigned, or to somebody else.
    pub fn work(&self, account: &str, note: String) -> Result<Event, Refusal> {
        self.must_be(&[State::Assigned, State::Working])?;
        self.must_be_assignee(account)?;
        Ok(TaskWorked { task: self.serial, note }.into())
    }

    /// The assignee answers.
    ///
    /// # Errors
    /// Not assigned, or to somebody else.
    pub fn answer(&self, account: &str, result: String) -> Result<Event, Refusal> {
        self.must_be(&[State::Assigned, State::Working])?;
        self.must_be_assignee(account)?;
        Ok(TaskAnswered { task: self.serial, result }.into())
    }

    /// The answer is not enough.
    ///
    /// # Errors
    /// Not answered.
    pub fn send_back(&self, reason: String) -> Result<Event, Refusal> {
        self.must_be(&[State::Answered])?;
        Ok(TaskReturned { task: self.serial, reason }.into())
    }

    /// A person closes it, with a result.
    ///
    /// # Errors
    /// Not answered.
    pub fn close(&self, result: String) -> Result<Event, Refusal> {
        self.must_be(&[State::Answered])?;
        Ok(TaskClosed { task: self.serial, result }.into())
    }

    /// Lets an event of this task take effect; others leave it as it is.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        match event {
            Event::TaskAssigned(event) => {
                self.state = State::Assigned;
                self.assignee.clone_from(&event.assignee);
                self.due = event.due;
            }
            Event::TaskWorked(event) => {
                self.state = State::Working;
                self.note.clone_from(&event.note);
            }
            Event::TaskAnswered(event) => {
                self.state = State::Answered;
                self.result.clone_from(&event.result);
            }
            Event::TaskReturned(event) => {
                self.state = State::Working;
                self.returned_reason.clone_from(&event.reason);
            }
            Event::TaskClosed(event) => {
                self.state = State::Closed;
                self.result.clone_from(&event.result);
            }
            _ => return,
        }
        self.acts.note(event, &stamp.actor);
        self.version = stamp.position;
    }
}
