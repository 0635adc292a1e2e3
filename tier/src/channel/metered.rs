//! A stream whose plain bytes are counted as they pass. Once the budget of frames is spent, reading fails.
//!
//! It also says the first GOAWAY ([`Farewell`]), and when the HTTP/2 library has closed its side it reads on for a moment: a socket
//! that is closed with bytes unread is reset by the system, and a reset takes answers with it that the peer has not read yet.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::farewell::Farewell;
use super::limits::{LINGER, LINGER_BYTES};
use super::meter::Counter;

/// See the module.
pub struct Metered<S> {
    io: S,
    counter: Counter,
    farewell: Farewell,
    end: End,
}

/// How far the end of a connection is.
enum End {
    Open,
    /// Our side is closed; what the peer still sends is read and dropped, for so long and so many bytes.
    Lingering(Pin<Box<Sleep>>, usize),
}

impl<S> Metered<S> {
    /// Wraps a stream.
    pub fn new(io: S, counter: Counter) -> Self {
        Self { io, counter, farewell: Farewell::new(), end: End::Open }
    }
}

impl<S: AsyncWrite + Unpin> Metered<S> {
    /// Says what is due before anything else is written.
    fn poll_farewell(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.counter.is_leaving()
            && let Some(words) = self.farewell.due()
        {
            match ready!(Pin::new(&mut self.io).poll_write(cx, words))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                said => self.farewell.said(said),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> Metered<S> {
    /// Reads until the peer has closed its side, too.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let End::Lingering(over, left) = &mut self.end else { return Poll::Ready(()) };
        let mut sink = [0; 4_096];
        loop {
            if over.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut buf = ReadBuf::new(&mut sink);
            match ready!(Pin::new(&mut self.io).poll_read(cx, &mut buf)) {
                Ok(()) if !buf.filled().is_empty() && *left > buf.filled().len() => *left -= buf.filled().len(),
                Ok(()) | Err(_) => return Poll::Ready(()),
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let this = &mut *self;
        let read = Pin::new(&mut this.io).poll_read(cx, buf);
        let kept = match &read {
            Poll::Ready(Ok(())) => buf.filled().get(before..).is_none_or(|new| this.counter.received(new)),
            Poll::Ready(Err(_)) | Poll::Pending => true,
        };
        if kept { read } else { Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())) }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_farewell(cx))?;
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, buf))?;
        self.counter.sent(written);
        self.farewell.sent(buf.get(..written).unwrap_or_default());
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_farewell(cx))?;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if matches!(this.end, End::Open) {
            ready!(Pin::new(&mut this.io).poll_shutdown(cx))?;
            this.end = End::Lingering(Box::pin(sleep(LINGER)), LINGER_BYTES);
        }
        ready!(this.poll_linger(cx));
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        ready!(self.poll_farewell(cx))?;
        let written = ready!(Pin::new(&mut self.io).poll_write_vectored(cx, bufs))?;
        self.counter.sent(written);
        let mut left = written;
        for buf in bufs {
            let taken = left.min(buf.len());
            self.farewell.sent(buf.get(..taken).unwrap_or_default());
            left -= taken;
        }
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
