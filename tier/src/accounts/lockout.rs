//! How many wrong passwords are too many: a state machine over real time, without input or output.
//!
//! An attempt is charged before the password is looked at, so that a thousand attempts at once are a thousand attempts. Three
//! counts are kept: of an account from one source, which locks that source out of that account; of an account from everywhere,
//! which stops guessing from many sources; of a source over all accounts, which stops spraying. Names that are no account are
//! counted alike, so a lock tells nothing about who exists. Other accounts and other sources never notice.

use std::{collections::HashMap, hash::Hash, net::IpAddr};

use changxiao_domain::{actor::AccountId, clock::Instant};

/// Names, sources and pairs remembered at a time.
const REMEMBERED: usize = 50_000;

/// When to lock, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Failures of one account from one source that lock this source out of it.
    pub failures: u32,
    /// Failures of one account from anywhere that lock it for everybody.
    pub failures_everywhere: u32,
    /// Failures of one source over all accounts that lock it out.
    pub failures_of_source: u32,
    /// How long a lock holds, and how long a failure is remembered after the last one, milliseconds.
    pub lock_ms: i64,
}

impl Rules {
    /// So many failures from one source; four times as many from everywhere, ten times as many over all accounts.
    #[must_use]
    pub const fn new(failures: u32, lock_seconds: u32) -> Self {
        Self {
            failures,
            failures_everywhere: failures.saturating_mul(4),
            failures_of_source: failures.saturating_mul(10),
            lock_ms: (lock_seconds as i64) * 1_000,
        }
    }
}

/// Why no password is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locked {
    /// The account, for this source or for everybody.
    Account {
        /// Until when.
        until: Instant,
    },
    /// The source, for every account.
    Source {
        /// Until when.
        until: Instant,
    },
}

/// What an attempt that was let through means should it fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charged {
    /// It locks the account.
    pub locks: Option<Lock>,
}

/// A lock of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Until when.
    pub until: Instant,
    /// After how many failures.
    pub failures: u32,
    /// For every source, not only the one that guessed.
    pub everywhere: bool,
}

#[derive(Clone, Copy, Debug)]
struct Count {
    failures: u32,
    last: Instant,
    until: Option<Instant>,
}

impl Count {
    /// As it counts now: nothing is left of what is over.
    fn at(self, now: Instant, rules: &Rules) -> Self {
        let over = match self.until {
            Some(until) => until <= now,
            None => self.last.plus_ms(rules.lock_ms) <= now,
        };
        if over { Self { failures: 0, last: now, until: None } } else { self }
    }

    fn charged(self, now: Instant, most: u32, rules: &Rules) -> Self {
        let failures = self.failures.saturating_add(1);
        let until = (failures >= most).then(|| now.plus_ms(rules.lock_ms));
        Self { failures, last: now, until }
    }

    fn refunded(self, most: u32) -> Self {
        let failures = self.failures.saturating_sub(1);
        Self { failures, until: self.until.filter(|_| failures >= most), ..self }
    }
}

/// Wrong passwords of one region, as far as they still count.
#[derive(Debug)]
pub struct Guesses {
    rules: Rules,
    pairs: HashMap<(AccountId, IpAddr), Count>,
    accounts: HashMap<AccountId, Count>,
    sources: HashMap<IpAddr, Count>,
}

impl Guesses {
    /// None yet.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self { rules, pairs: HashMap::new(), accounts: HashMap::new(), sources: HashMap::new() }
    }

    /// Counts one attempt as a failure until it is known to be none.
    ///
    /// # Errors
    /// The account or the source is locked; then nothing is counted.
    pub fn charge(&mut self, account: &AccountId, source: IpAddr, now: Instant) -> Result<Charged, Locked> {
        let (rules, key) = (self.rules, (account.clone(), source));
        make_room(&mut self.pairs, now, &rules);
        make_room(&mut self.accounts, now, &rules);
        make_room(&mut self.sources, now, &rules);
        let pair = standing(&self.pairs, &key, now, &rules);
        let whole = standing(&self.accounts, account, now, &rules);
        let spray = standing(&self.sources, &source, now, &rules);
        if let Some(until) = pair.until.max(whole.until) {
            return Err(Locked::Account { until });
        }
        if let Some(until) = spray.until {
            return Err(Locked::Source { until });
        }
        let pair = pair.charged(now, rules.failures, &rules);
        let whole = whole.charged(now, rules.failures_everywhere, &rules);
        self.pairs.insert(key, pair);
        self.accounts.insert(account.clone(), whole);
        self.sources.insert(source, spray.charged(now, rules.failures_of_source, &rules));
        let everywhere = whole.until.map(|until| Lock { until, failures: whole.failures, everywhere: true });
        let here = pair.until.map(|until| Lock { until, failures: pair.failures, everywhere: false });
        Ok(Charged { locks: everywhere.or(here) })
    }

    /// The attempt was none: the right password was given. The pair is clean again; what others guessed still counts.
    pub fn clear(&mut self, account: &AccountId, source: IpAddr) {
        self.pairs.remove(&(account.clone(), source));
        let rules = self.rules;
        if let Some(count) = self.accounts.get_mut(account) {
            *count = count.refunded(rules.failures_everywhere);
        }
        if let Some(count) = self.sources.get_mut(&source) {
            *count = count.refunded(rules.failures_of_source);
        }
    }

    /// Forgets everything that was guessed about an account.
    pub fn unlock(&mut self, account: &AccountId) {
        self.accounts.remove(account);
        self.pairs.retain(|(of, _), _| of != account);
    }
}

fn standing<K: Eq + Hash>(counts: &HashMap<K, Count>, key: &K, now: Instant, rules: &Rules) -> Count {
    counts.get(key).map_or(Count { failures: 0, last: now, until: None }, |count| count.at(now, rules))
}

/// What is over goes first; if that is not enough, counts that lock nobody yet.
fn make_room<K: Eq + Hash>(counts: &mut HashMap<K, Count>, now: Instant, rules: &Rules) {
    if counts.len() < REMEMBERED {
        return;
    }
    counts.retain(|_, count| count.at(now, rules).failures > 0);
    if counts.len() >= REMEMBERED {
        counts.retain(|_, count| count.until.is_some());
    }
    if counts.len() >= REMEMBERED {
        counts.clear();
    }
}

#[cfg(test)]
mod tests;
