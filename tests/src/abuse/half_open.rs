//! D2: a thousand handshakes that are begun and never finished, from one address, while a good client comes from another.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::AsyncReadExt as _,
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::{Instant, timeout},
};

use super::target::Target;

/// Another address of this machine than the good client's.
const SOURCE: &str = "127.0.0.2";

/// How it went.
#[derive(Clone, Debug)]
pub struct HalfOpen {
    /// Sockets opened.
    pub sockets: usize,
    /// Connecting and calling of the good client, while they are open.
    pub good: Option<Duration>,
    /// From the last of them until the server had closed all; absent if it had not.
    pub gone: Option<Duration>,
}

impl HalfOpen {
    /// Good within 0.5 s, all gone within 6 s.
    pub fn passed(&self) -> bool {
        self.good.is_some_and(|time| time <= Duration::from_millis(500))
            && self.gone.is_some_and(|time| time <= Duration::from_secs(6))
    }
}

async fn silent(to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((SOURCE.parse::<std::net::Ipv4Addr>().map_err(std::io::Error::other)?, 0)))?;
    socket.connect(to).await
}

/// Opens `sockets` of them and waits at most `most` for their end.
///
/// # Errors
/// This machine cannot open so many.
pub async fn half_open(target: &Target, sockets: usize, most: Duration) -> anyhow::Result<HalfOpen> {
    let mut open = Vec::with_capacity(sockets);
    for _ in 0..sockets {
        // A server that is drowning may not even accept; that is its answer.
        if let Ok(Ok(stream)) = timeout(Duration::from_secs(1), silent(target.address)).await {
            open.push(stream);
        }
    }
    let begun = Instant::now();
    let good = target.fresh_call().await.ok();
    let mut ends = JoinSet::new();
    for mut stream in open {
        ends.spawn(async move {
            let mut sink = [0; 1_024];
            while !matches!(stream.read(&mut sink).await, Ok(0) | Err(_)) {}
        });
    }
    let all = async { while ends.join_next().await.is_some() {} };
    let gone = timeout(most, all).await.is_ok().then(|| begun.elapsed());
    Ok(HalfOpen { sockets, good, gone })
}
