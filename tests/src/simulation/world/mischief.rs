//! Faults, and the people who repair what only people may repair.

use bytes::Bytes;
use changxiao_tier::protocol::delivery::Pull;
use changxiao_tier::protocol::follow::Input;
use changxiao_tier::protocol::judge::Authority;

use super::super::faults::{DAY, Faults, HOUR, MINUTE, SECOND};
use super::*;

impl World {
    /// Plans the faults of the whole run; each is drawn when it happens.
    pub(super) fn plan_mischief(&mut self, length: i64) {
        for day in 0..length / DAY {
            for host in 0..HOSTS {
                let when = day * DAY + self.random.between(0, DAY - 1);
                if self.random.chance(self.faults.crash) {
                    self.after(when, Event::Crash { host });
                }
                let when = day * DAY + self.random.between(0, DAY - 1);
                if host != PROVINCE && self.random.chance(self.faults.partition) {
                    self.after(when, Event::Cut { child: host });
                }
            }
        }
    }

    pub(super) fn start(&mut self, host: usize) {
        let now = Instant::from_ms(self.now_ms);
        let (pace, numbers) = (self.pace, &self.numbers);
        self.hosts[host].start(pace, now, numbers);
        for child in self.hosts[host].children.clone() {
            self.follow(host, child, Input::Tick);
        }
    }

    /// Stops a link, or one direction of it, for a minute to thirty days.
    pub(super) fn cut(&mut self, child: usize) {
        let until = self.now_ms + self.random.magnitude(MINUTE, 30 * DAY);
        let one_way = self.random.chance(self.faults.one_way);
        let upward = self.random.chance(500);
        self.note("cut", [child as u64, u64::from(one_way), u64::from(upward)]);
        self.totals.partitions += 1;
        let (up, down) = &mut self.cuts[child];
        if !one_way || upward {
            *up = until.max(*up);
        }
        if !one_way || !upward {
            *down = until.max(*down);
        }
    }

    /// Stops a host at once; what was staged is gone.
    pub(super) fn crash(&mut self, host: usize) {
        if !self.hosts[host].up || self.healing {
            return;
        }
        self.totals.crashes += 1;
        self.totals.unsynced += self.hosts[host].staged.len() as u64;
        self.note("crash", [host as u64, self.hosts[host].staged.len() as u64, self.hosts[host].state.size()]);
        self.hosts[host].up = false;
        self.hosts[host].staged.clear();
        let wait = self.random.magnitude(SECOND, DAY);
        self.after(wait, Event::Restart { host });
    }

    /// Keeps a copy of the disk, at most three.
    pub(super) fn copy(&mut self, host: usize) {
        if self.healing {
            return;
        }
        self.after_up_to(6 * DAY, Event::Copy { host });
        let copy = (self.hosts[host].state.clone(), self.hosts[host].guard, self.model.branch(host));
        if self.hosts[host].copies.len() < 3 {
            self.hosts[host].copies.push(copy);
        } else {
            let at = self.random.below(3) as usize;
            self.hosts[host].copies[at] = copy;
        }
    }

    pub(super) fn restart(&mut self, host: usize) {
        if self.hosts[host].up {
            return;
        }
        if !self.healing && self.random.chance(self.faults.restore) {
            self.restore(host);
        }
        self.start(host);
        if self.hosts[host].is_behind_its_guard() {
            self.note("behind", [host as u64, 0, 0]);
            let wait = self.patience();
            self.after(wait, Event::Reopen { host });
        }
    }

    /// Puts an older copy of the disk back, and of the guard file where the fault is silent.
    fn restore(&mut self, host: usize) {
        let copies = self.hosts[host].copies.len() as u64;
        if copies == 0 {
            return;
        }
        let at = self.random.below(copies) as usize;
        // Above the province there is nobody to notice what its own guard does not.
        let silent = host != PROVINCE && self.random.chance(self.faults.silent);
        let (state, guard, branch) = self.hosts[host].copies[at].clone();
        if state.size() == self.hosts[host].state.size() {
            return;
        }
        self.totals.restores += 1;
        self.note("restore", [host as u64, state.size(), u64::from(silent)]);
        let restored = (state.epoch, state.size());
        let region = &self.hosts[host].identity.region;
        let witnessed = self.hosts[host].parent.and_then(|parent| self.hosts[parent].state.links[region].witnessed.as_ref());
        let noticed = witnessed.is_some_and(|witness| (witness.epoch, witness.size) > restored);
        self.model.restore(host, self.now_ms, branch, state.epoch, state.published(), noticed);
        let this = &mut self.hosts[host];
        this.state = state;
        if silent {
            this.guard = guard;
        }
        for child in this.children.clone() {
            self.model.forgive(child);
            for grandchild in self.hosts[child].children.clone() {
                self.model.forgive(grandchild);
            }
        }
        self.abandoned.retain(|(tier, _)| *tier != host);
    }

    /// How long people take.
    fn patience(&mut self) -> i64 {
        if self.healing { 0 } else { self.random.magnitude(HOUR, 2 * DAY) }
    }

    /// Somebody is told that `parent` quarantined `origin`, which came through `child`, and may or may not care.
    pub(super) fn call_operator(&mut self, parent: usize, child: usize, origin: usize) {
        if self.random.chance(self.faults.abandoned) {
            self.abandoned.insert((parent, origin));
            return;
        }
        let wait = self.patience();
        self.after(wait, Event::Release { parent, child });
    }

    /// The operator of a host that lost a part of its journal opens a new epoch after what is left.
    pub(super) fn reopen(&mut self, host: usize) {
        if !self.hosts[host].up {
            return self.after(HOUR, Event::Reopen { host });
        }
        if self.hosts[host].is_behind_its_guard() {
            self.open_epoch(host);
        }
    }

    fn open_epoch(&mut self, host: usize) {
        let seen = self.last_epoch_seen(host);
        let this = &mut self.hosts[host];
        let epoch = this.state.epoch.max(this.guard.0).max(seen) + 1;
        let kept = this.state.size();
        let position = this.state.reopen(&this.identity, epoch);
        this.guard = (epoch, this.state.size());
        self.totals.epochs += 1;
        self.note("epoch", [host as u64, u64::from(epoch), kept]);
        if let Some(position) = position {
            self.model.publish(host, self.now_ms, epoch, position);
        }
        if let Some(parent) = self.hosts[host].parent {
            let announce = Message::Announce { epoch, head: self.hosts[host].state.cursor };
            self.send(host, parent, announce);
        }
    }

    /// The operator of a host that went back to a life which a tier above saw end opens a new one.
    pub(super) fn renew(&mut self, host: usize) {
        if !self.hosts[host].up {
            return self.after(HOUR, Event::Renew { host });
        }
        if self.hosts[host].state.epoch < self.last_epoch_seen(host) {
            self.open_epoch(host);
        }
    }

    /// The last life of a host that any tier above saw; people ask all of them.
    fn last_epoch_seen(&self, host: usize) -> u32 {
        let region = &self.hosts[host].identity.region;
        let held = |tier: &Host| tier.state.held.get(region).map_or(0, |origin| origin.held.epoch);
        let witnessed =
            |tier: &Host| tier.state.links.get(region).and_then(|link| link.witnessed.as_ref()).map_or(0, |it| it.epoch);
        self.hosts.iter().map(|tier| held(tier).max(witnessed(tier))).max().unwrap_or(0)
    }

    /// The operators of both ends look at a quarantine, repair what is to be repaired, and let the child in again.
    pub(super) fn release(&mut self, parent: usize, child: usize) {
        if !self.hosts[parent].up || !self.hosts[child].up || self.hosts[parent].is_behind_its_guard() {
            return self.after(HOUR, Event::Release { parent, child });
        }
        if self.hosts[child].is_behind_its_guard() {
            self.open_epoch(child);
        }
        let region = self.hosts[child].identity.region.clone();
        let link = &self.hosts[parent].state.links[&region];
        let reason = link.quarantine.as_ref().map(|quarantine| quarantine.reason);
        let broken = ["JOURNAL_SHRANK", "JOURNAL_FORKED", "JOURNAL_INCONSISTENT", "EPOCH_WENT_BACK"];
        if reason.is_some_and(|reason| broken.contains(&reason)) {
            let witnessed = link.witnessed.as_ref().map_or(0, |witness| witness.epoch);
            // It may have opened one already, which nobody looked at while it was quarantined.
            if self.hosts[child].state.epoch <= witnessed {
                self.open_epoch(child);
            }
        }
        let admitted = reason.map(|_| self.hosts[child].state.epoch);
        let this = &mut self.hosts[parent];
        let below: Vec<_> = this.state.held.keys().cloned().collect();
        let mut gone_back = Vec::new();
        let mut released = reason.is_some();
        for origin in below {
            let relayed = origin != region && self.register.in_subtree(&region, &origin);
            if let Some(held) = this.state.held.get_mut(&origin).filter(|_| relayed) {
                let quarantine = held.held.quarantine.take();
                released |= quarantine.is_some();
                gone_back.extend(quarantine.filter(|it| it.reason == "EPOCH_WENT_BACK").map(|_| origin.clone()));
            }
        }
        let Some(link) = this.state.links.get_mut(&region).filter(|_| released) else {
            return;
        };
        link.release(admitted);
        let link = link.clone();
        if let Some(epoch) = admitted {
            this.state.outbox.readmitted(&region, epoch);
        }
        this.append("child.released", Bytes::new());
        self.note("release", [parent as u64, child as u64, 0]);
        // An origin that went back to an ended life has to begin a new one.
        for origin in gone_back {
            if let Some(host) = self.numbers.get(&origin).copied() {
                self.after(0, Event::Renew { host });
            }
        }
        // Whoever lets the child in again does so for everything that came through it, also for what another had left lying.
        let through = |origin: &usize| self.register.in_subtree(&region, &self.hosts[*origin].identity.region);
        let cared: Vec<usize> = (0..HOSTS).filter(through).collect();
        self.abandoned.retain(|(tier, origin)| *tier != parent || !cared.contains(origin));
        self.show_link(parent, child, 1);
        self.publish(parent);
        self.follow(parent, child, Input::Changed { link });
    }

    /// Takes a fact out of an answer, or alters one; the counts go along, so that only the digest can tell.
    pub(super) fn tamper(&mut self, pull: &mut Pull) {
        for delivery in pull.deliveries.iter_mut().filter(|delivery| !delivery.facts.is_empty()) {
            let at = self.random.below(delivery.facts.len() as u64) as usize;
            if self.random.chance(self.faults.omission) {
                delivery.facts.remove(at);
                self.totals.tampered += 1;
            } else if self.random.chance(self.faults.alteration) {
                delivery.facts[at].body = Bytes::copy_from_slice(&self.random.below(100).to_be_bytes());
                self.totals.tampered += 1;
            }
        }
    }

    /// Ends all faults at once: links whole, hosts up, people at hand.
    pub(super) fn heal(&mut self) {
        self.healing = true;
        self.note("heal", [0; 3]);
        self.faults = Faults { abandoned: 0, ..Faults::default() };
        self.cuts = vec![(0, 0); HOSTS];
        for host in 0..HOSTS {
            self.restart(host);
            self.reopen(host);
        }
        for parent in [CITY, PROVINCE] {
            for child in self.hosts[parent].children.clone() {
                if !self.is_abandoned(parent, child) {
                    self.release(parent, child);
                }
            }
        }
    }

    /// True if a tier's view of an origin stays quarantined for good.
    pub(in super::super) fn is_abandoned(&self, tier: usize, origin: usize) -> bool {
        self.abandoned.contains(&(tier, origin))
    }
}
