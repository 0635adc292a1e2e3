//! One descriptor kept back, so that running out of them can be answered instead of suffered.
//!
//! When none is left, `accept` fails and the caller stays in the kernel's queue, where it waits for nothing. Giving the reserve up
//! for a moment lets the loop take such callers and hang up on them at once: they learn that they must come again.

use std::{fs::File, time::Duration};

use tokio::net::TcpListener;

/// Callers turned away in one go; then the loop pauses all the same.
const AT_ONCE: usize = 64;

/// The descriptor.
#[derive(Debug)]
pub struct Reserve(Option<File>);

impl Reserve {
    /// Takes one. A machine that has none left at the very start goes without.
    #[must_use]
    pub fn take() -> Self {
        Self(File::open("/dev/null").ok())
    }

    /// Gives it up, so that one more caller can be accepted. Take it again afterwards.
    pub fn lend(&mut self) {
        self.0 = None;
    }

    /// Hangs up on whoever waits in the queue, with the help of the reserve. Gives back how many.
    pub async fn turn_away(&mut self, listener: &TcpListener) -> usize {
        self.lend();
        let mut turned_away = 0;
        // A caller that is not there yet is not waited for.
        while turned_away < AT_ONCE && matches!(tokio::time::timeout(Duration::ZERO, listener.accept()).await, Ok(Ok(_))) {
            turned_away += 1;
        }
        *self = Self::take();
        turned_away
    }
}
