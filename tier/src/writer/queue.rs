//! The bounded queue in front of a region's writer. It stamps `received` under its lock, so positions and times have one
//! order.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use changxiao_domain::{actor::Actor, clock::Instant};
use changxiao_proto::types::v1::Receipt;
use tokio::sync::{Notify, oneshot};

use super::book::{Book, Command};
use crate::{clock::BusinessClock, fault::Fault};

/// Commands that may wait.
const CAPACITY: usize = 4_096;

/// Identity of one request: repeating it gives the first receipt, another body is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// UUID made by the client.
    pub id: String,
    /// SHA-256 of method and body.
    pub hash: [u8; 32],
}

/// One command on its way to the writer.
pub struct Submission<B: Book> {
    /// What is asked.
    pub command: Box<dyn Command<B>>,
    /// Who asks.
    pub actor: Actor,
    /// Identity of the request; commands of the node itself have none.
    pub request: Option<Request>,
    /// Decide, but change nothing.
    pub validate_only: bool,
}

/// A submission with its stamp.
pub struct Queued<B: Book> {
    /// The command.
    pub submission: Submission<B>,
    /// When it was received.
    pub received: Instant,
    /// What the command belongs to.
    pub span: tracing::Span,
    /// Who waits for the answer. It may have gone away.
    pub reply: oneshot::Sender<Result<Receipt, Fault>>,
}

struct Line<B: Book> {
    waiting: VecDeque<Queued<B>>,
    last: Instant,
    closed: bool,
}

pub(super) struct Shared<B: Book> {
    line: Mutex<Line<B>>,
    pub(super) wake: Notify,
    pub(super) clock: Arc<BusinessClock>,
}

/// Handle to a region's writer.
pub struct Writer<B: Book> {
    pub(super) shared: Arc<Shared<B>>,
}

impl<B: Book> Clone for Writer<B> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<B: Book> Writer<B> {
    pub(super) fn new(clock: Arc<BusinessClock>, last: Instant) -> Self {
        let line = Line { waiting: VecDeque::new(), last, closed: false };
        Self { shared: Arc::new(Shared { line: Mutex::new(line), wake: Notify::new(), clock }) }
    }

    /// Submits a command and waits until it is durable or refused. Dropping the future does not undo the command.
    ///
    /// # Errors
    /// Refused, or the queue is full, or the writer is gone.
    pub async fn submit(&self, submission: Submission<B>) -> Result<Receipt, Fault> {
        self.submit_at(submission, None).await
    }

    /// The same, moving a driven clock to `at` first.
    pub(crate) async fn submit_at(&self, submission: Submission<B>, at: Option<Instant>) -> Result<Receipt, Fault> {
        let (reply, answer) = oneshot::channel();
        {
            let mut line = self.shared.line.lock().unwrap_or_else(PoisonError::into_inner);
            if line.closed {
                return Err(Fault::ReadOnly { reason: "SHUTTING_DOWN", detail: "the service is stopping".to_owned() });
            }
            if line.waiting.len() >= CAPACITY {
                return Err(Fault::Busy);
            }
            if let Some(at) = at {
                self.shared.clock.drive(at)?;
            }
            let received = self.shared.clock.now().max(line.last);
            line.last = received;
            line.waiting.push_back(Queued { submission, received, span: tracing::Span::current(), reply });
        }
        self.shared.wake.notify_one();
        answer
            .await
            .unwrap_or_else(|_| Err(Fault::ReadOnly { reason: "SHUTTING_DOWN", detail: "the writer has stopped".to_owned() }))
    }

    /// Takes no more commands; what waits is still decided.
    pub fn close(&self) {
        self.shared.line.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.shared.wake.notify_one();
    }

    /// Commands that wait.
    pub(super) fn waiting(&self) -> usize {
        self.shared.line.lock().unwrap_or_else(PoisonError::into_inner).waiting.len()
    }

    /// Takes up to `most` waiting commands; the flag says that the queue is closed and empty.
    pub(super) fn take(&self, most: usize) -> (Vec<Queued<B>>, bool) {
        let mut line = self.shared.line.lock().unwrap_or_else(PoisonError::into_inner);
        let n = most.min(line.waiting.len());
        let taken = line.waiting.drain(..n).collect::<Vec<_>>();
        let over = line.closed && taken.is_empty();
        (taken, over)
    }

    /// Stamps from now on are not before `at`: another process has stamped up to it.
    pub(super) fn not_before(&self, at: Instant) {
        let mut line = self.shared.line.lock().unwrap_or_else(PoisonError::into_inner);
        line.last = line.last.max(at);
        if self.shared.clock.is_driven() && self.shared.clock.now() < at {
            let _ = self.shared.clock.drive(at);
        }
    }

    /// Stamp for what time says without any command.
    pub(super) fn stamp(&self) -> Instant {
        let mut line = self.shared.line.lock().unwrap_or_else(PoisonError::into_inner);
        // What waits was stamped earlier and must be decided first.
        if let Some(first) = line.waiting.front() {
            return first.received;
        }
        let now = self.shared.clock.now().max(line.last);
        line.last = now;
        now
    }
}
