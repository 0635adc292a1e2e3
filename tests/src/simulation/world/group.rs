//! What a host does when a group is synced: judge, apply, journal, publish, and only then tell anybody.

use bytes::Bytes;
use changxiao_domain::clock::Instant;
use changxiao_proto::federation::v1 as pb;
use changxiao_tier::protocol::delivery::{Ask, Pull, Through};
use changxiao_tier::protocol::directive::{Arrival, Known, Receipt, SignedDirective, arrive};
use changxiao_tier::protocol::fact::{Audience, Topic};
use changxiao_tier::protocol::follow::Input;
use changxiao_tier::protocol::held::Quarantine;
use changxiao_tier::protocol::judge::{Authority, Controls, Judge, Judgement, quarantined, went_back};
use changxiao_tier::protocol::refused::{Refused, Remedy};
use prost::Message as _;

use super::super::check;
use super::super::faults::{DAY, HOUR};
use super::super::host::{Message, Register, Staged};
use super::super::state::Fresh;
use super::*;

impl World {
    fn judge(&self) -> Judge<'_, Register> {
        match self.control {
            Control::ProofSkipped => Judge::with_controls(&self.register, Controls::SKIP_PROOF),
            Control::DigestNotCompared => Judge::with_controls(&self.register, Controls::SKIP_DIGEST),
            Control::None | Control::CursorBeforeApply | Control::DeltaAdded => Judge::new(&self.register),
        }
    }

    /// Syncs a group: everything staged takes effect at once.
    pub(super) fn sync(&mut self, host: usize) {
        let before = self.hosts[host].state.cursor;
        let group = std::mem::take(&mut self.hosts[host].staged);
        self.note("sync", [host as u64, group.len() as u64, before]);
        let mut inputs = Vec::new();
        let mut messages = Vec::new();
        for staged in group {
            match staged {
                Staged::Count { audience, topic, withdraw } => self.count(host, audience, topic, withdraw),
                Staged::Answer { child, serial, asked_at, ask, pull } => {
                    inputs.push((child, self.take_answer(host, child, serial, asked_at, &ask, &pull)));
                }
                Staged::Late { accepted, pull } => self.apply(host, &accepted, &pull),
                Staged::Issue { id, child, signed } => {
                    let body = signed.directive.clone();
                    self.hosts[host].append("directive.issued", body);
                    self.hosts[host].state.outbox.put(id, child, signed);
                    self.totals.directives += 1;
                }
                Staged::Order { id, again, signed } => {
                    let outcome = self.take_order(host, &signed);
                    messages.push(Message::Receipt { id, again, outcome });
                }
                Staged::Receipt { id, again, outcome } => {
                    let outbox = &mut self.hosts[host].state.outbox;
                    match outcome {
                        Ok(receipt) if again => outbox.confirmed(&id, receipt),
                        Ok(receipt) => outbox.received(&id, receipt),
                        Err(reason) => outbox.refused(&id, reason),
                    }
                }
            }
        }
        self.publish(host);
        // The group is durable; now the others may know.
        if let Some(parent) = self.hosts[host].parent {
            for message in messages {
                self.send(host, parent, message);
            }
            let state = &self.hosts[host].state;
            if state.cursor != before {
                let announce = Message::Announce { epoch: state.epoch, head: state.cursor };
                self.send(host, parent, announce);
            }
        }
        for child in self.hosts[host].children.clone() {
            self.hand_over_new(host, child);
        }
        for (child, input) in inputs {
            self.follow(host, child, input);
        }
        check::freshness(self, host);
    }

    /// Ends a group with its published entry and tells the model.
    pub(super) fn publish(&mut self, host: usize) {
        let at = self.now_ms;
        let this = &mut self.hosts[host];
        if let Some(position) = this.state.publish(&this.identity, false) {
            self.model.publish(host, at, self.hosts[host].state.epoch, position);
        }
    }

    fn count(&mut self, host: usize, audience: Audience, topic: Topic, withdraw: bool) {
        self.totals.events += 1;
        let this = &mut self.hosts[host];
        this.append("counted", Bytes::new());
        if withdraw {
            this.state.touch(audience, topic.clone(), None);
            self.model.withdraw(host, audience, &topic);
        } else {
            let value = this.state.value(audience, &topic).unwrap_or(0) + 1;
            this.state.touch(audience, topic.clone(), Some(value));
            self.model.count(host, audience, topic);
        }
    }

    /// Judges a child's answer and applies it, in one transaction.
    fn take_answer(&mut self, host: usize, child: usize, serial: u64, asked_at: Instant, ask: &Ask, pull: &Pull) -> Input {
        match self.judged(host, child, ask, pull) {
            Ok(judgement) => {
                let accepted = judgement.accepted.clone();
                self.apply(host, &accepted, pull);
                self.settle(host, child, &judgement, asked_at, pull);
                Input::Applied { serial, link: judgement.link }
            }
            Err(refused) => self.refuse(host, child, serial, refused),
        }
    }

    fn judged(&mut self, host: usize, child: usize, ask: &Ask, pull: &Pull) -> Result<Judgement, Refused> {
        self.totals.pulls += 1;
        let state = &self.hosts[host].state;
        let link = &state.links[&self.hosts[child].identity.region];
        let proven = link.witnessed.as_ref().is_some_and(|witness| witness.epoch == pull.head.epoch);
        let outcome = self.judge().pull(link, ask, pull, |origin| state.held.get(origin).map(|origin| &origin.held));
        let outdated = matches!(&outcome, Err(refused) if refused.remedy == Remedy::Ignore);
        self.totals.proofs += u64::from(proven && !outdated);
        outcome
    }

    fn apply(&mut self, host: usize, accepted: &[changxiao_tier::protocol::judge::Accepted], pull: &Pull) {
        let added = self.control == Control::DeltaAdded;
        for taken in accepted {
            let Some(delivery) = pull.deliveries.iter().find(|delivery| delivery.origin == taken.origin) else {
                continue;
            };
            let this = &mut self.hosts[host];
            let now = Instant::from_ms(self.now_ms);
            this.state.apply(&this.identity, taken, delivery, now, added);
            self.totals.deliveries += 1;
            if let Some(origin) = self.numbers.get(&taken.origin).copied() {
                check::shown(self, host, origin);
            }
        }
    }

    /// Everything about a judged answer except its facts.
    fn settle(&mut self, host: usize, child: usize, judgement: &Judgement, asked_at: Instant, pull: &Pull) {
        let region = self.hosts[child].identity.region.clone();
        for (origin, refused) in judgement.refused.iter().chain(&self.gone_back(host, child, pull)) {
            self.refused_origin(host, child, origin, refused);
        }
        let state = &mut self.hosts[host].state;
        state.outbox.witnessed(&region, &judgement.cosign);
        // The head may be older than a receipt that came meanwhile; asking once too often is harmless.
        let missed: Vec<String> = state.outbox.unwitnessed(&region).map(|(id, _)| id.to_owned()).collect();
        for id in missed {
            state.outbox.doubted(&id);
        }
        let complete = !judgement.link.take_full && judgement.link.cursor == pull.head.cursor;
        if complete && state.held.contains_key(&region) {
            renew(&mut state.fresh, &region, Fresh { at: asked_at, by: host });
        }
        for through in &pull.head.through {
            hear(state, through, child);
        }
        state.links.insert(region, judgement.link.clone());
    }

    /// Origins of which the child verified an earlier life than the one held here.
    fn gone_back(&self, host: usize, child: usize, pull: &Pull) -> Vec<(RegionId, Refused)> {
        let state = &self.hosts[host].state;
        let gone = |said: &Through| {
            let held = state.held.get(&said.origin).filter(|origin| origin.held.quarantine.is_none())?;
            let known = state.fresh.get(&said.origin).filter(|fresh| fresh.by == child).map(|fresh| fresh.at);
            went_back(held.held.epoch, known, said).map(|refused| (said.origin.clone(), refused))
        };
        pull.head.through.iter().filter_map(gone).collect()
    }

    fn refused_origin(&mut self, host: usize, child: usize, origin: &RegionId, refused: &Refused) {
        self.note(refused.reason(), [host as u64, child as u64, refused.remedy as u64]);
        self.differ(refused);
        if refused.remedy != Remedy::Quarantine {
            return;
        }
        let quarantine = Quarantine { reason: refused.reason(), since: self.hosts[host].clock(self.now_ms) };
        if let Some(held) = self.hosts[host].state.held.get_mut(origin) {
            held.held.quarantine.get_or_insert(quarantine);
        }
        self.totals.quarantines += 1;
        if let Some(origin) = self.numbers.get(origin).copied() {
            self.call_operator(host, child, origin);
        }
    }

    /// Facts that do not add up are only ever the work of an injected fault.
    fn differ(&mut self, refused: &Refused) {
        let injected = self.totals.tampered > 0;
        if matches!(refused.reason(), "FACTS_DIFFER" | "FACT_OLDER") && !injected {
            self.fail(format!("an honest delivery was refused: {refused}"));
        }
    }

    fn refuse(&mut self, host: usize, child: usize, serial: u64, refused: Refused) -> Input {
        self.note(refused.reason(), [host as u64, child as u64, refused.remedy as u64]);
        self.differ(&refused);
        let region = self.hosts[child].identity.region.clone();
        let now = self.hosts[host].clock(self.now_ms);
        let link = self.hosts[host].state.links[&region].clone();
        if refused.remedy != Remedy::Quarantine {
            return Input::Refused { serial, link, refused };
        }
        let link = quarantined(&link, &refused, now);
        self.totals.quarantines += 1;
        self.hosts[host].append("child.quarantined", Bytes::new());
        self.hosts[host].state.links.insert(region, link.clone());
        self.show_link(host, child, 3);
        self.call_operator(host, child, child);
        Input::Refused { serial, link, refused }
    }

    /// Each tier publishes one fact per direct child.
    pub(super) fn show_link(&mut self, host: usize, child: usize, value: u64) {
        let topic = Topic::new("link", self.hosts[child].identity.region.to_string());
        self.hosts[host].state.touch(Audience::Above, topic.clone(), Some(value));
        self.model.set(host, Audience::Above, topic, value);
    }

    /// The defective program: the cursor is durable at once, the facts follow with the group.
    pub(super) fn save_cursor_first(
        &mut self,
        host: usize,
        child: usize,
        serial: u64,
        asked_at: Instant,
        ask: &Ask,
        pull: Box<Pull>,
    ) {
        if self.hosts[host].is_behind_its_guard() {
            return;
        }
        let input = match self.judged(host, child, ask, &pull) {
            Ok(judgement) => {
                self.settle(host, child, &judgement, asked_at, &pull);
                self.stage(host, Staged::Late { accepted: judgement.accepted, pull });
                Input::Applied { serial, link: judgement.link }
            }
            Err(refused) => self.refuse(host, child, serial, refused),
        };
        self.follow(host, child, input);
    }

    /// Somebody at the province or the city orders something of a county.
    pub(super) fn issue(&mut self) {
        if self.healing {
            return;
        }
        self.after_up_to(2 * DAY, Event::Issue);
        let issuer = self.random.below(2) as usize;
        let county = COUNTIES + self.random.below((HOSTS - COUNTIES) as u64) as usize;
        let lasts = if self.random.chance(300) { 0 } else { self.random.magnitude(HOUR, 20 * DAY) };
        if !self.hosts[issuer].up {
            return;
        }
        self.directives += 1;
        let host = &self.hosts[issuer];
        let now = host.clock(self.now_ms);
        let id = format!("{}/{}-{}", host.identity.region, host.state.epoch, self.directives);
        let directive = pb::Directive {
            id: id.clone(),
            issuer: host.identity.region.to_string(),
            addressee: self.hosts[county].identity.region.to_string(),
            issued_at_ms: now.ms(),
            expires_at_ms: if lasts == 0 { 0 } else { now.ms() + lasts },
            order: None,
        };
        let signed = SignedDirective::sign(Bytes::from(directive.encode_to_vec()), &host.identity.key);
        let hop = if issuer == PROVINCE { CITY } else { county };
        let child = self.hosts[hop].identity.region.clone();
        self.stage(issuer, Staged::Issue { id, child, signed });
    }

    /// Takes a directive: carries it out, carries it on, or repeats its first receipt.
    fn take_order(&mut self, host: usize, signed: &SignedDirective) -> Result<Receipt, &'static str> {
        let this = &self.hosts[host];
        let now = this.clock(self.now_ms);
        let me = this.identity.region.clone();
        let arrival = arrive(signed, &me, now, &self.register, |id| this.state.known.get(id));
        let arrival = arrival.map_err(|refusal| refusal.reason())?;
        let envelope = match &arrival {
            Arrival::Repeated(receipt) => return Ok(receipt.clone()),
            Arrival::CarryOut(envelope) | Arrival::CarryOn(envelope) => envelope.clone(),
        };
        let position = self.hosts[host].append("directive.received", signed.directive.clone());
        let state = &mut self.hosts[host].state;
        let receipt = Receipt { region: me, epoch: state.epoch, position };
        state.known.insert(envelope.id.clone(), Known { signed: signed.clone(), receipt: receipt.clone() });
        if matches!(arrival, Arrival::CarryOut(_)) {
            self.totals.effects += 1;
            let effects = state.effects.entry(envelope.id.clone()).or_default();
            *effects += 1;
            if *effects > 1 {
                self.fail(format!("directive {} took effect {effects} times", envelope.id, effects = 2));
            }
            return Ok(receipt);
        }
        let regions = self.hosts[host].children.iter().map(|child| &self.hosts[*child].identity.region);
        let hop = regions.into_iter().find(|child| self.register.in_subtree(child, &envelope.addressee)).cloned();
        if let Some(hop) = hop {
            self.hosts[host].state.outbox.put(envelope.id, hop, signed.clone());
        }
        Ok(receipt)
    }

    /// Hands over what is pending without waiting for the next pull.
    fn hand_over_new(&mut self, host: usize, child: usize) {
        let region = &self.hosts[child].identity.region;
        if self.hosts[host].state.outbox.due(region).next().is_some() && self.random.chance(500) {
            self.hand_over(host, child);
        }
    }
}

/// Takes a verification time over if it is younger.
fn renew(fresh: &mut std::collections::BTreeMap<RegionId, Fresh>, region: &RegionId, new: Fresh) {
    match fresh.get(region) {
        Some(known) if known.at >= new.at => {}
        Some(_) | None => drop(fresh.insert(region.clone(), new)),
    }
}

/// Takes over what a child says of the origins below it.
fn hear(state: &mut super::super::state::State, through: &Through, child: usize) {
    if through.quarantine.is_some() {
        state.reported.insert(through.origin.clone());
    } else {
        state.reported.remove(&through.origin);
    }
    if state.held.get(&through.origin).is_some_and(|origin| origin.held.is_vouched_by(through)) {
        renew(&mut state.fresh, &through.origin, Fresh { at: through.verified_at, by: child });
    }
}
