//! The writer's loop: take a group, let time speak first, load, decide, apply, flush, commit once, answer everybody.

use std::{collections::HashMap, sync::Arc, time::Duration};

use changxiao_domain::{
    actor::Actor,
    clock::Instant,
    event::{Event, Published},
    serial::Serial,
    stamp::Moment,
};
use changxiao_proto::types::v1::Receipt;
use prost::Message as _;
use ring::rand::SecureRandom;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};
use tokio::sync::watch;
use tracing::Instrument as _;

use super::{
    book::Book,
    entries::{Author, Chain, Draft},
    queue::{Queued, Writer},
    standing::Standing,
    whole::PartsRefused,
};
use crate::{
    database::{Pen, insert},
    facts::{Publisher, published, store},
    fault::Fault,
    journal::store::request_row,
    journal::store::requests,
    place::Place,
    telemetry::{metrics, traces},
};

/// Most commands in one group.
const MOST_COMMANDS: usize = 256;
/// Most entries in one group; a group is cut after the command that reaches it.
const MOST_ENTRIES: usize = 10_000;
/// Pause after something due could not be written.
const RETRY: Duration = Duration::from_millis(100);
/// How long a request id is kept: longer than a month of filing.
const KEPT_DAYS: i64 = 40;

/// Why the writer stopped for good. The process must end and recover.
#[derive(Debug, thiserror::Error)]
pub enum WriterFault {
    /// The disk fails; nothing that it says can be relied on.
    #[error("the disk fails: {0}")]
    Disk(DbErr),
    /// It could not start.
    #[error("the writer cannot start: {0}")]
    Start(DbErr),
}

pub(super) struct Engine<B: Book> {
    pub(super) book: Arc<B>,
    pub(super) pen: Pen,
    pub(super) place: Place,
    pub(super) writer: Writer<B>,
    pub(super) chain: Chain,
    pub(super) publisher: Publisher,
    pub(super) due: Option<Instant>,
    pruned: Instant,
}

/// How a command of the group ended, before the group is durable.
enum Outcome {
    Accepted(Receipt),
    Refused(Fault),
}

impl<B: Book> Writer<B> {
    /// Starts a region's writer on its own task. The task ends when the queue is closed and empty, or with a fault after
    /// which the process must end.
    ///
    /// # Errors
    /// The database cannot say where the journal stands.
    pub async fn start(
        book: Arc<B>,
        pen: Pen,
        place: Place,
        random: Arc<dyn SecureRandom + Send + Sync>,
        last: Instant,
    ) -> Result<(Self, tokio::task::JoinHandle<Result<(), WriterFault>>), WriterFault> {
        let standing = Standing::load(&*book, &pen, &place).await.map_err(WriterFault::Start)?;
        let writer = Self::new(place.clock.clone(), last);
        let chain = Chain { region: place.region.to_string(), epoch: place.epoch, frontier: standing.frontier, random };
        let engine = Engine {
            book,
            pen,
            place,
            writer: writer.clone(),
            chain,
            publisher: standing.publisher,
            due: standing.due,
            pruned: Instant::from_ms(0),
        };
        Ok((writer, tokio::spawn(engine.run())))
    }
}

impl<B: Book> Engine<B> {
    async fn run(mut self) -> Result<(), WriterFault> {
        loop {
            let (group, over) = self.writer.take(MOST_COMMANDS);
            if over {
                return Ok(());
            }
            if group.is_empty() {
                self.idle().await?;
                continue;
            }
            self.decide_all(group).await?;
        }
    }

    /// Waits for a command, or for the next thing that time has to say.
    async fn idle(&mut self) -> Result<(), WriterFault> {
        let writer = self.writer.clone();
        let woken = writer.shared.wake.notified();
        let now = self.place.clock.now();
        // A journal that cannot vouch for itself does not grow, not even by deadlines.
        let due = if self.place.soundness.fault().is_some() { None } else { self.due };
        match due {
            Some(due) if due <= now => {
                let stamp = self.writer.stamp();
                self.let_time_speak(stamp).await.map(|_| ())
            }
            Some(due) if !self.place.clock.is_driven() => {
                let wait = u64::try_from(due.ms_since(now)).unwrap_or(0).min(60_000);
                let _ = tokio::time::timeout(Duration::from_millis(wait.max(1)), woken).await;
                Ok(())
            }
            Some(_) | None => {
                woken.await;
                Ok(())
            }
        }
    }

    /// Decides every command, in runs between which time speaks.
    async fn decide_all(&mut self, mut group: Vec<Queued<B>>) -> Result<(), WriterFault> {
        while let Some(first) = group.first() {
            let received = first.received;
            if let Some(unsound) = self.place.soundness.fault() {
                for queued in group {
                    let _ = queued.reply.send(Err(Fault::ReadOnly { reason: unsound.reason, detail: unsound.detail.clone() }));
                }
                return Ok(());
            }
            if let Some(error) = self.let_time_speak(received).await? {
                // What was due comes before them, and it cannot be written: they would be decided out of order.
                for queued in group {
                    let _ = queued.reply.send(Err(Fault::from(DbErr::Custom(error.clone()))));
                }
                return Ok(());
            }
            group = self.run_of_commands(group).await?;
        }
        Ok(())
    }

    /// Decides everything that was due by `stamp`, instant by instant. What could not be written is said; it is tried again later.
    async fn let_time_speak(&mut self, stamp: Instant) -> Result<Option<String>, WriterFault> {
        while let Some(at) = self.due.filter(|due| *due <= stamp) {
            let pen = self.pen.clone();
            let Err(error) = pen.bounded(self.one_instant(at, stamp)).await else { continue };
            let said = error.to_string();
            tracing::error!(error = %error, "what time had to say could not be written");
            self.after_failure(error).await?;
            // Nobody may wait for it; without a pause an idle writer would try without end.
            tokio::time::sleep(RETRY).await;
            return Ok(Some(said));
        }
        Ok(None)
    }

    async fn one_instant(&mut self, at: Instant, stamp: Instant) -> Result<(), DbErr> {
        let tx = self.begin().await?;
        let mut known = B::Known::default();
        let events = self.book.passed(&tx, at, &mut known).await?;
        let mut draft = Draft::new(&self.chain);
        let actor = Actor::Time.id();
        for (event, subject) in &events {
            let author = Author { actor: &actor, request: None, subject, received: stamp, effective: at };
            let (stamp, _) = draft.append(&self.chain, event, &author).map_err(|fault| DbErr::Custom(fault.to_string()))?;
            self.book.apply(&mut known, event, &stamp);
        }
        if draft.is_empty() {
            tx.rollback().await?;
        } else {
            self.finish(tx, draft, known, stamp, Vec::new()).await?;
        }
        // The next thing due may lie anywhere now; ask for it rather than guess.
        let silent = events.is_empty();
        if silent {
            // A row and the rule that reads it disagree. Time goes on; the row is found by `verify`.
            tracing::error!(at = %at, "something is stored as due and has nothing to say");
        }
        self.due = self.book.due(&self.pen.connection(), silent.then_some(at)).await?;
        Ok(())
    }

    /// Decides commands until the queue's group ends or time has to speak in between; gives back what is left.
    async fn run_of_commands(&mut self, group: Vec<Queued<B>>) -> Result<Vec<Queued<B>>, WriterFault> {
        let mut replies = Vec::with_capacity(group.len());
        let mut rest = Vec::new();
        let (region, commands) = (self.place.region.clone(), group.len());
        let span = tracing::info_span!("writer.group", region = %region, commands);
        traces::follow_all(&span, group.iter().map(|queued| &queued.span));
        let result = self.transact(group, &mut replies, &mut rest).instrument(span).await;
        metrics::group(region.as_str(), replies.len());
        metrics::queue(region.as_str(), self.writer.waiting());
        match result {
            Ok(()) => {
                for (reply, outcome) in replies {
                    let _ = reply.send(match outcome {
                        Outcome::Accepted(receipt) => Ok(receipt),
                        Outcome::Refused(fault) => Err(fault),
                    });
                }
                Ok(rest)
            }
            Err(error) => {
                tracing::error!(error = %error, "a group of commands could not be written");
                for (reply, outcome) in replies {
                    let fault = match outcome {
                        Outcome::Refused(fault) => fault,
                        Outcome::Accepted(_) => Fault::from(DbErr::Custom(error.to_string())),
                    };
                    let _ = reply.send(Err(fault));
                }
                self.after_failure(error).await.map(|()| rest)
            }
        }
    }

    async fn transact(
        &mut self,
        group: Vec<Queued<B>>,
        replies: &mut Vec<(tokio::sync::oneshot::Sender<Result<Receipt, Fault>>, Outcome)>,
        rest: &mut Vec<Queued<B>>,
    ) -> Result<(), DbErr> {
        let failed = |group: Vec<Queued<B>>, replies: &mut Vec<_>, error: DbErr| {
            for queued in group {
                replies.push((queued.reply, Outcome::Refused(Fault::from(DbErr::Custom(error.to_string())))));
            }
            error
        };
        let loaded = match self.begin().await {
            Ok(tx) => self.pen.bounded(self.load(tx, &group)).await,
            Err(error) => Err(error),
        };
        let (tx, mut known, given) = match loaded {
            Ok(loaded) => loaded,
            Err(error) => return Err(failed(group, replies, error)),
        };
        let mut draft = Draft::new(&self.chain);
        let mut kept: HashMap<(String, String), ([u8; 32], Receipt)> = HashMap::new();
        let mut last = Instant::from_ms(0);
        let mut group = group.into_iter();
        while let Some(queued) = group.next() {
            let due = self.book.due_of(&known).into_iter().chain(self.due).min();
            // Time has just spoken for the first command of a run; to cut before it would begin the same run for ever.
            // A whole has a transaction of its own, which can be thrown away.
            let whole = queued.submission.command.is_whole();
            let cut = due.is_some_and(|due| due <= queued.received) || draft.len() >= MOST_ENTRIES || whole;
            if cut && !replies.is_empty() {
                rest.push(queued);
                rest.extend(group);
                break;
            }
            last = queued.received;
            let Queued { submission, received, reply, .. } = queued;
            if whole {
                let (outcome, kept_it) = self.decide_whole(&mut draft, &mut known, &given, &mut kept, submission, received);
                replies.push((reply, outcome));
                rest.extend(group);
                if !kept_it {
                    return self.pen.bounded(tx.rollback()).await;
                }
                break;
            }
            let outcome = self.decide(&mut draft, &mut known, &given, &mut kept, submission, received);
            replies.push((reply, outcome));
        }
        self.due = self.book.due_of(&known).into_iter().chain(self.due).min();
        if draft.is_empty() {
            return self.pen.bounded(tx.rollback()).await;
        }
        let kept = kept
            .into_iter()
            .map(|((actor, request), (hash, receipt))| request_row::Model {
                actor,
                request,
                hash: hash.to_vec(),
                receipt: receipt.encode_to_vec(),
                created_ms: receipt.received_at_ms,
            })
            .collect();
        let pen = self.pen.clone();
        let moved = self.book.moves_time(&known);
        pen.bounded(self.finish(tx, draft, known, last, kept)).await?;
        if moved {
            self.due = self.book.due(&self.pen.connection(), None).await?;
        }
        Ok(())
    }

    #[allow(clippy::type_complexity)]
    async fn load(
        &self,
        tx: DatabaseTransaction,
        group: &[Queued<B>],
    ) -> Result<(DatabaseTransaction, B::Known, HashMap<(String, String), request_row::Model>), DbErr> {
        let mut needs = B::Needs::default();
        let mut ids = Vec::new();
        for queued in group {
            queued.submission.command.needs(&queued.submission.actor, &mut needs);
            self.book.always(queued.received, &mut needs);
            ids.extend(queued.submission.request.as_ref().map(|request| request.id.clone()));
        }
        let given = requests(&tx, ids).await?;
        let mut known = B::Known::default();
        self.book.load(&tx, needs, &mut known).await?;
        let mut then = B::Needs::default();
        for queued in group {
            queued.submission.command.then(&known, &mut then);
        }
        self.book.load(&tx, then, &mut known).await?;
        Ok((tx, known, given))
    }

    fn decide(
        &self,
        draft: &mut Draft,
        known: &mut B::Known,
        given: &HashMap<(String, String), request_row::Model>,
        kept: &mut HashMap<(String, String), ([u8; 32], Receipt)>,
        submission: super::queue::Submission<B>,
        received: Instant,
    ) -> Outcome {
        let actor = submission.actor.id();
        if let Some(request) = &submission.request {
            let key = (actor.clone(), request.id.clone());
            let earlier = kept
                .get(&key)
                .map(|(hash, receipt)| (hash.to_vec(), Some(receipt.clone())))
                .or_else(|| given.get(&key).map(|row| (row.hash.clone(), Receipt::decode(row.receipt.as_slice()).ok())));
            if let Some((hash, receipt)) = earlier {
                return match receipt {
                    Some(receipt) if hash == request.hash => Outcome::Accepted(Receipt { repeated: true, ..receipt }),
                    Some(_) => Outcome::Refused(Fault::RequestReused),
                    None => Outcome::Refused(Fault::Internal("a stored receipt is malformed".to_owned())),
                };
            }
        }
        let Some(next) = Serial::new(self.chain.epoch, draft.next()) else {
            return Outcome::Refused(Fault::Internal("the journal has no positions left".to_owned()));
        };
        let moment = Moment { now: received, next };
        let mut decision = match submission.command.decide(&submission.actor, moment, known) {
            Ok(decision) => decision,
            Err(refusal) => return Outcome::Refused(Fault::Refused(refusal)),
        };
        let mut receipt = Receipt {
            resource: self.place.name(&decision.subject),
            region: self.place.region.to_string(),
            region_code: self.place.code_at(received),
            epoch: self.chain.epoch,
            position: draft.next(),
            leaf_hash: bytes::Bytes::new(),
            received_at_ms: received.ms(),
            sandbox: self.place.sandbox,
            repeated: false,
            etag: String::new(),
        };
        if submission.validate_only {
            return Outcome::Accepted(receipt);
        }
        let request = submission.request.as_ref().map(|request| request.id.as_str());
        for event in &decision.events {
            let own = self.book.subject_of(event);
            let subject = own.as_deref().unwrap_or(&decision.subject);
            let author = Author { actor: &actor, request, subject, received, effective: received };
            let (stamp, leaf) = match draft.append(&self.chain, event, &author) {
                Ok(appended) => appended,
                Err(fault) => return Outcome::Refused(fault),
            };
            self.book.apply(known, event, &stamp);
            if let Some(outside) = decision.outside.take() {
                outside(known, &stamp);
            }
            if receipt.leaf_hash.is_empty() {
                receipt.leaf_hash = bytes::Bytes::copy_from_slice(leaf.as_bytes());
            }
            // The version of what the receipt names, whatever else changed with it.
            if subject == decision.subject || receipt.etag.is_empty() {
                receipt.etag = stamp.position.to_string();
            }
        }
        if let Some(request) = submission.request {
            kept.insert((actor, request.id), (request.hash, receipt.clone()));
        }
        Outcome::Accepted(receipt)
    }

    /// Decides the parts of a whole, each on what the ones before it did. All refusals come at once. The flag says whether what was
    /// decided is to be written.
    fn decide_whole(
        &self,
        draft: &mut Draft,
        known: &mut B::Known,
        given: &HashMap<(String, String), request_row::Model>,
        kept: &mut HashMap<(String, String), ([u8; 32], Receipt)>,
        mut submission: super::queue::Submission<B>,
        received: Instant,
    ) -> (Outcome, bool) {
        let actor = submission.actor.id();
        let repeated = |id: &str| given.contains_key(&(actor.clone(), id.to_owned()));
        let parts = match &submission.request {
            // The receipt of a whole that took effect is found where that of any command is.
            Some(request) if repeated(&request.id) => Vec::new(),
            _ => submission.command.parts(),
        };
        let (mut refused, mut first) = (Vec::new(), None);
        for (at, command) in parts.into_iter().enumerate() {
            let submission =
                super::queue::Submission { command, actor: submission.actor.clone(), request: None, validate_only: false };
            match self.decide(draft, known, given, kept, submission, received) {
                Outcome::Accepted(receipt) => first = first.or(Some(receipt)),
                Outcome::Refused(Fault::Refused(refusal)) => refused.push((at, refusal)),
                Outcome::Refused(fault) => return (Outcome::Refused(fault), false),
            }
        }
        if !refused.is_empty() {
            return (Outcome::Refused(Fault::Parts(PartsRefused(refused))), false);
        }
        match (first, submission.validate_only, submission.request.take()) {
            (Some(receipt), true, _) => (Outcome::Accepted(receipt), false),
            (Some(receipt), false, request) => {
                if let Some(request) = request {
                    kept.insert((actor, request.id), (request.hash, receipt.clone()));
                }
                (Outcome::Accepted(receipt), true)
            }
            (None, _, request) => {
                submission.request = request;
                (self.decide(draft, known, given, kept, submission, received), false)
            }
        }
    }

    /// Flushes, publishes the facts that follow, commits, and makes the result the present.
    async fn finish(
        &mut self,
        tx: DatabaseTransaction,
        mut draft: Draft,
        mut known: B::Known,
        received: Instant,
        kept: Vec<request_row::Model>,
    ) -> Result<(), DbErr> {
        let changes = self.book.flush(&tx, &mut known).await?;
        let position = draft.next();
        let publication = self.publisher.prepare(&tx, changes, position).await?;
        if let Some(publication) = &publication {
            let event: Event = Published { digests: published(&publication.overlay) }.into();
            let actor = Actor::Time.id();
            let author = Author { actor: &actor, request: None, subject: "facts", received, effective: received };
            draft.append(&self.chain, &event, &author).map_err(|fault| DbErr::Custom(fault.to_string()))?;
            let origin = self.place.region.as_str();
            store(&tx, origin, self.chain.epoch, position, &publication.facts, &publication.overlay).await?;
        }
        insert::<request_row::Entity>(&tx, kept).await?;
        self.prune(&tx, received).await?;
        let head = draft.next().saturating_sub(1);
        let frontier = draft.write(&tx).await?;
        let begun = tokio::time::Instant::now();
        tx.commit().await?;
        metrics::committed(self.place.region.as_str(), begun.elapsed(), head);
        self.place.signs.moved(head, traces::traceparent());
        self.chain.frontier = frontier;
        if let Some(publication) = &publication {
            self.publisher.committed(publication);
        }
        announce(&self.place.head, head);
        Ok(())
    }

    /// Forgets receipts that are old enough, once a business day.
    async fn prune(&mut self, tx: &DatabaseTransaction, now: Instant) -> Result<(), DbErr> {
        if now < self.pruned.plus_days(1) {
            return Ok(());
        }
        self.pruned = now;
        request_row::Entity::delete_many()
            .filter(request_row::Column::CreatedMs.lt(now.plus_days(-KEPT_DAYS).ms()))
            .exec(tx)
            .await?;
        Ok(())
    }
}

pub(super) fn announce(head: &watch::Sender<u64>, position: u64) {
    head.send_if_modified(|held| {
        let newer = position > *held;
        if newer {
            *held = position;
        }
        newer
    });
}
