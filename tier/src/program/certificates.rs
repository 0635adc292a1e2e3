//! Keeping certificates while serving: files replaced on disk are taken into use, lists dropped into place are adopted, and what is
//! about to run out is said loudly. Any agent may write the files; nothing here knows which.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use changxiao_domain::{
    actor::Actor,
    clock::{Clock, Instant},
};

use super::{Program, commands};
use crate::{
    channel::{
        FederationTls, ServerTls,
        tls::{federation_server, service_server},
    },
    config::Config,
    desk::Desk,
    identity::{
        files::{Credentials, Paths},
        leaf::Leaf,
        words::date_in_words,
    },
    journal::merkle::Hash,
    registers, revocations,
    telemetry::health::Ends,
    writer::Submission,
};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How often a refused set of files is tried again: what stood in its way may pass without the files changing.
const AGAIN_EVERY_MS: i64 = 60_000;
/// How often what the journals hold is put in force once more.
const ENFORCE_EVERY_MS: i64 = 5_000;
/// How often an alarm that still holds is repeated.
const ALARM_EVERY_MS: i64 = 3_600_000;

/// Everything that can be replaced while the process serves.
pub struct Certificates<P: Program> {
    /// The federation identity.
    pub federation: Paths,
    /// The service listener's certificate.
    pub service: Paths,
    /// Where the authorities of clients lie.
    pub config: Config,
    /// Where a revocation list may be dropped.
    pub list: Option<PathBuf>,
    /// Milliseconds for which a stale list is borne.
    pub grace_ms: i64,
    /// What neighbours are dialled with.
    pub tls: FederationTls,
    /// What the federation listener shows.
    pub federation_server: ServerTls,
    /// What the service listener shows.
    pub service_server: ServerTls,
    /// The regions that adopt lists.
    pub desk: Desk<P::Book>,
    /// Real time.
    pub clock: Arc<dyn Clock>,
    /// Told when what is in use ends.
    pub ends: Arc<Ends>,
}

/// One set of files as it was looked at last.
#[derive(Default)]
struct Seen {
    /// In use.
    used: Option<Hash>,
    /// Refused, and how often it was seen so. Key and certificate are two files: the first look may fall between two writes.
    refused: Option<(Hash, u32)>,
    /// When it was tried last, real time.
    tried_ms: i64,
}

impl Seen {
    /// Whether this content is to be tried now.
    fn is_news(&mut self, content: Hash, now: Instant) -> bool {
        let fresh = self.refused.is_none_or(|(refused, times)| refused != content || times < 3);
        let again = now.ms().saturating_sub(self.tried_ms) >= AGAIN_EVERY_MS;
        let news = self.used != Some(content) && (fresh || again);
        if news {
            self.tried_ms = now.ms();
        }
        news
    }

    /// Notes that it was refused; true at the one moment at which that is to be told.
    fn refuse(&mut self, content: Hash) -> bool {
        let times = self.refused.filter(|(refused, _)| *refused == content).map_or(0, |(_, times)| times).saturating_add(1);
        self.refused = Some((content, times));
        times == 3
    }

    fn take(&mut self, content: Hash) {
        *self = Self { used: Some(content), ..Self::default() };
    }
}

fn content(files: &[&PathBuf]) -> Hash {
    let bytes: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap_or_default()).collect();
    let each: Vec<Hash> = bytes.iter().map(|bytes| Hash::of(&[bytes.as_slice()])).collect();
    let parts: Vec<&[u8]> = each.iter().map(|hash| hash.0.as_slice()).collect();
    Hash::of(&parts)
}

/// What is left of a certificate, where it is a third or less: a sentence to alarm with.
#[must_use]
pub fn running_out(what: &str, leaf: &Leaf, now: Instant) -> Option<String> {
    let (life, left) = (leaf.not_after.ms_since(leaf.not_before), leaf.not_after.ms_since(now));
    let hours = left.max(0) / 3_600_000;
    (left.saturating_mul(3) <= life).then(|| {
        let until = date_in_words(leaf.not_after);
        format!(
            "the {what} ends on {until}, {hours} hours from now, and nobody has renewed it; renew it or have a new one issued"
        )
    })
}

impl<P: Program> Certificates<P> {
    /// Looks until it is dropped.
    pub async fn keep(self) {
        let federation = [&self.federation.key, &self.federation.chain, &self.federation.bundle];
        let mut service = vec![&self.service.key, &self.service.chain, &self.service.bundle];
        service.extend(&self.config.service.client_authority_file);
        let (mut identity, mut shown, mut list) = (Seen::default(), Seen::default(), Seen::default());
        identity.take(content(&federation));
        shown.take(content(&service));
        let (mut alarmed, mut enforced) = (Instant::from_ms(0), Instant::from_ms(0));
        let mut look = tokio::time::interval(LOOK);
        loop {
            look.tick().await;
            let now = self.clock.now();
            self.look(&mut identity, content(&federation), now, "federation certificate", |this| this.take_identity(now));
            self.look(&mut shown, content(&service), now, "service certificate", |this| this.take_service(now));
            if let Some(file) = self.list.as_ref().filter(|file| file.is_file()) {
                let content = content(&[file]);
                if list.is_news(content, now) {
                    self.adopt(file, &mut list, content).await;
                }
            }
            if now.ms_since(enforced) >= ENFORCE_EVERY_MS {
                enforced = now;
                self.enforce().await;
            }
            if now.ms_since(alarmed) >= ALARM_EVERY_MS {
                alarmed = now;
                self.alarm(now);
            }
        }
    }

    fn look(&self, seen: &mut Seen, content: Hash, now: Instant, what: &str, take: impl FnOnce(&Self) -> Result<Leaf, String>) {
        if !seen.is_news(content, now) {
            return;
        }
        match take(self) {
            Ok(leaf) => {
                seen.take(content);
                let until = date_in_words(leaf.not_after);
                tracing::info!(certificate.serial = leaf.serial, "took a new {what} into use, valid until {until}");
            }
            Err(why) if seen.refuse(content) => {
                tracing::error!("the {what} on disk changed and cannot be used; the old one stays: {why}")
            }
            Err(_) => {}
        }
    }

    fn take_identity(&self, now: Instant) -> Result<Leaf, String> {
        let identity = Credentials::load(&self.federation, now).map_err(|fault| fault.to_string())?;
        let held = self.tls.identity();
        if identity.leaf.uri_names != held.leaf.uri_names {
            return Err(format!("it names {:?}, not {:?}", identity.leaf.uri_names, held.leaf.uri_names));
        }
        let side = federation_server(std::slice::from_ref(&identity), self.tls.trust()).map_err(|fault| fault.to_string())?;
        let leaf = identity.leaf.clone();
        self.tls.replace(identity).map_err(|fault| fault.to_string())?;
        self.federation_server.replace(side);
        self.ends.federation(&leaf);
        Ok(leaf)
    }

    fn take_service(&self, now: Instant) -> Result<Leaf, String> {
        let shown = Credentials::load(&self.service, now).map_err(|fault| fault.to_string())?;
        let clients = commands::client_authorities(&self.config, now)?;
        let side = service_server(&shown, clients, self.tls.trust().time().clone()).map_err(|fault| fault.to_string())?;
        self.service_server.replace(side);
        self.ends.service(&shown.leaf);
        Ok(shown.leaf)
    }

    /// What the journals hold is in force, whoever brought it and whether or not that caller stayed to the end; so is what another
    /// process adopted while it wrote a region that is written here again.
    async fn enforce(&self) {
        for host in self.desk.hosts() {
            let put = async {
                revocations::put_in_force(&host.read, &host.place.revocations).await?;
                if let Some(register) = registers::adopted(&host.read).await? {
                    host.place.registers.adopt(register);
                }
                Ok::<(), sea_orm::DbErr>(())
            };
            if let Err(error) = put.await {
                tracing::warn!(region = %host.place.region, error = %error, "what is adopted cannot be read");
            }
        }
    }

    /// Every region hosted here that lies below the issuer journals the list, each by its own register.
    async fn adopt(&self, file: &PathBuf, seen: &mut Seen, content: Hash) {
        let signed = match std::fs::read(file) {
            Ok(signed) => signed,
            Err(error) => return self.refused_list(file, seen, content, &error.to_string()),
        };
        let (mut adopted, mut refused) = (0, String::new());
        for host in self.desk.hosts() {
            let outcome = async {
                let list = revocations::judge(&host.place, &signed).map_err(|fault| fault.to_string())?;
                let (issuer, version) = (list.issuer.clone(), list.version);
                let command = Box::new(revocations::Adopt { list, signed: signed.clone() });
                let submission = Submission { command, actor: Actor::Operator, request: None, validate_only: false };
                host.writer.submit(submission).await.map_err(|fault| fault.to_string())?;
                let held = revocations::stored(&host.read).await.map_err(|error| error.to_string())?;
                match held.into_iter().find(|(of, _, _)| *of == issuer) {
                    Some((_, _, bytes)) if bytes == signed => Ok(()),
                    Some((_, held, _)) => Err(format!(
                        "version {version} is not newer than version {held} of {issuer}, which is in force; build it with --previous"
                    )),
                    None => Err("it was not stored".to_owned()),
                }
            };
            match outcome.await {
                Ok(()) => adopted += 1,
                Err(why) => refused = why,
            }
        }
        if adopted == 0 {
            return self.refused_list(file, seen, content, &refused);
        }
        self.enforce().await;
        seen.take(content);
        tracing::info!(file = %file.display(), regions = adopted, "adopted the revocation list");
    }

    fn refused_list(&self, file: &Path, seen: &mut Seen, content: Hash, why: &str) {
        if seen.refuse(content) {
            tracing::error!(file = %file.display(), "the revocation list is not adopted: {why}");
        }
    }

    fn alarm(&self, now: Instant) {
        let mut alarms: Vec<String> = running_out("federation certificate", &self.tls.identity().leaf, now).into_iter().collect();
        if let Ok(shown) = Credentials::load(&self.service, now) {
            alarms.extend(running_out("service certificate", &shown.leaf, now));
        }
        if let Some(host) = self.desk.hosts().next() {
            alarms.extend(revocations::stale(&host.place.revocations, now, self.grace_ms));
        }
        for alarm in alarms {
            tracing::error!("running out: {alarm}");
        }
    }
}
