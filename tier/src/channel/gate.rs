//! How many handshakes may be under way, per source and altogether. Beyond that callers are dropped, never queued:
//! a queue in front of the handshake lets one silent source lock everybody out.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::refusal::Refusal;

/// Counts unfinished handshakes. Clones share the count.
#[derive(Debug, Clone)]
pub struct Gate {
    per_source: usize,
    in_all: usize,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    sources: HashMap<IpAddr, Source>,
    in_all: usize,
    all_busy_noted: bool,
}

#[derive(Debug, Default)]
struct Source {
    under_way: usize,
    dropped: u64,
}

/// Why a caller was not let in, and whether that is worth a line: during a flood only the first drop of a source is.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed {
    /// The limit that was met.
    pub refusal: Refusal,
    /// Whether to note it.
    pub first: bool,
}

impl Gate {
    /// A gate for so many handshakes per source and in all.
    pub fn new(per_source: usize, in_all: usize) -> Self {
        Self { per_source, in_all, state: Arc::default() }
    }

    /// Asks for a place; it is given back when the [`Place`] is dropped.
    ///
    /// # Errors
    /// [`Closed`] when the source, or the whole, is at its limit.
    pub fn enter(&self, addr: IpAddr) -> Result<Place, Closed> {
        let source = source_of(addr);
        let mut state = self.lock();
        if let Some(known) = state.sources.get_mut(&source)
            && known.under_way >= self.per_source
        {
            known.dropped = known.dropped.saturating_add(1);
            return Err(Closed { refusal: Refusal::SourceBusy { limit: self.per_source }, first: known.dropped == 1 });
        }
        if state.in_all >= self.in_all {
            let first = !std::mem::replace(&mut state.all_busy_noted, true);
            return Err(Closed { refusal: Refusal::AllBusy { limit: self.in_all }, first });
        }
        state.in_all += 1;
        state.sources.entry(source).or_default().under_way += 1;
        Ok(Place { gate: self.clone(), source })
    }

    fn leave(&self, source: IpAddr) {
        let mut state = self.lock();
        state.in_all = state.in_all.saturating_sub(1);
        if state.in_all == 0 {
            state.all_busy_noted = false;
        }
        let Some(known) = state.sources.get_mut(&source) else {
            return;
        };
        known.under_way = known.under_way.saturating_sub(1);
        if known.under_way > 0 {
            return;
        }
        // An idle source is forgotten, so the table never outgrows the limit in all.
        let dropped = known.dropped;
        state.sources.remove(&source);
        drop(state);
        if dropped > 1 {
            tracing::warn!(peer.source = %source, connections = dropped, "dropped connections of a source that had too many handshakes under way");
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among the handshakes under way.
#[derive(Debug)]
pub struct Place {
    gate: Gate,
    source: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gate.leave(self.source);
    }
}

/// One IPv4 address, or one IPv6 network of 64 bits: a host owns the whole of its /64 and could use a new address each time.
fn source_of(addr: IpAddr) -> IpAddr {
    match addr.to_canonical() {
        IpAddr::V6(v6) => {
            let s = v6.segments();
            IpAddr::V6(Ipv6Addr::new(s[0], s[1], s[2], s[3], 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_full_source_leaves_room_for_others() {
        let gate = Gate::new(2, 3);
        let a1 = gate.enter(ip("10.0.0.1")).unwrap();
        let _a2 = gate.enter(ip("10.0.0.1")).unwrap();
        assert_eq!(gate.enter(ip("10.0.0.1")).unwrap_err(), Closed { refusal: Refusal::SourceBusy { limit: 2 }, first: true });
        assert!(!gate.enter(ip("10.0.0.1")).unwrap_err().first);
        let b = gate.enter(ip("10.0.0.2")).unwrap();
        assert_eq!(gate.enter(ip("10.0.0.3")).unwrap_err().refusal, Refusal::AllBusy { limit: 3 });
        drop(b);
        drop(a1);
        gate.enter(ip("10.0.0.1")).unwrap();
    }

    #[test]
    fn idle_sources_are_forgotten() {
        let gate = Gate::new(2, 3);
        drop(gate.enter(ip("10.0.0.1")).unwrap());
        assert!(gate.lock().sources.is_empty());
    }

    #[test]
    fn one_ipv6_network_is_one_source() {
        for (addr, source) in
            [("10.1.2.3", "10.1.2.3"), ("::ffff:10.1.2.3", "10.1.2.3"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"), ("::1", "::")]
        {
            assert_eq!(source_of(ip(addr)), ip(source), "{addr}");
        }
    }
}
