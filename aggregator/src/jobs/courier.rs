//! Handing directives to one child: over the connection that this tier opened, until the receipt lies in a witnessed tree.
//!
//! What was handed over is remembered outside the journal, so a restart at worst hands over again, which is harmless.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use changxiao_domain::actor::Actor;
use changxiao_proto::{
    convert::directive::unseal,
    federation::v1::{DeliverRequest, DeliverResponse, SignedDirective},
};
use changxiao_tier::{
    database::upsert,
    directives::{Held, handover_row, next_hop},
    fault::Fault,
    journal::store::{signed, unsigned},
    writer::Submission,
};
use tokio::{task::JoinSet, time::timeout};

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
    let mut courier = Courier { neighbour, hopeless: BTreeSet::new(), failures: 0 };
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
            _ = stirred.changed() => courier.hopeless.clear(),
            () = courier.neighbour.witnessed.notified() => {}
            () = tokio::time::sleep(again) => {}
        }
    }
}

struct Courier {
    neighbour: Neighbour,
    hopeless: BTreeSet<String>,
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
        let (host, child) = (self.neighbour.host.clone(), self.neighbour.child.clone());
        let place = &host.place;
        let (register, now) = (place.registers.current(), place.clock.now());
        let mut under_way = desk::under_way(&host.read, place.region.as_str()).await?;
        under_way.retain(|held| next_hop(&register, &place.region, &held.directive.addressee, now).as_ref() == Some(&child));
        under_way.retain(|held| !self.hopeless.contains(&held.directive.id));
        if under_way.is_empty() {
            return Ok(false);
        }
        let link = links::one(&host.read, &child).await?;
        if link.held.quarantine.is_some() {
            return Ok(true);
        }
        let ids = under_way.iter().map(|held| held.directive.id.clone()).collect();
        let handovers = desk::handovers(&host.read, ids).await?;
        let handovers: BTreeMap<&str, &handover_row::Model> = handovers.iter().map(|row| (row.directive.as_str(), row)).collect();
        let witnessed = link.held.witnessed.as_ref().map_or((0, 0), |tree| (tree.epoch, tree.size));
        let (mut due, mut witnessed_receipts) = (Vec::new(), Vec::new());
        for held in under_way {
            match handovers.get(held.directive.id.as_str()) {
                Some(row) if row.child != child.as_str() => due.push(held),
                // A journal that began a new life may have lost the receipt.
                Some(row) if witnessed.0 > 0 && row.epoch < i64::from(witnessed.0) => due.push(held),
                Some(row) if row.epoch == i64::from(witnessed.0) && unsigned(row.position) < witnessed.1 => {
                    witnessed_receipts.push((held, (*row).clone()));
                }
                Some(_) => {}
                None => due.push(held),
            }
        }
        self.mark(witnessed_receipts).await?;
        self.hand_over(due).await?;
        Ok(true)
    }

    async fn mark(&self, receipts: Vec<(Held, handover_row::Model)>) -> Result<(), Trouble> {
        let mut marks = JoinSet::new();
        for (held, row) in receipts {
            let (writer, child) = (self.neighbour.host.writer.clone(), self.neighbour.child.clone());
            let epoch = u32::try_from(row.epoch).unwrap_or(0);
            let mark =
                MarkDelivered { directive: held.directive.id, child: child.clone(), epoch, position: unsigned(row.position) };
            let actor = Actor::Region(child.as_str().into());
            marks.spawn(async move {
                writer.submit(Submission { command: Box::new(mark), actor, request: None, validate_only: false }).await
            });
        }
        while let Some(marked) = marks.join_next().await {
            if let Ok(marked) = marked {
                marked?;
            }
        }
        Ok(())
    }

    async fn hand_over(&mut self, due: Vec<Held>) -> Result<(), Trouble> {
        let mut due = due.into_iter();
        loop {
            let mut calls = JoinSet::new();
            for held in due.by_ref().take(AT_ONCE) {
                let neighbour = self.neighbour.clone();
                calls.spawn(async move { (held.directive.id.clone(), call(&neighbour, &held).await) });
            }
            if calls.is_empty() {
                return Ok(());
            }
            let (mut rows, mut failed) = (Vec::new(), None);
            while let Some(ended) = calls.join_next().await {
                match ended {
                    Ok((id, Ok(receipt))) => rows.push(row_of(&self.neighbour, id, &receipt)),
                    Ok((id, Err(trouble))) if FINAL.contains(&trouble.reason.as_str()) => {
                        tracing::error!(child = %self.neighbour.child, directive = id, reason = trouble.reason, "a directive is refused: {}", trouble.detail);
                        self.hopeless.insert(id);
                    }
                    Ok((_, Err(trouble))) => failed = Some(trouble),
                    Err(_) => {}
                }
            }
            upsert::<handover_row::Entity>(&self.neighbour.host.write, rows).await?;
            if let Some(trouble) = failed {
                return Err(trouble);
            }
        }
    }
}

fn row_of(neighbour: &Neighbour, directive: String, receipt: &DeliverResponse) -> handover_row::Model {
    handover_row::Model {
        directive,
        child: neighbour.child.to_string(),
        epoch: i64::from(receipt.epoch),
        position: signed(receipt.position),
    }
}

async fn call(neighbour: &Neighbour, held: &Held) -> Result<DeliverResponse, Trouble> {
    let (directive, signature) = unseal(&held.signed).map_err(|fault| Trouble::new("DIRECTIVE_MALFORMED", fault.to_string()))?;
    let request = DeliverRequest {
        region: neighbour.child.to_string(),
        directive: Some(SignedDirective { directive: directive.into(), signature: signature.into() }),
    };
    let receipt = match timeout(neighbour.deadline(), neighbour.directives().deliver(request)).await {
        Ok(Ok(answer)) => answer.into_inner(),
        Ok(Err(status)) => return Err(Trouble::of_call(&status)),
        Err(_) => return Err(Trouble::new("NO_ANSWER_IN_TIME", "the directive was not taken in time")),
    };
    // Only the child's own journal counts.
    if receipt.region != neighbour.child.as_str() || receipt.epoch == 0 {
        return Err(Trouble::new("RECEIPT_MALFORMED", format!("the receipt is of `{}`", receipt.region)));
    }
    Ok(receipt)
}
