//! The business clock of a region: real, or driven in a sandbox. TLS has its own, always real.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use changxiao_domain::clock::{Clock, Instant};

use crate::fault::Fault;

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
    /// The clock is real, or `to` lies before the present.
    pub fn drive(&self, to: Instant) -> Result<(), Fault> {
        match self {
            Self::Real(_) => Err(Fault::Precondition {
                reason: "CLOCK_IS_REAL",
                en: "only the clock of a region created as sandbox can be driven".to_owned(),
                zh: "只有沙盒地区的时钟可以调整".to_owned(),
            }),
            Self::Driven(ms) => {
                let before = ms.fetch_max(to.ms(), Ordering::SeqCst);
                if before > to.ms() {
                    return Err(Fault::Precondition {
                        reason: "CLOCK_GOES_FORWARD",
                        en: format!("the clock stands at {} and cannot go back", Instant::from_ms(before)),
                        zh: format!("时钟已到{},不能倒退", Instant::from_ms(before)),
                    });
                }
                Ok(())
            }
        }
    }
}
