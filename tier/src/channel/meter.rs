//! What one connection may ask of us beside calls that are served, and whether it keeps up.
//!
//! The HTTP/2 library bounds memory; pings, settings, window updates, priorities and refused streams it answers as fast as they
//! come. Here each costs a point. Points come back with time, with every call that was admitted and with every KiB that we sent,
//! so a busy honest connection never runs out, and an idle flood does within a second.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{
    frames::Frames,
    limits::{FRAMES_AHEAD, FRAMES_PER_CALL, Limits, OFFENCE},
    refusal::Refusal,
};

/// The part of a meter that calls share with their connection. Clones share it.
#[derive(Clone)]
pub struct Meter(Arc<Shared>);

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meter")
    }
}

struct Shared {
    now: Box<dyn Fn() -> Instant + Send + Sync>,
    earned: AtomicI64,
    called: AtomicBool,
    leaving: AtomicBool,
    flooded: AtomicBool,
    pace: Mutex<Pace>,
}

#[derive(Debug, Default)]
struct Pace {
    unfinished: Option<Instant>,
    unread: BTreeMap<u64, Instant>,
    answers: u64,
    last_call: Option<Instant>,
}

impl Meter {
    /// For a new connection.
    #[must_use]
    pub fn new() -> Self {
        Self::by(Instant::now)
    }

    fn by(now: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared {
            now: Box::new(now),
            earned: AtomicI64::new(0),
            called: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
            flooded: AtomicBool::new(false),
            pace: Mutex::default(),
        }))
    }

    fn now(&self) -> Instant {
        (self.0.now)()
    }

    /// The connection is to end: the peer is told to begin nothing new on it.
    pub fn leave(&self) {
        self.0.leaving.store(true, Ordering::Relaxed);
    }

    /// Resolves when no call has begun for `quiet`, counted from now, or when `most` has passed.
    pub async fn quiet(&self, quiet: Duration, most: Duration) {
        let begun = self.now();
        loop {
            let since = self.lock().last_call.map_or(begun, |last| last.max(begun));
            let until = (since + quiet).min(begun + most);
            if until <= self.now() {
                return;
            }
            tokio::time::sleep_until(until).await;
        }
    }

    /// A call was admitted: the frames that go with it are paid for.
    pub fn admitted(&self) {
        self.0.earned.fetch_add(FRAMES_PER_CALL, Ordering::Relaxed);
    }

    /// A call was admitted and turned out to be no call at all: its bytes could not be read, or were far too many.
    pub fn offended(&self) {
        self.0.earned.fetch_sub(OFFENCE, Ordering::Relaxed);
    }

    /// A new answer, which the peer is expected to take from now on.
    #[must_use]
    pub fn answer(&self) -> Answering {
        let now = self.now();
        let mut pace = self.lock();
        pace.answers += 1;
        let id = pace.answers;
        pace.unread.insert(id, now);
        drop(pace);
        Answering { meter: self.clone(), id }
    }

    /// What is wrong with the pace of a connection that began then, if anything.
    #[must_use]
    pub fn trouble(&self, begun: Instant, limits: &Limits) -> Option<Refusal> {
        let now = self.now();
        let over = |since: Instant, limit: Duration| now.saturating_duration_since(since) > limit;
        let slow = |what, limit: Duration| Some(Refusal::Slow { what, limit_ms: limit.as_millis() });
        if !self.0.called.load(Ordering::Relaxed) && over(begun, limits.first_call) {
            return slow("brought no call", limits.first_call);
        }
        let pace = self.lock();
        if pace.unfinished.is_some_and(|since| over(since, limits.unfinished)) {
            return slow("left a frame unfinished", limits.unfinished);
        }
        if pace.unread.values().any(|since| over(*since, limits.unread)) {
            return slow("did not read on in its answer", limits.unread);
        }
        None
    }

    /// Whether the budget of frames ran out.
    #[must_use]
    pub fn flooded(&self) -> bool {
        self.0.flooded.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Pace> {
        self.0.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Meter {
    fn default() -> Self {
        Self::new()
    }
}

/// One answer under way. Dropping it ends the watch over it.
#[derive(Debug)]
pub struct Answering {
    meter: Meter,
    id: u64,
}

impl Answering {
    /// The transport asked for more: everything before was taken.
    pub fn asked(&self) {
        self.meter.lock().unread.remove(&self.id);
    }

    /// Something was handed to the transport.
    pub fn handed(&self) {
        let now = self.meter.now();
        self.meter.lock().unread.insert(self.id, now);
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.asked();
    }
}

/// The part that sits on the connection itself and sees its bytes.
#[derive(Debug)]
pub struct Counter {
    meter: Meter,
    frames: Frames,
    left: i64,
    filled: Instant,
    per_second: u32,
    sent: usize,
}

impl Counter {
    /// Counts for `meter`.
    #[must_use]
    pub fn new(meter: Meter, frames_per_second: u32) -> Self {
        let (frames, filled) = (Frames::of_client(), meter.now());
        Self { meter, frames, left: FRAMES_AHEAD, filled, per_second: frames_per_second, sent: 0 }
    }

    /// Bytes came in. False means that the connection is to be closed.
    #[must_use]
    pub fn received(&mut self, bytes: &[u8]) -> bool {
        let was_unfinished = self.frames.unfinished();
        let seen = self.frames.read(bytes);
        if seen.call {
            self.meter.0.called.store(true, Ordering::Relaxed);
            if self.is_leaving() {
                let now = self.meter.now();
                self.meter.lock().last_call = Some(now);
            }
        }
        let unfinished = self.frames.unfinished();
        if unfinished != was_unfinished || (unfinished && seen.completed) {
            let since = unfinished.then(|| self.meter.now());
            self.meter.lock().unfinished = since;
        }
        self.left -= seen.weight;
        // Offences count at once, earnings when they are needed.
        if self.left < 0 || self.meter.0.earned.load(Ordering::Relaxed) < 0 {
            self.refill();
        }
        let kept = self.left >= 0;
        if !kept {
            self.meter.0.flooded.store(true, Ordering::Relaxed);
        }
        kept
    }

    /// Whether the peer is to be told that the connection ends.
    #[must_use]
    pub fn is_leaving(&self) -> bool {
        self.meter.0.leaving.load(Ordering::Relaxed)
    }

    /// Bytes went out.
    pub fn sent(&mut self, bytes: usize) {
        self.sent = self.sent.saturating_add(bytes);
    }

    /// Time is looked at only when the points are used up, not at every read.
    fn refill(&mut self) {
        let now = self.meter.now();
        let milliseconds = i64::try_from(now.duration_since(self.filled).as_millis()).unwrap_or(i64::MAX);
        let by_time = milliseconds.saturating_mul(i64::from(self.per_second)) / 1_000;
        let by_bytes = i64::try_from(self.sent / 1_024).unwrap_or(i64::MAX);
        self.sent %= 1_024;
        self.filled = now;
        let earned = self.meter.0.earned.swap(0, Ordering::Relaxed);
        self.left = self.left.saturating_add(by_time).saturating_add(by_bytes).saturating_add(earned).min(FRAMES_AHEAD);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PING: [u8; 17] = [0, 0, 8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// A clock that tests move.
    #[derive(Clone)]
    struct Hands(Arc<AtomicI64>, Instant);

    impl Hands {
        fn new() -> Self {
            Self(Arc::default(), Instant::now())
        }

        fn forward(&self, milliseconds: i64) {
            self.0.fetch_add(milliseconds, Ordering::SeqCst);
        }

        fn counter(&self) -> (Meter, Counter) {
            let Self(passed, begun) = self.clone();
            let meter = Meter::by(move || begun + Duration::from_millis(passed.load(Ordering::SeqCst).unsigned_abs()));
            let mut counter = Counter::new(meter.clone(), 200);
            assert!(counter.received(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
            (meter, counter)
        }
    }

    #[test]
    fn pings_without_a_call_run_out() {
        let (meter, mut counter) = Hands::new().counter();
        let pings = (0..10_000).take_while(|_| counter.received(&PING)).count();
        assert_eq!((pings, meter.flooded()), (usize::try_from(FRAMES_AHEAD).unwrap(), true));
    }

    #[test]
    fn a_ping_now_and_then_never_does() {
        let hands = Hands::new();
        let (_, mut counter) = hands.counter();
        for _ in 0..10_000 {
            assert!(counter.received(&PING));
            hands.forward(5);
        }
    }

    #[test]
    fn served_calls_and_sent_bytes_pay_for_their_frames() {
        let (meter, mut counter) = Hands::new().counter();
        for _ in 0..1_000 {
            assert!((0..FRAMES_PER_CALL).all(|_| counter.received(&PING)));
            meter.admitted();
        }
        for _ in 0..1_000 {
            assert!((0..4).all(|_| counter.received(&PING)));
            counter.sent(4 * 1_024);
        }
    }

    #[test]
    fn a_slow_peer_is_told_by_what_it_left_undone() {
        let (limits, hands) = (Limits::default(), Hands::new());
        let what = |meter: &Meter| meter.trouble(hands.1, &limits).map(|refusal| refusal.to_string());
        let (silent, _) = hands.counter();
        let (half, mut counter_of_half) = hands.counter();
        assert!(counter_of_half.received(&[0, 0, 4, 1, 4, 0, 0, 0, 1, 0]));
        let (deaf, mut counter_of_deaf) = hands.counter();
        assert!(counter_of_deaf.received(&[0, 0, 0, 1, 4, 0, 0, 0, 1]));
        let answering = deaf.answer();
        hands.forward(9_000);
        assert_eq!([what(&silent), what(&half), what(&deaf)], [None, None, None]);
        hands.forward(2_000);
        assert_eq!(what(&silent).unwrap(), "the other side brought no call within 10000 ms");
        assert_eq!(what(&half).unwrap(), "the other side left a frame unfinished within 10000 ms");
        assert_eq!(what(&deaf), None);
        hands.forward(10_000);
        assert_eq!(what(&deaf).unwrap(), "the other side did not read on in its answer within 20000 ms");
        answering.asked();
        assert_eq!(what(&deaf), None);
    }
}
