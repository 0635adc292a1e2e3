//! The six measures (六项措施) against an enterprise: warning bulletin, interview, publicity, expert consultation and blacklist are here; the
//! covert visit is an inspection.
//!
//! Source: R90–R94; dossier DI8–DI15. Which event may follow which state is in [`crate::machine`], who may do what in the policy table; the
//! further rules are in [`rules`], what an event does to the value in [`change`]. Nobody leaves the blacklist by time: time only says that the term
//! is over, the commission office decides.

mod change;
mod rules;
#[cfg(test)]
mod tests;

use crate::{
    clock::{Date, Instant},
    four_eyes::Acts,
    industry::IndustryCode,
    machine::{self, Machine},
    personal::Personal,
    refusals,
    serial::Serial,
    states,
};

pub use rules::{Consultation, Interview, Proposal, Publicity, Warning, consult, interview, propose_blacklist, publicise, warn};

/// Days in which the enterprise is heard before it can be blacklisted [P].
pub const HEARING_DAYS: i64 = 3;
/// Years on the blacklist the first time [V].
pub const FIRST_TERM_YEARS: i16 = 1;
/// Years on the blacklist every further time [V].
pub const LATER_TERM_YEARS: i16 = 3;
/// Days after which a term is looked at again that could not end because a major hazard was open [P].
pub const TERM_HELD_DAYS: i64 = 30;

states! {
    Warned "warned" "a published warning bulletin (已通报)";
    Interviewed "interviewed" "an interview that was held (已约谈)";
    Publicised "publicised" "published (已曝光)";
    Consulted "consulted" "a consultation that was held (已会诊)";
    Proposed "proposed" "proposed for the blacklist (拟列入)";
    Blacklisted "blacklisted" "on the blacklist (已列入)";
    Expiring "expiring" "at the end of its term (待移出)";
    Removed "removed" "off the blacklist (已移出)";
}

/// One measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Permanent serial.
    pub serial: Serial,
    /// Enterprise; a warning may concern none in particular.
    pub enterprise: Option<Serial>,
    /// Its industry category when the measure was taken.
    pub industry: Option<IndustryCode>,
    /// Where it stands.
    pub state: State,
    /// Day it was taken.
    pub on: Date,
    /// Facts, minutes, published text, question or ground.
    pub text: String,
    /// Addressees, medium, opinion or evidence.
    pub detail: String,
    /// Who checked the law before publishing, and with what result.
    pub legal_check: String,
    /// Who was interviewed or consulted.
    pub persons: Vec<Personal>,
    /// Commitments of an interview; each is a county directive.
    pub commitments: u32,
    /// Last day of the hearing.
    pub hearing_until: Option<Date>,
    /// What the enterprise says to the proposal.
    pub statement: String,
    /// How often the enterprise is on the blacklist with this time.
    pub times: u32,
    /// Decision.
    pub decision: String,
    /// Where the listing, later the removal, was published.
    pub publication: String,
    /// Last day of the term.
    pub until: Option<Date>,
    /// Who did what, for the rules of four eyes.
    pub acts: Acts,
    /// Position of the last change.
    pub version: u64,
}

/// How an enterprise stands to the blacklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blacklisting {
    /// Enterprise.
    pub enterprise: Serial,
    /// Proposal or listing that has not ended.
    pub current: Option<Serial>,
    /// How often it was listed.
    pub times: u32,
}

impl Measure {
    /// Whether it takes away the award of the year: from the listing to the removal.
    #[must_use]
    pub const fn award_veto(&self) -> bool {
        matches!(self.state, State::Blacklisted | State::Expiring)
    }

    /// Instant at which time itself will change it: the end of a term.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.until.filter(|_| self.state == State::Blacklisted).map(Instant::end_of)
    }

    /// The rules of follow-up whose clocks run, with their day where it is fixed.
    #[must_use]
    pub fn waiting(&self) -> Vec<(&'static str, Option<Date>)> {
        match self.state {
            State::Proposed => vec![("blacklist_undecided", self.hearing_until)],
            State::Blacklisted => vec![("blacklist_sampling", None), ("blacklist_interview", None)],
            State::Expiring => vec![("blacklist_term_over", None)],
            State::Warned | State::Interviewed | State::Publicised | State::Consulted | State::Removed => Vec::new(),
        }
    }

    /// The step that an event makes from here.
    fn step(&self, event: &'static str) -> Result<&'static machine::Transition, Refusal> {
        machine::follow(Machine::Measure, self.state.id(), event)
            .map_err(|before| Refusal::WrongState { wanted: State::in_words(&before), state: self.state.words() })
    }
}

refusals! {
    /// Unknown, or outside the caller's sight.
    NotFound { name: String } NotFound "MEASURE_NOT_FOUND"
        "there is no measure `{name}` here", "没有该措施记录:{name}";
    /// The day is still to come.
    InFuture { on: Date, today: Date } InvalidArgument "MEASURE_IN_FUTURE"
        "{on} is after today, {today}", "日期{on}晚于今天{today}";
    /// The step does not follow from this state.
    WrongState { wanted: String, state: &'static str } FailedPrecondition "MEASURE_WRONG_STATE"
        "the measure is {state}; this needs one that is {wanted}", "措施当前状态为{state},该操作要求状态为{wanted}";
    /// A commitment must lie ahead.
    CommitmentOutside { by: Date, first: Date, last: Date } InvalidArgument "MEASURE_COMMITMENT_OUTSIDE"
        "a commitment by {by} must lie from {first} to {last}", "承诺期限{by}应在{first}至{last}之间";
    /// One proposal or listing at a time.
    AlreadyBlacklisted { by: Serial } FailedPrecondition "MEASURE_ALREADY_BLACKLISTED"
        "the enterprise is on the blacklist or proposed for it already: measures/{by}", "该企业已列入或拟列入黑名单:measures/{by}";
    /// The enterprise may still speak.
    HearingRunning { until: Date } FailedPrecondition "MEASURE_HEARING_RUNNING"
        "the enterprise may speak until {until} and has not; decide after that day", "企业陈述申辩期至{until},尚未陈述,期满后方可决定";
}
