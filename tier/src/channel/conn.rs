//! An accepted connection and what is known about the other end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::server::Connected;

use crate::identity::{account::AccountName, spiffe::SpiffeId};

/// The other end, found once per connection and in the extensions of every request on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerInfo {
    /// Its address.
    pub addr: SocketAddr,
    /// Its proven identity; `None` on the service listener.
    pub spiffe: Option<SpiffeId>,
    /// The account that its client certificate names; `None` on the federation listener.
    pub account: Option<AccountName>,
    /// Serial number of its certificate, lower-case hexadecimal.
    pub serial: Option<String>,
    /// Last instant its certificate is valid, UTC milliseconds.
    pub not_after_ms: Option<i64>,
}

/// A stream that can be ended from outside: at a certificate's expiry, at a connection's greatest age, at the end of a stop.
pub struct Conn<S> {
    io: S,
    info: PeerInfo,
    end: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<S> Conn<S> {
    /// Wraps a stream; once `end` resolves, reading and writing fail.
    pub fn new(io: S, info: PeerInfo, end: impl Future<Output = ()> + Send + 'static) -> Self {
        Self { io, info, end: Some(Box::pin(end)) }
    }

    /// `Err` once ended. Polling also registers the task, so a connection that waits for bytes notices too.
    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if let Some(end) = self.end.as_mut()
            && end.as_mut().poll(cx).is_ready()
        {
            self.end = None;
        }
        if self.end.is_some() { Ok(()) } else { Err(io::ErrorKind::ConnectionAborted.into()) }
    }
}

impl<S> Connected for Conn<S> {
    type ConnectInfo = PeerInfo;

    fn connect_info(&self) -> PeerInfo {
        self.info.clone()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Conn<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Conn<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
