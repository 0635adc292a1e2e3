//! Handing directives to one child over the connection that this tier opened. Where each one stands is for [`Outbox`] to say: it is
//! delivered when its receipt lay in a witnessed tree and the child repeated it afterwards.
//!
//! First receipts are remembered outside the journal, so a restart at worst hands over again, which is harmless.

use std::{collections::BTreeMap, time::Duration};

use changxiao_domain::{actor::Actor, region::RegionId};
use changxiao_proto::{
    convert::directive::unseal,
    federation::v1::{self as pb, DeliverRequest},
};
use changxiao_tier::{
    database::upsert,
    directives::{Held, handover_row, next_hop},
    fault::Fault,
    journal::store::{signed, unsigned},
    protocol::directive::{Outbox, Outgoing, Receipt, Sent, SignedDirective},
    writer::Submission,
};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout},
};

use super::{neighbour::Neighbour, pull::Trouble};
use crate::{
    app::directives::MarkDelivered,
    store::{desk, links},
};

/// Directives on their way to one child at a time.
const AT_ONCE: usize = 16;
/// Reasons that another try does not change.
const FINAL: &[&str] =
    &["DIRECTIVE_MALFORMED", "DIRECTIVE_SIGNATURE_INVALID", "DIRECTIVE_ID_REUSED", "DIRECTIVE_EXPIRED", "REQUEST_INVALID"];

/// Hands directives to a child until the task is ended.
pub async fn deliver(neighbour: Neighbour) {
    let mut head = neighbour.host.place.head.subscribe();
    let mut stirred = neighbour.stirred.clone();
    let mut courier = Courier { neighbour, refused: BTreeMap::new(), waiting: BTreeMap::new(), failures: 0 };
    loop {
        let waits = match courier.round().await {
            Ok(waits) => {
                courier.failures = 0;
                waits
            }
            Err(trouble) => {
                if courier.failures == 0 {
                    tracing::warn!(child = %courier.neighbour.child, reason = trouble.reason, "directives wait: {}", trouble.detail);
                }
                courier.failures = courier.failures.saturating_add(1);
                tokio::time::sleep(courier.pause()).await;
                continue;
            }
        };
        let again = if waits { courier.pause() } else { Duration::from_secs(60) };
        tokio::select! {
            _ = head.changed() => {}
            _ = stirred.changed() => courier.refused.clear(),
            () = courier.neighbour.witnessed.notified() => {}
            () = tokio::time::sleep(again) => {}
        }
    }
}

struct Courier {
    neighbour: Neighbour,
    /// Refused for good, with the reason. Asked once more when people or the register changed something, and after a restart.
    refused: BTreeMap<String, String>,
    /// Receipts that wait to be seen in a witnessed tree, and since when.
    waiting: BTreeMap<String, Instant>,
    failures: u32,
}

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Self {
        Self::new(fault.reason(), fault.to_string())
    }
}

impl From<sea_orm::DbErr> for Trouble {
    fn from(error: sea_orm::DbErr) -> Self {
        Fault::from(error).into()
    }
}

impl Courier {
    /// Capped back-off with jitter.
    fn pause(&self) -> Duration {
        let pace = self.neighbour.pace;
        let doubled = pace.backoff_first_ms.saturating_mul(1_i64.checked_shl(self.failures.min(20)).unwrap_or(i64::MAX));
        let wait = doubled.clamp(1, pace.backoff_max_ms).unsigned_abs();
        Duration::from_millis(wait / 2 + self.neighbour.draw() % (wait / 2 + 1))
    }

    /// Everything that can be done now. Says whether something is still under way.
    async fn round(&mut self) -> Result<bool, Trouble> {
        let host = self.neighbour.host.clone();
        let mut outbox = self.outbox().await?;
        if !outbox.iter().any(|(_, outgoing)| !matches!(outgoing.sent, Sent::Refused { .. })) {
            return Ok(false);
        }
        let child = self.neighbour.child.clone();
        let link = links::one(&host.read, &child).await?;
        if link.held.quarantine.is_some() {
            return Ok(true);
        }
        if let Some(witness) = &link.held.witnessed {
            outbox.witnessed(&child, witness);
        }
        self.doubt(&mut outbox);
        self.hand_over(&mut outbox).await?;
        Ok(true)
    }

    /// A child is asked for every interval: a receipt that two of them did not bring into a witnessed tree is asked for again.
    fn doubt(&mut self, outbox: &mut Outbox) {
        let patience = Duration::from_millis(self.neighbour.pace.interval_ms.unsigned_abs()).saturating_mul(2);
        let waiting: Vec<String> = outbox.unwitnessed(&self.neighbour.child).map(|(id, _)| id.to_owned()).collect();
        self.waiting.retain(|id, _| waiting.contains(id));
        for id in waiting {
            if self.waiting.entry(id.clone()).or_insert_with(Instant::now).elapsed() > patience {
                self.waiting.remove(&id);
                outbox.doubted(&id);
            }
        }
    }

    /// Directives on their way to this child, as the tables have them.
    async fn outbox(&self) -> Result<Outbox, Trouble> {
        let (host, child) = (&self.neighbour.host, &self.neighbour.child);
        let place = &host.place;
        let (register, now) = (place.registers.current(), place.clock.now());
        let mut under_way = desk::under_way(&host.read, place.region.as_str()).await?;
        under_way.retain(|held| next_hop(&register, &place.region, &held.directive.addressee, now).as_ref() == Some(child));
        let ids = under_way.iter().map(|held| held.directive.id.clone()).collect();
        let handovers = desk::handovers(&host.read, ids).await?;
        // A receipt of a child under which the addressee no longer lies is worth nothing.
        let mut receipts: BTreeMap<_, _> = handovers
            .into_iter()
            .filter(|row| row.child == child.as_str())
            .map(|row| (row.directive.clone(), receipt_of(&row, child)))
            .collect();
        let mut outbox = Outbox::default();
        for held in under_way {
            let signed = travelling(&held)?;
            let id = held.directive.id;
            let sent = match (self.refused.get(&id), receipts.remove(&id)) {
                (Some(reason), _) => Sent::Refused { reason: reason.clone() },
                (None, Some(receipt)) => Sent::Received(receipt),
                (None, None) => Sent::Pending,
            };
            outbox.restore(id, Outgoing { child: child.clone(), signed, sent });
        }
        Ok(outbox)
    }

    /// Hands over what is due and keeps what the child answered.
    async fn hand_over(&mut self, outbox: &mut Outbox) -> Result<(), Trouble> {
        let due = outbox.due(&self.neighbour.child).map(|(id, signed)| (id.to_owned(), signed.clone()));
        let due: Vec<_> = due.collect();
        for some in due.chunks(AT_ONCE) {
            let mut calls = JoinSet::new();
            for (id, signed) in some.iter().cloned() {
                let neighbour = self.neighbour.clone();
                calls.spawn(async move { (id, call(&neighbour, signed).await) });
            }
            let (mut rows, mut marks, mut failed) = (Vec::new(), Vec::new(), None);
            while let Some(ended) = calls.join_next().await {
                match ended {
                    Ok((id, Ok(receipt))) => {
                        match outbox.sent(&id) {
                            Some(Sent::Witnessed(_)) => outbox.confirmed(&id, receipt),
                            _ => outbox.received(&id, receipt),
                        }
                        match outbox.sent(&id) {
                            Some(Sent::Received(receipt)) => rows.push(row_of(id, receipt)),
                            Some(Sent::Delivered(receipt)) => marks.push(mark(id, receipt)),
                            _ => {}
                        }
                    }
                    Ok((id, Err(trouble))) if FINAL.contains(&trouble.reason.as_str()) => {
                        tracing::error!(child = %self.neighbour.child, directive = id, reason = trouble.reason, "a directive is refused: {}", trouble.detail);
                        outbox.refused(&id, &trouble.reason);
                        self.refused.insert(id, trouble.reason);
                    }
                    Ok((_, Err(trouble))) => failed = Some(trouble),
                    Err(_) => {}
                }
            }
            upsert::<handover_row::Entity>(&self.neighbour.host.write, rows).await?;
            self.mark(marks).await?;
            if let Some(trouble) = failed {
                return Err(trouble);
            }
        }
        Ok(())
    }

    /// Journals what can no longer be denied.
    async fn mark(&self, marks: Vec<MarkDelivered>) -> Result<(), Trouble> {
        let mut submitted = JoinSet::new();
        for mark in marks {
            let writer = self.neighbour.host.writer.clone();
            let actor = Actor::Region(self.neighbour.child.as_str().into());
            submitted.spawn(async move {
                writer.submit(Submission { command: Box::new(mark), actor, request: None, validate_only: false }).await
            });
        }
        while let Some(marked) = submitted.join_next().await {
            if let Ok(marked) = marked {
                marked?;
            }
        }
        Ok(())
    }
}

/// A directive as it lies in the tables, unopened.
fn travelling(held: &Held) -> Result<SignedDirective, Trouble> {
    let (directive, signature) = unseal(&held.signed).map_err(|fault| Trouble::new("DIRECTIVE_MALFORMED", fault.to_string()))?;
    Ok(SignedDirective { directive: directive.into(), signature: signature.into() })
}

fn receipt_of(row: &handover_row::Model, child: &RegionId) -> Receipt {
    Receipt { region: child.clone(), epoch: u32::try_from(row.epoch).unwrap_or(0), position: unsigned(row.position) }
}

fn row_of(directive: String, receipt: &Receipt) -> handover_row::Model {
    handover_row::Model {
        directive,
        child: receipt.region.to_string(),
        epoch: i64::from(receipt.epoch),
        position: signed(receipt.position),
    }
}

fn mark(directive: String, receipt: &Receipt) -> MarkDelivered {
    MarkDelivered { directive, child: receipt.region.clone(), epoch: receipt.epoch, position: receipt.position }
}

async fn call(neighbour: &Neighbour, signed: SignedDirective) -> Result<Receipt, Trouble> {
    let SignedDirective { directive, signature } = signed;
    let request =
        DeliverRequest { region: neighbour.child.to_string(), directive: Some(pb::SignedDirective { directive, signature }) };
    let receipt = match timeout(neighbour.deadline(), neighbour.directives().deliver(request)).await {
        Ok(Ok(answer)) => answer.into_inner(),
        Ok(Err(status)) => return Err(Trouble::of_call(&status)),
        Err(_) => return Err(Trouble::new("NO_ANSWER_IN_TIME", "the directive was not taken in time")),
    };
    // Only the child's own journal counts.
    if receipt.region != neighbour.child.as_str() || receipt.epoch == 0 {
        return Err(Trouble::new("RECEIPT_MALFORMED", format!("the receipt is of `{}`", receipt.region)));
    }
    Ok(Receipt { region: neighbour.child.clone(), epoch: receipt.epoch, position: receipt.position })
}
