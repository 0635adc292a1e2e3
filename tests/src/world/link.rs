//! A line between a parent and its child that can be cut without killing anybody: a small TCP forwarder in the driver.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// A forwarder to one federation listener.
pub struct Link {
    address: SocketAddr,
    up: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Link {
    /// Forwards from a free port of its own to `target`.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn open(target: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (up, state) = watch::channel(true);
        Ok(Link { address, up, task: tokio::spawn(accept(listener, target, state)) })
    }

    /// Where the parent is to call.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Breaks every connection and turns new ones away.
    pub fn cut(&self) {
        self.up.send_replace(false);
    }

    /// Lets connections through again.
    pub fn heal(&self) {
        self.up.send_replace(true);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, state: watch::Receiver<bool>) {
    while let Ok((near, _)) = listener.accept().await {
        if *state.borrow() {
            tokio::spawn(forward(near, target, state.clone()));
        }
    }
}

async fn forward(mut near: TcpStream, target: SocketAddr, mut state: watch::Receiver<bool>) {
    let Ok(mut far) = TcpStream::connect(target).await else { return };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    // An error on either side ends the connection, which is all that both ends are to see.
    tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => {}
        _ = state.wait_for(|up| !up) => {}
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut read, mut write) = stream.split();
                    let _ = tokio::io::copy(&mut read, &mut write).await;
                });
            }
        });
        address
    }

    async fn says_back(stream: &mut TcpStream) -> bool {
        let mut byte = [0];
        stream.write_all(b"x").await.is_ok() && matches!(stream.read(&mut byte).await, Ok(1))
    }

    #[tokio::test]
    async fn a_cut_breaks_open_connections_and_turns_new_ones_away_until_it_heals() {
        let link = Link::open(echo().await).await.unwrap();
        let mut open = TcpStream::connect(link.address()).await.unwrap();
        assert!(says_back(&mut open).await);
        link.cut();
        assert!(!matches!(open.read(&mut [0]).await, Ok(1)));
        assert!(!says_back(&mut TcpStream::connect(link.address()).await.unwrap()).await);
        link.heal();
        assert!(says_back(&mut TcpStream::connect(link.address()).await.unwrap()).await);
    }
}
