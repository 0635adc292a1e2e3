//! The event loop: virtual time, the network between the hosts, and what each event does.

mod group;
mod mischief;

use std::collections::{BTreeMap, BTreeSet};

use changxiao_domain::clock::Instant;
use changxiao_domain::region::RegionId;
use changxiao_tier::journal::checkpoint::JournalKey;
use changxiao_tier::journal::merkle::Hash;
use changxiao_tier::protocol::directive::Sent;
use changxiao_tier::protocol::fact::{Audience, Topic};
use changxiao_tier::protocol::follow::{Action, Input, Pace};
use sha2::{Digest, Sha256};

use super::faults::{DAY, Faults, HOUR, MINUTE, SECOND};
use super::host::{Host, Message, Register, Staged};
use super::model::Model;
use super::random::Random;
use super::report::{Report, Totals};
use super::state::{Identity, State};
use super::{Control, check};

/// Host number of the province; the city is 1, the counties follow.
pub const PROVINCE: usize = 0;
/// Host number of the city.
pub const CITY: usize = 1;
/// First host number of a county.
pub const COUNTIES: usize = 2;
/// Ten counties, a city, a province.
pub const HOSTS: usize = 12;

/// Something that happens at an instant of virtual time.
#[derive(Clone, Debug)]
enum Event {
    Arrive { from: usize, to: usize, message: Message },
    Wake { host: usize, child: usize, life: u64 },
    Sync { host: usize, life: u64 },
    Business { host: usize },
    Issue,
    Copy { host: usize },
    Crash { host: usize },
    Restart { host: usize },
    Cut { child: usize },
    Reopen { host: usize },
    Renew { host: usize },
    Release { parent: usize, child: usize },
}

/// The whole network at one instant.
#[derive(Debug)]
pub struct World {
    pub(super) now_ms: i64,
    pub(super) hosts: Vec<Host>,
    pub(super) numbers: BTreeMap<RegionId, usize>,
    pub(super) model: Model,
    pub(super) register: Register,
    pub(super) totals: Totals,
    pub(super) control: Control,
    /// Quarantines that nobody releases: (tier, child or origin).
    pub(super) abandoned: BTreeSet<(usize, usize)>,
    /// First thing that was wrong.
    pub(super) wrong: Option<String>,
    seed: u64,
    random: Random,
    faults: Faults,
    pace: Pace,
    queue: BTreeMap<(i64, u64), Event>,
    sequence: u64,
    log: Sha256,
    /// Until when messages up from and down to a child are stopped.
    cuts: Vec<(i64, i64)>,
    business_ms: i64,
    healing: bool,
    directives: u64,
}

impl World {
    /// The network of one seed.
    pub fn new(seed: u64, control: Control) -> World {
        let mut random = Random::new(seed);
        let faults = Faults::draw(&mut random);
        let interval_ms = random.between(HOUR, 6 * HOUR);
        let pace = Pace {
            interval_ms,
            deadline_ms: 10 * MINUTE,
            backoff_first_ms: MINUTE,
            backoff_max_ms: 30 * MINUTE,
            probe_ms: interval_ms,
        };
        let name = |number: usize| -> RegionId {
            let name = match number {
                PROVINCE => "yn".to_owned(),
                CITY => "yn-bs".to_owned(),
                county => format!("yn-bs-{:02}", county - COUNTIES + 1),
            };
            name.parse().expect("a region id")
        };
        let mut register = Register::default();
        let mut hosts = Vec::new();
        for number in 0..HOSTS {
            let region = name(number);
            let key = JournalKey::from_file(&Hash::of(&[region.as_str().as_bytes()]).0).expect("a seed");
            let (parent, children) = match number {
                PROVINCE => (None, vec![CITY]),
                CITY => (Some(PROVINCE), (COUNTIES..HOSTS).collect()),
                _ => (Some(CITY), Vec::new()),
            };
            register.enter(region.clone(), parent.map(name), key.public());
            let identity = Identity { region, key };
            let state = State::open(&identity, children.iter().map(|child| name(*child)));
            let skew_ms = random.between(-faults.skew_ms_max, faults.skew_ms_max);
            hosts.push(Host {
                identity,
                parent,
                children,
                state,
                staged: Vec::new(),
                guard: (0, 0),
                copies: Vec::new(),
                followers: BTreeMap::new(),
                life: 0,
                up: false,
                skew_ms,
                wakes: BTreeMap::new(),
            });
        }
        let business_ms = random.between(DAY / 8, DAY / 2);
        World {
            // 1 August 2015, 00:00 in UTC+8.
            now_ms: 1_438_358_400_000,
            numbers: (0..HOSTS).map(|number| (name(number), number)).collect(),
            hosts,
            model: Model::default(),
            register,
            totals: Totals::default(),
            control,
            abandoned: BTreeSet::new(),
            wrong: None,
            seed,
            random,
            faults,
            pace,
            queue: BTreeMap::new(),
            sequence: 0,
            log: Sha256::new(),
            cuts: vec![(0, 0); HOSTS],
            business_ms,
            healing: false,
            directives: 0,
        }
    }

    /// Runs so many days under faults, then heals and waits until all is equal.
    pub fn run(mut self, days: u64) -> Report {
        let end = self.now_ms + days as i64 * DAY;
        for host in 0..HOSTS {
            self.start(host);
            self.after_up_to(2 * self.business_ms, Event::Business { host });
            self.after_up_to(3 * DAY, Event::Copy { host });
        }
        self.after_up_to(2 * DAY, Event::Issue);
        self.plan_mischief(days as i64 * DAY);
        self.run_until(end);
        self.totals.days = days;
        if self.wrong.is_none() {
            self.heal();
            self.converge();
        }
        let log_hash = Hash(self.log.finalize().into()).to_string();
        Report { seed: self.seed, totals: self.totals, log_hash, wrong: self.wrong }
    }

    fn run_until(&mut self, end: i64) {
        while self.wrong.is_none() {
            match self.queue.first_key_value() {
                Some(((at, _), _)) if *at <= end => {}
                Some(_) | None => break,
            }
            let Some(((at, _), event)) = self.queue.pop_first() else {
                break;
            };
            self.now_ms = at;
            self.handle(event);
        }
        self.now_ms = self.now_ms.max(end);
    }

    /// After the faults: everything must be equal within two pull intervals, and all directives be done after some more.
    fn converge(&mut self) {
        let (start, interval) = (self.now_ms, self.pace.interval_ms);
        let mut equal = check::all_equal(self);
        while equal.is_err() && self.wrong.is_none() && self.now_ms < start + 2 * interval {
            self.run_until(self.now_ms + interval / 50);
            equal = check::all_equal(self);
        }
        if let Err(difference) = equal {
            self.fail(format!("not equal two pull intervals after healing: {difference}"));
        }
        self.totals.converged_per_mille = ((self.now_ms - start) * 1000 / interval).unsigned_abs();
        self.run_until(self.now_ms + 6 * interval);
        let all = check::all_equal(self);
        if let Err(difference) = all.and_then(|()| check::directives(self)) {
            self.fail(format!("after healing: {difference}"));
        }
    }

    /// Remembers the first thing that was wrong.
    pub(super) fn fail(&mut self, what: String) {
        let now = Instant::from_ms(self.now_ms);
        self.wrong.get_or_insert(format!("{now}: {what}"));
    }

    fn at(&mut self, at: i64, event: Event) {
        self.sequence += 1;
        self.queue.insert((at.max(self.now_ms), self.sequence), event);
    }

    fn after(&mut self, wait: i64, event: Event) {
        self.at(self.now_ms + wait, event);
    }

    fn after_up_to(&mut self, most: i64, event: Event) {
        let wait = self.random.between(0, most);
        self.after(wait, event);
    }

    fn note(&mut self, what: &str, numbers: [u64; 3]) {
        self.log.update(self.now_ms.to_be_bytes());
        self.log.update(what.as_bytes());
        for number in numbers {
            self.log.update(number.to_be_bytes());
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Arrive { from, to, message } => self.arrive(from, to, message),
            Event::Wake { host, child, life } => {
                let due = self.hosts[host].wakes.get(&child) == Some(&self.now_ms);
                if due && self.hosts[host].up && self.hosts[host].life == life {
                    self.hosts[host].wakes.remove(&child);
                    self.follow(host, child, Input::Tick);
                }
            }
            Event::Sync { host, life } if self.hosts[host].up && self.hosts[host].life == life => self.sync(host),
            Event::Sync { .. } => {}
            Event::Business { host } => self.business(host),
            Event::Issue => self.issue(),
            Event::Copy { host } => self.copy(host),
            Event::Crash { host } => self.crash(host),
            Event::Restart { host } => self.restart(host),
            Event::Cut { child } => self.cut(child),
            Event::Reopen { host } => self.reopen(host),
            Event::Renew { host } => self.renew(host),
            Event::Release { parent, child } => self.release(parent, child),
        }
    }

    /// Puts a message on the wire, where it may be lost, doubled, slow or cut off.
    fn send(&mut self, from: usize, to: usize, message: Message) {
        let upward = self.hosts[from].parent == Some(to);
        let (up, down) = self.cuts[if upward { from } else { to }];
        let open_at = if upward { up } else { down };
        if self.now_ms < open_at || self.random.chance(self.faults.loss) {
            self.totals.lost += 1;
            return;
        }
        let copies = if self.random.chance(self.faults.duplication) { 2 } else { 1 };
        self.totals.doubled += copies - 1;
        for _ in 0..copies {
            let slow = self.random.chance(self.faults.slow);
            let delay = if slow { self.random.magnitude(SECOND, self.faults.slow_ms_max) } else { self.random.between(5, 300) };
            self.after(delay, Event::Arrive { from, to, message: message.clone() });
        }
    }

    fn arrive(&mut self, from: usize, to: usize, message: Message) {
        self.note(message.name(), [from as u64, to as u64, self.hosts[to].state.size()]);
        if !self.hosts[to].up {
            return;
        }
        match message {
            Message::Ask { serial, asked_at, ask } => {
                let host = &mut self.hosts[to];
                if host.is_behind_its_guard() {
                    return;
                }
                // The guard is written before the signature leaves.
                host.guard = (host.state.epoch, host.state.size());
                let mut pull = host.state.answer(&host.identity, &ask, host.clock(self.now_ms));
                self.tamper(&mut pull);
                self.send(to, from, Message::Answer { serial, asked_at, ask, pull: Box::new(pull) });
            }
            Message::Answer { serial, asked_at, ask, pull } => {
                if self.control == Control::CursorBeforeApply {
                    self.save_cursor_first(to, from, serial, asked_at, &ask, pull);
                } else {
                    self.stage(to, Staged::Answer { child: from, serial, asked_at, ask, pull });
                }
            }
            Message::Announce { epoch, head } => self.follow(to, from, Input::Announced { epoch, head }),
            Message::Order { id, again, signed } => self.stage(to, Staged::Order { id, again, signed }),
            Message::Receipt { id, again, outcome } => self.stage(to, Staged::Receipt { id, again, outcome }),
        }
    }

    /// Takes a command; its group is synced a little later, unless the host crashes first.
    fn stage(&mut self, host: usize, staged: Staged) {
        if self.hosts[host].is_behind_its_guard() {
            return;
        }
        self.hosts[host].staged.push(staged);
        if self.random.chance(self.faults.crash_unsynced) {
            self.crash(host);
        } else if self.hosts[host].staged.len() == 1 {
            let life = self.hosts[host].life;
            let wait = self.random.between(1, 2 * SECOND);
            self.after(wait, Event::Sync { host, life });
        }
    }

    /// Lets a follower know and does what it says.
    fn follow(&mut self, host: usize, child: usize, input: Input) {
        let (now, random) = (Instant::from_ms(self.now_ms), self.random.next());
        let Some(follower) = self.hosts[host].followers.get_mut(&child) else {
            return;
        };
        let wake = match follower.step(now, random, input) {
            Action::Wait { until } => until,
            Action::Pull { serial, ask, deadline } => {
                let asked_at = self.hosts[host].clock(self.now_ms);
                self.send(host, child, Message::Ask { serial, asked_at, ask });
                self.hand_over(host, child);
                deadline
            }
        };
        let life = self.hosts[host].life;
        if self.hosts[host].wakes.insert(child, wake.ms()) != Some(wake.ms()) {
            self.at(wake.ms(), Event::Wake { host, child, life });
        }
    }

    /// Hands a child every directive that is due.
    fn hand_over(&mut self, host: usize, child: usize) {
        let region = self.hosts[child].identity.region.clone();
        let outbox = &self.hosts[host].state.outbox;
        let again = |id: &str| matches!(outbox.sent(id), Some(Sent::Witnessed(_)));
        let due: Vec<Message> = outbox
            .due(&region)
            .map(|(id, signed)| Message::Order { id: id.to_owned(), again: again(id), signed: signed.clone() })
            .collect();
        for order in due {
            self.send(host, child, order);
        }
    }

    /// A county counts something; some of it only its parent may see.
    fn business(&mut self, host: usize) {
        if host >= COUNTIES && !self.healing {
            self.after_up_to(2 * self.business_ms, Event::Business { host });
        }
        if host < COUNTIES || self.healing || !self.hosts[host].up {
            return;
        }
        let month = self.hosts[host].clock(self.now_ms).date();
        let staged = if self.random.chance(200) {
            let topic = Topic::new("admission", format!("{}/{}", month.year(), self.random.below(20)));
            Staged::Count { audience: Audience::Parent, topic, withdraw: self.random.chance(300) }
        } else {
            let topic = Topic::new("cell", format!("{}-{:02}/K{:02}", month.year(), month.month(), self.random.below(4)));
            Staged::Count { audience: Audience::Above, topic, withdraw: false }
        };
        self.stage(host, staged);
    }
}
