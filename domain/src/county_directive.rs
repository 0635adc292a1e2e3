//! Directives inside a county (县级督办): drafted by county, department or commission office, issued by the head, received and answered by an
//! enterprise or a department.
//!
//! Source: R64, dossier DI1–DI7. The same words as for directives between tiers ([`crate::directive`]), which travel signed over the federation; these
//! never leave the county, except that an overdue one is shown above. Which event may follow which state is in [`crate::machine`].

mod rules;
#[cfg(test)]
mod tests;

use crate::{
    clock::{Date, Instant},
    event::{CountyDirectiveDrafted, Event},
    four_eyes::Acts,
    industry::IndustryCode,
    machine::{self, Machine},
    personal::Personal,
    refusals,
    serial::Serial,
    stamp::Stamp,
    states,
};

pub use rules::{Draft, draft};

/// Working days for the answer if no day is named [V].
pub const ANSWER_WORKDAYS: u32 = 10;
/// Working days for the next answer after a rejection that names no day [P].
pub const RETURNED_WORKDAYS: u32 = 5;
/// Longest time for an answer, in days [P].
pub const LONGEST_DAYS: i64 = 366;

/// Who has to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// The enterprise.
    Enterprise,
    /// The industry department.
    Department,
}

impl Recipient {
    /// Stored word.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Enterprise => "enterprise",
            Self::Department => "department",
        }
    }

    /// From its word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        [Self::Enterprise, Self::Department].into_iter().find(|one| one.id() == id)
    }
}

states! {
    Draft "draft" "a draft (拟稿)";
    Issued "issued" "issued (已下达)";
    Received "received" "received (已签收)";
    Replied "replied" "answered (已回复)";
    Closed "closed" "closed (已办结)";
}

/// One directive of the county.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountyDirective {
    /// Permanent serial.
    pub serial: Serial,
    /// What it is about, such as `hazards/1-204`.
    pub about: String,
    /// Enterprise that it is about.
    pub enterprise: Option<Serial>,
    /// Industry category: the department's.
    pub industry: IndustryCode,
    /// Who has to answer.
    pub recipient: Recipient,
    /// Where it stands.
    pub state: State,
    /// What is demanded.
    pub demand: String,
    /// Last day for the answer.
    pub deadline: Date,
    /// Basis.
    pub basis: String,
    /// Number of the issued one.
    pub number: String,
    /// Who signed for the bureau.
    pub signer: Personal,
    /// Who received it.
    pub receiver: Personal,
    /// What was done.
    pub done: String,
    /// Evidence of it.
    pub evidence: String,
    /// Why the last answer was sent back.
    pub reason: String,
    /// Answers that were sent back.
    pub returned: u32,
    /// The deadline passed without an answer.
    pub overdue: bool,
    /// How often that happened.
    pub overdue_times: u32,
    /// Who did what, for the rules of four eyes.
    pub acts: Acts,
    /// Position of the last change.
    pub version: u64,
}

refusals! {
    /// Unknown, or outside the caller's sight.
    NotFound { name: String } NotFound "COUNTY_DIRECTIVE_NOT_FOUND"
        "there is no directive `{name}` of this county", "没有该县级督办件:{name}";
    /// The step does not follow from this state.
    WrongState { wanted: String, state: &'static str } FailedPrecondition "COUNTY_DIRECTIVE_WRONG_STATE"
        "the directive is {state}; this needs one that is {wanted}", "督办件当前状态为{state},该操作要求状态为{wanted}";
    /// The deadline is not in the window.
    DeadlineOutside { deadline: Date, first: Date, last: Date } InvalidArgument "COUNTY_DIRECTIVE_DEADLINE_OUTSIDE"
        "deadline {deadline} must lie from {first} to {last}", "办理期限{deadline}应在{first}至{last}之间";
    /// A directive to an enterprise must be about one.
    NoRecipient { about: String } InvalidArgument "COUNTY_DIRECTIVE_NO_RECIPIENT"
        "`{about}` does not say which enterprise has to answer", "“{about}”没有指明须回复的企业";
    /// Somebody else has to answer.
    NotRecipient { recipient: &'static str } PermissionDenied "COUNTY_DIRECTIVE_NOT_RECIPIENT"
        "this directive is addressed to the {recipient}; only its people receive and answer it", "该督办件下达给{recipient},应由其签收、回复";
}

impl CountyDirective {
    /// As the first event makes it.
    #[must_use]
    pub fn drafted(event: &CountyDirectiveDrafted, stamp: &Stamp) -> Self {
        let mut acts = Acts::default();
        acts.note(&event.clone().into(), &stamp.actor);
        Self {
            serial: event.directive,
            about: event.about.clone(),
            enterprise: event.enterprise,
            industry: event.industry,
            recipient: if event.to_enterprise { Recipient::Enterprise } else { Recipient::Department },
            state: State::Draft,
            demand: event.demand.clone(),
            deadline: event.deadline,
            basis: event.basis.clone(),
            number: String::new(),
            signer: Personal::Known(String::new()),
            receiver: Personal::Known(String::new()),
            done: String::new(),
            evidence: String::new(),
            reason: String::new(),
            returned: 0,
            overdue: false,
            overdue_times: 0,
            acts,
            version: stamp.position,
        }
    }

    /// Instant at which time itself will change it.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        let open = matches!(self.state, State::Issued | State::Received) && !self.overdue;
        open.then(|| Instant::end_of(self.deadline))
    }

    /// The rules of follow-up whose clocks run.
    #[must_use]
    pub fn waiting(&self) -> Vec<(&'static str, Option<Date>)> {
        match self.state {
            State::Issued => vec![("directive_unreceived", None)],
            State::Replied => vec![("directive_unaccepted", None)],
            State::Draft | State::Received | State::Closed => Vec::new(),
        }
    }

    /// Lets an event of this directive take effect; others leave it as it is.
    pub fn apply(&mut self, event: &Event, stamp: &Stamp) {
        match event {
            Event::CountyDirectiveIssued(event) => {
                self.state = State::Issued;
                self.number.clone_from(&event.number);
                self.signer = event.signer.clone();
            }
            Event::CountyDirectiveReceived(event) => {
                self.state = State::Received;
                self.receiver = event.receiver.clone();
            }
            Event::CountyDirectiveReplied(event) => {
                self.state = State::Replied;
                self.overdue = false;
                self.done.clone_from(&event.done);
                self.evidence.clone_from(&event.evidence);
            }
            Event::CountyDirectiveAccepted(_) => self.state = State::Closed,
            Event::CountyDirectiveReturned(event) => {
                self.state = State::Received;
                self.reason.clone_from(&event.reason);
                self.deadline = event.deadline;
                self.returned = self.returned.saturating_add(1);
            }
            Event::CountyDirectiveOverdue(_) => {
                self.overdue = true;
                self.overdue_times = self.overdue_times.saturating_add(1);
            }
            _ => return,
        }
        self.acts.note(event, &stamp.actor);
        self.version = stamp.position;
    }

    /// The step that an event makes from here.
    fn step(&self, event: &'static str) -> Result<&'static machine::Transition, Refusal> {
        machine::follow(Machine::Directive, self.state.id(), event)
            .map_err(|before| Refusal::WrongState { wanted: State::in_words(&before), state: self.state.words() })
    }
}
