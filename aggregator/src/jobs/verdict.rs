//! From an answer to what is stored: held is loaded, the judgement spoken, and everything written by one command.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use changxiao_domain::{actor::Actor, clock::Instant, event::LinkState, region::RegionId};
use changxiao_proto::federation::v1::CosignRequest;
use changxiao_tier::{
    fault::Fault,
    journal::checkpoint::cosign,
    protocol::{
        delivery::{Ask, Delivery, Pull, QuarantineMark, Through},
        held::{HeldLink, HeldOrigin, Quarantine},
        judge::{Authority, Judge, Judgement, went_back},
        refused::{Fault as Wrong, Refused, Remedy},
    },
    registers::InForce,
    writer::{Command, Submission},
};

use super::{
    neighbour::Neighbour,
    pull::{NoAnswer, Trouble, fetch, tell},
};
use crate::{
    app::links::{ChangeLink, QuarantineChild, ReceivePull},
    book::Ledger,
    store::{
        links::{self, Link},
        origins::{self, Arrival, Version},
        quarantines,
    },
};

/// How one question ended.
pub enum Verdict {
    /// Judged, believed and durable.
    Applied(HeldLink),
    /// Not believed; a quarantine is durable.
    Refused(HeldLink, Refused),
    /// No answer, or it could not be stored.
    Failed(Trouble),
    /// What is stored is not what the question went out from.
    Changed(HeldLink),
}

/// Asks a child, judges its answer and writes what follows.
pub struct Bench {
    neighbour: Neighbour,
    /// The link as stored.
    pub link: Link,
    /// Head that was cosigned last; the child has the line.
    cosigned: Bytes,
}

impl Bench {
    /// A bench for a link as stored.
    #[must_use]
    pub fn new(neighbour: Neighbour, link: Link) -> Self {
        Self { neighbour, link, cosigned: Bytes::new() }
    }

    /// The child.
    #[must_use]
    pub fn neighbour(&self) -> &Neighbour {
        &self.neighbour
    }

    /// Reads the link anew.
    ///
    /// # Errors
    /// The database fails.
    pub async fn reload(&mut self) -> Result<(), Fault> {
        self.link = links::one(&self.neighbour.host.read, &self.neighbour.child).await?;
        Ok(())
    }

    /// One question and everything that follows from its answer. With `refresh` the child pulls from those below it first.
    pub async fn ask(&mut self, ask: &Ask, refresh: bool) -> Verdict {
        let before = self.link.held.clone();
        match self.reload().await {
            // People released or quarantined the child since.
            Ok(()) if self.link.held != before => return Verdict::Changed(self.link.held.clone()),
            Ok(()) => {}
            Err(fault) => return Verdict::Failed(Trouble::new(fault.reason(), fault.to_string())),
        }
        let answered = fetch(&self.neighbour, ask, refresh).await;
        let verdict = match answered {
            Ok(pull) => self.judge(ask, &pull).await,
            Err(NoAnswer::Failed(trouble)) => return Verdict::Failed(trouble),
            Err(NoAnswer::Damaged { reason, detail }) => {
                let region = self.neighbour.child.to_string();
                let verdict = self.quarantine(reason, detail, Refused::quarantine(Wrong::Quarantined { region })).await;
                // There is no head to refuse, but the child's own records should name who stopped believing it, and why.
                self.tell_refusal(Bytes::new()).await;
                verdict
            }
        };
        verdict.unwrap_or_else(|fault| match fault {
            // Somebody wrote first; the stored link decides from where to ask again.
            Fault::Refused(_) => Verdict::Changed(self.link.held.clone()),
            fault => Verdict::Failed(Trouble::new(fault.reason(), fault.to_string())),
        })
    }

    /// Notes that the child does not answer, or not usefully.
    ///
    /// # Errors
    /// It could not be written.
    pub async fn silent(&mut self, trouble: &Trouble) -> Result<(), Fault> {
        if self.link.state.is_some_and(|(state, _)| state != LinkState::Up) {
            return Ok(());
        }
        let child = self.neighbour.child.clone();
        let heard = self.neighbour.freshness.of(&child).map(|through| through.verified_at).filter(|at| at.ms() > 0);
        let since = heard.unwrap_or_else(|| self.neighbour.host.place.clock.now());
        let reason = trouble.reason.clone();
        tracing::warn!(region = %self.neighbour.host.place.region, child = %child, reason, "the child is silent: {}", trouble.detail);
        self.submit(ChangeLink { child, state: LinkState::Silent, since, reason }).await
    }

    async fn submit(&mut self, command: impl Command<Ledger> + 'static) -> Result<(), Fault> {
        let submission = Submission {
            command: Box::new(command),
            actor: Actor::Region(self.neighbour.child.as_str().into()),
            request: None,
            validate_only: false,
        };
        let written = self.neighbour.host.writer.submit(submission).await;
        self.reload().await?;
        written.map(drop)
    }

    async fn judge(&mut self, ask: &Ask, pull: &Pull) -> Result<Verdict, Fault> {
        let place = &self.neighbour.host.place;
        let now = place.clock.now();
        if let Some(origin) = repeated(&pull.deliveries) {
            let trouble = Trouble::new("PULL_MALFORMED", format!("`{origin}` is delivered twice in one answer"));
            return Ok(Verdict::Failed(trouble));
        }
        let authority = InForce { register: place.registers.current(), today: now.date() };
        let held = origins::held(&self.neighbour.host.read, &pull.deliveries).await?;
        match Judge::new(&authority).pull(&self.link.held, ask, pull, |origin| held.get(origin)) {
            Ok(judgement) => self.accept(&authority, pull, &held, judgement, now).await,
            Err(refused) if refused.remedy == Remedy::Quarantine => {
                let (reason, detail) = (refused.reason(), refused.to_string());
                let verdict = self.quarantine(reason, detail, refused).await?;
                self.tell_refusal(pull.head.checkpoint.clone()).await;
                Ok(verdict)
            }
            Err(refused) => {
                if self.link.held.quarantine.is_some() {
                    // The child may have been away when it was told first.
                    self.tell_refusal(pull.head.checkpoint.clone()).await;
                }
                Ok(Verdict::Refused(self.link.held.clone(), refused))
            }
        }
    }

    async fn accept(
        &mut self,
        authority: &InForce,
        pull: &Pull,
        held: &BTreeMap<RegionId, HeldOrigin>,
        judgement: Judgement,
        now: Instant,
    ) -> Result<Verdict, Fault> {
        let Judgement { link: after, cosign: witness, accepted, mut refused } = judgement;
        let quarantined = quarantines::all(&self.neighbour.host.read).await?;
        let before = origins::versions(&self.neighbour.host.read).await?;
        refused.extend(self.gone_back(authority, pull, &before).filter(|(origin, _)| !quarantined.contains_key(origin.as_str())));
        for (origin, refused) in &refused {
            tracing::warn!(
                region = %self.neighbour.host.place.region, child = %after.child, origin = %origin,
                reason = refused.reason(), "a delivery is not believed: {refused}"
            );
        }
        let mut versions = before;
        versions.extend(accepted.iter().map(|taken| (taken.origin.to_string(), (taken.epoch, taken.position))));
        let through = through(authority, &after.child, pull, &versions, &quarantined, now, &self.neighbour.freshness);
        let line = |note: &[u8]| self.line(note, now);
        let mut arrivals = Vec::with_capacity(accepted.len());
        for taken in accepted {
            let delivery = pull.deliveries.iter().find(|delivery| delivery.origin == taken.origin);
            if let Some(delivery) = delivery {
                let line = line(&delivery.checkpoint)?;
                arrivals.push(Arrival::new(taken, delivery, &line));
            }
        }
        let witnessed = witness.note.clone();
        let line = line(&witnessed)?;
        let distrusted: Vec<(RegionId, &'static str)> = refused
            .iter()
            .filter(|(_, refused)| refused.remedy == Remedy::Quarantine)
            .map(|(origin, refused)| (origin.clone(), refused.reason()))
            .collect();
        let news = !arrivals.is_empty()
            || !self.link.is(LinkState::Up)
            || distrusted.iter().any(|(origin, _)| !quarantined.contains_key(origin.as_str()));
        if news {
            let bases = pull
                .deliveries
                .iter()
                .map(|delivery| {
                    (delivery.origin.clone(), held.get(&delivery.origin).map_or((0, 0), |held| (held.epoch, held.position)))
                })
                .collect();
            let (before, through) = (self.link.held.clone(), through.clone());
            self.submit(ReceivePull { before, after, bases, arrivals, refused, through, verified_at: now }).await?;
        } else if after != self.link.held {
            // Nothing to journal, but the larger tree must be durable before it is cosigned.
            links::advance(&self.neighbour.host.write, &after, now).await?;
            self.reload().await?;
        }
        self.neighbour.freshness.update(through);
        for (origin, reason) in distrusted {
            self.neighbour.freshness.quarantine(&origin, reason, now);
        }
        self.neighbour.witnessed.notify_one();
        self.tell_cosigned(witnessed, line).await;
        Ok(Verdict::Applied(self.link.held.clone()))
    }

    /// Origins of which the child verified an earlier life than the one held here, after it had vouched for that one.
    fn gone_back<'a>(
        &'a self,
        authority: &'a InForce,
        pull: &'a Pull,
        versions: &'a BTreeMap<String, Version>,
    ) -> impl Iterator<Item = (RegionId, Refused)> + 'a {
        pull.head.through.iter().filter_map(move |said| {
            let (epoch, _) = versions.get(said.origin.as_str()).copied()?;
            let known = self.neighbour.freshness.of(&said.origin).map(|through| through.verified_at);
            let below = said.origin != self.neighbour.child && authority.in_subtree(&self.neighbour.child, &said.origin);
            went_back(epoch, known, said).filter(|_| below).map(|refused| (said.origin.clone(), refused))
        })
    }

    /// This region's cosignature line over a head.
    fn line(&self, note: &[u8], now: Instant) -> Result<String, Fault> {
        let host = &self.neighbour.host;
        let seconds = u64::try_from(now.ms() / 1_000).unwrap_or(0);
        cosign(note, &host.key, host.place.region.as_str(), seconds)
            .map_err(|fault| Fault::Internal(format!("a verified head cannot be cosigned: {fault}")))
    }

    async fn quarantine(&mut self, reason: &'static str, detail: String, refused: Refused) -> Result<Verdict, Fault> {
        let child = self.neighbour.child.clone();
        if !self.link.is(LinkState::Quarantined) {
            tracing::error!(region = %self.neighbour.host.place.region, child = %child, reason, "the child is quarantined: {detail}");
            let offered = match *refused.fault {
                Wrong::EpochChanged { offered, .. } => Some(offered),
                _ => None,
            };
            self.submit(QuarantineChild { child: child.clone(), reason, detail, offered }).await?;
        }
        if let Some(Quarantine { reason, since }) = &self.link.held.quarantine {
            self.neighbour.freshness.quarantine(&child, reason, *since);
        }
        Ok(Verdict::Refused(self.link.held.clone(), refused))
    }

    async fn tell_cosigned(&mut self, note: Bytes, line: String) {
        if self.cosigned == note {
            return;
        }
        let word = CosignRequest {
            region: self.neighbour.child.to_string(),
            checkpoint: note.clone(),
            cosignature: line.into(),
            ..CosignRequest::default()
        };
        match tell(&self.neighbour, word).await {
            Ok(()) => self.cosigned = note,
            Err(trouble) => tracing::debug!(child = %self.neighbour.child, "the cosignature was not taken: {}", trouble.detail),
        }
    }

    async fn tell_refusal(&self, checkpoint: Bytes) {
        let word = CosignRequest {
            region: self.neighbour.child.to_string(),
            checkpoint,
            refusal: self.link.reason.clone(),
            detail: self.link.detail.clone(),
            ..CosignRequest::default()
        };
        if let Err(trouble) = tell(&self.neighbour, word).await {
            tracing::debug!(child = %self.neighbour.child, "the refusal was not heard: {}", trouble.detail);
        }
    }
}

/// The first origin that comes twice.
fn repeated(deliveries: &[Delivery]) -> Option<&RegionId> {
    let mut seen = BTreeSet::new();
    deliveries.iter().map(|delivery| &delivery.origin).find(|origin| !seen.insert(*origin))
}

/// How fresh the child and those behind it are after a verified pull.
///
/// The child itself was verified just now. For those behind it the child's word counts, but only about regions of its own
/// subtree, only if it speaks of exactly the entry that is held here, and never of a time that has not come.
fn through(
    authority: &InForce,
    child: &RegionId,
    pull: &Pull,
    versions: &BTreeMap<String, Version>,
    quarantined: &BTreeMap<String, Quarantine>,
    now: Instant,
    before: &crate::freshness::Freshness,
) -> Vec<Through> {
    let version = |origin: &RegionId| versions.get(origin.as_str()).copied().unwrap_or_default();
    let own = |origin: &RegionId| {
        quarantined.get(origin.as_str()).map(|held| QuarantineMark { reason: held.reason.to_owned(), since: held.since })
    };
    let (epoch, position) = version(child);
    let mut fresh = vec![Through { origin: child.clone(), epoch, position, verified_at: now, quarantine: None }];
    for said in &pull.head.through {
        let (epoch, position) = version(&said.origin);
        if said.origin == *child || epoch == 0 || !authority.in_subtree(child, &said.origin) {
            continue;
        }
        let mark = own(&said.origin).or_else(|| said.quarantine.clone());
        let vouched = mark.is_none() && (said.epoch, said.position) == (epoch, position);
        let earlier = before.of(&said.origin).map(|through| through.verified_at);
        let Some(verified_at) =
            (if vouched { Some(said.verified_at.min(now)) } else { earlier.or(mark.is_some().then_some(Instant::from_ms(0))) })
        else {
            continue;
        };
        fresh.push(Through { origin: said.origin.clone(), epoch, position, verified_at, quarantine: mark });
    }
    fresh
}
