//! The business clock of a region: real, or driven in a sandbox. TLS has its own, always real.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use changxiao_domain::clock::{Clock, Instant};

use crate::fault::Fault;

/// Longest step of a driven clock. Everything due in between happens before the call returns, so a step must have an end.
const LEAP_DAYS_MAX: i64 = 366;

/// Business time of one region.
pub enum BusinessClock {
    /// The machine's time.
    Real(Arc<dyn Clock>),
    /// Stands still until it is driven.
    Driven(AtomicI64),
}

impl BusinessClock {
    /// A driven clock that stands at `at`.
    #[must_use]
    pub fn driven(at: Instant) -> Self {
        Self::Driven(AtomicI64::new(at.ms()))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Instant {
        match self {
            Self::Real(clock) => clock.now(),
            Self::Driven(ms) => Instant::from_ms(ms.load(Ordering::SeqCst)),
        }
    }

    /// Whether it can be driven.
    #[must_use]
    pub const fn is_driven(&self) -> bool {
        matches!(self, Self::Driven(_))
    }

    /// Moves a driven clock forward.
    ///
    /// # Errors
    /// The clock is real, or `to` lies before the present or more than [`LEAP_DAYS_MAX`] after it.
    pub fn drive(&self, to: Instant) -> Result<(), Fault> {
        match self {
            Self::Real(_) => Err(Fault::Precondition {
                reason: "CLOCK_IS_REAL",
                en: "only the clock of a region created as sandbox can be driven".to_owned(),
                zh: "只有沙盒地区的时钟可以调整".to_owned(),
            }),
            Self::Driven(ms) => {
                let step =
                    |now: i64| (now..=Instant::from_ms(now).plus_days(LEAP_DAYS_MAX).ms()).contains(&to.ms()).then_some(to.ms());
                let Err(now) = ms.fetch_update(Ordering::SeqCst, Ordering::SeqCst, step) else { return Ok(()) };
                let stands = Instant::from_ms(now);
                Err(if to < stands {
                    Fault::Precondition {
                        reason: "CLOCK_GOES_FORWARD",
                        en: format!("the clock stands at {stands} and cannot go back"),
                        zh: format!("时钟已到{stands},不能倒退"),
                    }
                } else {
                    Fault::Precondition {
                        reason: "CLOCK_LEAPS_TOO_FAR",
                        en: format!("the clock stands at {stands}; move it by at most {LEAP_DAYS_MAX} days at a time"),
                        zh: format!("时钟现为{stands},每次最多前移{LEAP_DAYS_MAX}天"),
                    }
                })
            }
        }
    }
}
