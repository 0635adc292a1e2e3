//! Where a journal stands, as its writer holds it in memory; and how a writer comes back to a server that was gone.
//!
//! A file cannot go away under its process: an I/O error ends the process. A server can. Its writer then drops all it holds,
//! answers whoever waits, and begins again from what is stored, in a new term. Whether a group in doubt was committed shows
//! by itself: it is stored or it is not, and a repeated request id finds its receipt or is decided anew.

use std::time::Duration;

use changxiao_domain::clock::Instant;
use sea_orm::{DatabaseTransaction, DbErr};

use super::{
    book::Book,
    group::{Engine, WriterFault, announce},
};
use crate::{
    database::Pen,
    facts::Publisher,
    fault::{Fault, is_io},
    journal::{
        merkle::Frontier,
        store::{frontier, rows, size},
    },
    place::Place,
    registers,
};

/// First and longest pause between two attempts to come back.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// What a writer knows before its first group.
pub(super) struct Standing {
    pub(super) frontier: Frontier,
    pub(super) publisher: Publisher,
    pub(super) due: Option<Instant>,
}

impl Standing {
    pub(super) async fn load<B: Book>(book: &B, pen: &Pen, place: &Place) -> Result<Self, DbErr> {
        let db = pen.connection();
        Ok(Self {
            frontier: frontier(&db, size(&db).await?).await?,
            publisher: Publisher::load(&db, place.region.as_str()).await?,
            due: book.due(&db, None).await?,
        })
    }
}

impl<B: Book> Engine<B> {
    /// Begins a group. A server that was gone while nobody wrote is come back to here, without any caller noticing.
    pub(super) async fn begin(&mut self) -> Result<DatabaseTransaction, DbErr> {
        let pen = self.pen.clone();
        match pen.bounded(pen.begin()).await {
            Err(error) if pen.is_remote() => {
                tracing::warn!(error = %error, "the session of the writer is lost");
                self.come_back().await?;
                // The group at hand was let in by the journal that is gone; on another one it must not be decided.
                if let Some(unsound) = self.place.soundness.fault() {
                    return Err(DbErr::Custom(format!("{}: {}", unsound.reason, unsound.detail)));
                }
                pen.bounded(pen.begin()).await
            }
            begun => begun,
        }
    }

    /// After a group that could not be written: what is in memory may differ from what is stored.
    pub(super) async fn after_failure(&mut self, error: DbErr) -> Result<(), WriterFault> {
        if self.pen.is_remote() {
            self.recover(error).await;
            return Ok(());
        }
        // Rolled back as a whole: what the buckets in memory say may be ahead of the database.
        if let Ok(publisher) = Publisher::load(&self.pen.connection(), self.place.region.as_str()).await {
            self.publisher = publisher;
        }
        if is_io(&error) { Err(WriterFault::Disk(error)) } else { Ok(()) }
    }

    /// Comes back to a server, however long that takes. Whoever waits meanwhile is told at once.
    pub(super) async fn recover(&mut self, lost: DbErr) {
        tracing::error!(error = %lost, "the writer drops what it holds and comes back in a new term");
        let (mut pause, longest) = PAUSES;
        let mut said = String::new();
        while let Err(error) = self.come_back().await {
            let says = error.to_string();
            if says != said {
                tracing::error!(error = %error, "the writer cannot come back yet");
                said.clone_from(&says);
            }
            let (waiting, over) = self.writer.take(usize::MAX);
            for queued in waiting {
                let _ = queued.reply.send(Err(Fault::from(DbErr::Custom(says.clone()))));
            }
            if over {
                return;
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }

    /// One attempt: a new session, a new term, and everything read anew.
    async fn come_back(&mut self) -> Result<(), DbErr> {
        let pen = self.pen.clone();
        pen.bounded(pen.take_over()).await?;
        pen.bounded(self.stand()).await
    }

    async fn stand(&mut self) -> Result<(), DbErr> {
        let standing = Standing::load(&*self.book, &self.pen, &self.place).await?;
        let db = self.pen.connection();
        let held = &self.chain.frontier;
        // What was committed here must still be there: a server put back from a copy, or a standby that lagged, is found out.
        let kept = held.size() <= standing.frontier.size() && frontier(&db, held.size()).await?.root() == held.root();
        if !kept {
            let detail = format!(
                "the server came back with {} entries that do not continue the {} committed",
                standing.frontier.size(),
                held.size()
            );
            self.place.soundness.condemn("JOURNAL_ROLLED_BACK", detail);
        }
        // Another process may have written meanwhile: its entries, its stamps, its register.
        let stored = standing.frontier.size();
        if let Some(last) = rows(&db, stored.saturating_sub(1), 1).await?.first() {
            self.writer.not_before(Instant::from_ms(last.received_ms));
        }
        if let Some(register) = registers::adopted(&db).await? {
            self.place.registers.adopt(register);
        }
        self.chain.frontier = standing.frontier;
        self.publisher = standing.publisher;
        self.due = standing.due;
        announce(&self.place.head, stored.saturating_sub(1));
        Ok(())
    }
}
