//! Carries transfers from county to county: whatever step follows by itself from what both show is ordered once.

use std::{sync::Arc, time::Duration};

use changxiao_domain::actor::Actor;
use changxiao_tier::{channel::stopped, desk::Host, fault::Fault, writer::Submission};
use tokio::{sync::watch, task::JoinHandle};

use crate::{
    app::{
        issuer::Issuer,
        transfers::{OrderStep, next},
    },
    book::Ledger,
    store::transfers,
};

/// How often the facts are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Carries on its own task until `stop` turns true.
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
    let mut look = tokio::time::interval(LOOK);
    loop {
        look.tick().await;
        if let Err(fault) = carry(&host).await {
            tracing::warn!(region = %host.place.region, "transfers cannot be carried now: {fault}");
        }
    }
}

/// Orders every step that is due.
async fn carry(host: &Host<Ledger>) -> Result<(), Fault> {
    for standing in transfers::all(&host.read, &host.place.region).await? {
        let Some((addressee, order)) = next(&standing) else { continue };
        let issuer = Issuer::new(&host.place, host.key.clone());
        // A county that is not reached from here leaves the transfer to people: it stands on their list once it is overdue.
        if issuer.reach(&addressee, host.place.clock.now()).is_err() {
            continue;
        }
        let command = Box::new(OrderStep { issuer, addressee: addressee.clone(), order });
        host.writer.submit(Submission { command, actor: Actor::Operator, request: None, validate_only: false }).await?;
        tracing::info!(region = %host.place.region, addressee.region = %addressee, "ordered the next step of a transfer");
    }
    Ok(())
}
