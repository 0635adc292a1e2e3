//! D3: floods of one kind over a few connections that come back at once, beside a good client.

use std::time::Duration;

use tokio::{task::JoinSet, time::Instant};

use super::{
    kinds::Kind,
    raw::{Ended, attack},
    target::{Good, Target, Told},
};

/// Connections of the attacker.
pub const CONNECTIONS: usize = 4;
/// An offender is to be closed in this time.
pub const CLOSED_WITHIN: Duration = Duration::from_secs(2);

/// What one kind of flood did.
#[derive(Clone, Debug)]
pub struct Flooded {
    /// The kind.
    pub name: &'static str,
    /// Connections that the server closed.
    pub closed: usize,
    /// The longest that a closed one lived.
    pub slowest: Duration,
    /// Connections open at the end that were older than [`CLOSED_WITHIN`].
    pub survived: usize,
    /// Growth of the server's memory, KiB, at its highest.
    pub grown_kib: u64,
    /// The good client.
    pub good: Told,
}

impl Flooded {
    /// Whether the offender was closed in time and the good client not harmed. No bound of time for the good client: that is for a
    /// machine that does nothing else.
    pub fn passed(&self) -> bool {
        self.survived == 0
            && self.closed > 0
            && self.slowest <= CLOSED_WITHIN
            && self.grown_kib <= 64 * 1_024
            && self.good.failed == 0
    }
}

/// Floods for `time`.
///
/// # Errors
/// The good client cannot even begin.
pub async fn flood(target: &Target, kind: &Kind, time: Duration, rss_kib: impl Fn() -> u64) -> anyhow::Result<Flooded> {
    let good = Good::start(target).await?;
    let before = rss_kib();
    let until = Instant::now() + time;
    let mut attackers = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (target, kind) = (target.clone(), *kind);
        attackers.spawn(async move {
            let (mut closed, mut slowest, mut survived) = (0, Duration::ZERO, 0);
            loop {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return (closed, slowest, survived);
                }
                match attack(&target, &kind, left).await {
                    Ended::Closed(after) => {
                        closed += 1;
                        slowest = slowest.max(after);
                    }
                    // One that began shortly before the end proves nothing.
                    Ended::Open if left > CLOSED_WITHIN => survived += 1,
                    Ended::Open | Ended::Refused => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        });
    }
    let mut highest = before;
    let (mut closed, mut slowest, mut survived) = (0, Duration::ZERO, 0);
    let mut look = tokio::time::interval(Duration::from_millis(50));
    loop {
        tokio::select! {
            _ = look.tick() => highest = highest.max(rss_kib()),
            ended = attackers.join_next() => match ended {
                Some(ended) => {
                    let (more, longest, open) = ended?;
                    closed += more;
                    slowest = slowest.max(longest);
                    survived += open;
                }
                None => break,
            },
        }
    }
    let good = good.stop().await;
    Ok(Flooded { name: kind.name, closed, slowest, survived, grown_kib: highest.saturating_sub(before), good })
}
