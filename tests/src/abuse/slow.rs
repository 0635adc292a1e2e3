//! D4: clients that are silent or slow. Each is ended by a documented timer.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{Instant, timeout},
};

use super::{
    frames::{CHECK, PREFACE, begin, flag, frame, kind, message, setting},
    target::Target,
};

/// One way to be slow.
#[derive(Clone, Copy, Debug)]
pub struct Slow {
    /// Name in the table.
    pub name: &'static str,
    /// The timer that ends it.
    pub timer: Duration,
    sent: fn() -> Vec<u8>,
}

/// All of them.
pub const SLOW: [Slow; 4] = [
    Slow { name: "a connection without a word", timer: Duration::from_secs(10), sent: Vec::new },
    Slow { name: "a connection without a call", timer: Duration::from_secs(10), sent: greeting },
    Slow { name: "headers that never end", timer: Duration::from_secs(10), sent: half_headers },
    Slow { name: "an answer that is not read", timer: Duration::from_secs(20), sent: unread },
];

fn greeting() -> Vec<u8> {
    [PREFACE, &frame(kind::SETTINGS, 0, 0, &[])].concat()
}

fn half_headers() -> Vec<u8> {
    let mut bytes = greeting();
    bytes.extend(&begin(1, CHECK, 0)[..20]);
    bytes
}

fn unread() -> Vec<u8> {
    [PREFACE, &setting(4, 0), &begin(1, CHECK, 0), &message(1, 0, &[], flag::END_STREAM)].concat()
}

/// How long the server bore it; absent if longer than `most`.
///
/// # Errors
/// There is no connection.
pub async fn be_slow(target: &Target, slow: &Slow, most: Duration) -> anyhow::Result<Option<Duration>> {
    let mut stream = target.connect().await?;
    let begun = Instant::now();
    stream.write_all(&(slow.sent)()).await?;
    stream.flush().await?;
    let mut sink = [0; 1_024];
    let end = async { while !matches!(stream.read(&mut sink).await, Ok(0) | Err(_)) {} };
    Ok(timeout(most, end).await.is_ok().then(|| begun.elapsed()))
}
