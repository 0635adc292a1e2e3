//! Publishes each new version of this region's own revocation list, once, also when it was adopted just before a stop.

use std::{sync::Arc, time::Duration};

use changxiao_domain::{actor::Actor, directive::Order};
use changxiao_tier::{
    channel::stopped,
    desk::Host,
    directives::{directive_row, held_of},
    fault::Fault,
    revocations,
    writer::Submission,
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tokio::{sync::watch, task::JoinHandle};

use crate::{
    app::{issuer::Issuer, revocations::PublishList},
    book::Ledger,
};

/// How often the lists in force are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Publishes on its own task until `stop` turns true.
#[must_use]
pub fn start(host: Arc<Host<Ledger>>, stop: watch::Receiver<bool>) -> JoinHandle<()> {
    tokio::spawn(async move {
        tokio::select! {
            () = keep(host) => {}
            () = stopped(stop) => {}
        }
    })
}

async fn keep(host: Arc<Host<Ledger>>) {
    let mut published = None;
    let mut look = tokio::time::interval(LOOK);
    loop {
        look.tick().await;
        let in_force = host.place.revocations.version(&host.place.region);
        if published.is_some_and(|published| published >= in_force) || in_force == 0 {
            continue;
        }
        match publish(&host).await {
            Ok(version) => published = Some(version),
            Err(fault) => {
                tracing::warn!(region = %host.place.region, "the revocation list cannot be published now: {fault}");
            }
        }
    }
}

/// Publishes the stored list unless directives say that it was; gives back its version.
async fn publish(host: &Host<Ledger>) -> Result<u32, Fault> {
    let here = &host.place.region;
    let stored = revocations::stored(&host.read).await?;
    let Some((_, version, signed)) = stored.into_iter().find(|(issuer, ..)| issuer == here) else { return Ok(0) };
    let rows = directive_row::Entity::find()
        .filter(directive_row::Column::Kind.eq("revocations"))
        .filter(directive_row::Column::Issuer.eq(here.as_str()))
        .all(&host.read)
        .await?;
    for row in rows {
        if matches!(held_of(row)?.directive.order, Order::Revocations { version: sent, .. } if sent >= version) {
            return Ok(version);
        }
    }
    let issuer = Issuer::new(&host.place, host.key.clone());
    let command = Box::new(PublishList { issuer, version, signed });
    host.writer.submit(Submission { command, actor: Actor::Operator, request: None, validate_only: false }).await?;
    tracing::info!(region = %here, version, "published the revocation list");
    Ok(version)
}
