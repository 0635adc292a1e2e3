//! The authority on disk: its replacement is journaled, and the region at the top, which nobody above renews, renews itself with it.

use std::{sync::Arc, time::Duration};

use changxiao_domain::{actor::Actor, event::Event};
use changxiao_proto::convert::event::decode;
use changxiao_tier::{
    channel::stopped,
    desk::Host,
    enrolment::{
        files,
        renewal::{Due, due},
    },
    fault::Fault,
    identity::{ca::Authority, csr, files::Paths},
    journal::{merkle::Hash, store::entry_row},
    writer::Submission,
};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use tokio::{sync::watch, task::JoinHandle};

use crate::{
    app::enrolments::{NoteAuthority, RecordRenewal},
    book::Ledger,
    grpc::issuing::Issuing,
};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// Pause after a failure.
const PAUSE: Duration = Duration::from_secs(30);

/// Watches over the authority of one region.
pub struct Keeper {
    /// The region.
    pub host: Arc<Host<Ledger>>,
    /// Issues.
    pub issuing: Issuing,
    /// The region's own identity, if nobody above renews it.
    pub own: Option<Paths>,
}

impl Keeper {
    /// Starts on a task that ends when `stop` turns true; there is nothing to do without an authority.
    #[must_use]
    pub fn start(self, stop: watch::Receiver<bool>) -> JoinHandle<()> {
        tokio::spawn(async move {
            tokio::select! {
                () = self.keep() => {}
                () = stopped(stop) => {}
            }
        })
    }

    async fn keep(self) {
        if self.issuing.authority.is_none() {
            return;
        }
        let mut noted = self.noted().await;
        let mut look = tokio::time::interval(LOOK);
        loop {
            look.tick().await;
            if let Err(fault) = self.look(&mut noted).await {
                tracing::warn!(region = %self.host.place.region, "the authority on disk cannot be kept: {fault}");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// The key that the journal names last; empty for none.
    async fn noted(&self) -> String {
        let last = entry_row::Entity::find()
            .filter(entry_row::Column::Kind.eq("authority_replaced"))
            .order_by_desc(entry_row::Column::Position)
            .one(&self.host.read)
            .await;
        match last.ok().flatten().map(|entry| decode(&entry.body, Vec::new())) {
            Some(Ok(Event::AuthorityReplaced(event))) => event.new_key,
            _ => String::new(),
        }
    }

    async fn look(&self, noted: &mut String) -> Result<(), Fault> {
        let region = &self.host.place.region;
        // Between two renames there is none for a moment; who needs it then is told, and here it is looked for again.
        let Some(directory) = self.issuing.authority.as_ref().filter(|directory| directory.is_dir()) else { return Ok(()) };
        let authority = Authority::open(directory, self.issuing.now());
        let authority = authority.map_err(|fault| Fault::Internal(fault.to_string()))?;
        let key = authority.own().own_key.clone();
        if key != *noted {
            let command = Box::new(NoteAuthority { old_key: noted.clone(), new_key: key.clone() });
            let submission = Submission { command, actor: Actor::Operator, request: None, validate_only: false };
            self.host.writer.submit(submission).await?;
            tracing::info!(region = %region, authority.key = key, "issues with this authority from now on");
            *noted = key;
        }
        match &self.own {
            Some(paths) => self.renew_own(paths).await,
            None => Ok(()),
        }
    }

    async fn renew_own(&self, paths: &Paths) -> Result<(), Fault> {
        let held = self.issuing.tls.identity();
        let region = &self.host.place.region;
        let is_own = held.leaf.spiffe_id().is_ok_and(|id| id.region() == region);
        if !is_own || due(&held.leaf, false, self.issuing.now()) == Due::Nothing {
            return Ok(());
        }
        let internal = |why: String| Fault::Internal(format!("the own certificate of {region}: {why}"));
        let fresh = csr::make(&self.issuing.id(&self.host, region)?).map_err(|fault| internal(fault.to_string()))?;
        let issued = self.issuing.issue(&self.host, region, &fresh.csr)?;
        let chain = CertificateDer::pem_slice_iter(issued.chain.as_bytes()).collect::<Result<Vec<_>, _>>();
        let chain = chain.map_err(|error| internal(format!("{error:?}")))?;
        let digest = Hash::of(&[b"changxiao/own-renewal/v1\n", &fresh.csr]).0;
        let command = Box::new(RecordRenewal { region: region.clone(), digest, issued });
        let submission = Submission { command, actor: Actor::Operator, request: None, validate_only: false };
        self.host.writer.submit(submission).await?;
        files::keep_key(paths, &fresh.key).map_err(|fault| internal(fault.told()))?;
        files::install(paths, &chain, held.bundle.authorities()).map_err(|fault| internal(fault.told()))?;
        tracing::info!(region = %region, "the federation certificate was renewed with the own authority");
        // Until the new files are in use.
        tokio::time::sleep(LOOK * 3).await;
        Ok(())
    }
}
