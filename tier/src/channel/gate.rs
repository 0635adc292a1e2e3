//! How many handshakes may be under way and how many connections open, per source and altogether. Beyond that callers are dropped,
//! never queued: a queue in front of the handshake lets one silent source lock everybody out.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::limits::Limits;
use super::refusal::Refusal;

/// Counts handshakes and connections. Clones share the count.
#[derive(Debug, Clone)]
pub struct Gate {
    limits: Arc<Limits>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    sources: HashMap<IpAddr, Source>,
    under_way: usize,
    open: usize,
    all_busy_noted: bool,
}

#[derive(Debug, Default)]
struct Source {
    under_way: usize,
    open: usize,
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
    /// A gate that grants what `limits` say.
    pub fn new(limits: Arc<Limits>) -> Self {
        Self { limits, state: Arc::default() }
    }

    /// Asks for a place; it is given back when the [`Place`] is dropped.
    ///
    /// # Errors
    /// [`Closed`] when the source, or the whole, is at its limit.
    pub fn enter(&self, addr: IpAddr) -> Result<Place, Closed> {
        let source = source_of(addr);
        let limits = &self.limits;
        let mut state = self.lock();
        if let Some(known) = state.sources.get_mut(&source) {
            let refusal = if known.under_way >= limits.per_source {
                Some(Refusal::SourceBusy { limit: limits.per_source })
            } else if known.under_way + known.open >= limits.connections_per_source {
                Some(Refusal::SourceFull { limit: limits.connections_per_source })
            } else {
                None
            };
            if let Some(refusal) = refusal {
                known.dropped = known.dropped.saturating_add(1);
                return Err(Closed { refusal, first: known.dropped == 1 });
            }
        }
        let refusal = if state.under_way >= limits.in_all {
            Some(Refusal::AllBusy { limit: limits.in_all })
        } else if state.under_way + state.open >= limits.connections {
            Some(Refusal::AllFull { limit: limits.connections })
        } else {
            None
        };
        if let Some(refusal) = refusal {
            let first = !std::mem::replace(&mut state.all_busy_noted, true);
            return Err(Closed { refusal, first });
        }
        state.under_way += 1;
        state.sources.entry(source).or_default().under_way += 1;
        Ok(Place { gate: self.clone(), source, open: false })
    }

    fn open(&self, source: IpAddr) {
        let mut state = self.lock();
        state.under_way = state.under_way.saturating_sub(1);
        state.open += 1;
        state.all_busy_noted = false;
        if let Some(known) = state.sources.get_mut(&source) {
            known.under_way = known.under_way.saturating_sub(1);
            known.open += 1;
        }
    }

    fn leave(&self, source: IpAddr, was_open: bool) {
        let mut state = self.lock();
        let count = if was_open { &mut state.open } else { &mut state.under_way };
        *count = count.saturating_sub(1);
        if state.under_way == 0 {
            state.all_busy_noted = false;
        }
        let Some(known) = state.sources.get_mut(&source) else {
            return;
        };
        let count = if was_open { &mut known.open } else { &mut known.under_way };
        *count = count.saturating_sub(1);
        if known.under_way > 0 {
            return;
        }
        // An idle source is forgotten, so the table never outgrows the limits in all.
        let dropped = std::mem::take(&mut known.dropped);
        if known.open == 0 {
            state.sources.remove(&source);
        }
        drop(state);
        if dropped > 1 {
            tracing::warn!(peer.source = %source, connections = dropped, "dropped connections of a source that had too many");
        }
    }

    /// Handshakes under way and connections open.
    pub fn counts(&self) -> (usize, usize) {
        let state = self.lock();
        (state.under_way, state.open)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among the handshakes under way, later among the open connections.
#[derive(Debug)]
pub struct Place {
    gate: Gate,
    source: IpAddr,
    open: bool,
}

impl Place {
    /// The handshake is over: the place counts as an open connection from now on.
    pub fn opened(&mut self) {
        if !std::mem::replace(&mut self.open, true) {
            self.gate.open(self.source);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gate.leave(self.source, self.open);
    }
}

/// One IPv4 address, or one IPv6 network of 64 bits: a host owns the whole of its /64 and could use a new address each time.
pub fn source_of(addr: IpAddr) -> IpAddr {
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

    fn gate(per_source: usize, in_all: usize, connections_per_source: usize, connections: usize) -> Gate {
        Gate::new(Arc::new(Limits { per_source, in_all, connections_per_source, connections, ..Limits::default() }))
    }

    #[test]
    fn a_full_source_leaves_room_for_others() {
        let gate = gate(2, 3, 9, 9);
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
    fn open_connections_are_limited_too() {
        let gate = gate(2, 3, 2, 3);
        let open = |addr: &str| {
            let mut place = gate.enter(ip(addr)).unwrap();
            place.opened();
            place
        };
        let (first, _second) = (open("10.0.0.1"), open("10.0.0.1"));
        assert_eq!(gate.enter(ip("10.0.0.1")).unwrap_err().refusal, Refusal::SourceFull { limit: 2 });
        let _third = open("10.0.0.2");
        assert_eq!(gate.enter(ip("10.0.0.3")).unwrap_err().refusal, Refusal::AllFull { limit: 3 });
        assert_eq!(gate.counts(), (0, 3));
        drop(first);
        drop(open("10.0.0.1"));
    }

    #[test]
    fn idle_sources_are_forgotten() {
        let gate = gate(2, 3, 9, 9);
        drop(gate.enter(ip("10.0.0.1")).unwrap());
        let mut place = gate.enter(ip("10.0.0.1")).unwrap();
        place.opened();
        drop(place);
        assert!(gate.lock().sources.is_empty());
        assert_eq!(gate.counts(), (0, 0));
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
