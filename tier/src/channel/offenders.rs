//! Sources whose connections were closed for abuse a moment ago. Their next ones wait before the handshake.
//!
//! An offender that comes back at once costs a handshake each time, more than all its frames. Waiting costs us a socket and no
//! work. It is a delay, never a refusal: a good client behind the same address still gets in.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    gate::source_of,
    limits::{OFFENCE_WAIT, OFFENCE_WAIT_MAX, OFFENCES_FREE, OFFENCES_KEPT, OFFENDERS_MAX},
};

/// Remembers offenders. Clones share the memory.
#[derive(Debug, Clone, Default)]
pub struct Offenders(Arc<Mutex<HashMap<IpAddr, Offender>>>);

#[derive(Debug)]
struct Offender {
    times: u32,
    last: Instant,
}

impl Offenders {
    /// A connection from this address was closed for abuse.
    pub fn note(&self, addr: IpAddr) {
        self.note_at(addr, Instant::now());
    }

    fn note_at(&self, addr: IpAddr, now: Instant) {
        let mut known = self.lock();
        known.retain(|_, offender| remembered(offender, now));
        if known.len() >= OFFENDERS_MAX
            && let Some(oldest) = known.iter().min_by_key(|(_, offender)| offender.last).map(|(source, _)| *source)
        {
            known.remove(&oldest);
        }
        let offender = known.entry(source_of(addr)).or_insert(Offender { times: 0, last: now });
        offender.times = offender.times.saturating_add(1);
        offender.last = now;
    }

    /// How long a new connection from this address is to wait.
    #[must_use]
    pub fn wait(&self, addr: IpAddr) -> Option<Duration> {
        self.wait_at(addr, Instant::now())
    }

    fn wait_at(&self, addr: IpAddr, now: Instant) -> Option<Duration> {
        let known = self.lock();
        let offender = known.get(&source_of(addr)).filter(|offender| remembered(offender, now))?;
        let over = offender.times.saturating_sub(OFFENCES_FREE);
        (over > 0).then(|| OFFENCE_WAIT.saturating_mul(over).min(OFFENCE_WAIT_MAX))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Offender>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remembered(offender: &Offender, now: Instant) -> bool {
    now.saturating_duration_since(offender.last) < OFFENCES_KEPT
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn who_offends_again_and_again_waits_longer_and_nobody_else_does() {
        let (offenders, begun) = (Offenders::default(), Instant::now());
        let mut waits = Vec::new();
        for _ in 0..20 {
            offenders.note_at(ip("10.0.0.1"), begun);
            waits.push(offenders.wait_at(ip("10.0.0.1"), begun).map_or(0, |wait| wait.as_millis()));
        }
        assert_eq!(waits[..6], [0, 0, 0, 100, 200, 300]);
        assert_eq!(waits[19], 1_000, "never more than a second");
        assert_eq!(offenders.wait_at(ip("10.0.0.2"), begun), None);
        assert_eq!(offenders.wait_at(ip("10.0.0.1"), begun + OFFENCES_KEPT), None, "and it is forgotten soon");
    }

    #[test]
    fn the_memory_is_bounded() {
        let (offenders, begun) = (Offenders::default(), Instant::now());
        for number in 0..2 * u32::try_from(OFFENDERS_MAX).unwrap() {
            offenders.note_at(IpAddr::from(number.to_be_bytes()), begun + Duration::from_micros(number.into()));
        }
        assert_eq!(offenders.lock().len(), OFFENDERS_MAX);
    }
}
