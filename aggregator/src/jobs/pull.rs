//! One question to a child and its answer on the wire, with everything that can keep the answer from coming.

use std::time::Duration;

use changxiao_proto::federation::v1::{CosignRequest, PullRequest};
use changxiao_tier::{
    channel::{is_transport, why},
    feed::wire::{WireFault, pull_from_frames},
    protocol::delivery::{Ask, Pull},
};
use tokio::time::timeout;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::neighbour::Neighbour;

/// Why there is no answer to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The child itself says that its journal cannot be trusted.
    Damaged {
        /// Its reason, one of those known.
        reason: &'static str,
        /// Its words.
        detail: String,
    },
    /// Anything else: ask again later.
    Failed(Trouble),
}

/// What is wrong with a link that may come right by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Stable reason.
    pub reason: String,
    /// For people.
    pub detail: String,
}

impl Trouble {
    /// With its reason and its words.
    pub fn new(reason: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { reason: reason.into(), detail: detail.into() }
    }

    /// From a failed call.
    #[must_use]
    pub fn of_call(status: &Status) -> Self {
        let detail = why(status);
        if is_transport(status) {
            return Self::new("CONNECTION_FAILED", detail);
        }
        let said = status.get_error_details().error_info().map(|info| info.reason.clone()).filter(|reason| is_reason(reason));
        let reason = said.unwrap_or_else(|| match status.code() {
            Code::DeadlineExceeded => "NO_ANSWER_IN_TIME".to_owned(),
            Code::Unavailable => "CONNECTION_FAILED".to_owned(),
            _ => "CALL_FAILED".to_owned(),
        });
        Self::new(reason, detail)
    }

    fn too_late(limit: Duration) -> Self {
        Self::new("NO_ANSWER_IN_TIME", format!("there was no answer within {} seconds", limit.as_secs()))
    }
}

/// A stranger's reason is shown to people and journaled, so it must look like one.
fn is_reason(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Reasons by which a child says that its own journal is not to be believed.
const OWN_WORDS: &[&str] = &["JOURNAL_DAMAGED", "JOURNAL_ROLLED_BACK", "JOURNAL_KEY_CHANGED"];

impl From<&Status> for NoAnswer {
    fn from(status: &Status) -> Self {
        let trouble = Trouble::of_call(status);
        let own = OWN_WORDS.iter().find(|reason| **reason == trouble.reason);
        match own {
            Some(reason) if status.code() == Code::DataLoss => {
                Self::Damaged { reason, detail: status.message().chars().take(500).collect() }
            }
            _ => Self::Failed(trouble),
        }
    }
}

/// Asks a child and reads the whole answer. With `refresh` the child pulls from those below it first.
///
/// # Errors
/// See [`NoAnswer`].
pub async fn fetch(neighbour: &Neighbour, ask: &Ask, refresh: bool) -> Result<Pull, NoAnswer> {
    let request = PullRequest {
        region: neighbour.child.to_string(),
        epoch: ask.epoch,
        cursor: ask.cursor,
        witnessed_size: ask.witnessed_size,
        refresh,
    };
    let call = async {
        let frames = neighbour.feed().pull(request).await.map_err(|status| NoAnswer::from(&status))?;
        pull_from_frames(frames.into_inner()).await.map_err(|fault| match fault {
            WireFault::Status(status) => NoAnswer::from(&*status),
            fault => NoAnswer::Failed(Trouble::new(fault.reason(), fault.to_string())),
        })
    };
    let limit = neighbour.deadline();
    timeout(limit, call).await.unwrap_or_else(|_| Err(NoAnswer::Failed(Trouble::too_late(limit))))
}

/// Tells a child this tier's word on its head: a cosignature, or why there is none.
///
/// # Errors
/// The call failed; it is repeated with the next pull.
pub async fn tell(neighbour: &Neighbour, word: CosignRequest) -> Result<(), Trouble> {
    let limit = neighbour.deadline();
    match timeout(limit, neighbour.feed().cosign(word)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(status)) => Err(Trouble::of_call(&status)),
        Err(_) => Err(Trouble::too_late(limit)),
    }
}
