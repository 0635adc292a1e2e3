//! What can go wrong on the side of the region that wants an identity: one sentence each, with what to do.

use changxiao_domain::{clock::Instant, enrolment::span_in_words, region::RegionId};
use tonic::Status;
use tonic_types::StatusExt as _;

use crate::{
    channel::{dial::DialError, is_transport, why},
    identity::{
        ca::{CaError, WriteError},
        files::FilesError,
        words::date_in_words,
    },
};

/// Why there is no identity yet.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A slip of the pen.
    #[error("this is not a code for {region}: look for a slip, every character counts, or ask for a new code")]
    Mistyped {
        /// Region.
        region: RegionId,
    },
    /// Somebody else answers, or the code belongs to another authority.
    #[error(
        "{address} does not show the authority that {from} names, so nothing was sent to it: check the address; if it is right, somebody stands in between"
    )]
    PinWrong {
        /// Where.
        address: String,
        /// "the code", "the trust bundle"…
        from: &'static str,
    },
    /// The two clocks differ too much.
    #[error(
        "this machine says it is {}, and {parent} says it is {}: this clock is {} {}. Set the clock (timedatectl set-ntp true), then run the command again",
        date_in_words(*here), date_in_words(*there), span_in_words(here.ms_since(*there)),
        if here > there { "ahead" } else { "behind" }
    )]
    ClockWrong {
        /// Region above.
        parent: RegionId,
        /// Time here.
        here: Instant,
        /// Time there.
        there: Instant,
    },
    /// The answer is not what was asked for.
    #[error("the answer cannot be taken into use: {0}; ask the region above for a new one")]
    AnswerInvalid(String),
    /// Nobody answers.
    #[error("{address} does not answer: {why}")]
    Unreachable {
        /// Where.
        address: String,
        /// Causes.
        why: String,
    },
    /// The region above says no.
    #[error("{} ({reason})", status.message())]
    Refused {
        /// Its stable reason.
        reason: String,
        /// The status.
        status: Box<Status>,
    },
    /// The region above has looked and refused.
    #[error("{parent} refused the request: {why}")]
    Declined {
        /// Region above.
        parent: RegionId,
        /// Its words.
        why: String,
    },
    /// Somebody made another request meanwhile.
    #[error("a later request of this region took the place of this one; run the command again")]
    Superseded,
    /// Not decided in the time given.
    #[error("the region above has not decided yet; run the same command again later, it goes on where it stopped")]
    Waiting,
    /// The configuration does not say what is needed.
    #[error("{0}")]
    Configuration(String),
    /// No request waits for this answer.
    #[error("no request of this region waits for an answer; make one with `identity request`, or run `join`")]
    NothingPending,
    /// A file.
    #[error("{file}: {why}")]
    File {
        /// File.
        file: String,
        /// Cause.
        why: String,
    },
    /// Certificates on disk.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// Keys and certificates cannot be made.
    #[error(transparent)]
    Authority(#[from] CaError),
}

impl Fault {
    /// Stable name of the cause.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Mistyped { .. } => "ENROLMENT_CODE_MISTYPED",
            Self::PinWrong { .. } => "ENROLMENT_AUTHORITY_WRONG",
            Self::ClockWrong { .. } => "ENROLMENT_CLOCK_WRONG",
            Self::AnswerInvalid(_) => "ENROLMENT_ANSWER_INVALID",
            Self::Unreachable { .. } => "ENROLMENT_UNREACHABLE",
            Self::Refused { reason, .. } => reason,
            Self::Declined { .. } => "ENROLMENT_DECLINED",
            Self::Superseded => "ENROLMENT_SUPERSEDED",
            Self::Waiting => "ENROLMENT_WAITING",
            Self::Configuration(_) => "ENROLMENT_NOT_CONFIGURED",
            Self::NothingPending => "ENROLMENT_NOTHING_PENDING",
            Self::File { .. } => "ENROLMENT_FILE",
            Self::Files(cause) => cause.reason(),
            Self::Authority(cause) => cause.reason(),
        }
    }

    /// The sentence with its reason, as commands print it.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::Refused { .. } => self.to_string(),
            other => format!("{other} ({})", other.reason()),
        }
    }

    /// What a call came to.
    #[must_use]
    pub fn of_status(address: &str, status: Status) -> Self {
        if is_transport(&status) {
            return Self::Unreachable { address: address.to_owned(), why: why(&status) };
        }
        let reason = status.get_details_error_info().map(|info| info.reason).unwrap_or_default();
        Self::Refused { reason, status: Box::new(status) }
    }

    /// A file that cannot be read or written.
    #[must_use]
    pub fn file(file: &std::path::Path, why: impl std::fmt::Display) -> Self {
        Self::File { file: file.display().to_string(), why: why.to_string() }
    }
}

impl From<DialError> for Fault {
    fn from(error: DialError) -> Self {
        Self::Configuration(format!("`enrolment.parent_address`: {error}"))
    }
}

impl From<WriteError> for Fault {
    fn from(error: WriteError) -> Self {
        Self::Authority(error.into())
    }
}
